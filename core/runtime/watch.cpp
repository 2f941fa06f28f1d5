#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "core/base/strings.h"
#include "core/runtime/exec_process.h"
#include "core/runtime/implementation.h"
#include "core/runtime/overlay.h"

namespace cove::runtime {
namespace {

// What epoll says of the logs; 0 wakes, and runs of containers are the rest.
constexpr std::uint64_t kLogs = 1;
constexpr std::uint64_t kFirstRun = 2;
// Behind so many, who takes a root away waits for the disk himself.
constexpr std::size_t kMostLeftovers = 64;

Result<void> add(const Fd& epoll, int fd, std::uint64_t what) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = what;
  if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0)
    return errno_error(errno, "watch", "containers");
  return {};
}

std::optional<int> exit_code_in(const Path& file) {
  const auto text = read_file(file, 64);
  int code = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), code).ec != std::errc())
    return std::nullopt;
  return code;
}

Path with_suffix(const Path& file, const std::string& suffix) {
  Path out = file;
  out += suffix;
  return out;
}

}  // namespace

Runtime::Implementation::~Implementation() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (wake_) wake_->wake();
  if (watcher_.joinable()) watcher_.join();
  if (notifier_.joinable()) notifier_.join();
  if (clearer_.joinable()) clearer_.join();
  std::vector<std::weak_ptr<ExecProcess>> execs;
  {
    const std::lock_guard lock(mutex_);
    execs.swap(execs_);
  }
  for (const auto& weak : execs) {
    if (const auto exec = weak.lock()) exec->abandon();
  }
}

Result<void> Runtime::Implementation::start_threads() {
  watcher_ = std::thread([this] { watch_loop(); });
  notifier_ = std::thread([this] { notify_loop(); });
  clearer_ = std::thread([this] { clear_loop(); });
  return {};
}

Result<void> Runtime::Implementation::watch(const ContainerPtr& container) {
  std::uint64_t run = 0;
  {
    const std::lock_guard lock(mutex_);
    run = kFirstRun + runs_++;
    container->run = run;
    watched_[run] = container;
  }
  return add(epoll_, container->monitor.get(), run);
}

void Runtime::Implementation::watch_loop() {
  std::array<epoll_event, 32> events{};
  while (true) {
    const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      const std::uint64_t what = events[static_cast<std::size_t>(i)].data.u64;
      if (what == kLogs) {
        logs_changed();
      } else if (what >= kFirstRun) {
        monitor_ended(what);
      }
    }
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
  }
}

// Whoever is at work on the container cleans up when done; else this thread does.
void Runtime::Implementation::monitor_ended(std::uint64_t run) {
  ContainerPtr container;
  {
    const std::lock_guard lock(mutex_);
    const auto found = watched_.find(run);
    if (found == watched_.end()) return;
    container = found->second.lock();
    watched_.erase(found);
    if (!container || container->run != run) return;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, container->monitor.get(), nullptr);
    container->ended = true;
    if (container->busy) return;
    container->busy = true;
  }
  give_back(container);
}

// When it is told no process of the run is left. The rest of it goes after that; whoever has to do
// with the container next waits for it, since it is busy meanwhile. Its exit code can be read from
// what is left until it stands in the record.
void Runtime::Implementation::finish(const ContainerPtr& container) {
  const std::string& id = container->spec.id;
  const std::string group = cgroup(container->spec);
  const auto code = exit_code_in(parts_.run / "exits" / id);
  const auto kills = cgroups_->oom_kills(group);
  // Those that the main process left behind in a pid namespace which is not its own.
  if (auto gone = cgroups_->remove(group); !gone)
    parts_.logger.warn(gone.error().message(), {{"container", id}});
  rotate(container->spec.log);
  bool keep_mounted = false;
  std::vector<std::weak_ptr<LogEnd>> followers;
  {
    const std::lock_guard lock(mutex_);
    container->process.reset();
    container->monitor.reset();
    container->ended = false;
    container->clearing = true;
    container->streams.clear();
    keep_mounted = container->mounts > 0;
    ContainerStatus& status = container->status;
    status.state = ContainerState::kStopped;
    status.pid = 0;
    // Whoever compares the two must not take it for an end of a run before.
    status.finished_at = std::max(parts_.clock.wall(), status.started_at);
    status.exit_code = code.value_or(137);
    status.oom_killed = kills && *kills > 0;
    if (!code) status.error = "the container's monitor was lost";
    followers.swap(container->followers);
    exits_.push_back(status);
  }
  changed_.notify_all();
  for (const auto& weak : followers) {
    if (const auto follower = weak.lock()) follower->ended();
  }
  if (auto saved = save(*container); !saved) parts_.logger.error(saved.error().message());
  wipe_files(id, keep_mounted);
  {
    const std::lock_guard lock(mutex_);
    container->clearing = false;
  }
  changed_.notify_all();
}

