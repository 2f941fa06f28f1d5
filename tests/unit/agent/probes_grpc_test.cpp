#include <gtest/gtest.h>

#include "core/api/document.h"
#include "core/node/probes_requests.h"
#include "tests/support/http2_frames.h"

namespace cove::node {
namespace {

using namespace std::string_literals;
using Outcome = ProbeAttempt::Outcome;
using test::ScriptedPeer;
using test::ScriptedServer;

ProbeAttempt probe(std::uint16_t port, const std::string& service = {}) {
  auto action =
      api::parse_json("{\"port\": " + std::to_string(port) + ", \"service\": \"" + service + "\"}");
  return probe_grpc(action->value.get_object(), {.pod_address = "127.0.0.1"},
                    std::chrono::seconds(5), {});
}

TEST(GrpcProbes, SayWhatTheServiceSays) {
  const std::string prefix("\0\0\0\0\2", 5);
  struct Case {
    std::string status, body;
    std::vector<std::pair<std::string, std::string>> trailers;
    Outcome outcome = Outcome::kFailure;
    std::string message;
  };
  for (const Case& c : std::vector<Case>{
           {"200",
            prefix + "\x08\x01",
            {{"grpc-status", "0"}},
            Outcome::kSuccess,
            "service healthy"},
           {"200",
            prefix + "\x08\x02",
            {{"grpc-status", "0"}},
            Outcome::kFailure,
            "service unhealthy (responded with \"NOT_SERVING\")"},
           {"200",
            "\0\0\0\0\0"s,
            {{"grpc-status", "0"}},
            Outcome::kFailure,
            "service unhealthy (responded with \"UNKNOWN\")"},
           {"200",
            "",
            {{"grpc-status", "5"}, {"grpc-message", "unknown%20service"}},
            Outcome::kFailure,
            "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service"},
           {"200",
            "",
            {{"grpc-status", "12"}, {"grpc-message", "unknown method"}},
            Outcome::kFailure,
            "error: this server does not implement the grpc health protocol "
            "(grpc.health.v1.Health): unknown method"},
           {"200",
            "\0\0\0\0\xff\x08\x01"s,
            {{"grpc-status", "0"}},
            Outcome::kFailure,
            "service unhealthy (responded with \"UNKNOWN\")"},
           {"500",
            "",
            {{"x", "y"}},
            Outcome::kFailure,
            "error: health rpc probe failed: rpc error: code = Unknown desc = unexpected HTTP "
            "status code received from server: 500"},
       }) {
    std::string asked;
    ProbeAttempt result;
    {
      const ScriptedServer server({[&](ScriptedPeer& peer) {
        asked = test::read_http2_request(peer);
        test::answer_http2(peer, c.status, c.body, c.trailers);
      }});
      result = probe(server.port(), "shop");
    }
    EXPECT_EQ(result.outcome, c.outcome) << result.message;
    EXPECT_EQ(result.message, c.message);
    EXPECT_EQ(asked, "\0\0\0\0\6\x0a\4shop"s);
  }
}

TEST(GrpcProbes, OfWhoDoesNotSpeakIt) {
  std::uint16_t closed = 0;
  {
    const ScriptedServer server({[](ScriptedPeer& peer) {
      test::read_http2_request(peer);
      peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    }});
    closed = server.port();
    const auto result = probe(server.port());
    EXPECT_EQ(result.outcome, Outcome::kFailure);
    EXPECT_TRUE(result.message.starts_with("error: health rpc probe failed: ")) << result.message;
  }
  EXPECT_EQ(probe(closed).message,
            "timeout: failed to connect service \"127.0.0.1:" + std::to_string(closed) +
                "\" within 5s: context deadline exceeded");
}

}  // namespace
}  // namespace cove::node
