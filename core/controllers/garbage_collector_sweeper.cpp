#include "core/controllers/garbage_collector_sweeper.h"

#include <fmt/format.h>

#include "core/controllers/fan_out.h"

namespace cove::controllers {
namespace {

constexpr std::size_t kRemembered = 500;
constexpr std::chrono::seconds kUnknownOwner{10};

client::ApiError failed(std::string message) {
  return client::no_answer(ErrorCode::kUnavailable, std::move(message));
}

// The references of `object` but those to `uids`, as a merge patch of metadata; nothing when none
// goes.
std::optional<json::object> without_owners(const json::object& object,
                                           const std::set<std::string>& uids) {
  const json::array* const all = api::array_at(object, {"metadata", "ownerReferences"});
  if (all == nullptr) return std::nullopt;
  json::array kept;
  for (const json::value& each : *all) {
    const bool goes =
        each.is_object() && uids.contains(std::string(api::text_at(each.get_object(), {"uid"})));
    if (!goes) kept.push_back(each);
  }
  if (kept.size() == all->size()) return std::nullopt;
  json::object patch;
  patch["ownerReferences"] = kept.empty() ? json::value(nullptr) : json::value(std::move(kept));
  return patch;
}

std::optional<json::object> without_finalizer(const json::object& object,
                                              std::string_view finalizer) {
  const json::array* const all = api::array_at(object, {"metadata", "finalizers"});
  if (all == nullptr || !has_finalizer(object, finalizer)) return std::nullopt;
  json::array kept;
  for (const json::value& each : *all) {
    if (!each.is_string() || api::view(each.get_string()) != finalizer) kept.push_back(each);
  }
  json::object patch;
  patch["finalizers"] = kept.empty() ? json::value(nullptr) : json::value(std::move(kept));
  return patch;
}

std::optional<json::object> without_blocking(const json::object& object) {
  const json::array* const all = api::array_at(object, {"metadata", "ownerReferences"});
  if (all == nullptr) return std::nullopt;
  json::array references = *all;
  bool changed = false;
  for (json::value& each : references) {
    if (!each.is_object() || !api::flag_at(each.get_object(), {"blockOwnerDeletion"})) continue;
    each.get_object()["blockOwnerDeletion"] = false;
    changed = true;
  }
  if (!changed) return std::nullopt;
  json::object patch;
  patch["ownerReferences"] = std::move(references);
  return patch;
}

}  // namespace

// One check of one object, from answer to answer.
class Sweeper::Attempt : public std::enable_shared_from_this<Sweeper::Attempt> {
 public:
  Attempt(Sweeper& sweeper, const OwnerGraph::Node& node, Done done)
      : sweeper_(sweeper), node_(node), done_(std::move(done)) {}

  void begin() {
    const Target target = target_of(node_);
    sweeper_.client(target.resource, target.namespace_name)
        .get(target.name,
             sweeper_.guard_([self = shared_from_this()](auto found) { self->read(found); }))
        .release();
  }

 private:
  void read(const client::ApiResult<api::ObjectPtr>& found) {
    if (!found && !found.error().is_not_found()) return done_(found.error());
    if (!found || (*found)->uid() != node_.uid) {
      sweeper_.gone(node_.uid);
      sweeper_.parts_.graph.remove(node_.uid);
      return done_(client::Reconciled{});
    }
    object_ = *found;
    // One that is being deleted needs nobody's help; its news are on their way.
    if (object_->deleting()) return done_(client::Reconciled{});
    owners_ = owner_references(object_->document());
    if (owners_.empty()) return done_(client::Reconciled{});
    next_owner();
  }

