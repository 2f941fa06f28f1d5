#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/fd.h"
#include "core/client/http.h"
#include "core/pki/pki.h"

namespace cove::client {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

// A TLS server that answers each connection with fixed bytes, or with what `answer` makes of the
// request.
class Server {
 public:
  struct Options {
    int min_version = TLS1_2_VERSION;
    int max_version = 0;
    bool tls = true;
    bool ask_certificate = true;
    bool hang = false;  // never answers
    int requests = 1;   // on one connection
  };

  Server(const pki::KeyPair& identity, const std::string& ca, std::string reply, Options options)
      : reply_(std::move(reply)), options_(options), context_(SSL_CTX_new(TLS_server_method())) {
    SSL_CTX_set_min_proto_version(context_, options.min_version);
    SSL_CTX_set_max_proto_version(context_, options.max_version);
    SSL_CTX_set_security_level(context_, 0);
    X509* certificate = read<X509>(identity.certificate_pem, PEM_read_bio_X509);
    EVP_PKEY* key = read<EVP_PKEY>(identity.key_pem.reveal(), PEM_read_bio_PrivateKey);
    SSL_CTX_use_certificate(context_, certificate);
    SSL_CTX_use_PrivateKey(context_, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    if (options.ask_certificate) {
      X509* authority = read<X509>(ca, PEM_read_bio_X509);
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context_), authority);
      X509_free(authority);
      SSL_CTX_set_verify(context_, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    listener_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_.get(), 8);
    socklen_t size = sizeof address;
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](std::stop_token stop) { serve(stop); });
  }
  ~Server() {
    thread_.request_stop();
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
    SSL_CTX_free(context_);
  }
  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }
  std::string request() {
    std::lock_guard lock(mutex_);
    return request_;
  }

 private:
  template <class T, class Read>
  static T* read(const std::string& pem, Read reader) {
    BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    T* object = reader(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    return object;
  }
  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const Fd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer) return;
      if (options_.hang) {
        pollfd until_closed{peer.get(), POLLRDHUP, 0};
        ::poll(&until_closed, 1, 10'000);
      } else if (!options_.tls) {
        [[maybe_unused]] const auto n = ::write(peer.get(), reply_.data(), reply_.size());
      } else {
        answer(peer.get());
      }
    }
  }
  void answer(int fd) {
    SSL* ssl = SSL_new(context_);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1) {
      ++connections_;
      char buffer[8192];
      for (int i = 0; i < options_.requests; ++i) {
        const int n = SSL_read(ssl, buffer, sizeof buffer);
        if (n <= 0) break;
        {
          std::lock_guard lock(mutex_);
          request_.assign(buffer, static_cast<std::size_t>(n));
        }
        SSL_write(ssl, reply_.data(), static_cast<int>(reply_.size()));
      }
      SSL_shutdown(ssl);
    }
    SSL_free(ssl);
  }

  std::string reply_;
  Options options_;
  SSL_CTX* context_;
  Fd listener_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::string request_;
  std::atomic<int> connections_ = 0;
  std::jthread thread_;
};

const char* const kOk =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

class HttpsTest : public ::testing::Test {
 protected:
  static pki::KeyPair server_pair(const pki::KeyPair& ca, std::vector<std::string> dns,
                                  std::vector<std::string> ips) {
    SystemClock clock;
    return *pki::issue(ca, {"server", {}, std::move(dns), std::move(ips), pki::Usage::kServer},
                       clock);
  }
  Result<Response> get(const Server& server, const std::string& host = "127.0.0.1",
                       std::chrono::milliseconds timeout = 10s, std::stop_token stop = {}) {
    return https_get({host, server.port()}, identity_, "/readyz?verbose", timeout, std::move(stop));
  }

  SystemClock clock_;
  pki::KeyPair ca_ = *pki::create_authority("ca", std::chrono::hours(100), clock_);
  pki::KeyPair server_ = server_pair(ca_, {"localhost"}, {"127.0.0.1"});
  pki::KeyPair client_ = *pki::issue(ca_, {"me"}, clock_);
  TlsIdentity identity_{ca_.certificate_pem, client_.certificate_pem, client_.key_pem};
};

