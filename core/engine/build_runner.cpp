#include "core/engine/build_runner.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "core/base/strings.h"
#include "core/engine/mount_points.h"

namespace cove::engine {
namespace {

constexpr const char* kMark = "dev.cove.build";
constexpr const char* kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::uint64_t kMaxLogBytes = 1 << 20;
constexpr std::chrono::seconds kLastOutput{10};
// Behind so many, a step waits for the first of them to be gone.
constexpr std::size_t kMostEnding = 8;

bool is_set(const std::vector<std::string>& env, std::string_view name) {
  return std::ranges::any_of(env, [&](const std::string& each) {
    return each.size() > name.size() && each.starts_with(name) && each[name.size()] == '=';
  });
}

// "name:address", as --add-host has it.
std::string host_line(const std::string& entry, const std::string& gateway) {
  const std::size_t mark = entry.find_first_of(":=");
  if (mark == std::string::npos) return {};
  std::string address = entry.substr(mark + 1);
  if (address == "host-gateway") address = gateway;
  const bool clean = entry.find_first_of("\n\r\t ") == std::string::npos;
  return clean && !address.empty() ? address + "\t" + entry.substr(0, mark) + "\n" : std::string();
}

// Waits for the last output of a process.
class OutputEnd {
 public:
  void reached() {
    std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  void wait(std::chrono::seconds most) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, most, [&] { return ended_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
};

}  // namespace

// What one step has in the world besides its process.
class BuildRunner::Sandbox {
 public:
  Sandbox(const Parts& parts, const std::string& id, const std::string& network_mode)
      : parts_(parts),
        id_(id),
        network_mode_(network_mode),
        files_(parts.scratch / ("run-" + id)) {}

  // What does not depend on what the step runs: its network and its monitor, on threads of their
  // own.
  void begin() {
    spec_.id = id_;
    spec_.log = {files_ / "log", kMaxLogBytes, 1};
    joining_ = std::async([this] { return join_network(); });
    beginning_ = std::async([this]() -> Result<Begun> {
      COVE_CHECK(make_directories(files_, 0700));
      return parts_.runtime.begin(spec_);
    });
  }

  // Waits for what was begun; whether all of it is there.
  bool ready() {
    joined_ = joining_.get();
    begun_ = beginning_.get();
    return joined_->has_value() && begun_->has_value();
  }

  Result<int> execute(const Step& step, const Output& output, std::stop_token stop) {
    step_ = step;
    auto begun = begun_ ? std::move(*begun_) : beginning_.get();
    begun_.reset();
    if (!begun) return begun.error();
    COVE_CHECK(choose_network());
    fill_spec();
    COVE_CHECK(parts_.runtime.create(spec_));
    COVE_CHECK(become_user());
    OutputEnd end;
    runtime::Streams::Handlers handlers;
    handlers.output = [&](runtime::Streams::Channel, std::string_view bytes) { output(bytes); };
    handlers.closed = [&] { end.reached(); };
    COVE_TRY(const auto streams, parts_.runtime.attach(id_, std::move(handlers)));
    const auto beforehand = [this]() -> Result<void> {
      if (!joined_) joined_ = joining_.get();
      COVE_CHECK(*joined_);
      return write_files();
    };
    COVE_CHECK(parts_.runtime.start(id_, beforehand, std::move(*begun)));
    if (step_.running) step_.running();
    COVE_TRY(auto ended, parts_.runtime.wait(id_, stop, runtime::Runtime::Until::kEnded));
    if (!ended) {
      static_cast<void>(parts_.runtime.signal(id_, SIGKILL));
      COVE_CHECK(parts_.runtime.wait(id_, {}));
      return Error{ErrorCode::kCancelled, "run", "a build step", "the build was cancelled", {}};
    }
    end.wait(kLastOutput);
    return ended->exit_code;
  }

  // What the step changed goes where the builder wants it.
  Result<void> hand_over() const {
    COVE_TRY(const runtime::Runtime::RootFolders root, parts_.runtime.root(id_));
    std::vector<std::string> targets;
    for (const runtime::Bind& each : spec_.mounts) targets.push_back(each.destination);
    forget_mount_points(root.upper, step_.lower, std::move(targets));
    std::error_code failure;
    std::filesystem::rename(root.upper, step_.upper, failure);
    if (failure) return errno_error(failure.value(), "keep what changed in", root.upper.string());
    return {};
  }

