#include "core/node/sandbox.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <set>

#include "core/base/strings.h"
#include "core/node/pod_model.h"
#include "core/node/small_file.h"
#include "core/os/namespaces.h"

namespace cove::node {
namespace {

// The network of all pods: hexadecimal of "pods", as a digest has it.
constexpr const char* kNetwork = "706f6473706f6473706f6473706f6473706f6473706f6473706f6473706f6473";
constexpr const char* kBridge = "cove0";
constexpr const char* kGroups = "kubepods";
constexpr std::size_t kMaxFile = 1 << 20;
constexpr std::chrono::seconds kPausePatience{20};

std::string pin_of(const std::string& uid) {
  return "pod-" + uid;
}

std::string text_in(const Path& file) {
  auto text = read_file(file, kMaxFile);
  return text ? std::move(*text) : std::string();
}

// Process 1 of the process namespace that is pinned in a pod's folder, by its number here. Nothing
// once it ends: its program goes before its children do, and its number last of all.
std::optional<pid_t> first_process(const Path& folder) {
  const std::string text = text_in(folder / "pause");
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc() || pid <= 1) return std::nullopt;
  struct stat pinned {};
  struct stat its {};
  const std::string process = fmt::format("/proc/{}", pid);
  if (::stat((folder / "pid").c_str(), &pinned) != 0 ||
      ::stat((process + "/ns/pid").c_str(), &its) != 0 || pinned.st_ino != its.st_ino ||
      pinned.st_dev != its.st_dev)
    return std::nullopt;
  char program = 0;
  if (::readlink((process + "/exe").c_str(), &program, 1) < 0) return std::nullopt;
  return pid;
}

std::string node_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data())
                                                          : std::string("localhost");
}

json::object to_json(const PodSandbox& sandbox) {
  const Sandbox& places = sandbox.places;
  return {{"attempt", sandbox.attempt},
          {"network", places.network_namespace.string()},
          {"ipc", places.ipc_namespace.string()},
          {"uts", places.uts_namespace.string()},
          {"pid", places.pid_namespace.string()},
          {"hostName", places.host_name},
          {"address", places.address},
          {"hostAddress", places.host_address},
          {"hosts", places.hosts_file.string()},
          {"resolver", places.resolver_file.string()},
          {"hostNameFile", places.host_name_file.string()},
          {"sharedMemory", places.shared_memory.string()},
          {"cgroup", places.cgroup},
          {"boot", text_in("/proc/sys/kernel/random/boot_id")}};
}

}  // namespace

Result<std::unique_ptr<Sandboxes>> Sandboxes::open(Parts parts) {
  auto made = std::unique_ptr<Sandboxes>(new Sandboxes(std::move(parts)));
  COVE_TRY(made->cgroups_, os::Cgroups::find());
  const auto known = made->parts_.networks.list();
  if (std::ranges::find(known, kNetwork, &network::NetworkConfig::id) != known.end()) return made;
  network::NetworkConfig config;
  config.id = kNetwork;
  config.name = "pods";
  config.subnet = made->parts_.pod_subnet;
  config.bridge = kBridge;
  config.names = false;
  config.routed = true;
  auto created = made->parts_.networks.create(std::move(config));
  if (!created) return created.error();
  return made;
}

Result<void> Sandboxes::plug(const api::Object& pod, PodSandbox& sandbox) {
  const std::string pin = pin_of(std::string(pod.uid()));
  network::EndpointConfig endpoint;
  endpoint.network = kNetwork;
  endpoint.container = pin;
  COVE_TRY(endpoint.ports, host_ports_of(pod));
  COVE_TRY(endpoint.namespace_path, parts_.networks.make_namespace(pin));
  sandbox.places.network_namespace = endpoint.namespace_path;
  COVE_TRY(const network::Endpoint made, parts_.networks.connect(endpoint));
  sandbox.places.address = made.address;
  return {};
}