TEST_F(HttpsTest, GetsAnAnswerOverMutualTls) {
  Server server(server_, ca_.certificate_pem, kOk, {});
  const auto response = get(server);
  ASSERT_TRUE(response.has_value()) << response.error().message();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->content_type, "application/json");
  EXPECT_EQ(response->body, "{}");
  EXPECT_THAT(server.request(), HasSubstr("GET /readyz?verbose HTTP/1.1\r\n"));
  EXPECT_THAT(server.request(), HasSubstr("Host: 127.0.0.1:" + std::to_string(server.port())));
}

TEST_F(HttpsTest, AnyStatusIsAResponse) {
  Server server(server_, ca_.certificate_pem, "HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nwait",
                {});
  const auto response = get(server);
  ASSERT_TRUE(response.has_value()) << response.error().message();
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->body, "wait");
}

TEST_F(HttpsTest, SeveralTargetsShareAConnection) {
  Server::Options options;
  options.requests = 3;
  Server server(server_, ca_.certificate_pem, kOk, options);
  const auto responses = https_get({"127.0.0.1", server.port()}, identity_,
                                   std::vector<std::string>{"/a", "/b", "/c"}, 10s);
  ASSERT_TRUE(responses.has_value()) << responses.error().message();
  EXPECT_EQ(responses->size(), 3u);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_THAT(server.request(), HasSubstr("GET /c HTTP/1.1\r\n"));
}

TEST_F(HttpsTest, SeveralTargetsEndAtTheFirstThatIsNotFine) {
  Server::Options options;
  options.requests = 3;
  Server server(server_, ca_.certificate_pem, "HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nwait",
                options);
  const auto responses =
      https_get({"127.0.0.1", server.port()}, identity_, std::vector<std::string>{"/a", "/b"}, 10s);
  ASSERT_TRUE(responses.has_value()) << responses.error().message();
  ASSERT_EQ(responses->size(), 1u);
  EXPECT_EQ(responses->front().status, 503);
  EXPECT_EQ(https_get({"127.0.0.1", 1}, identity_, std::vector<std::string>{}, 1s).error().code,
            ErrorCode::kInvalidArgument);
}

TEST_F(HttpsTest, AHostNameIsVerifiedToo) {
  Server server(server_, ca_.certificate_pem, kOk, {});
  const auto response = get(server, "localhost");
  EXPECT_TRUE(response.has_value()) << response.error().message();
}

TEST_F(HttpsTest, ACertificateForAnotherNameOrAddressIsRefused) {
  Server server(server_pair(ca_, {"elsewhere"}, {"127.0.0.2"}), ca_.certificate_pem, kOk, {});
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const auto response = get(server, host);
    ASSERT_TRUE(response.has_error()) << host;
    EXPECT_EQ(response.error().code, ErrorCode::kPermissionDenied);
    EXPECT_THAT(response.error().message(), HasSubstr("mismatch"));
  }
}

TEST_F(HttpsTest, AnotherAuthorityIsRefused) {
  const pki::KeyPair other = *pki::create_authority("ca", std::chrono::hours(100), clock_);
  Server server(server_pair(other, {}, {"127.0.0.1"}), ca_.certificate_pem, kOk, {});
  EXPECT_EQ(get(server).error().code, ErrorCode::kPermissionDenied);
}

TEST_F(HttpsTest, AnExpiredCertificateIsRefused) {
  const FakeClock past(clock_.wall() - std::chrono::hours(50));
  const auto expired = *pki::issue(
      ca_, {"s", {}, {}, {"127.0.0.1"}, pki::Usage::kServer, std::chrono::hours(1)}, past);
  Server server(expired, ca_.certificate_pem, kOk, {});
  const auto response = get(server);
  EXPECT_EQ(response.error().code, ErrorCode::kPermissionDenied);
  EXPECT_THAT(response.error().message(), HasSubstr("expired"));
}

TEST_F(HttpsTest, AClientCertificateUsedAsAServersIsRefused) {
  const auto wrong = *pki::issue(ca_, {"s", {}, {}, {"127.0.0.1"}, pki::Usage::kClient}, clock_);
  Server server(wrong, ca_.certificate_pem, kOk, {});
  EXPECT_EQ(get(server).error().code, ErrorCode::kPermissionDenied);
}

