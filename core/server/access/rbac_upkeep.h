// RbacUpkeep: the default roles and bindings are there, aggregated ClusterRoles have the rules they
// should, and the authorizer knows of changes (kubernetes.io "Using RBAC Authorization",
// auto-reconciliation and aggregated ClusterRoles). On the state thread.
#pragma once

#include <functional>
#include <memory>

#include "core/api/registry.h"
#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/server/access/rbac.h"
#include "core/server/storage.h"

namespace cove::server {

class RbacUpkeep {
 public:
  // All must outlive it.
  RbacUpkeep(Storage& storage, const api::Registry& registry, RbacAuthorizer& authorizer,
             const Clock& clock, Logger& logger);
  ~RbacUpkeep();

  // Makes what is missing of the defaults, and follows changes from then on. `done` once that is
  // durable.
  void start(std::function<void(Result<void>)> done);

 private:
  void drain();
  void aggregate();

  Storage& storage_;
  const api::Registry& registry_;
  RbacAuthorizer& authorizer_;
  const Clock& clock_;
  Logger& logger_;
  std::unique_ptr<store::Watch> watch_;
  std::shared_ptr<RbacUpkeep*> self_;
};

// Adds to `current` what `wanted`, the default of the same name, has and it lacks: rules, subjects,
// labels and annotations. False when there is nothing, or its annotation says hands off.
bool reconcile_rbac(json::object& current, const json::object& wanted);

}  // namespace cove::server
