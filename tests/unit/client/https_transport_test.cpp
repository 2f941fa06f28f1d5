#include "core/client/https_transport.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <tuple>

#include "core/base/fd.h"
#include "core/pki/pki.h"
#include "tests/support/loopback.h"
#include "tests/support/tls_identity.h"

namespace cove::client {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// One accepted connection, as a script uses it. Every wait is bounded.
class Peer {
 public:
  Peer(Fd fd, SSL_CTX* context, int number)
      : fd_(std::move(fd)), context_(context), number_(number) {
    const timeval bound{20, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof bound);
  }
  ~Peer() { SSL_free(ssl_); }

  int number() const { return number_; }  // of the connection, from 0
  bool handshake() {
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_.get());
    return SSL_accept(ssl_) == 1;
  }
  // One request with its body; "" at the end.
  std::string request() {
    std::string text;
    while (true) {
      const std::size_t end = text.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t at = text.find("Content-Length: ");
        const std::size_t body = at < end ? std::stoul(text.substr(at + 16)) : 0;
        if (text.size() >= end + 4 + body) return text;
      }
      char buffer[4096];
      const int n = SSL_read(ssl_, buffer, sizeof buffer);
      if (n <= 0) return "";
      text.append(buffer, static_cast<std::size_t>(n));
    }
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const int n = SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void answer(const std::string& body, const std::string& head = "200 OK") {
    send(
        fmt::format("HTTP/1.1 {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                    head, body.size(), body));
  }
  void chunk(const std::string& bytes) { send(fmt::format("{:x}\r\n{}\r\n", bytes.size(), bytes)); }
  void begin_watch() {
    send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
  }
  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
  SSL_CTX* context_;
  SSL* ssl_ = nullptr;
  int number_;
};

// Plays a script on each connection, each on a thread of its own.
class Server {
 public:
  using Script = std::function<void(Peer&)>;

  Server(const pki::KeyPair& identity, Script script)
      : script_(std::move(script)), context_(SSL_CTX_new(TLS_server_method())) {
    ::signal(SIGPIPE, SIG_IGN);
    cove::testing::use_identity(context_, identity.certificate_pem, identity.key_pem.reveal());
    std::tie(listener_, port_) = cove::testing::bound_to_loopback();
    ::listen(listener_.get(), 32);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~Server() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    acceptor_.join();
    for (std::thread& each : peers_) each.join();
    SSL_CTX_free(context_);
  }
  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }

 private:
  void accept() {
    while (true) {
      Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) return;
      peers_.emplace_back([this, fd = std::move(fd), number = connections_++]() mutable {
        Peer peer(std::move(fd), context_, number);
        script_(peer);
      });
    }
  }

  const Script script_;
  SSL_CTX* context_;
  Fd listener_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::vector<std::thread> peers_;  // of the acceptor until it has ended
  std::thread acceptor_;
};

// Tokens one after the other: each rejection brings the next.
class Tokens final : public CredentialSource {
 public:
  std::optional<Credentials> ready() override {
    return known_ ? std::optional(Credentials{"", {}, Secret(fmt::format("t{}", *known_))})
                  : std::nullopt;
  }
  Result<Credentials> get(std::stop_token) override {
    known_ = next_++;
    return *ready();
  }
  bool rejected() override {
    known_.reset();
    return true;
  }

 private:
  std::optional<int> known_;
  int next_ = 0;
};

class Fixed final : public CredentialSource {
 public:
  std::optional<Credentials> ready() override { return Credentials(); }
  Result<Credentials> get(std::stop_token) override { return Credentials(); }
  bool rejected() override { return false; }
};

const std::string kPod = R"({"kind":"Pod","metadata":{"name":"a","resourceVersion":"1"}})";

class HttpsTransportTest : public ::testing::Test {
 protected:
  HttpsTransportTest() { loop_.start(); }
  ~HttpsTransportTest() override {
    transport_.reset();
    loop_.stop();
  }

