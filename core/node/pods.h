// What runs on this node, for those who look at it: streams, statistics, eviction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/object.h"
#include "core/base/fs.h"
#include "core/runtime/runtime.h"

namespace cove::node {

enum class ContainerRole { kInit, kSidecar, kRegular, kEphemeral };

struct PodContainer {
  std::string name;
  ContainerRole role = ContainerRole::kRegular;
  std::string id;        // of the newest run in the runtime; empty before the first
  std::string previous;  // of the run before it, while its log is kept
  runtime::ContainerState state = runtime::ContainerState::kCreated;
  unsigned restarts = 0;
  bool terminal = false, open_stdin = false;
};

// A copy: how it was at one moment.
struct RunningPod {
  api::ObjectPtr pod;      // as the API (or a manifest file) has it
  Path network_namespace;  // empty for pods of the host's network, and before the sandbox stands
  std::string address;     // "10.244.0.7"; empty as well
  std::string cgroup;      // of the whole pod, below the host's mount
  WallTime started_at{};
  std::vector<PodContainer> containers;  // init, regular, ephemeral, as the spec has them
};

// Thread-safe.
class PodsOfNode {
 public:
  virtual ~PodsOfNode() = default;
  virtual std::optional<RunningPod> find(std::string_view namespace_name,
                                         std::string_view name) const = 0;
  virtual std::vector<RunningPod> list() const = 0;
};

}  // namespace cove::node
