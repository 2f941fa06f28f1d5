// The parts of a container's configuration that have a grammar of their own.
#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <charconv>

#include "core/base/strings.h"
#include "core/engine/container_config.h"
#include "core/engine/fields.h"

namespace cove::engine {

namespace json = boost::json;

namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

std::optional<std::uint16_t> port_number(std::string_view text, bool zero_too = false) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number > 65535) {
    return std::nullopt;
  }
  if (number == 0 && !zero_too) return std::nullopt;
  return static_cast<std::uint16_t>(number);
}

}  // namespace

bool valid_name(std::string_view name) {
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  if (name.size() < 2 || name.size() > 255 || !alphanumeric(name[0])) return false;
  return std::all_of(name.begin(), name.end(),
                     [&](char c) { return alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

NetworkMode parse_network_mode(const std::string& text) {
  using Kind = NetworkMode::Kind;
  if (text.empty() || text == "default" || text == "bridge") return {Kind::kBridge, "bridge"};
  if (text == "host") return {Kind::kHost, "host"};
  if (text == "none") return {Kind::kNone, "none"};
  if (text.starts_with("container:")) return {Kind::kContainer, text.substr(10)};
  return {Kind::kUser, text};
}

Outcome<RestartPolicy> parse_restart_policy(const json::object& host) {
  using Kind = RestartPolicy::Kind;
  const json::object& object = object_of(host, "RestartPolicy");
  const std::string name = text_of(object, "Name");
  const std::int64_t maximum = integer_of(object, "MaximumRetryCount");
  RestartPolicy policy;
  if (name == "always") {
    policy.kind = Kind::kAlways;
  } else if (name == "unless-stopped") {
    policy.kind = Kind::kUnlessStopped;
  } else if (name == "on-failure") {
    policy.kind = Kind::kOnFailure;
  } else if (!name.empty() && name != "no") {
    return ApiError{400, fmt::format("invalid restart policy: unknown policy '{}'; use one of "
                                     "'no', 'always', 'on-failure', or 'unless-stopped'",
                                     name)};
  }
  if (maximum < 0) {
    return ApiError{400, "invalid restart policy: maximum retry count cannot be negative"};
  }
  if (maximum > 0 && policy.kind != Kind::kOnFailure) {
    return ApiError{
        400, "invalid restart policy: maximum retry count can only be used with 'on-failure'"};
  }
  policy.maximum = static_cast<int>(std::min<std::int64_t>(maximum, 1'000'000));
  return policy;
}

std::string ContainerPort::text() const {
  return fmt::format("{}/{}", number, protocol == network::Protocol::kTcp ? "tcp" : "udp");
}

Outcome<std::vector<ContainerPort>> parse_ports(const std::string& text) {
  const auto slash = text.find('/');
  const std::string protocol = slash == std::string::npos ? "tcp" : text.substr(slash + 1);
  const std::string range = text.substr(0, slash);
  network::Protocol kind = network::Protocol::kTcp;
  if (upper(protocol) == "UDP") {
    kind = network::Protocol::kUdp;
  } else if (upper(protocol) == "SCTP") {
    return ApiError{501, fmt::format("SCTP ports are not supported: {}", text)};
  } else if (upper(protocol) != "TCP") {
    return ApiError{400, fmt::format("invalid proto: {}", protocol)};
  }
  const auto dash = range.find('-');
  const auto first = port_number(range.substr(0, dash));
  const auto last = dash == std::string::npos ? first : port_number(range.substr(dash + 1));
  if (!first || !last || *last < *first) {
    return ApiError{400, fmt::format("invalid port specification: \"{}\"", text)};
  }
  std::vector<ContainerPort> ports;
  for (unsigned number = *first; number <= *last; ++number) {
    ports.push_back({static_cast<std::uint16_t>(number), kind});
  }
  return ports;
}

namespace {

// "", "8080", "8080-8090": the first is taken when `index` of them are.
Outcome<std::uint16_t> host_port(const std::string& text, std::size_t index) {
  if (text.empty()) return std::uint16_t{0};
  const auto dash = text.find('-');
  const auto first = port_number(text.substr(0, dash), true);
  const auto last = dash == std::string::npos ? first : port_number(text.substr(dash + 1));
  if (!first || !last || *last < *first) {
    return ApiError{400, fmt::format("invalid port specification: \"{}\"", text)};
  }
  const std::size_t number = *first + (dash == std::string::npos ? 0 : index);
  return static_cast<std::uint16_t>(std::min<std::size_t>(number, *last));
}

}  // namespace

Outcome<std::vector<network::PortMapping>> published_ports(const ContainerConfig& config) {
  constexpr std::size_t kMostPorts = 8192;
  std::vector<network::PortMapping> mappings;
  for (const auto& item : object_of(config.host, "PortBindings")) {
    COVE_TRY(const auto ports, parse_ports(std::string(item.key())));
    if (!item.value().is_array()) continue;
    json::array bindings = item.value().get_array();
    if (bindings.empty()) bindings.push_back(json::object());
    for (const auto& binding : bindings) {
      for (std::size_t i = 0; i < ports.size(); ++i) {
        network::PortMapping mapping;
        mapping.protocol = ports[i].protocol;
        mapping.container_port = ports[i].number;
        const std::string address = text_of(binding.as_object(), "HostIp");
        if (!address.empty()) mapping.host_ip = address;
        COVE_TRY(mapping.host_port, host_port(text_of(binding.as_object(), "HostPort"), i));
        mappings.push_back(std::move(mapping));
        if (mappings.size() > kMostPorts) return ApiError{400, "too many published ports"};
      }
    }
  }
  if (!flag_of(config.host, "PublishAllPorts")) return mappings;
  for (const auto& item : object_of(config.config, "ExposedPorts")) {
    COVE_TRY(const auto ports, parse_ports(std::string(item.key())));
    for (const auto& port : ports) {
      const bool published = std::any_of(mappings.begin(), mappings.end(), [&](const auto& m) {
        return m.container_port == port.number && m.protocol == port.protocol;
      });
      if (!published) {
        mappings.push_back({.protocol = port.protocol, .container_port = port.number});
      }
      if (mappings.size() > kMostPorts) return ApiError{400, "too many published ports"};
    }
  }
  return mappings;
}

std::optional<int> parse_signal(std::string_view text) {
  struct Name {
    std::string_view name;
    int number;
  };
  static constexpr Name kNames[] = {
      {"ABRT", SIGABRT}, {"ALRM", SIGALRM}, {"BUS", SIGBUS},       {"CHLD", SIGCHLD},
      {"CLD", SIGCHLD},  {"CONT", SIGCONT}, {"FPE", SIGFPE},       {"HUP", SIGHUP},
      {"ILL", SIGILL},   {"INT", SIGINT},   {"IO", SIGIO},         {"IOT", SIGIOT},
      {"KILL", SIGKILL}, {"PIPE", SIGPIPE}, {"POLL", SIGPOLL},     {"PROF", SIGPROF},
      {"PWR", SIGPWR},   {"QUIT", SIGQUIT}, {"SEGV", SIGSEGV},     {"STKFLT", SIGSTKFLT},
      {"STOP", SIGSTOP}, {"SYS", SIGSYS},   {"TERM", SIGTERM},     {"TRAP", SIGTRAP},
      {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU},     {"URG", SIGURG},
      {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"VTALRM", SIGVTALRM}, {"WINCH", SIGWINCH},
      {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ},
  };
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) {
    return number > 0 && number <= SIGRTMAX ? std::optional(number) : std::nullopt;
  }
  std::string name = upper(text);
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (const auto& known : kNames) {
    if (known.name == name) return known.number;
  }
  const bool from_minimum = name.starts_with("RTMIN");
  if (!from_minimum && !name.starts_with("RTMAX")) return std::nullopt;
  int offset = 0;
  if (name.size() > 5) {
    if (name[5] != (from_minimum ? '+' : '-')) return std::nullopt;
    const auto digits = std::string_view(name).substr(6);
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), offset);
    if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) {
      return std::nullopt;
    }
  }
  if (offset < 0 || offset > SIGRTMAX - SIGRTMIN) return std::nullopt;
  return from_minimum ? SIGRTMIN + offset : SIGRTMAX - offset;
}

