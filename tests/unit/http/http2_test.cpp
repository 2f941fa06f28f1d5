// HTTP/2 without sockets, against nghttp2's client and against frames that no client should send.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "tests/unit/http/fake_link.h"

namespace cove::http {
namespace {

using namespace std::chrono_literals;
using test::FakeLink;
using test::produced;
using test::text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

struct SessionDeleter {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};

using Fields = std::vector<std::pair<std::string, std::string>>;

// A client that is joined to a session without a socket between them.
class Client {
 public:
  struct Got {
    std::string status;
    std::map<std::string, std::string> headers;
    std::string body;
    bool ended = false;
    std::optional<std::uint32_t> closed;  // with this error code
  };

  explicit Client(std::int32_t window = 1 << 20) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                      std::uint8_t, void* user) {
          Got& one = static_cast<Client*>(user)->got[frame->hd.stream_id];
          std::string key(reinterpret_cast<const char*>(name), name_size);
          std::string text(reinterpret_cast<const char*>(value), value_size);
          if (key == ":status") one.status = text;
          one.headers[key] = text;
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                      std::size_t size, void* user) {
          static_cast<Client*>(user)->got[id].body.append(reinterpret_cast<const char*>(bytes),
                                                          size);
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          auto& self = *static_cast<Client*>(user);
          if (frame->hd.type == NGHTTP2_GOAWAY) self.goaway = frame->goaway.error_code;
          const bool message = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
          if (message && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0)
            self.got[frame->hd.stream_id].ended = true;
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
          static_cast<Client*>(user)->got[id].closed = code;
          return 0;
        });
    nghttp2_session* made = nullptr;
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    // One with a small window does not widen it by itself.
    nghttp2_option_set_no_auto_window_update(option, window < 1000 ? 1 : 0);
    nghttp2_session_client_new2(&made, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    session.reset(made);
    const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
                                       static_cast<std::uint32_t>(window)};
    nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, &entry, 1);
  }

  // With no body, or with one that is sent as far as the server allows.
  std::int32_t request(const std::string& method, const std::string& path, Fields fields = {},
                       std::optional<std::string> body = std::nullopt) {
    Fields all{{":method", method}, {":scheme", "https"}, {":authority", "h"}, {":path", path}};
    all.insert(all.end(), fields.begin(), fields.end());
    std::vector<nghttp2_nv> list;
    for (auto& [name, value] : all) {
      list.push_back({reinterpret_cast<std::uint8_t*>(name.data()),
                      reinterpret_cast<std::uint8_t*>(value.data()), name.size(), value.size(),
                      NGHTTP2_NV_FLAG_NONE});
    }
    nghttp2_data_provider provider{};
    provider.read_callback = [](nghttp2_session*, std::int32_t id, std::uint8_t* space,
                                std::size_t size, std::uint32_t* flags, nghttp2_data_source*,
                                void* user) {
      auto& self = *static_cast<Client*>(user);
      std::string& rest = self.bodies[id];
      const std::size_t some = std::min(size, rest.size());
      std::memcpy(space, rest.data(), some);
      rest.erase(0, some);
      if (rest.empty() && self.endless.contains(id)) {
        if (some == 0) return static_cast<ssize_t>(NGHTTP2_ERR_DEFERRED);
      } else if (rest.empty()) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
      }
      return static_cast<ssize_t>(some);
    };
    const std::int32_t id = nghttp2_submit_request(session.get(), nullptr, list.data(), list.size(),
                                                   body ? &provider : nullptr, nullptr);
    if (body) bodies[id] = *body;
    return id;
  }

  std::string produce() {
    std::string all;
    for (;;) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session.get(), &bytes);
      if (size <= 0) return all;
      all.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
  }

  // Until neither has anything to say.
  void talk(Session& server) {
    for (bool more = true; more;) {
      const std::string there = produce();
      if (!there.empty()) server.receive(there);
      const std::string back = produced(server);
      nghttp2_session_mem_recv(session.get(), reinterpret_cast<const std::uint8_t*>(back.data()),
                               back.size());
      more = !there.empty() || !back.empty();
    }
  }

  std::map<std::int32_t, Got> got;
  std::map<std::int32_t, std::string> bodies;
  std::set<std::int32_t> endless;  // whose body stays open
  std::optional<std::uint32_t> goaway;
  std::unique_ptr<nghttp2_session, SessionDeleter> session;
};

