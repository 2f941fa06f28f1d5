#include "core/server/admission/pod_security_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string_view>

#include "core/api/document.h"

namespace cove::server {
namespace {

namespace json = boost::json;
using Names = std::vector<std::string>;

constexpr std::array<std::string_view, 13> kBaselineCapabilities{
    "AUDIT_WRITE",      "CHOWN",   "DAC_OVERRIDE", "FOWNER",  "FSETID", "KILL",      "MKNOD",
    "NET_BIND_SERVICE", "SETFCAP", "SETGID",       "SETPCAP", "SETUID", "SYS_CHROOT"};
constexpr std::array<std::string_view, 10> kSafeSysctls{"kernel.shm_rmid_forced",
                                                        "net.ipv4.ip_local_port_range",
                                                        "net.ipv4.ip_unprivileged_port_start",
                                                        "net.ipv4.tcp_syncookies",
                                                        "net.ipv4.ping_group_range",
                                                        "net.ipv4.ip_local_reserved_ports",
                                                        "net.ipv4.tcp_keepalive_time",
                                                        "net.ipv4.tcp_fin_timeout",
                                                        "net.ipv4.tcp_keepalive_intvl",
                                                        "net.ipv4.tcp_keepalive_probes"};
constexpr std::array<std::string_view, 2> kMoreSysctls{"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"};
constexpr std::array<std::string_view, 9> kRestrictedVolumes{
    "configMap", "csi",   "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim",
    "projected", "secret"};

std::string quoted(const Names& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + api::quote(name);
  return out;
}

std::string sorted(std::set<std::string> names) {
  return quoted({names.begin(), names.end()});
}

std::string plural(std::string_view word, std::size_t count) {
  return std::string(word) + (count == 1 ? "" : "s");
}

// "container "a"" or "containers "a", "b"".
std::string containers_text(const Names& names) {
  return fmt::format("{} {}", plural("container", names.size()), quoted(names));
}

// One fault: its name and what is said of it.
std::string fault(std::string_view name, std::string_view detail) {
  return fmt::format("{} ({})", name, detail);
}

class Pod {
 public:
  explicit Pod(const json::object& pod) : pod_(pod) {}

  const json::object& document() const { return pod_; }
  const json::value* at(std::string_view field) const {
    return api::value_at(pod_, {"spec", field});
  }
  const json::object& context() const {
    static const json::object none;
    const json::object* const found = api::object_at(pod_, {"spec", "securityContext"});
    return found != nullptr ? *found : none;
  }

  void each(const std::function<void(const json::object&, const std::string&)>& visit) const {
    for (const std::string_view list : {"initContainers", "containers", "ephemeralContainers"}) {
      const json::array* const all = api::array_at(pod_, {"spec", list});
      if (all == nullptr) continue;
      for (const json::value& container : *all) {
        if (container.is_object())
          visit(container.get_object(),
                std::string(api::text_at(container.get_object(), {"name"})));
      }
    }
  }

  Names containers(const std::function<bool(const json::object&)>& wanted) const {
    Names names;
    each([&](const json::object& container, const std::string& name) {
      if (wanted(container)) names.push_back(name);
    });
    return names;
  }

