// Contradictions in a container's configuration, with the words that Docker's users know.
#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/base/strings.h"
#include "core/engine/container_config.h"
#include "core/engine/fields.h"
#include "core/engine/mounts.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

ApiError bad(std::string message) {
  return {400, std::move(message)};
}

Outcome<> validate_process(const ContainerConfig& container) {
  const json::object& config = container.config;
  const std::string directory = text_of(config, "WorkingDir");
  if (!directory.empty() && directory[0] != '/') {
    return bad(fmt::format("the working directory '{}' is invalid, it needs to be an absolute path",
                           directory));
  }
  for (const auto& entry : texts_of(config, "Env")) {
    if (entry.empty() || entry[0] == '=') {
      return bad(fmt::format("invalid environment variable: {}", entry));
    }
    if (entry.find('\0') != std::string::npos) {
      return bad("invalid environment variable: it holds a zero byte");
    }
  }
  const std::string signal = text_of(config, "StopSignal");
  if (!signal.empty() && !parse_signal(signal)) return bad("invalid signal: " + signal);
  if (text_of(config, "Hostname").size() > 63) {
    return bad("invalid hostname: it is longer than 63 bytes");
  }
  for (const auto& item : object_of(config, "ExposedPorts")) {
    COVE_CHECK(parse_ports(std::string(item.key())));
  }
  return {};
}

Outcome<> validate_health(const json::object& config) {
  const auto check = health_check(config);
  if (!check) return {};
  constexpr auto kLeast = std::chrono::milliseconds(1);
  const auto too_short = [&](std::chrono::nanoseconds time) {
    return time.count() != 0 && time < kLeast;
  };
  if (too_short(check->interval)) return bad("Interval in Healthcheck cannot be less than 1ms");
  if (too_short(check->timeout)) return bad("Timeout in Healthcheck cannot be less than 1ms");
  if (check->retries < 0) return bad("Retries in Healthcheck cannot be negative");
  if (too_short(check->start_period)) {
    return bad("StartPeriod in Healthcheck cannot be less than 1ms");
  }
  if (too_short(check->start_interval)) {
    return bad("StartInterval in Healthcheck cannot be less than 1ms");
  }
  if (!check->test.empty()) {
    const std::string& kind = check->test[0];
    if (kind != "NONE" && kind != "CMD" && kind != "CMD-SHELL") {
      return bad("Unknown type \"" + kind + "\" in Healthcheck (try CMD)");
    }
  }
  return {};
}

bool is_address(const std::string& text) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

Outcome<> validate_names(const json::object& host) {
  for (const auto& entry : texts_of(host, "ExtraHosts")) {
    const auto colon = entry.find_first_of(":=");
    if (colon == std::string::npos || colon == 0) {
      return bad(fmt::format("bad format for add-host: {}", json_quote(entry)));
    }
    std::string address = entry.substr(colon + 1);
    if (address.starts_with("[") && address.ends_with("]")) {
      address = address.substr(1, address.size() - 2);
    }
    if (address != "host-gateway" && !is_address(address)) {
      return bad(fmt::format("invalid IP address in add-host: {}", json_quote(address)));
    }
  }
  for (const auto& server : texts_of(host, "Dns")) {
    if (!is_address(server)) return bad(fmt::format("{} is not an ip address", server));
  }
  return {};
}

Outcome<> validate_network(const ContainerConfig& container) {
  const json::object& host = container.host;
  const NetworkMode mode = parse_network_mode(text_of(host, "NetworkMode"));
  using Kind = NetworkMode::Kind;
  COVE_CHECK(published_ports(container));
  if (mode.kind == Kind::kContainer) {
    if (mode.name.empty()) {
      return bad("invalid container format container:<name|id>");
    }
    if (!text_of(container.config, "Hostname").empty()) {
      return bad("conflicting options: hostname and the network mode");
    }
    if (!array_of(host, "Links").empty()) {
      return bad(
          "conflicting options: container type network can't be used with links. This would "
          "result in undefined behavior");
    }
    if (!array_of(host, "Dns").empty()) {
      return bad("conflicting options: dns and the network mode");
    }
    if (!array_of(host, "ExtraHosts").empty()) {
      return bad("conflicting options: custom host-to-IP mapping and the network mode");
    }
    if (!object_of(host, "PortBindings").empty() || flag_of(host, "PublishAllPorts")) {
      return bad("conflicting options: port publishing and the container type network mode");
    }
    if (!object_of(container.config, "ExposedPorts").empty()) {
      return bad("conflicting options: port exposing and the container type network mode");
    }
  }
  if (mode.kind == Kind::kHost && !array_of(host, "Links").empty()) {
    return bad(
        "conflicting options: host type networking can't be used with links. This would "
        "result in undefined behavior");
  }
  if (text_of(host, "UTSMode") == "host" && !text_of(container.config, "Hostname").empty()) {
    return bad("conflicting options: hostname and the UTS mode");
  }
  for (const auto& item : object_of(host, "Sysctls")) {
    if (mode.kind == Kind::kHost && std::string_view(item.key()).starts_with("net.")) {
      return bad(fmt::format("sysctl '{}' not allowed in host network namespace",
                             std::string_view(item.key())));
    }
  }
  return {};
}