int stop_signal(const json::object& config) {
  return parse_signal(text_of(config, "StopSignal")).value_or(SIGTERM);
}

int stop_seconds(const json::object& config) {
  return static_cast<int>(
      std::clamp<std::int64_t>(integer_of(config, "StopTimeout", 10), -1, 1'000'000'000));
}

namespace {

Outcome<std::vector<std::string>> known_capabilities(const std::vector<std::string>& names,
                                                     std::string_view option, bool& every) {
  const auto& known = runtime::all_capabilities();
  std::vector<std::string> capabilities;
  for (const auto& name : names) {
    std::string full = upper(name);
    if (full == "ALL") {
      every = true;
      continue;
    }
    if (!full.starts_with("CAP_")) full = "CAP_" + full;
    if (std::find(known.begin(), known.end(), full) == known.end()) {
      return ApiError{400, fmt::format("invalid {}: unknown capability: \"{}\"", option, full)};
    }
    capabilities.push_back(std::move(full));
  }
  return capabilities;
}

}  // namespace

Outcome<std::vector<std::string>> capabilities(const std::vector<std::string>& add,
                                               const std::vector<std::string>& drop) {
  bool add_every = false;
  bool drop_every = false;
  COVE_TRY(const auto added, known_capabilities(add, "CapAdd", add_every));
  COVE_TRY(const auto dropped, known_capabilities(drop, "CapDrop", drop_every));
  std::vector<std::string> set;
  if (add_every) {
    set = runtime::all_capabilities();
  } else if (!drop_every) {
    set = runtime::default_capabilities();
  }
  if (!drop_every || add_every) {
    std::erase_if(set, [&](const std::string& name) {
      return std::find(dropped.begin(), dropped.end(), name) != dropped.end();
    });
  }
  for (const auto& name : added) {
    if (std::find(set.begin(), set.end(), name) == set.end()) set.push_back(name);
  }
  return set;
}

Outcome<SecurityOptions> parse_security_options(const std::vector<std::string>& options) {
  SecurityOptions security;
  for (const auto& option : options) {
    if (option == "no-new-privileges") {
      security.no_new_privileges = true;
      continue;
    }
    const auto separator = option.find_first_of("=:");
    if (separator == std::string::npos) {
      return ApiError{400, fmt::format("invalid --security-opt 1: {}", json_quote(option))};
    }
    const std::string name = option.substr(0, separator);
    const std::string value = option.substr(separator + 1);
    if (name == "no-new-privileges") {
      if (value != "true" && value != "false") {
        return ApiError{400, fmt::format("invalid --security-opt 2: {}", json_quote(option))};
      }
      security.no_new_privileges = value == "true";
    } else if (name == "seccomp") {
      if (value == "unconfined") {
        security.seccomp = runtime::SeccompMode::kUnconfined;
      } else if (value != "builtin") {
        security.seccomp = runtime::SeccompMode::kProfile;
        security.seccomp_profile = value;
      }
    } else if (name == "systempaths") {
      if (value != "unconfined") {
        return ApiError{400, fmt::format("invalid --security-opt 2: {}", json_quote(option))};
      }
      security.unmasked = true;
    } else if (name != "apparmor" && name != "label" && name != "writable-cgroups") {
      return ApiError{400, fmt::format("invalid --security-opt 2: {}", json_quote(option))};
    }
  }
  return security;
}

Outcome<std::vector<runtime::ResourceLimit>> parse_ulimits(const json::object& host) {
  static constexpr std::string_view kKnown[] = {
      "core",   "cpu",   "data", "fsize",  "locks",  "memlock",    "msgqueue", "nice",
      "nofile", "nproc", "rss",  "rtprio", "rttime", "sigpending", "stack"};
  std::vector<runtime::ResourceLimit> limits;
  for (const auto& item : array_of(host, "Ulimits")) {
    const json::object& object = item.as_object();
    const std::string name = text_of(object, "Name");
    if (std::find(std::begin(kKnown), std::end(kKnown), name) == std::end(kKnown)) {
      return ApiError{400, fmt::format("invalid ulimit type: {}", name)};
    }
    const std::int64_t soft = integer_of(object, "Soft");
    const std::int64_t hard = integer_of(object, "Hard");
    // -1 is no limit, which as an unsigned number is the greatest: what setrlimit(2) takes.
    if (hard != -1 && (soft == -1 || soft > hard)) {
      return ApiError{400, fmt::format("ulimit soft limit must be less than or equal to hard "
                                       "limit: {} > {}",
                                       soft, hard)};
    }
    limits.push_back({"RLIMIT_" + upper(name), static_cast<std::uint64_t>(soft),
                      static_cast<std::uint64_t>(hard)});
  }
  return limits;
}

runtime::ResourceLimits resources(const json::object& host) {
  runtime::ResourceLimits limits;
  const auto positive = [&](const char* name) -> std::optional<std::int64_t> {
    const auto value = integer_of(host, name);
    return value > 0 ? std::optional(value) : std::nullopt;
  };
  limits.memory_bytes = positive("Memory");
  limits.memory_reservation_bytes = positive("MemoryReservation");
  if (const auto swap = integer_of(host, "MemorySwap"); swap != 0) {
    limits.memory_swap_bytes = swap;
  } else if (limits.memory_bytes) {
    limits.memory_swap_bytes = *limits.memory_bytes * 2;
  }
  if (const auto shares = positive("CpuShares")) {
    limits.cpu_shares = static_cast<std::uint64_t>(std::clamp<std::int64_t>(*shares, 2, 262144));
  }
  if (const auto nano = positive("NanoCpus")) {
    limits.cpu_period_us = 100'000;
    limits.cpu_quota_us = *nano / 10'000;
  } else {
    limits.cpu_quota_us = positive("CpuQuota");
    if (const auto period = positive("CpuPeriod")) {
      limits.cpu_period_us = static_cast<std::uint64_t>(*period);
    }
  }
  limits.cpuset_cpus = text_of(host, "CpusetCpus");
  limits.cpuset_mems = text_of(host, "CpusetMems");
  limits.pids = positive("PidsLimit");
  if (const auto weight = positive("BlkioWeight")) {
    limits.io_weight = static_cast<std::uint16_t>(std::clamp<std::int64_t>(*weight, 10, 1000));
  }
  limits.oom_kill_disable = flag_of(host, "OomKillDisable");
  return limits;
}

}  // namespace cove::engine
