#include "vm/libvirt/nat_network.h"

#include <gtest/gtest.h>

namespace cove::vm::libvirt {
namespace {

constexpr std::uint32_t ip(unsigned a, unsigned b, unsigned c, unsigned d) {
  return (a << 24) | (b << 16) | (c << 8) | d;
}

const Subnet kOurs{ip(192, 168, 176, 0), 0xffffff00};

TEST(NatNetwork, ReadsTheHostsRoutes) {
  const auto routes = parse_routes(
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
      "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
      "eth0\t00B0A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
      "bad\tzzzz\t0\t0\t0\t0\t0\tqqqq\t0\n"
      "short\n");
  ASSERT_EQ(routes.size(), 1u) << "the default route does not count";
  EXPECT_EQ(routes[0].address, kOurs.address);
  EXPECT_EQ(routes[0].mask, kOurs.mask);
}

TEST(NatNetwork, SkipsWhatIsInUse) {
  EXPECT_EQ(choose_subnet({})->address, kOurs.address);
  EXPECT_EQ(choose_subnet({kOurs})->address, ip(192, 168, 177, 0));
  EXPECT_EQ(choose_subnet({{ip(192, 168, 176, 64), 0xffffffc0}})->address, ip(192, 168, 177, 0));
  EXPECT_EQ(choose_subnet({{ip(192, 168, 128, 0), 0xffff8000}})->address, ip(192, 168, 0, 0));
  const auto full = choose_subnet({{ip(192, 168, 0, 0), 0xffff0000}});
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kResourceExhausted);
}

TEST(NatNetwork, AddressesStayWhereTheyCan) {
  const NatNetwork network{kOurs, "192.168.176.1"};
  EXPECT_EQ(choose_address(network, std::nullopt, {})->address, "192.168.176.10");
  EXPECT_EQ(choose_address(network, std::nullopt, {"192.168.176.10"})->address, "192.168.176.11");
  const NatAddress kept{"192.168.176.42", 24, "192.168.176.1"};
  EXPECT_EQ(*choose_address(network, kept, {"192.168.176.10"}), kept);
  EXPECT_EQ(choose_address(network, kept, {"192.168.176.42"})->address, "192.168.176.10");
  const NatAddress elsewhere{"192.168.5.42", 24, "192.168.5.1"};
  EXPECT_EQ(choose_address(network, elsewhere, {})->address, "192.168.176.10");
  std::vector<std::string> all;
  for (int i = 0; i < 256; ++i) all.push_back("192.168.176." + std::to_string(i));
  EXPECT_FALSE(choose_address(network, std::nullopt, all));
}

}  // namespace
}  // namespace cove::vm::libvirt