class Http2Test : public ::testing::Test {
 protected:
  void make() {
    link_.asked.clear();
    session_ = make_http2_session(link_);
    client_ = std::make_unique<Client>();
  }
  void talk() { client_->talk(*session_); }
  void answer(std::size_t index, Answer given) {
    session_->answer(link_.asked[index].ticket, std::move(given));
    talk();
  }
  Client::Got& got(std::int32_t id) { return client_->got[id]; }

  FakeLink link_;
  std::unique_ptr<Session> session_ = make_http2_session(link_);
  std::unique_ptr<Client> client_ = std::make_unique<Client>();
};

TEST_F(Http2Test, AnswersInAnyOrder) {
  const auto one = client_->request("GET", "/1?a=b%20c", {{"x", "1"}, {"x", "2"}});
  const auto two = client_->request("POST", "/2", {}, "body");
  talk();
  ASSERT_EQ(link_.asked.size(), 2u);
  const Request& first = *link_.asked[0].request;
  EXPECT_EQ(first.protocol, "HTTP/2.0");
  EXPECT_EQ(first.path, "/1");
  EXPECT_EQ(first.parameter("a"), "b c");
  EXPECT_THAT(first.headers, ElementsAre(Pair("host", "h"), Pair("x", "1"), Pair("x", "2")));
  EXPECT_EQ(link_.asked[1].request->body, "body");
  answer(1, text("second"));
  EXPECT_TRUE(got(two).ended);
  EXPECT_FALSE(got(one).ended);
  Answer with_headers = text("first");
  with_headers.headers = {{"X-Mixed", "Case"}, {"Keep-Alive", "5"}, {"Bad", "a\nb"}};
  answer(0, with_headers);
  EXPECT_EQ(got(one).body, "first");
  EXPECT_EQ(got(two).body, "second");
  EXPECT_EQ(got(one).status, "200");
  EXPECT_EQ(got(one).headers["content-length"], "5");
  EXPECT_EQ(got(one).headers["x-mixed"], "Case");
  EXPECT_EQ(got(one).headers.count("keep-alive") + got(one).headers.count("bad"), 0u);
  EXPECT_EQ(got(one).closed, NGHTTP2_NO_ERROR);
}

TEST_F(Http2Test, HeadAndEmptyAnswersHaveNoBody) {
  const auto head = client_->request("HEAD", "/");
  const auto none = client_->request("GET", "/");
  talk();
  answer(0, text("12345"));
  Answer nothing;
  nothing.status = 204;
  answer(1, std::move(nothing));
  EXPECT_EQ(got(head).headers["content-length"], "5");
  EXPECT_EQ(got(head).body, "");
  EXPECT_TRUE(got(head).ended);
  EXPECT_EQ(got(none).headers.count("content-length"), 0u);
  EXPECT_TRUE(got(none).ended);
}

