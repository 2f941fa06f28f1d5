#include "core/node/eviction_images.h"

#include <algorithm>
#include <vector>

namespace cove::node {

void UnusedImages::look() {
  const SteadyTime now = parts_.clock.steady();
  std::map<image::Digest, Seen> next;
  for (const image::ImagePtr& image : parts_.images.list()) {
    const auto known = seen_.find(image->id);
    Seen seen = known != seen_.end() ? known->second : Seen{now, {}};
    bool running = false;
    if (!parts_.in_use(image->id, running).empty()) seen.used = now;
    next.emplace(image->id, seen);
  }
  seen_ = std::move(next);
}

bool UnusedImages::remove_until(const std::function<bool()>& enough) {
  const SteadyTime now = parts_.clock.steady();
  std::vector<std::pair<Seen, image::Digest>> order;
  for (const auto& [id, seen] : seen_) {
    if (seen.used != now && now - seen.detected >= parts_.minimum_age) order.emplace_back(seen, id);
  }
  std::ranges::stable_sort(order, [](const auto& a, const auto& b) {
    return std::pair(a.first.used, a.first.detected) < std::pair(b.first.used, b.first.detected);
  });
  bool any = false;
  for (const auto& [seen, id] : order) {
    if (enough()) break;
    bool running = false;
    if (!parts_.in_use(id, running).empty()) continue;
    // All of its names go; one that others were built on stays.
    const auto removed = parts_.images.remove(id.text(), true, true, parts_.in_use);
    if (!removed) continue;
    any = true;
    seen_.erase(id);
    parts_.logger.info("an image that nobody used was removed", {{"image", id.text()}});
  }
  return any;
}

void UnusedImages::step() {
  const std::lock_guard lock(mutex_);
  look();
  const auto has = [&](const FreeSpace& mark) {
    const auto space = parts_.space();
    return !space || space->available_bytes >= mark.of(space->total_bytes);
  };
  if (has(parts_.too_little)) return;
  remove_until([&] { return has(parts_.enough); });
}

bool UnusedImages::remove_all() {
  const std::lock_guard lock(mutex_);
  look();
  return remove_until([] { return false; });
}

}  // namespace cove::node
