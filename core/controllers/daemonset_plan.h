// What a DaemonSet needs next (kubernetes.io "DaemonSet", "Perform a Rolling Update on a
// DaemonSet"): a pure function of what is there. Private to this folder.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/controllers/workload_loop.h"

namespace cove::controllers {

struct DaemonSetSituation {
  api::ObjectPtr set;
  std::string hash;  // of the present revision
  std::int64_t collisions = 0;
  std::vector<api::ObjectPtr> nodes;
  std::vector<api::ObjectPtr> pods;  // its own
  WallTime now;
  // How long a failed pod on that node must stay; nothing: it may be replaced now. Asked for each
  // pod that is about to be.
  std::function<std::optional<std::chrono::nanoseconds>(const std::string& node)> backoff;
};

struct DaemonSetPlan {
  struct Event {
    std::string type, reason, message;
  };
  std::vector<std::string> creations = {};  // nodes
  std::vector<api::ObjectPtr> deletions = {};
  std::vector<Event> events = {};
  json::object status = {};
  std::optional<std::chrono::nanoseconds> again_after = std::nullopt;
};

DaemonSetPlan plan_daemon_set(const DaemonSetSituation& situation);

// A pod for that node.
json::object daemon_pod(const api::Object& set, std::string_view hash, std::string_view node);

}  // namespace cove::controllers
