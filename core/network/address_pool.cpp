#include "core/network/address_pool.h"

#include <fmt/format.h>

#include <algorithm>

namespace cove::network {
namespace {

constexpr unsigned kUsualPrefix = 16;
constexpr unsigned kLongestPrefix = 30;  // two addresses besides network and broadcast
constexpr unsigned kShortestPrefix = 8;

Error refused(const std::string& subject, std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "use", subject, std::move(cause), ""};
}

// The one-bit step from subnet to subnet of this length.
std::uint64_t size_of(unsigned prefix_length) {
  return std::uint64_t{1} << (32 - prefix_length);
}

}  // namespace

Result<SubnetPool> SubnetPool::parse(std::string_view text) {
  SubnetPool pool;
  const auto first = text.find('/');
  const auto second = first == std::string_view::npos ? first : text.find('/', first + 1);
  COVE_TRY(pool.block, Subnet::parse(text.substr(0, second)));
  pool.prefix_length = std::max(kUsualPrefix, pool.block.prefix_length);
  if (second != std::string_view::npos) {
    COVE_TRY(const Subnet cut,
             Subnet::parse(pool.block.base.text() + std::string(text.substr(second))));
    pool.prefix_length = cut.prefix_length;
  }
  if (pool.block.base.family() != Family::kIpv4)
    return Error{ErrorCode::kUnsupported, "use", std::string(text), "pools are of IPv4", ""};
  if (pool.prefix_length < pool.block.prefix_length || pool.prefix_length > kLongestPrefix ||
      pool.block.prefix_length < kShortestPrefix)
    return refused(std::string(text), "no subnets can be cut from it");
  return pool;
}

Result<Subnet> choose_subnet(const std::vector<SubnetPool>& pools,
                             const std::vector<Subnet>& taken) {
  for (const SubnetPool& pool : pools) {
    const std::uint64_t end = std::uint64_t{pool.block.last().ipv4()} + 1;
    for (std::uint64_t base = pool.block.base.ipv4(); base < end;
         base += size_of(pool.prefix_length)) {
      const Subnet subnet{Address::from_ipv4(static_cast<std::uint32_t>(base)), pool.prefix_length};
      if (std::none_of(taken.begin(), taken.end(),
                       [&](const Subnet& other) { return other.overlaps(subnet); }))
        return subnet;
    }
  }
  return Error{ErrorCode::kResourceExhausted, "find", "a subnet for the network",
               "all predefined address pools have been fully subnetted",
               "Remove a network or give it a subnet."};
}

bool AddressSpace::usable(const Address& address) const {
  if (address == gateway) return false;
  if (subnet.prefix_length >= 31) return true;
  return address != subnet.base && address != subnet.last();
}

Result<AddressSpace> AddressSpace::parse(const std::string& subnet, const std::string& gateway,
                                         const std::string& range) {
  AddressSpace space;
  COVE_TRY(space.subnet, Subnet::parse(subnet, true));
  if (space.subnet.base.family() != Family::kIpv4)
    return Error{ErrorCode::kUnsupported, "use", subnet, "networks are of IPv4", ""};
  if (space.subnet.prefix_length < kShortestPrefix || space.subnet.prefix_length > kLongestPrefix ||
      space.subnet.base.is_loopback() || space.subnet.base.ipv4() >> 28 >= 14 ||
      space.subnet.base.ipv4() >> 24 == 0)
    return refused(subnet, "it is no subnet for containers");
  space.range = space.subnet;
  if (!range.empty()) {
    COVE_TRY(space.range, Subnet::parse(range));
    if (!space.subnet.contains(space.range))
      return refused(range, "it is not within the subnet " + subnet);
  }
  if (gateway.empty()) {
    space.gateway = Address::from_ipv4(space.subnet.base.ipv4() + 1);
  } else {
    COVE_TRY(space.gateway, Address::parse(gateway));
    if (!space.subnet.contains(space.gateway) || space.gateway == space.subnet.base ||
        space.gateway == space.subnet.last())
      return refused(gateway, "no matching subnet for gateway " + gateway);
  }
  return space;
}

Result<Address> AddressSpace::lowest_free(const std::function<bool(const Address&)>& taken) const {
  const std::uint64_t end = std::uint64_t{range.last().ipv4()} + 1;
  for (std::uint64_t value = range.base.ipv4(); value < end; ++value) {
    const Address address = Address::from_ipv4(static_cast<std::uint32_t>(value));
    if (usable(address) && !taken(address)) return address;
  }
  return Error{ErrorCode::kResourceExhausted, "find", "an address in " + range.text(),
               "no available IPv4 addresses on this network's address pools", ""};
}

Result<Address> AddressSpace::check(const std::string& wanted,
                                    const std::function<bool(const Address&)>& taken) const {
  COVE_TRY(const Address address, Address::parse(wanted));
  if (!subnet.contains(address) || (address != gateway && !usable(address)))
    return refused(wanted, "no configured subnet contains IP address " + wanted);
  if (address == gateway || taken(address))
    return Error{ErrorCode::kConflict, "use", wanted, "Address already in use", ""};
  return address;
}

std::string mac_of(const Address& address) {
  const std::uint32_t value = address.ipv4();
  return fmt::format("02:42:{:02x}:{:02x}:{:02x}:{:02x}", value >> 24, value >> 16 & 255,
                     value >> 8 & 255, value & 255);
}

}  // namespace cove::network