Outcome<> validate_namespaces(const json::object& host) {
  const auto is_container = [](const std::string& mode) {
    return mode.starts_with("container:") && mode.size() > 10;
  };
  const std::string pid = text_of(host, "PidMode");
  if (!pid.empty() && pid != "host" && pid != "private" && !is_container(pid)) {
    return bad("invalid PID mode: " + pid);
  }
  const std::string ipc = text_of(host, "IpcMode");
  if (ipc != "private" && ipc != "shareable" && ipc != "host" && ipc != "none" &&
      !is_container(ipc)) {
    return bad("invalid IPC mode: " + ipc);
  }
  const std::string uts = text_of(host, "UTSMode");
  if (!uts.empty() && uts != "host" && uts != "private") return bad("invalid UTS mode: " + uts);
  const std::string cgroup = text_of(host, "CgroupnsMode");
  if (cgroup != "private" && cgroup != "host") {
    return bad("invalid cgroup namespace mode: " + cgroup);
  }
  const std::string users = text_of(host, "UsernsMode");
  if (!users.empty() && users != "host") return bad("invalid user namespace mode: " + users);
  return {};
}

Outcome<> validate_host(const ContainerConfig& container) {
  const json::object& host = container.host;
  COVE_TRY(const RestartPolicy restart, parse_restart_policy(host));
  if (flag_of(host, "AutoRemove") && restart.kind != RestartPolicy::Kind::kNo) {
    return bad("can't create 'AutoRemove' container with restart policy");
  }
  const std::int64_t score = integer_of(host, "OomScoreAdj");
  if (score < -1000 || score > 1000) {
    return bad(fmt::format("Invalid value {}, range for oom score adj is [-1000, 1000]", score));
  }
  if (integer_of(host, "ShmSize") < 0) return bad("SHM size can not be less than 0");
  const json::object& log = object_of(host, "LogConfig");
  const std::string driver = text_of(log, "Type");
  if (driver != "json-file" && driver != "local" && driver != "none") {
    return bad(fmt::format(
        "logger: no log driver named '{}' is registered (json-file, local and none are)", driver));
  }
  const std::string runtime = text_of(host, "Runtime");
  if (runtime != "runc" && runtime != "crun" && runtime != "io.containerd.runc.v2") {
    return bad("unknown or invalid runtime name: " + runtime);
  }
  const std::string isolation = text_of(host, "Isolation");
  if (!isolation.empty() && isolation != "default") {
    return bad(fmt::format("invalid isolation '{}' on linux", isolation));
  }
  if (!array_of(host, "DeviceRequests").empty()) {
    return bad("could not select device driver \"\" with capabilities: [[gpu]]");
  }
  if (!object_of(host, "StorageOpt").empty()) {
    return bad("--storage-opt is not supported: a container's root is bounded by its disk alone");
  }
  COVE_CHECK(capabilities(texts_of(host, "CapAdd"), texts_of(host, "CapDrop")));
  COVE_CHECK(parse_security_options(texts_of(host, "SecurityOpt")));
  COVE_CHECK(parse_ulimits(host));
  for (const auto& device : array_of(host, "Devices")) {
    const std::string permissions = text_of(device.as_object(), "CgroupPermissions");
    if (permissions.find_first_not_of("rwm") != std::string::npos) {
      return bad("invalid device permissions: " + permissions);
    }
  }
  return {};
}

// The numbers of a list as cpusets have them ("0-2,7"); nothing when it is none.
std::optional<unsigned> greatest_of_list(const std::string& text) {
  unsigned greatest = 0;
  for (const auto& part : split(text, ',')) {
    unsigned numbers[2] = {0, 0};
    const char* at = part.data();
    const char* end = part.data() + part.size();
    auto parsed = std::from_chars(at, end, numbers[0]);
    if (parsed.ec != std::errc()) return std::nullopt;
    numbers[1] = numbers[0];
    if (parsed.ptr != end) {
      if (*parsed.ptr != '-') return std::nullopt;
      parsed = std::from_chars(parsed.ptr + 1, end, numbers[1]);
      if (parsed.ec != std::errc() || parsed.ptr != end || numbers[1] < numbers[0]) {
        return std::nullopt;
      }
    }
    greatest = std::max(greatest, numbers[1]);
  }
  return greatest;
}

