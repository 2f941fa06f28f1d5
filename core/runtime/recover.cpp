// What open() finds: containers that run, that ended while nobody looked, and what a crash left.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <charconv>

#include "core/base/strings.h"
#include "core/runtime/implementation.h"
#include "core/runtime/launch.h"
#include "core/runtime/overlay.h"
#include "core/runtime/spec_json.h"

namespace cove::runtime {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostSpec = 16 << 20;
constexpr int kLostWithTheHost = 255;
constexpr auto kPatienceWithKilled = std::chrono::seconds(5);

std::vector<std::string> names_in(const Path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

template <class T>
T number_at(std::string_view text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

void read_state(std::string_view text, ContainerStatus& status) {
  boost::system::error_code error;
  const json::value parsed = json::parse(text, error);
  if (error || !parsed.is_object()) return;  // lost with the power
  const auto& object = parsed.get_object();
  const auto integer = [&](const char* name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
  };
  const auto time = [&](const char* name) {
    return WallTime(std::chrono::nanoseconds(integer(name)));
  };
  status.state = static_cast<ContainerState>(std::clamp<std::int64_t>(integer("state"), 0, 3));
  status.created_at = time("created");
  status.started_at = time("started");
  status.finished_at = time("finished");
  status.exit_code = static_cast<int>(integer("exit_code"));
  const auto* oom = object.if_contains("oom_killed");
  status.oom_killed = oom != nullptr && oom->is_bool() && oom->get_bool();
  if (const auto* why = object.if_contains("error"); why != nullptr && why->is_string())
    status.error = std::string(why->get_string());
}

std::vector<std::string> arguments_of(pid_t pid) {
  const auto text = read_file(fmt::format("/proc/{}/cmdline", pid), 1 << 20);
  return text ? split(*text, '\0') : std::vector<std::string>{};
}

std::vector<pid_t> all_processes() {
  std::vector<pid_t> pids;
  for (const std::string& name : names_in("/proc")) {
    if (const auto pid = number_at<pid_t>(name); pid > 0) pids.push_back(pid);
  }
  return pids;
}

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> pids;
  if (const auto text = read_file(fmt::format("/proc/{0}/task/{0}/children", pid), 1 << 20)) {
    for (const std::string& word : split(trim(*text), ' ')) {
      if (const auto child = number_at<pid_t>(word); child > 0) pids.push_back(child);
    }
  }
  return pids;
}

// Returns when they have ended: none of them makes another file.
void kill_all(const std::vector<pid_t>& pids) {
  std::vector<Fd> ends;
  for (const pid_t pid : pids) {
    Fd process = open_pidfd(pid);
    if (process && ::kill(pid, SIGKILL) == 0) ends.push_back(std::move(process));
  }
  const auto deadline = std::chrono::steady_clock::now() + kPatienceWithKilled;
  for (const Fd& process : ends) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd end{process.get(), POLLIN, 0};
    ::poll(&end, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  }
}

}  // namespace

Result<void> Runtime::Implementation::recover() {
  for (const Path& path : {parts_.directory, parts_.directory / "containers"})
    COVE_CHECK(make_directories(path, 0711));
  for (const Path& path : {parts_.run, parts_.run / "c", parts_.run / "crun", parts_.run / "exits"})
    COVE_CHECK(make_directories(path, 0700));
  COVE_TRY(cgroups_, os::Cgroups::find());
  if (cgroups_->hybrid()) {
    parts_.logger.warn(
        "this host mounts both versions of control groups; containers use version 1, and crun "
        "before 1.9 may refuse");
  }
  host_ = this_host(*cgroups_, [this](const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (reduced_.insert(what).second) parts_.logger.warn(what);
  });
  host_.init = parts_.init;
  if (auto made = cgroups_->make(monitors()); !made) parts_.logger.warn(made.error().message());
  epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  logs_ = Fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  wake_ = std::make_unique<Wake>();
  for (const auto& [fd, what] : {std::pair(wake_->descriptor(), 0), {logs_.get(), 1}}) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = static_cast<std::uint64_t>(what);
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
      return errno_error(errno, "watch", "containers");
  }
  for (const std::string& name : names_in(parts_.directory / "containers")) {
    if (is_container_id(name)) load(folder(name));
  }
  std::set<pid_t> kept;
  for (const auto& [id, container] : containers_) adopt(container, kept);
  remove_strays(kept);
  COVE_CHECK(remove_tree(parts_.run / "x"));
  COVE_CHECK(make_directories(parts_.run / "x", 0700));
  // Only now, when no crun of before is at work, is it certain who stands still.
  for (const auto& [id, container] : containers_) {
    if (container->monitor && cgroups_->frozen(cgroup(container->spec)))
      container->status.state = ContainerState::kPaused;
  }
  return {};
}

