// Whole connections over real sockets: upgrades, departures, unix sockets, compression, slow and
// silent peers.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <zlib.h>

#include <condition_variable>

#include "core/http/compress.h"
#include "core/http/server.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/http/raw_client.h"

namespace cove::http {
namespace {

using namespace std::chrono_literals;
using cove::test::TemporaryFolder;
using test::RawClient;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// What a test gives is done for each path.
class ScriptedHandler final : public Handler {
 public:
  using Script = std::function<void(std::shared_ptr<const Request>, Respond)>;
  void on(const std::string& path, Script script) { scripts_[path] = std::move(script); }
  void handle(std::shared_ptr<const Request> request, Respond respond) override {
    const auto found = scripts_.find(request->path);
    if (found != scripts_.end()) {
      found->second(std::move(request), std::move(respond));
      return;
    }
    Answer answer;
    answer.body = std::make_shared<const std::string>("here is " + request->path);
    respond(std::move(answer));
  }
  bool streams_body(const Request& head) const override { return head.path == "/stream"; }

 private:
  std::map<std::string, Script> scripts_;
};

// A thing that happens once, on some thread.
class Signal {
 public:
  void set() {
    std::lock_guard lock(mutex_);
    happened_ = true;
    changed_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, [&] { return happened_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool happened_ = false;
};

class ConnectionTest : public ::testing::Test {
 protected:
  void start(const Limits& limits = {}) {
    const auto pair = *pki::issue(ca_, {"s", {}, {}, {"127.0.0.1"}, pki::Usage::kServer}, clock_);
    auto server = Server::listen_tls("127.0.0.1", 0,
                                     {ca_.certificate_pem, pair.certificate_pem, pair.key_pem},
                                     handler_, null_logger(), limits);
    ASSERT_TRUE(server.has_value()) << server.error().message();
    server_ = std::move(*server);
    server_->start(2);
  }
  RawClient connect(const std::string& protocol = "http/1.1") {
    return RawClient::tls(server_->port(), ca_.certificate_pem, me_, protocol);
  }
  static std::string get(const std::string& path, const std::string& fields = "") {
    return fmt::format("GET {} HTTP/1.1\r\nHost: h\r\n{}\r\n", path, fields);
  }

  SystemClock clock_;
  TemporaryFolder folder_;
  pki::KeyPair ca_ = *pki::create_authority("ca", std::chrono::hours(100), clock_);
  pki::KeyPair me_ = *pki::issue(ca_, {"me", {"g1", "g2"}}, clock_);
  ScriptedHandler handler_;
  std::unique_ptr<Server> server_;
};

TEST_F(ConnectionTest, KeepsAConnectionForManyRequests) {
  start();
  RawClient client = connect();
  for (int i = 0; i < 100; ++i) {
    client.send(get("/" + std::to_string(i)));
    EXPECT_THAT(client.read_answer(), EndsWith("here is /" + std::to_string(i)));
  }
  // Bytes of one request that come one by one, and two requests that come as one.
  const std::string slow = get("/slow");
  for (const char& byte : slow) client.send({&byte, 1});
  EXPECT_THAT(client.read_answer(), EndsWith("here is /slow"));
  client.send(get("/a") + get("/b"));
  EXPECT_THAT(client.read_answer(), EndsWith("here is /a"));
  EXPECT_THAT(client.read_answer(), EndsWith("here is /b"));
}

TEST_F(ConnectionTest, TellsTheHandlerAboutThePeer) {
  std::shared_ptr<const Request> seen;
  handler_.on("/", [&](auto request, auto respond) {
    seen = request;
    respond({});
  });
  start();
  RawClient client = connect();
  client.send(get("/"));
  client.read_answer();
  ASSERT_TRUE(seen && seen->certificate);
  EXPECT_EQ(seen->certificate->common_name, "me");
  EXPECT_EQ(seen->certificate->organizations, (std::vector<std::string>{"g1", "g2"}));
  EXPECT_EQ(seen->certificate->sha256_fingerprint.size(), 64u);
  EXPECT_EQ(seen->certificate->not_after, pki::inspect(me_.certificate_pem)->not_after);
  EXPECT_EQ(seen->local_endpoint, fmt::format("127.0.0.1:{}", server_->port()));
  EXPECT_THAT(seen->remote_address, StartsWith("127.0.0.1:"));
}

TEST_F(ConnectionTest, ResumesASessionWithItsCertificate) {
  std::shared_ptr<const Request> seen;
  handler_.on("/", [&](auto request, auto respond) {
    seen = request;
    respond({});
  });
  start();
  RawClient first = connect();
  first.send(get("/"));
  first.read_answer();
  const std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> session(SSL_get1_session(first.ssl()),
                                                                     SSL_SESSION_free);
  RawClient second = RawClient::plain(RawClient::connect_tcp(server_->port()));
  const std::unique_ptr<SSL, test::SslDeleter> ssl(SSL_new(SSL_get_SSL_CTX(first.ssl())));
  SSL_set_fd(ssl.get(), second.fd().get());
  SSL_set_session(ssl.get(), session.get());
  ASSERT_EQ(SSL_connect(ssl.get()), 1);
  EXPECT_EQ(SSL_session_reused(ssl.get()), 1);
  const std::string request = get("/");
  seen = nullptr;
  SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
  std::array<char, 1000> buffer{};
  EXPECT_GT(SSL_read(ssl.get(), buffer.data(), buffer.size()), 0);
  ASSERT_TRUE(seen && seen->certificate);
  EXPECT_EQ(seen->certificate->common_name, "me");
}

TEST_F(ConnectionTest, ServersThatShareTheirCertificateKeepTheirRules) {
  const auto pair = *pki::issue(ca_, {"s", {}, {}, {"127.0.0.1"}, pki::Usage::kServer}, clock_);
  Tls tls = *read_tls({ca_.certificate_pem, pair.certificate_pem, pair.key_pem});
  server_ = *Server::listen_tls("127.0.0.1", 0, tls, handler_, null_logger());
  server_->start(1);
  tls.certificate_required = true;
  const auto strict = *Server::listen_tls("127.0.0.1", 0, tls, handler_, null_logger());
  strict->start(1);
  for (const Server* each : {server_.get(), strict.get()}) {
    RawClient client = RawClient::tls(each->port(), ca_.certificate_pem, me_, "http/1.1");
    client.send(get("/me"));
    EXPECT_THAT(client.read_answer(), EndsWith("here is /me"));
  }

  RawClient nobody = RawClient::tls(server_->port(), ca_.certificate_pem, {}, "http/1.1");
  nobody.send(get("/nobody"));
  EXPECT_THAT(nobody.read_answer(), EndsWith("here is /nobody"));
  // What the other server let in without a certificate.
  const std::unique_ptr<SSL_SESSION, void (*)(SSL_SESSION*)> session(SSL_get1_session(nobody.ssl()),
                                                                     SSL_SESSION_free);
  ASSERT_EQ(SSL_SESSION_is_resumable(session.get()), 1);
  const RawClient second = RawClient::plain(RawClient::connect_tcp(strict->port()));
  const std::unique_ptr<SSL, test::SslDeleter> ssl(SSL_new(SSL_get_SSL_CTX(nobody.ssl())));
  SSL_set_fd(ssl.get(), second.fd().get());
  SSL_set_session(ssl.get(), session.get());
  // A client learns with its first read what the server thinks of it (RFC 8446).
  SSL_connect(ssl.get());
  const std::string request = get("/nobody");
  SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
  std::array<char, 1000> buffer{};
  EXPECT_LE(SSL_read(ssl.get(), buffer.data(), buffer.size()), 0);
}

TEST_F(ConnectionTest, AForeignCertificateEndsTheHandshake) {
  start();
  const auto other = *pki::create_authority("other", std::chrono::hours(100), clock_);
  const auto foreign = *pki::issue(other, {"evil", {"system:masters"}}, clock_);
  RawClient client = RawClient::tls(server_->port(), ca_.certificate_pem, foreign);
  client.send(get("/"));
  EXPECT_EQ(client.read_to_end(), "");
}

// Echoes until the peer finishes, then says goodbye.
class Echo : public std::enable_shared_from_this<Echo> {
 public:
  Echo(std::unique_ptr<Tunnel> tunnel, Signal& done) : tunnel_(std::move(tunnel)), done_(done) {}
  void go() {
    tunnel_->read(1000, [self = shared_from_this()](Result<std::string> got) {
      if (!got || got->empty()) {
        self->tunnel_->write("bye", [self](Result<void>) {
          self->tunnel_->finish();
          self->done_.set();
        });
        return;
      }
      self->tunnel_->write(std::move(*got), [self](Result<void> written) {
        if (written) self->go();
      });
    });
  }

 private:
  std::unique_ptr<Tunnel> tunnel_;
  Signal& done_;
};

class UpgradeTest : public ConnectionTest {
 protected:
  void SetUp() override {
    handler_.on("/echo", [this](auto, auto respond) {
      Answer answer;
      answer.status = 101;
      answer.content_type = "";
      answer.headers = {{"Upgrade", "echo"}};
      answer.upgrade = [this](std::unique_ptr<Tunnel> tunnel) {
        std::make_shared<Echo>(std::move(tunnel), done_)->go();
      };
      respond(std::move(answer));
    });
  }
  void echo_over(RawClient client) {
    client.send(
        "POST /echo HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly");
    const std::string header = client.read_to("\r\n\r\n");
    EXPECT_THAT(header, StartsWith("HTTP/1.1 101 "));
    EXPECT_THAT(header, HasSubstr("Connection: Upgrade\r\n"));
    EXPECT_EQ(client.read_exactly(5), "early");
    const std::string large(200'000, 'x');
    std::jthread writer([&] {
      for (std::size_t at = 0; at < large.size(); at += 10'000)
        client.send(large.substr(at, 10'000));
    });
    writer.join();
    EXPECT_EQ(client.read_exactly(large.size()), large);
    client.finish();
    EXPECT_EQ(client.read_to_end(), "bye");
    EXPECT_TRUE(done_.wait());
  }
  Signal done_;
};

TEST_F(UpgradeTest, BytesBothWaysOverTls) {
  start();
  echo_over(connect());
}

TEST_F(UpgradeTest, BytesBothWaysOverAUnixSocket) {
  auto server = Server::listen_unix(folder_ / "s", handler_, null_logger());
  ASSERT_TRUE(server.has_value()) << server.error().message();
  (*server)->start(1);
  echo_over(RawClient::unix_socket(folder_ / "s"));
}

TEST_F(UpgradeTest, StoppingEndsTunnels) {
  start();
  RawClient client = connect();
  client.send(get("/echo"));
  client.read_to("\r\n\r\n");
  server_->stop(20s);
  client.read_to_end();
}

TEST_F(ConnectionTest, ATunnelRefusesMoreThanItsBoundAndEndsItsCallbacksWhenClosed) {
  std::unique_ptr<Tunnel> tunnel;
  Signal begun;
  handler_.on("/t", [&](auto, auto respond) {
    Answer answer;
    answer.status = 200;
    answer.upgrade = [&](std::unique_ptr<Tunnel> given) {
      tunnel = std::move(given);
      begun.set();
    };
    respond(std::move(answer));
  });
  start();
  RawClient client = connect();
  client.send(get("/t"));
  ASSERT_TRUE(begun.wait());
  // The client does not read: sooner or later a write is refused.
  std::atomic<bool> refused = false;
  std::atomic<int> waiting = 0;
  while (!refused) {
    ++waiting;
    tunnel->write(std::string(500'000, 'x'), [&](Result<void> written) {
      if (written.has_error() && written.error().code == ErrorCode::kResourceExhausted)
        refused = true;
      --waiting;
    });
    while (waiting > 20 && !refused) std::this_thread::yield();
  }
  Signal conflict;
  Signal cancelled;
  tunnel->read(1, [&](Result<std::string> got) {
    if (got.has_error() && got.error().code == ErrorCode::kCancelled) cancelled.set();
  });
  tunnel->read(1, [&](Result<std::string> got) {
    if (got.has_error() && got.error().code == ErrorCode::kConflict) conflict.set();
  });
  EXPECT_TRUE(conflict.wait());
  tunnel->close();
  EXPECT_TRUE(cancelled.wait());
  Signal closed;
  tunnel->write("x", [&](Result<void> written) {
    if (written.has_error()) closed.set();
  });
  EXPECT_TRUE(closed.wait());
  while (waiting > 0) std::this_thread::yield();
}

TEST_F(ConnectionTest, AUnixSocketIsPrivateAndGoesWithItsServer) {
  const Path path = folder_ / "engine.sock";
  auto server = Server::listen_unix(path, handler_, null_logger());
  ASSERT_TRUE(server.has_value()) << server.error().message();
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  (*server)->start(1);
  EXPECT_EQ(Server::listen_unix(path, handler_, null_logger()).error().code, ErrorCode::kConflict);
  RawClient client = RawClient::unix_socket(path);
  client.send(get("/x"));
  EXPECT_THAT(client.read_answer(), EndsWith("here is /x"));
  server->reset();
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_EQ(client.read_to_end(), "");
  // What a killed program left is replaced; what is no socket is not.
  {
    auto abandoned = Server::listen_unix(path, handler_, null_logger());
    ASSERT_TRUE(abandoned.has_value());
    std::filesystem::rename(path, folder_ / "moved");
  }
  std::filesystem::rename(folder_ / "moved", path);
  EXPECT_TRUE(Server::listen_unix(path, handler_, null_logger()).has_value());
  ASSERT_TRUE(write_file_atomic(folder_ / "file", "precious", 0600).has_value());
  EXPECT_EQ(Server::listen_unix(folder_ / "file", handler_, null_logger()).error().code,
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(
      Server::listen_unix(folder_ / std::string(200, 'x'), handler_, null_logger()).error().code,
      ErrorCode::kInvalidArgument);
}

TEST_F(ConnectionTest, ALargeBodyReachesASlowReaderAsItCame) {
  std::string got;
  std::jthread reader;
  handler_.on("/stream", [&](auto request, auto respond) {
    reader = std::jthread([&, request, respond] {
      while (true) {
        const auto piece = request->body_stream->read(10'000);
        if (!piece || piece->empty()) break;
        got += *piece;
      }
      Answer answer;
      answer.body = std::make_shared<const std::string>("read it");
      respond(std::move(answer));
    });
  });
  start();
  RawClient client = connect();
  std::string sent(3'000'000, '\0');
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>('a' + i % 23);
  client.send(
      fmt::format("POST /stream HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n", sent.size()));
  client.send(sent);
  EXPECT_THAT(client.read_answer(), EndsWith("read it"));
  EXPECT_TRUE(got == sent);
}

TEST_F(ConnectionTest, ALargeAnswerReachesASlowReaderWhole) {
  std::string body(20'000'000, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  Signal answered;
  handler_.on("/large", [&](auto, auto respond) {
    Answer answer;
    answer.body = std::make_shared<const std::string>(body);
    respond(std::move(answer));
    answered.set();
  });
  start();
  RawClient client = connect();
  client.send(get("/large") + get("/x"));
  ASSERT_TRUE(answered.wait());
  // The sockets fill up while others are served.
  for (int i = 0; i < 3; ++i) {
    RawClient other = connect();
    other.send(get("/y"));
    EXPECT_THAT(other.read_answer(), EndsWith("here is /y"));
  }
  client.read_to("\r\n\r\n");
  EXPECT_TRUE(client.read_exactly(body.size()) == body);
  EXPECT_THAT(client.read_answer(), EndsWith("here is /x"));
}

TEST_F(ConnectionTest, ADepartureIsNoticedWhileTheHandlerWorks) {
  Signal arrived;
  Signal departed;
  std::shared_ptr<const Request> kept;
  Handler::Respond late;
  std::unique_ptr<std::stop_callback<std::function<void()>>> callback;
  handler_.on("/work", [&](auto request, auto respond) {
    kept = request;
    late = std::move(respond);
    callback = std::make_unique<std::stop_callback<std::function<void()>>>(request->departure,
                                                                           [&] { departed.set(); });
    arrived.set();
  });
  start();
  {
    RawClient client = connect();
    client.send(get("/work"));
    ASSERT_TRUE(arrived.wait());
    EXPECT_FALSE(kept->cancelled());
  }
  EXPECT_TRUE(departed.wait());
  EXPECT_TRUE(kept->cancelled());
  late({});
}

TEST_F(ConnectionTest, ADepartureEndsAWatch) {
  Signal gone;
  const auto stream = std::make_shared<Stream>(1000);
  stream->on_abandon([&] { gone.set(); });
  handler_.on("/watch", [&](auto, auto respond) {
    Answer answer;
    answer.stream = stream;
    respond(std::move(answer));
  });
  start();
  {
    RawClient client = connect();
    client.send(get("/watch"));
    stream->push("event");
    EXPECT_THAT(client.read_to("event\r\n"), EndsWith("event\r\n"));
  }
  EXPECT_TRUE(gone.wait());
  EXPECT_FALSE(stream->push("x"));
}

TEST_F(ConnectionTest, ARequestThatIsForgottenOrMeetsABugIsAnswered) {
  handler_.on("/forget", [](auto, auto) {});
  handler_.on("/bug", [](auto, auto) { throw std::logic_error("a bug"); });
  start();
  RawClient client = connect();
  for (const char* path : {"/forget", "/bug"}) {
    client.send(get(path));
    EXPECT_THAT(client.read_answer(), StartsWith("HTTP/1.1 500 ")) << path;
  }
  client.send(get("/x"));
  EXPECT_THAT(client.read_answer(), EndsWith("here is /x"));
}

TEST_F(ConnectionTest, AnAnswerAfterTheServersEndHarmsNobody) {
  Signal arrived;
  Handler::Respond late;
  handler_.on("/late", [&](auto, auto respond) {
    late = std::move(respond);
    arrived.set();
  });
  start();
  RawClient client = connect();
  client.send(get("/late"));
  ASSERT_TRUE(arrived.wait());
  server_.reset();
  Answer answer;
  answer.stream = std::make_shared<Stream>(10);
  late(std::move(answer));
  EXPECT_EQ(client.read_to_end(), "");
}

std::string gunzip(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(4 << 20, '\0');
  std::string in = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST_F(ConnectionTest, LargeAnswersAreCompressedForThoseWhoAskForIt) {
  std::string large;
  for (int i = 0; large.size() < 1'000'000; ++i) large += "line " + std::to_string(i) + "\n";
  const auto answer_with = [](std::string body, bool compressible) {
    return [body = std::make_shared<const std::string>(std::move(body)), compressible](
               auto, auto respond) {
      Answer answer;
      answer.body = body;
      answer.compressible = compressible;
      respond(std::move(answer));
    };
  };
  handler_.on("/large", answer_with(large, true));
  handler_.on("/small", answer_with("small", true));
  handler_.on("/never", answer_with(large, false));
  start();
  RawClient client = connect();
  client.send(get("/large", "Accept-Encoding: gzip\r\n"));
  const std::string zipped = client.read_answer();
  const std::size_t body = zipped.find("\r\n\r\n") + 4;
  EXPECT_THAT(zipped.substr(0, body), HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_THAT(zipped.substr(0, body), HasSubstr("Vary: Accept-Encoding\r\n"));
  EXPECT_LT(zipped.size(), large.size() / 2);
  EXPECT_EQ(gunzip(zipped.substr(body)), large);
  for (const auto& request : {get("/large"), get("/large", "Accept-Encoding: gzip;q=0\r\n"),
                              get("/never", "Accept-Encoding: gzip\r\n")}) {
    client.send(request);
    const std::string plain = client.read_answer();
    EXPECT_THAT(plain, Not(HasSubstr("Content-Encoding")));
    EXPECT_TRUE(plain.ends_with(large)) << request;
  }
  client.send(get("/small", "Accept-Encoding: gzip\r\n"));
  EXPECT_THAT(client.read_answer(), EndsWith("small"));
}

TEST(AcceptsGzip, ReadsTheField) {
  for (const char* yes : {"gzip", "deflate, gzip", "gzip;q=0.5", " gzip ; q=1", "br,gzip"})
    EXPECT_TRUE(accepts_gzip(yes)) << yes;
  for (const char* no : {"", "br", "gzip;q=0", "gzip; q=0.000", "xgzip", "identity"})
    EXPECT_FALSE(accepts_gzip(no)) << no;
}

TEST_F(ConnectionTest, SilentAndSlowPeersAreCut) {
  Limits limits;
  limits.header = 30ms;
  limits.idle = 30ms;
  start(limits);
  RawClient idle = connect();
  EXPECT_EQ(idle.read_to_end(), "");
  EXPECT_TRUE(idle.was_told_goodbye());
  RawClient half = connect();
  half.send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(half.read_to_end(), "");
}

TEST_F(ConnectionTest, AClientThatDoesNotReadIsCut) {
  Limits limits;
  limits.write = 50ms;
  const auto stream = std::make_shared<Stream>(64 << 20);
  Signal gone;
  stream->on_abandon([&] { gone.set(); });
  handler_.on("/watch", [&](auto, auto respond) {
    Answer answer;
    answer.stream = stream;
    respond(std::move(answer));
  });
  start(limits);
  RawClient client = connect();
  client.send(get("/watch"));
  for (int i = 0; i < 60; ++i) stream->push(std::string(1 << 20, 'x'));
  EXPECT_TRUE(gone.wait());
}

TEST_F(ConnectionTest, ARefusalArrivesAlthoughTheClientStillSends) {
  Limits limits;
  limits.body_bytes = 1000;
  start(limits);
  RawClient client = connect();
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n");
  for (int i = 0; i < 100; ++i) client.send(std::string(20'000, 'x'));
  const std::string got = client.read_to_end();
  EXPECT_THAT(got, StartsWith("HTTP/1.1 413 "));
  EXPECT_TRUE(client.was_told_goodbye());
}

TEST_F(ConnectionTest, ManyConnectionsAtATimeGetTheirOwnAnswers) {
  start();
  std::vector<std::jthread> askers;
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i) {
    askers.emplace_back([&, i] {
      RawClient client = connect();
      for (int n = 0; n < 50; ++n) {
        const std::string path = fmt::format("/{}/{}", i, n);
        client.send(get(path));
        if (client.read_answer().ends_with("here is " + path)) ++right;
      }
    });
  }
  askers.clear();
  EXPECT_EQ(right, 400);
}

}  // namespace
}  // namespace cove::http
