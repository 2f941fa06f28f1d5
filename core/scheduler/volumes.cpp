#include "core/scheduler/volumes.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/api/quantity.h"
#include "core/api/readers.h"

namespace cove::scheduler {
namespace {

constexpr std::string_view kBindCompleted = "pv.kubernetes.io/bind-completed";
constexpr std::string_view kNoProvisioner = "kubernetes.io/no-provisioner";
constexpr std::string_view kOldClass = "volume.beta.kubernetes.io/storage-class";

constexpr std::string_view kNoVolume = "node(s) didn't find available persistent volumes to bind";
constexpr std::string_view kWrongNode = "node(s) didn't match PersistentVolume's node affinity";
constexpr std::string_view kVolumeGone =
    "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)";

std::string class_of(const api::Object& object) {
  const std::string_view old =
      api::text_at(object.document(), {"metadata", "annotations", kOldClass});
  return std::string(old.empty() ? api::text_at(object.document(), {"spec", "storageClassName"})
                                 : old);
}

std::string_view selected_node(const api::Object& claim) {
  return api::text_at(claim.document(), {"metadata", "annotations", kSelectedNode});
}

bool waits_for_consumer(const api::Object& claim, const World& world) {
  if (!selected_node(claim).empty()) return true;
  const std::string name = class_of(claim);
  const api::ObjectPtr found = name.empty() ? nullptr : world.classes.get(name);
  return found && api::text_at(found->document(), {"volumeBindingMode"}) == "WaitForFirstConsumer";
}

bool volume_takes_node(const api::Object& volume, const NodeInfo& node) {
  const json::object* const required =
      api::object_at(volume.document(), {"spec", "nodeAffinity", "required"});
  return required == nullptr || api::NodeSelector(*required).matches(node.labels(), node.name());
}

bool made_for(const api::Object& claim, const PodInfo& pod) {
  const json::object* const owner = api::controller_of(claim);
  return owner != nullptr && api::text_at(*owner, {"uid"}) == pod.uid;
}

// What keeps the pod from everywhere because of that claim; empty: nothing.
std::string refusal(const PodClaim& named, const api::ObjectPtr& claim, const PodInfo& pod) {
  if (!claim) {
    return named.ephemeral ? "waiting for ephemeral volume controller to create the "
                             "persistentvolumeclaim " +
                                 api::quote(named.name)
                           : "persistentvolumeclaim " + api::quote(named.name) + " not found";
  }
  if (api::text_at(claim->document(), {"status", "phase"}) == "Lost") {
    return fmt::format("persistentvolumeclaim {} bound to non-existent persistentvolume {}",
                       api::quote(claim->name()),
                       api::quote(api::text_at(claim->document(), {"spec", "volumeName"})));
  }
  if (claim->deleting())
    return fmt::format("persistentvolumeclaim {} is being deleted", api::quote(claim->name()));
  if (named.ephemeral && !made_for(*claim, pod)) {
    return fmt::format("PVC {}/{} was not created for pod {} (pod is not owner)",
                       pod.namespace_name, named.name, pod.key);
  }
  return {};
}

std::optional<api::Quantity> quantity_at(const json::object& object, api::Steps path) {
  const auto read = api::Quantity::parse(api::text_at(object, path));
  return read ? std::optional(*read) : std::nullopt;
}

bool has_modes(const json::object& volume, const json::object& claim) {
  const json::array* const wanted = api::array_at(claim, {"spec", "accessModes"});
  const json::array* const offered = api::array_at(volume, {"spec", "accessModes"});
  return wanted == nullptr || std::ranges::all_of(*wanted, [&](const json::value& mode) {
           return offered != nullptr && std::ranges::find(*offered, mode) != offered->end();
         });
}

std::string_view mode_of(const json::object& object) {
  const std::string_view mode = api::text_at(object, {"spec", "volumeMode"});
  return mode.empty() ? "Filesystem" : mode;
}

enum class Claimed { kByNobody, kByThis, kByOther };

Claimed claimed(const api::Object& volume, const api::Object& claim) {
  const json::object* const reference = api::object_at(volume.document(), {"spec", "claimRef"});
  if (reference == nullptr) return Claimed::kByNobody;
  const std::string_view uid = api::text_at(*reference, {"uid"});
  const bool same = api::text_at(*reference, {"name"}) == claim.name() &&
                    api::text_at(*reference, {"namespace"}) == claim.namespace_name() &&
                    (uid.empty() || uid == claim.uid());
  return same ? Claimed::kByThis : Claimed::kByOther;
}

// Whether a volume that nobody has is what the claim wants.
bool suits(const api::Object& volume, const api::Object& claim) {
  const json::object& v = volume.document();
  const json::object& c = claim.document();
  if (volume.deleting() || class_of(volume) != class_of(claim) || mode_of(v) != mode_of(c) ||
      !has_modes(v, c))
    return false;
  const auto capacity = quantity_at(v, {"spec", "capacity", "storage"});
  const auto wanted = quantity_at(c, {"spec", "resources", "requests", "storage"});
  if (!capacity || (wanted && *capacity < *wanted)) return false;
  const json::object* const selector = api::object_at(c, {"spec", "selector"});
  if (selector == nullptr) return true;
  const auto labels = api::LabelSelector::from_document(selector);
  return labels && labels->matches(v);
}

// The smallest that will do, or the one that was meant for the claim; null when there is none.
api::ObjectPtr find_volume(const api::Object& claim, const NodeInfo& node, const World& world,
                           const VolumePlan& plan) {
  const std::string key = client::key_of(claim);
  api::ObjectPtr best;
  std::optional<api::Quantity> least;
  for (const api::ObjectPtr& volume : world.volumes.list()) {
    const Claimed by = claimed(*volume, claim);
    if (by == Claimed::kByOther || world.volume_choices.taken(volume->name(), key) ||
        std::ranges::any_of(
            plan.bind, [&](const auto& other) { return other.volume->name() == volume->name(); }))
      continue;
    if (!volume_takes_node(*volume, node) || !suits(*volume, claim)) continue;
    if (by == Claimed::kByThis) return volume;
    if (api::text_at(volume->document(), {"status", "phase"}) != "Available") continue;
    const auto capacity = quantity_at(volume->document(), {"spec", "capacity", "storage"});
    if (least && *capacity >= *least) continue;
    best = volume;
    least = capacity;
  }
  return best;
}

bool takes_topology(const json::array& terms, const NodeInfo& node) {
  return terms.empty() || std::ranges::any_of(terms, [&](const json::value& term) {
           const json::array* const all =
               term.is_object() ? api::array_at(term.get_object(), {"matchLabelExpressions"})
                                : nullptr;
           return all != nullptr && std::ranges::all_of(*all, [&](const json::value& each) {
                    if (!each.is_object()) return false;
                    const std::string_view label = api::text_at(each.get_object(), {"key"});
                    const json::array* const values = api::array_at(each.get_object(), {"values"});
                    return values != nullptr && node.has_label(label) &&
                           std::ranges::any_of(*values, [&](const json::value& value) {
                             return value.is_string() &&
                                    api::view(value.get_string()) == node.label(label);
                           });
                  });
         });
}

bool can_provision(const api::Object& claim, const NodeInfo& node, const World& world) {
  const std::string name = class_of(claim);
  const api::ObjectPtr found = name.empty() ? nullptr : world.classes.get(name);
  if (!found) return false;
  const std::string_view provisioner = api::text_at(found->document(), {"provisioner"});
  if (provisioner.empty() || provisioner == kNoProvisioner) return false;
  const json::array* const topologies = api::array_at(found->document(), {"allowedTopologies"});
  return topologies == nullptr || takes_topology(*topologies, node);
}

void add_reason(Verdict& verdict, std::string_view reason) {
  verdict.fit = Fit::kNever;
  if (std::ranges::find(verdict.reasons, reason) == verdict.reasons.end())
    verdict.reasons.emplace_back(reason);
}

class VolumeBinding final : public Filter {
 public:
  VolumeBinding(PodVolumes volumes, const World& world)
      : volumes_(std::move(volumes)), world_(world) {}
  Verdict check(const NodeInfo& node) const override {
    return plan_volumes(volumes_, node, world_);
  }

