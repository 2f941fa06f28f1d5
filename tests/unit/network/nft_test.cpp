// Wire forms as the kernel takes them; that it takes them is shown in tests/integration/network.
#include "core/network/nft.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/network/rules.h"

namespace cove::network::nft {
namespace {

using namespace std::string_literals;

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

TEST(Netlink, AttributesArePaddedAndNested) {
  AttributeWriter inner;
  inner.text(1, "ab").be16(2, 0x1234);
  EXPECT_EQ(hex(AttributeWriter().nested(3, inner).u8(4, 5).wire()),
            "14000380"
            "07000100"
            "61620000"
            "06000200"
            "12340000"
            "05000400"
            "05000000");
}

TEST(Netlink, BrokenAttributesEndTheList) {
  const std::string good = AttributeWriter().u32(1, 7).be32(2, 9).wire();
  EXPECT_EQ(AttributeReader(good).u32(1), 7U);
  EXPECT_EQ(AttributeReader(good).be32(2), 9U);
  EXPECT_EQ(AttributeReader(good.substr(0, 15)).be32(2), std::nullopt);
  EXPECT_EQ(AttributeReader(good).u32(3), std::nullopt);
  EXPECT_FALSE(AttributeReader("\0\0\1\0"s).has(1)) << "a length of nothing";
  EXPECT_FALSE(AttributeReader("\xff\xff\1\0abc"s).has(1)) << "a length beyond the end";
  EXPECT_EQ(AttributeReader(AttributeWriter().text(1, "eth0").wire()).text(1), "eth0");
}

TEST(Nft, FieldsFillWholeWords) {
  EXPECT_EQ(hex(protocol_field(6)), "06000000");
  EXPECT_EQ(hex(port_field(8080)), "1f900000");
  EXPECT_EQ(hex(address_field(*Address::parse("172.17.0.2"))), "ac110002");
  EXPECT_EQ(hex(interface_field("br0")), "62723000000000000000000000000000");
  EXPECT_EQ(interface_field("a-very-long-name-of-17").size(), 16U);
}

TEST(Nft, ARuleAsTheKernelReadsIt) {
  Rule rule;
  rule.meta(Meta::kInInterface, 0).in("bridges", 0).verdict(Verdict::kDrop);
  EXPECT_EQ(hex(rule.expressions().wire()),
            // meta: key 6 to register 8
            "24000180"
            "090001006d65746100000000"
            "14000280"
            "0800020000000006"
            "0800010000000008"
            // lookup: set "bridges", register 8
            "28000180"
            "0b0001006c6f6f6b75700000"
            "18000280"
            "0c0001006272696467657300"
            "0800020000000008"
            // immediate: verdict register 0, NF_DROP
            "30000180"
            "0e000100696d6d6564696174650000"
            "00"
            "1c000280"
            "0800010000000000"
            "10000280"
            "0c000280"
            "0800010000000000")
      << "each expression: list element, name, data";
}

TEST(Nft, AMapElementOfAPublishedPort) {
  Transaction transaction(TableFamily::kIpv4, "t");
  add_ports(transaction, {{Protocol::kTcp, Address(), 8080, *Address::parse("172.17.0.2"), 80}});
  ASSERT_EQ(transaction.messages().size(), 1U);
  EXPECT_EQ(transaction.messages()[0].type, 10 << 8 | 12);
  EXPECT_EQ(hex(transaction.messages()[0].payload),
            "02000000"
            "0600010074000000"
            "0a000200706f7274730000"
            "00"
            "28000380"
            "24000180"
            "10000180"
            "0c000100"
            "06000000"
            "1f900000"
            "10000280"
            "0c000100"
            "ac110002"
            "00500000");
  Transaction removal(TableFamily::kIpv4, "t");
  remove_ports(removal, {{Protocol::kTcp, Address(), 8080, *Address::parse("172.17.0.2"), 80}});
  EXPECT_EQ(hex(removal.messages()[0].payload),
            "02000000"
            "0600010074000000"
            "0a000200706f7274730000"
            "00"
            "18000380"
            "14000180"
            "10000180"
            "0c000100"
            "06000000"
            "1f900000")
      << "the key alone";
}

TEST(Nft, PortsOfOneAddressHaveAMapOfTheirOwn) {
  Transaction transaction(TableFamily::kIpv4, "t");
  add_ports(transaction, {{Protocol::kUdp, *Address::parse("127.0.0.1"), 53,
                           *Address::parse("172.17.0.2"), 53}});
  const std::string wire = transaction.messages().at(0).payload;
  EXPECT_NE(wire.find("address_ports"), std::string::npos);
  EXPECT_NE(wire.find("\x11\0\0\0\x7f\0\0\1\0\x35\0\0"s), std::string::npos);
}

TEST(Nft, SubnetsAreIntervals) {
  const auto elements = interval(*Subnet::parse("172.17.0.0/16"));
  ASSERT_EQ(elements.size(), 2U);
  EXPECT_EQ(hex(elements[0].key), "ac110000");
  EXPECT_FALSE(elements[0].interval_end);
  EXPECT_EQ(hex(elements[1].key), "ac120000");
  EXPECT_TRUE(elements[1].interval_end);
  EXPECT_EQ(interval(*Subnet::parse("255.0.0.0/8")).size(), 1U) << "nothing is behind the last";
}

TEST(Nft, ManyElementsAreSplitOverMessages) {
  std::vector<Element> elements;
  for (std::uint16_t port = 1; port <= 1000; ++port)
    elements.push_back({port_field(port), "", std::nullopt, "", false});
  Transaction transaction(TableFamily::kInet, "t");
  transaction.add_elements("ports", elements);
  EXPECT_EQ(transaction.messages().size(), 4U);
  for (const auto& message : transaction.messages()) EXPECT_LT(message.payload.size(), 65535U);
}

TEST(Nft, ConcatenatedKeysHaveTheNumbersNftKnows) {
  Transaction transaction(TableFamily::kIpv4, "t");
  transaction.add_set({"m", {Type::kProtocol, Type::kIpv4Address, Type::kPort}, {Type::kVerdict}});
  const AttributeReader set(std::string_view(transaction.messages().at(0).payload).substr(4));
  EXPECT_EQ(set.be32(3), 8U) << "a map";
  EXPECT_EQ(set.be32(4), (12U << 12 | 7U << 6 | 13U));
  EXPECT_EQ(set.be32(5), 12U) << "three words";
  EXPECT_EQ(set.be32(6), 0xffffff00U) << "to verdicts";
}

}  // namespace
}  // namespace cove::network::nft
