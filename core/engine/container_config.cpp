#include "core/engine/container_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/engine/fields.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

using T = FieldType;
constexpr auto kNull = Absent::kNull;
constexpr auto kLeftOut = Absent::kLeftOut;

constexpr Field kConfig[] = {
    {"Hostname", T::kText},
    {"Domainname", T::kText},
    {"User", T::kText},
    {"AttachStdin", T::kFlag},
    {"AttachStdout", T::kFlag},
    {"AttachStderr", T::kFlag},
    {"ExposedPorts", T::kSet, kLeftOut},
    {"Tty", T::kFlag},
    {"OpenStdin", T::kFlag},
    {"StdinOnce", T::kFlag},
    {"Env", T::kTexts, kNull},
    {"Cmd", T::kCommand, kNull},
    {"Healthcheck", T::kObject, kLeftOut},
    {"ArgsEscaped", T::kFlag, kLeftOut},
    {"Image", T::kText},
    {"Volumes", T::kSet, kNull},
    {"WorkingDir", T::kText},
    {"Entrypoint", T::kCommand, kNull},
    {"NetworkDisabled", T::kFlag, kLeftOut},
    {"MacAddress", T::kText, kLeftOut},
    {"OnBuild", T::kTexts, kNull},
    {"Labels", T::kTextMap},
    {"StopSignal", T::kText, kLeftOut},
    {"StopTimeout", T::kInteger, kLeftOut},
    {"Shell", T::kCommand, kLeftOut},
};

constexpr Field kHostConfig[] = {
    {"Binds", T::kTexts, kNull},
    {"ContainerIDFile", T::kText},
    {"LogConfig", T::kObject},
    {"NetworkMode", T::kText},
    {"PortBindings", T::kObject},
    {"RestartPolicy", T::kObject},
    {"AutoRemove", T::kFlag},
    {"VolumeDriver", T::kText},
    {"VolumesFrom", T::kTexts, kNull},
    {"ConsoleSize", T::kArray, kLeftOut},
    {"Annotations", T::kTextMap, kLeftOut},
    {"CapAdd", T::kCommand, kNull},
    {"CapDrop", T::kCommand, kNull},
    {"CgroupnsMode", T::kText},
    {"Dns", T::kTexts},
    {"DnsOptions", T::kTexts},
    {"DnsSearch", T::kTexts},
    {"ExtraHosts", T::kTexts, kNull},
    {"GroupAdd", T::kTexts, kNull},
    {"IpcMode", T::kText},
    {"Cgroup", T::kText},
    {"Links", T::kTexts, kNull},
    {"OomScoreAdj", T::kInteger},
    {"PidMode", T::kText},
    {"Privileged", T::kFlag},
    {"PublishAllPorts", T::kFlag},
    {"ReadonlyRootfs", T::kFlag},
    {"SecurityOpt", T::kTexts, kNull},
    {"StorageOpt", T::kTextMap, kLeftOut},
    {"Tmpfs", T::kTextMap, kLeftOut},
    {"UTSMode", T::kText},
    {"UsernsMode", T::kText},
    {"ShmSize", T::kInteger},
    {"Sysctls", T::kTextMap, kLeftOut},
    {"Runtime", T::kText},
    {"Isolation", T::kText},
    {"CpuShares", T::kInteger},
    {"Memory", T::kInteger},
    {"NanoCpus", T::kInteger},
    {"CgroupParent", T::kText},
    {"BlkioWeight", T::kInteger},
    {"BlkioWeightDevice", T::kArray},
    {"BlkioDeviceReadBps", T::kArray},
    {"BlkioDeviceWriteBps", T::kArray},
    {"BlkioDeviceReadIOps", T::kArray},
    {"BlkioDeviceWriteIOps", T::kArray},
    {"CpuPeriod", T::kInteger},
    {"CpuQuota", T::kInteger},
    {"CpuRealtimePeriod", T::kInteger},
    {"CpuRealtimeRuntime", T::kInteger},
    {"CpusetCpus", T::kText},
    {"CpusetMems", T::kText},
    {"Devices", T::kArray},
    {"DeviceCgroupRules", T::kTexts, kNull},
    {"DeviceRequests", T::kArray, kNull},
    {"MemoryReservation", T::kInteger},
    {"MemorySwap", T::kInteger},
    {"MemorySwappiness", T::kInteger, kNull},
    {"OomKillDisable", T::kFlag, kNull},
    {"PidsLimit", T::kInteger, kNull},
    {"Ulimits", T::kArray},
    {"CpuCount", T::kInteger},
    {"CpuPercent", T::kInteger},
    {"IOMaximumIOps", T::kInteger},
    {"IOMaximumBandwidth", T::kInteger},
    {"Mounts", T::kArray, kLeftOut},
    {"Init", T::kFlag, kLeftOut},
    {"MaskedPaths", T::kTexts, kNull},
    {"ReadonlyPaths", T::kTexts, kNull},
};

