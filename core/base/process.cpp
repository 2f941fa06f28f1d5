#include "core/base/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "core/base/strings.h"

extern char** environ;

namespace cove {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (const std::string& s : strings) out.push_back(const_cast<char*>(s.c_str()));
  out.push_back(nullptr);
  return out;
}

int decode(int status) {
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  if (WIFSIGNALED(status)) return 128 + WTERMSIG(status);
  return 255;
}

// What the child tells its parent when it could not become the program.
struct Failure {
  int error = 0;
  bool directory = false;  // it was the working directory
};

// What the child does between fork and exec: system calls only.
[[noreturn]] void become(const char* program, char* const* argv, char* const* env,
                         const char* directory, const std::array<int, 3>& streams,
                         const ChildProcess::Options& options, pid_t parent, int report_to) {
  // Not 0, 1 or 2, which are about to be replaced.
  const int report = ::fcntl(report_to, F_DUPFD_CLOEXEC, 3);
  const auto fail = [&](bool at_directory) {
    const Failure failure{errno, at_directory};
    [[maybe_unused]] const ssize_t n = ::write(report, &failure, sizeof failure);
    ::_exit(127);
  };
  if (options.new_session) ::setsid();
  if (options.die_with_parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
  }
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < 32; ++number) ::sigaction(number, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  // Two passes, so that a source that is itself 0, 1 or 2 is not overwritten before it is used.
  std::array<int, 3> moved{};
  for (std::size_t i = 0; i < 3; ++i) {
    moved[i] = ::fcntl(streams[i], F_DUPFD_CLOEXEC, 3);
    if (moved[i] < 0) fail(false);
  }
  for (std::size_t i = 0; i < 3; ++i) {
    if (::dup2(moved[i], static_cast<int>(i)) < 0) fail(false);
  }
  // Also what a library opened without close-on-exec. Before Linux 5.11 the call fails and those
  // alone are inherited.
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  if (directory[0] != '\0' && ::chdir(directory) != 0) fail(true);
  ::execve(program, argv, env);
  fail(false);
  ::_exit(127);
}

// Now + `timeout`, where a timeout of "for ever" does not overflow.
std::chrono::steady_clock::time_point later(std::chrono::milliseconds timeout) {
  constexpr std::chrono::milliseconds kForEver = std::chrono::hours(24 * 365);
  return std::chrono::steady_clock::now() + std::min(timeout, kForEver);
}

std::chrono::milliseconds until(std::chrono::steady_clock::time_point deadline) {
  return std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
}

// poll() takes an int; a longer wait is asked for in pieces by the callers' loops.
int poll_timeout(std::chrono::milliseconds wait) {
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(1);
  return static_cast<int>(std::clamp(wait, std::chrono::milliseconds(0), kLongest).count());
}

}  // namespace

Result<ChildProcess> ChildProcess::spawn(const Command& command, const Options& options) {
  if (command.argv.empty()) {
    return Error{ErrorCode::kInvalidArgument, "start a program", "", "no program is named", ""};
  }
  const std::string& program = command.argv.front();
  const auto missing = [&] {
    return errno_error(ENOENT, "start", program,
                       fmt::format("Install the package that has '{}'.", program));
  };
  Path file = program;
  if (program.find('/') == std::string::npos) {
    auto found = find_program(program);
    if (!found) return missing();
    // PATH may hold relative folders, and the child changes its own first.
    file = command.working_directory.empty() ? *found : std::filesystem::absolute(*found);
  }
  Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return errno_error(errno, "open", "/dev/null");
  const auto pick = [&](int fd) { return fd >= 0 ? fd : null.get(); };
  const std::array<int, 3> streams{pick(options.standard_input), pick(options.standard_output),
                                   pick(options.standard_error)};
  auto argv = pointers(command.argv);
  std::vector<char*> env;
  if (command.environment) env = pointers(*command.environment);
  char** envp = command.environment ? env.data() : environ;
  COVE_TRY(Pipe report, make_pipe());
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return errno_error(errno, "start", program);
  if (pid == 0) {
    become(file.c_str(), argv.data(), envp, command.working_directory.c_str(), streams, options,
           parent, report.write.get());
  }
  report.write.reset();
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (pidfd) ::fcntl(pidfd.get(), F_SETFD, FD_CLOEXEC);
  ChildProcess child(pid, std::move(pidfd), options.new_session);
  Failure failure;
  ssize_t n;
  do {
    n = ::read(report.read.get(), &failure, sizeof failure);
  } while (n < 0 && errno == EINTR);
  if (n == sizeof failure) {
    child.wait(std::chrono::seconds(5));
    if (failure.directory)
      return errno_error(failure.error, "enter the folder", command.working_directory.string());
    return failure.error == ENOENT ? missing() : errno_error(failure.error, "start", program);
  }
  if (!child.pidfd_) return errno_error(ENOSYS, "watch", program, "Cove needs Linux 5.3 or newer.");
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      leads_group_(other.leads_group_),
      exit_code_(other.exit_code_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    ChildProcess gone(std::move(*this));
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
    leads_group_ = other.leads_group_;
    exit_code_ = other.exit_code_;
  }
  return *this;
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0 && !exit_code_) {
    ::kill(leads_group_ ? -pid_ : pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds timeout) {
  if (exit_code_) return exit_code_;
  if (pid_ <= 0) return 255;
  if (pidfd_) {
    const auto deadline = later(timeout);
    pollfd poll{pidfd_.get(), POLLIN, 0};
    while (::poll(&poll, 1, poll_timeout(until(deadline))) <= 0) {
      if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
    }
  }
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) {
      exit_code_ = 255;
      return exit_code_;
    }
  }
  exit_code_ = decode(status);
  return exit_code_;
}