void Runtime::Implementation::wipe(const std::string& id, const std::string& group,
                                   bool keep_mounted) {
  if (auto gone = cgroups_->remove(group); !gone)
    parts_.logger.warn(gone.error().message(), {{"container", id}});
  wipe_files(id, keep_mounted);
}

void Runtime::Implementation::wipe_files(const std::string& id, bool keep_mounted) {
  const auto tell = [&](const Result<void>& result) {
    if (!result) parts_.logger.warn(result.error().message(), {{"container", id}});
  };
  tell(remove_tree(parts_.run / "crun" / id));
  if (!keep_mounted) tell(unmount_root(id));
  tell(remove_tree(parts_.run / "exits" / id));
  tell(remove_tree(bundle(id)));
}

Result<void> Runtime::Implementation::unmount_root(const std::string& id) {
  COVE_TRY(Fd last, detach(folder(id) / "merged"));
  if (last) dispose({std::move(last), {}});
  return {};
}

void Runtime::Implementation::dispose(Leftover leftover) {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_ && leftovers_.size() < kMostLeftovers) {
      leftovers_.push_back(std::move(leftover));
      changed_.notify_all();
      return;
    }
  }
  clear(leftover);
}

void Runtime::Implementation::clear(Leftover& leftover) const {
  leftover.root.reset();
  if (leftover.folder.empty()) return;
  if (const auto gone = remove_tree(leftover.folder); !gone)
    parts_.logger.warn(gone.error().message());
}

void Runtime::Implementation::clear_loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !leftovers_.empty(); });
    if (leftovers_.empty()) return;
    Leftover next = std::move(leftovers_.front());
    leftovers_.pop_front();
    lock.unlock();
    clear(next);
    lock.lock();
  }
}

void Runtime::Implementation::listen(std::function<void(const ContainerStatus&)> listener) {
  {
    const std::lock_guard lock(mutex_);
    listeners_.push_back(std::move(listener));
  }
  changed_.notify_all();
}

void Runtime::Implementation::notify_loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || (!exits_.empty() && !listeners_.empty()); });
    if (stopping_) return;
    const ContainerStatus status = std::move(exits_.front());
    exits_.pop_front();
    const auto listeners = listeners_;
    lock.unlock();
    for (const auto& listener : listeners) listener(status);
    lock.lock();
  }
}

// --- Rotation. conmon bounds a log by starting a new file under its name; the old one would be
// lost, were it not linked as FILE.now. So a log is bounded whether we are there or not.

void Runtime::Implementation::watch_log(const Container& container) {
  const LogPolicy& log = container.spec.log;
  if (log.file.empty() || log.max_bytes == 0 || log.max_files < 2) return;
  rotate(log);
  const int watch =
      ::inotify_add_watch(logs_.get(), log.file.parent_path().c_str(), IN_MOVED_TO | IN_ONLYDIR);
  if (watch < 0) {
    parts_.logger.warn("logs are not rotated: the system is out of file watches");
    return;
  }
  const std::lock_guard lock(mutex_);
  log_watches_[watch].insert(container.spec.id);
}

void Runtime::Implementation::logs_changed() {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer{};
  std::set<int> changed;
  while (true) {
    const ssize_t n = ::read(logs_.get(), buffer.data(), buffer.size());
    if (n <= 0) break;
    for (ssize_t at = 0; at < n;) {
      const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
      changed.insert(event->wd);
      at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
    }
  }
  std::vector<LogPolicy> logs;
  {
    const std::lock_guard lock(mutex_);
    for (const int watch : changed) {
      auto& ids = log_watches_[watch];
      std::erase_if(ids, [&](const std::string& id) { return !containers_.contains(id); });
      for (const std::string& id : ids) logs.push_back(containers_.at(id)->spec.log);
      if (ids.empty()) log_watches_.erase(watch);
    }
  }
  for (const LogPolicy& log : logs) rotate(log);
}

void Runtime::Implementation::rotate(const LogPolicy& log) const {
  if (log.file.empty() || log.max_bytes == 0 || log.max_files < 2) return;
  const Path link = with_suffix(log.file, ".now");
  struct stat kept {};
  struct stat current {};
  if (::stat(log.file.c_str(), &current) != 0) return;
  if (::stat(link.c_str(), &kept) == 0) {
    if (kept.st_ino == current.st_ino) return;
    for (unsigned i = log.max_files - 1; i > 1; --i) {
      ::rename(with_suffix(log.file, fmt::format(".{}", i - 1)).c_str(),
               with_suffix(log.file, fmt::format(".{}", i)).c_str());
    }
    ::rename(link.c_str(), with_suffix(log.file, ".1").c_str());
  }
  if (::link(log.file.c_str(), link.c_str()) != 0 && errno != EEXIST)
    parts_.logger.warn("cannot keep rotated logs", {{"file", log.file.string()}});
}

}  // namespace cove::runtime
