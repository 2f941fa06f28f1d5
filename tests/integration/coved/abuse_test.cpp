// Clients that misbehave: each is cut or refused, and everybody else is served meanwhile.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "core/base/strings.h"
#include "tests/integration/coved/harness.h"

namespace cove::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class AbuseTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(coved_.start()) << coved_.log();
    admin_ = coved_.admin();
  }
  void TearDown() override {
    expect_served();
    coved_.signal(SIGTERM);
    EXPECT_EQ(coved_.wait(), 0) << coved_.log();
  }
  void expect_served() {
    const auto response = coved_.get("/readyz", admin_);
    ASSERT_TRUE(response.has_value()) << response.error().message();
    EXPECT_EQ(response->status, 200);
  }
  std::string exchange(std::string_view bytes) {
    TlsClient client(coved_.port(), &admin_);
    EXPECT_TRUE(client.handshake());
    client.send(bytes);
    return client.receive();
  }

  TempDir directory_;
  Coved coved_{directory_.path()};
  client::TlsIdentity admin_;
};

TEST_F(AbuseTest, ARequestThatNeverEndsIsCutWhileOthersAreServed) {
  TlsClient slow(coved_.port(), &admin_);
  ASSERT_TRUE(slow.handshake());
  ASSERT_TRUE(slow.send("GET /readyz HTTP/1.1\r\nHost: x\r\nX-Slow:"));
  TlsClient mute(coved_.port(), nullptr);
  ASSERT_TRUE(mute);
  expect_served();
  EXPECT_TRUE(slow.closed_by_peer());
  EXPECT_TRUE(mute.closed_by_peer());
}

TEST_F(AbuseTest, OversizedHeadersAndBodiesAreRefused) {
  EXPECT_THAT(
      exchange("GET /readyz HTTP/1.1\r\nHost: x\r\nX: " + std::string(70'000, 'a') + "\r\n\r\n"),
      StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(exchange("GET /" + std::string(70'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n"),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(exchange("POST /api/v1/nodes HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(exchange("POST /api/v1/nodes HTTP/1.1\r\nHost: x\r\nContent-Length: 3145729\r\n\r\n" +
                       std::string(3'145'729, 'b')),
              StartsWith("HTTP/1.1 413 "));
  std::string chunked =
      "POST /api/v1/nodes HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 40; ++i) chunked += "18000\r\n" + std::string(0x18000, 'c') + "\r\n";
  EXPECT_THAT(exchange(chunked), StartsWith("HTTP/1.1 413 "));
}

TEST_F(AbuseTest, GarbageIsRefused) {
  EXPECT_THAT(exchange("\x01\x02\x03 garbage\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(exchange("GET nopath HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(exchange("GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(exchange("GET /%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
  TlsClient plain(coved_.port(), nullptr);
  ASSERT_TRUE(plain);
  const std::string_view text = "GET / HTTP/1.1\r\n\r\n";
  ASSERT_EQ(::send(plain.fd(), text.data(), text.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(text.size()));
  EXPECT_TRUE(plain.closed_by_peer());
  for (int i = 0; i < 20; ++i) {
    TlsClient noise(coved_.port(), nullptr);
    const std::string bytes = random_hex(2000);
    ::send(noise.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    EXPECT_TRUE(noise.closed_by_peer());
  }
}

TEST_F(AbuseTest, KeepAliveAndPipeliningWork) {
  TlsClient client(coved_.port(), &admin_);
  ASSERT_TRUE(client.handshake());
  std::string burst;
  for (int i = 0; i < 50; ++i) burst += "GET /readyz/ping HTTP/1.1\r\nHost: x\r\n\r\n";
  burst +=
      "HEAD /version HTTP/1.1\r\nHost: x\r\n\r\nGET /livez HTTP/1.1\r\nHost: x\r\nConnection: "
      "close\r\n\r\n";
  ASSERT_TRUE(client.send(burst));
  const std::string all = client.receive();
  std::size_t count = 0;
  for (std::size_t at = 0; (at = all.find("HTTP/1.1 200 OK\r\n", at)) != std::string::npos; ++at)
    ++count;
  EXPECT_EQ(count, 52u);
}

TEST_F(AbuseTest, MoreConnectionsThanTheBoundAreTurnedAway) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 4096);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  std::vector<std::unique_ptr<TlsClient>> clients;
  std::size_t served = 0;
  for (int i = 0; i < 600; ++i) {
    auto client = std::make_unique<TlsClient>(coved_.port(), nullptr);
    ASSERT_TRUE(*client) << i;
    // The server admits in the order of arrival; a refused connection fails its handshake.
    if (client->handshake()) ++served;
    clients.push_back(std::move(client));
  }
  EXPECT_EQ(served, 512u);
  EXPECT_THAT(coved_.log(), HasSubstr("refusing connections"));
  clients.resize(100);
}

TEST_F(AbuseTest, AWatchThatIsLeftOpenDoesNotHoldUpTheStop) {
  TlsClient client(coved_.port(), &admin_);
  ASSERT_TRUE(client.handshake());
  ASSERT_TRUE(client.send("GET /api/v1/namespaces?watch=1 HTTP/1.1\r\nHost: x\r\n\r\n"));
  const std::string events = client.receive("kube-system");
  EXPECT_THAT(events, HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_THAT(events, HasSubstr("{\"type\":\"ADDED\",\"object\":{\"kind\":\"Namespace\""));
  TlsClient brief(coved_.port(), &admin_);
  ASSERT_TRUE(brief.handshake());
  ASSERT_TRUE(
      brief.send("GET /api/v1/nodes?watch=true&timeoutSeconds=1&resourceVersion=1 "
                 "HTTP/1.1\r\nHost: x\r\n\r\n"));
  EXPECT_THAT(brief.receive("\r\n0\r\n\r\n"), ::testing::EndsWith("\r\n0\r\n\r\n"));
}

TEST_F(AbuseTest, AnswersThatNobodyReadsCostLittle) {
  TlsClient greedy(coved_.port(), &admin_);
  ASSERT_TRUE(greedy.handshake());
  std::string burst;
  for (int i = 0; i < 2000; ++i) burst += "GET /api/v1/namespaces HTTP/1.1\r\nHost: x\r\n\r\n";
  greedy.send(burst.substr(0, 60'000));
  expect_served();
}

}  // namespace
}  // namespace cove::testing
