#include "core/engine/hijack.h"

#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "tests/unit/engine/exchange/served_api.h"

namespace cove::engine {
namespace {

using test::ServedApi;

// Says everything back in capitals until the client sends no more.
Outcome<> shout(Exchange& exchange) {
  COVE_TRY(const auto connection, exchange.hijack("application/vnd.docker.raw-stream"));
  connection->write("hello\n");
  while (true) {
    std::string piece = connection->read(1000);
    if (piece.empty()) break;
    for (char& each : piece)
      each = static_cast<char>(std::toupper(static_cast<unsigned char>(each)));
    connection->write(piece);
  }
  connection->write("bye\n");
  return {};
}

http::ClientRequest upgrade(const std::string& target) {
  auto request = ServedApi::request("POST", target);
  request.headers.emplace_back("Upgrade", "tcp");
  request.headers.emplace_back("Connection", "Upgrade");
  return request;
}

std::string read_all(http::RawStream& stream) {
  std::string all;
  while (true) {
    const auto piece = stream.read(4096);
    if (!piece || piece->empty()) return all;
    all += *piece;
  }
}

std::string read_exactly(http::RawStream& stream, std::size_t size) {
  std::string all;
  while (all.size() < size) {
    const auto piece = stream.read(size - all.size());
    if (!piece || piece->empty()) break;
    all += *piece;
  }
  return all;
}

TEST(Hijack, TalksBothWaysAfterAnUpgrade) {
  ServedApi api({{"POST", "/attach", shout}});
  auto response = api.client().send(upgrade("/attach"));
  ASSERT_TRUE(response.has_value()) << response.error().message();
  EXPECT_EQ(response->status(), 101);
  EXPECT_EQ(response->header("upgrade"), "tcp");
  EXPECT_EQ(response->header("api-version"), "1.48");
  auto raw = response->take_stream();
  ASSERT_TRUE(raw.has_value()) << raw.error().message();
  EXPECT_EQ(read_exactly(**raw, 6), "hello\n");
  ASSERT_TRUE((*raw)->write("abc").has_value());
  EXPECT_EQ(read_exactly(**raw, 3), "ABC");
  (*raw)->finish();
  EXPECT_EQ(read_all(**raw), "bye\n");
}

TEST(Hijack, WorksWithoutUpgradeToo) {
  ServedApi api({{"POST", "/attach", shout}});
  auto response = api.client().send(ServedApi::request("POST", "/attach"));
  ASSERT_TRUE(response.has_value()) << response.error().message();
  EXPECT_EQ(response->status(), 200);
  EXPECT_EQ(response->header("content-type"), "application/vnd.docker.raw-stream");
  auto raw = response->take_stream();
  ASSERT_TRUE(raw.has_value()) << raw.error().message();
  (*raw)->finish();
  EXPECT_EQ(read_all(**raw), "hello\nbye\n");
}

// As a client of a WebSocket sends it.
std::string masked(unsigned char first, std::string_view payload) {
  std::string out{static_cast<char>(first), static_cast<char>(0x80 | payload.size())};
  out += "mask";
  for (std::size_t i = 0; i < payload.size(); ++i)
    out.push_back(static_cast<char>(payload[i] ^ "mask"[i % 4]));
  return out;
}

http::ClientRequest websocket(const std::string& target) {
  auto request = ServedApi::request("GET", target);
  request.headers.insert(request.headers.end(),
                         {{"Upgrade", "WebSocket"},
                          {"Connection", "keep-alive, Upgrade"},
                          {"Sec-WebSocket-Version", "13"},
                          {"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}});
  return request;
}

Outcome<> shout_in_messages(Exchange& exchange) {
  COVE_TRY(const auto connection, exchange.hijack_websocket());
  connection->write("hello\n");
  while (true) {
    std::string piece = connection->read(1000);
    if (piece.empty()) break;
    for (char& each : piece)
      each = static_cast<char>(std::toupper(static_cast<unsigned char>(each)));
    connection->write(piece);
  }
  EXPECT_FALSE(connection->write("nobody hears it"));
  EXPECT_TRUE(exchange.gone().stop_requested());
  return {};
}

TEST(HijackedWebSocket, CarriesMessagesAnswersPingsAndCloses) {
  ServedApi api({{"GET", "/ws", shout_in_messages}});
  auto response = api.client().send(websocket("/v1.43/ws"));
  ASSERT_TRUE(response.has_value()) << response.error().message();
  EXPECT_EQ(response->status(), 101);
  EXPECT_EQ(response->header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(response->header("content-type"), "");
  auto raw = response->take_stream();
  ASSERT_TRUE(raw.has_value()) << raw.error().message();
  EXPECT_EQ(read_exactly(**raw, 8), "\x82\x06hello\n");
  ASSERT_TRUE((*raw)->write(masked(0x82, "abc") + masked(0x89, "there?")).has_value());
  EXPECT_EQ(read_exactly(**raw, 13),
            "\x8a\x06there?\x82\x03"
            "ABC");
  ASSERT_TRUE((*raw)->write(masked(0x88, "\x03\xe8")).has_value());
  EXPECT_EQ(read_all(**raw), "\x88\x02\x03\xe8");
}

TEST(HijackedWebSocket, OldClientsGetText) {
  ServedApi api({{"GET", "/ws", shout_in_messages}});
  auto response = api.client().send(websocket("/v1.27/ws"));
  ASSERT_TRUE(response.has_value()) << response.error().message();
  auto raw = response->take_stream();
  ASSERT_TRUE(raw.has_value()) << raw.error().message();
  EXPECT_EQ(read_exactly(**raw, 8), "\x81\x06hello\n");
  ASSERT_TRUE((*raw)->write(masked(0x88, "")).has_value());
  EXPECT_EQ(read_all(**raw), "\x88\x02\x03\xe8");
}

TEST(HijackedWebSocket, WhoBreaksTheProtocolIsToldAndCut) {
  ServedApi api({{"GET", "/ws", shout_in_messages}});
  auto response = api.client().send(websocket("/ws"));
  ASSERT_TRUE(response.has_value()) << response.error().message();
  auto raw = response->take_stream();
  ASSERT_TRUE(raw.has_value()) << raw.error().message();
  ASSERT_TRUE((*raw)->write("\x82\x03not masked").has_value());
  EXPECT_EQ(read_all(**raw), "\x82\x06hello\n\x88\x02\x03\xea");
}

// One that is killed sends no frame that closes.
TEST(HijackedWebSocket, AClientThatLeavesWithoutAWordIsGone) {
  ServedApi api({{"GET", "/ws", shout_in_messages}});
  auto response = api.client().send(websocket("/ws"));
  ASSERT_TRUE(response.has_value()) << response.error().message();
  auto raw = response->take_stream();
  ASSERT_TRUE(raw.has_value()) << raw.error().message();
  EXPECT_EQ(read_exactly(**raw, 8), "\x82\x06hello\n");
  (*raw)->finish();
  EXPECT_EQ(read_all(**raw), "");
}

TEST(HijackedWebSocket, IsAskedForProperly) {
  ServedApi api({{"GET", "/ws", shout_in_messages}});
  EXPECT_EQ(api.get("/ws").status, 400);
  auto other = websocket("/ws");
  other.headers[2].second = "8";
  const auto reply = api.send(std::move(other));
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.message(), "the only version of WebSocket understood is 13");
}

TEST(Hijack, AllThatWasWrittenArrivesBeforeTheEnd) {
  constexpr std::size_t kWhole = 8 << 20;
  std::atomic<std::size_t> written = 0;
  ServedApi api({{"POST", "/attach", [&](Exchange& exchange) -> Outcome<> {
                    COVE_TRY(const auto connection, exchange.hijack("x/y"));
                    const std::string piece(32 * 1024, 'z');
                    while (written < kWhole && connection->write(piece)) written += piece.size();
                    return {};
                  }}});
  auto response = api.client().send(upgrade("/attach"));
  ASSERT_TRUE(response.has_value());
  auto raw = response->take_stream();
  ASSERT_TRUE(raw.has_value());
  EXPECT_EQ(read_exactly(**raw, 1), "z");
  // The client is slow, so the writer waits.
  EXPECT_LT(written, kWhole);
  EXPECT_EQ(read_all(**raw).size(), kWhole - 1);
}

TEST(Hijack, AClientThatLeavesEndsReadsAndWrites) {
  std::latch ended(1);
  ServedApi api({{"POST", "/attach", [&](Exchange& exchange) -> Outcome<> {
                    {
                      COVE_TRY(const auto connection, exchange.hijack("x/y"));
                      EXPECT_EQ(connection->read(10), "");
                      while (connection->write(std::string(10'000, 'x'))) {
                      }
                      EXPECT_TRUE(exchange.gone().stop_requested());
                    }
                    ended.count_down();
                    return {};
                  }}});
  {
    auto response = api.client().send(upgrade("/attach"));
    ASSERT_TRUE(response.has_value());
    auto raw = response->take_stream();
    ASSERT_TRUE(raw.has_value());
  }
  ended.wait();
}

TEST(Hijack, CloseFromAnotherThreadEndsARead) {
  std::latch ended(1);
  ServedApi api({{"POST", "/attach", [&](Exchange& exchange) -> Outcome<> {
                    COVE_TRY(const auto connection, exchange.hijack("x/y"));
                    std::jthread closer([&] { connection->close(); });
                    EXPECT_EQ(connection->read(10), "");
                    EXPECT_FALSE(connection->write("late"));
                    ended.count_down();
                    return {};
                  }}});
  auto response = api.client().send(upgrade("/attach"));
  ASSERT_TRUE(response.has_value());
  auto raw = response->take_stream();
  ASSERT_TRUE(raw.has_value());
  ended.wait();
  EXPECT_EQ(read_all(**raw), "");
}

TEST(Hijack, StopEndsAReadThatWaits) {
  std::latch inside(1);
  ServedApi api({{"POST", "/attach", [&](Exchange& exchange) -> Outcome<> {
                    COVE_TRY(const auto connection, exchange.hijack("x/y"));
                    inside.count_down();
                    EXPECT_EQ(connection->read(10), "");
                    return {};
                  }}});
  auto response = api.client().send(upgrade("/attach"));
  ASSERT_TRUE(response.has_value());
  auto raw = response->take_stream();
  ASSERT_TRUE(raw.has_value());
  inside.wait();
  api.handler().stop();
  EXPECT_EQ(read_all(**raw), "");
}

}  // namespace
}  // namespace cove::engine
