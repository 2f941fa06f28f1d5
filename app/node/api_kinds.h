// ApiKinds: what the API knows of its built-in kinds. Making them takes a fourth of a start's
// processor time and needs nothing, so that it is begun first and waited for last.
#pragma once

#include <future>
#include <memory>

#include "core/api/registry.h"

namespace cove::node {

// Immutable; any thread.
struct ApiKinds {
  api::BuiltinSchemas schemas;
  std::shared_ptr<const api::Registry> registry = api::Registry::builtin(schemas);
};
using ApiKindsPtr = std::shared_ptr<const ApiKinds>;

// Makes them in a thread of their own, which has the caller's signal mask and ends with them.
inline std::shared_future<ApiKindsPtr> begin_api_kinds() {
  return std::async(std::launch::async,
                    []() -> ApiKindsPtr { return std::make_shared<const ApiKinds>(); })
      .share();
}

}  // namespace cove::node
