#include "core/server/access/rbac.h"

#include <fmt/format.h>

namespace cove::server {
namespace {

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

std::vector<std::string> texts_at(const json::object& object, std::string_view name) {
  std::vector<std::string> all;
  const json::array* const array = api::array_at(object, {name});
  if (array == nullptr) return all;
  for (const json::value& value : *array) {
    if (value.is_string()) all.emplace_back(api::view(value.get_string()));
  }
  return all;
}

bool has(const std::vector<std::string>& all, std::string_view one) {
  return std::ranges::find(all, one) != all.end();
}

bool has_or_star(const std::vector<std::string>& all, std::string_view one) {
  return has(all, "*") || has(all, one);
}

// "pods/log" also by "*/log" and "*".
bool has_resource(const std::vector<std::string>& all, std::string_view resource,
                  std::string_view subresource) {
  if (has(all, "*")) return true;
  if (subresource.empty()) return has(all, resource);
  return has(all, fmt::format("{}/{}", resource, subresource)) ||
         has(all, fmt::format("*/{}", subresource));
}

bool matches_url(std::string_view pattern, std::string_view path) {
  if (pattern.ends_with('*')) return path.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == path;
}

json::array array_of(const std::vector<std::string>& texts) {
  json::array all;
  for (const std::string& text : texts) all.emplace_back(text);
  return all;
}

std::string quoted_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? " \"" : "\"") + text + "\"";
  return out + "]";
}

std::string describe_rule(const PolicyRule& rule) {
  std::vector<std::string> parts;
  if (!rule.groups.empty()) parts.push_back("APIGroups:" + quoted_list(rule.groups));
  if (!rule.urls.empty()) parts.push_back("NonResourceURLs:" + quoted_list(rule.urls));
  if (!rule.names.empty()) parts.push_back("ResourceNames:" + quoted_list(rule.names));
  if (!rule.resources.empty()) parts.push_back("Resources:" + quoted_list(rule.resources));
  if (!rule.verbs.empty()) parts.push_back("Verbs:" + quoted_list(rule.verbs));
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return "{" + out + "}";
}

// One verb of one resource of one group, or of one URL: what no rule can split any further.
bool covered(const std::vector<PolicyRule>& owned, const PolicyRule& atom) {
  return std::ranges::any_of(owned, [&](const PolicyRule& rule) {
    if (!has_or_star(rule.verbs, atom.verbs.front())) return false;
    if (!atom.urls.empty()) {
      return std::ranges::any_of(rule.urls, [&](const std::string& pattern) {
        return pattern == atom.urls.front() ||
               (pattern.ends_with('*') && matches_url(pattern, atom.urls.front()));
      });
    }
    const std::string& resource = atom.resources.front();
    const std::size_t slash = resource.find('/');
    const bool resource_fits =
        has_or_star(rule.resources, resource) ||
        (slash != std::string::npos && has(rule.resources, "*" + resource.substr(slash)));
    const bool names_fit = rule.names.empty() ||
                           (!atom.names.empty() && std::ranges::all_of(atom.names, [&](auto& name) {
                             return has(rule.names, name);
                           }));
    return has_or_star(rule.groups, atom.groups.front()) && resource_fits && names_fit;
  });
}

std::vector<PolicyRule> atoms_of(const PolicyRule& rule) {
  std::vector<PolicyRule> atoms;
  for (const std::string& verb : rule.verbs) {
    for (const std::string& group : rule.groups) {
      for (const std::string& resource : rule.resources) {
        if (rule.names.empty()) atoms.push_back({{verb}, {group}, {resource}, {}, {}});
        for (const std::string& name : rule.names)
          atoms.push_back({{verb}, {group}, {resource}, {name}, {}});
      }
    }
    for (const std::string& url : rule.urls) atoms.push_back({{verb}, {}, {}, {}, {url}});
  }
  return atoms;
}

}  // namespace

bool PolicyRule::allows(const RequestInfo& request) const {
  return has_or_star(verbs, request.verb) && has_or_star(groups, request.group) &&
         has_resource(resources, request.resource, request.subresource) &&
         (names.empty() || has(names, request.name));
}