TEST_F(Http2Test, RefusesWhatIsTooMuch) {
  const auto body = client_->request("POST", "/", {}, std::string(4'000'000, 'x'));
  talk();
  EXPECT_EQ(got(body).status, "413");
  EXPECT_EQ(got(body).closed, NGHTTP2_NO_ERROR);
  link_.limits_.header_bytes = 8000;
  const auto header = client_->request("GET", "/", {{"a", std::string(9'000, 'x')}});
  talk();
  EXPECT_EQ(got(header).status, "431");
  link_.limits_.header_bytes = 64 * 1024;
  Fields many;
  for (int i = 0; i < 300; ++i) many.emplace_back("a" + std::to_string(i), "b");
  const auto fields = client_->request("GET", "/", many);
  const auto path = client_->request("GET", "/%zz");
  talk();
  EXPECT_EQ(got(fields).status, "431");
  EXPECT_EQ(got(path).status, "400");
  EXPECT_THAT(link_.asked, IsEmpty());
}

TEST_F(Http2Test, ALargeBodyBothWays) {
  link_.limits_.body_bytes = 8'000'000;
  const auto id = client_->request("PUT", "/", {}, std::string(7'000'000, 'x'));
  talk();
  ASSERT_EQ(link_.asked.size(), 1u);
  EXPECT_EQ(link_.asked[0].request->body.size(), 7'000'000u);
  answer(0, text(std::string(5'000'000, 'y')));
  EXPECT_EQ(got(id).body, std::string(5'000'000, 'y'));
}

TEST_F(Http2Test, BodiesInMemoryAreBoundedAndGoOnWhenThereIsRoom) {
  link_.limits_.buffered_bytes = 1'000'000;
  for (int i = 0; i < 4; ++i) client_->request("PUT", "/", {}, std::string(2'000'000, 'x'));
  talk();
  std::size_t sent = 0;
  for (const auto& [id, rest] : client_->bodies) sent += 2'000'000 - rest.size();
  // The bound, and a window that was granted before.
  EXPECT_LE(sent, 1'000'000u + 1024 * 1024 + 65'536);
  // Those that never come to their end are given up, and the memory is there for others.
  link_.now_ += 61s;
  session_->expired();
  talk();
  client_->bodies.clear();
  const auto id = client_->request("PUT", "/", {}, std::string(900'000, 'x'));
  talk();
  ASSERT_EQ(link_.asked.size(), 1u);
  answer(0, text("ok"));
  EXPECT_EQ(got(id).body, "ok");
}

TEST_F(Http2Test, AStreamIsSentAsItComes) {
  const auto id = client_->request("GET", "/");
  talk();
  Answer given;
  given.stream = std::make_shared<Stream>(100'000);
  const auto stream = given.stream;
  stream->push("one ");
  answer(0, std::move(given));
  EXPECT_EQ(got(id).body, "one ");
  EXPECT_EQ(got(id).headers.count("content-length"), 0u);
  stream->push(std::string(50'000, 'x'));
  ASSERT_EQ(link_.news.size(), 1u);
  session_->news(link_.news[0]);
  talk();
  EXPECT_EQ(got(id).body.size(), 50'004u);
  stream->close();
  session_->news(link_.news[0]);
  talk();
  EXPECT_TRUE(got(id).ended);
  EXPECT_EQ(got(id).closed, NGHTTP2_NO_ERROR);
}

TEST_F(Http2Test, ACutStreamIsResetAndTheConnectionLives) {
  const auto id = client_->request("GET", "/");
  talk();
  Answer given;
  given.stream = std::make_shared<Stream>(10);
  const auto stream = given.stream;
  answer(0, std::move(given));
  stream->push("more than it may hold");
  session_->news(link_.asked[0].ticket);
  talk();
  EXPECT_EQ(got(id).closed, NGHTTP2_INTERNAL_ERROR);
  EXPECT_FALSE(session_->finished());
}

TEST_F(Http2Test, AClientThatGivesUpIsNoticed) {
  const auto asked = client_->request("GET", "/asked");
  const auto streaming = client_->request("GET", "/streaming");
  talk();
  Answer given;
  given.stream = std::make_shared<Stream>(10);
  const auto stream = given.stream;
  bool gone = false;
  stream->on_abandon([&] { gone = true; });
  answer(1, std::move(given));
  for (const auto id : {asked, streaming})
    nghttp2_submit_rst_stream(client_->session.get(), NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
  talk();
  EXPECT_TRUE(link_.asked[0].request->cancelled());
  EXPECT_TRUE(gone);
  answer(0, text("too late"));
  EXPECT_EQ(got(asked).status, "");
  EXPECT_FALSE(session_->finished());
}

TEST_F(Http2Test, AStreamThatTheClientDoesNotTakeIsGivenUp) {
  client_ = std::make_unique<Client>(10);
  const auto whole = client_->request("GET", "/");
  const auto pieces = client_->request("GET", "/");
  talk();
  answer(0, text(std::string(100, 'x')));
  Answer given;
  given.stream = std::make_shared<Stream>(1000);
  given.stream->push(std::string(100, 'x'));
  answer(1, std::move(given));
  ASSERT_TRUE(session_->deadline().has_value());
  EXPECT_EQ(got(whole).body.size(), 10u);
  link_.now_ += link_.limits_.write;
  session_->expired();
  talk();
  EXPECT_EQ(got(whole).closed, NGHTTP2_CANCEL);
  EXPECT_EQ(got(pieces).closed, NGHTTP2_CANCEL);
}

TEST_F(Http2Test, PatienceEndsForBodiesAndIdleness) {
  const auto id = client_->request("POST", "/", {}, "part");
  client_->endless.insert(id);
  talk();
  EXPECT_EQ(session_->deadline(), link_.now_ + link_.limits_.body);
  link_.now_ += link_.limits_.body;
  session_->expired();
  talk();
  EXPECT_EQ(got(id).closed, NGHTTP2_CANCEL);
  EXPECT_EQ(session_->deadline(), link_.now_ + link_.limits_.idle);
  link_.now_ += link_.limits_.idle;
  session_->expired();
  talk();
  EXPECT_EQ(client_->goaway, NGHTTP2_NO_ERROR);
  EXPECT_TRUE(session_->finished());
}

TEST_F(Http2Test, AStreamEndsAtItsTime) {
  const auto id = client_->request("GET", "/");
  talk();
  Answer given;
  given.stream = std::make_shared<Stream>(1000);
  given.stream_lifetime = 30s;
  const auto stream = given.stream;
  answer(0, std::move(given));
  EXPECT_EQ(session_->deadline(), link_.now_ + 30s);
  stream->push("last");
  link_.now_ += 30s;
  session_->expired();
  talk();
  EXPECT_EQ(got(id).body, "last");
  EXPECT_TRUE(got(id).ended);
  EXPECT_FALSE(stream->push("x"));
}

TEST_F(Http2Test, WindingDownFinishesWhatIsAtHandAndSaysGoodbye) {
  const auto asked = client_->request("GET", "/asked");
  const auto watch = client_->request("GET", "/watch");
  const auto half = client_->request("POST", "/half", {}, "part");
  client_->endless.insert(half);
  talk();
  Answer given;
  given.stream = std::make_shared<Stream>(1000);
  const auto stream = given.stream;
  answer(1, std::move(given));
  stream->push("last");
  session_->wind_down();
  talk();
  EXPECT_EQ(got(watch).body, "last");
  EXPECT_TRUE(got(watch).ended);
  EXPECT_EQ(got(half).closed, NGHTTP2_REFUSED_STREAM);
  EXPECT_EQ(client_->goaway, NGHTTP2_NO_ERROR);
  EXPECT_FALSE(session_->finished());
  answer(0, text("done"));
  EXPECT_EQ(got(asked).body, "done");
  EXPECT_TRUE(session_->finished());
}

TEST_F(Http2Test, AnUpgradeIsForHttp1) {
  const auto id = client_->request("GET", "/");
  talk();
  Answer given;
  given.upgrade = [](std::unique_ptr<Tunnel>) { FAIL(); };
  answer(0, std::move(given));
  EXPECT_EQ(got(id).closed, NGHTTP2_HTTP_1_1_REQUIRED);
}

TEST_F(Http2Test, NoMoreRequestsAtATimeThanItsBound) {
  link_.limits_.streams = 3;
  make();
  talk();
  for (int i = 0; i < 10; ++i) client_->request("GET", "/");
  talk();
  EXPECT_EQ(link_.asked.size(), 3u);  // the others wait with the client
  answer(0, text("x"));
  EXPECT_EQ(link_.asked.size(), 4u);
}

// Frames by hand, for what nghttp2's client would not do.
std::string frame(int type, int flags, std::uint32_t stream, const std::string& payload) {
  std::string all;
  for (const int shift : {16, 8, 0}) all += static_cast<char>((payload.size() >> shift) & 0xff);
  all += static_cast<char>(type);
  all += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) all += static_cast<char>((stream >> shift) & 0xff);
  return all + payload;
}

const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, "");
// :method GET, :scheme https, :path /, :authority h
const std::string kGet = "\x82\x87\x84\x41\x01h";

struct Flood {
  const char* name;
  std::function<std::string(std::uint32_t)> next;  // the n-th piece, from 0
  int few;                                         // that must be fine
};

class Http2Flood : public ::testing::TestWithParam<Flood> {};

TEST_P(Http2Flood, EndsTheConnection) {
  FakeLink link;
  const auto session = make_http2_session(link);
  session->receive(kPreface);
  produced(*session);
  std::uint32_t n = 0;
  for (; n < static_cast<std::uint32_t>(GetParam().few); ++n) {
    session->receive(GetParam().next(n));
    produced(*session);
  }
  EXPECT_FALSE(session->finished());
  for (; n < 20'000 && !session->finished(); ++n) {
    session->receive(GetParam().next(n));
    produced(*session);
  }
  EXPECT_TRUE(session->finished());
  EXPECT_LT(n, 5000u);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Http2Flood,
    ::testing::Values(
        Flood{"Ping", [](std::uint32_t) { return frame(6, 0, 0, "12345678"); }, 100},
        Flood{"Settings", [](std::uint32_t) { return frame(4, 0, 0, ""); }, 100},
        Flood{"Priority",
              [](std::uint32_t n) { return frame(2, 0, 2 * n + 1, std::string(5, '\0')); }, 100},
        Flood{"EmptyData",
              [](std::uint32_t n) {
                return n == 0 ? frame(1, 4, 1, "\x83" + kGet.substr(1)) : frame(0, 0, 1, "");
              },
              100},
        Flood{"RapidReset",
              [](std::uint32_t n) {
                return frame(1, 5, 2 * n + 1, kGet) +
                       frame(3, 0, 2 * n + 1, std::string("\0\0\0\x08", 4));
              },
              100},
        Flood{"Continuation",
              [](std::uint32_t n) {
                return n == 0 ? frame(1, 0, 1, kGet) : frame(9, 0, 1, std::string(10, '\0'));
              },
              3}),
    [](const auto& param) { return std::string(param.param.name); });

TEST_F(Http2Test, ResetsDoNotLetMoreRequestsReachTheHandlerThanItCanServe) {
  link_.limits_.streams = 10;
  link_.limits_.resets = 100'000;
  make();
  session_->receive(kPreface);
  for (std::uint32_t n = 0; n < 200; ++n) {
    session_->receive(frame(1, 5, 2 * n + 1, kGet) +
                      frame(3, 0, 2 * n + 1, std::string("\0\0\0\x08", 4)));
    produced(*session_);
  }
  EXPECT_LE(link_.asked.size(), 20u);
  EXPECT_FALSE(session_->finished());
  for (const auto& each : link_.asked) session_->answer(each.ticket, text("x"));
  link_.asked.clear();
  session_->receive(frame(1, 5, 401, kGet));
  EXPECT_EQ(link_.asked.size(), 1u);
}

struct Nonsense {
  const char* name;
  std::string bytes;
};

class Http2Nonsense : public ::testing::TestWithParam<Nonsense> {};

TEST_P(Http2Nonsense, EndsTheConnectionOrTheRequest) {
  FakeLink link;
  const auto session = make_http2_session(link);
  session->receive(GetParam().bytes);
  const std::string got = produced(*session);
  EXPECT_THAT(link.asked, IsEmpty());
  const bool reset = got.find(std::string("\0\0\x04\x03\0", 5)) != std::string::npos;
  EXPECT_TRUE(session->finished() || reset);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Http2Nonsense,
    ::testing::Values(
        Nonsense{"Http1", "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
        Nonsense{"OversizedFrame", kPreface + frame(0, 0, 1, std::string(20'000, 'x'))},
        Nonsense{"DataWithoutARequest", kPreface + frame(0, 1, 1, "x")},
        Nonsense{"EvenStream", kPreface + frame(1, 5, 2, kGet)},
        Nonsense{"BadCompression", kPreface + frame(1, 5, 1, "\xff\xff\xff\xff\xff\xff")},
        Nonsense{"NoPath", kPreface + frame(1, 5, 1, "\x82\x87\x41\x01h")},
        Nonsense{"ConnectionHeader", kPreface + frame(1, 5, 1,
                                                      kGet + std::string("\0\x0a"
                                                                         "connection\x05"
                                                                         "close",
                                                                         18))},
        Nonsense{"UpperCaseName", kPreface + frame(1, 5, 1, kGet + std::string("\0\x01X\x01y", 5))},
        Nonsense{"LineFeedInValue", kPreface + frame(1, 5, 1,
                                                     kGet + std::string("\0\x01x\x03"
                                                                        "a\nb",
                                                                        7))},
        Nonsense{"HugeWindow", kPreface + frame(8, 0, 0, "\x7f\xff\xff\xff")},
        Nonsense{"LengthThatLies", kPreface +
                                       frame(1, 4, 1,
                                             "\x83" + kGet.substr(1) +
                                                 std::string("\0\x0e"
                                                             "content-length\x01"
                                                             "9",
                                                             18)) +
                                       frame(0, 1, 1, "abc")}),
    [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace cove::http