  // Everything is tried; leftovers are found by sweep().
  void dissolve() {
    if (joining_.valid()) joining_.wait();
    if (beginning_.valid()) static_cast<void>(beginning_.get());
    begun_.reset();
    if (const auto removed = parts_.runtime.remove(id_, true);
        !removed && removed.error().code != ErrorCode::kNotFound)
      parts_.logger.warn("a build step's container stays", {{"why", removed.error().message()}});
    if (has_own_network()) {
      static_cast<void>(parts_.networks.disconnect_all(id_));
      static_cast<void>(parts_.networks.remove_namespace(id_));
    }
    static_cast<void>(remove_tree(files_));
  }

 private:
  Result<std::string> network_id(const std::string& name) const {
    for (const network::NetworkConfig& each : parts_.networks.list()) {
      if (each.name == name || each.id == name) return each.id;
    }
    return Error{ErrorCode::kNotFound, "find", name, fmt::format("network {} not found", name), {}};
  }

  Result<void> choose_network() {
    const std::string& mode = network_mode_;
    runtime::Namespace& network = spec_.namespaces.network;
    if (mode == "host") {
      network.from = runtime::Namespace::From::kHost;
      return {};
    }
    network.from = runtime::Namespace::From::kPath;
    if (mode.starts_with("container:")) {
      const auto found = parts_.namespace_of(mode.substr(10));
      if (!found) {
        return Error{ErrorCode::kInvalidArgument, "join", mode, found.error().message, {}};
      }
      network.path = *found;
      return {};
    }
    network.path = parts_.networks.namespace_path(id_);
    return {};
  }

  bool has_own_network() const {
    return network_mode_ != "host" && !network_mode_.starts_with("container:");
  }

  Result<void> join_network() {
    if (!has_own_network()) return {};
    const std::string& mode = network_mode_;
    COVE_TRY(const Path made, parts_.networks.make_namespace(id_));
    if (mode == "none") return {};
    network::EndpointConfig endpoint;
    COVE_TRY(endpoint.network,
             network_id(mode.empty() || mode == "default" ? std::string("bridge") : mode));
    endpoint.container = id_;
    endpoint.namespace_path = made;
    COVE_TRY(const network::Endpoint joined, parts_.networks.connect(endpoint));
    gateway_ = joined.gateway;
    address_ = joined.address;
    return {};
  }

  Result<void> write_files() {
    std::string hosts =
        "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
        "fe00::\tip6-localnet\nff00::\tip6-mcastprefix\nff02::1\tip6-allnodes\n"
        "ff02::2\tip6-allrouters\n";
    for (const std::string& each : step_.extra_hosts) hosts += host_line(each, gateway_);
    if (!address_.empty()) hosts += address_ + "\t" + hostname() + "\n";
    COVE_CHECK(write("hosts", hosts));
    COVE_CHECK(write("hostname", hostname() + "\n"));
    return write("resolv.conf", network_mode_ == "none"
                                    ? ""
                                    : parts_.networks.resolver_configuration(id_, {}, {}, {}));
  }

  // Nothing of a step outlives a loss of power, so nobody waits for the disk.
  Result<void> write(const char* name, const std::string& text) const {
    const Path file = files_ / name;
    COVE_CHECK(replace_file(file, text));
    if (::chmod(file.c_str(), 0644) != 0) return errno_error(errno, "write", file.string());
    return {};
  }

  std::string hostname() const { return id_.substr(0, 12); }

  void bind(const Path& source, const std::string& destination, bool read_only) {
    runtime::Bind bind;
    bind.source = source.string();
    bind.destination = destination;
    bind.options = {"rbind", "rprivate"};
    if (read_only) bind.options.emplace_back("ro");
    spec_.mounts.push_back(std::move(bind));
  }

  void fill_spec() {
    spec_.root.lower = step_.lower;
    spec_.process.args = step_.args;
    spec_.process.env = step_.env;
    if (!is_set(step_.env, "PATH")) spec_.process.env.emplace_back(kPath);
    spec_.process.working_dir = step_.working_dir.empty() ? "/" : step_.working_dir;
    spec_.security.capabilities = runtime::default_capabilities();
    spec_.security.masked_paths = runtime::default_masked_paths();
    spec_.security.read_only_paths = runtime::default_read_only_paths();
    spec_.hostname = hostname();
    spec_.annotations[kMark] = "step";
    // Root's home is known; that of others is looked up.
    if (is_root() && !is_set(step_.env, "HOME")) spec_.process.env.emplace_back("HOME=/root");
    if (step_.shm_bytes != 0) spec_.shm_bytes = step_.shm_bytes;
    runtime::ResourceLimits& limits = spec_.resources;
    if (step_.memory_bytes != 0)
      limits.memory_bytes = static_cast<std::int64_t>(step_.memory_bytes);
    if (step_.cpu_shares != 0) limits.cpu_shares = step_.cpu_shares;
    if (step_.cpu_period != 0) limits.cpu_period_us = step_.cpu_period;
    if (step_.cpu_quota != 0) limits.cpu_quota_us = static_cast<std::int64_t>(step_.cpu_quota);
    limits.cpuset_cpus = step_.cpuset;
    for (const char* name : {"hosts", "hostname", "resolv.conf"})
      bind(files_ / name, std::string("/etc/") + name, false);
    for (const auto& [source, destination] : step_.binds) bind(source, destination, true);
  }

