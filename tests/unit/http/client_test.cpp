// The client against the room's own server, over TLS and a unix socket, and against peers that do
// what no server should.
#include "core/http/client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "core/http/server.h"
#include "core/pki/pki.h"
#include "tests/support/connect_proxy.h"
#include "tests/support/scripted_server.h"
#include "tests/support/temporary_folder.h"

namespace cove::http {
namespace {

using namespace std::chrono_literals;
using cove::test::ScriptedPeer;
using cove::test::ScriptedServer;
using cove::test::TemporaryFolder;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ClientOptions patient() {
  ClientOptions options;
  options.timeouts = {20s, 20s, 20s, 20s, 20s};
  return options;
}

std::unique_ptr<Client> make(ClientOptions options = patient()) {
  auto client = Client::create(std::move(options));
  EXPECT_TRUE(client) << client.error().message();
  return std::move(*client);
}

ClientRequest get(std::uint16_t port, const std::string& target = "/") {
  return {.url = *parse_url(fmt::format("http://127.0.0.1:{}{}", port, target))};
}

BodySource pieces(std::vector<std::string> parts) {
  auto left = std::make_shared<std::deque<std::string>>(parts.begin(), parts.end());
  return [left](std::size_t) -> Result<std::string> {
    if (left->empty()) return std::string();
    std::string next = std::move(left->front());
    left->pop_front();
    return next;
  };
}

ScriptedServer::Script answers(std::string bytes) {
  return [bytes](ScriptedPeer& peer) {
    if (!peer.read_header().empty()) peer.send(bytes);
  };
}

// Answers with what it was asked.
class EchoHandler final : public Handler {
 public:
  void handle(std::shared_ptr<const Request> request, Respond respond) override {
    Answer answer;
    answer.content_type = "text/plain";
    if (request->path == "/big") {
      answer.body = std::make_shared<const std::string>(3 << 20, 'x');
    } else if (request->path == "/stream") {
      answer.stream = std::make_shared<Stream>(1 << 20);
      for (int i = 0; i < 10; ++i)
        answer.stream->push(std::string(1000, static_cast<char>('0' + i)));
      answer.stream->close();
    } else if (request->path == "/upgrade") {
      answer.status = 101;
      answer.headers = {{"Upgrade", "tcp"}};
      answer.upgrade = [](std::unique_ptr<Tunnel> made) { echo(std::move(made)); };
    } else {
      answer.body = std::make_shared<const std::string>(fmt::format(
          "{} {}?{} host={} who={} {}", request->method, request->path, request->raw_query,
          request->header("host"), request->certificate ? request->certificate->common_name : "",
          request->body));
    }
    respond(std::move(answer));
  }

 private:
  static void echo(std::shared_ptr<Tunnel> tunnel) {
    tunnel->read(4096, [tunnel](Result<std::string> bytes) {
      if (!bytes || bytes->empty()) {
        tunnel->finish();
        return;
      }
      tunnel->write(std::move(*bytes), [](Result<void>) {});
      echo(tunnel);
    });
  }
};

class TlsClientTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto pair =
        *pki::issue(ca_, {"s", {}, {"localhost"}, {"127.0.0.1"}, pki::Usage::kServer}, clock_);
    server_ = *Server::listen_tls("127.0.0.1", 0,
                                  {ca_.certificate_pem, pair.certificate_pem, pair.key_pem},
                                  handler_, null_logger());
    server_->start(2);
  }
  ClientOptions trusting() {
    ClientOptions options = patient();
    options.tls.ca_pem = ca_.certificate_pem;
    return options;
  }
  ClientRequest ask(const std::string& target, const std::string& host = "127.0.0.1") {
    return {.url = *parse_url(fmt::format("https://{}:{}{}", host, server_->port(), target))};
  }

  SystemClock clock_;
  pki::KeyPair ca_ = *pki::create_authority("ca", std::chrono::hours(100), clock_);
  EchoHandler handler_;
  std::unique_ptr<Server> server_;
};

TEST_F(TlsClientTest, GetsOverOneConnection) {
  const auto client = make(trusting());
  for (int i = 0; i < 20; ++i) {
    auto answer = client->send(ask("/a?b=c"));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->status(), 200);
    EXPECT_EQ(answer->header("content-type"), "text/plain");
    EXPECT_EQ(*answer->read_all(1000),
              fmt::format("GET /a?b=c host=127.0.0.1:{} who= ", server_->port()));
  }
  auto big = client->send(ask("/big"));
  EXPECT_EQ(big->content_length(), 3U << 20);
  EXPECT_EQ(*big->read_all(4 << 20), std::string(3 << 20, 'x'));
  auto stream = client->send(ask("/stream"));
  EXPECT_FALSE(stream->content_length());
  EXPECT_EQ(stream->read_all(4 << 20)->size(), 10'000u);
}

