// VolumeRestrictions (kubernetes.io "Persistent Volumes", access modes): a claim of the mode
// ReadWriteOncePod is used by one pod at a time.

#include <algorithm>

#include "core/scheduler/plugin.h"

namespace cove::scheduler {
namespace {

bool is_for_one_pod(const api::Object& claim) {
  const json::array* const modes = api::array_at(claim.document(), {"spec", "accessModes"});
  return modes != nullptr && std::ranges::any_of(*modes, [](const json::value& mode) {
           return mode.is_string() && api::view(mode.get_string()) == "ReadWriteOncePod";
         });
}

std::int64_t uses(const PodInfo& pod, const std::set<std::string, std::less<>>& claims) {
  return std::ranges::count_if(pod.claims, [&](const PodClaim& claim) {
    return claims.contains(pod.namespace_name + "/" + claim.name);
  });
}

class VolumeRestrictions final : public Filter {
 public:
  VolumeRestrictions(std::set<std::string, std::less<>> claims, const Cache& cache)
      : claims_(std::move(claims)) {
    for (const NodeInfo* const node : cache.nodes()) {
      for (const PodPtr& other : node->pods()) used_ += uses(*other, claims_);
    }
  }
  Verdict check(const NodeInfo&) const override {
    return used_ == 0 ? Verdict()
                      : Verdict::no(
                            "node has pod using PersistentVolumeClaim with the same name and "
                            "ReadWriteOncePod access mode");
  }
  void add(const PodInfo& pod, const NodeInfo&) override { used_ += uses(pod, claims_); }
  void remove(const PodInfo& pod, const NodeInfo&) override { used_ -= uses(pod, claims_); }

 private:
  const std::set<std::string, std::less<>> claims_;
  std::int64_t used_ = 0;
};

Prepared prepare(const PodPtr& pod, const World& world) {
  std::set<std::string, std::less<>> claims;
  for (const PodClaim& each : pod->claims) {
    std::string key = pod->namespace_name + "/" + each.name;
    const api::ObjectPtr claim = world.claims.get(key);
    if (claim && is_for_one_pod(*claim)) claims.insert(std::move(key));
  }
  if (claims.empty()) return {};
  return {.filter = std::make_unique<VolumeRestrictions>(std::move(claims), world.cache)};
}

bool helped_by(const PodInfo& pod, const Event& event) {
  if (event.type == Event::Type::kClaim) return true;
  if (event.type != Event::Type::kPodGone || event.pod->namespace_name != pod.namespace_name)
    return false;
  return std::ranges::any_of(event.pod->claims, [&](const PodClaim& freed) {
    return std::ranges::any_of(pod.claims,
                               [&](const PodClaim& claim) { return claim.name == freed.name; });
  });
}

}  // namespace

FilterPlugin volume_restrictions() {
  return {"VolumeRestrictions", prepare, helped_by};
}

}  // namespace cove::scheduler
