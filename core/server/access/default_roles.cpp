#include "core/server/access/default_roles.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <string_view>

#include "core/api/selector.h"
#include "core/base/strings.h"
#include "core/server/access/role_tables.h"

namespace cove::server {
namespace {

namespace json = boost::json;
using api::key;

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

json::array texts(std::string_view list, bool groups = false) {
  json::array all;
  for (const std::string& text : split(list, ','))
    all.emplace_back(groups && text == "core" ? std::string() : text);
  return all;
}

json::array verbs_of(std::string_view list) {
  std::string expanded;
  for (const std::string& verb : split(list, ',')) {
    if (!expanded.empty()) expanded += ',';
    expanded += verb == "READ"    ? "get,list,watch"
                : verb == "WRITE" ? "create,delete,deletecollection,patch,update"
                                  : verb;
  }
  return texts(expanded);
}

// "verbs | groups | resources [| names]", or "verbs | /url,/url".
json::object make_rule(std::string_view line) {
  std::vector<std::string> parts = split(line, '|');
  for (std::string& part : parts) part = std::string(trim(part));
  json::object rule;
  if (parts.size() == 2) {
    rule["nonResourceURLs"] = texts(parts[1]);
  } else {
    rule["apiGroups"] = texts(parts[1], true);
    rule["resources"] = texts(parts[2]);
    if (parts.size() > 3) rule["resourceNames"] = texts(parts[3]);
  }
  rule["verbs"] = verbs_of(parts[0]);
  return rule;
}

json::object make_object(std::string_view kind, std::string_view name,
                         std::string_view namespace_name = {}) {
  json::object metadata{{"name", key(name)}};
  if (!namespace_name.empty()) metadata["namespace"] = key(namespace_name);
  metadata["annotations"] = json::object{{"rbac.authorization.kubernetes.io/autoupdate", "true"}};
  metadata["labels"] = json::object{{"kubernetes.io/bootstrapping", "rbac-defaults"}};
  return {{"apiVersion", "rbac.authorization.k8s.io/v1"},
          {"kind", key(kind)},
          {"metadata", std::move(metadata)}};
}

std::string aggregate_label(std::string_view to) {
  return fmt::format("rbac.authorization.k8s.io/aggregate-to-{}", to);
}

json::object make_role(const RoleFact& fact, std::string_view namespace_name = {}) {
  json::object role =
      make_object(namespace_name.empty() ? "ClusterRole" : "Role", fact.name, namespace_name);
  if (!fact.aggregated_to.empty()) {
    api::set_at(role, {"metadata", "labels", aggregate_label(fact.aggregated_to)}, "true");
  }
  if (!fact.aggregates.empty()) {
    role["aggregationRule"] = json::object{
        {"clusterRoleSelectors",
         json::array{json::object{
             {"matchLabels", json::object{{aggregate_label(fact.aggregates), "true"}}}}}}};
  }
  role["rules"] = parse_rule_lines(fact.rules);
  return role;
}

// "user:NAME", "group:NAME" or "account:NAMESPACE/NAME".
json::object make_subject(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  const std::string_view name = text.substr(colon + 1);
  if (kind == "account") {
    const std::size_t slash = name.find('/');
    return {{"kind", "ServiceAccount"},
            {"name", key(name.substr(slash + 1))},
            {"namespace", key(name.substr(0, slash))}};
  }
  return {
      {"apiGroup", key(kGroup)}, {"kind", kind == "user" ? "User" : "Group"}, {"name", key(name)}};
}

json::object make_binding(std::string_view name, std::string_view namespace_name,
                          std::string_view role_kind, std::string_view role,
                          std::string_view subjects) {
  json::object binding = make_object(namespace_name.empty() ? "ClusterRoleBinding" : "RoleBinding",
                                     name, namespace_name);
  binding["roleRef"] =
      json::object{{"apiGroup", key(kGroup)}, {"kind", key(role_kind)}, {"name", key(role)}};
  json::array all;
  for (const std::string& subject : split(subjects, ',')) all.emplace_back(make_subject(subject));
  binding["subjects"] = std::move(all);
  return binding;
}

}  // namespace

json::array parse_rule_lines(std::string_view lines) {
  json::array rules;
  for (const std::string& line : split(lines, '\n')) {
    if (!trim(line).empty()) rules.emplace_back(make_rule(line));
  }
  return rules;
}

json::array aggregate_rules(const json::object& role,
                            const std::vector<const json::object*>& roles) {
  std::map<std::string_view, const json::object*> chosen;
  const json::array* const selectors =
      api::array_at(role, {"aggregationRule", "clusterRoleSelectors"});
  if (selectors == nullptr) return {};
  for (const json::value& each : *selectors) {
    const auto selector = api::LabelSelector::from_document(each.if_object());
    if (!selector) continue;
    for (const json::object* candidate : roles) {
      const std::string_view name = api::text_at(*candidate, {"metadata", "name"});
      if (name != api::text_at(role, {"metadata", "name"}) && selector->matches(*candidate))
        chosen[name] = candidate;
    }
  }
  json::array rules;
  for (const auto& [name, candidate] : chosen) {
    const json::array* const given = api::array_at(*candidate, {"rules"});
    if (given == nullptr) continue;
    for (const json::value& rule : *given) {
      const bool known =
          std::ranges::any_of(rules, [&](const json::value& r) { return api::same(r, rule); });
      if (!known) rules.push_back(rule);
    }
  }
  return rules;
}

std::vector<json::object> default_rbac_objects() {
  std::vector<json::object> all;
  for (const RoleFact& fact : cluster_roles()) all.push_back(make_role(fact));
  for (const RoleFact& fact : controller_roles()) {
    json::object role = make_role(fact);
    api::set_at(role, {"metadata", "name"},
                json::value(fmt::format("system:controller:{}", fact.name)));
    all.push_back(std::move(role));
  }
  // "view" is part of "edit", and that of "admin": three rounds settle it.
  for (int round = 0; round < 3; ++round) {
    std::vector<const json::object*> roles;
    for (const json::object& role : all) roles.push_back(&role);
    for (json::object& role : all) {
      if (role.contains("aggregationRule")) role["rules"] = aggregate_rules(role, roles);
    }
  }
  for (const BindingFact& fact : cluster_bindings())
    all.push_back(make_binding(fact.name, "", "ClusterRole", fact.role, fact.subjects));
  for (const RoleFact& fact : controller_roles()) {
    const std::string name = fmt::format("system:controller:{}", fact.name);
    all.push_back(make_binding(name, "", "ClusterRole", name,
                               fmt::format("account:kube-system/{}", fact.name)));
  }
  for (const NamespacedRoleFact& fact : namespaced_roles()) {
    all.push_back(make_role({.name = fact.name, .rules = fact.rules}, fact.namespace_name));
    if (!fact.subjects.empty())
      all.push_back(make_binding(fact.name, fact.namespace_name, "Role", fact.name, fact.subjects));
  }
  for (const NamespacedBindingFact& fact : namespaced_bindings()) {
    all.push_back(make_binding(fact.name, fact.namespace_name, "Role", fact.role, fact.subjects));
  }
  return all;
}

}  // namespace cove::server
