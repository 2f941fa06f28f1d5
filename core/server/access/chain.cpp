#include "core/server/access/chain.h"

namespace cove::server {

Decision AuthorizerChain::authorize(const Attributes& attributes) const {
  if (attributes.user.in_group("system:masters")) return {Decision::Kind::kAllow};
  Decision last;
  for (const auto& authorizer : all_) {
    Decision decision = authorizer->authorize(attributes);
    if (decision.kind != Decision::Kind::kNoOpinion) return decision;
    if (!decision.reason.empty()) last.reason = std::move(decision.reason);
  }
  return last;
}

void AuthorizerChain::rules_of(const User& user, std::string_view namespace_name,
                               json::array& resource_rules, json::array& non_resource_rules,
                               bool& incomplete) const {
  incomplete = false;
  for (const auto& authorizer : all_) {
    bool partly = false;
    authorizer->rules_of(user, namespace_name, resource_rules, non_resource_rules, partly);
    incomplete = incomplete || partly;
  }
}

}  // namespace cove::server
