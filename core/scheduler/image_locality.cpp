// ImageLocality: a node that has the pod's images is the better, the more so the larger they are
// and the more nodes have them, lest all pods of an image gather on one node.

#include <algorithm>
#include <map>

#include "core/scheduler/plugin.h"

namespace cove::scheduler {
namespace {

constexpr std::int64_t kMegabyte = 1024 * 1024;
constexpr std::int64_t kLeast = 23 * kMegabyte;
constexpr std::int64_t kMostOfOne = 1000 * kMegabyte;

class ImageLocality final : public Score {
 public:
  ImageLocality(const PodInfo& pod, const Cache& cache) : containers_(pod.images.size()) {
    const std::size_t all = cache.nodes().size();
    for (const std::string& image : pod.images) {
      const std::string name = normal_image_name(image);
      const auto having = std::ranges::count_if(
          cache.nodes(), [&](const NodeInfo* node) { return node->image_size(name) >= 0; });
      spread_.emplace_back(name, static_cast<double>(having) / static_cast<double>(all));
    }
  }
  std::int64_t of(const NodeInfo& node) const override {
    std::int64_t sum = 0;
    for (const auto& [name, spread] : spread_) {
      const std::int64_t size = node.image_size(name);
      if (size > 0) sum += static_cast<std::int64_t>(static_cast<double>(size) * spread);
    }
    const std::int64_t most = kMostOfOne * static_cast<std::int64_t>(containers_);
    sum = std::clamp(sum, kLeast, most);
    return kMaxScore * (sum - kLeast) / (most - kLeast);
  }

 private:
  const std::size_t containers_;
  std::vector<std::pair<std::string, double>> spread_;
};

std::unique_ptr<Score> prepare_score(const PodPtr& pod, const World& world,
                                     const std::vector<const NodeInfo*>&) {
  if (pod->images.empty()) return nullptr;
  return std::make_unique<ImageLocality>(*pod, world.cache);
}

}  // namespace

ScorePlugin image_locality() {
  return {"ImageLocality", 1, prepare_score};
}

}  // namespace cove::scheduler
