#include "vm/provision/diagnosis.h"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>

#include "core/base/strings.h"
#include "core/pki/pki.h"

namespace cove::provision {
namespace {

constexpr std::uint64_t kLittleDiskGib = 5;
constexpr std::uint64_t kLittleMemoryMib = 1024;
constexpr std::chrono::hours kSoon{24 * 14};
constexpr const char* kRegistry = "registry-1.docker.io";

Finding make(std::string code, Health health, std::string finding, std::string fix = {},
             std::vector<std::string> values = {}) {
  return {{}, std::move(code), health, std::move(values), std::move(finding), std::move(fix)};
}

Finding not_running() {
  return make("not-running", Health::kUnknown, "The cluster is not running",
              "Start it, then check again.");
}

bool running(const DiagnosisInput& input) {
  return input.cluster && input.cluster->phase == Phase::kRunning;
}

Finding check_libvirt(const DiagnosisInput& input) {
  if (input.host) {
    const std::string& version = input.host->backend.version;
    return make("answers", Health::kGood, fmt::format("{} answers", version), {}, {version});
  }
  if (!input.host_error)
    return make("unasked", Health::kUnknown, "It has not answered yet", "Check again in a moment.");
  return make("silent", Health::kBad, input.host_error->message(),
              input.host_error->remedy.empty() ? "Install libvirt and QEMU for this account."
                                               : input.host_error->remedy,
              {input.host_error->message()});
}

Finding check_virtualization(const DiagnosisInput& input) {
  if (!input.host) return make("unasked", Health::kUnknown, "It is not known without libvirt");
  const vm::BackendInfo& backend = input.host->backend;
  if (backend.acceleration == vm::Acceleration::kKvm)
    return make("kvm", Health::kGood, "KVM works: machines run at full speed");
  return make(
      "software", Health::kWarning,
      fmt::format("Software emulation, several times slower: {}", backend.acceleration_note),
      "Switch virtualization on in the firmware's settings and let this account use "
      "/dev/kvm.",
      {backend.acceleration_note});
}

Finding check_image(const DiagnosisInput& input) {
  if (!input.host) return make("unasked", Health::kUnknown, "It is not known without libvirt");
  if (input.host->image_version.empty())
    return make("missing", Health::kBad, "The system image is missing",
                "Install the package again, or build the image.");
  return make("there", Health::kGood, fmt::format("Version {}", input.host->image_version), {},
              {input.host->image_version});
}

Finding check_disk(const DiagnosisInput& input) {
  if (!input.host) return make("unasked", Health::kUnknown, "It is not known without libvirt");
  const std::uint64_t free = input.host->disk_free_gib;
  const std::string amount = fmt::format("{}", free);
  if (free == 0)
    return make("full", Health::kBad, "Less than 1 GiB is free where clusters are kept",
                "Free some disk space, or set XDG_DATA_HOME to a folder on a larger disk.");
  if (free < kLittleDiskGib)
    return make("little", Health::kWarning,
                fmt::format("Only {} GiB are free where clusters are kept", free),
                "Free some disk space before you pull large images.", {amount});
  return make("enough", Health::kGood, fmt::format("{} GiB are free", free), {}, {amount});
}

Finding check_memory(const DiagnosisInput& input) {
  if (!input.host) return make("unasked", Health::kUnknown, "It is not known without libvirt");
  const std::uint64_t free = input.host->memory_available_mib;
  const std::vector<std::string> values{fmt::format("{}", free),
                                        fmt::format("{}", input.host->memory_mib)};
  if (free < kLittleMemoryMib)
    return make("little", Health::kWarning,
                fmt::format("Only {} of {} MiB are free", free, input.host->memory_mib),
                "Close other programs, or give the cluster less.", values);
  return make("enough", Health::kGood,
              fmt::format("{} of {} MiB are free", free, input.host->memory_mib), {}, values);
}

Finding check_ports(const DiagnosisInput& input) {
  if (!running(input)) return not_running();
  std::vector<std::string> open;
  for (const PortStatus& port : input.cluster->ports)
    open.push_back(fmt::format("{} → {}", port.host_port, port.name));
  if (open.empty())
    return make("none", Health::kWarning, "No port of this computer leads to the cluster",
                "Stop the cluster and start it again.");
  const std::string all = fmt::format("{}", fmt::join(open, ", "));
  return make("open", Health::kGood, fmt::format("Open: {}", all), {}, {all});
}

std::string variable(const DiagnosisInput& input, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (auto value = input.environment(name); value && !value->empty()) return *value;
  }
  return {};
}

Finding check_proxy(const DiagnosisInput& input) {
  const std::string proxy = variable(
      input, {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"});
  if (proxy.empty()) return make("none", Health::kGood, "No proxy is set");
  const std::string shown = shown_proxy(proxy);
  const std::string except = variable(input, {"no_proxy", "NO_PROXY"});
  const bool local = except == "*" || except.find("127.0.0.1") != std::string::npos;
  if (local) return make("set", Health::kGood, fmt::format("{} is set", shown), {}, {shown});
  return make("swallows", Health::kWarning,
              fmt::format("{} is set, also for addresses of this computer", shown),
              "Add 127.0.0.1 and localhost to no_proxy, or kubectl and docker may not reach the "
              "cluster.",
              {shown});
}

std::string ask_resolver(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* answer = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), "443", &hints, &answer);
  if (failed != 0) return ::gai_strerror(failed);
  ::freeaddrinfo(answer);
  return {};
}

Finding check_dns(const DiagnosisInput& input) {
  const std::string why = input.resolve ? input.resolve(kRegistry) : ask_resolver(kRegistry);
  if (why.empty())
    return make("answers", Health::kGood, fmt::format("{} is known", kRegistry), {}, {kRegistry});
  return make("silent", Health::kWarning, fmt::format("{} is not known: {}", kRegistry, why),
              "Images cannot be pulled until the network's name server answers. Those on the node "
              "go on working.",
              {kRegistry, why});
}

Finding check_certificates(const DiagnosisInput& input, WallTime now) {
  if (!input.cluster || input.cluster->engine_client.empty())
    return make("none", Health::kUnknown, "There are no certificates yet");
  const auto pem = read_file(input.cluster->engine_client / "cert.pem", 64 * 1024);
  const auto info = pem ? pki::inspect(*pem) : Result<pki::CertificateInfo>(pem.error());
  if (!info)
    return make("unreadable", Health::kBad, info.error().message(),
                "Stop the cluster and start it again: they are made anew.",
                {info.error().message()});
  const auto left = info->not_after - now;
  const auto days = std::chrono::duration_cast<std::chrono::hours>(left).count() / 24;
  const std::string shown = fmt::format("{}", std::max<std::int64_t>(0, days));
  if (left <= std::chrono::seconds(0))
    return make("expired", Health::kBad, "The client's certificate has expired",
                "Stop the cluster and start it again: it is renewed.");
  if (left < kSoon)
    return make("soon", Health::kWarning,
                fmt::format("The client's certificate ends in {} days", days),
                "It is renewed at the next start.", {shown});
  return make("valid", Health::kGood, fmt::format("Valid for {} days", days), {}, {shown});
}

// A clock that was never set makes certificates invalid.
Finding check_clock(const DiagnosisInput& input, WallTime now) {
  if (!input.cluster || input.cluster->engine_client.empty())
    return make("plausible", Health::kGood, "Nothing speaks against it");
  const auto pem = read_file(input.cluster->engine_client / "cert.pem", 64 * 1024);
  const auto info = pem ? pki::inspect(*pem) : Result<pki::CertificateInfo>(pem.error());
  if (!info || info->not_before <= now + std::chrono::minutes(1))
    return make("plausible", Health::kGood, "Nothing speaks against it");
  return make("behind", Health::kBad, "The clock is before the cluster's certificates were made",
              "Set this computer's date and time, best from the network.");
}

Finding check_api(const DiagnosisInput& input) {
  if (!running(input)) return not_running();
  if (input.cluster->api_ready)
    return make("answers", Health::kGood, fmt::format("{} answers", input.cluster->server), {},
                {input.cluster->server});
  return make("silent", Health::kBad, fmt::format("{} does not answer", input.cluster->server),
              "Look at the console log; stop the cluster and start it again.",
              {input.cluster->server});
}

Finding check_node(const DiagnosisInput& input) {
  if (!running(input)) return not_running();
  if (input.cluster->node_ready)
    return make("ready", Health::kGood, fmt::format("{} is ready", input.cluster->node_name), {},
                {input.cluster->node_name});
  return make("not-ready", Health::kBad, "The node is not ready",
              "Look at the console log and at the node's conditions.");
}

Finding check(const std::string& id, const DiagnosisInput& input, WallTime now) {
  if (id == "libvirt") return check_libvirt(input);
  if (id == "virtualization") return check_virtualization(input);
  if (id == "image") return check_image(input);
  if (id == "disk") return check_disk(input);
  if (id == "memory") return check_memory(input);
  if (id == "proxy") return check_proxy(input);
  if (id == "dns") return check_dns(input);
  if (id == "clock") return check_clock(input, now);
  if (id == "certificates") return check_certificates(input, now);
  if (id == "ports") return check_ports(input);
  if (id == "api") return check_api(input);
  return check_node(input);
}

const char* word(Health health) {
  switch (health) {
    case Health::kGood: return "good";
    case Health::kWarning: return "warning";
    case Health::kBad: return "BAD";
    case Health::kUnknown: break;
  }
  return "unknown";
}

}  // namespace

