#include "core/runtime/launch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "core/base/strings.h"

namespace cove::runtime {
namespace {

class Actions {
 public:
  Actions() { ::posix_spawn_file_actions_init(&actions_); }
  ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

class Attributes {
 public:
  Attributes() { ::posix_spawnattr_init(&attributes_); }
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t* get() { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (const std::string& text : strings) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

}  // namespace

int Child::wait() {
  int status = 0;
  if (pid_ <= 0) return 255;
  while (::waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) return 255;
  }
  pid_ = -1;
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : 255;
}

Result<Child> launch(const std::vector<std::string>& argv,
                     const std::vector<std::string>& environment,
                     const std::vector<int>& descriptors, const Path& folder) {
  Actions actions;
  ::posix_spawn_file_actions_addchdir_np(actions.get(), folder.c_str());
  std::vector<Fd> sources;  // above every target, so that none is overwritten before its turn
  const int count = static_cast<int>(descriptors.size());
  for (int i = 0; i < count; ++i) {
    const int from = descriptors[static_cast<std::size_t>(i)];
    Fd null;
    if (from < 0) null = Fd(::open("/dev/null", O_RDWR | O_CLOEXEC));
    Fd source(::fcntl(from < 0 ? null.get() : from, F_DUPFD_CLOEXEC, count));
    if (!source) return errno_error(errno, "start", argv.front());
    ::posix_spawn_file_actions_adddup2(actions.get(), source.get(), i);
    sources.push_back(std::move(source));
  }
  ::posix_spawn_file_actions_addclosefrom_np(actions.get(), count);
  Attributes attributes;
  sigset_t all;
  sigset_t none;
  sigfillset(&all);
  sigemptyset(&none);
  ::posix_spawnattr_setsigdefault(attributes.get(), &all);
  ::posix_spawnattr_setsigmask(attributes.get(), &none);
  ::posix_spawnattr_setflags(attributes.get(),
                             POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, argv.front().c_str(), actions.get(), attributes.get(),
                                  pointers(argv).data(), pointers(environment).data());
  if (error != 0) return errno_error(error, "start", argv.front());
  return Child(pid, open_pidfd(pid));
}

Fd open_pidfd(pid_t pid) {
  return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
}

std::optional<std::uint64_t> start_of(pid_t pid) {
  const auto text = read_file(fmt::format("/proc/{}/stat", pid), 4096);
  if (!text) return std::nullopt;
  // The name in parentheses may hold anything.
  const auto behind = text->rfind(')');
  if (behind == std::string::npos) return std::nullopt;
  const auto words = split(std::string_view(*text).substr(behind + 1), ' ');
  std::uint64_t start = 0;
  if (words.size() < 21) return std::nullopt;
  std::from_chars(words[20].data(), words[20].data() + words[20].size(), start);
  return start;
}

}  // namespace cove::runtime
