#include "vm/channel/message.h"

#include <gtest/gtest.h>

namespace cove::channel {
namespace {

NodeConfiguration configuration() {
  NodeConfiguration c;
  c.node_name = "cove";
  c.address = "10.0.2.15";
  c.prefix_length = 24;
  c.gateway = "10.0.2.2";
  c.name_server = "10.0.2.3";
  c.unix_nanoseconds = 1'700'000'000'123'456'789;
  c.ca_certificate_pem = "CA\n";
  c.server_certificate_pem = "CERT\n";
  c.server_key_pem = Secret("KEY\n");
  c.registry_mirrors = {"https://mirror.example"};
  c.proxy = {Secret("http://me:pass@proxy.example:3128"), Secret("http://other:1"),
             "lan,10.0.0.0/8"};
  return c;
}

Result<ControlRequest> round_trip(const NodeConfiguration& c) {
  ControlRequest request;
  request.id = 7;
  request.method = ControlRequest::Method::kConfigure;
  request.configuration = c;
  return parse_control_request(to_json(request));
}

TEST(Message, ConfigurationArrivesAsSent) {
  const auto got = round_trip(configuration());
  ASSERT_TRUE(got.has_value()) << got.error().message();
  EXPECT_EQ(got->id, 7U);
  EXPECT_EQ(got->configuration.node_name, "cove");
  EXPECT_EQ(got->configuration.gateway, "10.0.2.2");
  EXPECT_EQ(got->configuration.unix_nanoseconds, 1'700'000'000'123'456'789);
  EXPECT_EQ(got->configuration.server_key_pem.reveal(), "KEY\n");
  EXPECT_EQ(got->configuration.registry_mirrors,
            std::vector<std::string>{"https://mirror.example"});
  EXPECT_EQ(got->configuration.proxy.http.reveal(), "http://me:pass@proxy.example:3128");
  EXPECT_EQ(got->configuration.proxy.https.reveal(), "http://other:1");
  EXPECT_EQ(got->configuration.proxy.no_proxy, "lan,10.0.0.0/8");
}

TEST(Message, AHostOfBeforeProxiesSaysNoneOfThem) {
  ControlRequest request;
  request.method = ControlRequest::Method::kConfigure;
  request.configuration = configuration();
  std::string text = to_json(request);
  const std::size_t begin = text.find(",\"proxy\":{");
  ASSERT_NE(begin, std::string::npos);
  text.erase(begin, text.find('}', begin) + 1 - begin);
  const auto got = parse_control_request(text);
  ASSERT_TRUE(got.has_value()) << got.error().message();
  EXPECT_TRUE(got->configuration.proxy.http.empty());
}

TEST(Message, HostileConfigurationsAreRefusedWithTheReason) {
  auto c = configuration();
  c.node_name = "a/../b";
  EXPECT_NE(round_trip(c).error().cause.find("node name"), std::string::npos);
  c = configuration();
  c.address = "10.0.2";
  EXPECT_NE(round_trip(c).error().cause.find("IPv4"), std::string::npos);
  c = configuration();
  c.prefix_length = 33;
  EXPECT_TRUE(round_trip(c).has_error());
  c = configuration();
  c.server_key_pem = Secret(std::string(1 << 17, 'k'));
  EXPECT_NE(round_trip(c).error().cause.find("serverKey"), std::string::npos);
  c = configuration();
  c.proxy.http = Secret("http://a:1\nNO_PROXY=*");
  EXPECT_NE(round_trip(c).error().cause.find("special character"), std::string::npos);
  c = configuration();
  c.proxy.no_proxy = std::string(20'000, 'a');
  EXPECT_NE(round_trip(c).error().cause.find("noProxy"), std::string::npos);
  c = configuration();
  c.gateway = std::string("10.0.2.2\0x", 10);
  EXPECT_TRUE(round_trip(c).has_error());
}

TEST(Message, WhatIsNoRequestIsRefused) {
  for (const char* text :
       {"", "null", "[]", "{", "{}", R"({"id":1})", R"({"id":-1,"method":"state"})",
        R"({"id":1,"method":5})", R"({"id":1,"method":"configure"})",
        R"({"id":1,"method":"configure","configuration":[]})", "[[[[[[[[[[[[[[[["}) {
    EXPECT_TRUE(parse_control_request(text).has_error()) << text;
  }
  EXPECT_EQ(parse_control_request(R"({"id":1,"method":"fly"})").error().code,
            ErrorCode::kUnsupported);
}

TEST(Message, StateAndErrorsArriveAsSent) {
  NodeState state;
  state.coved_restarts = 3;
  state.coved_last_exit = "killed by signal 11";
  state.trouble = "the data disk is \"odd\"";
  state.memory_total_bytes = 1ULL << 40;
  const auto got = parse_control_response(to_json(ControlResponse{9, state}));
  ASSERT_TRUE(got.has_value());
  ASSERT_TRUE(got->result.has_value());
  EXPECT_EQ(got->result->coved_restarts, 3U);
  EXPECT_EQ(got->result->trouble, state.trouble);
  EXPECT_EQ(got->result->memory_total_bytes, 1ULL << 40);

  const Error error{ErrorCode::kCorrupt, "use", "the data disk", "it is odd", "Choose another."};
  const auto failed = parse_control_response(to_json(ControlResponse{10, error}));
  ASSERT_TRUE(failed.has_value());
  EXPECT_EQ(failed->result.error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(failed->result.error().message(), error.message());
}

TEST(Message, ShellRequestArrivesAsSent) {
  ShellRequest request;
  request.argv = {"ls", "", "a b"};
  request.tty = true;
  request.terminal = "xterm";
  request.rows = 50;
  request.columns = 132;
  const auto got = parse_shell_request(to_json(request));
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->argv, request.argv);
  EXPECT_TRUE(got->tty);
  EXPECT_EQ(got->columns, 132);
  EXPECT_TRUE(parse_shell_request(R"({"argv":["a\u0000b"]})").has_error());
  EXPECT_TRUE(parse_shell_request(R"({"rows":70000})").has_error());
}

}  // namespace
}  // namespace cove::channel