void ChildProcess::signal(int number) {
  if (pid_ > 0 && !exit_code_) ::kill(pid_, number);
}

namespace {

// A file in memory that holds `text`, read from its start. Unlike a pipe it needs nobody to feed
// it, and a child that does not read it disturbs nobody.
Result<Fd> memory_file(std::string_view text) {
  Fd fd(::memfd_create("standard-input", MFD_CLOEXEC));
  if (!fd) return errno_error(errno, "create", "a file in memory");
  while (!text.empty()) {
    const ssize_t n = ::write(fd.get(), text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno_error(errno, "write", "a file in memory");
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  ::lseek(fd.get(), 0, SEEK_SET);
  return fd;
}

class RealSpawner final : public Spawner {
 public:
  explicit RealSpawner(std::size_t max_output) : max_output_(max_output) {}

  Result<Completed> run(const Command& command, std::chrono::milliseconds timeout,
                        std::stop_token stop) override {
    Fd in;
    if (!command.standard_input.empty()) {
      COVE_TRY(in, memory_file(command.standard_input));
    }
    COVE_TRY(Pipe out, make_pipe());
    COVE_TRY(Pipe err, make_pipe());
    COVE_TRY(Pipe wake, make_pipe());
    ::fcntl(out.read.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(err.read.get(), F_SETFL, O_NONBLOCK);
    COVE_TRY(ChildProcess child, ChildProcess::spawn(command, {in.get(), out.write.get(),
                                                               err.write.get(), true, true}));
    in.reset();
    out.write.reset();
    err.write.reset();
    std::stop_callback on_stop(
        stop, [&] { [[maybe_unused]] const auto n = ::write(wake.write.get(), "x", 1); });
    const auto deadline = later(timeout);
    Completed done;
    while (true) {
      std::array<pollfd, 4> fds{pollfd{child.pidfd(), POLLIN, 0}, pollfd{out.read.get(), POLLIN, 0},
                                pollfd{err.read.get(), POLLIN, 0},
                                pollfd{wake.read.get(), POLLIN, 0}};
      const int ready = ::poll(fds.data(), fds.size(), poll_timeout(until(deadline)));
      if (stop.stop_requested())
        return interrupted(command, ErrorCode::kCancelled, "it was cancelled");
      // What was written before the exit is all there when the exit is seen. The program's own
      // background children may hold the pipes open for as long as they like.
      const bool ended = ready > 0 && fds[0].revents != 0;
      const int reads = ended ? kMostPipeBytes / kReadBytes : 1;
      for (int i = 0; i < reads && drain(out.read, done.standard_output); ++i) {
      }
      for (int i = 0; i < reads && drain(err.read, done.standard_error); ++i) {
      }
      if (ended) {
        done.exit_code = child.wait(std::chrono::milliseconds(0)).value_or(255);
        return done;
      }
      if (std::chrono::steady_clock::now() >= deadline) {
        return interrupted(command, ErrorCode::kTimeout,
                           fmt::format("it did not finish within {} ms", timeout.count()));
      }
    }
  }

 private:
  static constexpr int kReadBytes = 16 * 1024;
  static constexpr int kMostPipeBytes = 1024 * 1024;  // what an unprivileged pipe can hold

  static Error interrupted(const Command& command, ErrorCode code, std::string cause) {
    return Error{code, "run", command.argv.front(), std::move(cause), {}};
  }

  // Reads once; true when there may be more at once. Closes `from` at its end.
  bool drain(Fd& from, std::string& into) const {
    if (!from) return false;
    char buffer[kReadBytes];
    const ssize_t n = ::read(from.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) return true;
    if (n < 0 && errno == EAGAIN) return false;
    if (n <= 0) {
      from.reset();
      return false;
    }
    const std::size_t room = max_output_ - std::min(max_output_, into.size());
    into.append(buffer, std::min(room, static_cast<std::size_t>(n)));
    return true;
  }

  std::size_t max_output_;
};

}  // namespace

std::unique_ptr<Spawner> make_spawner(std::size_t max_output) {
  return std::make_unique<RealSpawner>(max_output);
}

std::optional<Path> find_program(const std::string& program) {
  const auto runnable = [](const Path& file) {
    std::error_code error;
    return std::filesystem::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0;
  };
  if (program.empty()) return std::nullopt;
  if (program.find('/') != std::string::npos)
    return runnable(program) ? std::optional<Path>(program) : std::nullopt;
  const char* path = std::getenv("PATH");
  for (const std::string& folder :
       split(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin", ':')) {
    const Path candidate = Path(folder.empty() ? "." : folder) / program;
    if (runnable(candidate)) return candidate;
  }
  for (const char* folder : {"/usr/sbin", "/sbin"}) {
    const Path candidate = Path(folder) / program;
    if (runnable(candidate)) return candidate;
  }
  return std::nullopt;
}

}  // namespace cove
