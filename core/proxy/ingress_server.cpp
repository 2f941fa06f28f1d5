#include "core/proxy/ingress_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <mutex>
#include <thread>

#include "core/base/strings.h"

namespace cove::proxy {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds kCheckTimeout{20'000};
constexpr milliseconds kStartTimeout{10'000};
// Between two that nginx takes: every one leaves workers that end slowly.
constexpr milliseconds kBetweenReloads{200};
constexpr milliseconds kRestartPause{1'000};
// After a configuration that could not be used.
constexpr milliseconds kAgainPause{30'000};
constexpr int kLinesPerSecond = 10;
constexpr std::size_t kMaxLine = 1'000;

std::optional<pid_t> read_pid(const Path& file) {
  const auto text = read_file(file, 64);
  if (!text) return std::nullopt;
  const std::string_view digits = trim(*text);
  pid_t pid = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
  if (read.ec != std::errc() || pid <= 1) return std::nullopt;
  return pid;
}

// "1234 (nginx) S 1 1230 …": name and process group.
bool is_nginx_of_group(const std::string& stat, pid_t group) {
  const std::size_t open = stat.find('('), close = stat.rfind(')');
  if (open == stat.npos || close == stat.npos || stat.substr(open + 1, close - open - 1) != "nginx")
    return false;
  const std::vector<std::string> fields = split(stat.substr(close + 1), ' ');
  return fields.size() > 3 && fields[3] == std::to_string(group);
}

// What a process that ended without a word has left behind, and that holds the ports still.
void end_leftovers(const Path& pid_file) {
  const auto group = read_pid(pid_file);
  if (!group) return;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto stat = read_file(entry.path() / "stat", 4096);
    if (!stat || !is_nginx_of_group(*stat, *group)) continue;
    pid_t pid = 0;
    const std::string name = entry.path().filename().string();
    if (std::from_chars(name.data(), name.data() + name.size(), pid).ec == std::errc())
      ::kill(pid, SIGKILL);
  }
  std::filesystem::remove(pid_file, error);
}

}  // namespace

class NginxServer::State {
 public:
  explicit State(Parts parts)
      : parts_(std::move(parts)),
        configuration_(parts_.settings.directory / "nginx.conf"),
        pid_file_(parts_.settings.directory / "nginx.pid"),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        thread_([this] { run(); }) {}

  ~State() {
    stopping_ = true;
    wake();
    thread_.join();
  }

  void serve(std::optional<Routing> routing) {
    {
      const std::lock_guard lock(mutex_);
      given_ = std::move(routing);
      is_new_ = true;
    }
    wake();
  }

 private:
  void wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  }

  void run() {
    end_leftovers(pid_file_);
    while (!stopping_) {
      wait();
      if (child_ && child_->wait(milliseconds(0))) ended();
      if (stopping_) break;
      const auto now = SteadyClock::now();
      if (now >= next_) take_given();
      if (wanted_ && !child_ && now >= restart_) start();
    }
    child_.reset();
  }

  // Until something happens, or is to be done.
  void wait() {
    std::array<pollfd, 3> files{pollfd{wake_.get(), POLLIN, 0},
                                pollfd{child_ ? child_->pidfd() : -1, POLLIN, 0},
                                pollfd{messages_.get(), POLLIN, 0}};
    ::poll(files.data(), files.size(), static_cast<int>(patience().count()));
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t taken = ::read(wake_.get(), &count, sizeof count);
    if ((files[2].revents & (POLLIN | POLLHUP)) != 0) read_messages();
  }

  milliseconds patience() {
    std::optional<SteadyClock::time_point> due;
    {
      const std::lock_guard lock(mutex_);
      if (is_new_) due = next_;
    }
    if (wanted_ && !child_) due = due ? std::min(*due, restart_) : restart_;
    if (refused_) due = due ? std::min(*due, again_) : again_;
    if (!due) return milliseconds(-1);
    const auto left = std::chrono::ceil<milliseconds>(*due - SteadyClock::now());
    return std::max(left, milliseconds(0));
  }

  void take_given() {
    std::optional<Routing> routing;
    {
      const std::lock_guard lock(mutex_);
      if (!is_new_ && !(refused_ && SteadyClock::now() >= again_)) return;
      routing = is_new_ ? std::move(given_) : std::move(refused_);
      is_new_ = false;
    }
    refused_.reset();
    next_ = SteadyClock::now() + kBetweenReloads;
    if (!routing) {
      wanted_ = false;
      child_.reset();
      messages_.reset();
      return;
    }
    if (const auto written = write(*routing); !written) {
      parts_.logger.error("cannot use the new routes of Ingresses, the old ones stay",
                          {{"cause", written.error().message()}});
      refused_ = std::move(routing);
      again_ = SteadyClock::now() + kAgainPause;
      return;
    }
    wanted_ = true;
    if (child_) child_->signal(SIGHUP);
  }

  Result<void> write(const Routing& routing) {
    NginxSettings settings = parts_.settings;
    const Path keys = settings.directory / "keys";
    settings.keys = keys / std::to_string(++generation_);
    const NginxFiles files = make_nginx_files(routing, settings);
    COVE_CHECK(make_directories(settings.directory, 0711));
    COVE_CHECK(make_directories(settings.directory / "temporary", 0711));
    COVE_CHECK(make_directories(keys, 0700));
    // Of that number there may be one of an earlier process.
    COVE_CHECK(remove_tree(settings.keys));
    COVE_CHECK(make_directories(settings.keys, 0700));
    for (const auto& [name, text] : files.keys)
      COVE_CHECK(replace_file(settings.keys / name, text));
    const Path next = settings.directory / "nginx.conf.next";
    COVE_CHECK(replace_file(next, files.configuration));
    COVE_CHECK(check(next));
    std::error_code error;
    std::filesystem::rename(next, configuration_, error);
    if (error) return errno_error(error.value(), "replace", configuration_.string());
    forget_keys(keys);
    return {};
  }

  Result<void> check(const Path& file) {
    const Command command{arguments(file, {"-t", "-q"}), std::nullopt, {}, {}};
    COVE_TRY(const Completed completed, parts_.spawner.run(command, kCheckTimeout));
    if (completed.exit_code == 0) return {};
    return Error{ErrorCode::kInvalidArgument,
                 "use",
                 file.string(),
                 std::string(trim(completed.standard_error)).substr(0, kMaxLine),
                 {}};
  }

  // nginx reads the newest, and may be at the one before.
  void forget_keys(const Path& keys) const {
    std::error_code error;
    const std::string newest = std::to_string(generation_);
    const std::string before = std::to_string(generation_ - 1);
    for (const auto& entry : std::filesystem::directory_iterator(keys, error)) {
      const std::string name = entry.path().filename().string();
      if (name != newest && name != before) std::filesystem::remove_all(entry.path(), error);
    }
  }

  std::vector<std::string> arguments(const Path& file, std::vector<std::string> more) const {
    std::vector<std::string> all{parts_.program.string()};
    all.insert(all.end(), more.begin(), more.end());
    for (const std::string& each :
         {std::string("-c"), file.string(), std::string("-p"), parts_.settings.directory.string(),
          std::string("-e"), std::string("stderr")})
      all.push_back(each);
    return all;
  }

  void start() {
    restart_ = SteadyClock::now() + kRestartPause;
    auto pipe = make_pipe();
    if (!pipe) return;
    std::error_code error;
    std::filesystem::remove(pid_file_, error);
    auto child = ChildProcess::spawn({arguments(configuration_, {}), std::nullopt, {}, {}},
                                     {.standard_error = pipe->write.get(), .new_session = true});
    if (!child) {
      parts_.logger.error("cannot start nginx", {{"cause", child.error().message()}});
      return;
    }
    ::fcntl(pipe->read.get(), F_SETFL, O_NONBLOCK);
    messages_ = std::move(pipe->read);
    child_.emplace(std::move(*child));
    // A signal before it has got so far would end it.
    const auto end = SteadyClock::now() + kStartTimeout;
    while (read_pid(pid_file_) != child_->pid() && SteadyClock::now() < end && !stopping_) {
      if (child_->wait(milliseconds(5))) return ended();
    }
  }

  void ended() {
    // Its workers may go on without it, and have the ports.
    ::kill(-child_->pid(), SIGKILL);
    read_messages();
    parts_.logger.warn("nginx has ended and is started again");
    child_.reset();
    messages_.reset();
  }

  // What it says about itself; requests are not told about.
  void read_messages() {
    std::array<char, 4096> space{};
    const ssize_t size = ::read(messages_.get(), space.data(), space.size());
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) return messages_.reset();
    const auto now = SteadyClock::now();
    if (now - second_ >= std::chrono::seconds(1)) {
      second_ = now;
      lines_ = 0;
    }
    for (const std::string& line :
         split(std::string_view(space.data(), static_cast<std::size_t>(size)), '\n')) {
      if (line.empty() || ++lines_ > kLinesPerSecond) continue;
      parts_.logger.warn("nginx says", {{"line", line.substr(0, kMaxLine)}});
    }
  }

  const Parts parts_;
  const Path configuration_, pid_file_;
  const Fd wake_;
  std::mutex mutex_;
  std::optional<Routing> given_;  // under the mutex, as the next
  bool is_new_ = false;
  std::atomic<bool> stopping_ = false;
  // The rest belongs to the thread.
  std::optional<ChildProcess> child_;
  Fd messages_;
  bool wanted_ = false;
  std::uint64_t generation_ = 0;
  std::optional<Routing> refused_;  // tried again at that time
  SteadyClock::time_point again_{};
  SteadyClock::time_point next_{}, restart_{}, second_{};
  int lines_ = 0;
  std::thread thread_;
};

NginxServer::NginxServer(Parts parts) : state_(std::make_unique<State>(std::move(parts))) {}

NginxServer::~NginxServer() = default;

void NginxServer::serve(std::optional<Routing> routing) {
  state_->serve(std::move(routing));
}

}  // namespace cove::proxy