constexpr Field kHealth[] = {
    {"Test", T::kCommand, kLeftOut},          {"Interval", T::kInteger, kLeftOut},
    {"Timeout", T::kInteger, kLeftOut},       {"StartPeriod", T::kInteger, kLeftOut},
    {"StartInterval", T::kInteger, kLeftOut}, {"Retries", T::kInteger, kLeftOut},
};
constexpr Field kRestart[] = {{"Name", T::kText}, {"MaximumRetryCount", T::kInteger}};
constexpr Field kLog[] = {{"Type", T::kText}, {"Config", T::kTextMap}};
constexpr Field kDevice[] = {
    {"PathOnHost", T::kText}, {"PathInContainer", T::kText}, {"CgroupPermissions", T::kText}};
constexpr Field kUlimit[] = {{"Name", T::kText}, {"Hard", T::kInteger}, {"Soft", T::kInteger}};
constexpr Field kBinding[] = {{"HostIp", T::kText}, {"HostPort", T::kText}};
constexpr Field kMount[] = {
    {"Type", T::kText},
    {"Source", T::kText, kLeftOut},
    {"Target", T::kText},
    {"ReadOnly", T::kFlag, kLeftOut},
    {"Consistency", T::kText, kLeftOut},
    {"BindOptions", T::kObject, kLeftOut},
    {"VolumeOptions", T::kObject, kLeftOut},
    {"TmpfsOptions", T::kObject, kLeftOut},
};
constexpr Field kEndpoint[] = {
    {"IPAMConfig", T::kObject, kNull},  {"Links", T::kTexts, kNull},
    {"Aliases", T::kTexts, kNull},      {"MacAddress", T::kText},
    {"DriverOpts", T::kTextMap, kNull}, {"GwPriority", T::kInteger},
};

// A document of one table below another document.
Outcome<> conform_field(json::object& object, const char* name, std::span<const Field> table) {
  auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_object()) return {};
  COVE_TRY(*value, conform(value->get_object(), table, name));
  return {};
}

Outcome<> conform_items(json::object& object, const char* name, std::span<const Field> table) {
  auto* value = object.if_contains(name);
  if (value == nullptr || !value->is_array()) return {};
  for (auto& item : value->get_array()) {
    if (!item.is_object()) {
      return ApiError{400, fmt::format("invalid JSON: {} must be an array of objects", name)};
    }
    COVE_TRY(item, conform(item.get_object(), table, name));
  }
  return {};
}

Outcome<> conform_bindings(json::object& host) {
  for (auto& item : host["PortBindings"].get_object()) {
    if (item.value().is_null()) item.value() = json::array();
    if (!item.value().is_array()) {
      return ApiError{400, "invalid JSON: PortBindings must be an object of arrays"};
    }
    for (auto& binding : item.value().get_array()) {
      if (!binding.is_object()) {
        return ApiError{400, "invalid JSON: PortBindings must be an object of arrays of objects"};
      }
      COVE_TRY(binding, conform(binding.get_object(), kBinding, "PortBindings"));
    }
  }
  return {};
}

Outcome<json::object> read_host(const json::object& document, unsigned api) {
  COVE_TRY(json::object host, conform(document, kHostConfig, "HostConfig"));
  COVE_CHECK(conform_field(host, "RestartPolicy", kRestart));
  COVE_CHECK(conform_field(host, "LogConfig", kLog));
  COVE_CHECK(conform_items(host, "Devices", kDevice));
  COVE_CHECK(conform_items(host, "Ulimits", kUlimit));
  COVE_CHECK(conform_items(host, "Mounts", kMount));
  COVE_CHECK(conform_bindings(host));
  const auto or_else = [&](const char* name, json::value value) {
    if (text_of(host, name).empty()) host[name] = std::move(value);
  };
  const std::string mode = text_of(host, "NetworkMode");
  if (mode.empty() || mode == "default") host["NetworkMode"] = "bridge";
  or_else("IpcMode", api < 40 ? "shareable" : "private");
  or_else("CgroupnsMode", "private");
  or_else("Runtime", "runc");
  if (integer_of(host, "ShmSize") == 0) host["ShmSize"] = 64 << 20;
  auto& restart = host["RestartPolicy"].get_object();
  if (text_of(restart, "Name").empty()) restart["Name"] = "no";
  auto& log = host["LogConfig"].get_object();
  if (text_of(log, "Type").empty()) log["Type"] = "json-file";
  if (integer_of(host, "PidsLimit") <= 0) host["PidsLimit"] = nullptr;
  if (integer_of(host, "MemorySwappiness", -1) == -1) host["MemorySwappiness"] = nullptr;
  if (text_of(host, "NetworkMode") == "bridge" || host["ConsoleSize"].is_null()) {
    if (array_of(host, "ConsoleSize").empty()) host["ConsoleSize"] = json::array{0, 0};
  }
  return host;
}

