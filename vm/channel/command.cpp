#include "vm/channel/command.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace cove::channel {
namespace {

struct Terminal {
  Fd master;
  Fd slave;
};

Result<Terminal> open_terminal(const ShellRequest& request) {
  Terminal terminal;
  terminal.master = Fd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  std::array<char, 64> name{};
  if (!terminal.master || ::grantpt(terminal.master.get()) != 0 ||
      ::unlockpt(terminal.master.get()) != 0 ||
      ::ptsname_r(terminal.master.get(), name.data(), name.size()) != 0) {
    return errno_error(errno, "open", "a terminal");
  }
  terminal.slave = Fd(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!terminal.slave) return errno_error(errno, "open", name.data());
  winsize size{};
  size.ws_row = request.rows;
  size.ws_col = request.columns;
  ::ioctl(terminal.master.get(), TIOCSWINSZ, &size);
  return terminal;
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (const std::string& s : strings) out.push_back(const_cast<char*>(s.c_str()));
  out.push_back(nullptr);
  return out;
}

struct ChildSetup {
  const char* program;
  char* const* argv;
  char* const* env;
  const char* directory;
  std::array<int, 3> streams;
  bool terminal;
  int cgroup_procs;
  int report;
};

// Between fork and exec: system calls only.
[[noreturn]] void become(const ChildSetup& setup) {
  const auto fail = [&] {
    const int error = errno;
    [[maybe_unused]] const ssize_t n = ::write(setup.report, &error, sizeof error);
    ::_exit(127);
  };
  if (setup.cgroup_procs >= 0 && ::write(setup.cgroup_procs, "0", 1) != 1) fail();
  ::setsid();
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int number = 1; number < 32; ++number) ::sigaction(number, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::array<int, 3> moved{};
  for (std::size_t i = 0; i < 3; ++i) {
    moved[i] = ::fcntl(setup.streams[i], F_DUPFD_CLOEXEC, 3);
    if (moved[i] < 0) fail();
  }
  for (std::size_t i = 0; i < 3; ++i) {
    if (::dup2(moved[i], static_cast<int>(i)) < 0) fail();
  }
  if (setup.terminal && ::ioctl(0, TIOCSCTTY, 0) != 0) fail();
  if (::chdir(setup.directory) != 0) fail();
  ::execvpe(setup.program, setup.argv, setup.env);
  fail();
  ::_exit(127);
}

void set_nonblocking(const Fd& fd) {
  if (fd) ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

}  // namespace

Result<SpawnedCommand> spawn_command(const ShellRequest& request,
                                     const CommandEnvironment& environment) {
  const std::vector<std::string>& words =
      request.argv.empty() ? environment.login_shell : request.argv;
  if (words.empty())
    return Error{ErrorCode::kInvalidArgument, "start a command", "", "none is named", ""};
  std::string program = words.front();
  std::vector<std::string> arguments = words;
  if (request.argv.empty())
    arguments.front() = "-" + Path(program).filename().string();  // a login shell
  std::vector<std::string> variables = environment.environment;
  variables.push_back("TERM=" + request.terminal);
  auto argv = pointers(arguments);
  auto env = pointers(variables);

  SpawnedCommand spawned;
  Fd child_input;
  Fd child_output;
  Fd child_error;
  if (request.tty) {
    COVE_TRY(Terminal terminal, open_terminal(request));
    spawned.output = std::move(terminal.master);
    child_input = std::move(terminal.slave);
  } else {
    COVE_TRY(Pipe input, make_pipe());
    COVE_TRY(Pipe output, make_pipe());
    COVE_TRY(Pipe error, make_pipe());
    spawned.input = std::move(input.write);
    spawned.output = std::move(output.read);
    spawned.error = std::move(error.read);
    child_input = std::move(input.read);
    child_output = std::move(output.write);
    child_error = std::move(error.write);
  }
  COVE_TRY(Pipe report, make_pipe());
  const int in = child_input.get();
  const ChildSetup setup{
      program.c_str(),
      argv.data(),
      env.data(),
      environment.working_directory.c_str(),
      {in, request.tty ? in : child_output.get(), request.tty ? in : child_error.get()},
      request.tty,
      environment.cgroup_procs,
      report.write.get()};
  spawned.pid = ::fork();
  if (spawned.pid < 0) return errno_error(errno, "start", program);
  if (spawned.pid == 0) become(setup);
  report.write.reset();
  int error = 0;
  ssize_t n;
  do {
    n = ::read(report.read.get(), &error, sizeof error);
  } while (n < 0 && errno == EINTR);
  if (n == sizeof error) {
    while (::waitpid(spawned.pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return errno_error(error, "start", program);
  }
  set_nonblocking(spawned.input);
  set_nonblocking(spawned.output);
  set_nonblocking(spawned.error);
  return spawned;
}

namespace {

class LocalCommand final : public RunningCommand {
 public:
  LocalCommand(SpawnedCommand spawned, Fd pidfd)
      : spawned_(std::move(spawned)), pidfd_(std::move(pidfd)) {}
  LocalCommand(const LocalCommand&) = delete;
  LocalCommand& operator=(const LocalCommand&) = delete;
  ~LocalCommand() override {
    if (code_ >= 0) return;
    ::kill(-spawned_.pid, SIGKILL);
    exit_code();
  }

  Fd& input() override { return spawned_.input; }
  Fd& output() override { return spawned_.output; }
  Fd& error() override { return spawned_.error; }
  int ended_fd() const override { return pidfd_.get(); }
  int exit_code() override {
    if (code_ >= 0) return code_;
    int status = 0;
    while (::waitpid(spawned_.pid, &status, 0) < 0) {
      if (errno != EINTR) return code_ = 255;
    }
    code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return code_;
  }
  void resize(unsigned short rows, unsigned short columns) override {
    winsize size{};
    size.ws_row = rows;
    size.ws_col = columns;
    ::ioctl(spawned_.output.get(), TIOCSWINSZ, &size);
  }
  void kill() override { ::kill(-spawned_.pid, SIGKILL); }

 private:
  SpawnedCommand spawned_;
  Fd pidfd_;
  int code_ = -1;
};

class LocalCommandHost final : public CommandHost {
 public:
  explicit LocalCommandHost(CommandEnvironment environment)
      : environment_(std::move(environment)) {}
  Result<std::unique_ptr<RunningCommand>> start(const ShellRequest& request) override {
    COVE_TRY(SpawnedCommand spawned, spawn_command(request, environment_));
    Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, spawned.pid, 0)));
    return std::unique_ptr<RunningCommand>(
        std::make_unique<LocalCommand>(std::move(spawned), std::move(pidfd)));
  }

 private:
  CommandEnvironment environment_;
};

}  // namespace

std::unique_ptr<CommandHost> make_local_command_host(CommandEnvironment environment) {
  return std::make_unique<LocalCommandHost>(std::move(environment));
}

}  // namespace cove::channel
