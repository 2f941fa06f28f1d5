#include "core/http/http2_call.h"

#include <gtest/gtest.h>

#include "tests/support/http2_frames.h"

namespace cove::http {
namespace {

using test::http2_frame;
using test::ScriptedPeer;
using test::ScriptedServer;

Result<Http2Answer> call(const ScriptedServer& server, const std::string& body = {}) {
  return call_http2({.host = "127.0.0.1",
                     .port = server.port(),
                     .path = "/a",
                     .headers = {{"x-a", "b"}},
                     .body = body,
                     .max_bytes = 1000});
}

TEST(Http2Call, HasHeaderBodyAndTrailers) {
  std::string asked;
  const std::string large(100'000, 'x');
  Result<Http2Answer> answer = Error{};
  {
    const ScriptedServer server({[&](ScriptedPeer& peer) {
      // Room for all of it.
      peer.send(http2_frame(test::kSettingsFrame, 0, 0, std::string("\0\4\0\xff\xff\xff", 6)) +
                http2_frame(8, 0, 0, std::string("\0\x7f\0\0", 4)));
      asked = test::read_http2_request(peer);
      test::answer_http2(peer, "200", "hello", {{"state", "fine"}});
    }});
    answer = call(server, large);
  }
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(answer->trailers, (std::map<std::string, std::string>{{"state", "fine"}}));
  EXPECT_EQ(asked, large);
}

TEST(Http2Call, HoldsTheServerToItsBounds) {
  struct Case {
    std::function<void(ScriptedPeer&)> script;
    ErrorCode code;
  };
  const std::string settings = http2_frame(test::kSettingsFrame, 0, 0, {});
  const std::string begin = settings + http2_frame(test::kHeadersFrame, test::kEndHeaders, 1,
                                                   test::http2_fields({{":status", "200"}}));
  for (const Case& c : std::vector<Case>{
           {[](ScriptedPeer& peer) { peer.send("HTTP/1.1 200 OK\r\n\r\nnothing of HTTP/2"); },
            ErrorCode::kCorrupt},
           {[&](ScriptedPeer& peer) { peer.send(begin); }, ErrorCode::kUnavailable},
           {[&](ScriptedPeer& peer) {
              peer.send(begin + http2_frame(test::kDataFrame, 0, 1, std::string(1001, 'x')));
              peer.read_to_end();
            },
            ErrorCode::kResourceExhausted},
           {[&](ScriptedPeer& peer) {
              peer.send(settings +
                        http2_frame(test::kResetFrame, 0, 1, std::string("\0\0\0\7", 4)));
              peer.read_to_end();
            },
            ErrorCode::kUnavailable},
       }) {
    const ScriptedServer server({[&](ScriptedPeer& peer) {
      test::read_http2_request(peer);
      c.script(peer);
    }});
    const auto answer = call(server);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, c.code) << answer.error().message();
  }
  std::stop_source stop;
  stop.request_stop();
  const ScriptedServer silent({[](ScriptedPeer& peer) { peer.read_to_end(); }});
  const auto cancelled = call_http2({.host = "127.0.0.1", .port = silent.port()}, stop.get_token());
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace cove::http