  void next_owner() {
    if (at_ == owners_.size()) return decide();
    const OwnerReference& owner = owners_[at_];
    const auto resources = sweeper_.parts_.resources();
    const DiscoveredResource* const of =
        resources ? resources->of_kind(owner.api_version, owner.kind) : nullptr;
    if (of == nullptr) {
      sweeper_.parts_.refresh();
      return done_(failed(fmt::format("the kind of the owner {} {} \"{}\" is not served",
                                      owner.api_version, owner.kind, owner.name)));
    }
    if (of->namespaced && node_.namespace_name.empty()) {
      // Nothing can be said about such an owner: the object stays.
      sweeper_.parts_.wrong_namespace(node_, owner);
      return done_(client::Reconciled{});
    }
    const std::string place = of->namespaced ? node_.namespace_name : std::string();
    if (sweeper_.absent_.contains(absence(owner, place))) return took(false, false, false);
    sweeper_.client(of->resource, place)
        .get(owner.name, sweeper_.guard_([self = shared_from_this(), place](auto found) {
          self->read_owner(found, place);
        }))
        .release();
  }

  void read_owner(const client::ApiResult<api::ObjectPtr>& found, const std::string& place) {
    if (!found && !found.error().is_not_found()) return done_(found.error());
    const OwnerReference& owner = owners_[at_];
    if (!found || (*found)->uid() != owner.uid) {
      sweeper_.gone(absence(owner, place));
      return took(false, false, false);
    }
    const bool waits =
        (*found)->deleting() && has_finalizer((*found)->document(), kForegroundFinalizer);
    took(true, waits, sweeper_.parts_.graph.find(owner.uid) != nullptr);
  }

  void took(bool there, bool waits, bool known) {
    const OwnerReference& owner = owners_[at_++];
    if (!there) {
      dangling_.insert(owner.uid);
    } else if (waits) {
      waiting_.insert(owner.uid);
    } else {
      ++solid_;
      unknown_ = unknown_ || !known;
    }
    next_owner();
  }

  void decide() {
    if (solid_ > 0) {
      std::set<std::string> leaving = dangling_;
      leaving.insert(waiting_.begin(), waiting_.end());
      if (!leaving.empty()) {
        return sweeper_.change_metadata(
            target_of(node_),
            [leaving](const json::object& object) { return without_owners(object, leaving); },
            done_);
      }
      // An owner that is there and whose news have not come yet: they may never, when nothing
      // follows its kind.
      client::Reconciled well;
      if (unknown_) well.again_after = kUnknownOwner;
      return done_(well);
    }
    if (!waiting_.empty() && sweeper_.parts_.graph.has_dependents(node_.uid)) {
      for (const OwnerGraph::Node* const dependent : sweeper_.parts_.graph.dependents(node_.uid)) {
        if (!dependent->foreground) continue;
        // A circle: everybody would wait for everybody.
        return sweeper_.change_metadata(target_of(node_), without_blocking,
                                        [self = shared_from_this()](auto result) {
                                          if (!result) return self->done_(result);
                                          self->remove("Foreground", false);
                                        });
      }
      return remove("Foreground", true);
    }
    if (has_finalizer(object_->document(), kOrphanFinalizer)) return remove("Orphan", true);
    remove(has_finalizer(object_->document(), kForegroundFinalizer) ? "Foreground" : "Background",
           true);
  }

  void remove(std::string_view propagation, bool unchanged) {
    client::DeleteOptions options;
    options.propagation = propagation;
    options.uid = node_.uid;
    // What was decided holds for the owners that were read.
    if (unchanged) options.resource_version = object_->resource_version();
    const Target target = target_of(node_);
    sweeper_.client(target.resource, target.namespace_name)
        .remove(target.name, options, sweeper_.guard_([self = shared_from_this()](auto removed) {
          if (!removed && !removed.error().is_not_found()) return self->done_(removed.error());
          self->done_(client::Reconciled{});
        }))
        .release();
  }

  static std::string absence(const OwnerReference& owner, const std::string& place) {
    return fmt::format("{} {} {}/{} {}", owner.api_version, owner.kind, place, owner.name,
                       owner.uid);
  }