const std::vector<std::string>& diagnosis_checks() {
  static const std::vector<std::string> ids = {"libvirt", "virtualization", "image", "disk",
                                               "memory",  "proxy",          "dns",   "clock",
                                               "ports",   "certificates",   "api",   "node"};
  return ids;
}

std::vector<Finding> diagnose(const DiagnosisInput& input, const Clock& clock,
                              const std::function<void(const Finding&)>& found,
                              std::stop_token stop) {
  std::vector<Finding> all;
  for (const std::string& id : diagnosis_checks()) {
    if (stop.stop_requested()) break;
    Finding finding = check(id, input, clock.wall());
    finding.id = id;
    if (found) found(finding);
    all.push_back(std::move(finding));
  }
  return all;
}

std::string diagnosis_report(const DiagnosisInput& input, const std::vector<Finding>& findings,
                             WallTime now) {
  std::string report = fmt::format("Cove diagnosis, {}\n", rfc3339(now));
  if (input.host) {
    report += fmt::format("Host: {} CPUs, {} MiB of memory, {}\n", input.host->cpus,
                          input.host->memory_mib, input.host->backend.version);
  }
  if (input.cluster) {
    const ClusterStatus& status = *input.cluster;
    report += fmt::format(
        "Cluster: {} is {}, {} CPUs, {} MiB, {} GiB, network {}{}\n", status.profile,
        to_string(status.phase), status.wish.resources.cpus, status.wish.resources.memory_mib,
        status.wish.resources.disk_gib, to_string(status.wish.network),
        status.kubernetes_version.empty() ? "" : ", " + status.kubernetes_version);
    if (!status.reason.empty()) report += fmt::format("Reason: {}\n", status.reason);
  }
  report += '\n';
  for (const Finding& each : findings) {
    report += fmt::format("{:<15} {:<8} {}\n", each.id, word(each.health), each.finding);
    if (!each.fix.empty() && each.health != Health::kGood)
      report += fmt::format("{:<24} {}\n", "", each.fix);
  }
  return report;
}

}  // namespace cove::provision
