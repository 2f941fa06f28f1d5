#include "core/runtime/oci_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "core/base/strings.h"

namespace cove::runtime {
namespace {

namespace json = boost::json;

json::array texts(const std::vector<std::string>& list) {
  json::array out;
  for (const std::string& item : list) out.emplace_back(item);
  return out;
}

// Where a container has its process 1: in a file system of its own, so that no layer shows it.
constexpr const char* kInit = "/dev/init";

struct Mount {
  std::string destination, type, source;
  std::vector<std::string> options;
};

std::vector<Mount> default_mounts(const ContainerSpec& spec, const ConfigHost& host) {
  const bool privileged = spec.security.privileged;
  const char* const access = privileged ? "rw" : "ro";
  const auto& spaces = spec.namespaces;
  const bool users = !spaces.users.empty();
  std::vector<Mount> mounts;
  // A new mount of proc or sysfs needs the namespace to be the user namespace's own.
  if (users && spaces.pid.from != Namespace::From::kNew) {
    mounts.push_back({"/proc", "bind", "/proc", {"rbind", "nosuid", "noexec", "nodev"}});
  } else {
    mounts.push_back({"/proc", "proc", "proc", {"nosuid", "noexec", "nodev"}});
  }
  mounts.push_back(
      {"/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}});
  std::vector<std::string> terminals = {"nosuid", "noexec", "newinstance", "ptmxmode=0666",
                                        "mode=0620"};
  // The group 5 (tty) may be outside the map.
  if (!users) terminals.emplace_back("gid=5");
  mounts.push_back({"/dev/pts", "devpts", "devpts", terminals});
  if (users && spaces.network.from != Namespace::From::kNew) {
    mounts.push_back({"/sys", "bind", "/sys", {"rbind", "nosuid", "noexec", "nodev", access}});
  } else {
    mounts.push_back({"/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", access}});
  }
  mounts.push_back({"/sys/fs/cgroup", "cgroup", "cgroup", {access, "nosuid", "noexec", "nodev"}});
  if (!users || spaces.ipc.from == Namespace::From::kNew)
    mounts.push_back({"/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}});
  if (spaces.ipc.from == Namespace::From::kHost && host.shared_memory) {
    mounts.push_back({"/dev/shm", "bind", "/dev/shm", {"rbind"}});
  } else {
    mounts.push_back(
        {"/dev/shm",
         "tmpfs",
         "shm",
         {"nosuid", "noexec", "nodev", "mode=1777", fmt::format("size={}", spec.shm_bytes)}});
  }
  return mounts;
}

json::array mounts_of(const ContainerSpec& spec, const ConfigHost& host) {
  std::vector<Mount> mounts = default_mounts(spec, host);
  for (const Bind& bind : spec.mounts) {
    std::erase_if(mounts,
                  [&](const Mount& mount) { return mount.destination == bind.destination; });
  }
  std::vector<Bind> wanted = spec.mounts;
  // A folder before what is mounted in it.
  std::stable_sort(wanted.begin(), wanted.end(), [](const Bind& a, const Bind& b) {
    return std::count(a.destination.begin(), a.destination.end(), '/') <
           std::count(b.destination.begin(), b.destination.end(), '/');
  });
  for (const Bind& bind : wanted) {
    Mount mount{bind.destination, bind.type, bind.source, bind.options};
    const auto has = [&](const char* option) {
      return std::find(mount.options.begin(), mount.options.end(), option) != mount.options.end();
    };
    if (bind.type == "bind" && !has("bind") && !has("rbind"))
      mount.options.insert(mount.options.begin(), "rbind");
    if (bind.type == "tmpfs" && mount.source.empty()) mount.source = "tmpfs";
    mounts.push_back(std::move(mount));
  }
  if (spec.init) {
    mounts.push_back({kInit, "bind", host.init.string(), {"bind", "ro", "nosuid", "nodev"}});
  }
  json::array out;
  for (const Mount& mount : mounts) {
    out.push_back(json::object{{"destination", mount.destination},
                               {"type", mount.type},
                               {"source", mount.source},
                               {"options", texts(mount.options)}});
  }
  return out;
}

// How mounts of the container and of the host follow each other: as far as a bind of it needs.
std::optional<std::string> propagation(const ContainerSpec& spec) {
  std::optional<std::string> out;
  for (const Bind& bind : spec.mounts) {
    for (const std::string& option : bind.options) {
      if (option == "shared" || option == "rshared") return "shared";
      if (option == "slave" || option == "rslave") out = "rslave";
    }
  }
  return out;
}

json::array namespaces_of(const Namespaces& spaces) {
  json::array out;
  const auto add = [&](const char* type, const Namespace& space) {
    if (space.from == Namespace::From::kHost) return;
    json::object item{{"type", type}};
    if (space.from == Namespace::From::kPath) item["path"] = space.path.string();
    out.push_back(std::move(item));
  };
  out.push_back(json::object{{"type", "mount"}});
  add("pid", spaces.pid);
  add("network", spaces.network);
  add("ipc", spaces.ipc);
  add("uts", spaces.uts);
  add("cgroup", spaces.cgroup);
  if (!spaces.users.empty()) out.push_back(json::object{{"type", "user"}});
  return out;
}

json::array maps(const std::vector<IdMap>& list) {
  json::array out;
  for (const IdMap& map : list) {
    out.push_back(
        json::object{{"containerID", map.inside}, {"hostID", map.outside}, {"size", map.count}});
  }
  return out;
}

json::object allow(char type, std::optional<std::int64_t> major, std::optional<std::int64_t> minor,
                   const std::string& access) {
  json::object rule{{"allow", true}, {"type", std::string(1, type)}, {"access", access}};
  if (major) rule["major"] = *major;
  if (minor) rule["minor"] = *minor;
  return rule;
}

// Making any node is harmless; opening is what these allow: null, zero, full, random, urandom, tty,
// ptmx and terminals.
json::array default_device_rules() {
  json::array rules;
  rules.push_back(json::object{{"allow", false}, {"access", "rwm"}});
  rules.push_back(allow('c', std::nullopt, std::nullopt, "m"));
  rules.push_back(allow('b', std::nullopt, std::nullopt, "m"));
  for (const int minor : {3, 5, 7, 8, 9}) rules.push_back(allow('c', 1, minor, "rwm"));
  for (const int minor : {0, 2}) rules.push_back(allow('c', 5, minor, "rwm"));
  rules.push_back(allow('c', 136, std::nullopt, "rwm"));
  return rules;
}

// "c 1:3 rmw", "b *:* r", "a".
json::object device_rule(const std::string& text) {
  const auto words = split(text, ' ');
  const auto number = [](std::string_view digits) -> std::optional<std::int64_t> {
    std::int64_t value = 0;
    if (digits == "*") return std::nullopt;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  };
  const auto numbers = split(words.at(1), ':');
  return allow(words.at(0).at(0), number(numbers.at(0)), number(numbers.at(1)), words.at(2));
}

class Devices {
 public:
  Devices(const ContainerSpec& spec, const ConfigHost& host) : host_(host) {
    if (spec.security.privileged) {
      rules_.push_back(json::object{{"allow", true}, {"access", "rwm"}});
      for (const Path& node : host.devices("/dev")) add_optional(node);
    } else {
      rules_ = default_device_rules();
    }
  }

  Result<void> add(const Device& device) {
    const auto node = host_.device(device.host);
    if (node) {
      add_node(*node, device.inside, device.permissions);
      return {};
    }
    const auto below = host_.devices(device.host);
    if (below.empty()) {
      return Error{ErrorCode::kInvalidArgument,
                   "give the container",
                   device.host.string(),
                   "it is not a device node",
                   {}};
    }
    for (const Path& path : below) {
      const auto found = host_.device(path);
      if (found)
        add_node(*found, device.inside / path.lexically_relative(device.host), device.permissions);
    }
    return {};
  }
  void add_rule(const std::string& text) { rules_.push_back(device_rule(text)); }

  json::array nodes() { return std::move(nodes_); }
  json::array rules() { return std::move(rules_); }

 private:
  void add_optional(const Path& path) {
    if (const auto node = host_.device(path)) add_node(*node, path, "");
  }
  void add_node(const DeviceNode& node, const Path& inside, const std::string& permissions) {
    nodes_.push_back(json::object{{"path", inside.string()},
                                  {"type", std::string(1, node.type)},
                                  {"major", node.major},
                                  {"minor", node.minor},
                                  {"fileMode", node.mode},
                                  {"uid", node.uid},
                                  {"gid", node.gid}});
    if (!permissions.empty())
      rules_.push_back(allow(node.type, node.major, node.minor, permissions));
  }

  const ConfigHost& host_;
  json::array nodes_, rules_;
};

std::vector<std::string> given(const Security& security, const ConfigHost& host) {
  const auto& wanted = security.privileged ? all_capabilities() : security.capabilities;
  std::vector<std::string> out;
  for (const std::string& name : wanted) {
    if (host.capabilities.contains(name)) {
      out.push_back(name);
    } else {
      host.reduced("this host does not let containers have " + name);
    }
  }
  return out;
}

json::array limits_of(const Process& process, const ConfigHost& host) {
  json::array out;
  for (ResourceLimit limit : process.limits) {
    const auto most = host.raises_limits ? std::nullopt : host.hard_limit(limit.type);
    if (most && limit.hard > *most) {
      host.reduced(fmt::format("this host does not let containers raise {}", limit.type));
      limit.hard = *most;
      limit.soft = std::min(limit.soft, limit.hard);
    }
    out.push_back(json::object{{"type", limit.type}, {"soft", limit.soft}, {"hard", limit.hard}});
  }
  return out;
}

}  // namespace

json::object oci_process(const Process& process, const Security& security, const ConfigHost& host) {
  json::object user{{"uid", process.uid}, {"gid", process.gid}};
  if (!process.groups.empty()) {
    json::array groups;
    for (const auto group : process.groups) groups.emplace_back(group);
    user["additionalGids"] = std::move(groups);
  }
  const json::array capabilities = texts(given(security, host));
  std::vector<std::string> ambient;
  for (const std::string& name : security.ambient) {
    if (host.capabilities.contains(name)) ambient.push_back(name);
  }
  json::object out{{"terminal", process.terminal},
                   {"user", std::move(user)},
                   {"args", texts(process.args)},
                   {"env", texts(process.env)},
                   {"cwd", process.working_dir},
                   {"capabilities", json::object{{"bounding", capabilities},
                                                 {"effective", capabilities},
                                                 {"permitted", capabilities},
                                                 {"inheritable", texts(ambient)},
                                                 {"ambient", texts(ambient)}}},
                   {"noNewPrivileges", security.no_new_privileges}};
  if (process.terminal && process.rows > 0 && process.columns > 0) {
    out["consoleSize"] = json::object{{"height", process.rows}, {"width", process.columns}};
  }
  if (!process.limits.empty()) out["rlimits"] = limits_of(process, host);
  if (process.oom_score_adj) {
    if (!host.raises_limits && *process.oom_score_adj < host.oom_score_adj) {
      host.reduced("this host does not let containers lower oom_score_adj");
    } else {
      out["oomScoreAdj"] = *process.oom_score_adj;
    }
  }
  return out;
}

json::object oci_resources(const ResourceLimits& limits, const ConfigHost& host) {
  json::object memory, cpu, out;
  const auto set = [](json::object& object, const char* name, const auto& value) {
    if (value) object[name] = *value;
  };
  set(memory, "limit", limits.memory_bytes);
  set(memory, "reservation", limits.memory_reservation_bytes);
  if (limits.memory_swap_bytes && !host.swap_accounting) {
    host.reduced("this host does not account for swap");
  } else {
    set(memory, "swap", limits.memory_swap_bytes);
  }
  if (limits.oom_kill_disable) memory["disableOOMKiller"] = true;
  set(cpu, "shares", limits.cpu_shares);
  set(cpu, "quota", limits.cpu_quota_us);
  set(cpu, "period", limits.cpu_period_us);
  if (!limits.cpuset_cpus.empty()) cpu["cpus"] = limits.cpuset_cpus;
  if (!limits.cpuset_mems.empty()) cpu["mems"] = limits.cpuset_mems;
  if (!memory.empty()) out["memory"] = std::move(memory);
  if (!cpu.empty()) out["cpu"] = std::move(cpu);
  if (limits.pids) out["pids"] = json::object{{"limit", *limits.pids}};
  if (limits.io_weight) out["blockIO"] = json::object{{"weight", *limits.io_weight}};
  if (!limits.huge_pages.empty()) {
    json::array pages;
    for (const auto& [size, bytes] : limits.huge_pages)
      pages.push_back(json::object{{"pageSize", size}, {"limit", bytes}});
    out["hugepageLimits"] = std::move(pages);
  }
  return out;
}

Result<json::object> oci_config(const ContainerSpec& spec, const Path& root,
                                const std::string& cgroup, const ConfigHost& host) {
  if (spec.init && host.init.empty()) {
    return Error{ErrorCode::kUnsupported, "create the container", spec.id,
                 "this installation has no process 1 for containers",
                 "Install cove-reaper beside coved."};
  }
  Devices devices(spec, host);
  for (const Device& device : spec.devices) COVE_CHECK(devices.add(device));
  for (const std::string& rule : spec.device_cgroup_rules) devices.add_rule(rule);
  json::object resources = oci_resources(spec.resources, host);
  resources["devices"] = devices.rules();

  json::object linux_part{{"namespaces", namespaces_of(spec.namespaces)},
                          {"cgroupsPath", cgroup},
                          {"resources", std::move(resources)}};
  if (auto nodes = devices.nodes(); !nodes.empty()) linux_part["devices"] = std::move(nodes);
  if (!spec.namespaces.users.empty()) {
    linux_part["uidMappings"] = maps(spec.namespaces.users);
    linux_part["gidMappings"] = maps(spec.namespaces.groups);
  }
  const Security& security = spec.security;
  if (!security.privileged) {
    linux_part["maskedPaths"] = texts(security.masked_paths);
    linux_part["readonlyPaths"] = texts(security.read_only_paths);
    if (security.seccomp != SeccompMode::kUnconfined) {
      const auto held = given(security, host);
      COVE_TRY(linux_part["seccomp"],
               seccomp_rules(security.seccomp == SeccompMode::kDefault
                                 ? default_seccomp_profile()
                                 : std::string_view(security.seccomp_profile),
                             {held.begin(), held.end()}, host.seccomp));
    }
  }
  if (const auto wanted = propagation(spec)) linux_part["rootfsPropagation"] = *wanted;
  json::object sysctls;
  for (const auto& [name, value] : spec.sysctls) sysctls[name] = value;
  const bool own_names = spec.namespaces.uts.from == Namespace::From::kNew;
  if (own_names && !spec.domainname.empty()) sysctls["kernel.domainname"] = spec.domainname;
  if (!sysctls.empty()) linux_part["sysctl"] = std::move(sysctls);

  json::object process = oci_process(spec.process, security, host);
  if (spec.init) {
    std::vector<std::string> args{kInit, "--"};
    args.insert(args.end(), spec.process.args.begin(), spec.process.args.end());
    process["args"] = texts(args);
  }
  json::object out{
      {"ociVersion", "1.0.2"},
      {"process", std::move(process)},
      {"root", json::object{{"path", root.string()}, {"readonly", spec.root.read_only}}},
      {"mounts", mounts_of(spec, host)},
      {"linux", std::move(linux_part)}};
  if (own_names && !spec.hostname.empty()) out["hostname"] = spec.hostname;
  if (!spec.annotations.empty()) {
    json::object annotations;
    for (const auto& [name, value] : spec.annotations) annotations[name] = value;
    out["annotations"] = std::move(annotations);
  }
  return out;
}

}  // namespace cove::runtime
