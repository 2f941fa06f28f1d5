#include "ui/models/revisions.h"

#include <algorithm>
#include <array>

namespace cove::ui {
namespace {

namespace json = api::json;

constexpr std::string_view kRevision = "deployment.kubernetes.io/revision";
// Annotations that belong to one of the two and do not go from one to the other, as kubectl's
// rollback has them.
constexpr std::array<std::string_view, 6> kOwn = {
    "kubectl.kubernetes.io/last-applied-configuration",
    kRevision,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to"};

json::object annotations_after(const api::Object& deployment, const api::Object& replica_set) {
  json::object annotations;
  const auto is_own = [](json::string_view name) {
    return std::ranges::find(kOwn, std::string_view(name.data(), name.size())) != kOwn.end();
  };
  const auto take = [&](const api::Object& from, bool own) {
    const auto* all = api::object_at(from.document(), {"metadata", "annotations"});
    if (all == nullptr) return;
    for (const auto& each : *all)
      if (is_own(each.key()) == own) annotations[each.key()] = each.value();
  };
  take(deployment, true);
  take(replica_set, false);
  return annotations;
}

}  // namespace

bool controlled_by(const api::Object& object, std::string_view uid) {
  const auto* owners = api::array_at(object.document(), {"metadata", "ownerReferences"});
  return owners != nullptr && std::ranges::any_of(*owners, [&](const json::value& each) {
           const auto* owner = each.if_object();
           return owner != nullptr && api::flag_at(*owner, {"controller"}) &&
                  api::text_at(*owner, {"uid"}) == uid;
         });
}

std::string_view revision_of(const api::Object& workload) {
  return api::text_at(workload.document(), {"metadata", "annotations", kRevision});
}

json::object template_of(const api::Object& replica_set) {
  const auto* found = api::object_at(replica_set.document(), {"spec", "template"});
  json::object made = found != nullptr ? *found : json::object();
  api::erase_at(made, {"metadata", "labels", "pod-template-hash"});
  return made;
}

json::array undo_patch(const api::Object& deployment, const api::Object& replica_set) {
  return {{{"op", "test"},
           {"path", "/metadata/annotations/deployment.kubernetes.io~1revision"},
           {"value", revision_of(deployment)}},
          {{"op", "replace"}, {"path", "/spec/template"}, {"value", template_of(replica_set)}},
          {{"op", "add"},
           {"path", "/metadata/annotations"},
           {"value", annotations_after(deployment, replica_set)}}};
}

}  // namespace cove::ui