bool PolicyRule::allows_path(std::string_view verb, std::string_view path) const {
  return has_or_star(verbs, verb) && std::ranges::any_of(urls, [&](const std::string& pattern) {
           return matches_url(pattern, path);
         });
}

std::vector<PolicyRule> read_rules(const json::array& rules) {
  std::vector<PolicyRule> all;
  for (const json::value& value : rules) {
    if (!value.is_object()) continue;
    const json::object& rule = value.get_object();
    all.push_back({texts_at(rule, "verbs"), texts_at(rule, "apiGroups"),
                   texts_at(rule, "resources"), texts_at(rule, "resourceNames"),
                   texts_at(rule, "nonResourceURLs")});
  }
  return all;
}

bool covers(const std::vector<PolicyRule>& owned, const std::vector<PolicyRule>& wanted,
            std::vector<std::string>& missing) {
  std::vector<PolicyRule> lacking;
  for (const PolicyRule& rule : wanted) {
    for (PolicyRule& atom : atoms_of(rule)) {
      if (covered(owned, atom)) continue;
      // Verbs of one and the same thing are told together.
      const auto same = std::ranges::find_if(lacking, [&](const PolicyRule& other) {
        return other.groups == atom.groups && other.resources == atom.resources &&
               other.names == atom.names && other.urls == atom.urls;
      });
      if (same == lacking.end()) {
        lacking.push_back(std::move(atom));
      } else if (!has(same->verbs, atom.verbs.front())) {
        same->verbs.push_back(atom.verbs.front());
      }
    }
  }
  for (const PolicyRule& rule : lacking) missing.push_back(describe_rule(rule));
  std::ranges::sort(missing);
  return lacking.empty();
}

bool RbacAuthorizer::Binding::is_for(const User& user) const {
  return std::ranges::any_of(subjects, [&](const Subject& subject) {
    if (subject.kind == Subject::Kind::kGroup) return user.in_group(subject.name);
    return subject.name == user.name;
  });
}

std::vector<RbacAuthorizer::Subject> RbacAuthorizer::read_subjects(const json::object& binding) {
  std::vector<Subject> all;
  const json::array* const subjects = api::array_at(binding, {"subjects"});
  if (subjects == nullptr) return all;
  for (const json::value& value : *subjects) {
    if (!value.is_object()) continue;
    const json::object& subject = value.get_object();
    const std::string_view kind = api::text_at(subject, {"kind"});
    const std::string name(api::text_at(subject, {"name"}));
    if (kind == "User") all.push_back({Subject::Kind::kUser, name});
    if (kind == "Group") all.push_back({Subject::Kind::kGroup, name});
    if (kind == "ServiceAccount") {
      std::string_view space = api::text_at(subject, {"namespace"});
      if (space.empty()) space = api::text_at(binding, {"metadata", "namespace"});
      all.push_back({Subject::Kind::kServiceAccount,
                     fmt::format("system:serviceaccount:{}:{}", space, name)});
    }
  }
  return all;
}

std::optional<std::vector<PolicyRule>> RbacAuthorizer::rules_of_role(
    std::string_view kind, std::string_view namespace_name, std::string_view name) const {
  const bool cluster = kind == "ClusterRole";
  const api::ObjectPtr role = state_.object(kGroup, cluster ? "clusterroles" : "roles",
                                            cluster ? "" : namespace_name, name);
  if (!role) return std::nullopt;
  const json::array* const rules = api::array_at(role->document(), {"rules"});
  return rules != nullptr ? read_rules(*rules) : std::vector<PolicyRule>();
}

