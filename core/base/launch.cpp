#include "core/base/launch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/process.h"

namespace cove {
namespace {

// Between fork and exec: system calls only. The middle process ends at once, so that the program's
// parent is init and nobody has to reap it here.
[[noreturn]] void become(char* const* argv, int null, int report) {
  ::setsid();
  const pid_t pid = ::fork();
  if (pid > 0) ::_exit(0);
  if (pid == 0) {
    for (int stream = 0; stream < 3; ++stream) ::dup2(null, stream);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::execv(argv[0], argv);
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t n = ::write(report, &error, sizeof error);
  ::_exit(127);
}

}  // namespace

Result<void> launch_detached(const std::vector<std::string>& argv) {
  std::vector<char*> pointers;
  for (const std::string& argument : argv) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  COVE_TRY(Pipe report, make_pipe());
  Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return errno_error(errno, "open", "/dev/null");
  const pid_t pid = ::fork();
  if (pid < 0) return errno_error(errno, "start", argv.front());
  if (pid == 0) become(pointers.data(), null.get(), report.write.get());
  report.write.reset();
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  int error = 0;
  ssize_t n;
  do {
    n = ::read(report.read.get(), &error, sizeof error);
  } while (n < 0 && errno == EINTR);
  if (n == sizeof error) return errno_error(error, "start", argv.front());
  return {};
}

std::optional<Path> find_beside(const std::string& name) {
  std::error_code error;
  const Path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    const Path beside = self.parent_path() / name;
    if (::access(beside.c_str(), X_OK) == 0) return beside;
  }
  return find_program(name);
}

}  // namespace cove
