#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"

namespace cove::api::pods {
namespace {

constexpr std::string_view kMirror = "kubernetes.io/config.mirror";
constexpr std::string_view kUpdatable =
    "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    "`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

const json::object& spec_of(const json::object& pod) {
  static const json::object empty;
  const json::object* const spec = object_at(pod, {"spec"});
  return spec == nullptr ? empty : *spec;
}

std::size_t count(const json::object& spec, std::string_view list) {
  return rules::size_at(spec, {list});
}

// Which of a node's own pods it shows is said when it is made, and never again.
void check_mirror(ErrorList& errors, const json::object& pod, const json::object& old) {
  const Steps path = {"metadata", "annotations", kMirror};
  if (rules::same_at(pod, old, path)) return;
  errors.forbidden((FieldPath("metadata") / "annotations").key(kMirror),
                   rules::has(old, path) ? "may not remove or update mirror pod annotation"
                                         : "may not add mirror pod annotation");
}

// Whether as many containers are there as before; their images may differ but not be empty.
bool check_counts(ErrorList& errors, const json::object& spec, const json::object& old) {
  bool same_count = true;
  for (const std::string_view list : {"containers", "initContainers"}) {
    const FieldPath at = FieldPath("spec") / list;
    if (count(spec, list) != count(old, list)) {
      errors.forbidden(at, "pod updates may not add or remove containers");
      same_count = false;
      continue;
    }
    rules::each(array_at(spec, {list}), [&](const json::object& container, std::size_t i) {
      if (text_at(container, {"image"}).empty()) errors.required(at.index(i) / "image");
    });
  }
  return same_count;
}

void check_deadline(ErrorList& errors, const json::object& spec, const json::object& old) {
  const FieldPath at = FieldPath("spec") / "activeDeadlineSeconds";
  const auto now = integer_at(spec, {"activeDeadlineSeconds"});
  const auto before = integer_at(old, {"activeDeadlineSeconds"});
  if (now) {
    if (*now < 0 || *now > INT32_MAX) errors.invalid(at, *now, range_problem(0, INT32_MAX));
    if (before && *before < *now) {
      errors.invalid(at, *now, "must be less than or equal to previous value");
    }
  } else if (before) {
    errors.invalid(at, nullptr, "must not update from a positive integer to nil value");
  }
}

// Tolerations may be added, and the seconds of those there are may change.
void check_tolerations(ErrorList& errors, const json::object& spec, const json::object& old) {
  // Documents are canonical: what is the same has the same text.
  const auto texts = [](const json::object& of) {
    std::set<std::string> all;
    rules::each(array_at(of, {"tolerations"}), [&](const json::object& toleration, std::size_t) {
      json::object copy = toleration;
      copy.stable_erase("tolerationSeconds");
      all.insert(to_text(copy));
    });
    return all;
  };
  if (std::ranges::includes(texts(spec), texts(old))) return;
  errors.forbidden(FieldPath("spec") / "tolerations",
                   "existing toleration can not be modified except its tolerationSeconds");
}

void check_gates(ErrorList& errors, const json::object& spec, const json::object& old) {
  std::set<std::string, std::less<>> known;
  rules::each(array_at(old, {"schedulingGates"}), [&](const json::object& gate, std::size_t) {
    known.emplace(text_at(gate, {"name"}));
  });
  rules::each(array_at(spec, {"schedulingGates"}), [&](const json::object& gate, std::size_t i) {
    const std::string_view name = text_at(gate, {"name"});
    if (known.contains(name)) return;
    errors.forbidden(
        (FieldPath("spec") / "schedulingGates").index(i),
        fmt::format("only deletion is allowed, but found new scheduling gate '{}'", name));
  });
}

// While gates hold a pod back, the nodes it may go to can be narrowed.
bool narrows_nodes(const json::object& spec, const json::object& old) {
  const json::object* const before = object_at(old, {"nodeSelector"});
  const json::object* const now = object_at(spec, {"nodeSelector"});
  if (before == nullptr) return true;
  return now != nullptr && std::ranges::all_of(*before, [&](const auto& label) {
           const json::value* const value = member(*now, label.key());
           return value != nullptr && same(*value, label.value());
         });
}

void allow_gated_changes(ErrorList& errors, json::object& munged, const json::object& spec,
                         const json::object& old) {
  if (count(old, "schedulingGates") == 0) return;
  if (narrows_nodes(spec, old)) {
    rules::restore(munged, old, {"nodeSelector"});
  } else {
    errors.invalid(FieldPath("spec") / "nodeSelector", *value_at(old, {"nodeSelector"}),
                   "only additions are allowed while the pod has scheduling gates");
  }
  if (!rules::has(old, {"affinity", "nodeAffinity"})) {
    if (rules::has(munged, {"affinity"})) {
      erase_at(munged, {"affinity", "nodeAffinity"});
      if (object_at(munged, {"affinity"})->empty() && !rules::has(old, {"affinity"})) {
        munged.erase("affinity");
      }
    }
  }
}

void restore_images(json::object& munged, const json::object& old) {
  for (const std::string_view list : {"containers", "initContainers"}) {
    const json::array* const before = array_at(old, {list});
    rules::each(rules::array_in(munged, {list}), [&](json::object& container, std::size_t i) {
      if (before == nullptr || i >= before->size() || !(*before)[i].is_object()) return;
      rules::restore(container, (*before)[i].get_object(), {"image"});
    });
  }
}

// The names of the fields that differ, for people.
std::string differing(const json::object& a, const json::object& b) {
  std::vector<std::string> names;
  for (const auto& [name, value] : a) {
    if (!rules::same_at(a, b, {name})) names.emplace_back(name);
  }
  for (const auto& [name, value] : b) {
    if (!rules::has(a, {name}) && rules::has(b, {name})) names.emplace_back(name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

// The containers of `spec` with everything as in `old` that a resize may change.
void restore_resources(json::object& munged, const json::object& old) {
  for (const std::string_view list : {"containers", "initContainers"}) {
    const json::array* const before = array_at(old, {list});
    rules::each(rules::array_in(munged, {list}), [&](json::object& container, std::size_t i) {
      if (before == nullptr || i >= before->size() || !(*before)[i].is_object()) return;
      const json::object& other = (*before)[i].get_object();
      rules::restore(container, other, {"resources"});
      rules::restore(container, other, {"resizePolicy"});
    });
  }
  rules::restore(munged, old, {"resources"});
}

using ByName = std::map<std::string_view, const json::object*, std::less<>>;

ByName by_name(const json::array* list) {
  ByName found;
  rules::each(list, [&](const json::object& one, std::size_t) {
    found.try_emplace(text_at(one, {"name"}), &one);
  });
  return found;
}

bool same_specs(const json::object& a, const json::object& b) {
  return same(json::value(a), json::value(b));
}

}  // namespace

void validate_pod_update(ErrorList& errors, const json::object& pod, const json::object& old_pod) {
  const json::object& spec = spec_of(pod);
  const json::object& old = spec_of(old_pod);
  check_mirror(errors, pod, old_pod);
  if (!check_counts(errors, spec, old)) return;
  check_deadline(errors, spec, old);
  check_tolerations(errors, spec, old);
  check_gates(errors, spec, old);
  json::object munged = spec;
  restore_images(munged, old);
  for (const std::string_view field : {"activeDeadlineSeconds", "tolerations", "schedulingGates"}) {
    rules::restore(munged, old, {field});
  }
  if (integer_at(old, {"terminationGracePeriodSeconds"}).value_or(0) < 0 &&
      integer_at(spec, {"terminationGracePeriodSeconds"}) == 1) {
    rules::restore(munged, old, {"terminationGracePeriodSeconds"});
  }
  allow_gated_changes(errors, munged, spec, old);
  if (same_specs(munged, old)) return;
  errors.forbidden("spec", fmt::format("pod updates may not change fields other than {}\n{}",
                                       kUpdatable, differing(munged, old)));
}

void validate_ephemeral_update(ErrorList& errors, const json::object& pod,
                               const json::object& old_pod) {
  check_mirror(errors, pod, old_pod);
  const FieldPath at = FieldPath("spec") / "ephemeralContainers";
  const ByName now = by_name(array_at(spec_of(pod), {"ephemeralContainers"}));
  rules::each(array_at(spec_of(old_pod), {"ephemeralContainers"}), [&](const json::object& before,
                                                                       std::size_t) {
    const std::string_view name = text_at(before, {"name"});
    const auto found = now.find(name);
    const auto refuse = [&](std::string_view what) {
      errors.forbidden(
          at, fmt::format("existing ephemeral containers \"{}\" may not be {}\n", name, what));
    };
    if (found == now.end()) {
      refuse("removed");
    } else if (!same_specs(*found->second, before)) {
      refuse("changed");
    }
  });
}

void validate_resize(ErrorList& errors, const json::object& pod, const json::object& old_pod) {
  if (rules::has(old_pod, {"metadata", "annotations", kMirror}))
    return errors.forbidden(FieldPath(), "static pods cannot be resized");
  check_mirror(errors, pod, old_pod);
  const json::object& spec = spec_of(pod);
  const json::object& old = spec_of(old_pod);
  json::object munged = spec;
  restore_resources(munged, old);
  if (!same_specs(munged, old)) {
    errors.forbidden("spec", fmt::format("only cpu and memory resources are mutable\n{}",
                                         differing(munged, old)));
  }
  if (qos_class(spec) != qos_class(old)) {
    errors.invalid("spec", json::string(qos_class(spec)),
                   "Pod QOS Class may not change as a result of resizing");
  }
  if (text_at(spec, {"os", "name"}) == "windows") {
    errors.forbidden("spec", "windows pods cannot be resized");
  }
}

void validate_pod_status_update(ErrorList& errors, const json::object& pod,
                                const json::object& old) {
  const std::string_view node = text_at(pod, {"spec", "nodeName"});
  const std::string_view nominated = text_at(pod, {"status", "nominatedNodeName"});
  const FieldPath status = "status";
  check_mirror(errors, pod, old);
  if (!nominated.empty()) {
    add_problems(errors, status / "nominatedNodeName", nominated,
                 check_dns1123_subdomain(nominated));
  }
  if (node != text_at(old, {"spec", "nodeName"})) {
    errors.forbidden(status / "nodeName", "may not be changed directly");
  }
  const std::string_view policy = text_at(old, {"spec", "restartPolicy"});
  // A container that has ended for good does not start again.
  if (policy == "Always") return;
  const ByName containers = by_name(array_at(spec_of(old), {"containers"}));
  const ByName statuses = by_name(array_at(pod, {"status", "containerStatuses"}));
  rules::each(array_at(old, {"status", "containerStatuses"}), [&](const json::object& before,
                                                                  std::size_t i) {
    const json::object* const ended = object_at(before, {"state", "terminated"});
    if (ended == nullptr) return;
    const bool failed = integer_at(*ended, {"exitCode"}).value_or(0) != 0;
    if (failed && policy == "OnFailure") return;
    const std::string_view name = text_at(before, {"name"});
    const auto container = containers.find(name);
    if (container != containers.end() && !text_at(*container->second, {"restartPolicy"}).empty()) {
      return;
    }
    const auto now = statuses.find(name);
    if (now == statuses.end() || rules::has(*now->second, {"state", "terminated"})) {
      return;
    }
    errors.forbidden((status / "containerStatuses").index(i) / "state",
                     "may not be transitioned to non-terminated state");
  });
}

}  // namespace cove::api::pods
