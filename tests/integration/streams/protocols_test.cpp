// What no kubectl speaks, but other clients do: the older channel protocols over WebSocket.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/base64.h"
#include "tests/integration/streams/world.h"

namespace cove::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

StreamsWorld& world() {
  static auto* const shared = [] {
    static StreamsWorld made;
    made.make_pod("web", {"main"}, StreamsWorld::running("main"));
    return &made;
  }();
  return *shared;
}

class WebSocketClient {
 public:
  explicit WebSocketClient(const std::string& target, const std::string& protocol)
      : identity_(world().admin()), tls_(world().port(), &identity_) {
    EXPECT_TRUE(tls_.handshake());
    const bool whole = target.starts_with("/");
    std::string request = std::string("GET ") +
                          (whole ? "" : "/api/v1/namespaces/default/pods/web/") + target +
                          " HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: "
                          "websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                          "dGhlIHNhbXBsZSBub25jZQ==\r\n";
    if (!protocol.empty()) request += "Sec-WebSocket-Protocol: " + protocol + "\r\n";
    EXPECT_TRUE(tls_.send(request + "\r\n"));
    bytes_ = tls_.receive("\r\n\r\n");
    const std::size_t end = bytes_.find("\r\n\r\n");
    head_ = bytes_.substr(0, end);
    bytes_.erase(0, end + 4);
  }
  const std::string& head() const { return head_; }
  void send(std::string_view payload, unsigned char kind = 0x82) {
    std::string frame{static_cast<char>(kind), static_cast<char>(0x80 | payload.size())};
    EXPECT_TRUE(tls_.send(frame + std::string(4, '\0') + std::string(payload)));
  }
  // The next frame that carries something; "" at the end.
  std::string next() {
    while (true) {
      while (bytes_.size() < 2) {
        const std::string more = tls_.receive_some();
        if (more.empty()) return {};
        bytes_ += more;
      }
      const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes_[at]); };
      std::size_t head = 2;
      auto size = static_cast<std::size_t>(byte(1));
      if (size == 126) {
        while (bytes_.size() < 4) bytes_ += tls_.receive_some();
        head = 4;
        size = static_cast<std::size_t>(byte(2) << 8 | byte(3));
      }
      while (bytes_.size() < head + size) bytes_ += tls_.receive_some();
      kind_ = byte(0);
      const std::string payload = bytes_.substr(head, size);
      bytes_.erase(0, head + size);
      if (kind_ == 0x88) return {};
      if (payload.size() > 1) return payload;
    }
  }
  unsigned char kind() const { return kind_; }

 private:
  client::TlsIdentity identity_;
  TlsClient tls_;
  std::string head_, bytes_;
  unsigned char kind_ = 0;
};

TEST(WebSocketProtocols, ExecInBase64) {
  WebSocketClient client("exec?command=cat&stdin=1&stdout=1", "v4.base64.channel.k8s.io");
  EXPECT_THAT(client.head(), HasSubstr("101 Switching Protocols"));
  EXPECT_THAT(client.head(), HasSubstr("Sec-WebSocket-Protocol: v4.base64.channel.k8s.io"));
  client.send("0" + base64_encode("hello"), 0x81);
  EXPECT_EQ(client.next(), "1" + base64_encode("hello"));
  EXPECT_EQ(client.kind(), 0x81);
  client.send("still there?", 0x89);
  EXPECT_EQ(client.next(), "still there?");
  EXPECT_EQ(client.kind(), 0x8a);
}

TEST(WebSocketProtocols, ExecInBinaryWithItsStatus) {
  WebSocketClient four("exec?command=sh&command=-c&command=exit%207&stdout=1", "v4.channel.k8s.io");
  EXPECT_THAT(four.next(), HasSubstr("\"message\":\"7\""));
  // Version 1 has no status: nothing is said of what went well.
  WebSocketClient one("exec?command=echo&command=hi&stdout=1", "");
  EXPECT_THAT(one.head(), ::testing::Not(HasSubstr("Sec-WebSocket-Protocol")));
  EXPECT_EQ(one.next(), "\1hi\n");
  EXPECT_EQ(one.next(), "");
}

// As the kubelet calls them.
TEST(WebSocketProtocols, ExecByTheNodesAgent) {
  const std::string exec = "/api/v1/nodes/node/proxy/exec/default/web/";
  WebSocketClient client(exec + "main?command=cat&input=1&output=1", "v4.channel.k8s.io");
  EXPECT_THAT(client.head(), HasSubstr("101 Switching Protocols"));
  client.send(std::string("\0hello", 6));
  EXPECT_EQ(client.next(), "\1hello");
  for (const std::string& nobody :
       {exec + "other?command=cat&output=1",
        std::string("/api/v1/nodes/node/proxy/exec/default/none/main?command=cat&output=1"),
        exec + "0-0/main?command=cat&output=1"}) {
    const WebSocketClient refused(nobody, "v4.channel.k8s.io");
    EXPECT_THAT(refused.head(), ::testing::ContainsRegex("^HTTP/1.1 4")) << nobody;
  }
}

