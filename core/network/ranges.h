// Ranges of addresses.
#pragma once

#include <vector>

#include "core/network/address.h"

namespace cove::network {

// Addresses from the first to the last, both counted; IPv4.
struct AddressRange {
  Address first, last;
  auto operator<=>(const AddressRange&) const = default;
};

// As few as mean the same addresses: neither overlapping nor touching, in order.
std::vector<AddressRange> merged(std::vector<AddressRange> ranges);

}  // namespace cove::network