TEST_F(TlsClientTest, ChecksWhoTheServerIs) {
  struct Row {
    ClientOptions options;
    std::string host;
    ErrorCode code;
  };
  const auto other = *pki::create_authority("other", std::chrono::hours(100), clock_);
  ClientOptions wrong = patient();
  wrong.tls.ca_pem = other.certificate_pem;
  ClientOptions system = patient();
  ClientOptions renamed = trusting();
  renamed.tls.server_name = "elsewhere.example";
  for (const Row& row : {Row{wrong, "127.0.0.1", ErrorCode::kPermissionDenied},
                         Row{system, "127.0.0.1", ErrorCode::kPermissionDenied},
                         Row{renamed, "127.0.0.1", ErrorCode::kPermissionDenied},
                         Row{trusting(), "127.0.0.2", ErrorCode::kUnavailable}}) {
    const auto answer = make(row.options)->send(ask("/", row.host));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, row.code) << answer.error().message();
  }
  EXPECT_TRUE(make(trusting())->send(ask("/", "localhost")));
  wrong.tls.verify = false;
  EXPECT_TRUE(make(wrong)->send(ask("/")));
  ClientOptions file = patient();
  TemporaryFolder folder;
  ASSERT_TRUE(write_file_atomic(folder / "ca.pem", ca_.certificate_pem, 0600));
  file.tls.ca_file = folder / "ca.pem";
  EXPECT_TRUE(make(file)->send(ask("/")));
}