// Who may ask the node's agent may not do all that it could: streams need their own right, too.
TEST(WebSocketProtocols, TheNodesAgentAsksForTheRightsAtThePod) {
  const auto kubectl = [](std::vector<std::string> arguments, const std::string& input = {}) {
    return world().kubectl("kubectl", std::move(arguments), input);
  };
  for (const std::vector<std::string>& each :
       {std::vector<std::string>{"create", "clusterrole", "agent", "--verb=get,create",
                                 "--resource=nodes/proxy"},
        {"create", "clusterrolebinding", "agent", "--clusterrole=agent", "--user=agent"},
        {"create", "clusterrole", "shell", "--verb=create", "--resource=pods/exec"},
        {"create", "clusterrolebinding", "shell", "--clusterrole=shell", "--user=shell"},
        {"create", "clusterrolebinding", "shell-agent", "--clusterrole=agent", "--user=shell"}}) {
    const Completed made = kubectl(each);
    ASSERT_EQ(made.exit_code, 0) << made.standard_error;
  }
  const std::string pages = "/api/v1/nodes/node/proxy/";
  const auto said = [&](const char* verb, const std::string& page, const char* user) {
    std::vector<std::string> arguments{verb, "--raw", pages + page, std::string("--as=") + user};
    if (std::string_view(verb) == "create") arguments.insert(arguments.end(), {"-f", "-"});
    return kubectl(arguments, "{}").standard_error;
  };
  for (const char* verb : {"get", "create"}) {
    EXPECT_THAT(said(verb, "exec/default/web/main?command=true&output=1", "agent"),
                HasSubstr("cannot create resource \"pods/exec\""));
    EXPECT_THAT(said(verb, "attach/default/web/main?output=1", "agent"),
                HasSubstr("cannot create resource \"pods/attach\""));
    EXPECT_THAT(said(verb, "portForward/default/web", "agent"),
                HasSubstr("cannot create resource \"pods/portforward\""));
    // One that may is told what else is wrong.
    EXPECT_THAT(said(verb, "exec/default/web/main?command=true&output=1", "shell"),
                HasSubstr("Upgrade request required"));
  }
  EXPECT_EQ(said("get", "containerLogs/default/web/main", "agent"), "");
  EXPECT_THAT(said("get", "healthz", "agent"), ::testing::Not(HasSubstr("cannot")));
  EXPECT_THAT(kubectl({"get", "--raw", "/api/v1/nodes/none/proxy/pods"}).standard_error,
              HasSubstr("nodes \"none\" not found"));
}

TEST(WebSocketProtocols, PortForwardByChannels) {
  TestServer inside(10);
  world().node().map_port(8080, inside.port());
  WebSocketClient client("portforward?ports=8080,9", "v4.channel.k8s.io");
  const std::string first("\0\x90\x1f", 3), second("\1\x90\x1f", 3), third("\2\x09\0", 3),
      fourth("\3\x09\0", 3);
  std::vector<std::string> said;
  for (int i = 0; i < 5; ++i) said.push_back(client.next());
  EXPECT_THAT(said,
              ::testing::UnorderedElementsAre(first, second, third, fourth,
                                              HasSubstr("\3error forwarding port 9 to pod web")));
  client.send(std::string("\0hello", 6));
  EXPECT_EQ(client.next(), std::string("\0HELLO", 6));
}

TEST(WebSocketProtocols, WhatCannotBeUpgradedIsRefused) {
  EXPECT_THAT(WebSocketClient("exec?command=true&stdout=1", "v9.channel.k8s.io").head(),
              HasSubstr("403 Forbidden"));
  EXPECT_THAT(WebSocketClient("portforward", "v4.channel.k8s.io").head(),
              HasSubstr("400 Bad Request"));
  EXPECT_THAT(WebSocketClient("exec?command=true", "").head(), HasSubstr("400 Bad Request"));
  const Completed plain = world().kubectl(
      "kubectl",
      {"get", "--raw", "/api/v1/namespaces/default/pods/web/exec?command=true&stdout=1"});
  EXPECT_THAT(plain.standard_error, HasSubstr("Upgrade request required"));
}

}  // namespace
}  // namespace cove::testing
