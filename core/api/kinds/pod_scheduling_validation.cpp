#include <fmt/format.h>

#include <algorithm>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"

namespace cove::api::pods {
namespace {

void check_label_name(ErrorList& errors, const FieldPath& path, std::string_view name) {
  add_problems(errors, path, name, check_qualified_name(name));
}

void check_requirement(ErrorList& errors, const FieldPath& path, const json::object& requirement) {
  const std::string_view how = text_at(requirement, {"operator"});
  const std::size_t values = rules::size_at(requirement, {"values"});
  if (how == "In" || how == "NotIn") {
    if (values == 0) {
      errors.required(path / "values", "must be specified when `operator` is 'In' or 'NotIn'");
    }
  } else if (how == "Exists" || how == "DoesNotExist") {
    if (values > 0) {
      errors.forbidden(path / "values",
                       "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
  } else if (how == "Gt" || how == "Lt") {
    if (values != 1) {
      errors.required(path / "values",
                      "must be specified single value when `operator` is 'Lt' or 'Gt'");
    }
  } else {
    errors.invalid(path / "operator", json::string(how), "not a valid selector operator");
  }
  check_label_name(errors, path / "key", text_at(requirement, {"key"}));
  if (how != "In" && how != "NotIn") return;
  rules::each_text(array_at(requirement, {"values"}), [&](std::string_view value, std::size_t i) {
    add_problems(errors, (path / "values").index(i), value, check_label_value(value));
  });
}

void check_field_requirement(ErrorList& errors, const FieldPath& path,
                             const json::object& requirement) {
  const std::string_view how = text_at(requirement, {"operator"});
  if (how != "In" && how != "NotIn") {
    errors.invalid(path / "operator", json::string(how), "not a valid selector operator");
  } else if (rules::size_at(requirement, {"values"}) != 1) {
    errors.required(path / "values",
                    "must be only one value when `operator` is 'In' or 'NotIn' for node field "
                    "selector");
  }
  const std::string_view key = text_at(requirement, {"key"});
  if (key != "metadata.name") {
    errors.invalid(path / "key", json::string(key), "not a valid field selector key");
    return;
  }
  rules::each_text(array_at(requirement, {"values"}), [&](std::string_view value, std::size_t i) {
    add_problems(errors, (path / "values").index(i), value, check_dns1123_subdomain(value));
  });
}

void check_node_term(ErrorList& errors, const FieldPath& path, const json::object& term) {
  rules::each(array_at(term, {"matchExpressions"}),
              [&](const json::object& requirement, std::size_t i) {
                check_requirement(errors, (path / "matchExpressions").index(i), requirement);
              });
  rules::each(array_at(term, {"matchFields"}), [&](const json::object& requirement, std::size_t i) {
    check_field_requirement(errors, (path / "matchFields").index(i), requirement);
  });
}

void check_weight(ErrorList& errors, const FieldPath& path, const json::object& term) {
  const std::int64_t weight = integer_at(term, {"weight"}).value_or(0);
  if (weight <= 0 || weight > 100) {
    errors.invalid(path / "weight", weight, "must be in the range 1-100");
  }
}

void check_node_affinity(ErrorList& errors, const FieldPath& path, const json::object& affinity) {
  constexpr std::string_view kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
  constexpr std::string_view kPreferred = "preferredDuringSchedulingIgnoredDuringExecution";
  if (const json::object* const required = object_at(affinity, {kRequired})) {
    const FieldPath at = path / kRequired / "nodeSelectorTerms";
    if (rules::size_at(*required, {"nodeSelectorTerms"}) == 0) {
      errors.required(at, "must have at least one node selector term");
    }
    rules::each(array_at(*required, {"nodeSelectorTerms"}),
                [&](const json::object& term, std::size_t i) {
                  check_node_term(errors, at.index(i), term);
                });
  }
  rules::each(array_at(affinity, {kPreferred}), [&](const json::object& term, std::size_t i) {
    const FieldPath at = (path / kPreferred).index(i);
    check_weight(errors, at, term);
    const json::object* const preference = object_at(term, {"preference"});
    if (preference != nullptr) check_node_term(errors, at / "preference", *preference);
  });
}

void check_label_keys(ErrorList& errors, const FieldPath& path, const json::object& term,
                      std::string_view field) {
  const json::array* const keys = array_at(term, {field});
  if (keys == nullptr || keys->empty()) return;
  if (object_at(term, {"labelSelector"}) == nullptr) {
    errors.forbidden(path / field, "must not be specified when labelSelector is not set");
    return;
  }
  rules::each_text(keys, [&](std::string_view key, std::size_t i) {
    check_label_name(errors, (path / field).index(i), key);
  });
}

void check_pod_term(ErrorList& errors, const FieldPath& path, const json::object& term) {
  rules::label_selector(errors, path / "labelSelector", object_at(term, {"labelSelector"}));
  rules::label_selector(errors, path / "namespaceSelector", object_at(term, {"namespaceSelector"}));
  for (const std::string_view field : {"matchLabelKeys", "mismatchLabelKeys"}) {
    check_label_keys(errors, path, term, field);
  }
  std::set<std::string_view> matched;
  rules::each_text(array_at(term, {"matchLabelKeys"}),
                   [&](std::string_view key, std::size_t) { matched.insert(key); });
  rules::each_text(array_at(term, {"mismatchLabelKeys"}), [&](std::string_view key, std::size_t i) {
    if (!matched.contains(key)) return;
    errors.invalid((path / "mismatchLabelKeys").index(i), json::string(key),
                   "exists in both matchLabelKeys and mismatchLabelKeys");
  });
  rules::each_text(array_at(term, {"namespaces"}), [&](std::string_view name, std::size_t) {
    add_problems(errors, path / "namespace", name, check_dns1123_label(name));
  });
  const std::string_view topology = text_at(term, {"topologyKey"});
  if (topology.empty()) errors.required(path / "topologyKey", "can not be empty");
  check_label_name(errors, path / "topologyKey", topology);
}

void check_pod_affinity(ErrorList& errors, const FieldPath& path, const json::object& affinity) {
  constexpr std::string_view kRequired = "requiredDuringSchedulingIgnoredDuringExecution";
  constexpr std::string_view kPreferred = "preferredDuringSchedulingIgnoredDuringExecution";
  rules::each(array_at(affinity, {kRequired}), [&](const json::object& term, std::size_t i) {
    check_pod_term(errors, (path / kRequired).index(i), term);
  });
  rules::each(array_at(affinity, {kPreferred}), [&](const json::object& term, std::size_t i) {
    const FieldPath at = (path / kPreferred).index(i);
    check_weight(errors, at, term);
    if (const json::object* const inner = object_at(term, {"podAffinityTerm"})) {
      check_pod_term(errors, at / "podAffinityTerm", *inner);
    }
  });
}

void check_affinity(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  if (const json::object* const node = object_at(spec, {"affinity", "nodeAffinity"})) {
    check_node_affinity(errors, path / "nodeAffinity", *node);
  }
  for (const std::string_view name : {"podAffinity", "podAntiAffinity"}) {
    if (const json::object* const pod = object_at(spec, {"affinity", name})) {
      check_pod_affinity(errors, path / name, *pod);
    }
  }
}

void check_spread(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  std::set<std::string> seen;
  rules::each(array_at(spec, {"topologySpreadConstraints"}), [&](const json::object& constraint,
                                                                 std::size_t i) {
    const FieldPath at = path.index(i);
    const std::int64_t skew = integer_at(constraint, {"maxSkew"}).value_or(0);
    if (skew <= 0) errors.invalid(at / "maxSkew", skew, "must be greater than zero");
    const std::string_view topology = text_at(constraint, {"topologyKey"});
    if (topology.empty()) {
      errors.required(at / "topologyKey", "can not be empty");
    } else {
      check_label_name(errors, at / "topologyKey", topology);
    }
    const std::string_view action = text_at(constraint, {"whenUnsatisfiable"});
    if (action != "DoNotSchedule" && action != "ScheduleAnyway") {
      errors.not_supported(at / "whenUnsatisfiable", json::string(action),
                           {"DoNotSchedule", "ScheduleAnyway"});
    }
    const std::string pair = fmt::format("{{{}, {}}}", topology, action);
    if (!seen.insert(pair).second) {
      errors.duplicate(at / "{topologyKey, whenUnsatisfiable}", json::string(pair));
    }
    if (const auto domains = integer_at(constraint, {"minDomains"})) {
      if (*domains <= 0) {
        errors.invalid(at / "minDomains", *domains, "must be greater than zero");
      }
      if (action != "DoNotSchedule") {
        errors.invalid(at / "minDomains", *domains,
                       fmt::format("can only use minDomains if whenUnsatisfiable=DoNotSchedule, "
                                   "not {}",
                                   action));
      }
    }
    for (const std::string_view field : {"nodeAffinityPolicy", "nodeTaintsPolicy"}) {
      rules::enumeration(errors, at / field, text_at(constraint, {field}), {"Honor", "Ignore"});
    }
    check_label_keys(errors, at, constraint, "matchLabelKeys");
    rules::label_selector(errors, at / "labelSelector", object_at(constraint, {"labelSelector"}));
  });
}

void check_gates(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  std::set<std::string, std::less<>> seen;
  rules::each(array_at(spec, {"schedulingGates"}), [&](const json::object& gate, std::size_t i) {
    const std::string_view name = text_at(gate, {"name"});
    check_label_name(errors, path.index(i), name);
    if (!seen.emplace(name).second) errors.duplicate(path.index(i), json::string(name));
  });
}

void check_effect(ErrorList& errors, const FieldPath& path, std::string_view effect) {
  rules::enumeration(errors, path, effect, {"NoExecute", "NoSchedule", "PreferNoSchedule"});
}

bool is_integer(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.size() < 19 &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

void validate_tolerations(ErrorList& errors, const FieldPath& path,
                          const json::array* tolerations) {
  rules::each(tolerations, [&](const json::object& toleration, std::size_t i) {
    const FieldPath at = path.index(i);
    const std::string_view key = text_at(toleration, {"key"});
    const std::string_view how = text_at(toleration, {"operator"});
    const std::string_view value = text_at(toleration, {"value"});
    const std::string_view effect = text_at(toleration, {"effect"});
    if (!key.empty()) check_label_name(errors, at / "key", key);
    if (key.empty() && how != "Exists") {
      errors.invalid(at / "operator", json::string(how),
                     "operator must be Exists when `key` is empty, which means \"match all values "
                     "and all keys\"");
    }
    if (rules::has(toleration, {"tolerationSeconds"}) && effect != "NoExecute") {
      errors.invalid(at / "effect", json::string(effect),
                     "effect must be 'NoExecute' when `tolerationSeconds` is set");
    }
    if (how.empty() || how == "Equal") {
      add_problems(errors, at / "operator", value, check_label_value(value));
    } else if (how == "Exists") {
      if (!value.empty()) {
        errors.invalid(at / "operator", toleration,
                       "value must be empty when `operator` is 'Exists'");
      }
    } else if (how == "Lt" || how == "Gt") {
      if (!is_integer(value)) {
        errors.invalid(at / "value", json::string(value), "must be an integer");
      }
    } else {
      errors.not_supported(at / "operator", json::string(how), {"Equal", "Exists", "Gt", "Lt"});
    }
    if (!effect.empty()) check_effect(errors, at / "effect", effect);
  });
}

void validate_scheduling(ErrorList& errors, const FieldPath& path, const json::object& spec) {
  rules::labels(errors, path / "nodeSelector", object_at(spec, {"nodeSelector"}));
  check_affinity(errors, path / "affinity", spec);
  check_gates(errors, path / "schedulingGates", spec);
  check_spread(errors, path / "topologySpreadConstraints", spec);
  validate_tolerations(errors, path / "tolerations", array_at(spec, {"tolerations"}));
}

}  // namespace cove::api::pods
