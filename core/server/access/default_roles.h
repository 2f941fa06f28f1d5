// The roles and bindings that every cluster has (kubernetes.io "Using RBAC Authorization", default
// roles and role bindings). Pure functions; documents as a create through the API would send them.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>
#include <vector>

namespace cove::server {

// ClusterRoles, ClusterRoleBindings, Roles and RoleBindings, labelled
// kubernetes.io/bootstrapping=rbac-defaults and annotated for updates. Aggregated ClusterRoles come
// with the rules that the others give them.
std::vector<boost::json::object> default_rbac_objects();

// Rules as core/server/access/role_tables.h writes them.
boost::json::array parse_rule_lines(std::string_view lines);

// The rules of an aggregated ClusterRole: those of all of `roles` that one of its selectors
// matches, in the order of their names, each once. An invalid selector matches nothing.
boost::json::array aggregate_rules(const boost::json::object& role,
                                   const std::vector<const boost::json::object*>& roles);

}  // namespace cove::server
