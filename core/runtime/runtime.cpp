#include "core/runtime/runtime.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>

#include "core/base/strings.h"
#include "core/runtime/implementation.h"
#include "core/runtime/launch.h"
#include "core/runtime/overlay.h"
#include "core/runtime/spec_json.h"

namespace cove::runtime {
namespace {

namespace json = boost::json;

constexpr auto kPatience = std::chrono::seconds(120);

Error unknown(const std::string& id) {
  return Error{ErrorCode::kNotFound,
               "find the container",
               escape_control(id),
               "there is no such container",
               {}};
}

// A file of a folder that nobody looks into yet.
Result<void> write_new(const Path& path, std::string_view bytes) {
  const Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) return errno_error(errno, "write", path.string());
  return write_all(fd.get(), bytes, path);
}

std::int64_t nanoseconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

bool runs(const Container& container) {
  return container.status.state == ContainerState::kRunning ||
         container.status.state == ContainerState::kPaused;
}

// New bounds over old ones: what the new ones do not say stays.
ResourceLimits merged(ResourceLimits limits, const ResourceLimits& with) {
  const auto take = [](auto& to, const auto& from) {
    if (from) to = from;
  };
  take(limits.memory_bytes, with.memory_bytes);
  take(limits.memory_swap_bytes, with.memory_swap_bytes);
  take(limits.memory_reservation_bytes, with.memory_reservation_bytes);
  take(limits.cpu_shares, with.cpu_shares);
  take(limits.cpu_quota_us, with.cpu_quota_us);
  take(limits.cpu_period_us, with.cpu_period_us);
  take(limits.pids, with.pids);
  take(limits.io_weight, with.io_weight);
  if (!with.cpuset_cpus.empty()) limits.cpuset_cpus = with.cpuset_cpus;
  if (!with.cpuset_mems.empty()) limits.cpuset_mems = with.cpuset_mems;
  for (const auto& [size, bytes] : with.huge_pages) limits.huge_pages[size] = bytes;
  return limits;
}

}  // namespace

std::string Runtime::Implementation::cgroup(const ContainerSpec& spec) const {
  std::string group = "/" + parts_.cgroup_root;
  for (const std::string& part : split(spec.cgroup_parent, '/')) {
    if (!part.empty()) group += "/" + part;
  }
  return group + "/" + spec.id;
}

const Path& Runtime::Implementation::crun_program() {
  std::call_once(sealing_, [this] {
    const Path link = parts_.run / "bin" / crun_.filename();
    auto made = [&]() -> Result<SealedProgram> {
      COVE_CHECK(make_directories(link.parent_path(), 0700));
      return SealedProgram::make(crun_, link);
    }();
    if (made) {
      sealed_ = std::move(*made);
      sealed_path_ = link;
    } else {
      parts_.logger.warn(made.error().message());
    }
  });
  return sealed_ ? sealed_path_ : crun_;
}

std::vector<std::string> Runtime::Implementation::crun_command() {
  return {crun_program().string(), "--root=" + (parts_.run / "crun").string()};
}

Result<void> Runtime::Implementation::crun(std::vector<std::string> arguments, const char* action,
                                           const std::string& id) {
  Command command;
  command.argv = crun_command();
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  // Not our own environment: crun would tell our NOTIFY_SOCKET about the container.
  command.environment = std::vector<std::string>{kHelperPath};
  COVE_TRY(const Completed done, parts_.spawner.run(command, kPatience));
  if (done.exit_code == 0) return {};
  return Error{ErrorCode::kInternal,
               action,
               id,
               escape_control(trim(done.standard_error.substr(0, 4096))),
               {}};
}

Result<ContainerPtr> Runtime::Implementation::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = containers_.find(id);
  if (found == containers_.end()) return unknown(id);
  return found->second;
}

Result<Runtime::Implementation::Turn> Runtime::Implementation::take(const std::string& id) {
  std::unique_lock lock(mutex_);
  const auto found = containers_.find(id);
  if (found == containers_.end()) return unknown(id);
  const ContainerPtr container = found->second;
  changed_.wait(lock, [&] { return !container->busy; });
  if (container->gone) return unknown(id);
  container->busy = true;
  return Turn(*this, container);
}

