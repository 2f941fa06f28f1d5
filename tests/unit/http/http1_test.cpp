// HTTP/1.1 without sockets: what is understood, what is refused, and when patience ends.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/http/fake_link.h"

namespace cove::http {
namespace {

using namespace std::chrono_literals;
using test::FakeLink;
using test::produced;
using test::text;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

class Http1Test : public ::testing::Test {
 protected:
  void make() { session_ = make_http1_session(link_); }
  std::string send(std::string_view bytes) {
    session_->receive(bytes);
    return produced(*session_);
  }
  std::string answer(Answer given) {
    session_->answer(link_.asked.back().ticket, std::move(given));
    return produced(*session_);
  }
  std::string answer_head(const JoinedBody& body) {
    Answer given;
    given.joined = std::make_shared<const JoinedBody>(body);
    return answer(std::move(given));
  }

  FakeLink link_;
  std::unique_ptr<Session> session_ = make_http1_session(link_);
};

TEST_F(Http1Test, ReadsARequestWhole) {
  send(
      "POST /a%20b?x=1%2B&y HTTP/1.1\r\nHost: h\r\nX-Two: 1\r\nx-two:  2 \r\nContent-Length: "
      "4\r\n\r\nbody");
  ASSERT_EQ(link_.asked.size(), 1u);
  const Request& request = *link_.asked[0].request;
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/a b");
  EXPECT_EQ(request.raw_path, "/a%20b");
  EXPECT_EQ(request.raw_query, "x=1%2B&y");
  EXPECT_THAT(request.query, ElementsAre(Pair("x", "1+"), Pair("y", "")));
  EXPECT_THAT(request.headers, ElementsAre(Pair("host", "h"), Pair("x-two", "1"),
                                           Pair("x-two", "2"), Pair("content-length", "4")));
  EXPECT_EQ(request.body, "body");
  EXPECT_EQ(request.protocol, "HTTP/1.1");
  EXPECT_EQ(request.local_endpoint, "127.0.0.1:6443");
  EXPECT_EQ(request.remote_address, "127.0.0.1:40000");
  EXPECT_EQ(answer(text("ok")),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
            "Content-Length: 2\r\n\r\nok");
  EXPECT_FALSE(session_->finished());
}

TEST_F(Http1Test, ReadsARequestByteByByte) {
  const std::string all =
      "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;ext=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: ignored\r\n\r\n";
  for (const char& byte : all) {
    EXPECT_THAT(link_.asked, IsEmpty());
    send({&byte, 1});
  }
  ASSERT_EQ(link_.asked.size(), 1u);
  EXPECT_EQ(link_.asked[0].request->body, "abc0123456789");
  EXPECT_FALSE(link_.asked[0].request->has_header("trailer"));
}

TEST_F(Http1Test, ServesPipelinedRequestsInOrder) {
  const std::string one = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string two = "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(send(one + two), "");
  ASSERT_EQ(link_.asked.size(), 1u);
  EXPECT_THAT(answer(text("first")), EndsWith("first"));
  ASSERT_EQ(link_.asked.size(), 2u);
  EXPECT_EQ(link_.asked[1].request->path, "/2");
  EXPECT_THAT(answer(text("second")), EndsWith("second"));
}

TEST_F(Http1Test, TakesNoMoreAheadThanItsBound) {
  send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(session_->wants_input());
  send(std::string(64 * 1024, 'x'));
  EXPECT_FALSE(session_->wants_input());
}

TEST_F(Http1Test, AHeadOfASleepingBodyGetsContinue) {
  EXPECT_EQ(send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\n");
  send("ab");
  EXPECT_EQ(link_.asked.size(), 1u);
}

TEST_F(Http1Test, HeadHasTheLengthAndNoBody) {
  send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  const std::string got = answer(text("12345"));
  EXPECT_THAT(got, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(got, EndsWith("\r\n\r\n"));
}

TEST_F(Http1Test, AnOldClientIsClosedUnlessItAsksToStay) {
  send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer(text("x")), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(session_->finished());
  make();
  send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(answer(text("x")), HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_FALSE(session_->finished());
}

TEST_F(Http1Test, AHandlersHeadersCannotForgeOthers) {
  send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  Answer evil = text("x");
  evil.headers = {{"Good", "yes"},
                  {"Bad", "a\r\nEvil: 1"},
                  {"Bad Name", "1"},
                  {"Content-Length", "9"},
                  {"transfer-encoding", "chunked"}};
  evil.content_type = "text/plain\r\nEvil: 2";
  const std::string got = answer(evil);
  EXPECT_THAT(got, HasSubstr("Good: yes\r\n"));
  for (const char* no : {"Evil", "Bad", "Content-Length: 9", "chunked", "text/plain"})
    EXPECT_THAT(got, Not(HasSubstr(no))) << no;
}

struct Hostile {
  const char* name;
  std::string bytes;
  int status;
};

class HostileRequest : public ::testing::TestWithParam<Hostile> {};

TEST_P(HostileRequest, IsRefusedAndTheConnectionEnds) {
  FakeLink link;
  const auto session = make_http1_session(link);
  session->receive(GetParam().bytes);
  const std::string got = produced(*session);
  EXPECT_THAT(got, StartsWith(fmt::format("HTTP/1.1 {} ", GetParam().status))) << got;
  EXPECT_THAT(got, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(link.asked, IsEmpty());
  EXPECT_TRUE(session->finished());
  EXPECT_TRUE(session->lingers());
}

std::string with(const std::string& fields, const std::string& body = "") {
  return "POST / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body;
}

std::string many_fields() {
  std::string all;
  for (int i = 0; i < 300; ++i) all += fmt::format("a{}: b\r\n", i);
  return all;
}

INSTANTIATE_TEST_SUITE_P(
    Table, HostileRequest,
    ::testing::Values(
        Hostile{"BothLengths",
                with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
        Hostile{"BothLengthsOtherWayRound",
                with("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"), 400},
        Hostile{"TwoLengths", with("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), 400},
        Hostile{"ListOfLengths", with("Content-Length: 3, 4\r\n", "abcd"), 400},
        Hostile{"SignedLength", with("Content-Length: +3\r\n", "abc"), 400},
        Hostile{"NegativeLength", with("Content-Length: -1\r\n"), 400},
        Hostile{"EndlessLength", with("Content-Length: 99999999999999999999999\r\n"), 400},
        Hostile{"LargeLength", with("Content-Length: 4000000\r\n"), 413},
        Hostile{"LargeChunk", with("Transfer-Encoding: chunked\r\n", "FFFFFFF\r\n"), 413},
        Hostile{"OverflowingChunk", with("Transfer-Encoding: chunked\r\n", "FFFFFFFFFFFFFFFFF\r\n"),
                400},
        Hostile{"NoChunk", with("Transfer-Encoding: chunked\r\n", "xyz\r\n"), 400},
        Hostile{"ChunkWithoutItsEnd", with("Transfer-Encoding: chunked\r\n", "1\r\nabc\r\n"), 400},
        Hostile{"EndlessExtension",
                with("Transfer-Encoding: chunked\r\n", "1;" + std::string(100'000, 'x')), 431},
        Hostile{"EndlessTrailer",
                with("Transfer-Encoding: chunked\r\n", "0\r\n" + std::string(100'000, 'x')), 431},
        Hostile{"OtherCoding", with("Transfer-Encoding: gzip\r\n"), 501},
        Hostile{"CodingBesideChunked", with("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
                501},
        Hostile{"ChunkedTwice", with("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 501},
        Hostile{"CodingOfAnOldClient",
                "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Hostile{"SpaceBeforeColon", with("Content-Length : 3\r\n", "abc"), 400},
        Hostile{"NoColon", with("nonsense\r\n"), 400},
        Hostile{"ZeroInValue", with(std::string("a: b\0c\r\n", 9)), 400},
        Hostile{"BareLineFeed", "GET / HTTP/1.1\nHost: h\n\n", 400},
        Hostile{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
        Hostile{"TwoHosts", with("Host: other\r\n"), 400},
        Hostile{"OtherExpectation", with("Expect: wonders\r\n"), 417},
        Hostile{"NewerVersion", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", 400},
        Hostile{"NoVersion", "GET /\r\n\r\n", 400},
        Hostile{"AbsoluteTarget", "GET http://h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Hostile{"BadEscape", "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Hostile{"HalfEscape", "GET /%a HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Hostile{"ZeroInPath", "GET /%00 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Hostile{"BadEscapeInQuery", "GET /?a=%f HTTP/1.1\r\nHost: h\r\n\r\n", 400},
        Hostile{"OtherProtocol", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400},
        Hostile{"LongTarget", "GET /" + std::string(70'000, 'x'), 431},
        Hostile{"LongHeader", with("a: " + std::string(70'000, 'x') + "\r\n"), 431},
        Hostile{"EndlessHeader", "GET / HTTP/1.1\r\nHost: h\r\na: " + std::string(70'000, 'x'),
                431},
        Hostile{"ManyFields", with(many_fields()), 431}),
    [](const auto& param) { return std::string(param.param.name); });

TEST_F(Http1Test, PatienceEndsByWhatIsWaitedFor) {
  const Limits& limits = link_.limits_;
  const SteadyTime begin = link_.now_;
  EXPECT_EQ(session_->deadline(), begin + limits.idle);
  link_.now_ += 5s;
  send("GET / HT");
  EXPECT_EQ(session_->deadline(), begin + 5s + limits.header);
  link_.now_ += 5s;
  send("TP/1.1\r\nHost: h\r\n");  // a byte now and then does not help
  EXPECT_EQ(session_->deadline(), begin + 5s + limits.header);
  send("Content-Length: 3\r\n\r\na");
  EXPECT_EQ(session_->deadline(), begin + 10s + limits.body);
  send("bc");
  EXPECT_EQ(session_->deadline(), std::nullopt);  // the handler's time is its own
  link_.now_ += 1h;
  answer(text("x"));
  EXPECT_EQ(session_->deadline(), link_.now_ + limits.idle);
  session_->expired();
  EXPECT_TRUE(session_->finished());
}

TEST_F(Http1Test, AStreamIsSentInChunksAndTheConnectionStays) {
  send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  Answer given;
  given.stream = std::make_shared<Stream>(1000);
  given.stream->push("one");
  const auto stream = given.stream;
  const std::string first = answer(std::move(given));
  EXPECT_THAT(first, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(first, EndsWith("\r\n\r\n3\r\none\r\n"));
  stream->push("two and ");
  stream->push("three");
  EXPECT_THAT(link_.news, ElementsAre(link_.asked[0].ticket));
  EXPECT_EQ(produced(*session_), "d\r\ntwo and three\r\n");
  EXPECT_EQ(produced(*session_), "");
  stream->close();
  EXPECT_EQ(produced(*session_), "0\r\n\r\n");
  EXPECT_FALSE(session_->finished());
  send("GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(link_.asked.size(), 2u);
}

TEST_F(Http1Test, AStreamThatWasCutDoesNotEndAsIfWhole) {
  send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  Answer given;
  given.stream = std::make_shared<Stream>(10);
  const auto stream = given.stream;
  answer(std::move(given));
  EXPECT_FALSE(stream->push("more than it may hold"));
  EXPECT_EQ(produced(*session_), "");
  EXPECT_TRUE(session_->finished());
  EXPECT_TRUE(session_->broken());
}

TEST_F(Http1Test, AStreamEndsWholeAtItsTimeAndWhenTheServerStops) {
  for (const bool stopping : {false, true}) {
    make();
    send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    Answer given;
    given.stream = std::make_shared<Stream>(1000);
    given.stream_lifetime = 30s;
    const auto stream = given.stream;
    bool gone = false;
    stream->on_abandon([&] { gone = true; });
    answer(std::move(given));
    stream->push("last");
    EXPECT_EQ(session_->deadline(), link_.now_ + 30s);
    if (stopping) {
      session_->wind_down();
    } else {
      session_->expired();
    }
    EXPECT_EQ(produced(*session_), "4\r\nlast\r\n0\r\n\r\n");
    EXPECT_TRUE(gone);
    EXPECT_FALSE(stream->push("x"));
    EXPECT_EQ(session_->finished(), stopping);
    EXPECT_FALSE(session_->broken());
  }
}

TEST_F(Http1Test, ADepartureEndsTheStreamAndTellsTheHandler) {
  send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_FALSE(link_.asked[0].request->cancelled());
  session_->input_ended();
  EXPECT_TRUE(link_.asked[0].request->cancelled());
  // One that only said that it sends no more still gets its answer.
  EXPECT_THAT(answer(text("x")), HasSubstr("Connection: close\r\n"));
  make();
  send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  Answer given;
  given.stream = std::make_shared<Stream>(1000);
  const auto stream = given.stream;
  answer(std::move(given));
  session_->input_ended();
  EXPECT_FALSE(stream->push("x"));
  EXPECT_TRUE(session_->finished());
}

TEST_F(Http1Test, WindingDownFinishesTheRequestAtHandOnly) {
  const std::string one = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  send(one + one);
  session_->wind_down();
  EXPECT_FALSE(session_->finished());
  EXPECT_THAT(answer(text("x")), HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(session_->finished());
  EXPECT_EQ(link_.asked.size(), 1u);
  make();
  session_->wind_down();
  EXPECT_TRUE(session_->finished());
}

TEST_F(Http1Test, AnUpgradeHandsOverWhatCameEarly) {
  send("POST /attach HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nearly");
  Answer given;
  given.status = 101;
  given.content_type = "";
  given.headers = {{"Upgrade", "tcp"}};
  given.upgrade = [](std::unique_ptr<Tunnel>) {};
  EXPECT_EQ(answer(std::move(given)),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: tcp\r\nDate: Thu, 01 Jan 1970 00:00:00 "
            "GMT\r\nConnection: Upgrade\r\n\r\n");
  const auto upgrade = session_->take_upgrade();
  ASSERT_TRUE(upgrade.has_value());
  EXPECT_EQ(upgrade->input, "early");
  EXPECT_FALSE(session_->take_upgrade().has_value());
}

TEST_F(Http1Test, ALargeBodyIsProducedInParts) {
  send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  session_->answer(link_.asked[0].ticket, text(std::string(100'000, 'x')));
  std::string all;
  for (std::string part = produced(*session_, 1000); !part.empty();
       part = produced(*session_, 1000)) {
    EXPECT_LE(part.size(), 1500u);
    all += part;
  }
  EXPECT_THAT(all, EndsWith(std::string(100'000, 'x')));
  EXPECT_LT(all.size(), 100'300u);
}

class Http1BodyTest : public Http1Test {
 protected:
  // The header of a request whose body is handed over as it comes.
  std::string begin(const std::string& fields, std::string_view body = {}) {
    return send("POST /stream HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + std::string(body));
  }
  BodyStream& body() { return *link_.asked.back().request->body_stream; }
  std::string read(std::size_t max = 1 << 20) { return body().read(max).value(); }
};

TEST_F(Http1BodyTest, IsHandedOverAsItComes) {
  begin("Content-Length: 10\r\n", "abcd");
  ASSERT_EQ(link_.asked.size(), 1u);
  EXPECT_EQ(link_.asked[0].request->body, "");
  EXPECT_EQ(read(3), "abc");
  EXPECT_EQ(read(), "d");
  send("efghijGET /next HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(read(), "efghij");
  EXPECT_EQ(read(), "");
  EXPECT_EQ(link_.asked.size(), 1u);
  // A body that was read whole leaves the connection as any other.
  EXPECT_THAT(answer(text("x")), Not(HasSubstr("Connection: close")));
  ASSERT_EQ(link_.asked.size(), 2u);
  EXPECT_EQ(link_.asked[1].request->path, "/next");
}

TEST_F(Http1BodyTest, MayBeChunkedAndOfAnyLength) {
  link_.limits_.body_bytes = 10;
  make();
  begin("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n");
  EXPECT_EQ(read(), "hello");
  send("e\r\n, and the rest\r\n0\r\n\r\n");
  EXPECT_EQ(read(), ", and the rest");
  EXPECT_EQ(read(), "");
  EXPECT_THAT(answer(text("x")), StartsWith("HTTP/1.1 200"));
  // Bodies that are not handed over keep their bound.
  EXPECT_THAT(send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n"),
              StartsWith("HTTP/1.1 413"));
}

TEST_F(Http1BodyTest, ChunksThatSumUpToMoreThanTheBoundAreRefused) {
  link_.limits_.body_bytes = 10;
  make();
  EXPECT_THAT(send("POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "6\r\nabcdef\r\n5\r\nghijk\r\n"),
              StartsWith("HTTP/1.1 413"));
}

TEST_F(Http1BodyTest, AClientThatAsksMaySend) {
  EXPECT_EQ(begin("Content-Length: 4\r\nExpect: 100-continue\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\n");
  send("body");
  EXPECT_EQ(read(), "body");
}

TEST_F(Http1BodyTest, AFullOneStopsTheClientUntilThereIsRoom) {
  begin("Content-Length: 1000000\r\n");
  while (session_->wants_input()) session_->receive(std::string(50'000, 'x'));
  EXPECT_TRUE(body().full());
  EXPECT_FALSE(session_->deadline().has_value());
  EXPECT_TRUE(link_.news.empty());
  const std::string all = read();
  EXPECT_LE(all.size(), 300'000u);
  EXPECT_EQ(link_.news.size(), 1u);
  EXPECT_TRUE(session_->wants_input());
}

TEST_F(Http1BodyTest, OneThatStopsComingIsAnErrorForItsReader) {
  begin("Content-Length: 10\r\n", "abc");
  EXPECT_EQ(session_->deadline(), link_.now_ + link_.limits_.body);
  link_.now_ += 5s;
  send("d");
  EXPECT_EQ(session_->deadline(), link_.now_ + link_.limits_.body);
  link_.now_ += link_.limits_.body;
  session_->expired();
  EXPECT_EQ(read(), "abcd");
  EXPECT_EQ(body().read(10).error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer(text("late")), HasSubstr("Connection: close"));
  EXPECT_TRUE(session_->finished());
}

TEST_F(Http1BodyTest, ALostOrNonsensicalRestIsAnErrorForItsReader) {
  begin("Content-Length: 10\r\n", "abc");
  session_->input_ended();
  EXPECT_EQ(read(), "abc");
  EXPECT_EQ(body().read(10).error().code, ErrorCode::kUnavailable);
  make();
  begin("Transfer-Encoding: chunked\r\n", "1\r\na\r\n");
  send("nonsense\r\n");
  EXPECT_EQ(read(), "a");
  EXPECT_EQ(body().read(10).error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer(text("x")), HasSubstr("Connection: close"));
}

TEST_F(Http1BodyTest, AnAnswerBeforeItsEndEndsTheConnectionAfterwards) {
  begin("Content-Length: 1000\r\n", "abc");
  EXPECT_THAT(answer(text("no")), HasSubstr("Connection: close"));
  EXPECT_TRUE(session_->finished());
  EXPECT_TRUE(session_->lingers());
  EXPECT_EQ(read(), "abc");
  EXPECT_TRUE(body().read(10).has_error());
}

TEST_F(Http1BodyTest, AnAnswerMayBeginWhileItComes) {
  begin("Content-Length: 6\r\n", "abc");
  Answer given;
  given.stream = std::make_shared<Stream>(1000);
  const auto stream = given.stream;
  answer(std::move(given));
  EXPECT_TRUE(stream->push("progress"));
  EXPECT_THAT(produced(*session_), HasSubstr("progress"));
  EXPECT_TRUE(session_->wants_input());
  send("def");
  EXPECT_EQ(read(), "abcdef");
  EXPECT_EQ(read(), "");
}

TEST(BodyStreamTest, AReaderMayGiveUp) {
  BodyStream stream(10);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(stream.read(1, stop.get_token()).error().code, ErrorCode::kCancelled);
}

// A list's parts arrive as one body, however small the room for them is.
TEST_F(Http1Test, ABodyInPartsIsOne) {
  const auto part = [](std::string text) {
    return std::make_shared<const std::string>(std::move(text));
  };
  const std::vector<std::pair<JoinedBody, std::string>> bodies{
      {{"[", {part("one"), part(""), part("three")}, "]"}, "[one,,three]"},
      {{"[", {part("one")}, "]"}, "[one]"},
      {{"[", {}, "]"}, "[]"},
      {{"", {part(""), part("")}, ""}, ","},
      {{"", {}, ""}, ""},
  };
  for (const auto& [body, expected] : bodies) {
    EXPECT_EQ(body.text(), expected);
    for (const std::size_t room : {1, 2, 5, 1000}) {
      make();
      session_->receive("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      Answer answer;
      answer.joined = std::make_shared<const JoinedBody>(body);
      session_->answer(link_.asked.back().ticket, std::move(answer));
      std::string all;
      for (std::string some; !(some = produced(*session_, room)).empty();) all += some;
      EXPECT_THAT(all, HasSubstr("Content-Length: " + std::to_string(expected.size()) + "\r\n"));
      EXPECT_THAT(all, EndsWith("\r\n\r\n" + expected)) << room;
      // And the next request finds nothing of it.
      session_->receive("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
      EXPECT_THAT(answer_head(body), EndsWith("\r\n\r\n"));
    }
  }
}

}  // namespace
}  // namespace cove::http
