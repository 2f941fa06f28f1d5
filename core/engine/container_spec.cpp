#include "core/engine/container_spec.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/strings.h"
#include "core/engine/fields.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

constexpr const char* kMarks = "dev.cove.";  // annotations of the engine's own

constexpr std::string_view kPath =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

runtime::Namespace from_mode(const std::string& mode, const Path& shared) {
  using From = runtime::Namespace::From;
  if (mode == "host") return {From::kHost};
  if (mode.starts_with("container:")) return {From::kPath, shared};
  return {From::kNew};
}

void set_namespaces(const SpecInputs& inputs, runtime::ContainerSpec& spec) {
  const json::object& host = inputs.record.config->host;
  spec.namespaces.network = inputs.network;
  spec.namespaces.pid = from_mode(text_of(host, "PidMode"), inputs.pid_namespace);
  spec.namespaces.ipc = from_mode(text_of(host, "IpcMode"), inputs.ipc_namespace);
  spec.namespaces.uts = from_mode(text_of(host, "UTSMode"), {});
  spec.namespaces.cgroup = from_mode(text_of(host, "CgroupnsMode"), {});
}

Outcome<> set_security(const ContainerRecord& record, runtime::ContainerSpec& spec) {
  const json::object& host = record.config->host;
  COVE_TRY(spec.security.capabilities,
           capabilities(texts_of(host, "CapAdd"), texts_of(host, "CapDrop")));
  COVE_TRY(SecurityOptions options, parse_security_options(texts_of(host, "SecurityOpt")));
  spec.security.seccomp = options.seccomp;
  spec.security.seccomp_profile = std::move(options.seccomp_profile);
  spec.security.no_new_privileges = options.no_new_privileges;
  spec.security.privileged = flag_of(host, "Privileged");
  if (spec.security.privileged || options.unmasked) return {};
  const auto paths = [&](const char* name, const std::vector<std::string>& otherwise) {
    const auto* value = host.if_contains(name);
    return value != nullptr && value->is_array() ? texts_of(host, name) : otherwise;
  };
  spec.security.masked_paths = paths("MaskedPaths", runtime::default_masked_paths());
  spec.security.read_only_paths = paths("ReadonlyPaths", runtime::default_read_only_paths());
  return {};
}

Outcome<> set_devices(const json::object& host, runtime::ContainerSpec& spec) {
  for (const auto& item : array_of(host, "Devices")) {
    const json::object& object = item.as_object();
    runtime::Device device;
    device.host = text_of(object, "PathOnHost");
    device.inside = text_of(object, "PathInContainer");
    if (device.inside.empty()) device.inside = device.host;
    const std::string permissions = text_of(object, "CgroupPermissions");
    if (!permissions.empty()) device.permissions = permissions;
    struct stat found {};
    if (stat(device.host.c_str(), &found) != 0 ||
        (!S_ISCHR(found.st_mode) && !S_ISBLK(found.st_mode))) {
      return ApiError{500, fmt::format("error gathering device information while adding custom "
                                       "device {}: no such file or directory",
                                       json_quote(device.host.string()))};
    }
    spec.devices.push_back(std::move(device));
  }
  spec.device_cgroup_rules = texts_of(host, "DeviceCgroupRules");
  return {};
}

void set_mounts(const SpecInputs& inputs, runtime::ContainerSpec& spec) {
  const auto& mounts = inputs.record.mounts;
  const auto taken = [&](std::string_view destination) {
    return std::any_of(mounts.begin(), mounts.end(),
                       [&](const MountPoint& mount) { return mount.destination == destination; });
  };
  for (const char* name : {"resolv.conf", "hostname", "hosts"}) {
    const std::string destination = std::string("/etc/") + name;
    if (taken(destination)) continue;
    spec.mounts.push_back({.source = (inputs.folder / name).string(),
                           .destination = destination,
                           .options = {"rbind", "rw", "rprivate"}});
  }
  if (text_of(inputs.record.config->host, "IpcMode") == "host" && !taken("/dev/shm")) {
    spec.mounts.push_back(
        {.source = "/dev/shm", .destination = "/dev/shm", .options = {"rbind", "rw", "rprivate"}});
  }
  for (const auto& mount : mounts) spec.mounts.push_back(to_bind(mount));
}

Outcome<> set_process(const SpecInputs& inputs, runtime::ContainerSpec& spec) {
  const json::object& config = inputs.record.config->config;
  const json::object& host = inputs.record.config->host;
  runtime::Process& process = spec.process;
  process.args = inputs.record.command();
  process.terminal = flag_of(config, "Tty");
  const std::string directory = text_of(config, "WorkingDir");
  process.working_dir = directory.empty() ? "/" : clean_path(directory);
  process.uid = inputs.user.uid;
  process.gid = inputs.user.gid;
  process.groups = inputs.user.groups;
  COVE_TRY(process.limits, parse_ulimits(host));
  if (const auto score = integer_of(host, "OomScoreAdj"); score != 0) {
    process.oom_score_adj = static_cast<int>(score);
  }
  const auto& size = array_of(host, "ConsoleSize");
  if (size.size() == 2 && size[0].is_number() && size[1].is_number()) {
    boost::system::error_code ignored;
    process.rows = size[0].to_number<std::uint16_t>(ignored);
    process.columns = size[1].to_number<std::uint16_t>(ignored);
  }
  std::vector<std::string> base = {std::string(kPath), "HOSTNAME=" + spec.hostname};
  if (process.terminal) base.emplace_back("TERM=xterm");
  process.env = merge_environment(base, texts_of(config, "Env"));
  const bool home = std::any_of(process.env.begin(), process.env.end(),
                                [](const std::string& e) { return e.starts_with("HOME="); });
  if (!home) {
    process.env.push_back("HOME=" + (inputs.user.home.empty() ? "/" : inputs.user.home));
  }
  return {};
}

}  // namespace