Result<Runtime::Implementation::Turn> Runtime::Implementation::take_running(const std::string& id,
                                                                            const char* action) {
  COVE_TRY(Turn turn, take(id));
  if (!runs(*turn)) return Error{ErrorCode::kConflict, action, id, "it is not running", {}};
  return turn;
}

void Runtime::Implementation::give_back(const ContainerPtr& container) {
  std::unique_lock lock(mutex_);
  if (container->ended) {
    lock.unlock();
    finish(container);
    lock.lock();
  }
  container->busy = false;
  lock.unlock();
  changed_.notify_all();
}

std::string Runtime::Implementation::state_of(const Container& container) const {
  json::object out;
  {
    const std::lock_guard lock(mutex_);
    const ContainerStatus& status = container.status;
    out = {{"state", static_cast<int>(status.state)},
           {"created", nanoseconds(status.created_at)},
           {"started", nanoseconds(status.started_at)},
           {"finished", nanoseconds(status.finished_at)},
           {"exit_code", status.exit_code},
           {"oom_killed", status.oom_killed},
           {"error", status.error}};
  }
  return json::serialize(out) + "\n";
}

Result<void> Runtime::Implementation::save(const Container& container) const {
  return replace_file(folder(container.spec.id) / "state.json", state_of(container));
}

Result<void> Runtime::Implementation::create(const ContainerSpec& spec) {
  COVE_CHECK(check_spec(spec));
  auto container = std::make_shared<Container>();
  container->spec = spec;
  container->status.id = spec.id;
  container->status.created_at = parts_.clock.wall();
  container->busy = true;
  {
    const std::lock_guard lock(mutex_);
    if (!containers_.emplace(spec.id, container).second) {
      return Error{ErrorCode::kAlreadyExists,
                   "create the container",
                   spec.id,
                   "there is one of this id",
                   {}};
    }
  }
  const Path place = folder(spec.id);
  const Path fresh = place.parent_path() / (".new-" + spec.id);
  const auto make = [&]() -> Result<void> {
    // What no look at the specification alone can see, before anything is made.
    COVE_TRY(const auto config, oci_config(spec, place / "merged", cgroup(spec), host_));
    // Nobody waits for the disk: whoever wants a container back after a loss of power makes it
    // again, and what was written in it is still in the folder then.
    if (::access(place.c_str(), F_OK) == 0) {
      COVE_CHECK(replace_file(place / "spec.json", write_spec(spec)));
      return save(*container);
    }
    COVE_CHECK(remove_tree(fresh));
    COVE_CHECK(make_directories(fresh, 0711));
    COVE_CHECK(write_new(fresh / "spec.json", write_spec(spec)));
    COVE_CHECK(write_new(fresh / "state.json", state_of(*container)));
    if (::rename(fresh.c_str(), place.c_str()) != 0)
      return errno_error(errno, "create the container", spec.id);
    return {};
  };
  auto made = make();
  {
    const std::lock_guard lock(mutex_);
    container->busy = false;
    if (!made) {
      container->gone = true;
      containers_.erase(spec.id);
    }
  }
  changed_.notify_all();
  if (!made) static_cast<void>(remove_tree(fresh));
  return made;
}

Result<void> Runtime::Implementation::reconfigure(const ContainerSpec& spec) {
  COVE_CHECK(check_spec(spec));
  COVE_TRY(const Turn turn, take(spec.id));
  if (runs(*turn))
    return Error{ErrorCode::kConflict, "change the container", spec.id, "it is running", {}};
  COVE_TRY(const auto config, oci_config(spec, folder(spec.id) / "merged", cgroup(spec), host_));
  const std::string text = write_spec(spec);
  if (text != write_spec(turn->spec)) COVE_CHECK(replace_file(folder(spec.id) / "spec.json", text));
  const std::lock_guard lock(mutex_);
  turn->spec = spec;
  return {};
}