TEST_F(TlsClientTest, ShowsItsCertificate) {
  ClientOptions options = trusting();
  const auto me = *pki::issue(ca_, {"me"}, clock_);
  options.tls.certificate_pem = me.certificate_pem;
  options.tls.key_pem = me.key_pem;
  auto answer = make(options)->send(ask("/"));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_THAT(*answer->read_all(1000), HasSubstr("who=me"));

  const auto stranger_ca = *pki::create_authority("other", std::chrono::hours(100), clock_);
  const auto stranger = *pki::issue(stranger_ca, {"stranger"}, clock_);
  options.tls.certificate_pem = stranger.certificate_pem;
  options.tls.key_pem = stranger.key_pem;
  const auto refused = make(options)->send(ask("/"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied) << refused.error().message();

  options.tls.key_pem = me.key_pem;
  EXPECT_FALSE(Client::create(options));
  options.tls = {.ca_pem = "no certificate"};
  EXPECT_FALSE(Client::create(options));
}

TEST_F(TlsClientTest, SendsBodies) {
  const auto client = make(trusting());
  ClientRequest whole = ask("/w");
  whole.method = "PUT";
  whole.body = std::string(200'000, 'b');
  EXPECT_THAT(*client->send(whole)->read_all(1 << 20), ::testing::EndsWith(std::string(1000, 'b')));

  ClientRequest chunked = ask("/c");
  chunked.method = "POST";
  chunked.source = pieces({"one", "two", std::string(100'000, 'x'), "end"});
  const std::string echoed = *client->send(std::move(chunked))->read_all(1 << 20);
  EXPECT_THAT(echoed, HasSubstr("onetwoxxx"));
  EXPECT_EQ(echoed.substr(echoed.size() - 4), "xend");

  ClientRequest sized = ask("/s");
  sized.method = "PUT";
  sized.source = pieces({"abc", "def"});
  sized.source_length = 6;
  EXPECT_THAT(*client->send(std::move(sized))->read_all(1 << 20), HasSubstr("abcdef"));

  for (const std::uint64_t wrong : {5U, 7U}) {
    ClientRequest lying = ask("/l");
    lying.method = "PUT";
    lying.source = pieces({"abc", "def"});
    lying.source_length = wrong;
    const auto answer = client->send(std::move(lying));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::kInvalidArgument);
  }
  ClientRequest failing = ask("/f");
  failing.method = "PUT";
  failing.source = [](std::size_t) -> Result<std::string> {
    return Error{ErrorCode::kUnavailable, "read", "the source", "gone", {}};
  };
  EXPECT_EQ(client->send(std::move(failing)).error().subject, "the source");
}

TEST_F(TlsClientTest, TakesTheConnectionOver) {
  const auto client = make(trusting());
  ClientRequest request = ask("/upgrade");
  request.method = "POST";
  request.headers = {{"Connection", "Upgrade"}, {"Upgrade", "tcp"}};
  auto answer = client->send(std::move(request));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status(), 101);
  auto stream = answer->take_stream();
  ASSERT_TRUE(stream) << stream.error().message();
  std::string got;
  std::thread reader([&] {
    while (true) {
      const auto piece = (*stream)->read(1000);
      if (!piece || piece->empty()) return;
      got += *piece;
    }
  });
  for (int i = 0; i < 50; ++i) EXPECT_TRUE((*stream)->write(std::string(1000, 'e')));
  (*stream)->finish();
  reader.join();
  EXPECT_EQ(got, std::string(50'000, 'e'));
  auto plain = client->send(ask("/"));
  EXPECT_FALSE(plain->take_stream());
}

TEST_F(TlsClientTest, CancelsAWaitingStream) {
  const auto client = make(trusting());
  ClientRequest request = ask("/upgrade");
  request.method = "POST";
  request.headers = {{"Connection", "Upgrade"}, {"Upgrade", "tcp"}};
  auto answer = client->send(std::move(request));
  auto stream = *answer->take_stream();
  std::stop_source stop;
  auto waiting = std::async(std::launch::async, [&] { return stream->read(10, stop.get_token()); });
  stop.request_stop();
  EXPECT_EQ(waiting.get().error().code, ErrorCode::kCancelled);
}

TEST_F(TlsClientTest, ServesManyThreads) {
  const auto client = make(trusting());
  std::vector<std::future<int>> threads;
  for (int t = 0; t < 8; ++t) {
    threads.push_back(std::async(std::launch::async, [&, t] {
      int good = 0;
      for (int i = 0; i < 20; ++i) {
        auto answer = client->send(ask(fmt::format("/{}/{}", t, i)));
        if (answer &&
            answer->read_all(1000)->find(fmt::format("/{}/{}?", t, i)) != std::string::npos)
          ++good;
      }
      return good;
    }));
  }
  for (auto& thread : threads) EXPECT_EQ(thread.get(), 20);
}

TEST(ClientTest, SpeaksOverAUnixSocket) {
  TemporaryFolder folder;
  EchoHandler handler;
  auto server = *Server::listen_unix(folder / "s", handler, null_logger());
  server->start(1);
  ClientOptions options = patient();
  options.unix_socket = folder / "s";
  const auto client = make(options);
  auto answer = client->send({.url = *parse_url("http://docker/v1.41/info")});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_THAT(*answer->read_all(1000), StartsWith("GET /v1.41/info? host=docker"));
  options.unix_socket = folder / "absent";
  const auto absent = make(options)->send({.url = *parse_url("http://docker/")});
  EXPECT_EQ(absent.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(absent.error().subject, folder / "absent");
}

TEST(ClientTest, ReadsEveryFraming) {
  struct Row {
    const char* bytes;
    const char* body;  // null: the body breaks
  };
  for (const Row& row : {
           Row{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc"},
           Row{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
           Row{"HTTP/1.1 204 No Content\r\n\r\n", ""},
           Row{"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", ""},
           Row{"HTTP/1.0 200 OK\r\n\r\nuntil the end", "until the end"},
           Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n"
               "0\r\nTrailer: t\r\n\r\n",
               "abcde"},
           Row{"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n"
               "Content-Length: 2\r\n\r\nok",
               "ok"},
           Row{"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc", nullptr},
           Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", nullptr},
           Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", nullptr},
       }) {
    ScriptedServer server({answers(row.bytes)});
    auto answer = make()->send(get(server.port()));
    // What is wrong from the start of a body may be seen with the header.
    const auto body = answer ? answer->read_all(1000) : Result<std::string>(answer.error());
    EXPECT_EQ(body.has_value(), row.body != nullptr) << row.bytes;
    if (body && row.body != nullptr) {
      EXPECT_EQ(*body, row.body);
    }
  }
}

TEST(ClientTest, RefusesAnswersThatAreNone) {
  struct Row {
    std::string bytes;
    ErrorCode code;
  };
  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 300; ++i) many += "A: b\r\n";
  std::string interim;
  for (int i = 0; i < 20; ++i) interim += "HTTP/1.1 103 Early\r\n\r\n";
  for (const Row& row : {
           Row{"", ErrorCode::kUnavailable},
           Row{"HTTP/1.1 20", ErrorCode::kUnavailable},
           Row{"SSH-2.0-OpenSSH\r\n\r\n", ErrorCode::kCorrupt},
           Row{"HTTP/2.0 200 OK\r\n\r\n", ErrorCode::kCorrupt},
           Row{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
               ErrorCode::kCorrupt},
           Row{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
               ErrorCode::kCorrupt},
           Row{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", ErrorCode::kCorrupt},
           Row{"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", ErrorCode::kCorrupt},
           Row{"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
               ErrorCode::kCorrupt},
           Row{"HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'x') + "\r\n\r\n",
               ErrorCode::kResourceExhausted},
           Row{many + "\r\n", ErrorCode::kCorrupt},
           Row{interim, ErrorCode::kCorrupt},
       }) {
    ScriptedServer server({answers(row.bytes)});
    const auto answer = make()->send(get(server.port()));
    ASSERT_FALSE(answer) << row.bytes;
    EXPECT_EQ(answer.error().code, row.code) << row.bytes << answer.error().message();
  }
}

TEST(ClientTest, NeverReadsTheBodyOfAnAnswerToHead) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    for (int i = 0; i < 2; ++i) {
      if (peer.read_header().starts_with("HEAD "))
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
    }
  }});
  const auto client = make();
  for (int i = 0; i < 2; ++i) {
    ClientRequest head = get(server.port());
    head.method = "HEAD";
    auto answer = client->send(head);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->content_length(), 100u);
    EXPECT_EQ(*answer->read(10), "");
  }
  EXPECT_EQ(server.connections(), 1);
}

TEST(ClientTest, ReplacesAKeptConnectionThatIsDead) {
  const auto once = answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  // The second request is read and not answered: only a try finds out.
  const auto sly = [once](ScriptedPeer& peer) {
    once(peer);
    peer.read_header();
  };
  ScriptedServer server({sly, sly, sly});
  const auto client = make();
  for (int i = 0; i < 2; ++i) {
    auto answer = client->send(get(server.port()));
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(*answer->read_all(10), "ok");
  }
  EXPECT_EQ(server.connections(), 2);
  ClientRequest post = get(server.port());
  post.method = "POST";
  const auto lost = client->send(post);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, ErrorCode::kUnavailable);
}

TEST(ClientTest, HearsAnAnswerBeforeItsOwnEnd) {
  ScriptedServer server({[](ScriptedPeer& peer) {
    peer.read_header();
    peer.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig");
    peer.read_to_end();
  }});
  const auto client = make();
  ClientRequest request = get(server.port());
  request.method = "PUT";
  std::uint64_t given = 0;
  request.source = [&](std::size_t max) -> Result<std::string> {
    given += max;
    return std::string(max, 'x');
  };
  request.source_length = 1ULL << 40;
  auto answer = client->send(std::move(request));
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->status(), 413);
  EXPECT_EQ(*answer->read_all(10), "big");
  EXPECT_LT(given, 1ULL << 30);
}

