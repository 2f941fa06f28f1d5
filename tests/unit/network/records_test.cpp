#include "core/network/records.h"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace cove::network {
namespace {

TEST(Records, ComeBackAsTheyWere) {
  NetworkConfig network;
  network.id = std::string(64, 'a');
  network.name = "wéb \"1\"";
  network.subnet = "172.18.0.0/16";
  network.internal = true;
  network.masquerade = false;
  network.mtu = 1400;
  const std::string text = to_json(std::vector{network});
  const auto networks = parse_networks(text);
  ASSERT_TRUE(networks);
  EXPECT_EQ(to_json(*networks), text);
  EXPECT_EQ(networks->at(0).name, network.name);

  EndpointRecord record;
  record.endpoint.id = std::string(64, 'b');
  record.endpoint.network = network.id;
  record.endpoint.container = "c";
  record.endpoint.address = "172.18.0.2";
  record.endpoint.prefix_length = 16;
  record.endpoint.names = {"db", "x"};
  record.endpoint.ports = {{Protocol::kUdp, "127.0.0.1", 65535, 53}};
  record.namespace_path = "/run/x";
  record.default_route = false;
  record.name_servers = {"9.9.9.9"};
  const std::string endpoints_text = to_json(std::vector{record});
  const auto endpoints = parse_endpoints(endpoints_text);
  ASSERT_TRUE(endpoints);
  EXPECT_EQ(to_json(*endpoints), endpoints_text);
  EXPECT_EQ(endpoints->at(0).endpoint.ports, record.endpoint.ports);
  EXPECT_FALSE(endpoints->at(0).default_route);

  // Several, and names that need escapes.
  EndpointRecord odd = record;
  odd.endpoint.container = "a\"b\\c\n\x01 é";
  odd.endpoint.names = {"", "]}", "\"", ","};
  odd.endpoint.ports.push_back({Protocol::kTcp, "0.0.0.0", 80, 8080});
  odd.name_servers.clear();
  const auto several = parse_endpoints(to_json(std::vector{record, odd, record}));
  ASSERT_TRUE(several);
  ASSERT_EQ(several->size(), 3U);
  EXPECT_EQ(several->at(1).endpoint.container, odd.endpoint.container);
  EXPECT_EQ(several->at(1).endpoint.names, odd.endpoint.names);
  EXPECT_EQ(several->at(1).endpoint.ports, odd.endpoint.ports);
  EXPECT_TRUE(several->at(1).name_servers.empty());
  EXPECT_EQ(several->at(2).endpoint.names, record.endpoint.names);
  EXPECT_TRUE(parse_endpoints(to_json(std::vector<EndpointRecord>())));
}

TEST(Records, WhatWeHaveNotWrittenIsCorrupt) {
  const std::string good = to_json(std::vector<NetworkConfig>());
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{}"), good.substr(0, good.size() - 1),
        std::string(R"({"version":2,"networks":[]})"), std::string(R"({"version":1})"),
        std::string(R"({"version":1,"networks":[{}]})"),
        std::string(R"({"version":1,"networks":[7]})")}) {
    const auto records = parse_networks(text);
    ASSERT_FALSE(records) << text;
    EXPECT_EQ(records.error().code, ErrorCode::kCorrupt);
    EXPECT_FALSE(parse_endpoints(text));
  }
  EXPECT_TRUE(parse_networks(good));
}

TEST(Records, AFileIsReplacedAsAWhole) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(replace_file(folder / "file", "one, and long"));
  ASSERT_TRUE(replace_file(folder / "file", "two"));
  EXPECT_EQ(*read_file(folder / "file", 100), "two");
  EXPECT_FALSE(std::filesystem::exists(folder / "file.new"));
  EXPECT_EQ(replace_file(folder / "absent" / "file", "x").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace cove::network