Result<void> Sandboxes::make_shared(const api::Object& pod, PodSandbox& sandbox) {
  const json::object& document = pod.document();
  const Path place = folder(std::string(pod.uid()));
  if (!api::flag_at(document, {"spec", "hostIPC"})) {
    sandbox.places.ipc_namespace = place / "ipc";
    COVE_CHECK(os::make_ipc_namespace(sandbox.places.ipc_namespace));
    sandbox.places.shared_memory = place / "shm";
    COVE_CHECK(make_directories(sandbox.places.shared_memory, 0755));
    if (::mount("shm", sandbox.places.shared_memory.c_str(), "tmpfs",
                MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=64m") != 0)
      return errno_error(errno, "mount", sandbox.places.shared_memory.string());
  }
  if (!is_host_network(pod)) {
    sandbox.places.uts_namespace = place / "uts";
    COVE_CHECK(os::make_uts_namespace(sandbox.places.uts_namespace, sandbox.places.host_name));
  }
  return {};
}

Result<void> Sandboxes::start_pause(const api::Object& pod, PodSandbox& sandbox) {
  const Path place = folder(std::string(pod.uid()));
  Command command{{parts_.pause.string(), place.string()}, {}, {}, {}};
  for (const Path& pin : {sandbox.places.network_namespace, sandbox.places.ipc_namespace,
                          sandbox.places.uts_namespace}) {
    if (!pin.empty()) command.argv.push_back(pin.string());
  }
  COVE_TRY(const Completed completed, parts_.spawner.run(command, kPausePatience));
  if (completed.exit_code != 0) {
    return Error{ErrorCode::kUnavailable, "make the process namespace of", std::string(pod.name()),
                 std::string(trim(completed.standard_error)), ""};
  }
  sandbox.places.pid_namespace = place / "pid";
  const auto first = first_process(place);
  if (!first) {
    return Error{ErrorCode::kUnavailable, "make the process namespace of", std::string(pod.name()),
                 "its first process has ended", ""};
  }
  const std::string group = cgroup_path(sandbox.places) + "/pause";
  COVE_CHECK(cgroups_->make(group));
  return cgroups_->enter(group, *first);
}

Result<void> Sandboxes::write_files(const api::Object& pod, PodSandbox& sandbox) const {
  const Path place = folder(std::string(pod.uid()));
  sandbox.places.hosts_file = place / "hosts";
  sandbox.places.resolver_file = place / "resolv.conf";
  sandbox.places.host_name_file = place / "hostname";
  COVE_CHECK(
      write_small_file(sandbox.places.host_name_file, sandbox.places.host_name + "\n", 0644));
  // The stub resolver of systemd listens where pods cannot reach it.
  std::string node = text_in(parts_.host / "etc/resolv.conf");
  if (node.find("nameserver 127.0.0.53") != std::string::npos) {
    const std::string real = text_in(parts_.host / "run/systemd/resolve/resolv.conf");
    if (!real.empty() && !is_host_network(pod)) node = real;
  }
  COVE_CHECK(write_small_file(sandbox.places.hosts_file,
                              hosts_of(pod, sandbox.places.address, sandbox.places.host_name,
                                       parts_.cluster_domain, text_in(parts_.host / "etc/hosts")),
                              0644));
  return write_small_file(sandbox.places.resolver_file,
                          resolver_of(pod, parts_.cluster_dns, parts_.cluster_domain, node), 0644);
}

Result<void> Sandboxes::resize(const api::Object& pod) {
  Sandbox places;
  places.cgroup = pod_cgroup(pod, kGroups);
  return limit(pod, cgroup_path(places));
}

Result<void> Sandboxes::limit(const api::Object& pod, const std::string& group) {
  const runtime::ResourceLimits wanted = pod_limits(pod);
  os::CgroupLimits limits;
  limits.memory_bytes = wanted.memory_bytes;
  limits.cpu_shares = wanted.cpu_shares;
  limits.cpu_quota_us = wanted.cpu_quota_us;
  limits.cpu_period_us = wanted.cpu_period_us;
  limits.pids = wanted.pids;
  if (!limits.pids && parts_.pods_pids > 0) limits.pids = parts_.pods_pids;
  limits.huge_pages = wanted.huge_pages;
  return cgroups_->limit(group, limits);
}

Result<PodSandbox> Sandboxes::make(const api::Object& pod, unsigned attempt) {
  const std::string uid(pod.uid());
  PodSandbox sandbox;
  sandbox.attempt = attempt;
  // Whatever a pod has had here came after its folder.
  struct stat before {};
  if (::lstat(folder(uid).c_str(), &before) == 0) COVE_CHECK(remove(uid));
  COVE_CHECK(make_directories(folder(uid), 0711));
  const auto all = [&]() -> Result<void> {
    sandbox.places.cgroup = pod_cgroup(pod, kGroups);
    COVE_TRY(sandbox.places.host_name, host_name_of(pod, parts_.cluster_domain, node_name()));
    sandbox.places.host_address = parts_.node_address;
    COVE_CHECK(make_shared(pod, sandbox));
    const std::string group = cgroup_path(sandbox.places);
    COVE_CHECK(cgroups_->make(group));
    COVE_CHECK(limit(pod, group));
    if (is_host_network(pod)) {
      sandbox.places.address = parts_.node_address;
    } else {
      COVE_CHECK(plug(pod, sandbox));
    }
    if (api::flag_at(pod.document(), {"spec", "shareProcessNamespace"}))
      COVE_CHECK(start_pause(pod, sandbox));
    COVE_CHECK(write_files(pod, sandbox));
    // Last: what is recorded stands.
    return replace_file(folder(uid) / "sandbox.json", json::serialize(to_json(sandbox)));
  };
  if (auto done = all(); !done) {
    static_cast<void>(remove(uid));
    return done.error();
  }
  return sandbox;
}

std::optional<PodSandbox> Sandboxes::find(const std::string& uid) const {
  const std::string text = text_in(folder(uid) / "sandbox.json");
  if (text.empty()) return std::nullopt;
  const auto parsed = api::parse_json(text);
  if (!parsed || !parsed->value.is_object()) return std::nullopt;
  const json::object& record = parsed->value.get_object();
  const auto path = [&](std::string_view name) { return Path(api::text_at(record, {name})); };
  const auto word = [&](std::string_view name) {
    return std::string(api::text_at(record, {name}));
  };
  if (word("boot") != text_in("/proc/sys/kernel/random/boot_id")) return std::nullopt;
  PodSandbox sandbox;
  sandbox.attempt = static_cast<unsigned>(api::integer_at(record, {"attempt"}).value_or(1));
  Sandbox& places = sandbox.places;
  places.network_namespace = path("network");
  places.ipc_namespace = path("ipc");
  places.uts_namespace = path("uts");
  places.pid_namespace = path("pid");
  places.host_name = word("hostName");
  places.address = word("address");
  places.host_address = word("hostAddress");
  places.hosts_file = path("hosts");
  places.resolver_file = path("resolver");
  places.host_name_file = path("hostNameFile");
  places.shared_memory = path("sharedMemory");
  places.cgroup = word("cgroup");
  for (const Path& pin : {places.network_namespace, places.ipc_namespace, places.uts_namespace}) {
    if (!pin.empty() && !os::is_namespace(pin)) return std::nullopt;
  }
  return stands(sandbox) ? std::optional(sandbox) : std::nullopt;
}

bool Sandboxes::stands(const PodSandbox& sandbox) {
  const Path& pin = sandbox.places.pid_namespace;
  return pin.empty() || first_process(pin.parent_path());
}

Result<void> Sandboxes::remove(const std::string& uid) {
  const std::string pin = pin_of(uid);
  const Path record = folder(uid) / "sandbox.json";
  if (::unlink(record.c_str()) != 0 && errno != ENOENT)
    return errno_error(errno, "remove the file", record.string());
  for (const char* quality : {"", "burstable/", "besteffort/"}) {
    const std::string group =
        fmt::format("/{}/{}/{}pod{}", parts_.cgroup_root, kGroups, quality, uid);
    COVE_CHECK(cgroups_->remove(group));
  }
  COVE_CHECK(parts_.networks.disconnect_all(pin));
  COVE_CHECK(parts_.networks.remove_namespace(pin));
  if (const auto first = first_process(folder(uid))) ::kill(*first, SIGKILL);
  for (const char* kind : {"ipc", "uts", "pid"}) COVE_CHECK(os::remove_pin(folder(uid) / kind));
  const Path memory = folder(uid) / "shm";
  if (::umount2(memory.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno != EINVAL &&
      errno != ENOENT)
    return errno_error(errno, "unmount", memory.string());
  return {};
}

void Sandboxes::keep_only(const std::vector<std::string>& uids) {
  const std::set<std::string> kept(uids.begin(), uids.end());
  std::set<std::string> found;
  for (const network::Endpoint& each : parts_.networks.endpoints()) found.insert(each.container);
  for (const std::string& each : parts_.networks.namespaces()) found.insert(each);
  const std::string root = fmt::format("/{}/{}", parts_.cgroup_root, kGroups);
  for (const char* quality : {"", "/burstable", "/besteffort"}) {
    for (const std::string& each : cgroups_->children(root + quality)) {
      if (each.starts_with("pod")) found.insert("pod-" + each.substr(3));
    }
  }
  for (const std::string& each : found) {
    if (!each.starts_with("pod-") || kept.contains(each.substr(4))) continue;
    if (auto removed = remove(each.substr(4)); !removed)
      parts_.logger.warn(removed.error().message(), {{"pod", each.substr(4)}});
  }
}

}  // namespace cove::node
