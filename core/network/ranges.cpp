#include "core/network/ranges.h"

#include <algorithm>
#include <limits>

namespace cove::network {

std::vector<AddressRange> merged(std::vector<AddressRange> ranges) {
  // Their own order is that of signed bytes.
  const auto first = [](const AddressRange& range) { return range.first.ipv4(); };
  const auto last = [](const AddressRange& range) { return range.last.ipv4(); };
  std::ranges::sort(ranges, {}, first);
  std::vector<AddressRange> sum;
  for (const AddressRange& range : ranges) {
    const bool apart =
        sum.empty() || (last(sum.back()) != std::numeric_limits<std::uint32_t>::max() &&
                        first(range) > last(sum.back()) + 1);
    if (apart) {
      sum.push_back(range);
    } else {
      sum.back().last = std::ranges::max(sum.back(), range, {}, last).last;
    }
  }
  return sum;
}

}  // namespace cove::network
