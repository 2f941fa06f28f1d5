#include <gmock/gmock.h>

#include "core/network/address.h"
#include "core/network/address_pool.h"
#include "core/network/links.h"
#include "core/network/resolver_file.h"

namespace cove::network {
namespace {

Subnet subnet(const std::string& text) {
  return *Subnet::parse(text);
}

TEST(Address, OneNotationForEachFamily) {
  EXPECT_EQ(Address::parse("172.17.0.2")->text(), "172.17.0.2");
  EXPECT_EQ(Address::parse("FE80:0::1")->text(), "fe80::1");
  EXPECT_EQ(Address::parse("10.1.2.3")->ipv4(), 0x0a010203U);
  EXPECT_EQ(Address::from_ipv4(0x7f000001).text(), "127.0.0.1");
  EXPECT_TRUE(Address::parse("127.3.0.1")->is_loopback());
  EXPECT_TRUE(Address::parse("::1")->is_loopback());
  EXPECT_FALSE(Address::parse("fe80::1")->is_loopback());
  EXPECT_TRUE(Address::parse("::")->is_any());
  for (const std::string text :
       {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4x", "1.2.3.4/8", " 1.2.3.4", ":::", "host"})
    EXPECT_FALSE(Address::parse(text)) << text;
  EXPECT_FALSE(Address::parse(std::string_view("1.2.3.4\0", 8)));
}

TEST(Subnet, AreReadStrictlyOrCleaned) {
  EXPECT_EQ(subnet("172.18.3.4/16").text(), "172.18.0.0/16");
  EXPECT_EQ(subnet("fe80::1/64").text(), "fe80::/64");
  EXPECT_FALSE(Subnet::parse("172.18.3.4/16", true));
  EXPECT_TRUE(Subnet::parse("172.18.0.0/16", true));
  EXPECT_EQ(subnet("10.0.0.0/30").last().text(), "10.0.0.3");
  for (const std::string text : {"10.0.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1",
                                 "10.0.0.0/8x", "/8", "10.0.0/8", "::/129"})
    EXPECT_FALSE(Subnet::parse(text)) << text;
}

TEST(Subnet, OverlapIsMutual) {
  struct Case {
    const char *one, *other;
    bool overlap;
  };
  for (const auto& [one, other, overlap] :
       {Case{"10.0.0.0/8", "10.1.0.0/16", true}, Case{"10.0.0.0/8", "11.0.0.0/8", false},
        Case{"0.0.0.0/0", "1.2.3.4/32", true}, Case{"10.0.0.0/24", "10.0.1.0/24", false},
        Case{"10.0.0.0/8", "fe80::/10", false}, Case{"fe80::/10", "fe80::1/128", true}}) {
    EXPECT_EQ(subnet(one).overlaps(subnet(other)), overlap) << one << " " << other;
    EXPECT_EQ(subnet(other).overlaps(subnet(one)), overlap) << one << " " << other;
  }
  EXPECT_TRUE(subnet("10.0.0.0/8").contains(subnet("10.1.0.0/16")));
  EXPECT_FALSE(subnet("10.1.0.0/16").contains(subnet("10.0.0.0/8")));
}

TEST(SubnetPool, IsCutIntoSubnets) {
  EXPECT_EQ(SubnetPool::parse("172.18.0.0/15")->prefix_length, 16U);
  EXPECT_EQ(SubnetPool::parse("192.168.0.0/16/20")->prefix_length, 20U);
  EXPECT_EQ(SubnetPool::parse("10.9.0.0/24")->prefix_length, 24U);
  for (const char* text : {"10.0.0.0", "10.0.0.0/16/8", "10.0.0.0/16/32", "fe80::/64", "0.0.0.0/0"})
    EXPECT_FALSE(SubnetPool::parse(text)) << text;
}

TEST(SubnetPool, TheFirstFreeSubnetIsChosen) {
  const std::vector<SubnetPool> pools{*SubnetPool::parse("172.17.0.0/16"),
                                      *SubnetPool::parse("172.18.0.0/15"),
                                      *SubnetPool::parse("192.168.0.0/23/24")};
  std::vector<Subnet> taken;
  for (const char* expected :
       {"172.17.0.0/16", "172.18.0.0/16", "172.19.0.0/16", "192.168.0.0/24", "192.168.1.0/24"}) {
    const auto chosen = choose_subnet(pools, taken);
    ASSERT_TRUE(chosen);
    EXPECT_EQ(chosen->text(), expected);
    taken.push_back(*chosen);
  }
  EXPECT_EQ(choose_subnet(pools, taken).error().code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(choose_subnet(pools, {subnet("172.16.0.0/12")})->text(), "192.168.0.0/24");
  EXPECT_EQ(choose_subnet(pools, {subnet("172.17.255.0/24")})->text(), "172.18.0.0/16");
}

TEST(SubnetPool, TheEndOfAllAddressesIsAnEnd) {
  const auto pool = SubnetPool::parse("255.0.0.0/8/8");
  ASSERT_TRUE(pool);
  EXPECT_FALSE(choose_subnet({*pool}, {subnet("255.0.0.0/8")}));
}

TEST(AddressSpace, GivesTheLowestFreeAddress) {
  const auto space = AddressSpace::parse("172.18.0.0/29", "", "");
  ASSERT_TRUE(space);
  EXPECT_EQ(space->gateway.text(), "172.18.0.1");
  std::set<std::string> given;
  const auto taken = [&](const Address& address) { return given.contains(address.text()); };
  for (int last = 2; last <= 6; ++last) {
    const auto address = space->lowest_free(taken);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->text(), "172.18.0." + std::to_string(last));
    given.insert(address->text());
  }
  EXPECT_EQ(space->lowest_free(taken).error().code, ErrorCode::kResourceExhausted);
  given.erase("172.18.0.4");
  EXPECT_EQ(space->lowest_free(taken)->text(), "172.18.0.4");
}

TEST(AddressSpace, ARangeNarrowsWhatIsGivenButNotWhatMayBeWanted) {
  const auto space = AddressSpace::parse("10.5.0.0/16", "10.5.9.9", "10.5.1.0/30");
  ASSERT_TRUE(space);
  const auto none = [](const Address&) { return false; };
  EXPECT_EQ(space->lowest_free(none)->text(), "10.5.1.0");
  EXPECT_EQ(space->check("10.5.200.1", none)->text(), "10.5.200.1");
  EXPECT_EQ(space->check("10.5.9.9", none).error().code, ErrorCode::kConflict);
  EXPECT_EQ(space->check("10.6.0.1", none).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(space->check("10.5.255.255", none).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(space->check("10.5.0.0", none).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(space->check("10.5.0.7", [](const Address&) { return true; }).error().cause,
            "Address already in use");
}

TEST(AddressSpace, WhatDoesNotFitTogetherIsRefused) {
  struct Case {
    const char *subnet, *gateway, *range;
  };
  for (const auto& [net, gateway, range] :
       {Case{"10.0.0.1/8", "", ""}, Case{"127.0.0.0/8", "", ""}, Case{"224.0.0.0/8", "", ""},
        Case{"10.0.0.0/31", "", ""}, Case{"0.0.0.0/0", "", ""}, Case{"10.0.0.0/8", "11.0.0.1", ""},
        Case{"10.0.0.0/8", "10.0.0.0", ""}, Case{"10.0.0.0/8", "10.255.255.255", ""},
        Case{"10.0.0.0/16", "", "10.1.0.0/24"}, Case{"10.0.0.0/16", "", "10.0.0.0/8"},
        Case{"fe80::/64", "", ""}, Case{"x", "", ""}, Case{"10.0.0.0/8", "x", ""}})
    EXPECT_FALSE(AddressSpace::parse(net, gateway, range)) << net << gateway << range;
}

TEST(Mac, FollowsTheAddress) {
  EXPECT_EQ(mac_of(*Address::parse("172.17.0.2")), "02:42:ac:11:00:02");
  EXPECT_EQ(*parse_mac("02:42:AC:11:00:02"), std::string("\x02\x42\xac\x11\x00\x02", 6));
  for (const char* text : {"", "02:42:ac:11:00", "02:42:ac:11:00:0g", "02-42-ac-11-00-02",
                           "01:00:5e:00:00:01", "00:00:00:00:00:00", "02:42:ac:11:00:02:03"})
    EXPECT_FALSE(parse_mac(text)) << text;
}

TEST(ResolverFile, IsReadWithBounds) {
  const auto settings = parse_resolver_file(
      "# nameserver 9.9.9.9\nnameserver  10.0.2.3 \nnameserver fe80::1\nnameserver bad\n"
      "domain old.example\nsearch a.example b.example\noptions ndots:1 timeout:2\noptions edns0\n"
      "nameserver");
  EXPECT_THAT(settings.servers, ::testing::ElementsAre("10.0.2.3", "fe80::1"));
  EXPECT_THAT(settings.search, ::testing::ElementsAre("a.example", "b.example"));
  EXPECT_THAT(settings.options, ::testing::ElementsAre("ndots:1", "timeout:2", "edns0"));
  std::string many;
  for (int i = 0; i < 100; ++i) many += "nameserver 10.0.0." + std::to_string(i) + "\n";
  EXPECT_EQ(parse_resolver_file(many).servers.size(), 16U);
  EXPECT_THAT(servers_for_container({"127.0.0.53", "10.0.2.3"}),
              ::testing::ElementsAre("10.0.2.3"));
  EXPECT_THAT(servers_for_container({"127.0.0.53"}), ::testing::ElementsAre("8.8.8.8", "8.8.4.4"));
}

}  // namespace
}  // namespace cove::network