Outcome<> validate_memory(const json::object& host) {
  constexpr std::int64_t kLeast = 6 << 20;
  const std::int64_t memory = integer_of(host, "Memory");
  const std::int64_t swap = integer_of(host, "MemorySwap");
  const std::int64_t reservation = integer_of(host, "MemoryReservation");
  if (memory != 0 && memory < kLeast) return bad("Minimum memory limit allowed is 6MB");
  if (swap > 0 && memory == 0) {
    return bad("You should always set the Memory limit when using Memoryswap limit, see usage");
  }
  if (memory > 0 && swap > 0 && swap < memory) {
    return bad("Minimum memoryswap limit should be larger than memory limit, see usage");
  }
  if (reservation != 0 && reservation < kLeast) {
    return bad("Minimum memory reservation allowed is 6MB");
  }
  if (reservation > 0 && memory > 0 && memory < reservation) {
    return bad("Minimum memory limit can not be less than memory reservation limit, see usage");
  }
  const std::int64_t swappiness = integer_of(host, "MemorySwappiness", 0);
  if (swappiness < 0 || swappiness > 100) {
    return bad(
        fmt::format("invalid value: {}, valid memory swappiness range is 0-100", swappiness));
  }
  return {};
}

Outcome<> validate_cpu(const json::object& host, unsigned cpus) {
  const std::int64_t nano = integer_of(host, "NanoCpus");
  const std::int64_t period = integer_of(host, "CpuPeriod");
  const std::int64_t quota = integer_of(host, "CpuQuota");
  if (nano > 0 && period > 0) {
    return bad("Conflicting options: Nano CPUs and CPU Period cannot both be set");
  }
  if (nano > 0 && quota > 0) {
    return bad("Conflicting options: Nano CPUs and CPU Quota cannot both be set");
  }
  if (nano < 0 || nano > static_cast<std::int64_t>(cpus) * 1'000'000'000) {
    return bad(
        fmt::format("range of CPUs is from 0.01 to {}.00, as there are only {} CPUs "
                    "available",
                    cpus, cpus));
  }
  const std::int64_t shares = integer_of(host, "CpuShares");
  if (shares < 0) {
    return bad(fmt::format("invalid CPU shares ({}): value must be a positive integer", shares));
  }
  if (period != 0 && (period < 1000 || period > 1'000'000)) {
    return bad(
        "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. "
        "1000000)");
  }
  if (quota > 0 && quota < 1000) {
    return bad("CPU cfs quota can not be less than 1ms (i.e. 1000)");
  }
  const std::string set = text_of(host, "CpusetCpus");
  if (!set.empty()) {
    const auto greatest = greatest_of_list(set);
    if (!greatest) return bad(fmt::format("Invalid value {} for cpuset cpus", set));
    if (*greatest >= cpus) {
      return bad(fmt::format("Requested CPUs are not available - requested {}, available: 0-{}",
                             set, cpus - 1));
    }
  }
  const std::string memories = text_of(host, "CpusetMems");
  if (!memories.empty() && !greatest_of_list(memories)) {
    return bad(fmt::format("Invalid value {} for cpuset mems", memories));
  }
  return {};
}

}  // namespace

Outcome<> validate_resources(const json::object& host, unsigned host_cpus) {
  COVE_CHECK(validate_memory(host));
  COVE_CHECK(validate_cpu(host, host_cpus));
  const std::int64_t weight = integer_of(host, "BlkioWeight");
  if (weight != 0 && (weight < 10 || weight > 1000)) {
    return bad("Range of blkio weight is from 10 to 1000");
  }
  return {};
}

Outcome<std::vector<std::string>> validate(const ContainerConfig& container, unsigned host_cpus) {
  COVE_CHECK(validate_process(container));
  COVE_CHECK(validate_health(container.config));
  COVE_CHECK(validate_names(container.host));
  COVE_CHECK(validate_network(container));
  COVE_CHECK(validate_namespaces(container.host));
  COVE_CHECK(validate_host(container));
  COVE_CHECK(validate_resources(container.host, host_cpus));
  COVE_CHECK(parse_mounts(container));
  std::vector<std::string> warnings;
  const auto unsupported = [&](const char* name, const char* what) {
    if (!array_of(container.host, name).empty()) {
      warnings.push_back(fmt::format("{} is not supported and has no effect", what));
    }
  };
  unsupported("BlkioWeightDevice", "--blkio-weight-device");
  unsupported("BlkioDeviceReadBps", "--device-read-bps");
  unsupported("BlkioDeviceWriteBps", "--device-write-bps");
  unsupported("BlkioDeviceReadIOps", "--device-read-iops");
  unsupported("BlkioDeviceWriteIOps", "--device-write-iops");
  if (integer_of(container.host, "CpuRealtimePeriod") != 0 ||
      integer_of(container.host, "CpuRealtimeRuntime") != 0) {
    warnings.emplace_back(
        "--cpu-rt-period and --cpu-rt-runtime are not supported and have no effect");
  }
  if (maybe_integer(container.host, "MemorySwappiness")) {
    warnings.emplace_back("--memory-swappiness is not supported and has no effect");
  }
  return warnings;
}

}  // namespace cove::engine