  bool is_root() const { return step_.user.empty() || step_.user == "0" || step_.user == "root"; }

  // The user's name is looked up in the root, which is there only once the container is made.
  Result<void> become_user() {
    if (is_root()) return {};
    COVE_TRY(const auto mounted, parts_.runtime.mount_root(id_));
    COVE_TRY(const runtime::UserIdentity identity,
             runtime::resolve_user(mounted->path(), step_.user));
    spec_.process.uid = identity.uid;
    spec_.process.gid = identity.gid;
    spec_.process.groups = identity.groups;
    if (!is_set(step_.env, "HOME"))
      spec_.process.env.push_back("HOME=" + (identity.home.empty() ? "/" : identity.home));
    return parts_.runtime.reconfigure(spec_);
  }

  using Begun = std::unique_ptr<runtime::Runtime::Begun>;

  const Parts& parts_;
  const std::string id_, network_mode_;
  const Path files_;
  Step step_;  // once it is executed
  runtime::ContainerSpec spec_;
  std::string gateway_, address_;  // once it has joined
  std::future<Result<void>> joining_;
  std::future<Result<Begun>> beginning_;
  std::optional<Result<void>> joined_;  // once it was waited for, and so below
  std::optional<Result<Begun>> begun_;
};

void BuildRunner::sweep() {
  for (const runtime::ContainerStatus& each : parts_.runtime.list()) {
    const auto spec = parts_.runtime.spec(each.id);
    if (!spec || !spec->annotations.contains(kMark)) continue;
    static_cast<void>(parts_.runtime.remove(each.id, true));
    static_cast<void>(parts_.networks.disconnect_all(each.id));
    static_cast<void>(parts_.networks.remove_namespace(each.id));
  }
}

void BuildRunner::prepare(const std::string& id, const std::string& network_mode) {
  const auto sandbox = std::make_shared<Sandbox>(parts_, id, network_mode);
  sandbox->begin();
  const std::lock_guard lock(mutex_);
  prepared_[id] = sandbox;
}

std::shared_ptr<BuildRunner::Sandbox> BuildRunner::take(const std::string& id) {
  const std::lock_guard lock(mutex_);
  const auto found = prepared_.extract(id);
  return found ? found.mapped() : nullptr;
}

void BuildRunner::forget(const std::string& id) {
  if (auto sandbox = take(id)) dissolve(std::move(sandbox));
}

Result<int> BuildRunner::run(const Step& step, const Output& output, std::stop_token stop) {
  auto sandbox = take(step.id);
  // What failed while the step before ran, of which this one knows nothing, may succeed now.
  if (sandbox && !sandbox->ready()) {
    dissolve(std::move(sandbox));
    finish();
    sandbox = nullptr;
  }
  if (!sandbox) {
    sandbox = std::make_shared<Sandbox>(parts_, step.id, step.network_mode);
    sandbox->begin();
  }
  const auto attempt = [&]() -> Result<int> {
    COVE_TRY(const int code, sandbox->execute(step, output, stop));
    COVE_CHECK(sandbox->hand_over());
    return code;
  };
  Result<int> result = attempt();
  dissolve(std::move(sandbox));
  return result;
}

// Taking its network away is most of the rest of a short step.
void BuildRunner::dissolve(std::shared_ptr<Sandbox> sandbox) {
  std::shared_future<void> first;
  {
    const std::lock_guard lock(mutex_);
    ending_.push_back(std::async(std::launch::async, [sandbox = std::move(sandbox)] {
                        sandbox->dissolve();
                      }).share());
    if (ending_.size() > kMostEnding) {
      first = std::move(ending_.front());
      ending_.pop_front();
    }
  }
  if (first.valid()) first.wait();
}

void BuildRunner::finish() {
  std::deque<std::shared_future<void>> ending;
  {
    const std::lock_guard lock(mutex_);
    ending = ending_;
  }
  for (const auto& each : ending) each.wait();
}

}  // namespace cove::engine
