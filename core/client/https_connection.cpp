#include "core/client/https_connection.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

#include "core/base/base64.h"

namespace cove::client {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint32_t kMaxProxyHeader = 16 * 1024;

Error unusable(std::string what) {
  return Error{ErrorCode::kInvalidArgument, "use", "the configuration of the client",
               std::move(what), "Correct the kubeconfig."};
}

// A peer that vanished without a word is noticed within a minute, though nothing is sent.
void notice_silence(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  using Option = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
  using Interval = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
  using Count = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
  socket.set_option(Option(15), ignored);
  socket.set_option(Interval(10), ignored);
  socket.set_option(Count(3), ignored);
}

bool names_address(const std::string& host) {
  error_code not_numeric;
  asio::ip::make_address(host, not_numeric);
  return !not_numeric;
}

}  // namespace

std::string authority_of(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

Result<TlsContext> make_tls_context(const ClientConfig& config, const Credentials& credentials) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  SSL_CTX* const native = context->native_handle();
  error_code error;
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  if (config.insecure_skip_tls_verify) {
    context->set_verify_mode(asio::ssl::verify_none, error);
  } else {
    context->set_verify_mode(asio::ssl::verify_peer, error);
    if (config.ca_certificate_pem.empty()) {
      context->set_default_verify_paths(error);
    } else {
      context->add_certificate_authority(asio::buffer(config.ca_certificate_pem), error);
    }
    if (error) return unusable("the authority's certificate cannot be read");
    const std::string& name = config.tls_server_name.empty() ? config.host : config.tls_server_name;
    X509_VERIFY_PARAM* const checks = SSL_CTX_get0_param(native);
    if (X509_VERIFY_PARAM_set1_ip_asc(checks, name.c_str()) != 1 &&
        X509_VERIFY_PARAM_set1_host(checks, name.c_str(), name.size()) != 1)
      return unusable(fmt::format("'{}' is no host name or address", name));
  }
  if (credentials.certificate_pem.empty()) return context;
  context->use_certificate_chain(asio::buffer(credentials.certificate_pem), error);
  if (error) return unusable("the client's certificate cannot be read");
  context->use_private_key(asio::buffer(credentials.key_pem.reveal()), asio::ssl::context::pem,
                           error);
  if (error || SSL_CTX_check_private_key(native) != 1)
    return unusable("the client's key does not fit its certificate");
  return context;
}

Error HttpsConnection::failed(ErrorCode code, std::string cause, std::string remedy) const {
  return Error{code, "reach", authority_of(config_.host, config_.port), std::move(cause),
               std::move(remedy)};
}

Error HttpsConnection::describe(const error_code& error, std::string_view doing) {
  const long verdict = SSL_get_verify_result(stream_.native_handle());
  if (verdict != X509_V_OK && !config_.insecure_skip_tls_verify) {
    return failed(
        ErrorCode::kPermissionDenied,
        fmt::format("its certificate is not trusted: {}", X509_verify_cert_error_string(verdict)),
        "Run 'cove update-context' if the cluster was made anew.");
  }
  if (error.category() == asio::error::get_ssl_category()) {
    // Alerts are numbered from SSL_AD_REASON_OFFSET: the peer's answer, most often to our
    // certificate.
    if (ERR_GET_REASON(static_cast<unsigned long>(error.value())) >= SSL_AD_REASON_OFFSET) {
      return failed(ErrorCode::kPermissionDenied,
                    fmt::format("it refused us: {}", error.message()));
    }
    return failed(ErrorCode::kUnavailable,
                  fmt::format("it does not speak TLS as expected: {}", error.message()));
  }
  return failed(ErrorCode::kUnavailable, fmt::format("{}: {}", doing, error.message()));
}

asio::awaitable<Result<void>> HttpsConnection::open(std::shared_ptr<HttpsConnection> self) {
  Result<void> dialled = co_await self->dial();
  if (!dialled) co_return dialled.error();
  notice_silence(self->stream_.next_layer());
  if (self->config_.proxy) {
    Result<void> through = co_await self->ask_proxy();
    if (!through) co_return through.error();
  }
  const ClientConfig& config = self->config_;
  const std::string& name = config.tls_server_name.empty() ? config.host : config.tls_server_name;
  if (!names_address(name)) SSL_set_tlsext_host_name(self->stream_.native_handle(), name.c_str());
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await self->stream_.async_handshake(asio::ssl::stream_base::client, token);
  if (error) co_return self->describe(error, "the connection broke during the TLS handshake");
  co_return Result<void>();
}

asio::awaitable<Result<void>> HttpsConnection::dial() {
  const std::string host = config_.proxy ? config_.proxy->host : config_.host;
  const std::uint16_t port = config_.proxy ? config_.proxy->port : config_.port;
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  error_code not_numeric;
  const auto address = asio::ip::make_address(host, not_numeric);
  if (!not_numeric) {
    const tcp::endpoint peer(address, port);
    co_await stream_.next_layer().async_connect(peer, token);
  } else {
    const std::string service = std::to_string(port);
    const auto found = co_await resolver_.async_resolve(host, service, token);
    if (error) {
      co_return failed(ErrorCode::kUnavailable,
                       fmt::format("the name '{}' is not known: {}", host, error.message()));
    }
    co_await asio::async_connect(stream_.next_layer(), found, token);
  }
  if (error) co_return failed(ErrorCode::kUnavailable, error.message());
  co_return Result<void>();
}

asio::awaitable<Result<void>> HttpsConnection::ask_proxy() {
  const std::string target = authority_of(config_.host, config_.port);
  http::request<http::empty_body> request(http::verb::connect, target, 11);
  request.set(http::field::host, target);
  if (!config_.proxy->basic.empty()) {
    request.set(http::field::proxy_authorization,
                "Basic " + base64_encode(config_.proxy->basic.reveal()));
  }
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await http::async_write(stream_.next_layer(), request, token);
  // One byte at a time would be needed to leave what follows; nothing may follow before we speak.
  boost::beast::flat_buffer buffer(kMaxProxyHeader);
  http::response_parser<http::empty_body> parser;
  parser.header_limit(kMaxProxyHeader);
  parser.skip(true);
  if (!error) co_await http::async_read_header(stream_.next_layer(), buffer, parser, token);
  if (error) {
    co_return failed(
        ErrorCode::kUnavailable,
        fmt::format("the proxy {} does not answer: {}",
                    authority_of(config_.proxy->host, config_.proxy->port), error.message()));
  }
  if (parser.get().result_int() / 100 != 2 || buffer.size() != 0) {
    co_return failed(ErrorCode::kUnavailable,
                     fmt::format("the proxy {} answered {}",
                                 authority_of(config_.proxy->host, config_.proxy->port),
                                 parser.get().result_int()));
  }
  co_return Result<void>();
}

void HttpsConnection::close() {
  error_code ignored;
  resolver_.cancel();
  stream_.next_layer().close(ignored);
}

bool HttpsConnection::quiet() {
  pollfd state{stream_.next_layer().native_handle(), POLLIN | POLLRDHUP, 0};
  return ::poll(&state, 1, 0) == 0;
}

}  // namespace cove::client
