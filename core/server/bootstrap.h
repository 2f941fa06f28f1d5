// What a cluster has from its first second on: the system's namespaces, and this machine's own node
// with its lease. On the state thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/api/registry.h"
#include "core/base/event_loop.h"
#include "core/base/log.h"
#include "core/server/node.h"
#include "core/server/storage.h"

namespace cove::server {

// The namespaces default, kube-node-lease, kube-public and kube-system.
std::vector<json::object> system_namespaces();

// Brings what is there nearer to what is wanted; false when there is nothing to change.
using Reconcile = std::function<bool(json::object& current, const json::object& wanted)>;

// Makes those of `objects` (whole documents with apiVersion, kind and a name) that are not there,
// and changes those that are as `reconcile` says. `done` comes once all are durable, with the first
// error if any.
void ensure_objects(Storage& storage, const api::Registry& registry,
                    std::vector<json::object> objects, WallTime now,
                    std::function<void(Result<void>)> done, const Reconcile& reconcile = {});

// Keeps this machine's Node and its Lease as the node agent's heartbeats (kubernetes.io "Node
// heartbeats"): the node's status every five minutes, the lease every ten seconds.
class OwnNode {
 public:
  // Everything must outlive it.
  OwnNode(Storage& storage, const api::Registry& registry, Executor& executor, const Clock& clock,
          Logger& logger, NodeFacts facts);
  ~OwnNode();

  // Registers or updates the node; `done` once that is durable.
  void start(std::function<void(Result<void>)> done);
  // From now on somebody else reports: no heartbeat comes from here any more.
  void hand_over();

 private:
  void put_node(std::function<void(Result<void>)> done);
  void renew_lease();
  void schedule(std::chrono::seconds interval, void (OwnNode::*action)());
  void heartbeat();

  Storage& storage_;
  const api::Registry& registry_;
  Executor& executor_;
  const Clock& clock_;
  Logger& logger_;
  NodeFacts facts_;
  std::shared_ptr<OwnNode*> self_;
};

}  // namespace cove::server
