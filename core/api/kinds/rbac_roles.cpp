#include <fmt/format.h>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

// Role, ClusterRole and their bindings: each pair differs in where it holds alone.
namespace cove::api {
namespace {

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

void check_rule(const json::object& rule, const FieldPath& path, bool namespaced,
                ErrorList& errors) {
  const auto empty = [&](std::string_view field) { return rules::size_at(rule, {field}) == 0; };
  if (empty("verbs")) {
    errors.required(path / "verbs", "verbs must contain at least one value");
  }
  if (!empty("nonResourceURLs")) {
    if (namespaced) {
      errors.invalid(path / "nonResourceURLs", *value_at(rule, {"nonResourceURLs"}),
                     "namespaced rules cannot apply to non-resource URLs");
    }
    if (!empty("apiGroups") || !empty("resources") || !empty("resourceNames")) {
      errors.invalid(path / "nonResourceURLs", *value_at(rule, {"nonResourceURLs"}),
                     "rules cannot apply to both regular resources and non-resource URLs");
    }
    return;
  }
  if (empty("apiGroups")) {
    errors.required(path / "apiGroups", "resource rules must supply at least one api group");
  }
  if (empty("resources")) {
    errors.required(path / "resources", "resource rules must supply at least one resource");
  }
}

void check_rules(const json::object& object, bool namespaced, ErrorList& errors) {
  rules::each(array_at(object, {"rules"}), [&](const json::object& rule, std::size_t i) {
    check_rule(rule, FieldPath("rules").index(i), namespaced, errors);
  });
}

void check_aggregation(const json::object& object, ErrorList& errors) {
  const json::array* selectors = array_at(object, {"aggregationRule", "clusterRoleSelectors"});
  const FieldPath path = "aggregationRule.clusterRoleSelectors";
  if (rules::has(object, {"aggregationRule"}) && (selectors == nullptr || selectors->empty())) {
    errors.required(path,
                    "at least one clusterRoleSelector required if aggregationRule is "
                    "non-nil");
  }
  rules::each(selectors, [&](const json::object& selector, std::size_t i) {
    rules::label_selector(errors, path.index(i), &selector);
  });
}

void default_subjects(json::object& object) {
  rules::each(rules::array_in(object, {"subjects"}), [](json::object& subject, std::size_t) {
    if (text_at(subject, {"apiGroup"}).empty() &&
        rules::one_of(text_at(subject, {"kind"}), {"User", "Group"})) {
      subject["apiGroup"] = rules::cell(kGroup);
    }
  });
}

void check_subject(const json::object& subject, const FieldPath& path, bool namespaced,
                   ErrorList& errors) {
  const std::string_view kind = text_at(subject, {"kind"});
  const std::string_view name = text_at(subject, {"name"});
  const std::string_view group = text_at(subject, {"apiGroup"});
  rules::required_text(errors, path / "name", name);
  if (kind == "ServiceAccount") {
    if (!name.empty()) {
      rules::name(errors, path / "name", name, NameRule::kDnsSubdomain);
    }
    if (!group.empty()) {
      errors.not_supported(path / "apiGroup", rules::cell(group), {""});
    }
    if (!namespaced) {
      rules::required_text(errors, path / "namespace", text_at(subject, {"namespace"}));
    }
  } else if (kind == "User" || kind == "Group") {
    if (group != kGroup) {
      errors.not_supported(path / "apiGroup", rules::cell(group), {std::string(kGroup)});
    }
  } else {
    errors.not_supported(path / "kind", rules::cell(kind), {"Group", "ServiceAccount", "User"});
  }
}

void check_binding(const json::object& object, bool namespaced, ErrorList& errors) {
  const std::string_view group = text_at(object, {"roleRef", "apiGroup"});
  const std::string_view kind = text_at(object, {"roleRef", "kind"});
  const std::string_view name = text_at(object, {"roleRef", "name"});
  if (group != kGroup) {
    errors.not_supported("roleRef.apiGroup", rules::cell(group), {std::string(kGroup)});
  }
  if (kind != "ClusterRole" && !(namespaced && kind == "Role")) {
    errors.not_supported("roleRef.kind", rules::cell(kind),
                         namespaced ? std::vector<std::string>{"ClusterRole", "Role"}
                                    : std::vector<std::string>{"ClusterRole"});
  }
  if (name.empty()) {
    errors.required("roleRef.name");
  } else {
    rules::name(errors, "roleRef.name", name, NameRule::kPathSegment);
  }
  rules::each(array_at(object, {"subjects"}), [&](const json::object& subject, std::size_t i) {
    check_subject(subject, FieldPath("subjects").index(i), namespaced, errors);
  });
}

void check_reference_kept(const json::object& object, const json::object& old, ErrorList& errors) {
  if (!rules::same_at(object, old, {"roleRef"})) {
    const json::value* reference = value_at(object, {"roleRef"});
    errors.invalid("roleRef", reference == nullptr ? json::value() : *reference,
                   "cannot change roleRef");
  }
}

std::string subjects_text(const json::object& object, std::string_view kind) {
  std::vector<std::string> names;
  rules::each(array_at(object, {"subjects"}), [&](const json::object& subject, std::size_t) {
    if (text_at(subject, {"kind"}) != kind) {
      return;
    }
    const std::string_view name = text_at(subject, {"name"});
    names.push_back(kind == "ServiceAccount"
                        ? fmt::format("{}/{}", text_at(subject, {"namespace"}), name)
                        : std::string(name));
  });
  return rules::join(names, ", ");
}

json::array role_cells(const json::object& object, WallTime) {
  return {rules::name_cell(object), rules::created_cell(object)};
}

json::array binding_cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object),
          rules::cell(fmt::format("{}/{}", text_at(object, {"roleRef", "kind"}),
                                  text_at(object, {"roleRef", "name"}))),
          rules::age_cell(object, now),
          rules::cell(subjects_text(object, "User")),
          rules::cell(subjects_text(object, "Group")),
          rules::cell(subjects_text(object, "ServiceAccount"))};
}

