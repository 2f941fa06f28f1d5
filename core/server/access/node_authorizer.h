// NodeAuthorizer: what a node's agent may do (kubernetes.io "Using Node Authorization"): its user
// is system:node:NAME in the group system:nodes. On the state thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/server/access.h"
#include "core/server/access/rbac.h"
#include "core/server/admission.h"

namespace cove::server {

// "n1" of the user system:node:n1 in system:nodes; nothing for anybody else.
std::optional<std::string> node_of(const User& user);

// Everything a node's agent works with, but secrets, config maps, claims, volumes and accounts only
// where one of its pods refers to them, and leases and storage records only its own.
class NodeAuthorizer final : public Authorizer {
 public:
  // `state` must outlive it.
  explicit NodeAuthorizer(const ClusterState& state);

  Decision authorize(const Attributes& attributes) const override;
  void rules_of(const User& user, std::string_view namespace_name, json::array& resource_rules,
                json::array& non_resource_rules, bool& incomplete) const override;

 private:
  // Nothing: this resource is not decided object by object.
  std::optional<bool> allows_object(const std::string& node, const RequestInfo& request) const;
  bool any_pod(const std::string& node, std::string_view namespace_name,
               bool (*refers)(const json::object& pod, std::string_view name),
               std::string_view name) const;

  const ClusterState& state_;
  std::vector<PolicyRule> rules_;
};

}  // namespace cove::server
