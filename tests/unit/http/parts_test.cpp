// The parts of the transport that need no connection.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/http/request.h"
#include "core/http/stream.h"
#include "core/http/upgrade.h"

namespace cove::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ParseTarget, SplitsAndDecodes) {
  Request request;
  ASSERT_TRUE(parse_target("/a%2Fb/c?x=1&y=a+b%3D&flag&&z=", request));
  EXPECT_EQ(request.path, "/a/b/c");
  EXPECT_EQ(request.raw_path, "/a%2Fb/c");
  EXPECT_EQ(request.raw_query, "x=1&y=a+b%3D&flag&&z=");
  EXPECT_EQ(request.parameter("x"), "1");
  EXPECT_EQ(request.parameter("y"), "a b=");
  EXPECT_EQ(request.parameter("flag"), "");
  EXPECT_EQ(request.parameter("z"), "");
  EXPECT_EQ(request.parameter("none"), std::nullopt);
}

TEST(ParseTarget, RefusesWhatIsNoPath) {
  for (const char* target :
       {"", "*", "http://x/", "/%", "/%1", "/%gg", "/%00", "/?a=%zz", "/?%=1"}) {
    Request request;
    EXPECT_TRUE(parse_target(target, request).has_error()) << target;
  }
}

TEST(ParseTarget, BoundsTheNumberOfParameters) {
  Request request;
  std::string target = "/?";
  for (int i = 0; i < 2000; ++i) target += "a&";
  EXPECT_TRUE(parse_target(target, request).has_error());
}

TEST(RequestTest, FindsItsHeaders) {
  Request request;
  request.headers = {{"accept", "a"}, {"x", ""}, {"accept", "b, c"}};
  EXPECT_EQ(request.header("accept"), "a");
  EXPECT_EQ(request.header_list("accept"), "a, b, c");
  EXPECT_TRUE(request.has_header("x"));
  EXPECT_FALSE(request.has_header("y"));
  EXPECT_EQ(request.header("y"), "");
  EXPECT_EQ(request.header_list("y"), "");
}

TEST(RequestTest, KnowsWhatItIsToBecome) {
  Request request;
  request.headers = {{"connection", "keep-alive, upgrade"}, {"upgrade", "WebSocket"}};
  EXPECT_TRUE(asks_upgrade_to(request, "websocket"));
  EXPECT_FALSE(asks_upgrade_to(request, "tcp"));
  request.headers[0].second = "keep-alive";
  EXPECT_FALSE(asks_upgrade_to(request, "websocket"));
}

std::vector<std::string> texts(const Stream::Taken& taken) {
  std::vector<std::string> all;
  for (const Stream::Piece& piece : taken.pieces) all.push_back(*piece);
  return all;
}

TEST(StreamTest, CutsAReaderThatIsTooSlow) {
  Stream stream(10);
  int gone = 0;
  stream.on_abandon([&] { ++gone; });
  EXPECT_TRUE(stream.push("12345"));
  EXPECT_THAT(texts(stream.take()), ElementsAre("12345"));
  EXPECT_TRUE(stream.push("1234567890"));
  EXPECT_FALSE(stream.push("x"));
  EXPECT_EQ(gone, 1);
  const Stream::Taken taken = stream.take();
  EXPECT_TRUE(taken.cut);
  EXPECT_TRUE(taken.finished);
  EXPECT_THAT(taken.pieces, IsEmpty());
  EXPECT_FALSE(stream.push("y"));
  stream.abandon();
  EXPECT_EQ(gone, 1);
}

TEST(StreamTest, ClosingStillSendsWhatWaits) {
  Stream stream(10);
  int gone = 0;
  stream.on_abandon([&] { ++gone; });
  stream.push("abc");
  stream.close();
  EXPECT_FALSE(stream.push("d"));
  const Stream::Taken taken = stream.take();
  EXPECT_THAT(texts(taken), ElementsAre("abc"));
  EXPECT_TRUE(taken.finished);
  EXPECT_FALSE(taken.cut);
  stream.abandon();
  EXPECT_FALSE(stream.push("e"));
  EXPECT_EQ(gone, 0);
}

TEST(StreamTest, TellsTheReaderOnlyWhenItWaits) {
  Stream stream(10);
  int news = 0;
  stream.on_news([&] { ++news; });
  stream.push("a");
  stream.push("b");
  EXPECT_EQ(news, 1);
  EXPECT_THAT(texts(stream.take(1)), ElementsAre("a"));
  stream.push("c");
  EXPECT_EQ(news, 1);  // the reader has not come to the end yet
  EXPECT_THAT(texts(stream.take()), ElementsAre("b", "c"));
  EXPECT_THAT(texts(stream.take()), IsEmpty());
  stream.close();
  EXPECT_EQ(news, 2);
  EXPECT_TRUE(stream.take().finished);
}

TEST(StreamTest, TellsTheProducerOfADeparture) {
  Stream stream(10);
  int gone = 0;
  stream.on_abandon([&] { ++gone; });
  stream.abandon();
  EXPECT_EQ(gone, 1);
  stream.on_abandon([&] { ++gone; });
  EXPECT_EQ(gone, 2);
  EXPECT_FALSE(stream.push("x"));
}

TEST(StreamTest, AWaitingProducerGoesOnWhenThereIsRoom) {
  Stream stream(10);
  EXPECT_TRUE(stream.push_wait("12345678"));
  std::atomic<bool> pushed = false;
  std::jthread producer([&] {
    EXPECT_TRUE(stream.push_wait("abcd"));
    pushed = true;
    // More than the bound goes alone.
    EXPECT_TRUE(stream.push_wait(std::string(50, 'x')));
  });
  EXPECT_FALSE(pushed);
  std::string all;
  while (all.size() < 62) {
    for (const auto& piece : stream.take().pieces) all += *piece;
  }
  EXPECT_EQ(all, "12345678abcd" + std::string(50, 'x'));
}

TEST(StreamTest, AWaitingProducerLearnsThatNobodyReads) {
  Stream stream(10);
  EXPECT_TRUE(stream.push_wait("12345678"));
  std::jthread producer([&] { EXPECT_FALSE(stream.push_wait("abcd")); });
  stream.abandon();
  producer.join();
  Stream other(10);
  EXPECT_TRUE(other.push_wait("12345678"));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(other.push_wait("abcd", stop.get_token()));
}

TEST(StreamTest, SharesBytesAmongReaders) {
  const auto piece = std::make_shared<const std::string>("shared");
  Stream one(10);
  Stream two(10);
  one.push(piece);
  two.push(piece);
  EXPECT_EQ(one.take().pieces.front().get(), piece.get());
  EXPECT_EQ(two.take().pieces.front().get(), piece.get());
}

}  // namespace
}  // namespace cove::http
