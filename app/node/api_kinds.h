// ApiKinds: what the API knows of its built-in kinds. Making all of them takes a fourth of a
// start's processor time and needs nothing, so that it is begun first and waited for last.
#pragma once

#include <future>
#include <memory>

#include "core/api/registry.h"

namespace cove::node {

using RegistryPtr = std::shared_ptr<const api::Registry>;

// Immutable; any thread.
class ApiKinds {
 public:
  // `all`: std::launch::async makes all kinds in a thread of their own, which ends with this;
  // std::launch::deferred leaves them to whoever asks for them first.
  explicit ApiKinds(std::launch all)
      : all_(std::async(all, [this] { return api::Registry::builtin(schemas); }).share()) {}

  RegistryPtr all() const { return all_.get(); }

  const api::BuiltinSchemas schemas;
  // What a node is registered by.
  const RegistryPtr of_nodes = api::Registry::of_nodes(schemas);

 private:
  const std::shared_future<RegistryPtr> all_;
};
using ApiKindsPtr = std::shared_ptr<const ApiKinds>;

// Makes them in a thread of their own, which has the caller's signal mask and ends with them.
inline std::shared_future<ApiKindsPtr> begin_api_kinds(std::launch all) {
  return std::async(std::launch::async,
                    [all]() -> ApiKindsPtr { return std::make_shared<const ApiKinds>(all); })
      .share();
}

}  // namespace cove::node