Result<void> Runtime::Implementation::signal(const std::string& id, int number) {
  if (number < 1 || number > 64)
    return Error{ErrorCode::kInvalidArgument,
                 "signal the container",
                 id,
                 fmt::format("there is no signal {}", number),
                 {}};
  COVE_TRY(const Turn turn, take_running(id, "signal the container"));
  if (::syscall(SYS_pidfd_send_signal, turn->process.get(), number, nullptr, 0) != 0) {
    if (errno == ESRCH)
      return Error{ErrorCode::kConflict, "signal the container", id, "it is not running", {}};
    return errno_error(errno, "signal the container", id);
  }
  // The frozen die only when they thaw.
  if (number == SIGKILL && turn->status.state == ContainerState::kPaused)
    COVE_CHECK(crun({"resume", id}, "signal the container", id));
  return {};
}

Result<void> Runtime::Implementation::pause(const std::string& id, bool on) {
  const char* const action = on ? "pause the container" : "resume the container";
  COVE_TRY(const Turn turn, take_running(id, action));
  if (on == (turn->status.state == ContainerState::kPaused))
    return Error{ErrorCode::kConflict, action, id, on ? "it is paused" : "it is not paused", {}};
  COVE_CHECK(crun({on ? "pause" : "resume", id}, action, id));
  const std::lock_guard lock(mutex_);
  turn->status.state = on ? ContainerState::kPaused : ContainerState::kRunning;
  return {};
}

Result<void> Runtime::Implementation::update(const std::string& id, const ResourceLimits& limits) {
  COVE_TRY(const Turn turn, take(id));
  ContainerSpec changed = turn->spec;
  changed.resources = merged(turn->spec.resources, limits);
  if (runs(*turn)) {
    const Path file = bundle(id) / "update.json";
    COVE_CHECK(replace_file(file, json::serialize(oci_resources(limits, host_))));
    COVE_CHECK(crun({"update", "--resources=" + file.string(), id}, "update the container", id));
  }
  COVE_CHECK(replace_file(folder(id) / "spec.json", write_spec(changed)));
  const std::lock_guard lock(mutex_);
  turn->spec = std::move(changed);
  return {};
}

Result<void> Runtime::Implementation::remove(const std::string& id, bool force) {
  std::unique_lock lock(mutex_);
  const auto found = containers_.find(id);
  if (found == containers_.end()) return unknown(id);
  const ContainerPtr container = found->second;
  while (true) {
    changed_.wait(lock, [&] { return !container->busy; });
    if (container->gone) return unknown(id);
    if (!runs(*container)) break;
    if (!force) return Error{ErrorCode::kConflict, "remove the container", id, "it is running", {}};
    lock.unlock();
    auto killed = signal(id, SIGKILL);
    if (!killed && killed.error().code != ErrorCode::kConflict) return killed;
    lock.lock();
    if (!changed_.wait_for(lock, kPatience, [&] { return !runs(*container); }))
      return Error{ErrorCode::kTimeout, "remove the container", id, "it does not end", {}};
  }
  container->busy = true;
  const Turn turn(*this, container);
  lock.unlock();
  const Path place = folder(id);
  const Path doomed = place.parent_path() / fmt::format(".gone-{}-{}", id, random_hex(4));
  COVE_CHECK(unmount_root(id));
  if (::rename(place.c_str(), doomed.c_str()) != 0)
    return errno_error(errno, "remove the container", id);
  std::vector<std::weak_ptr<AttachStream>> streams;
  lock.lock();
  container->gone = true;
  containers_.erase(id);
  streams.swap(container->streams);
  lock.unlock();
  changed_.notify_all();
  for (const auto& weak : streams) {
    if (const auto stream = weak.lock()) stream->give_up();
  }
  dispose({Fd(), doomed});
  return {};
}

Result<std::optional<ContainerStatus>> Runtime::Implementation::wait(const std::string& id,
                                                                     std::stop_token stop,
                                                                     Until until) {
  COVE_TRY(const ContainerPtr container, find(id));
  std::unique_lock lock(mutex_);
  const bool over = changed_.wait(lock, stop, [&] {
    return container->gone || (container->status.state == ContainerState::kStopped &&
                               (until == Until::kEnded || !container->clearing));
  });
  if (!over) return std::optional<ContainerStatus>();
  return std::optional(container->status);
}

