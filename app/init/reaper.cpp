#include "app/init/reaper.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cove::init {
namespace {

constexpr std::size_t kMaxOutput = 64 * 1024;

}  // namespace

Ending::Ending() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

std::optional<int> Ending::status() const {
  std::lock_guard lock(mutex_);
  return status_;
}

void Ending::set(int status) {
  std::lock_guard lock(mutex_);
  status_ = status;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(event_.get(), &one, sizeof one);
}

std::string describe_ending(int wait_status) {
  if (WIFSIGNALED(wait_status)) return fmt::format("killed by signal {}", WTERMSIG(wait_status));
  return fmt::format("exited with code {}", WEXITSTATUS(wait_status));
}

int exit_code_of(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

Result<Child> Reaper::start(const channel::ShellRequest& request,
                            const channel::CommandEnvironment& environment) {
  // Under the lock, so that the child is known before reap() can meet it.
  std::lock_guard lock(mutex_);
  COVE_TRY(channel::SpawnedCommand command, channel::spawn_command(request, environment));
  auto ending = std::make_shared<Ending>();
  children_[command.pid] = ending;
  return Child{std::move(command), std::move(ending)};
}

bool Reaper::reap() {
  std::lock_guard lock(mutex_);
  while (true) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid < 0 && errno == EINTR) continue;
    if (pid <= 0) return pid == 0;
    const auto found = children_.find(pid);
    if (found == children_.end()) continue;
    found->second->set(status);
    children_.erase(found);
  }
}

Result<Completed> run_program(Reaper& reaper, const std::vector<std::string>& argv,
                              std::chrono::milliseconds timeout) {
  channel::ShellRequest request;
  request.argv = argv;
  COVE_TRY(Child child, reaper.start(request, {{}, {"PATH=/usr/sbin:/usr/bin"}, "/", -1}));
  child.command.input.reset();
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  Completed done;
  const auto drain = [](Fd& fd, std::string& into) {
    char buffer[4096];
    ssize_t n;
    while ((n = ::read(fd.get(), buffer, sizeof buffer)) > 0) {
      into.append(buffer, std::min(kMaxOutput - std::min(kMaxOutput, into.size()),
                                   static_cast<std::size_t>(n)));
    }
    if (n == 0) fd.reset();
  };
  while (true) {
    std::array<pollfd, 3> fds{pollfd{child.command.output.get(), POLLIN, 0},
                              pollfd{child.command.error.get(), POLLIN, 0},
                              pollfd{child.ending->fd(), POLLIN, 0}};
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      ::kill(-child.command.pid, SIGKILL);
      return Error{ErrorCode::kTimeout, "run", argv.front(),
                   fmt::format("it did not end within {} ms", timeout.count()), ""};
    }
    ::poll(fds.data(), fds.size(), static_cast<int>(left.count()));
    if (child.command.output) drain(child.command.output, done.standard_output);
    if (child.command.error) drain(child.command.error, done.standard_error);
    if (const auto status = child.ending->status()) {
      done.exit_code = exit_code_of(*status);
      return done;
    }
  }
}

}  // namespace cove::init
