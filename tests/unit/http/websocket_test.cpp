#include "core/http/websocket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace cove::http {
namespace {

using ::testing::ElementsAre;

class Seen final : public WebSocketEvents {
 public:
  void message(std::string_view part, bool first, bool last) override {
    if (first) messages.emplace_back();
    messages.back() += part;
    if (last) messages.back() += '.';
  }
  void ping(std::string_view payload) override { pings.emplace_back(payload); }
  void closed() override { ++closes; }

  std::vector<std::string> messages, pings;
  int closes = 0;
};

// As a client sends it.
std::string masked(unsigned char first, std::string_view payload) {
  std::string out(1, static_cast<char>(first));
  if (payload.size() < 126) {
    out.push_back(static_cast<char>(0x80 | payload.size()));
  } else {
    out.push_back(static_cast<char>(0x80 | 127));
    for (int i = 7; i >= 0; --i) out.push_back(static_cast<char>(payload.size() >> (8 * i)));
  }
  out += "mask";
  for (std::size_t i = 0; i < payload.size(); ++i)
    out.push_back(static_cast<char>(payload[i] ^ "mask"[i % 4]));
  return out;
}

TEST(WebSocket, ReadsTheExampleOfTheSpecification) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ"), std::nullopt);
  EXPECT_EQ(websocket_accept("c2hvcnQ="), std::nullopt);
  const std::string hello("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
  Seen whole;
  WebSocketReader reader;
  EXPECT_TRUE(reader.put(hello, whole));
  EXPECT_THAT(whole.messages, ElementsAre("Hello."));
  Seen bytes;
  WebSocketReader slow;
  for (const char& c : hello) EXPECT_TRUE(slow.put({&c, 1}, bytes));
  EXPECT_THAT(bytes.messages, ElementsAre("Hello."));
}

TEST(WebSocket, PutsFragmentsTogetherWithPingsBetween) {
  const std::string large(70'000, 'x');
  const std::string all = masked(0x02, "one ") + masked(0x89, "still there?") + masked(0x00, "") +
                          masked(0x80, "two") + masked(0x82, "") + masked(0x81, large) +
                          masked(0x8a, "") + masked(0x88, "\x03\xe8");
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, all.size()}) {
    Seen seen;
    WebSocketReader reader;
    for (std::size_t at = 0; at < all.size(); at += step)
      ASSERT_TRUE(reader.put(std::string_view(all).substr(at, step), seen));
    EXPECT_THAT(seen.messages, ElementsAre("one two.", ".", large + "."));
    EXPECT_THAT(seen.pings, ElementsAre("still there?"));
    EXPECT_EQ(seen.closes, 1);
  }
}

TEST(WebSocket, RefusesWhatNoClientMaySend) {
  const std::string_view cases[] = {
      {"\x81\x05Hello", 7},                   // not masked
      {"\xc1\x80mask", 6},                    // a reserved bit
      {"\x83\x80mask", 6},                    // an unknown kind
      {"\x80\x80mask", 6},                    // a continuation of nothing
      {"\x01\x80mask\x81\x80mask", 12},       // a message inside of another
      {"\x09\x80mask", 6},                    // a ping in pieces
      {"\x89\xfe\x00\x7emask", 8},            // one that is too long
      {"\x82\xff\xff\0\0\0\0\0\0\0mask", 14}  // longer than the sign allows
  };
  for (const std::string_view bytes : cases) {
    Seen seen;
    WebSocketReader reader;
    EXPECT_FALSE(reader.put(bytes, seen)) << ::testing::PrintToString(bytes);
    EXPECT_FALSE(reader.put(masked(0x82, "x"), seen));
    EXPECT_TRUE(seen.pings.empty());
  }
}

TEST(WebSocket, WritesLengthsInTheirThreeForms) {
  EXPECT_EQ(websocket_binary("ab"), std::string("\x82\x02"
                                                "ab"));
  EXPECT_EQ(websocket_text(std::string(126, 'x')).substr(0, 4), std::string("\x81\x7e\0\x7e", 4));
  EXPECT_EQ(websocket_binary(std::string(65536, 'x')).substr(0, 10),
            std::string("\x82\x7f\0\0\0\0\0\1\0\0", 10));
  EXPECT_EQ(websocket_close(1000), std::string("\x88\x02\x03\xe8"));
}

}  // namespace
}  // namespace cove::http