TEST(ClientTest, EndsWhatStalls) {
  ClientOptions options = patient();
  options.timeouts.header = 30ms;
  options.timeouts.stall = 30ms;
  options.timeouts.handshake = 30ms;
  const auto silent = [](ScriptedPeer& peer) { peer.read_to_end(); };
  const auto half = [](ScriptedPeer& peer) {
    peer.read_header();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    peer.read_to_end();
  };
  ScriptedServer server({silent, half, silent});
  EXPECT_EQ(make(options)->send(get(server.port())).error().code, ErrorCode::kTimeout);
  auto answer = make(options)->send(get(server.port()));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->read_all(100).error().code, ErrorCode::kTimeout);
  EXPECT_FALSE(answer->read(10)) << "what is cut stays cut";
  ClientRequest tls = get(server.port());
  tls.url.scheme = "https";
  EXPECT_EQ(make(options)->send(tls).error().code, ErrorCode::kTimeout);
}

TEST(ClientTest, IsCancelledAtAnyPoint) {
  std::promise<void> asked;
  ScriptedServer server({[&](ScriptedPeer& peer) {
                           peer.read_header();
                           asked.set_value();
                           peer.read_to_end();
                         },
                         [](ScriptedPeer& peer) {
                           peer.read_header();
                           peer.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
                           peer.read_to_end();
                         }});
  const auto client = make();
  std::stop_source stop;
  auto waiting = std::async(std::launch::async,
                            [&] { return client->send(get(server.port()), stop.get_token()); });
  asked.get_future().wait();
  stop.request_stop();
  EXPECT_EQ(waiting.get().error().code, ErrorCode::kCancelled);

  std::stop_source later;
  auto answer = client->send(get(server.port()), later.get_token());
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer->read(100), "abc");
  later.request_stop();
  EXPECT_EQ(answer->read(100).error().code, ErrorCode::kCancelled);
  EXPECT_EQ(client->send(get(server.port()), later.get_token()).error().code,
            ErrorCode::kCancelled);
}