TEST_F(HttpsTest, AServerThatRefusesOurCertificateIsPermissionDenied) {
  const pki::KeyPair other = *pki::create_authority("other", std::chrono::hours(100), clock_);
  Server server(server_, other.certificate_pem, kOk, {});
  const auto response = get(server);
  ASSERT_TRUE(response.has_error());
  EXPECT_EQ(response.error().code, ErrorCode::kPermissionDenied) << response.error().message();
}

TEST_F(HttpsTest, OldTlsIsRefused) {
  Server server(server_, ca_.certificate_pem, kOk,
                {.min_version = TLS1_VERSION, .max_version = TLS1_1_VERSION});
  EXPECT_TRUE(get(server).has_error());
  Server twelve(server_, ca_.certificate_pem, kOk, {.max_version = TLS1_2_VERSION});
  EXPECT_TRUE(get(twelve).has_value());
}

TEST_F(HttpsTest, NobodyThereIsUnavailable) {
  std::uint16_t port = 0;
  {
    Server server(server_, ca_.certificate_pem, kOk, {});
    port = server.port();
  }
  const auto response = https_get({"127.0.0.1", port}, identity_, "/", 10s);
  ASSERT_TRUE(response.has_error());
  EXPECT_EQ(response.error().code, ErrorCode::kUnavailable);
}

TEST_F(HttpsTest, PeersThatAreNotHttpsAreUnavailable) {
  Server plain(server_, ca_.certificate_pem, kOk, {.tls = false});
  EXPECT_EQ(get(plain).error().code, ErrorCode::kUnavailable);
  Server garbage(server_, ca_.certificate_pem, "\x01\x02 nonsense\r\n\r\n", {});
  EXPECT_EQ(get(garbage).error().code, ErrorCode::kUnavailable);
  Server cut(server_, ca_.certificate_pem, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", {});
  EXPECT_EQ(get(cut).error().code, ErrorCode::kUnavailable);
  Server silent(server_, ca_.certificate_pem, "", {});
  EXPECT_EQ(get(silent).error().code, ErrorCode::kUnavailable);
}

TEST_F(HttpsTest, AnswersAreBounded) {
  Server announced(server_, ca_.certificate_pem,
                   "HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n", {});
  EXPECT_EQ(get(announced).error().code, ErrorCode::kResourceExhausted);
  Server endless(server_, ca_.certificate_pem,
                 "HTTP/1.1 200 OK\r\n\r\n" + std::string(9'000'000, 'x'), {});
  EXPECT_EQ(get(endless).error().code, ErrorCode::kResourceExhausted);
  Server headers(server_, ca_.certificate_pem,
                 "HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x') + "\r\n\r\n", {});
  EXPECT_EQ(get(headers).error().code, ErrorCode::kResourceExhausted);
}

TEST_F(HttpsTest, ASilentPeerTimesOutAndCanBeCancelled) {
  Server server(server_, ca_.certificate_pem, kOk, {.hang = true});
  const auto late = get(server, "127.0.0.1", 50ms);
  ASSERT_TRUE(late.has_error());
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  std::stop_source stop;
  std::jthread canceller([&] { stop.request_stop(); });
  EXPECT_EQ(get(server, "127.0.0.1", 60s, stop.get_token()).error().code, ErrorCode::kCancelled);
}

TEST_F(HttpsTest, InputThatCannotBeSentIsRefused) {
  for (const char* target : {"", "readyz", "/a b", "/a\r\nX: y", "/\xc3\xa9"}) {
    EXPECT_EQ(https_get({"127.0.0.1", 1}, identity_, target, 1s).error().code,
              ErrorCode::kInvalidArgument)
        << target;
  }
  TlsIdentity broken = identity_;
  broken.key_pem = ca_.key_pem;
  EXPECT_EQ(https_get({"127.0.0.1", 1}, broken, "/", 1s).error().code, ErrorCode::kInvalidArgument);
  broken = identity_;
  broken.ca_certificate_pem = "nonsense";
  EXPECT_EQ(https_get({"127.0.0.1", 1}, broken, "/", 1s).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace cove::client