  void serve(Server::Script script) { server_.emplace(server_pair_, std::move(script)); }
  // With a handshake before each script.
  void serve_tls(Server::Script script) {
    serve([script = std::move(script)](Peer& peer) {
      if (peer.handshake()) script(peer);
    });
  }
  void connect(HttpsLimits limits = {}) {
    config_.port = server_ ? server_->port() : config_.port;
    transport_ = *HttpsTransport::create(loop_, config_, source_, limits);
  }
  ApiResult<ApiResponse> send(ApiRequest request) {
    const auto promise = std::make_shared<std::promise<ApiResult<ApiResponse>>>();
    auto future = promise->get_future();
    Operation operation = transport_->send(std::move(request), [this, promise](auto result) {
      EXPECT_TRUE(loop_.on_loop_thread());
      promise->set_value(std::move(result));
    });
    if (future.wait_for(20s) != std::future_status::ready)
      throw std::runtime_error("no callback came");
    return future.get();
  }
  ApiResult<ApiResponse> get() { return send({.path = "/api/v1/pods"}); }

  struct Watched {
    std::vector<std::string> names;
    bool opened = false;
    std::optional<ApiError> error;
  };
  // A whole watch, to its end.
  Watched watch(std::function<void(const WatchEvent&)> on_event = {}) {
    Watched watched;
    const auto ended = std::make_shared<std::promise<void>>();
    WatchCallbacks callbacks;
    callbacks.opened = [&] { watched.opened = true; };
    callbacks.events = [&](const std::vector<WatchEvent>& events) {
      for (const WatchEvent& event : events) {
        watched.names.emplace_back(event.object->name());
        if (on_event) on_event(event);
      }
    };
    callbacks.closed = [&watched, ended](auto error) {
      watched.error = std::move(error);
      ended->set_value();
    };
    Operation operation =
        transport_->watch({.path = "/api/v1/pods", .query = {{"watch", "true"}}}, callbacks);
    if (ended->get_future().wait_for(20s) != std::future_status::ready)
      throw std::runtime_error("the watch did not end");
    return watched;
  }

  SystemClock clock_;
  pki::KeyPair ca_ = *pki::create_authority("ca", std::chrono::hours(100), clock_);
  pki::KeyPair server_pair_ =
      *pki::issue(ca_, {"s", {}, {"localhost"}, {"127.0.0.1"}, pki::Usage::kServer}, clock_);
  ClientConfig config_{.host = "127.0.0.1", .ca_certificate_pem = ca_.certificate_pem};
  std::shared_ptr<CredentialSource> source_ = std::make_shared<Fixed>();
  EventLoop loop_;
  std::optional<Server> server_;
  std::unique_ptr<HttpsTransport> transport_;
};

TEST_F(HttpsTransportTest, RequestsShareAConnection) {
  serve_tls([](Peer& peer) {
    while (!peer.request().empty()) peer.answer(kPod);
  });
  connect();
  for (int i = 0; i < 5; ++i) {
    const auto result = get();
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ(result->object->name(), "a");
  }
  EXPECT_EQ(server_->connections(), 1);
  transport_.reset();
}

TEST_F(HttpsTransportTest, SendsWhatItIsGiven) {
  std::promise<std::string> seen;
  serve_tls([&](Peer& peer) {
    seen.set_value(peer.request());
    peer.answer(kPod);
  });
  source_ = std::make_shared<Tokens>();
  config_.path_prefix = "/prefix";
  config_.impersonate = {.user = "other", .groups = {"g1", "g2"}};
  connect();
  ASSERT_TRUE(send({.method = "PATCH",
                    .path = "/api/v1/pods/a",
                    .query = {{"fieldManager", "m n"}},
                    .headers = {{"X-More", "1"}},
                    .content_type = "application/merge-patch+json",
                    .body = std::make_shared<const std::string>("{\"a\":1}")}));
  const std::string request = seen.get_future().get();
  EXPECT_THAT(request, HasSubstr("PATCH /prefix/api/v1/pods/a?fieldManager=m%20n HTTP/1.1\r\n"));
  for (const char* header :
       {"Authorization: Bearer t0", "Content-Type: application/merge-patch+json", "X-More: 1",
        "Content-Length: 7", "Impersonate-User: other", "Impersonate-Group: g1",
        "Impersonate-Group: g2", "Accept: application/json"})
    EXPECT_THAT(request, HasSubstr(std::string("\r\n") + header + "\r\n"));
  EXPECT_TRUE(request.ends_with("\r\n\r\n{\"a\":1}"));
}