TEST(ClientTest, SaysWhyNobodyIsReached) {
  Fd taken(::socket(AF_INET, SOCK_STREAM, 0));
  std::uint16_t free_port = 0;
  {
    ScriptedServer gone({[](ScriptedPeer&) {}});
    free_port = gone.port();
  }
  const auto refused = make()->send(get(free_port));
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(refused.error().cause, "connection refused");
  // RFC 6761: this name exists nowhere. Without any name server the answer is another one.
  const auto unknown = make()->send({.url = *parse_url("http://no-such-host.invalid/")});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().cause, StartsWith("lookup no-such-host.invalid: "));

  ScriptedServer plain({[](ScriptedPeer& peer) {
    peer.read_exactly(5);
    peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
  }});
  ClientRequest tls = get(plain.port());
  tls.url.scheme = "https";
  const auto mismatch = make()->send(tls);
  EXPECT_EQ(mismatch.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(mismatch.error().cause, HasSubstr("does not speak TLS"));
}

TEST(ClientTest, SendsNothingThatCouldBeTwoRequests) {
  const auto client = make();
  for (auto field : std::vector<std::pair<std::string, std::string>>{
           {"A", "b\r\nC: d"}, {"A b", "c"}, {"", "c"}, {"Host", "h"}, {"content-length", "3"}}) {
    ClientRequest request = get(1);
    request.headers = {field};
    EXPECT_EQ(client->send(request).error().code, ErrorCode::kInvalidArgument) << field.first;
  }
  ClientRequest request = get(1);
  request.method = "GET /x";
  EXPECT_EQ(client->send(request).error().code, ErrorCode::kInvalidArgument);
  request = get(1);
  request.url.target = "/a b";
  EXPECT_EQ(client->send(request).error().code, ErrorCode::kInvalidArgument);
}

TEST(ClientTest, AsksAProxyForWholeUrls) {
  std::string seen;
  ScriptedServer proxy({[&](ScriptedPeer& peer) {
    seen = peer.read_header();
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  }});
  ClientOptions options = patient();
  options.proxies.http = fmt::format("http://u:p@127.0.0.1:{}", proxy.port());
  auto answer = make(options)->send({.url = *parse_url("http://registry.example/v2/?n=1")});
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_THAT(seen, StartsWith("GET http://registry.example/v2/?n=1 HTTP/1.1\r\n"
                               "Host: registry.example\r\n"));
  EXPECT_THAT(seen, HasSubstr("Proxy-Authorization: Basic dTpw\r\n"));
}

TEST_F(TlsClientTest, TunnelsThroughAProxy) {
  cove::test::ConnectProxy proxy(server_->port());
  ClientOptions options = trusting();
  options.tls.server_name = "localhost";
  options.proxies.https = "u:p@" + proxy.address();
  const ClientRequest request{.url = *parse_url("https://registry.example/x")};
  {
    const auto client = make(options);
    for (int i = 0; i < 2; ++i) {
      auto answer = client->send(request);
      ASSERT_TRUE(answer) << answer.error().message();
      EXPECT_THAT(*answer->read_all(1000), HasSubstr("GET /x? host=registry.example"));
    }
  }
  ASSERT_EQ(proxy.seen().size(), 1u);
  EXPECT_THAT(proxy.seen().front(), StartsWith("CONNECT registry.example:443 HTTP/1.1\r\n"));
  EXPECT_THAT(proxy.seen().front(), HasSubstr("Proxy-Authorization: Basic dTpw\r\n"));

  ScriptedServer grim({answers("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")});
  options.proxies.https = fmt::format("127.0.0.1:{}", grim.port());
  const auto refused = make(options)->send(request);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(refused.error().cause, HasSubstr("the proxy 127.0.0.1:"));
  EXPECT_THAT(refused.error().cause, HasSubstr("407"));
}

}  // namespace
}  // namespace cove::http
