#include "core/controllers/garbage_collector_graph.h"

#include <algorithm>

namespace cove::controllers {

namespace json = boost::json;

bool has_finalizer(const json::object& document, std::string_view name) {
  const json::array* const all = api::array_at(document, {"metadata", "finalizers"});
  return all != nullptr && std::ranges::any_of(*all, [&](const json::value& each) {
           return each.is_string() && api::view(each.get_string()) == name;
         });
}

std::vector<OwnerReference> owner_references(const json::object& document) {
  std::vector<OwnerReference> owners;
  const json::array* const all = api::array_at(document, {"metadata", "ownerReferences"});
  if (all == nullptr) return owners;
  for (const json::value& each : *all) {
    if (!each.is_object()) continue;
    const json::object& reference = each.get_object();
    owners.push_back({.uid = std::string(api::text_at(reference, {"uid"})),
                      .api_version = std::string(api::text_at(reference, {"apiVersion"})),
                      .kind = std::string(api::text_at(reference, {"kind"})),
                      .name = std::string(api::text_at(reference, {"name"})),
                      .blocks = api::flag_at(reference, {"blockOwnerDeletion"})});
  }
  return owners;
}

const OwnerGraph::Node* OwnerGraph::find(std::string_view uid) const {
  const auto found = nodes_.find(uid);
  return found == nodes_.end() ? nullptr : &found->second;
}

std::vector<const OwnerGraph::Node*> OwnerGraph::dependents(std::string_view uid) const {
  const auto found = dependents_.find(uid);
  if (found == dependents_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

bool OwnerGraph::has_dependents(std::string_view uid) const {
  return dependents_.find(uid) != dependents_.end();
}

bool OwnerGraph::matches(const Node& owner, const OwnerReference& reference,
                         const Node& dependent) {
  return owner.of->api_version == reference.api_version && owner.of->kind == reference.kind &&
         owner.name == reference.name &&
         (!owner.of->namespaced || owner.namespace_name == dependent.namespace_name);
}

void OwnerGraph::put(const Followed& of, const api::Object& object) {
  const std::string uid(object.uid());
  if (uid.empty()) return;
  const auto [at, added] = nodes_.try_emplace(uid);
  Node& node = at->second;
  if (added) {
    node.uid = uid;
    node.namespace_name = object.namespace_name();
    node.name = object.name();
  }
  node.of = of;
  set_owners(node, owner_references(object.document()));
  set_state(node, object.document());
  if (added) meet_dependents(node);
}

// Those that were here first may have meant another one.
void OwnerGraph::meet_dependents(const Node& node) {
  for (const Node* const dependent : dependents(node.uid)) {
    for (const OwnerReference& reference : dependent->owners) {
      if (reference.uid == node.uid) judge(*dependent, reference, node);
    }
  }
}

void OwnerGraph::judge(const Node& node, const OwnerReference& reference, const Node& owner) {
  if (matches(owner, reference, node)) return;
  if (owner.of->namespaced && owner.namespace_name != node.namespace_name)
    sink_.wrong_namespace(node, reference);
  sink_.check(node.uid);
}

void OwnerGraph::set_owners(Node& node, std::vector<OwnerReference> owners) {
  if (owners == node.owners) return;
  const std::vector<OwnerReference> before = std::exchange(node.owners, std::move(owners));
  const auto same_owner = [](const OwnerReference& a) {
    return [&a](const OwnerReference& b) { return a.uid == b.uid; };
  };
  for (const OwnerReference& old : before) {
    const auto now = std::ranges::find_if(node.owners, same_owner(old));
    if (now == node.owners.end()) {
      remove_owner(node, old);
    } else if (old.blocks && !now->blocks) {
      const Node* const owner = find(old.uid);
      if (owner != nullptr && owner->foreground) sink_.check(owner->uid);
    }
  }
  for (const OwnerReference& now : node.owners) {
    const auto old = std::ranges::find_if(before, same_owner(now));
    const bool renamed = old != before.end() && (old->name != now.name || old->kind != now.kind ||
                                                 old->api_version != now.api_version);
    if (old == before.end() || renamed) add_owner(node, now);
  }
}

void OwnerGraph::add_owner(const Node& node, const OwnerReference& reference) {
  dependents_[reference.uid].insert(&node);
  const Node* const owner = find(reference.uid);
  if (owner == nullptr || owner->foreground) return sink_.check(node.uid);
  judge(node, reference, *owner);
}

void OwnerGraph::remove_owner(const Node& node, const OwnerReference& reference) {
  if (const auto found = dependents_.find(reference.uid); found != dependents_.end()) {
    found->second.erase(&node);
    if (found->second.empty()) dependents_.erase(found);
  }
  const Node* const owner = find(reference.uid);
  if (owner != nullptr && owner->foreground) sink_.check(owner->uid);
}

void OwnerGraph::set_state(Node& node, const json::object& document) {
  node.deleting = api::value_at(document, {"metadata", "deletionTimestamp"}) != nullptr;
  const bool foreground = node.deleting && has_finalizer(document, kForegroundFinalizer);
  const bool orphans = node.deleting && has_finalizer(document, kOrphanFinalizer);
  const bool waits_now = foreground && !node.foreground;
  const bool lets_go_now = orphans && !node.orphans;
  node.foreground = foreground;
  node.orphans = orphans;
  if (lets_go_now) sink_.orphan(node.uid);
  if (!waits_now) return;
  for (const Node* const dependent : dependents(node.uid)) sink_.check(dependent->uid);
  sink_.check(node.uid);
}

void OwnerGraph::remove(std::string_view uid) {
  const auto found = nodes_.find(uid);
  if (found == nodes_.end()) return;
  const auto leaving = nodes_.extract(found);
  const Node& node = leaving.mapped();
  for (const OwnerReference& owner : node.owners) remove_owner(node, owner);
  for (const Node* const dependent : dependents(node.uid)) sink_.check(dependent->uid);
}

void OwnerGraph::keep_only(const Followed& of, const std::unordered_set<std::string>& present) {
  std::vector<std::string> gone;
  for (const auto& [uid, node] : nodes_) {
    if (node.of == of && !present.contains(uid)) gone.push_back(uid);
  }
  for (const std::string& uid : gone) remove(uid);
}

}  // namespace cove::controllers