 private:
  const PodVolumes volumes_;
  const World& world_;
};

Prepared prepare(const PodPtr& pod, const World& world) {
  if (pod->claims.empty()) return {};
  PodVolumes volumes = volumes_of(*pod, world);
  if (!volumes.verdict.fits()) return {.verdict = std::move(volumes.verdict)};
  return {.filter = std::make_unique<VolumeBinding>(std::move(volumes), world)};
}

bool helped_by(const PodInfo&, const Event& event) {
  switch (event.type) {
    case Event::Type::kClaim:
    case Event::Type::kVolume:
    case Event::Type::kClass: return true;
    case Event::Type::kNode: return event.node_added || event.change.labels;
    default: return false;
  }
}

}  // namespace

bool is_bound(const api::Object& claim) {
  const json::object* const annotations =
      api::object_at(claim.document(), {"metadata", "annotations"});
  return !api::text_at(claim.document(), {"spec", "volumeName"}).empty() &&
         annotations != nullptr && api::member(*annotations, kBindCompleted) != nullptr;
}

PodVolumes volumes_of(const PodInfo& pod, const World& world) {
  PodVolumes volumes;
  bool unbound_immediate = false;
  for (const PodClaim& named : pod.claims) {
    const api::ObjectPtr claim = world.claims.get(pod.namespace_name + "/" + named.name);
    if (const std::string why = refusal(named, claim, pod); !why.empty()) {
      volumes.verdict = Verdict::never(why);
      return volumes;
    }
    if (is_bound(*claim)) {
      volumes.bound.push_back(claim);
    } else if (waits_for_consumer(*claim, world) &&
               api::text_at(claim->document(), {"spec", "volumeName"}).empty()) {
      volumes.delayed.push_back(claim);
    } else {
      unbound_immediate = true;
    }
  }
  if (unbound_immediate)
    volumes.verdict = Verdict::never("pod has unbound immediate PersistentVolumeClaims");
  return volumes;
}

Verdict plan_volumes(const PodVolumes& volumes, const NodeInfo& node, const World& world,
                     VolumePlan* plan) {
  Verdict verdict;
  for (const api::ObjectPtr& claim : volumes.bound) {
    const api::ObjectPtr volume =
        world.volumes.get(api::text_at(claim->document(), {"spec", "volumeName"}));
    if (!volume) {
      add_reason(verdict, kVolumeGone);
    } else if (!volume_takes_node(*volume, node)) {
      add_reason(verdict, kWrongNode);
    }
  }
  VolumePlan found;
  for (const api::ObjectPtr& claim : volumes.delayed) {
    if (const std::string_view selected = selected_node(*claim); !selected.empty()) {
      if (selected != node.name()) {
        add_reason(verdict, kNoVolume);
      } else {
        found.provision.push_back(claim);
      }
    } else if (api::ObjectPtr volume = find_volume(*claim, node, world, found)) {
      found.bind.push_back({std::move(volume), claim});
    } else if (can_provision(*claim, node, world)) {
      found.provision.push_back(claim);
    } else {
      add_reason(verdict, kNoVolume);
    }
  }
  if (plan != nullptr) *plan = std::move(found);
  return verdict;
}

FilterPlugin volume_binding() {
  return {"VolumeBinding", prepare, helped_by};
}

}  // namespace cove::scheduler