void Runtime::Implementation::load(const Path& place) {
  auto text = read_file(place / "spec.json", kMostSpec);
  auto spec = text ? read_spec(*text) : Result<ContainerSpec>(text.error());
  const bool readable = spec && spec->id == place.filename().string();
  if (!readable && parts_.remove_unreadable) {
    // It goes with the strays, and so does what stands on it.
    const std::string id = place.filename();
    const Path doomed = place.parent_path() / fmt::format(".gone-{}-{}", id, random_hex(4));
    if (::rename(place.c_str(), doomed.c_str()) == 0) {
      parts_.logger.warn("a container's record cannot be read; it is removed", {{"container", id}});
      return;
    }
  }
  if (!readable) {
    parts_.logger.error("a container's record cannot be read; its folder stays",
                        {{"folder", place.string()}});
    return;
  }
  auto container = std::make_shared<Container>();
  container->status.id = spec->id;
  if (const auto state = read_file(place / "state.json", 1 << 20))
    read_state(*state, container->status);
  container->spec = std::move(*spec);
  containers_[container->spec.id] = std::move(container);
}

// Decides what became of one: it runs, it ended meanwhile, its start was cut off, or it did not
// run.
void Runtime::Implementation::adopt(const ContainerPtr& container, std::set<pid_t>& kept) {
  const std::string& id = container->spec.id;
  ContainerStatus& status = container->status;
  const Path place = bundle(id);
  const bool recorded =
      status.state == ContainerState::kRunning || status.state == ContainerState::kPaused;
  const auto started = read_file(place / "started", 256);
  if (!started) {
    if (!recorded) return;  // what a start left is removed with the strays
    // It ran when the host went down.
    status.state = ContainerState::kStopped;
    status.exit_code = kLostWithTheHost;
    status.finished_at = parts_.clock.wall();
    status.pid = 0;
    if (auto saved = save(*container); !saved) parts_.logger.error(saved.error().message());
    exits_.push_back(status);
    return;
  }
  const auto words = split(trim(*started), ' ');
  const auto monitor = number_at<pid_t>(words[0]);
  const auto since = words.size() > 1 ? number_at<std::uint64_t>(words[1]) : 0;
  const auto pid = read_file(place / "pid", 64);
  Fd pidfd = monitor > 0 ? open_pidfd(monitor) : Fd();
  const bool alive = pidfd && start_of(monitor) == since;
  if (!recorded) {
    std::error_code error;
    const auto written = std::filesystem::last_write_time(place / "started", error);
    const WallTime begun = error ? parts_.clock.wall()
                                 : std::chrono::time_point_cast<WallTime::duration>(
                                       std::chrono::file_clock::to_sys(written));
    // Its end was recorded, and what was left of that run did not all go.
    if (!alive && status.state == ContainerState::kStopped && status.finished_at >= begun)
      return wipe(id, cgroup(container->spec), false);
    // Else start() was cut off between its last two steps.
    status.started_at = begun;
    status.finished_at = {};
    status.exit_code = 0;
    status.oom_killed = false;
    status.error.clear();
  }
  if (pid) {
    status.pid = number_at<pid_t>(*pid);
    if (alive) container->process = open_pidfd(status.pid);
  }
  status.state = ContainerState::kRunning;
  container->monitor = std::move(pidfd);
  if (alive && watch(container)) {
    kept.insert(monitor);
    kept.insert(status.pid);  // which looks like crun until it has become its program
    watch_log(*container);
    if (!recorded) static_cast<void>(save(*container));
  } else {
    finish(container);
  }
}

void Runtime::Implementation::remove_strays(const std::set<pid_t>& kept) {
  const std::string root = "--root=" + (parts_.run / "crun").string();
  const std::string conmons_root = "--runtime-arg=" + root;
  // First who makes things, then what they made. conmon starts crun, so conmon goes first.
  for (const auto& [program, mark] : {std::pair(&conmon_, &conmons_root), {&crun_, &root}}) {
    std::vector<pid_t> strays;
    for (const pid_t pid : all_processes()) {
      const auto arguments = arguments_of(pid);
      // crun runs from its sealed copy, whose path is another.
      if (kept.contains(pid) || arguments.size() < 2 ||
          Path(arguments[0]).filename() != program->filename())
        continue;
      if (std::find(arguments.begin(), arguments.end(), *mark) == arguments.end()) continue;
      const bool exec = std::find(arguments.begin(), arguments.end(), "exec") != arguments.end();
      ::kill(pid, SIGSTOP);
      strays.push_back(pid);
      if (exec) {
        for (const pid_t child : children_of(pid)) strays.push_back(child);
      }
    }
    kill_all(strays);
  }
  std::set<std::string> running;
  for (const auto& [id, container] : containers_) {
    if (container->monitor) running.insert(id);
  }
  for (const std::string& id : names_in(parts_.run / "c")) {
    if (running.contains(id)) continue;
    const auto group = read_file(bundle(id) / "cgroup", 64 << 10);
    wipe(id, group ? *group : "/" + parts_.cgroup_root + "/" + id, false);
  }
  for (const std::string& id : names_in(parts_.run / "crun")) {
    if (!running.contains(id)) static_cast<void>(remove_tree(parts_.run / "crun" / id));
  }
  const Path containers = parts_.directory / "containers";
  const auto mounted = mounts_below(containers);
  for (const Path& point : mounted) {
    if (!running.contains(point.parent_path().filename())) static_cast<void>(unmount(point));
  }
  for (const std::string& name : names_in(containers)) {
    if (name.starts_with(".new-") || name.starts_with(".gone-")) {
      if (auto gone = remove_tree(containers / name); !gone)
        parts_.logger.warn(gone.error().message());
    }
  }
}

}  // namespace cove::runtime
