#include "app/init/supervisor.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/base/strings.h"

namespace cove::init {
namespace {

// A flood of output must not keep the rest of init from being served.
constexpr int kReadsAtOnce = 16;

Result<Fd> notify_socket(const Path& path) {
  ::unlink(path.c_str());
  Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path)
    return errno_error(ENAMETOOLONG, "make", path.string());
  std::copy(path.native().begin(), path.native().end(), address.sun_path);
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return errno_error(errno, "make", path.string());
  }
  return fd;
}

}  // namespace

Result<void> Supervisor::run(Settings settings) {
  settings_ = std::move(settings);
  COVE_TRY(notify_, notify_socket(settings_.notify_socket));
  log_.emplace(settings_.log_file);
  start();
  return {};
}

void Supervisor::stand_by(const Settings& settings) {
  auto child = launch(settings, {settings.argv.front(), "--standby"});
  if (child.has_error()) return console_.say(child.error().message());
  standby_ = std::move(*child);
}

Result<Child> Supervisor::launch(const Settings& settings, std::vector<std::string> argv) {
  channel::CommandEnvironment environment;
  environment.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8",
                             "NOTIFY_SOCKET=" + settings.notify_socket.string()};
  channel::ShellRequest request;
  request.argv = std::move(argv);
  auto cgroup = settings.cgroup();
  if (cgroup.has_value()) environment.cgroup_procs = cgroup->get();
  return reaper_.start(request, environment);
}

// Hands the arguments to the program that stands by. False when there is none that lives.
bool Supervisor::use_standby() {
  std::optional<Child> child = std::exchange(standby_, std::nullopt);
  if (!child || child->ending->status()) return false;
  std::string arguments;
  for (const std::string& argument : settings_.argv) arguments += argument + '\0';
  const ssize_t n = ::write(child->command.input.get(), arguments.data(), arguments.size());
  if (n != static_cast<ssize_t>(arguments.size())) {
    ::kill(child->command.pid, SIGKILL);
    return false;
  }
  child_ = std::move(*child);
  child_->command.input.reset();
  return true;
}

void Supervisor::start() {
  next_start_.reset();
  started_ = clock_.steady();
  if (use_standby()) return;
  auto child = launch(settings_, settings_.argv);
  if (child.has_error()) {
    last_exit_ = child.error().message();
    console_.say(last_exit_);
    next_start_ = clock_.steady() + backoff_.next(started_, clock_.steady());
    return;
  }
  child_ = std::move(*child);
  child_->command.input.reset();
}

void Supervisor::restart(std::vector<std::string> argv) {
  settings_.argv = std::move(argv);
  if (!child_) return;
  restarting_ = true;
  ready_ = false;  // whoever waits for it means the new one
  ::kill(child_->command.pid, SIGTERM);
}

void Supervisor::stop() {
  stopping_ = true;
  next_start_.reset();
  standby_.reset();  // the end of its input ends it
  if (child_) ::kill(child_->command.pid, settings_.stop_signal);
}

void Supervisor::kill() {
  if (child_) ::kill(child_->command.pid, SIGKILL);
}

std::array<int, 4> Supervisor::fds() const {
  if (!child_) return {-1, -1, -1, -1};
  return {child_->command.output.get(), child_->command.error.get(), child_->ending->fd(),
          notify_.get()};
}

void Supervisor::log(const std::string& line) {
  if (log_) log_->append(fmt::format("{} {}\n", rfc3339(clock_.wall()), line));
}

void Supervisor::emit(const std::string& line) {
  log(line);
  console_.relay("coved", line);
}

void Supervisor::read_output(Fd& fd, LineSplitter& lines) {
  char buffer[16384];
  for (int i = 0; fd && i < kReadsAtOnce; ++i) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0) return;
    if (n == 0) {
      fd.reset();
      return;
    }
    lines.push(std::string_view(buffer, static_cast<std::size_t>(n)));
    while (const auto line = lines.next()) emit(*line);
  }
}

void Supervisor::flush_rest() {
  for (LineSplitter* lines : {&output_, &error_}) {
    if (const auto line = lines->rest()) emit(*line);
  }
}

bool Supervisor::read_notifications() {
  char buffer[4096];
  bool ready = false;
  ssize_t n;
  while ((n = ::recv(notify_.get(), buffer, sizeof buffer, 0)) > 0) {
    for (const std::string& line :
         split(std::string_view(buffer, static_cast<std::size_t>(n)), '\n')) {
      if (line == "READY=1") ready = true;
      if (line == "X_SETTLED=1") settled_ = true;
    }
  }
  return ready;
}

void Supervisor::ended(int status) {
  flush_rest();
  child_.reset();
  ready_ = false;
  const std::string how = describe_ending(status);
  if (stopping_) {
    emit(fmt::format("stopped: {}", how));
    return;
  }
  if (restarting_) {
    restarting_ = false;
    emit("restarting with a new configuration");
    start();
    return;
  }
  last_exit_ = how;
  ++restarts_;
  const auto delay = backoff_.next(started_, clock_.steady());
  next_start_ = clock_.steady() + delay;
  const std::string sentence =
      fmt::format("coved {}; starting it again in {} ms", how, delay.count());
  console_.say(sentence);
  log(sentence);
}

bool Supervisor::act() {
  const bool was_running = running();
  const bool was_ready = ready_;
  if (child_) {
    // Who is being ended may still say it.
    if (read_notifications() && !restarting_) ready_ = true;
    // Whoever waits for it is told first; what coved wrote is still there the next time.
    if (ready_ && !was_ready) return true;
    read_output(child_->command.output, output_);
    read_output(child_->command.error, error_);
    if (const auto status = child_->ending->status()) ended(*status);
  }
  if (next_start_ && clock_.steady() >= *next_start_) start();
  return running() != was_running || ready_ != was_ready;
}

}  // namespace cove::init