std::vector<std::string> merge_environment(const std::vector<std::string>& base,
                                           const std::vector<std::string>& more) {
  std::vector<std::string> merged = base;
  for (const auto& entry : more) {
    const auto equals = entry.find('=');
    const std::string name = entry.substr(0, equals);
    const auto same = std::find_if(merged.begin(), merged.end(), [&](const std::string& other) {
      return other.substr(0, other.find('=')) == name;
    });
    if (equals == std::string::npos) {
      if (same != merged.end()) merged.erase(same);
    } else if (same != merged.end()) {
      *same = entry;
    } else {
      merged.push_back(entry);
    }
  }
  return merged;
}

Path log_file(const ContainerRecord& record, const Path& folder) {
  const json::object& log = object_of(record.config->host, "LogConfig");
  return text_of(log, "Type") == "none" ? Path() : folder / "container.log";
}

Outcome<runtime::ContainerSpec> make_spec(const SpecInputs& inputs) {
  const ContainerRecord& record = inputs.record;
  const json::object& config = record.config->config;
  const json::object& host = record.config->host;
  runtime::ContainerSpec spec;
  spec.id = record.id;
  spec.root.lower = inputs.lower;
  spec.root.read_only = flag_of(host, "ReadonlyRootfs");
  spec.hostname = text_of(config, "Hostname");
  spec.domainname = text_of(config, "Domainname");
  COVE_CHECK(set_process(inputs, spec));
  set_namespaces(inputs, spec);
  if (spec.namespaces.uts.from == runtime::Namespace::From::kHost) {
    spec.hostname.clear();
    spec.domainname.clear();
  }
  COVE_CHECK(set_security(record, spec));
  COVE_CHECK(set_devices(host, spec));
  set_mounts(inputs, spec);
  spec.resources = resources(host);
  spec.shm_bytes = static_cast<std::uint64_t>(integer_of(host, "ShmSize", 64 << 20));
  spec.sysctls = text_map_of(host, "Sysctls");
  const std::string parent = clean_path("/" + text_of(host, "CgroupParent"));
  spec.cgroup_parent = parent.substr(1);
  spec.open_stdin = flag_of(config, "OpenStdin");
  spec.stdin_once = flag_of(config, "StdinOnce");
  spec.init = flag_of(host, "Init");
  spec.annotations = text_map_of(host, "Annotations");
  // What the engine marks with is not for others to say.
  std::erase_if(spec.annotations, [](const auto& each) { return each.first.starts_with(kMarks); });
  spec.log.file = log_file(record, inputs.folder);
  const auto options = text_map_of(object_of(host, "LogConfig"), "Config");
  if (const auto size = options.find("max-size"); size != options.end()) {
    const auto bytes = parse_size(size->second, 1);
    if (!bytes) return ApiError{400, "invalid value for max-size: " + size->second};
    spec.log.max_bytes = *bytes;
  }
  if (const auto files = options.find("max-file"); files != options.end()) {
    const auto count = parse_size(files->second, 1);
    if (!count || *count == 0 || *count > 1000) {
      return ApiError{400, "invalid value for max-file: " + files->second};
    }
    spec.log.max_files = static_cast<unsigned>(*count);
  }
  return spec;
}

Result<void> make_folder_inside(const Path& root, const std::string& path, std::uint32_t uid,
                                std::uint32_t gid) {
  const auto failed = [&](int number) { return errno_error(number, "make the folder", path); };
  const auto open_inside = [](int base, const std::string& name) {
    open_how how{};
    how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    return Fd(static_cast<int>(syscall(SYS_openat2, base, name.c_str(), &how, sizeof how)));
  };
  const Fd base(open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!base) return failed(errno);
  const std::string clean = clean_path(path);
  if (open_inside(base.get(), clean)) return {};
  std::string so_far;
  for (const auto& part : split(std::string_view(clean).substr(1), '/')) {
    const Fd parent = open_inside(base.get(), so_far.empty() ? "/" : so_far);
    if (!parent) return failed(errno);
    so_far += "/" + part;
    if (open_inside(base.get(), so_far)) continue;
    if (mkdirat(parent.get(), part.c_str(), 0755) != 0) return failed(errno);
    if (fchownat(parent.get(), part.c_str(), uid, gid, AT_SYMLINK_NOFOLLOW) != 0) {
      return failed(errno);
    }
  }
  return {};
}

}  // namespace cove::engine