const RbacAuthorizer::Index& RbacAuthorizer::index() const {
  if (index_) return *index_;
  index_ = std::make_unique<Index>();
  // Committed state alone: a role whose write the disk refuses never was.
  std::unordered_map<std::string, PolicyRules> roles;
  for (const std::string_view plural : {"clusterroles", "roles"}) {
    for (const auto& role : state_.objects(kGroup, plural, "")) {
      const json::array* const rules = api::array_at(role->document(), {"rules"});
      if (rules == nullptr) continue;
      const std::string key = plural == "clusterroles"
                                  ? fmt::format("ClusterRole/{}", role->name())
                                  : fmt::format("{}/Role/{}", role->namespace_name(), role->name());
      roles[key] = std::make_shared<const std::vector<PolicyRule>>(read_rules(*rules));
    }
  }
  const auto read = [&](const api::ObjectPtr& object) {
    const json::object& document = object->document();
    Binding binding;
    binding.name = object->name();
    binding.subjects = read_subjects(document);
    const std::string_view kind = api::text_at(document, {"roleRef", "kind"});
    const std::string_view name = api::text_at(document, {"roleRef", "name"});
    binding.role = fmt::format("{}/{}", kind, name);
    const std::string key = kind == "ClusterRole"
                                ? binding.role
                                : fmt::format("{}/{}", object->namespace_name(), binding.role);
    const auto found = roles.find(key);
    binding.rules =
        found != roles.end() ? found->second : std::make_shared<const std::vector<PolicyRule>>();
    return binding;
  };
  for (const auto& object : state_.objects(kGroup, "clusterrolebindings", ""))
    index_->cluster.push_back(read(object));
  for (const auto& object : state_.objects(kGroup, "rolebindings", ""))
    index_->by_namespace[std::string(object->namespace_name())].push_back(read(object));
  return *index_;
}

Decision RbacAuthorizer::authorize(const Attributes& attributes) const {
  const RequestInfo& request = attributes.request;
  const auto allows = [&](const Binding& binding) {
    return binding.is_for(attributes.user) &&
           std::ranges::any_of(*binding.rules, [&](const PolicyRule& rule) {
             return request.is_resource ? rule.allows(request)
                                        : rule.allows_path(request.verb, attributes.path);
           });
  };
  for (const Binding& binding : index().cluster) {
    if (allows(binding)) {
      return {Decision::Kind::kAllow,
              fmt::format("RBAC: allowed by ClusterRoleBinding \"{}\" of {} \"{}\"", binding.name,
                          binding.role.substr(0, binding.role.find('/')),
                          binding.role.substr(binding.role.find('/') + 1))};
    }
  }
  if (!request.is_resource || request.namespace_name.empty()) return {};
  const auto space = index().by_namespace.find(request.namespace_name);
  if (space == index().by_namespace.end()) return {};
  for (const Binding& binding : space->second) {
    if (allows(binding)) {
      return {Decision::Kind::kAllow,
              fmt::format("RBAC: allowed by RoleBinding \"{}/{}\" of {} \"{}\"", binding.name,
                          request.namespace_name, binding.role.substr(0, binding.role.find('/')),
                          binding.role.substr(binding.role.find('/') + 1))};
    }
  }
  return {};
}

std::vector<PolicyRule> RbacAuthorizer::effective_rules(const User& user,
                                                        std::string_view namespace_name) const {
  std::vector<PolicyRule> all;
  const auto add = [&](const std::vector<Binding>& bindings) {
    for (const Binding& binding : bindings) {
      if (binding.is_for(user)) all.insert(all.end(), binding.rules->begin(), binding.rules->end());
    }
  };
  add(index().cluster);
  const auto space = index().by_namespace.find(std::string(namespace_name));
  if (space != index().by_namespace.end()) add(space->second);
  return all;
}

void RbacAuthorizer::rules_of(const User& user, std::string_view namespace_name,
                              json::array& resource_rules, json::array& non_resource_rules,
                              bool& incomplete) const {
  incomplete = false;
  for (const PolicyRule& rule : effective_rules(user, namespace_name)) {
    if (!rule.resources.empty()) {
      json::object entry{{"verbs", array_of(rule.verbs)},
                         {"apiGroups", array_of(rule.groups)},
                         {"resources", array_of(rule.resources)}};
      if (!rule.names.empty()) entry["resourceNames"] = array_of(rule.names);
      resource_rules.emplace_back(std::move(entry));
    }
    if (!rule.urls.empty()) {
      non_resource_rules.emplace_back(
          json::object{{"verbs", array_of(rule.verbs)}, {"nonResourceURLs", array_of(rule.urls)}});
    }
  }
}

}  // namespace cove::server
