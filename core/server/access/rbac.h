// RBAC: roles and bindings as the authorizer reads them (kubernetes.io "Using RBAC Authorization").
// On the state thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/server/access.h"
#include "core/server/admission.h"

namespace cove::server {

// One rule of a role.
struct PolicyRule {
  std::vector<std::string> verbs;
  std::vector<std::string> groups;
  std::vector<std::string> resources;
  std::vector<std::string> names;  // empty: all
  std::vector<std::string> urls;

  bool allows(const RequestInfo& request) const;
  bool allows_path(std::string_view verb, std::string_view path) const;
};
using PolicyRules = std::shared_ptr<const std::vector<PolicyRule>>;

// A rbac.authorization.k8s.io/v1 list of PolicyRule.
std::vector<PolicyRule> read_rules(const json::array& rules);

// Whether everything that `wanted` allows is allowed by `owned`; what is not goes into `missing`,
// one sentence part each, as upstream prints rules.
bool covers(const std::vector<PolicyRule>& owned, const std::vector<PolicyRule>& wanted,
            std::vector<std::string>& missing);

class RbacAuthorizer final : public Authorizer {
 public:
  // `state` must outlive it.
  explicit RbacAuthorizer(const ClusterState& state) : state_(state) {}

  // A role or binding was written or removed: what is known is read anew when next needed.
  void changed() { index_.reset(); }

  Decision authorize(const Attributes& attributes) const override;
  void rules_of(const User& user, std::string_view namespace_name, json::array& resource_rules,
                json::array& non_resource_rules, bool& incomplete) const override;
  // All rules that hold for a user in a namespace (empty: cluster-wide ones alone).
  std::vector<PolicyRule> effective_rules(const User& user, std::string_view namespace_name) const;
  // The rules of a role a binding refers to; nothing when it is not there.
  std::optional<std::vector<PolicyRule>> rules_of_role(std::string_view kind,
                                                       std::string_view namespace_name,
                                                       std::string_view name) const;

 private:
  struct Subject {
    enum class Kind { kUser, kGroup, kServiceAccount } kind;
    std::string name;  // of a service account: its user's name
  };
  struct Binding {
    std::string name;
    std::string role;  // "ClusterRole/view"
    std::vector<Subject> subjects;
    PolicyRules rules;

    bool is_for(const User& user) const;
  };
  struct Index {
    std::vector<Binding> cluster;
    std::unordered_map<std::string, std::vector<Binding>> by_namespace;
  };

  const Index& index() const;
  static std::vector<Subject> read_subjects(const json::object& binding);

  const ClusterState& state_;
  mutable std::unique_ptr<Index> index_;
};

}  // namespace cove::server