  Sweeper& sweeper_;
  const OwnerGraph::Node node_;  // a copy: the graph goes on
  const Done done_;
  api::ObjectPtr object_;
  std::vector<OwnerReference> owners_;
  std::size_t at_ = 0;
  std::set<std::string> dangling_, waiting_;
  std::size_t solid_ = 0;
  bool unknown_ = false;
};

void Sweeper::gone(const std::string& uid) {
  if (!absent_.insert(uid).second) return;
  absent_order_.push_back(uid);
  if (absent_order_.size() <= kRemembered) return;
  absent_.erase(absent_order_.front());
  absent_order_.pop_front();
}

Sweeper::Target Sweeper::target_of(const OwnerGraph::Node& node) {
  return {node.of->resource, node.namespace_name, node.name, node.uid};
}

client::ResourceClient Sweeper::client(const client::Resource& resource,
                                       const std::string& namespace_name) const {
  return {parts_.metadata, resource, namespace_name};
}

void Sweeper::check(const std::string& uid, Done done) {
  const OwnerGraph::Node* const node = parts_.graph.find(uid);
  if (node == nullptr) return done(client::Reconciled{});
  if (node->foreground) return wait_for_dependents(*node, std::move(done));
  if (node->deleting || node->owners.empty()) return done(client::Reconciled{});
  const bool owned = std::ranges::all_of(node->owners, [&](const OwnerReference& reference) {
    const OwnerGraph::Node* const owner = parts_.graph.find(reference.uid);
    return owner != nullptr && !owner->foreground && OwnerGraph::matches(*owner, reference, *node);
  });
  // When one of them goes it is checked again.
  if (owned) return done(client::Reconciled{});
  std::make_shared<Attempt>(*this, *node, std::move(done))->begin();
}

void Sweeper::wait_for_dependents(const OwnerGraph::Node& node, Done done) {
  bool blocked = false;
  for (const OwnerGraph::Node* const dependent : parts_.graph.dependents(node.uid)) {
    const bool blocks = std::ranges::any_of(dependent->owners, [&](const OwnerReference& owner) {
      return owner.uid == node.uid && owner.blocks;
    });
    if (!blocks) continue;
    blocked = true;
    if (!dependent->foreground) parts_.check_soon(dependent->uid);
  }
  if (blocked) return done(client::Reconciled{});
  remove_finalizer(target_of(node), kForegroundFinalizer, std::move(done));
}

void Sweeper::change_metadata(const Target& target, Change change, Done done) {
  client(target.resource, target.namespace_name)
      .get(target.name,
           guard_([this, target, change = std::move(change), done = std::move(done)](auto found) {
             if (!found && !found.error().is_not_found()) return done(found.error());
             if (!found || (*found)->uid() != target.uid) return done(client::Reconciled{});
             auto metadata = change((*found)->document());
             if (!metadata) return done(client::Reconciled{});
             (*metadata)["uid"] = target.uid;
             (*metadata)["resourceVersion"] = api::key((*found)->resource_version());
             const json::object patch{{"metadata", std::move(*metadata)}};
             client(target.resource, target.namespace_name)
                 .patch(target.name, client::PatchType::kMerge, patch, {},
                        guard_([done](auto patched) {
                          if (!patched && !patched.error().is_not_found())
                            return done(patched.error());
                          done(client::Reconciled{});
                        }))
                 .release();
           }))
      .release();
}

void Sweeper::remove_finalizer(const Target& target, std::string_view finalizer, Done done) {
  change_metadata(
      target,
      [name = std::string(finalizer)](const json::object& object) {
        return without_finalizer(object, name);
      },
      std::move(done));
}

void Sweeper::orphan(const std::string& uid, Done done) {
  const OwnerGraph::Node* const node = parts_.graph.find(uid);
  if (node == nullptr || !node->orphans) return done(client::Reconciled{});
  const Target owner = target_of(*node);
  std::vector<Target> dependents;
  for (const OwnerGraph::Node* const dependent : parts_.graph.dependents(uid))
    dependents.push_back(target_of(*dependent));
  const std::size_t count = dependents.size();
  fan_out(count,
          guard_([this, uid, targets = std::move(dependents)](std::size_t i, FanOutDone released) {
            change_metadata(
                targets[i],
                [uid](const json::object& object) { return without_owners(object, {uid}); },
                [released](client::ApiResult<client::Reconciled> result) {
                  released(result ? client::ApiResult<void>() : result.error());
                });
          }),
          guard_([this, owner, done](client::ApiResult<void> result) {
            if (!result) return done(result.error());
            remove_finalizer(owner, kOrphanFinalizer, done);
          }));
}

}  // namespace cove::controllers
