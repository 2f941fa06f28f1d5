// FreeSpace: how much of a disk has to be free.
#pragma once

#include <algorithm>
#include <cstdint>

namespace cove::node {

// A part of the disk, as on a node that has it for itself, and never more than so many bytes: a
// cluster that runs natively shares the disk of its computer, a tenth of which may be more than a
// cluster will ever need.
struct FreeSpace {
  unsigned percent = 0;
  std::uint64_t most_bytes = 0;

  std::uint64_t of(std::uint64_t total_bytes) const {
    return std::min(total_bytes / 100 * percent, most_bytes);
  }
};

}  // namespace cove::node