Kind kind(const BuiltinSchemas& schemas, std::string_view name, bool namespaced) {
  const std::string singular = rules::lower(name);
  return {.gvk = {std::string(kGroup), "v1", std::string(name)},
          .plural = singular + "s",
          .singular = singular,
          .namespaced = namespaced,
          .schema = &schemas.type(fmt::format("rbac/v1.{}", name)),
          .name_rule = NameRule::kPathSegment,
          .allows_create_on_update = true,
          .tracks_generation = false};
}

Kind role(const BuiltinSchemas& schemas, std::string_view name, bool namespaced) {
  Kind made = kind(schemas, name, namespaced);
  made.columns = {rules::name_column(), rules::created_column()};
  made.cells = role_cells;
  made.rules.validate = [namespaced](const json::object& object, ErrorList& errors) {
    check_rules(object, namespaced, errors);
    check_aggregation(object, errors);
  };
  return made;
}

Kind binding(const BuiltinSchemas& schemas, std::string_view name, bool namespaced) {
  Kind made = kind(schemas, name, namespaced);
  made.columns = {rules::name_column(),
                  rules::column("Role", "The role that is granted."),
                  rules::age_column(),
                  rules::column("Users", "Users who get it.", 1),
                  rules::column("Groups", "Groups that get it.", 1),
                  rules::column("ServiceAccounts", "Service accounts that get it.", 1)};
  made.cells = binding_cells;
  made.rules.set_defaults = default_subjects;
  made.rules.validate = [namespaced](const json::object& object, ErrorList& errors) {
    check_binding(object, namespaced, errors);
  };
  made.rules.validate_update = check_reference_kept;
  return made;
}

}  // namespace

std::vector<Kind> rbac_kinds(const BuiltinSchemas& schemas) {
  return {role(schemas, "Role", true), role(schemas, "ClusterRole", false),
          binding(schemas, "RoleBinding", true), binding(schemas, "ClusterRoleBinding", false)};
}

}  // namespace cove::api
