// VolumeZone: a volume that says its zone by labels is used in that zone.

#include <algorithm>
#include <array>

#include "core/scheduler/volumes.h"

namespace cove::scheduler {
namespace {

constexpr std::array<std::string_view, 4> kLabels{
    "topology.kubernetes.io/zone", "topology.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region"};

// "a__b": one of these.
bool is_one_of(std::string_view list, std::string_view value) {
  while (true) {
    const std::size_t end = list.find("__");
    if (list.substr(0, end) == value) return true;
    if (end == list.npos) return false;
    list.remove_prefix(end + 2);
  }
}

class VolumeZone final : public Filter {
 public:
  explicit VolumeZone(std::vector<std::pair<std::string_view, std::string>> places)
      : places_(std::move(places)) {}
  Verdict check(const NodeInfo& node) const override {
    if (std::ranges::none_of(kLabels, [&](auto label) { return node.has_label(label); })) return {};
    for (const auto& [label, values] : places_) {
      if (!node.has_label(label) || !is_one_of(values, node.label(label)))
        return Verdict::never("node(s) had no available volume zone");
    }
    return {};
  }

 private:
  const std::vector<std::pair<std::string_view, std::string>> places_;
};

Prepared prepare(const PodPtr& pod, const World& world) {
  std::vector<std::pair<std::string_view, std::string>> places;
  for (const PodClaim& each : pod->claims) {
    const api::ObjectPtr claim = world.claims.get(pod->namespace_name + "/" + each.name);
    const api::ObjectPtr volume =
        claim ? world.volumes.get(api::text_at(claim->document(), {"spec", "volumeName"}))
              : nullptr;
    if (!volume) continue;
    for (const std::string_view label : kLabels) {
      const auto value = api::text_at(volume->document(), {"metadata", "labels", label});
      if (!value.empty()) places.emplace_back(label, value);
    }
  }
  if (places.empty()) return {};
  return {.filter = std::make_unique<VolumeZone>(std::move(places))};
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

FilterPlugin volume_zone() {
  return {"VolumeZone", prepare, helped_by};
}

}  // namespace cove::scheduler
