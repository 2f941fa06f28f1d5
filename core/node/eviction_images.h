// UnusedImages: removes images that no container uses when the disk fills up (kubernetes.io
// "Garbage collection of unused containers and images").
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/image/image_store.h"
#include "core/node/free_space.h"

namespace cove::node {

// Thread-safe; calls block.
class UnusedImages {
 public:
  struct Parts {
    image::ImageStore& images;
    // Who holds an image: containers of pods and of the container engine.
    image::ImageStore::InUse in_use;
    std::function<Result<SpaceInfo>()> space;
    const Clock& clock;
    Logger& logger;
    // Less than the first begins to remove, and no less than the second ends it.
    FreeSpace too_little{15, std::uint64_t{3} << 30}, enough{20, std::uint64_t{4} << 30};
    std::chrono::seconds minimum_age{120};
  };
  explicit UnusedImages(Parts parts) : parts_(std::move(parts)) {}

  // When too little is free: removes the ones that were used longest ago until it is enough.
  void step();
  // Under disk pressure: all of them. Whether any went.
  bool remove_all();

 private:
  bool remove_until(const std::function<bool()>& enough);
  // When each was in use last, as far as it was seen.
  void look();

  const Parts parts_;
  std::mutex mutex_;
  struct Seen {
    SteadyTime detected{}, used{};
  };
  std::map<image::Digest, Seen> seen_;
};

}  // namespace cove::node
