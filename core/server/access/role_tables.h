// The default roles as tables (kubernetes.io "Using RBAC Authorization", default roles and role
// bindings). Private to this room.
//
// Rules, one a line: "verbs | groups | resources [| names]" or "verbs | /url,/url"; READ is get,
// list and watch, WRITE is create, delete, deletecollection, patch and update; "core" is the core
// group. Subjects: "user:NAME", "group:NAME", "account:NAMESPACE/NAME", separated by commas.
#pragma once

#include <span>
#include <string_view>

namespace cove::server {

struct RoleFact {
  std::string_view name = {};
  std::string_view rules = {};
  std::string_view aggregated_to = {};  // "view": it is part of that role
  std::string_view aggregates = {};     // "view": its rules are those of roles aggregated to that
};
struct BindingFact {
  std::string_view name;
  std::string_view role;
  std::string_view subjects;
};
struct NamespacedRoleFact {
  std::string_view namespace_name;
  std::string_view name;
  std::string_view subjects;  // of the binding of the same name; empty: there is none
  std::string_view rules;
};
struct NamespacedBindingFact {
  std::string_view namespace_name;
  std::string_view name;
  std::string_view role;
  std::string_view subjects;
};

std::span<const RoleFact> cluster_roles();
// "NAME" is of the role and binding system:controller:NAME, for kube-system's account NAME.
std::span<const RoleFact> controller_roles();
std::span<const BindingFact> cluster_bindings();
std::span<const NamespacedRoleFact> namespaced_roles();
std::span<const NamespacedBindingFact> namespaced_bindings();

}  // namespace cove::server