 private:
  const json::object& pod_;
};

using Faults = std::vector<std::string>;

bool is_true(const json::value* value) {
  return value != nullptr && value->is_bool() && value->get_bool();
}
bool is_false(const json::value* value) {
  return value != nullptr && value->is_bool() && !value->get_bool();
}
const json::value* security(const json::object& container, std::string_view field) {
  return api::value_at(container, {"securityContext", field});
}

template <std::size_t N>
bool in(const std::array<std::string_view, N>& all, std::string_view one) {
  return std::ranges::find(all, one) != all.end();
}

bool on_windows(const Pod& pod) {
  return api::text_at(pod.document(), {"spec", "os", "name"}) == "windows";
}

// --- Baseline ---

void app_armor(const Pod& pod, Faults& faults) {
  const auto wrong = [](const json::object& holder, api::Steps path) {
    const std::string_view type = api::text_at(holder, path);
    return !type.empty() && type != "RuntimeDefault" && type != "Localhost";
  };
  Names details;
  std::set<std::string> values;
  if (wrong(pod.context(), {"appArmorProfile", "type"})) {
    details.emplace_back("pod");
    values.emplace(api::text_at(pod.context(), {"appArmorProfile", "type"}));
  }
  const Names bad = pod.containers([&](const json::object& c) {
    if (!wrong(c, {"securityContext", "appArmorProfile", "type"})) return false;
    values.emplace(api::text_at(c, {"securityContext", "appArmorProfile", "type"}));
    return true;
  });
  if (!bad.empty()) details.push_back(containers_text(bad));
  if (!details.empty()) {
    faults.push_back(fault(plural("forbidden AppArmor profile", values.size()),
                           fmt::format("{} must not set AppArmor profile type to {}",
                                       fmt::join(details, " and "), sorted(values))));
  }
  std::set<std::string> annotations;
  if (const json::object* const all = api::object_at(pod.document(), {"metadata", "annotations"})) {
    for (const auto& member : *all) {
      const std::string_view name(member.key());
      if (!name.starts_with("container.apparmor.security.beta.kubernetes.io/")) continue;
      const std::string_view value =
          member.value().is_string() ? api::view(member.value().get_string()) : "";
      if (!value.empty() && value != "runtime/default" && !value.starts_with("localhost/"))
        annotations.insert(fmt::format("{}={}", name, api::quote(value)));
    }
  }
  if (!annotations.empty()) {
    faults.push_back(fault(plural("forbidden AppArmor profile", annotations.size()),
                           fmt::format("{}", fmt::join(annotations, ", "))));
  }
}

void baseline_capabilities(const Pod& pod, Faults& faults) {
  std::set<std::string> added;
  const Names bad = pod.containers([&](const json::object& c) {
    const json::array* const all = api::array_at(c, {"securityContext", "capabilities", "add"});
    bool any = false;
    if (all == nullptr) return false;
    for (const json::value& each : *all) {
      if (!each.is_string() || in(kBaselineCapabilities, api::view(each.get_string()))) continue;
      added.emplace(api::view(each.get_string()));
      any = true;
    }
    return any;
  });
  if (!bad.empty()) {
    faults.push_back(fault("non-default capabilities",
                           fmt::format("{} must not include {} in securityContext.capabilities.add",
                                       containers_text(bad), sorted(added))));
  }
}

void host_namespaces(const Pod& pod, Faults& faults) {
  Names used;
  for (const std::string_view field : {"hostNetwork", "hostPID", "hostIPC"}) {
    if (is_true(pod.at(field))) used.push_back(fmt::format("{}=true", field));
  }
  if (!used.empty())
    faults.push_back(fault("host namespaces", fmt::format("{}", fmt::join(used, ", "))));
}

void host_path(const Pod& pod, Faults& faults) {
  Names bad;
  if (const json::array* const volumes = api::array_at(pod.document(), {"spec", "volumes"})) {
    for (const json::value& volume : *volumes) {
      if (volume.is_object() && api::value_at(volume.get_object(), {"hostPath"}) != nullptr)
        bad.emplace_back(api::text_at(volume.get_object(), {"name"}));
    }
  }
  if (!bad.empty()) {
    faults.push_back(
        fault("hostPath volumes", fmt::format("{} {}", plural("volume", bad.size()), quoted(bad))));
  }
}

void host_ports(const Pod& pod, Faults& faults) {
  std::set<std::string> ports;
  const Names bad = pod.containers([&](const json::object& c) {
    const json::array* const all = api::array_at(c, {"ports"});
    bool any = false;
    if (all == nullptr) return false;
    for (const json::value& each : *all) {
      const auto port =
          each.is_object() ? api::integer_at(each.get_object(), {"hostPort"}).value_or(0) : 0;
      if (port == 0) continue;
      ports.insert(std::to_string(port));
      any = true;
    }
    return any;
  });
  if (!bad.empty()) {
    faults.push_back(
        fault("hostPort",
              fmt::format("{} {} {} {}", containers_text(bad), bad.size() == 1 ? "uses" : "use",
                          plural("hostPort", ports.size()), fmt::join(ports, ", "))));
  }
}

// Probes and hooks may not send the node's agent anywhere else than to the pod.
void host_probes(const Pod& pod, Faults& faults) {
  const Names bad = pod.containers([](const json::object& c) {
    const auto names_host = [&](api::Steps path) {
      const json::object* const handler = api::object_at(c, path);
      return handler != nullptr && (!api::text_at(*handler, {"httpGet", "host"}).empty() ||
                                    !api::text_at(*handler, {"tcpSocket", "host"}).empty());
    };
    return names_host({"livenessProbe"}) || names_host({"readinessProbe"}) ||
           names_host({"startupProbe"}) || names_host({"lifecycle", "postStart"}) ||
           names_host({"lifecycle", "preStop"});
  });
  if (!bad.empty()) {
    faults.push_back(fault(
        "probe or lifecycle host",
        fmt::format("{} must not set host in probes or lifecycle hooks", containers_text(bad))));
  }
}

void host_process(const Pod& pod, Faults& faults) {
  Names details;
  if (is_true(api::value_at(pod.context(), {"windowsOptions", "hostProcess"})))
    details.emplace_back("pod");
  const Names bad = pod.containers([](const json::object& c) {
    return is_true(api::value_at(c, {"securityContext", "windowsOptions", "hostProcess"}));
  });
  if (!bad.empty()) details.push_back(containers_text(bad));
  if (!details.empty()) {
    faults.push_back(fault("hostProcess", fmt::format("{} must not set securityContext."
                                                      "windowsOptions.hostProcess=true",
                                                      fmt::join(details, " and "))));
  }
}

void privileged(const Pod& pod, Faults& faults) {
  const Names bad =
      pod.containers([](const json::object& c) { return is_true(security(c, "privileged")); });
  if (!bad.empty()) {
    faults.push_back(fault("privileged", fmt::format("{} must not set securityContext.privileged="
                                                     "true",
                                                     containers_text(bad))));
  }
}

void proc_mount(const Pod& pod, Faults& faults) {
  std::set<std::string> types;
  const Names bad = pod.containers([&](const json::object& c) {
    const std::string_view type = api::text_at(c, {"securityContext", "procMount"});
    if (type.empty() || type == "Default") return false;
    types.emplace(type);
    return true;
  });
  if (!bad.empty()) {
    faults.push_back(fault("procMount", fmt::format("{} must not set securityContext.procMount to "
                                                    "{}",
                                                    containers_text(bad), sorted(types))));
  }
}

bool wrong_seccomp(std::string_view type) {
  return !type.empty() && type != "RuntimeDefault" && type != "Localhost";
}

void baseline_seccomp(const Pod& pod, Faults& faults) {
  Names details;
  std::set<std::string> types;
  if (const auto type = api::text_at(pod.context(), {"seccompProfile", "type"});
      wrong_seccomp(type)) {
    details.emplace_back("pod");
    types.emplace(type);
  }
  const Names bad = pod.containers([&](const json::object& c) {
    const auto type = api::text_at(c, {"securityContext", "seccompProfile", "type"});
    if (!wrong_seccomp(type)) return false;
    types.emplace(type);
    return true;
  });
  if (!bad.empty()) details.push_back(containers_text(bad));
  if (!details.empty()) {
    faults.push_back(fault("seccompProfile",
                           fmt::format("{} must not set securityContext.seccompProfile.type to {}",
                                       fmt::join(details, " and "), sorted(types))));
  }
}

void se_linux(const Pod& pod, Faults& faults) {
  std::set<std::string> types;
  bool user = false;
  bool role = false;
  const auto wrong = [&](const json::object& holder) {
    const std::string_view type = api::text_at(holder, {"seLinuxOptions", "type"});
    const bool bad_type = !type.empty() && type != "container_t" && type != "container_init_t" &&
                          type != "container_kvm_t" && type != "container_engine_t";
    const bool bad_user = !api::text_at(holder, {"seLinuxOptions", "user"}).empty();
    const bool bad_role = !api::text_at(holder, {"seLinuxOptions", "role"}).empty();
    if (bad_type) types.emplace(type);
    user = user || bad_user;
    role = role || bad_role;
    return bad_type || bad_user || bad_role;
  };
  Names setters;
  if (wrong(pod.context())) setters.emplace_back("pod");
  const Names bad = pod.containers([&](const json::object& c) {
    const json::object* const context = api::object_at(c, {"securityContext"});
    return context != nullptr && wrong(*context);
  });
  if (!bad.empty()) setters.push_back(containers_text(bad));
  if (setters.empty()) return;
  Names what;
  if (!types.empty())
    what.push_back(fmt::format("{} {}", plural("type", types.size()), sorted(types)));
  if (user) what.emplace_back("user may not be set");
  if (role) what.emplace_back("role may not be set");
  faults.push_back(
      fault("seLinuxOptions", fmt::format("{} set forbidden securityContext.seLinuxOptions: {}",
                                          fmt::join(setters, " and "), fmt::join(what, "; "))));
}

void sysctls(const Pod& pod, Faults& faults) {
  Names bad;
  if (const json::array* const all = api::array_at(pod.context(), {"sysctls"})) {
    for (const json::value& each : *all) {
      const std::string_view name =
          each.is_object() ? api::text_at(each.get_object(), {"name"}) : std::string_view();
      if (!in(kSafeSysctls, name) && !in(kMoreSysctls, name)) bad.emplace_back(name);
    }
  }
  if (!bad.empty())
    faults.push_back(fault("forbidden sysctls", fmt::format("{}", fmt::join(bad, ", "))));
}

// --- Restricted ---

void privilege_escalation(const Pod& pod, Faults& faults) {
  if (on_windows(pod)) return;
  const Names bad = pod.containers(
      [](const json::object& c) { return !is_false(security(c, "allowPrivilegeEscalation")); });
  if (!bad.empty()) {
    faults.push_back(fault("allowPrivilegeEscalation != false",
                           fmt::format("{} must set securityContext.allowPrivilegeEscalation=false",
                                       containers_text(bad))));
  }
}

bool lists(const json::object& container, std::string_view list, std::string_view name) {
  const json::array* const all =
      api::array_at(container, {"securityContext", "capabilities", list});
  return all != nullptr && std::ranges::find(*all, json::value(api::key(name))) != all->end();
}

void restricted_capabilities(const Pod& pod, Faults& faults) {
  if (on_windows(pod)) return;
  Names details;
  const Names undropped =
      pod.containers([](const json::object& c) { return !lists(c, "drop", "ALL"); });
  if (!undropped.empty()) {
    details.push_back(fmt::format("{} must set securityContext.capabilities.drop=[\"ALL\"]",
                                  containers_text(undropped)));
  }
  std::set<std::string> added;
  const Names bad = pod.containers([&](const json::object& c) {
    const json::array* const all = api::array_at(c, {"securityContext", "capabilities", "add"});
    bool any = false;
    if (all == nullptr) return false;
    for (const json::value& each : *all) {
      if (!each.is_string() || each == "NET_BIND_SERVICE") continue;
      added.emplace(api::view(each.get_string()));
      any = true;
    }
    return any;
  });
  if (!bad.empty()) {
    details.push_back(fmt::format("{} must not include {} in securityContext.capabilities.add",
                                  containers_text(bad), sorted(added)));
  }
  if (!details.empty())
    faults.push_back(
        fault("unrestricted capabilities", fmt::format("{}", fmt::join(details, "; "))));
}

void restricted_volumes(const Pod& pod, Faults& faults) {
  Names bad;
  std::set<std::string> types;
  if (const json::array* const volumes = api::array_at(pod.document(), {"spec", "volumes"})) {
    for (const json::value& volume : *volumes) {
      if (!volume.is_object()) continue;
      for (const auto& member : volume.get_object()) {
        const std::string_view type(member.key());
        if (type == "name" || in(kRestrictedVolumes, type)) continue;
        types.emplace(type);
        bad.emplace_back(api::text_at(volume.get_object(), {"name"}));
        break;
      }
    }
  }
  if (!bad.empty()) {
    faults.push_back(
        fault("restricted volume types",
              fmt::format("{} {} {} restricted volume {} {}", plural("volume", bad.size()),
                          quoted(bad), bad.size() == 1 ? "uses" : "use",
                          plural("type", types.size()), sorted(types))));
  }
}

void run_as_non_root(const Pod& pod, Faults& faults) {
  if (is_false(pod.at("hostUsers"))) return;  // root of a user namespace of its own
  const bool by_pod = is_true(api::value_at(pod.context(), {"runAsNonRoot"}));
  const bool pod_says_no = is_false(api::value_at(pod.context(), {"runAsNonRoot"}));
  const Names explicitly_root =
      pod.containers([](const json::object& c) { return is_false(security(c, "runAsNonRoot")); });
  Names details;
  if (pod_says_no) details.emplace_back("pod must not set securityContext.runAsNonRoot=false");
  if (!explicitly_root.empty()) {
    details.push_back(fmt::format("{} must not set securityContext.runAsNonRoot=false",
                                  containers_text(explicitly_root)));
  }
  if (details.empty() && !by_pod) {
    const Names silent = pod.containers(
        [](const json::object& c) { return security(c, "runAsNonRoot") == nullptr; });
    if (!silent.empty()) {
      details.push_back(fmt::format("pod or {} must set securityContext.runAsNonRoot=true",
                                    containers_text(silent)));
    }
  }
  if (!details.empty())
    faults.push_back(fault("runAsNonRoot != true", fmt::format("{}", fmt::join(details, "; "))));
}

void run_as_user(const Pod& pod, Faults& faults) {
  if (is_false(pod.at("hostUsers"))) return;
  const auto root = [](const json::value* value) {
    return value != nullptr && value->is_int64() && value->get_int64() == 0;
  };
  Names details;
  if (root(api::value_at(pod.context(), {"runAsUser"}))) details.emplace_back("pod");
  const Names bad =
      pod.containers([&](const json::object& c) { return root(security(c, "runAsUser")); });
  if (!bad.empty()) details.push_back(containers_text(bad));
  if (!details.empty()) {
    faults.push_back(fault(
        "runAsUser=0", fmt::format("{} must not set runAsUser=0", fmt::join(details, " and "))));
  }
}

void restricted_seccomp(const Pod& pod, Faults& faults) {
  if (on_windows(pod)) return;
  const auto fine = [](std::string_view type) {
    return type == "RuntimeDefault" || type == "Localhost";
  };
  const bool by_pod = fine(api::text_at(pod.context(), {"seccompProfile", "type"}));
  const Names silent = pod.containers([&](const json::object& c) {
    return api::text_at(c, {"securityContext", "seccompProfile", "type"}).empty();
  });
  if (by_pod || silent.empty()) return;
  faults.push_back(fault("seccompProfile",
                         fmt::format("pod or {} must set securityContext.seccompProfile.type to "
                                     "\"RuntimeDefault\" or \"Localhost\"",
                                     containers_text(silent))));
}

}  // namespace

std::vector<std::string> pod_security_faults(const json::object& document, PodSecurityLevel level) {
  Faults faults;
  if (level == PodSecurityLevel::kPrivileged) return faults;
  const Pod pod(document);
  const bool restricted = level == PodSecurityLevel::kRestricted;
  host_namespaces(pod, faults);
  host_path(pod, faults);
  host_ports(pod, faults);
  host_probes(pod, faults);
  host_process(pod, faults);
  privileged(pod, faults);
  proc_mount(pod, faults);
  app_armor(pod, faults);
  se_linux(pod, faults);
  sysctls(pod, faults);
  baseline_seccomp(pod, faults);
  if (!restricted) {
    baseline_capabilities(pod, faults);
    return faults;
  }
  privilege_escalation(pod, faults);
  restricted_capabilities(pod, faults);
  restricted_volumes(pod, faults);
  run_as_non_root(pod, faults);
  run_as_user(pod, faults);
  restricted_seccomp(pod, faults);
  return faults;
}

}  // namespace cove::server