void merge_env(json::object& config, const std::vector<std::string>& image) {
  auto env = texts_of(config, "Env");
  std::set<std::string> names;
  for (const auto& entry : env) names.insert(entry.substr(0, entry.find('=')));
  for (const auto& entry : image) {
    if (!names.contains(entry.substr(0, entry.find('=')))) env.push_back(entry);
  }
  config["Env"] = to_array(env);
}

void merge_command(json::object& config, const image::RunConfig& image) {
  auto entrypoint = texts_of(config, "Entrypoint");
  const bool given = config["Entrypoint"].is_array();
  if (entrypoint.empty()) {
    if (texts_of(config, "Cmd").empty()) {
      config["Cmd"] = image.cmd.empty() ? json::value(nullptr) : to_array(image.cmd);
    }
    if (!given && !image.entrypoint.empty()) config["Entrypoint"] = to_array(image.entrypoint);
  }
  entrypoint = texts_of(config, "Entrypoint");
  if (entrypoint.empty() || (entrypoint.size() == 1 && entrypoint[0].empty())) {
    config["Entrypoint"] = nullptr;
  }
}

void merge_health(json::object& config, const image::HealthCheck& image) {
  auto check = health_check(config).value_or(image::HealthCheck{});
  if (check.test.empty()) check.test = image.test;
  if (check.interval.count() == 0) check.interval = image.interval;
  if (check.timeout.count() == 0) check.timeout = image.timeout;
  if (check.start_period.count() == 0) check.start_period = image.start_period;
  if (check.start_interval.count() == 0) check.start_interval = image.start_interval;
  if (check.retries == 0) check.retries = image.retries;
  config["Healthcheck"] = image::to_docker_json(check);
}

}  // namespace

Outcome<ContainerConfig> read_create_body(const json::object& body, unsigned api) {
  ContainerConfig config;
  COVE_TRY(config.config, conform(body, kConfig, ""));
  COVE_CHECK(conform_field(config.config, "Healthcheck", kHealth));
  if (text_of(config.config, "Image").empty() && body.empty()) {
    return ApiError{400, "config cannot be empty in order to create a container"};
  }
  constexpr Field kOuter[] = {{"HostConfig", T::kObject}, {"NetworkingConfig", T::kObject}};
  COVE_TRY(const json::object outer, conform(body, kOuter, ""));
  COVE_TRY(config.host, read_host(object_of(outer, "HostConfig"), api));
  constexpr Field kNetworking[] = {{"EndpointsConfig", T::kObject}};
  COVE_TRY(json::object networking,
           conform(object_of(outer, "NetworkingConfig"), kNetworking, "NetworkingConfig"));
  config.endpoints = std::move(networking["EndpointsConfig"].get_object());
  for (auto& item : config.endpoints) {
    if (item.value().is_null()) item.value() = json::object();
    if (!item.value().is_object()) {
      return ApiError{400, "invalid JSON: EndpointsConfig must be an object of objects"};
    }
    COVE_TRY(item.value(), conform(item.value().get_object(), kEndpoint, "EndpointsConfig"));
  }
  if (flag_of(config.config, "NetworkDisabled")) config.host["NetworkMode"] = "none";
  return config;
}

void merge_image(ContainerConfig& container, const image::RunConfig& image) {
  json::object& config = container.config;
  if (text_of(config, "User").empty()) config["User"] = image.user;
  if (text_of(config, "WorkingDir").empty()) config["WorkingDir"] = image.working_dir;
  if (text_of(config, "StopSignal").empty() && !image.stop_signal.empty()) {
    config["StopSignal"] = image.stop_signal;
  }
  if (texts_of(config, "Shell").empty() && !image.shell.empty()) {
    config["Shell"] = to_array(image.shell);
  }
  merge_env(config, image.env);
  merge_command(config, image);
  if (image.health_check) merge_health(config, *image.health_check);
  const auto unite = [&](const char* name, const std::vector<std::string>& more) {
    if (more.empty()) return;
    json::object set = object_of(config, name);
    for (const auto& item : more) set[item] = json::object();
    config[name] = std::move(set);
  };
  unite("ExposedPorts", image.exposed_ports);
  unite("Volumes", image.volumes);
  auto& labels = config["Labels"].get_object();
  for (const auto& [name, value] : image.labels) {
    if (!labels.contains(name)) labels[name] = value;
  }
}

std::optional<image::HealthCheck> health_check(const json::object& config) {
  const auto* value = config.if_contains("Healthcheck");
  if (value == nullptr || !value->is_object()) return std::nullopt;
  const json::object& object = value->get_object();
  image::HealthCheck check;
  check.test = texts_of(object, "Test");
  check.interval = std::chrono::nanoseconds(integer_of(object, "Interval"));
  check.timeout = std::chrono::nanoseconds(integer_of(object, "Timeout"));
  check.start_period = std::chrono::nanoseconds(integer_of(object, "StartPeriod"));
  check.start_interval = std::chrono::nanoseconds(integer_of(object, "StartInterval"));
  check.retries =
      static_cast<int>(std::clamp<std::int64_t>(integer_of(object, "Retries"), -1, 1'000'000));
  return check;
}

}  // namespace cove::engine
