#include "core/engine/system.h"

#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <thread>

#include "core/base/strings.h"
#include "core/engine/fields.h"
#include "core/engine/image_select.h"
#include "core/engine/registry_auth.h"

namespace cove::engine {
namespace {

namespace json = boost::json;
using Filters = std::map<std::string, std::vector<std::string>>;

constexpr std::size_t kMaxHostFile = 64 * 1024;

utsname kernel() {
  utsname name{};
  ::uname(&name);
  return name;
}

// As Go calls it.
std::string architecture() {
  const std::string machine = kernel().machine;
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return machine;
}

// What "KEY value" of a file in /proc or "KEY=value" of os-release says, without quotes.
std::string value_in(const Path& file, std::string_view key, char separator) {
  const auto text = read_file(file, kMaxHostFile);
  if (!text) return {};
  for (const std::string& line : split(*text, '\n')) {
    const std::size_t at = line.find(separator);
    if (at == std::string::npos || trim(std::string_view(line).substr(0, at)) != key) continue;
    std::string_view value = trim(std::string_view(line).substr(at + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return {};
}

std::uint64_t memory_bytes() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::size_t open_descriptors() {
  std::error_code failure;
  std::filesystem::directory_iterator at("/proc/self/fd", failure);
  if (failure) return 0;
  return static_cast<std::size_t>(std::distance(at, std::filesystem::directory_iterator()));
}

Outcome<> ping(Exchange& exchange) {
  exchange.text(200, exchange.request().method == "HEAD" ? "" : "OK", "text/plain; charset=utf-8",
                {{"Builder-Version", "1"},
                 {"Swarm", "inactive"},
                 {"Cache-Control", "no-cache, no-store, must-revalidate"},
                 {"Pragma", "no-cache"}});
  return {};
}

Outcome<> post_auth(const SystemParts& parts, Exchange& exchange) {
  COVE_TRY(const json::object body, exchange.json_body());
  const std::string domain = registry_domain(text_of(body, "serveraddress"));
  const auto token =
      parts.images->registries.login(domain, to_registry_auth(body), exchange.gone());
  if (!token) {
    ApiError error(token.error());
    if (token.error().code == ErrorCode::kPermissionDenied) error.status = 401;
    return error;
  }
  exchange.json(200, {{"Status", "Login Succeeded"}, {"IdentityToken", token->reveal()}});
  return {};
}

Outcome<std::optional<WallTime>> time_query(const SystemParts& parts, const Exchange& exchange,
                                            std::string_view name) {
  const std::string text = exchange.query(name);
  if (const auto age = parse_age(text)) return std::optional<WallTime>(parts.clock.wall() - *age);
  return parse_time(text, name);
}

Outcome<> get_events(const SystemParts& parts, Exchange& exchange) {
  COVE_TRY(const auto since, time_query(parts, exchange, "since"));
  COVE_TRY(const auto until, time_query(parts, exchange, "until"));
  COVE_TRY(const auto filters, exchange.filters());
  if (since && until && *since > *until) {
    return ApiError{400, "`since` time cannot be after `until` time"};
  }
  // Without a beginning nothing of the past is told, unless the end is past too.
  const auto listener = parts.events.listen(since);
  const auto stream = exchange.stream("application/json");
  const std::stop_token gone = exchange.gone();
  while (const auto event = listener->next(gone, until)) {
    if (until && event->time > *until) break;
    if (!passes(*event, filters)) continue;
    if (!stream->write(json::serialize(to_json(*event)) + "\n")) break;
  }
  return {};
}

// Which parts of df are asked for: all, or those named by "type".
bool wants(const Exchange& exchange, std::string_view type) {
  bool any = false;
  for (const auto& [name, value] : exchange.request().query) {
    if (name != "type") continue;
    if (value == type) return true;
    any = true;
  }
  return !any;
}

Outcome<> get_df(const SystemParts& parts, Exchange& exchange) {
  json::object object;
  for (const auto& [name, value] : exchange.request().query) {
    if (name == "type" && value != "container" && value != "image" && value != "volume" &&
        value != "build-cache")
      return ApiError{400, fmt::format("unknown object type: {}", value)};
  }
  if (wants(exchange, "image")) {
    ImageUsage usage = image_usage(*parts.images, exchange.api());
    object["LayersSize"] = usage.layers_bytes;
    object["Images"] = std::move(usage.images);
  }
  if (wants(exchange, "container")) object["Containers"] = parts.containers();
  if (wants(exchange, "volume")) object["Volumes"] = parts.volumes();
  if (wants(exchange, "build-cache")) object["BuildCache"] = json::array();
  if (exchange.api() < 42) object["BuilderSize"] = 0;
  exchange.json(200, object);
  return {};
}

json::object memory_facts(const Path& host) {
  const bool unified = std::filesystem::exists(host / "sys/fs/cgroup/cgroup.controllers");
  return {{"MemoryLimit", true},
          {"SwapLimit", true},
          {"CpuCfsPeriod", true},
          {"CpuCfsQuota", true},
          {"CPUShares", true},
          {"CPUSet", true},
          {"PidsLimit", true},
          {"IPv4Forwarding", true},
          {"OomKillDisable", !unified},
          {"CgroupDriver", "cgroupfs"},
          {"CgroupVersion", unified ? "2" : "1"}};
}

json::object registry_facts(const image::RegistrySettings& settings) {
  json::array networks{"127.0.0.0/8", "::1/128"};
  json::array mirrors;
  if (const auto found = settings.mirrors.find("docker.io"); found != settings.mirrors.end())
    mirrors = to_array(found->second);
  const auto index = [](std::string_view name, json::array its_mirrors, bool secure,
                        bool official) {
    return json::object{{"Name", name},
                        {"Mirrors", std::move(its_mirrors)},
                        {"Secure", secure},
                        {"Official", official}};
  };
  json::object indexes{{"docker.io", index("docker.io", mirrors, true, true)}};
  for (const std::string& each : settings.insecure) {
    if (each.find('/') != std::string::npos) {
      networks.emplace_back(each);
    } else {
      indexes[each] = index(each, {}, false, false);
    }
  }
  return {{"AllowNondistributableArtifactsCIDRs", nullptr},
          {"AllowNondistributableArtifactsHostnames", nullptr},
          {"InsecureRegistryCIDRs", std::move(networks)},
          {"IndexConfigs", std::move(indexes)},
          {"Mirrors", std::move(mirrors)}};
}

json::object plugin_facts() {
  return {{"Volume", json::array{"local"}},
          {"Network", json::array{"bridge", "host", "null"}},
          {"Authorization", nullptr},
          {"Log", json::array{"json-file", "k8s-file", "none"}}};
}

// Whoever may ask need not know the password: as docker does it.
std::string masked(const std::string& proxy) {
  const std::size_t at = proxy.rfind('@');
  if (at == std::string::npos) return proxy;
  // A password may have "://" in it: a scheme's colon is the first.
  const std::size_t colon = proxy.find(':');
  const std::size_t begin = colon < at && proxy.compare(colon, 3, "://") == 0 ? colon + 3 : 0;
  return proxy.substr(0, begin) + "xxxxx:xxxxx" + proxy.substr(at);
}

}  // namespace

json::object version_json(const SystemParts& parts) {
  const utsname system = kernel();
  const std::string api = fmt::format("1.{}", kNewestApi);
  const std::string oldest = fmt::format("1.{}", kOldestApi);
  const json::object details{{"ApiVersion", api},
                             {"Arch", architecture()},
                             {"BuildTime", ""},
                             {"Experimental", "false"},
                             {"GitCommit", ""},
                             {"GoVersion", ""},
                             {"KernelVersion", system.release},
                             {"MinAPIVersion", oldest},
                             {"Os", "linux"}};
  return {
      {"Platform", json::object{{"Name", "Cove"}}},
      {"Components", json::array{json::object{
                         {"Name", "Engine"}, {"Version", parts.version}, {"Details", details}}}},
      {"Version", parts.version},
      {"ApiVersion", api},
      {"MinAPIVersion", oldest},
      {"GitCommit", ""},
      {"GoVersion", ""},
      {"Os", "linux"},
      {"Arch", architecture()},
      {"KernelVersion", system.release},
      {"BuildTime", ""}};
}

json::object info_json(const SystemParts& parts, const Path& host) {
  const SystemParts::Counts counts = parts.counts();
  const utsname system = kernel();
  json::object object{
      {"ID", parts.id},
      {"Containers", counts.running + counts.paused + counts.stopped},
      {"ContainersRunning", counts.running},
      {"ContainersPaused", counts.paused},
      {"ContainersStopped", counts.stopped},
      {"Images", parts.images->images.list().size()},
      {"Driver", "overlay2"},
      {"DriverStatus", json::array{json::array{"Supports d_type", "true"}}},
      {"SystemStatus", nullptr},
      {"Plugins", plugin_facts()},
      {"Debug", false},
      {"NFd", open_descriptors()},
      {"NGoroutines", std::atoi(value_in("/proc/self/status", "Threads", ':').c_str())},
      {"NEventsListener", 0},
      {"SystemTime", rfc3339_nano(parts.clock.wall())},
      {"LoggingDriver", "json-file"},
      {"KernelVersion", system.release},
      {"OperatingSystem", value_in(host / "etc/os-release", "PRETTY_NAME", '=')},
      {"OSVersion", value_in(host / "etc/os-release", "VERSION_ID", '=')},
      {"OSType", "linux"},
      {"Architecture", system.machine},
      {"NCPU", std::max(1u, std::thread::hardware_concurrency())},
      {"MemTotal", memory_bytes()},
      {"IndexServerAddress", "https://index.docker.io/v1/"},
      {"RegistryConfig", registry_facts(parts.registries)},
      {"GenericResources", nullptr},
      {"DockerRootDir", parts.directory.string()},
      {"HttpProxy", masked(parts.registries.http_proxy)},
      {"HttpsProxy", masked(parts.registries.https_proxy)},
      {"NoProxy", parts.registries.no_proxy},
      {"Name", parts.name},
      {"Labels", json::array()},
      {"ExperimentalBuild", false},
      {"ServerVersion", parts.version},
      {"Runtimes", json::object{{"crun", json::object{{"path", "crun"}}}}},
      {"DefaultRuntime", "crun"},
      {"Swarm",
       {{"NodeID", ""},
        {"NodeAddr", ""},
        {"LocalNodeState", "inactive"},
        {"ControlAvailable", false},
        {"Error", ""},
        {"RemoteManagers", nullptr}}},
      {"LiveRestoreEnabled", true},
      {"Isolation", ""},
      {"InitBinary", "cove-reaper"},
      {"ContainerdCommit", {{"ID", ""}, {"Expected", ""}}},
      {"RuncCommit", {{"ID", ""}, {"Expected", ""}}},
      {"InitCommit", {{"ID", ""}, {"Expected", ""}}},
      {"SecurityOptions", json::array{"name=seccomp,profile=builtin"}},
      {"CDISpecDirs", nullptr},
      {"Warnings", nullptr}};
  for (const auto& [name, value] : memory_facts(host)) object[name] = value;
  return object;
}

bool passes(const Event& event, const Filters& filters) {
  const auto attribute = [&](const std::string& name) {
    const auto found = event.attributes.find(name);
    return found == event.attributes.end() ? std::string() : found->second;
  };
  const auto names = [&](const std::string& wanted) {
    return event.actor == wanted || attribute("name") == wanted ||
           (wanted.size() >= 4 && event.actor.starts_with(wanted));
  };
  // "nginx" is any tag of it.
  const auto is_image = [&](const std::string& wanted) {
    const std::string& shown = event.type == "image" ? attribute("name") : attribute("image");
    return shown == wanted || shown.substr(0, shown.rfind(':')) == wanted ||
           (event.type == "image" && event.actor == wanted);
  };
  const auto matches = [&](const std::string& filter, const std::string& wanted) {
    if (filter == "event")
      return event.action == wanted || event.action.substr(0, event.action.find(':')) == wanted;
    if (filter == "type") return event.type == wanted;
    if (filter == "scope") return wanted == "local";
    if (filter == "label") return matches_labels(event.attributes, {wanted});
    if (filter == "image") return is_image(wanted);
    return event.type == filter && names(wanted);
  };
  return std::ranges::all_of(filters, [&](const auto& filter) {
    const auto any = [&](const std::string& wanted) { return matches(filter.first, wanted); };
    if (filter.first == "label") return std::ranges::all_of(filter.second, any);
    return filter.second.empty() || std::ranges::any_of(filter.second, any);
  });
}

std::vector<Route> system_routes(const std::shared_ptr<const SystemParts>& parts) {
  return {
      {"GET", "/_ping", ping},
      {"HEAD", "/_ping", ping},
      {"GET", "/version",
       [parts](Exchange& exchange) -> Outcome<> {
         exchange.json(200, version_json(*parts));
         return {};
       }},
      {"GET", "/info",
       [parts](Exchange& exchange) -> Outcome<> {
         exchange.json(200, info_json(*parts));
         return {};
       }},
      {"GET", "/events", [parts](Exchange& exchange) { return get_events(*parts, exchange); }},
      {"GET", "/system/df", [parts](Exchange& exchange) { return get_df(*parts, exchange); }},
      {"POST", "/auth", [parts](Exchange& exchange) { return post_auth(*parts, exchange); }},
  };
}

std::vector<Route> swarm_routes() {
  std::vector<Route> routes;
  const auto refuse = [&](const std::string& pattern, const std::string& message) {
    for (const char* method : {"GET", "POST", "PUT", "DELETE"}) {
      routes.push_back({method, pattern, [message](Exchange&) -> Outcome<> {
                          return ApiError{503, message};
                        }});
    }
  };
  const std::string no_swarm =
      "This node is not a swarm manager and cannot become one. Cove runs Kubernetes instead: use "
      "kubectl for what should run on a cluster.";
  for (const std::string name : {"swarm", "nodes", "services", "tasks", "secrets", "configs"}) {
    refuse("/" + name, no_swarm);
    refuse("/" + name + "/{rest…}", no_swarm);
  }
  routes.push_back({"GET", "/plugins", [](Exchange& exchange) -> Outcome<> {
                      exchange.json(200, json::array());
                      return {};
                    }});
  refuse("/plugins/{rest…}", "Cove's engine has no plugins.");
  return routes;
}

}  // namespace cove::engine