TEST_F(HttpsTransportTest, HeadersCannotBeForged) {
  serve_tls([](Peer&) {});
  connect();
  EXPECT_EQ(send({.path = "/", .headers = {{"X", "a\r\nY: b"}}}).error().failure,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(send({.path = "/", .headers = {{"X:", "a"}}}).error().failure,
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(send({.path = "/a b"}).error().failure, ErrorCode::kInvalidArgument);
}

TEST_F(HttpsTransportTest, AKeptConnectionThatWentIsReplaced) {
  serve_tls([](Peer& peer) {
    if (peer.request().empty()) return;
    peer.answer(kPod);
    // The next request is read, and the connection ends without an answer to it.
    peer.request();
  });
  connect();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(get().has_value()) << i;
  EXPECT_EQ(server_->connections(), 3);
  // It may have been carried out, so it is not sent twice.
  const auto post = send({.method = "POST", .path = "/api/v1/pods"});
  ASSERT_TRUE(post.has_error());
  EXPECT_EQ(post.error().failure, ErrorCode::kUnavailable);
  transport_.reset();
}

TEST_F(HttpsTransportTest, AStatusIsTheError) {
  serve_tls([](Peer& peer) {
    peer.request();
    peer.answer(R"({"kind":"Status","code":403,"reason":"Forbidden","message":"no"})",
                "403 Forbidden");
  });
  connect();
  const auto result = get();
  ASSERT_TRUE(result.has_error());
  EXPECT_TRUE(result.error().is_forbidden());
  EXPECT_EQ(result.error().message, "no");
}

TEST_F(HttpsTransportTest, UnauthorizedAsksForCredentialsOnceMore) {
  serve_tls([](Peer& peer) {
    while (true) {
      const std::string request = peer.request();
      if (request.empty()) return;
      if (request.find("Bearer t1") != std::string::npos) {
        peer.answer(kPod);
      } else {
        peer.answer("{}", "401 Unauthorized");
      }
    }
  });
  source_ = std::make_shared<Tokens>();
  connect();
  EXPECT_TRUE(get().has_value());
  source_->rejected();
  EXPECT_EQ(get().error().code, 401);
  transport_.reset();
}

TEST_F(HttpsTransportTest, RetryAfterIsFollowed) {
  std::atomic<int> requests = 0;
  serve_tls([&](Peer& peer) {
    while (!peer.request().empty()) {
      if (++requests < 3) {
        peer.answer("{}", "429 Too Many Requests\r\nRetry-After: 0");
      } else {
        peer.answer(kPod);
      }
    }
  });
  connect();
  EXPECT_TRUE(get().has_value());
  EXPECT_EQ(requests, 3);
  transport_.reset();
}

TEST_F(HttpsTransportTest, AServerThatIsAlwaysBusyIsAnError) {
  std::atomic<int> requests = 0;
  serve_tls([&](Peer& peer) {
    while (!peer.request().empty()) {
      ++requests;
      peer.answer("{}", "503 Busy\r\nRetry-After: 0");
    }
  });
  connect();
  EXPECT_EQ(get().error().code, 503);
  EXPECT_EQ(requests, 11);
  transport_.reset();
}

TEST_F(HttpsTransportTest, WatchesAreLinesHoweverTheyAreCut) {
  serve_tls([](Peer& peer) {
    peer.request();
    peer.begin_watch();
    const std::string event = R"({"type":"ADDED","object":)" + kPod + "}\n";
    for (std::size_t i = 0; i < event.size(); i += 7) peer.chunk(event.substr(i, 7));
    peer.chunk(event + event);
    peer.send("0\r\n\r\n");
  });
  connect();
  const Watched watched = watch();
  EXPECT_TRUE(watched.opened);
  EXPECT_FALSE(watched.error);
  EXPECT_THAT(watched.names, ElementsAre("a", "a", "a"));
}

TEST_F(HttpsTransportTest, AWatchsErrorEventEndsIt) {
  serve_tls([](Peer& peer) {
    peer.request();
    peer.begin_watch();
    peer.chunk(R"({"type":"ADDED","object":)" + kPod + "}\n" +
               R"({"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}})" +
               "\n");
    peer.request();
  });
  connect();
  const Watched watched = watch();
  EXPECT_THAT(watched.names, ElementsAre("a"));
  ASSERT_TRUE(watched.error);
  EXPECT_TRUE(watched.error->is_expired());
}

