// AuthorizerChain: several authorizers, asked in their order (kubernetes.io "Authorization"). On
// the state thread.
#pragma once

#include <memory>
#include <vector>

#include "core/server/access.h"

namespace cove::server {

// The first one that allows or denies decides; system:masters may do everything, whatever they say.
class AuthorizerChain final : public Authorizer {
 public:
  explicit AuthorizerChain(std::vector<std::unique_ptr<Authorizer>> all) : all_(std::move(all)) {}

  Decision authorize(const Attributes& attributes) const override;
  void rules_of(const User& user, std::string_view namespace_name, json::array& resource_rules,
                json::array& non_resource_rules, bool& incomplete) const override;

 private:
  std::vector<std::unique_ptr<Authorizer>> all_;
};

}  // namespace cove::server
