#include "core/base/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

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

// What the child does between fork and exec: system calls only.
[[noreturn]] void become(const char* program, char* const* argv, char* const* env,
                         const char* directory, const std::array<int, 3>& streams,
                         const ChildProcess::Options& options, pid_t parent, int report) {
  const auto fail = [&] {
    const int error = errno;
    [[maybe_unused]] const ssize_t n = ::write(report, &error, sizeof error);
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
    if (moved[i] < 0) fail();
  }
  for (std::size_t i = 0; i < 3; ++i) {
    if (::dup2(moved[i], static_cast<int>(i)) < 0) fail();
  }
  if (directory[0] != '\0' && ::chdir(directory) != 0) fail();
  ::execvpe(program, argv, env);
  fail();
  ::_exit(127);
}

}  // namespace

Result<ChildProcess> ChildProcess::spawn(const Command& command, const Options& options) {
  if (command.argv.empty()) {
    return Error{ErrorCode::kInvalidArgument, "start a program", "", "no program is named", ""};
  }
  const std::string& program = command.argv.front();
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
    become(program.c_str(), argv.data(), envp, command.working_directory.c_str(), streams, options,
           parent, report.write.get());
  }
  report.write.reset();
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (pidfd) ::fcntl(pidfd.get(), F_SETFD, FD_CLOEXEC);
  ChildProcess child(pid, std::move(pidfd));
  int error = 0;
  ssize_t n;
  do {
    n = ::read(report.read.get(), &error, sizeof error);
  } while (n < 0 && errno == EINTR);
  if (n == sizeof error) {
    child.wait(std::chrono::seconds(5));
    return errno_error(
        error, "start", program,
        error == ENOENT ? fmt::format("Install the package that has '{}'.", program) : "");
  }
  if (!child.pidfd_) return errno_error(ENOSYS, "watch", program, "Cove needs Linux 5.3 or newer.");
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      exit_code_(other.exit_code_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    ChildProcess gone(std::move(*this));
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::move(other.pidfd_);
    exit_code_ = other.exit_code_;
  }
  return *this;
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0 && !exit_code_) {
    ::kill(pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds timeout) {
  if (exit_code_) return exit_code_;
  if (pid_ <= 0) return 255;
  if (pidfd_) {
    pollfd poll{pidfd_.get(), POLLIN, 0};
    int ready;
    do {
      ready = ::poll(&poll, 1, static_cast<int>(timeout.count()));
    } while (ready < 0 && errno == EINTR);
    if (ready == 0) return std::nullopt;
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

class RealSpawner final : public Spawner {
 public:
  explicit RealSpawner(std::size_t max_output) : max_output_(max_output) {}

  Result<Completed> run(const Command& command, std::chrono::milliseconds timeout,
                        std::stop_token stop) override {
    COVE_TRY(Pipe in, make_pipe());
    COVE_TRY(Pipe out, make_pipe());
    COVE_TRY(Pipe err, make_pipe());
    COVE_TRY(Pipe wake, make_pipe());
    ::fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
    COVE_TRY(ChildProcess child, ChildProcess::spawn(command, {in.read.get(), out.write.get(),
                                                               err.write.get(), true, false}));
    in.read.reset();
    out.write.reset();
    err.write.reset();
    std::stop_callback on_stop(
        stop, [&] { [[maybe_unused]] const auto n = ::write(wake.write.get(), "x", 1); });
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    Completed done;
    std::string_view input = command.standard_input;
    if (input.empty()) in.write.reset();
    while (out.read || err.read) {
      std::array<pollfd, 4> fds{
          pollfd{out.read.get(), POLLIN, 0}, pollfd{err.read.get(), POLLIN, 0},
          pollfd{in.write.get(), POLLOUT, 0}, pollfd{wake.read.get(), POLLIN, 0}};
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      const int ready =
          ::poll(fds.data(), fds.size(), static_cast<int>(std::max<long>(0, left.count())));
      if (ready < 0 && errno == EINTR) continue;
      if (stop.stop_requested())
        return interrupted(command, ErrorCode::kCancelled, "it was cancelled");
      if (ready == 0) {
        return interrupted(command, ErrorCode::kTimeout,
                           fmt::format("it did not finish within {} ms", timeout.count()));
      }
      if (fds[0].revents != 0) drain(out.read, done.standard_output);
      if (fds[1].revents != 0) drain(err.read, done.standard_error);
      if (fds[2].revents != 0) feed(in.write, input);
    }
    while (true) {
      if (auto code = child.wait(std::chrono::milliseconds(50))) {
        done.exit_code = *code;
        return done;
      }
      if (stop.stop_requested())
        return interrupted(command, ErrorCode::kCancelled, "it was cancelled");
      if (std::chrono::steady_clock::now() >= deadline) {
        return interrupted(command, ErrorCode::kTimeout,
                           fmt::format("it did not finish within {} ms", timeout.count()));
      }
    }
  }

 private:
  static Error interrupted(const Command& command, ErrorCode code, std::string cause) {
    return Error{code, "run", command.argv.front(), std::move(cause), {}};
  }

  void drain(Fd& from, std::string& into) const {
    char buffer[16384];
    const ssize_t n = ::read(from.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) return;
    if (n <= 0) {
      from.reset();
      return;
    }
    const std::size_t room = max_output_ - std::min(max_output_, into.size());
    into.append(buffer, std::min(room, static_cast<std::size_t>(n)));
  }

  static void feed(Fd& to, std::string_view& input) {
    const ssize_t n = ::write(to.get(), input.data(), input.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (n > 0) input.remove_prefix(static_cast<std::size_t>(n));
    if (n < 0 || input.empty()) to.reset();
  }

  std::size_t max_output_;
};

}  // namespace

std::unique_ptr<Spawner> make_spawner(std::size_t max_output) {
  return std::make_unique<RealSpawner>(max_output);
}

std::optional<Path> find_program(const std::string& program) {
  if (program.find('/') != std::string::npos) {
    return ::access(program.c_str(), X_OK) == 0 ? std::optional<Path>(program) : std::nullopt;
  }
  const char* path = std::getenv("PATH");
  for (const std::string& folder :
       split(path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin", ':')) {
    const Path candidate = Path(folder) / program;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  for (const char* folder : {"/usr/sbin", "/sbin"}) {
    const Path candidate = Path(folder) / program;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return std::nullopt;
}

}  // namespace cove
