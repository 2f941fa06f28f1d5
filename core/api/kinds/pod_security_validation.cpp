#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"

namespace cove::api::pods {
namespace {

void check_id(ErrorList& errors, const FieldPath& path, const json::object& context,
              std::string_view field, bool group) {
  const auto id = integer_at(context, {field});
  if (!id) return;
  for (const std::string& problem : group ? check_group_id(*id) : check_user_id(*id)) {
    errors.invalid(path / field, *id, problem);
  }
}

// Seccomp and AppArmor profiles have the same form and differ in their words.
void check_profile(ErrorList& errors, const FieldPath& path, const json::object& context,
                   std::string_view field, std::string_view what) {
  const json::object* const profile = object_at(context, {field});
  if (profile == nullptr) return;
  const FieldPath at = path / field;
  const std::string_view type = text_at(*profile, {"type"});
  const std::string_view local = text_at(*profile, {"localhostProfile"});
  const bool given = rules::has(*profile, {"localhostProfile"});
  if (type.empty()) {
    errors.required(at / "type", fmt::format("type is required when {} is set", field));
    return;
  }
  rules::enumeration(errors, at / "type", type, {"Localhost", "RuntimeDefault", "Unconfined"});
  if (type == "Localhost") {
    if (!given || local.empty()) {
      errors.required(at / "localhostProfile",
                      fmt::format("must be set when {} type is Localhost", what));
    } else if (field == "seccompProfile") {
      validate_descending_path(errors, at / "localhostProfile", local);
    } else if (local.front() == ' ' || local.back() == ' ') {
      errors.invalid(at / "localhostProfile", json::string(local),
                     "must not be padded with whitespace");
    } else if (local.size() > 4095) {
      errors.too_long(at / "localhostProfile", 4095);
    }
  } else if (given) {
    errors.invalid(at / "localhostProfile", json::string(local),
                   fmt::format("can only be set when {} type is Localhost", what));
  }
}

// "net.ipv4.ip_forward", "kernel.shm_rmid_forced", "net/ipv4/conf/eno2.100/rp_filter".
bool is_sysctl_name(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  bool after_word = false;
  for (const char c : name) {
    if (is_word(c)) {
      after_word = true;
    } else if (c == '.' || c == '/') {
      if (!after_word) return false;
      after_word = false;
    } else if (c != '-' && c != '_') {
      return false;
    } else if (!after_word) {
      return false;
    }
  }
  return is_word(name.back());
}

void check_sysctls(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  std::set<std::string, std::less<>> names;
  rules::each(array_at(spec, {"securityContext", "sysctls"}), [&](const json::object& sysctl,
                                                                  std::size_t i) {
    const FieldPath at = path.index(i) / "name";
    const std::string_view given = text_at(sysctl, {"name"});
    if (given.empty()) {
      errors.required(at);
    } else if (!is_sysctl_name(given)) {
      errors.invalid(at, json::string(given),
                     "must have at most 253 characters and match regex "
                     "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$");
    } else if (!names.emplace(given).second) {
      errors.duplicate(at, json::string(given));
    }
    std::string name(given);
    std::ranges::replace(name, '/', '.');
    const bool of_ipc = name.starts_with("kernel.shm") || name.starts_with("kernel.msg") ||
                        name == "kernel.sem" || name.starts_with("fs.mqueue.");
    if (name.starts_with("net.") && flag_at(spec, {"hostNetwork"})) {
      errors.invalid(at, json::string(given), "may not be specified when 'hostNetwork' is true");
    }
    if (of_ipc && flag_at(spec, {"hostIPC"})) {
      errors.invalid(at, json::string(given), "may not be specified when 'hostIPC' is true");
    }
  });
}

void check_windows(ErrorList& errors, const FieldPath& path, const json::object& context) {
  const json::object* const options = object_at(context, {"windowsOptions"});
  if (options == nullptr) return;
  const FieldPath at = path / "windowsOptions";
  if (rules::has(*options, {"gmsaCredentialSpecName"})) {
    const std::string_view name = text_at(*options, {"gmsaCredentialSpecName"});
    add_problems(errors, at / "gmsaCredentialSpecName", name, check_dns1123_subdomain(name));
  }
  if (rules::has(*options, {"gmsaCredentialSpec"})) {
    const std::string_view text = text_at(*options, {"gmsaCredentialSpec"});
    if (text.empty()) {
      errors.invalid(at / "gmsaCredentialSpec", "", "gmsaCredentialSpec cannot be an empty string");
    } else if (text.size() > 64 * 1024) {
      errors.invalid(at / "gmsaCredentialSpec", json::string(text),
                     "gmsaCredentialSpec size must be under 64 KiB");
    }
  }
  if (rules::has(*options, {"runAsUserName"}) && text_at(*options, {"runAsUserName"}).empty()) {
    errors.invalid(at / "runAsUserName", "", "runAsUserName cannot be an empty string");
  }
}

void check_host_users(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  const json::value* const users = member(spec, "hostUsers");
  if (users == nullptr || !users->is_bool() || users->get_bool()) return;
  for (const std::string_view field : {"hostNetwork", "hostPID", "hostIPC"}) {
    if (!flag_at(spec, {field})) continue;
    errors.forbidden(path / "hostUsers" / field,
                     "when `hostUsers` is false, a pod cannot use the node's namespaces");
  }
}

constexpr std::array<std::string_view, 10> kLinuxPodSecurity = {
    "seLinuxOptions",  "seccompProfile",
    "fsGroup",         "fsGroupChangePolicy",
    "sysctls",         "runAsUser",
    "runAsGroup",      "supplementalGroups",
    "appArmorProfile", "supplementalGroupsPolicy"};
constexpr std::array<std::string_view, 9> kLinuxContainerSecurity = {
    "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem",  "privileged",
    "procMount",      "runAsUser",      "runAsGroup",   "allowPrivilegeEscalation"};

void check_windows_pod(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  constexpr std::string_view kProblem = "cannot be set for a windows pod";
  for (const std::string_view field : {"hostPID", "hostIPC"}) {
    if (flag_at(spec, {field})) errors.forbidden(path / field, std::string(kProblem));
  }
  const auto forbid = [&](const json::object& object, Steps steps, const FieldPath& at) {
    if (rules::has(object, steps)) errors.forbidden(at, std::string(kProblem));
  };
  forbid(spec, {"hostUsers"}, path / "hostUsers");
  forbid(spec, {"shareProcessNamespace"}, path / "shareProcessNamespace");
  for (const std::string_view field : kLinuxPodSecurity) {
    forbid(spec, {"securityContext", field}, path / "securityContext" / field);
  }
  each_container(spec, {"containers", "initContainers", "ephemeralContainers"}, path,
                 [&](const json::object& container, const FieldPath& at) {
                   for (const std::string_view field : kLinuxContainerSecurity) {
                     forbid(container, {"securityContext", field}, at / "securityContext" / field);
                   }
                 });
}

void check_linux_pod(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  constexpr std::string_view kProblem = "windows options cannot be set for a linux pod";
  if (rules::has(spec, {"securityContext", "windowsOptions"})) {
    errors.forbidden(path / "securityContext" / "windowsOptions", std::string(kProblem));
  }
  each_container(spec, {"containers", "initContainers", "ephemeralContainers"}, path,
                 [&](const json::object& container, const FieldPath& at) {
                   if (!rules::has(container, {"securityContext", "windowsOptions"})) return;
                   errors.forbidden(at / "securityContext" / "windowsOptions",
                                    std::string(kProblem));
                 });
}

}  // namespace

void validate_pod_security(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  check_host_users(errors, path, spec);
  const json::object* const context = object_at(spec, {"securityContext"});
  if (context == nullptr) return;
  const FieldPath at = path / "securityContext";
  if (flag_at(spec, {"shareProcessNamespace"}) && flag_at(spec, {"hostPID"})) {
    errors.invalid(at / "shareProcessNamespace", true,
                   "ShareProcessNamespace and HostPID cannot both be enabled");
  }
  check_id(errors, at, *context, "fsGroup", true);
  check_id(errors, at, *context, "runAsUser", false);
  check_id(errors, at, *context, "runAsGroup", true);
  if (const json::array* const groups = array_at(*context, {"supplementalGroups"})) {
    for (std::size_t i = 0; i < groups->size(); ++i) {
      if (!(*groups)[i].is_int64()) continue;
      const std::int64_t id = (*groups)[i].get_int64();
      for (const std::string& problem : check_group_id(id)) {
        errors.invalid((at / "supplementalGroups").index(i), id, problem);
      }
    }
  }
  check_sysctls(errors, at / "sysctls", spec);
  rules::enumeration(errors, at / "fsGroupChangePolicy", text_at(*context, {"fsGroupChangePolicy"}),
                     {"Always", "OnRootMismatch"});
  rules::enumeration(errors, at / "supplementalGroupsPolicy",
                     text_at(*context, {"supplementalGroupsPolicy"}), {"Merge", "Strict"});
  rules::enumeration(errors, at / "seLinuxChangePolicy", text_at(*context, {"seLinuxChangePolicy"}),
                     {"MountOption", "Recursive"});
  check_profile(errors, at, *context, "seccompProfile", "seccomp");
  check_profile(errors, at, *context, "appArmorProfile", "AppArmor");
  check_windows(errors, at, *context);
}

void validate_container_security(ErrorList& errors, const FieldPath& path,
                                 const json::object& context, const json::object& spec) {
  check_id(errors, path, context, "runAsUser", false);
  check_id(errors, path, context, "runAsGroup", true);
  const std::string_view proc = text_at(context, {"procMount"});
  if (!proc.empty()) {
    rules::enumeration(errors, path / "procMount", proc, {"Default", "Unmasked"});
    const json::value* const users = member(spec, "hostUsers");
    const bool host_users = users == nullptr || !users->is_bool() || users->get_bool();
    if (host_users && proc == "Unmasked") {
      errors.invalid(path / "procMount", json::string(proc),
                     "`hostUsers` must be false to use `Unmasked`");
    }
  }
  check_profile(errors, path, context, "seccompProfile", "seccomp");
  check_profile(errors, path, context, "appArmorProfile", "AppArmor");
  check_windows(errors, path, context);
  const json::value* const escalation = member(context, "allowPrivilegeEscalation");
  if (escalation == nullptr || !escalation->is_bool() || escalation->get_bool()) return;
  if (flag_at(context, {"privileged"})) {
    errors.invalid(path, context,
                   "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
  }
  rules::each_text(
      array_at(context, {"capabilities", "add"}), [&](std::string_view name, std::size_t) {
        if (name != "CAP_SYS_ADMIN") return;
        errors.invalid(path, context,
                       "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` "
                       "CAP_SYS_ADMIN");
      });
}

void validate_os(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  if (object_at(spec, {"os"}) == nullptr) return;
  const std::string_view name = text_at(spec, {"os", "name"});
  if (name.empty()) {
    errors.required(path / "os" / "name", "cannot be empty");
    return;
  }
  rules::enumeration(errors, path / "os", name, {"linux", "windows"});
  if (name == "windows") check_windows_pod(errors, path, spec);
  if (name == "linux") check_linux_pod(errors, path, spec);
}

}  // namespace cove::api::pods