TEST_F(HttpsTransportTest, ARefusedWatchSaysWhy) {
  serve_tls([](Peer& peer) {
    peer.request();
    peer.answer(R"({"kind":"Status","code":422,"reason":"Invalid"})", "422 No");
  });
  connect();
  const Watched watched = watch();
  EXPECT_FALSE(watched.opened);
  EXPECT_EQ(watched.error->code, 422);
}

TEST_F(HttpsTransportTest, AWatchThatIsCutIsNotAWholeOne) {
  serve_tls([](Peer& peer) {
    peer.request();
    peer.begin_watch();
    peer.chunk(R"({"type":"ADDED","object":)" + kPod + "}\n{\"type\":");
  });
  connect();
  const Watched watched = watch();
  EXPECT_THAT(watched.names, ElementsAre("a"));
  ASSERT_TRUE(watched.error);
  EXPECT_EQ(watched.error->failure, ErrorCode::kUnavailable);
}

TEST_F(HttpsTransportTest, EventsAreBounded) {
  serve_tls([](Peer& peer) {
    peer.request();
    peer.begin_watch();
    for (int i = 0; i < 100; ++i) peer.chunk(std::string(1000, 'x'));
    peer.request();
  });
  connect({.event_bytes = 10'000});
  EXPECT_EQ(watch().error->failure, ErrorCode::kResourceExhausted);
}

TEST_F(HttpsTransportTest, AnswersAreBounded) {
  serve_tls([](Peer& peer) {
    peer.request();
    peer.answer(std::string(100'000, 'x'));
  });
  connect({.answer_bytes = 50'000});
  EXPECT_EQ(get().error().failure, ErrorCode::kResourceExhausted);
}

TEST_F(HttpsTransportTest, HeadersAreBounded) {
  serve_tls([](Peer& peer) {
    peer.request();
    peer.send("HTTP/1.1 200 OK\r\nX: " + std::string(500'000, 'x') + "\r\n\r\n");
  });
  connect();
  EXPECT_EQ(get().error().failure, ErrorCode::kResourceExhausted);
}

TEST_F(HttpsTransportTest, GarbageIsAnError) {
  for (const char* bytes :
       {"\x01\x02 nonsense\r\n\r\n", "", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 3\r\n\r\n{\"a"}) {
    serve_tls([bytes](Peer& peer) {
      peer.request();
      peer.send(bytes);
    });
    connect();
    const auto result = get();
    ASSERT_TRUE(result.has_error()) << bytes;
    EXPECT_EQ(result.error().code, 0);
    EXPECT_EQ(result.error().failure, ErrorCode::kUnavailable) << result.error().message;
    EXPECT_TRUE(watch().error) << bytes;
    transport_.reset();
    server_.reset();
  }
}

TEST_F(HttpsTransportTest, APeerThatIsNotTlsIsUnavailable) {
  serve([](Peer& peer) {
    [[maybe_unused]] const auto n = ::write(peer.fd(), "hello there\r\n", 13);
  });
  connect();
  EXPECT_EQ(get().error().failure, ErrorCode::kUnavailable);
}

TEST_F(HttpsTransportTest, NobodyThereIsUnavailable) {
  serve([](Peer&) {});
  config_.port = server_->port();
  server_.reset();
  connect();
  EXPECT_EQ(get().error().failure, ErrorCode::kUnavailable);
  EXPECT_EQ(watch().error->failure, ErrorCode::kUnavailable);
}

TEST_F(HttpsTransportTest, CertificatesAreVerified) {
  struct Case {
    pki::KeyPair pair;
    std::string server_name;
    bool insecure;
    bool fine;
  };
  const FakeClock past(clock_.wall() - std::chrono::hours(50));
  const pki::KeyPair other = *pki::create_authority("ca", std::chrono::hours(100), clock_);
  const auto issue = [&](const pki::KeyPair& by, const std::string& ip, const Clock& clock) {
    return *pki::issue(by, {"s", {}, {"named"}, {ip}, pki::Usage::kServer, std::chrono::hours(1)},
                       clock);
  };
  for (const Case& each : {Case{issue(ca_, "127.0.0.1", clock_), "", false, true},
                           Case{issue(ca_, "127.0.0.1", past), "", false, false},
                           Case{issue(ca_, "127.0.0.2", clock_), "", false, false},
                           Case{issue(ca_, "127.0.0.2", clock_), "named", false, true},
                           Case{issue(other, "127.0.0.1", clock_), "", false, false},
                           Case{issue(other, "127.0.0.2", past), "", true, true}}) {
    server_pair_ = each.pair;
    serve_tls([](Peer& peer) {
      peer.request();
      peer.answer(kPod);
    });
    config_.tls_server_name = each.server_name;
    config_.insecure_skip_tls_verify = each.insecure;
    connect();
    const auto result = get();
    EXPECT_EQ(result.has_value(), each.fine);
    if (!each.fine) {
      EXPECT_EQ(result.error().failure, ErrorCode::kPermissionDenied);
    }
    transport_.reset();
    server_.reset();
  }
}

TEST_F(HttpsTransportTest, MaterialThatCannotBeReadIsRefusedAtOnce) {
  config_.ca_certificate_pem = "nonsense";
  EXPECT_EQ(HttpsTransport::create(loop_, config_, source_).error().code,
            ErrorCode::kInvalidArgument);
}

TEST_F(HttpsTransportTest, ASlowServerTimesOut) {
  serve_tls([](Peer& peer) {
    peer.request();
    peer.request();
  });
  connect();
  const auto result = send({.path = "/", .timeout = 50ms});
  EXPECT_EQ(result.error().failure, ErrorCode::kTimeout);
  transport_.reset();
}

TEST_F(HttpsTransportTest, APeerThatDoesNotShakeHandsTimesOut) {
  std::promise<void> end;
  const std::shared_future<void> ended = end.get_future().share();
  serve([ended](Peer&) { ended.wait_for(20s); });
  connect({.connect = 50ms});
  EXPECT_EQ(get().error().failure, ErrorCode::kTimeout);
  end.set_value();
}

TEST_F(HttpsTransportTest, RequestsOverTheBoundWaitTheirTurnOrEnd) {
  std::promise<void> go;
  const std::shared_future<void> going = go.get_future().share();
  serve_tls([going](Peer& peer) {
    while (!peer.request().empty()) {
      going.wait_for(20s);
      peer.answer(kPod);
    }
  });
  connect({.connections = 2, .waiting = 3});
  std::atomic<int> fine = 0;
  std::atomic<int> refused = 0;
  std::promise<void> all;
  std::vector<Operation> operations;
  for (int i = 0; i < 8; ++i) {
    operations.push_back(transport_->send({.path = "/"}, [&](const auto& result) {
      if (result) {
        ++fine;
      } else {
        EXPECT_EQ(result.error().failure, ErrorCode::kResourceExhausted);
        if (++refused == 3) go.set_value();
      }
      if (fine + refused == 8) all.set_value();
    }));
  }
  ASSERT_EQ(all.get_future().wait_for(20s), std::future_status::ready);
  EXPECT_EQ(fine, 5);
  EXPECT_LE(server_->connections(), 2);
  transport_.reset();
  server_.reset();
  loop_.stop();
}

TEST_F(HttpsTransportTest, NoCallbackComesAfterCancel) {
  std::promise<void> asked;
  std::promise<void> left;
  serve_tls([&](Peer& peer) {
    peer.request();
    asked.set_value();
    EXPECT_EQ(peer.request(), "");
    left.set_value();
  });
  connect();
  std::atomic<bool> called = false;
  Operation operation = transport_->send({.path = "/"}, [&](const auto&) { called = true; });
  asked.get_future().wait();
  operation.cancel();
  operation.cancel();
  EXPECT_EQ(left.get_future().wait_for(20s), std::future_status::ready);
  transport_.reset();
  server_.reset();
  EXPECT_FALSE(called);
}

TEST_F(HttpsTransportTest, AWatchMayBeCancelledFromItsOwnCallback) {
  std::promise<void> left;
  serve_tls([&](Peer& peer) {
    peer.request();
    peer.begin_watch();
    const std::string event = R"({"type":"ADDED","object":)" + kPod + "}\n";
    peer.chunk(event);
    EXPECT_EQ(peer.request(), "");
    left.set_value();
  });
  connect();
  int batches = 0;
  bool closed = false;
  Operation operation;
  std::promise<void> begun;
  WatchCallbacks callbacks;
  callbacks.events = [&](const auto&) {
    ++batches;
    operation.cancel();
  };
  callbacks.closed = [&](const auto&) { closed = true; };
  loop_.post([&] {
    operation = transport_->watch({.path = "/"}, std::move(callbacks));
    begun.set_value();
  });
  EXPECT_EQ(left.get_future().wait_for(20s), std::future_status::ready);
  transport_.reset();
  server_.reset();
  loop_.stop();
  EXPECT_EQ(batches, 1);
  EXPECT_FALSE(closed);
}

TEST_F(HttpsTransportTest, TheEndOfTheTransportEndsWhatIsOpen) {
  std::promise<void> asked;
  serve_tls([&](Peer& peer) {
    peer.request();
    asked.set_value();
    peer.request();
  });
  connect();
  std::promise<ErrorCode> code;
  Operation operation = transport_->send(
      {.path = "/"}, [&](const auto& result) { code.set_value(result.error().failure); });
  asked.get_future().wait();
  transport_.reset();
  EXPECT_EQ(code.get_future().get(), ErrorCode::kCancelled);
  server_.reset();
  loop_.stop();
}

TEST_F(HttpsTransportTest, ManyEventsComeWhole) {
  serve_tls([](Peer& peer) {
    peer.request();
    peer.begin_watch();
    const std::string event = R"({"type":"ADDED","object":)" + kPod + "}\n";
    for (int i = 0; i < 2000; ++i) peer.chunk(event);
    peer.send("0\r\n\r\n");
  });
  connect();
  const Watched watched = watch();
  EXPECT_EQ(watched.names.size(), 2000u);
  EXPECT_FALSE(watched.error);
}

std::string read_plain_header(int fd) {
  std::string text;
  char c = 0;
  while (text.find("\r\n\r\n") == std::string::npos && ::read(fd, &c, 1) == 1) text += c;
  return text;
}

TEST_F(HttpsTransportTest, AProxyIsAskedToConnect) {
  std::string asked;
  serve([&](Peer& peer) {
    asked = read_plain_header(peer.fd());
    const std::string_view yes = "HTTP/1.1 200 Connection established\r\n\r\n";
    [[maybe_unused]] const auto n = ::write(peer.fd(), yes.data(), yes.size());
    if (!peer.handshake()) return;
    peer.request();
    peer.answer(kPod);
  });
  config_.proxy = HttpProxy{"127.0.0.1", server_->port(), Secret("me:pass")};
  config_.host = "localhost";
  transport_ = *HttpsTransport::create(loop_, config_, source_);
  const auto result = get();
  EXPECT_TRUE(result.has_value()) << result.error().message;
  EXPECT_THAT(asked, HasSubstr("CONNECT localhost:443 HTTP/1.1\r\n"));
  EXPECT_THAT(asked, HasSubstr("Proxy-Authorization: Basic bWU6cGFzcw==\r\n"));
}

TEST_F(HttpsTransportTest, AProxyThatRefusesIsSaid) {
  serve([](Peer& peer) {
    read_plain_header(peer.fd());
    const std::string_view no = "HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n";
    [[maybe_unused]] const auto n = ::write(peer.fd(), no.data(), no.size());
  });
  config_.proxy = HttpProxy{"127.0.0.1", server_->port(), {}};
  transport_ = *HttpsTransport::create(loop_, config_, source_);
  EXPECT_THAT(get().error().message, HasSubstr("407"));
}

}  // namespace
}  // namespace cove::client