namespace {

// What the caller holds; the runtime knows the stream only while it does.
class Attached final : public Streams {
 public:
  explicit Attached(std::shared_ptr<AttachStream> stream) : stream_(std::move(stream)) {}
  Result<void> write(std::string_view input) override { return stream_->write(input); }
  void close_input() override { stream_->close_input(); }

 private:
  std::shared_ptr<AttachStream> stream_;
};

}  // namespace

Result<std::unique_ptr<Streams>> Runtime::Implementation::attach(const std::string& id,
                                                                 Streams::Handlers handlers) {
  COVE_TRY(const Turn turn, take(id));
  auto stream = std::make_shared<AttachStream>(std::move(handlers), turn->spec.open_stdin);
  if (runs(*turn)) {
    COVE_CHECK(stream->connect(bundle(id)));
  } else {
    const std::lock_guard lock(mutex_);
    std::erase_if(turn->streams, [](const auto& weak) { return weak.expired(); });
    turn->streams.push_back(stream);
  }
  return std::unique_ptr<Streams>(std::make_unique<Attached>(std::move(stream)));
}

Result<void> Runtime::Implementation::resize(const std::string& id, unsigned rows,
                                             unsigned columns) {
  COVE_TRY(const Turn turn, take_running(id, "resize the terminal of"));
  if (!turn->spec.process.terminal) return {};
  const Path fifo = bundle(id) / "ctl";
  Fd fd(::open(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  const std::string text = fmt::format("1 {} {}\n", rows, columns);
  if (!fd || ::write(fd.get(), text.data(), text.size()) < 0)
    return errno_error(errno, "resize the terminal of", id);
  return {};
}

namespace {

class RootMount final : public Runtime::Mounted {
 public:
  RootMount(std::function<void()> release, Path path)
      : release_(std::move(release)), path_(std::move(path)) {}
  ~RootMount() override { release_(); }
  const Path& path() const override { return path_; }

 private:
  std::function<void()> release_;
  Path path_;
};

}  // namespace

Result<std::unique_ptr<Runtime::Mounted>> Runtime::Implementation::mount_root(
    const std::string& id) {
  COVE_TRY(const Turn turn, take(id));
  COVE_CHECK(mount_overlay(folder(id), turn->spec.root.lower));
  {
    const std::lock_guard lock(mutex_);
    ++turn->mounts;
  }
  return std::unique_ptr<Mounted>(
      std::make_unique<RootMount>([this, id] { release_root(id); }, folder(id) / "merged"));
}

void Runtime::Implementation::release_root(const std::string& id) {
  auto turn = take(id);
  if (!turn) return;
  Container& container = **turn;
  bool last = false;
  {
    const std::lock_guard lock(mutex_);
    last = --container.mounts == 0 && !runs(container);
  }
  if (!last) return;
  if (auto gone = unmount_root(id); !gone) parts_.logger.warn(gone.error().message());
}

// --- The public face.

Runtime::Runtime(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Runtime::~Runtime() = default;

Result<std::unique_ptr<Runtime>> Runtime::open(Parts parts) {
  auto made = std::make_unique<Implementation>(std::move(parts));
  for (const auto& [name, path] : {std::pair("crun", &made->crun_), {"conmon", &made->conmon_}}) {
    const auto found = find_program(name);
    if (!found) {
      return Error{ErrorCode::kNotFound, "run containers", "",
                   fmt::format("the program '{}' is missing", name),
                   fmt::format("Install the package {}.", name)};
    }
    *path = std::filesystem::absolute(*found);
  }
  COVE_CHECK(made->recover());
  COVE_CHECK(made->start_threads());
  return std::unique_ptr<Runtime>(new Runtime(std::move(made)));
}

Result<void> Runtime::create(const ContainerSpec& spec) {
  return implementation_->create(spec);
}
Result<void> Runtime::start(const std::string& id, const std::function<Result<void>()>& beforehand,
                            std::unique_ptr<Begun> begun) {
  return implementation_->start(id, beforehand, std::move(begun));
}
Result<std::unique_ptr<Runtime::Begun>> Runtime::begin(const ContainerSpec& spec) {
  return implementation_->begin(spec);
}
Result<void> Runtime::signal(const std::string& id, int number) {
  return implementation_->signal(id, number);
}
Result<void> Runtime::pause(const std::string& id) {
  return implementation_->pause(id, true);
}
Result<void> Runtime::resume(const std::string& id) {
  return implementation_->pause(id, false);
}
Result<void> Runtime::update(const std::string& id, const ResourceLimits& limits) {
  return implementation_->update(id, limits);
}
Result<void> Runtime::remove(const std::string& id, bool force) {
  return implementation_->remove(id, force);
}
Result<void> Runtime::reconfigure(const ContainerSpec& spec) {
  return implementation_->reconfigure(spec);
}

Result<ContainerStatus> Runtime::status(const std::string& id) const {
  COVE_TRY(const ContainerPtr container, implementation_->find(id));
  const std::lock_guard lock(implementation_->mutex_);
  return container->status;
}

std::vector<ContainerStatus> Runtime::list() const {
  std::vector<ContainerStatus> out;
  const std::lock_guard lock(implementation_->mutex_);
  for (const auto& [id, container] : implementation_->containers_) out.push_back(container->status);
  return out;
}

Result<ContainerSpec> Runtime::spec(const std::string& id) const {
  COVE_TRY(const ContainerPtr container, implementation_->find(id));
  const std::lock_guard lock(implementation_->mutex_);
  return container->spec;
}

Result<std::optional<ContainerStatus>> Runtime::wait(const std::string& id, std::stop_token stop,
                                                     Until until) {
  return implementation_->wait(id, std::move(stop), until);
}
void Runtime::on_exit(std::function<void(const ContainerStatus&)> listener) {
  implementation_->listen(std::move(listener));
}
Result<std::unique_ptr<Streams>> Runtime::attach(const std::string& id,
                                                 Streams::Handlers handlers) {
  return implementation_->attach(id, std::move(handlers));
}
Result<void> Runtime::resize(const std::string& id, unsigned rows, unsigned columns) {
  return implementation_->resize(id, rows, columns);
}

Result<void> Runtime::read_log(const std::string& id, const LogQuery& query,
                               const std::function<bool(const LogLine&)>& line,
                               std::stop_token stop) {
  COVE_TRY(const ContainerPtr container, implementation_->find(id));
  Path file;
  std::shared_ptr<LogEnd> end;
  {
    const std::lock_guard lock(implementation_->mutex_);
    file = container->spec.log.file;
    if (query.follow && runs(*container)) {
      end = std::make_shared<LogEnd>();
      std::erase_if(container->followers, [](const auto& weak) { return weak.expired(); });
      container->followers.push_back(end);
    }
  }
  if (file.empty()) {
    return Error{ErrorCode::kUnsupported, "read the log of", id, "it has none", {}};
  }
  return read_log_files(file, query, line, end.get(), std::move(stop));
}

Result<std::unique_ptr<Runtime::Exec>> Runtime::exec(const std::string& id, const ExecSpec& spec,
                                                     Streams::Handlers handlers,
                                                     std::function<void(int)> ended) {
  return implementation_->exec(id, spec, std::move(handlers), std::move(ended));
}

Result<Runtime::RootFolders> Runtime::root(const std::string& id) const {
  COVE_TRY(const ContainerPtr container, implementation_->find(id));
  const Path folder = implementation_->folder(id);
  const std::lock_guard lock(implementation_->mutex_);
  return RootFolders{folder / "merged", folder / "upper", folder / "work",
                     container->spec.root.lower};
}

Result<std::unique_ptr<Runtime::Mounted>> Runtime::mount_root(const std::string& id) {
  return implementation_->mount_root(id);
}

Result<Path> Runtime::namespaces(const std::string& id) const {
  COVE_TRY(const ContainerPtr container, implementation_->find(id));
  const std::lock_guard lock(implementation_->mutex_);
  if (!runs(*container))
    return Error{ErrorCode::kConflict, "find the namespaces of", id, "it is not running", {}};
  return Path(fmt::format("/proc/{}/ns", container->status.pid));
}

}  // namespace cove::runtime
