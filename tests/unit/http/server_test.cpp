#include "core/http/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "core/base/fd.h"
#include "core/client/http.h"
#include "core/pki/pki.h"

namespace cove::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// Answers with the user's name; "/late" and "/stream" answer when the test says so.
class EchoHandler final : public Handler {
 public:
  void handle(std::shared_ptr<const Request> request, Respond respond) override {
    Answer answer;
    if (request->path == "/late") {
      std::lock_guard lock(mutex_);
      late_ = std::move(respond);
      arrived_.notify_all();
      return;
    }
    if (request->path == "/stream") {
      answer.stream = stream;
      answer.stream_lifetime = 60s;
      respond(std::move(answer));
      streaming_ = true;
      return;
    } else {
      const std::string who = request->certificate ? request->certificate->common_name : "nobody";
      answer.body = std::make_shared<const std::string>(who + " " + request->body);
    }
    respond(std::move(answer));
  }
  Respond wait_for_late() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [&] { return static_cast<bool>(late_); });
    return std::move(late_);
  }

  bool being_read() const { return streaming_; }

  std::shared_ptr<Stream> stream = std::make_shared<Stream>(1000);

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  Respond late_;
  std::atomic<bool> streaming_ = false;
};

class ServerTest : public ::testing::Test {
 protected:
  void start(const Limits& limits) {
    auto server = Server::listen_tls("127.0.0.1", 0, material(), handler_, null_logger(), limits);
    ASSERT_TRUE(server.has_value()) << server.error().message();
    server_ = std::move(*server);
    server_->start(2);
  }
  TlsMaterial material() {
    const auto pair = *pki::issue(ca_, {"s", {}, {}, {"127.0.0.1"}, pki::Usage::kServer}, clock_);
    return {ca_.certificate_pem, pair.certificate_pem, pair.key_pem};
  }
  Result<client::Response> get(const std::string& path) {
    return client::https_get({"127.0.0.1", server_->port()},
                             {ca_.certificate_pem, me_.certificate_pem, me_.key_pem}, path, 20s);
  }
  // A TCP connection that says nothing, with a bound on reading.
  Fd connect() {
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(server_->port());
    const timeval bound{20, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  }
  static bool closed(const Fd& fd) {
    char byte = 0;
    const ssize_t n = ::recv(fd.get(), &byte, 1, 0);
    return n == 0 || (n < 0 && errno == ECONNRESET);
  }

  SystemClock clock_;
  pki::KeyPair ca_ = *pki::create_authority("ca", std::chrono::hours(100), clock_);
  pki::KeyPair me_ = *pki::issue(ca_, {"me", {"g"}}, clock_);
  EchoHandler handler_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, TellsTheHandlerWhoAsks) {
  start({});
  const auto response = get("/");
  ASSERT_TRUE(response.has_value()) << response.error().message();
  EXPECT_EQ(response->body, "me ");
  const auto nobody = client::https_get({"127.0.0.1", server_->port()},
                                        {ca_.certificate_pem, "", Secret()}, "/", 20s);
  EXPECT_EQ(nobody->body, "nobody ");
}

TEST_F(ServerTest, CutsWhoeverDoesNotShakeHands) {
  Limits limits;
  limits.handshake = 20ms;
  start(limits);
  const Fd mute = connect();
  EXPECT_TRUE(closed(mute));
}

TEST_F(ServerTest, TurnsAwayConnectionsBeyondTheBoundAndTakesNewOnesLater) {
  Limits limits;
  limits.connections = 2;
  start(limits);
  std::vector<Fd> open;
  open.push_back(connect());
  open.push_back(connect());
  const Fd third = connect();
  EXPECT_TRUE(closed(third));
  open.clear();
  // The server notices the departures in its own time.
  while (get("/").has_error()) std::this_thread::yield();
}

TEST_F(ServerTest, StoppingLetsARequestFinish) {
  start({});
  std::jthread asker;
  Result<client::Response> answer = Error{};
  asker = std::jthread([&] { answer = get("/late"); });
  const Handler::Respond respond = handler_.wait_for_late();
  std::jthread stopper([&] { server_->stop(20s); });
  Answer late;
  late.body = std::make_shared<const std::string>("done");
  respond(std::move(late));
  stopper.join();
  asker.join();
  ASSERT_TRUE(answer.has_value()) << answer.error().message();
  EXPECT_EQ(answer->body, "done");
}

TEST_F(ServerTest, StoppingClosesIdleConnectionsAndEndsStreams) {
  start({});
  const Fd mute = connect();
  Result<client::Response> late = Error{};
  std::jthread late_asker([&] { late = get("/stream"); });
  do {
    std::this_thread::yield();
  } while (!handler_.being_read());
  server_->stop(20s);
  late_asker.join();
  EXPECT_TRUE(late.has_value()) << late.error().message();
  EXPECT_TRUE(closed(mute));
}

TEST_F(ServerTest, AStreamIsSentAsItComesAndWholeOnlyWhenItIs) {
  start({});
  handler_.stream->push("one ");
  std::jthread producer([&] {
    handler_.stream->push("two");
    handler_.stream->close();
  });
  const auto whole = get("/stream");
  ASSERT_TRUE(whole.has_value()) << whole.error().message();
  EXPECT_EQ(whole->body, "one two");
  handler_.stream = std::make_shared<Stream>(10);
  handler_.stream->push("this is too long for it");
  EXPECT_TRUE(get("/stream").has_error());
}

TEST_F(ServerTest, NewCertificatesServeNewConnectionsAndBadOnesChangeNothing) {
  start({});
  TlsMaterial broken = material();
  broken.key_pem = ca_.key_pem;
  EXPECT_EQ(server_->reload(broken).error().code, ErrorCode::kCorrupt);
  broken = material();
  broken.certificate_pem = "nonsense";
  EXPECT_TRUE(server_->reload(broken).has_error());
  EXPECT_TRUE(get("/").has_value());
  const auto other = *pki::create_authority("other", std::chrono::hours(100), clock_);
  const auto pair = *pki::issue(other, {"s", {}, {}, {"127.0.0.1"}, pki::Usage::kServer}, clock_);
  ASSERT_TRUE(server_->reload({ca_.certificate_pem, pair.certificate_pem, pair.key_pem}));
  EXPECT_EQ(get("/").error().code, ErrorCode::kPermissionDenied);
}

TEST_F(ServerTest, ATakenPortOrAWrongAddressIsAnError) {
  start({});
  const auto taken =
      Server::listen_tls("127.0.0.1", server_->port(), material(), handler_, null_logger());
  ASSERT_TRUE(taken.has_error());
  EXPECT_THAT(taken.error().message(),
              HasSubstr("listen on 127.0.0.1:" + std::to_string(server_->port())));
  EXPECT_EQ(Server::listen_tls("nowhere", 0, material(), handler_, null_logger()).error().code,
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace cove::http
