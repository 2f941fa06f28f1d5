// Cache: the nodes with what is on them, as the API says it, and with the pods that the scheduler
// has decided about while the API does not say so yet.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/scheduler/node.h"

namespace cove::scheduler {

// On the scheduler's executor.
class Cache {
 public:
  // What changed of it; everything, of a node that is new. `added`, when given, says which it was.
  NodeChange set_node(const api::ObjectPtr& node, bool* added = nullptr);
  void remove_node(std::string_view name);

  // The pod will be on that node: until confirm() or forget().
  void assume(const PodPtr& pod, const std::string& node);
  // The API says where it is. What was known of it before, if anything.
  PodPtr confirm(const PodPtr& pod);
  // It is nowhere (any more).
  PodPtr forget(std::string_view uid);
  bool is_assumed(std::string_view uid) const;
  // Where it is; null: nowhere.
  const NodeInfo* node_of(std::string_view uid) const;

  // Those that there are, by name. Valid until a node comes or goes.
  const std::vector<const NodeInfo*>& nodes() const;
  const NodeInfo* node(std::string_view name) const;  // null when there is none

 private:
  struct Entry {
    PodPtr pod;
    std::string node;
    bool assumed = false;
  };
  NodeInfo& place(const std::string& name);
  void take_off(const Entry& entry);
  // Of a node that is gone nothing is kept once its last pod is.
  void drop_if_bare(const std::string& name);

  std::map<std::string, std::unique_ptr<NodeInfo>, std::less<>> nodes_;
  std::unordered_map<std::string, Entry> pods_;  // by uid
  mutable std::vector<const NodeInfo*> listed_;
  mutable bool stale_ = false;
};

}  // namespace cove::scheduler
