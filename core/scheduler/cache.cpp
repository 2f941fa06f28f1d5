#include "core/scheduler/cache.h"

namespace cove::scheduler {

NodeInfo& Cache::place(const std::string& name) {
  auto& node = nodes_[name];
  if (!node) node = std::make_unique<NodeInfo>(name);
  return *node;
}

NodeChange Cache::set_node(const api::ObjectPtr& node, bool* added) {
  NodeInfo& info = place(std::string(node->name()));
  const bool is_new = info.object() == nullptr;
  if (is_new) stale_ = true;
  if (added != nullptr) *added = is_new;
  return info.set(node);
}

void Cache::remove_node(std::string_view name) {
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return;
  found->second->set(nullptr);
  stale_ = true;
  drop_if_bare(found->first);
}

void Cache::drop_if_bare(const std::string& name) {
  const auto found = nodes_.find(name);
  if (found != nodes_.end() && !found->second->object() && found->second->pods().empty())
    nodes_.erase(found);
}

void Cache::take_off(const Entry& entry) {
  const auto node = nodes_.find(entry.node);
  if (node == nodes_.end()) return;
  node->second->remove(entry.pod->uid);
  drop_if_bare(entry.node);
}

void Cache::assume(const PodPtr& pod, const std::string& node) {
  forget(pod->uid);
  place(node).add(pod);
  pods_[pod->uid] = {pod, node, true};
}

PodPtr Cache::confirm(const PodPtr& pod) {
  PodPtr before = forget(pod->uid);
  place(pod->node_name).add(pod);
  pods_[pod->uid] = {pod, pod->node_name, false};
  return before;
}

PodPtr Cache::forget(std::string_view uid) {
  const auto found = pods_.find(std::string(uid));
  if (found == pods_.end()) return nullptr;
  const Entry entry = std::move(found->second);
  pods_.erase(found);
  take_off(entry);
  return entry.pod;
}

bool Cache::is_assumed(std::string_view uid) const {
  const auto found = pods_.find(std::string(uid));
  return found != pods_.end() && found->second.assumed;
}

const NodeInfo* Cache::node_of(std::string_view uid) const {
  const auto found = pods_.find(std::string(uid));
  if (found == pods_.end()) return nullptr;
  const auto node = nodes_.find(found->second.node);
  return node == nodes_.end() ? nullptr : node->second.get();
}

const std::vector<const NodeInfo*>& Cache::nodes() const {
  if (stale_) {
    listed_.clear();
    for (const auto& [name, node] : nodes_) {
      if (node->object()) listed_.push_back(node.get());
    }
    stale_ = false;
  }
  return listed_;
}

const NodeInfo* Cache::node(std::string_view name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() || !found->second->object() ? nullptr : found->second.get();
}

}  // namespace cove::scheduler
