#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"

namespace cove::api::pods {
namespace {

using Names = std::set<std::string, std::less<>>;

constexpr std::int64_t kDefaultGrace = 30;

void check_ports(ErrorList& errors, const FieldPath& path, const json::object& container) {
  Names names;
  rules::each(array_at(container, {"ports"}), [&](const json::object& port, std::size_t i) {
    const FieldPath at = path.index(i);
    if (const std::string_view name = text_at(port, {"name"}); !name.empty()) {
      if (const Problems problems = check_port_name(name); !problems.empty()) {
        add_problems(errors, at / "name", name, problems);
      } else if (!names.emplace(name).second) {
        errors.duplicate(at / "name", json::string(name));
      }
    }
    const auto number = [&](std::string_view field, std::int64_t value) {
      for (const std::string& problem : check_port_number(value)) {
        errors.invalid(at / field, value, problem);
      }
    };
    const std::int64_t inside = integer_at(port, {"containerPort"}).value_or(0);
    if (inside == 0) {
      errors.required(at / "containerPort");
    } else {
      number("containerPort", inside);
    }
    const std::int64_t outside = integer_at(port, {"hostPort"}).value_or(0);
    if (outside != 0) number("hostPort", outside);
    rules::required_enumeration(errors, at / "protocol", text_at(port, {"protocol"}),
                                {"SCTP", "TCP", "UDP"});
  });
}

// Two containers that run at once cannot have the same port of the node.
void check_host_ports(ErrorList& errors, const FieldPath& path, const json::array* containers,
                      Names& taken) {
  rules::each(containers, [&](const json::object& container, std::size_t i) {
    rules::each(array_at(container, {"ports"}), [&](const json::object& port, std::size_t j) {
      const std::int64_t number = integer_at(port, {"hostPort"}).value_or(0);
      if (number == 0) return;
      const std::string text =
          fmt::format("{}/{}/{}", text_at(port, {"protocol"}), text_at(port, {"hostIP"}), number);
      if (!taken.insert(text).second) {
        errors.duplicate((path.index(i) / "ports").index(j) / "hostPort", json::string(text));
      }
    });
  });
}

void check_resize_policy(ErrorList& errors, const FieldPath& path, const json::object& container) {
  Names seen;
  rules::each(array_at(container, {"resizePolicy"}), [&](const json::object& rule, std::size_t i) {
    const FieldPath at = path.index(i);
    const std::string_view resource = text_at(rule, {"resourceName"});
    rules::required_enumeration(errors, at, resource, {"cpu", "memory"});
    rules::required_enumeration(errors, at, text_at(rule, {"restartPolicy"}),
                                {"NotRequired", "RestartContainer"});
    if (!resource.empty() && !seen.emplace(resource).second) {
      errors.duplicate(at, json::string(resource));
    }
  });
}

void check_restart_rules(ErrorList& errors, const FieldPath& path, const json::object& container) {
  const std::string_view policy = text_at(container, {"restartPolicy"});
  if (!policy.empty()) {
    rules::enumeration(errors, path / "restartPolicy", policy, {"Always", "Never", "OnFailure"});
  }
  const json::array* const list = array_at(container, {"restartPolicyRules"});
  if (list == nullptr || list->empty()) return;
  const FieldPath at = path / "restartPolicyRules";
  if (policy.empty()) {
    errors.required(path / "restartPolicy",
                    "must specify restartPolicy when restart rules are used");
  }
  if (list->size() > 20) errors.too_long(at, 20);
  rules::each(list, [&](const json::object& rule, std::size_t i) {
    rules::required_enumeration(errors, at.index(i) / "action", text_at(rule, {"action"}),
                                {"Restart", "RestartAllContainers"});
    const json::object* const codes = object_at(rule, {"exitCodes"});
    if (codes == nullptr) {
      errors.required(at.index(i) / "exitCodes", "must be specified");
      return;
    }
    const FieldPath inside = at.index(i) / "exitCodes";
    rules::required_enumeration(errors, inside / "operator", text_at(*codes, {"operator"}),
                                {"In", "NotIn"});
    if (rules::size_at(*codes, {"values"}) > 255) errors.too_long(inside / "values", 255);
  });
}

void check_common(ErrorList& errors, const FieldPath& path, const json::object& container,
                  const Surroundings& around) {
  const std::string_view name = text_at(container, {"name"});
  if (name.empty()) {
    errors.required(path / "name");
  } else {
    add_problems(errors, path / "name", name, check_dns1123_label(name));
  }
  const std::string_view image = text_at(container, {"image"});
  if (image.empty()) {
    errors.required(path / "image");
  } else if (around.pod &&
             (image.front() == ' ' || image.back() == ' ' || image.front() == '\t' ||
              image.back() == '\t' || image.front() == '\n' || image.back() == '\n')) {
    errors.invalid(path / "image", json::string(image),
                   "must not have leading or trailing whitespace");
  }
  rules::required_enumeration(errors, path / "terminationMessagePolicy",
                              text_at(container, {"terminationMessagePolicy"}),
                              {"FallbackToLogsOnError", "File"});
  check_ports(errors, path / "ports", container);
  validate_environment(errors, path, container);
  validate_mounts(errors, path, container, around.volumes);
  rules::required_enumeration(errors, path / "imagePullPolicy",
                              text_at(container, {"imagePullPolicy"}),
                              {"Always", "IfNotPresent", "Never"});
  if (const json::object* const resources = object_at(container, {"resources"})) {
    validate_resources(errors, path / "resources", *resources, &around.claims);
  }
  check_resize_policy(errors, path / "resizePolicy", container);
  if (const json::object* const context = object_at(container, {"securityContext"})) {
    validate_container_security(errors, path / "securityContext", *context, around.spec);
  }
  check_restart_rules(errors, path, container);
}

void check_plain(ErrorList& errors, const FieldPath& path, const Surroundings& around,
                 std::int64_t grace, Names& names) {
  const json::array* const containers = array_at(around.spec, {"containers"});
  if (containers == nullptr || containers->empty()) {
    errors.required(path);
    return;
  }
  rules::each(containers, [&](const json::object& container, std::size_t i) {
    const FieldPath at = path.index(i);
    check_common(errors, at, container, around);
    const std::string_view name = text_at(container, {"name"});
    if (!names.emplace(name).second) errors.duplicate(at / "name", json::string(name));
    validate_lifecycle(errors, at / "lifecycle", container, around);
    validate_probes(errors, at, container, grace);
  });
  Names taken;
  check_host_ports(errors, path, containers, taken);
}

void check_init(ErrorList& errors, const FieldPath& path, const Surroundings& around,
                std::int64_t grace, Names& names) {
  rules::each(
      array_at(around.spec, {"initContainers"}), [&](const json::object& container, std::size_t i) {
        const FieldPath at = path.index(i);
        check_common(errors, at, container, around);
        const std::string_view name = text_at(container, {"name"});
        if (!name.empty() && !names.emplace(name).second) {
          errors.duplicate(at / "name", json::string(name));
        }
        const bool sidecar = text_at(container, {"restartPolicy"}) == "Always";
        if (sidecar) {
          validate_lifecycle(errors, at / "lifecycle", container, around);
          validate_probes(errors, at, container, grace);
        } else {
          for (const std::string_view field :
               {"lifecycle", "livenessProbe", "readinessProbe", "startupProbe"}) {
            if (!rules::has(container, {field})) continue;
            errors.forbidden(at / field,
                             "may not be set for init containers without restartPolicy=Always");
          }
        }
        // Init containers run one after another: each has the node's ports for itself.
        Names taken;
        const json::array alone = {container};
        ErrorList conflicts;
        check_host_ports(conflicts, path, &alone, taken);
        errors.append(std::move(conflicts));
      });
}

void check_ephemeral_container(ErrorList& errors, const FieldPath& path,
                               const json::object& container, const Surroundings& around,
                               const Names& targets) {
  check_common(errors, path, container, around);
  const std::string_view target = text_at(container, {"targetContainerName"});
  if (!target.empty() && !targets.contains(target)) {
    errors.not_found(path / "targetContainerName", json::string(target));
  }
  constexpr std::array<std::string_view, 8> kForbidden = {
      "ports",     "livenessProbe", "readinessProbe", "startupProbe",
      "lifecycle", "resizePolicy",  "restartPolicy",  "restartPolicyRules"};
  for (const std::string_view field : kForbidden) {
    const json::value* const given = member(container, field);
    if (given == nullptr || (given->is_array() && given->get_array().empty())) continue;
    errors.forbidden(path / field, "cannot be set for an Ephemeral Container");
  }
  const json::object* const resources = object_at(container, {"resources"});
  if (resources != nullptr && !resources->empty()) {
    errors.forbidden(path / "resources", "cannot be set for an Ephemeral Container");
  }
  rules::each(array_at(container, {"volumeMounts"}), [&](const json::object& mount, std::size_t i) {
    for (const std::string_view field : {"subPath", "subPathExpr"}) {
      if (text_at(mount, {field}).empty()) continue;
      errors.forbidden((path / "volumeMounts").index(i) / field,
                       "cannot be set for an Ephemeral Container");
    }
  });
}

// A port of the node must be the container's own where the pod has the node's network; templates
// may leave it away, it is filled in when the pod is made.
void check_host_network(ErrorList& errors, const FieldPath& path, const Surroundings& around) {
  if (!flag_at(around.spec, {"hostNetwork"})) return;
  each_container(
      around.spec, {"containers", "initContainers"}, path,
      [&](const json::object& container, const FieldPath& at) {
        rules::each(array_at(container, {"ports"}), [&](const json::object& port, std::size_t i) {
          const std::int64_t outside = integer_at(port, {"hostPort"}).value_or(0);
          if ((!around.pod && outside == 0) ||
              outside == integer_at(port, {"containerPort"}).value_or(0)) {
            return;
          }
          errors.invalid((at / "ports").index(i) / "hostPort", outside,
                         "must match `containerPort` when `hostNetwork` is true");
        });
      });
}

}  // namespace

void validate_containers(ErrorList& errors, const FieldPath& path, const Surroundings& around) {
  const std::int64_t grace =
      integer_at(around.spec, {"terminationGracePeriodSeconds"}).value_or(kDefaultGrace);
  Names names;
  check_plain(errors, path / "containers", around, grace, names);
  check_init(errors, path / "initContainers", around, grace, names);
  const Names targets = names;
  rules::each(array_at(around.spec, {"ephemeralContainers"}),
              [&](const json::object& container, std::size_t i) {
                const FieldPath at = (path / "ephemeralContainers").index(i);
                check_ephemeral_container(errors, at, container, around, targets);
                const std::string_view name = text_at(container, {"name"});
                if (!names.emplace(name).second) errors.duplicate(at / "name", json::string(name));
              });
  check_host_network(errors, path, around);
}

void validate_mounts(ErrorList& errors, const FieldPath& path, const json::object& container,
                     const Volumes& volumes) {
  const json::array* const devices = array_at(container, {"volumeDevices"});
  Names device_names;
  Names device_paths;
  rules::each(devices, [&](const json::object& device, std::size_t) {
    device_names.emplace(text_at(device, {"name"}));
    device_paths.emplace(text_at(device, {"devicePath"}));
  });
  const bool privileged = flag_at(container, {"securityContext", "privileged"});
  const FieldPath mounts = path / "volumeMounts";
  Names points;
  Names mounted;
  rules::each(array_at(container, {"volumeMounts"}), [&](const json::object& mount, std::size_t i) {
    const FieldPath at = mounts.index(i);
    const std::string_view name = text_at(mount, {"name"});
    const std::string_view point = text_at(mount, {"mountPath"});
    mounted.emplace(name);
    if (name.empty()) errors.required(at / "name");
    if (!volumes.contains(name)) errors.not_found(at / "name", json::string(name));
    if (point.empty()) errors.required(at / "mountPath");
    if (!points.emplace(point).second) {
      errors.invalid(at / "mountPath", json::string(point), "must be unique");
    }
    if (device_names.contains(name)) {
      errors.invalid(at / "name", json::string(name), "must not already exist in volumeDevices");
    }
    if (device_paths.contains(point)) {
      errors.invalid(at / "mountPath", json::string(point),
                     "must not already exist as a path in volumeDevices");
    }
    const std::string_view sub_path = text_at(mount, {"subPath"});
    const std::string_view expression = text_at(mount, {"subPathExpr"});
    validate_descending_path(errors, mounts / "subPath", sub_path);
    if (!expression.empty()) {
      if (!sub_path.empty()) {
        errors.invalid(at / "subPathExpr", json::string(expression),
                       "subPathExpr and subPath are mutually exclusive");
      }
      validate_descending_path(errors, mounts / "subPathExpr", expression);
    }
    const std::string_view propagation = text_at(mount, {"mountPropagation"});
    if (!propagation.empty()) {
      rules::enumeration(errors, mounts / "mountPropagation", propagation,
                         {"Bidirectional", "HostToContainer", "None"});
      if (propagation == "Bidirectional" && !privileged) {
        errors.forbidden(mounts / "mountPropagation",
                         "Bidirectional mount propagation is available only to privileged "
                         "containers");
      }
    }
    const std::string_view recursive = text_at(mount, {"recursiveReadOnly"});
    if (recursive.empty() || recursive == "Disabled") return;
    rules::enumeration(errors, mounts / "recursiveReadOnly", recursive,
                       {"Disabled", "Enabled", "IfPossible"});
    if (!flag_at(mount, {"readOnly"})) {
      errors.forbidden(mounts / "recursiveReadOnly", "may only be specified when readOnly is true");
    }
    if (!propagation.empty() && propagation != "None") {
      errors.forbidden(mounts / "recursiveReadOnly",
                       "may only be specified when mountPropagation is None or not specified");
    }
  });
  Names seen_paths;
  rules::each(devices, [&](const json::object& device, std::size_t i) {
    const FieldPath at = (path / "volumeDevices").index(i);
    const std::string_view name = text_at(device, {"name"});
    const std::string_view target = text_at(device, {"devicePath"});
    if (name.empty()) errors.required(at / "name");
    const auto volume = volumes.find(name);
    if (volume == volumes.end()) {
      errors.not_found(at / "name", json::string(name));
    } else if (!rules::has(*volume->second, {"persistentVolumeClaim"}) &&
               !rules::has(*volume->second, {"ephemeral"})) {
      errors.invalid(at / "name", json::string(name),
                     "can only use volume source type of PersistentVolumeClaim or Ephemeral for "
                     "block mode");
    }
    if (target.empty()) errors.required(at / "devicePath");
    validate_no_backsteps(errors, at / "devicePath", target);
    if (!seen_paths.emplace(target).second) {
      errors.invalid(at / "devicePath", json::string(target), "must be unique");
    }
    if (mounted.contains(name)) {
      errors.invalid(at / "name", json::string(name), "must not already exist in volumeMounts");
    }
  });
}

}  // namespace cove::api::pods
