#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/stream_traits.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "core/client/http.h"

namespace cove::client {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::uint64_t kMaxBody = 8 * 1024 * 1024;
constexpr std::uint32_t kMaxHeader = 64 * 1024;

std::string authority_of(const Endpoint& endpoint) {
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", endpoint.host, v6 ? "]" : "", endpoint.port);
}

// The requests of one connection; lives on the caller's stack for the whole exchange.
struct Exchange {
  asio::ssl::context tls{asio::ssl::context::tls_client};
  Endpoint endpoint;
  std::vector<Request> requests;
  std::string subject;
  std::optional<Result<std::vector<Response>>> outcome;
  asio::io_context io{1};  // last, so that what is still pending goes before what it uses

  Error failed(ErrorCode code, std::string cause, std::string remedy = {}) const {
    return Error{code, "reach", subject, std::move(cause), std::move(remedy)};
  }
};

Result<void> configure(Exchange& exchange, const TlsIdentity& identity) {
  error_code error;
  SSL_CTX* const native = exchange.tls.native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  // The curve of the certificates first: an emulated processor then meets no other code for the
  // exchange of keys.
  SSL_CTX_set1_groups_list(native, "P-256:X25519:P-384");
  exchange.tls.set_verify_mode(asio::ssl::verify_peer, error);
  exchange.tls.add_certificate_authority(asio::buffer(identity.ca_certificate_pem), error);
  if (error)
    return exchange.failed(ErrorCode::kInvalidArgument,
                           "the authority's certificate cannot be read");
  if (!identity.certificate_pem.empty()) {
    exchange.tls.use_certificate_chain(asio::buffer(identity.certificate_pem), error);
    if (error)
      return exchange.failed(ErrorCode::kInvalidArgument,
                             "the client's certificate cannot be read");
    exchange.tls.use_private_key(asio::buffer(identity.key_pem.reveal()), asio::ssl::context::pem,
                                 error);
    if (error || SSL_CTX_check_private_key(native) != 1) {
      return exchange.failed(ErrorCode::kInvalidArgument,
                             "the client's key does not fit its certificate");
    }
  }
  // The certificate must name what we connect to, as an address or as a host name.
  X509_VERIFY_PARAM* const checks = SSL_CTX_get0_param(native);
  const std::string& host = exchange.endpoint.host;
  if (X509_VERIFY_PARAM_set1_ip_asc(checks, host.c_str()) != 1 &&
      X509_VERIFY_PARAM_set1_host(checks, host.c_str(), host.size()) != 1) {
    return exchange.failed(ErrorCode::kInvalidArgument, "that is not a host name or an address");
  }
  return {};
}

using Stream = boost::beast::ssl_stream<tcp::socket>;

// What a failed handshake, write or read says about the peer.
Error describe(const Exchange& exchange, Stream& stream, const error_code& error,
               std::string_view doing) {
  if (const long verdict = SSL_get_verify_result(stream.native_handle()); verdict != X509_V_OK) {
    return exchange.failed(
        ErrorCode::kPermissionDenied,
        fmt::format("its certificate is not trusted: {}", X509_verify_cert_error_string(verdict)),
        "Run 'cove update-context' if the cluster was made anew.");
  }
  if (error.category() == asio::error::get_ssl_category()) {
    // Alerts are numbered from SSL_AD_REASON_OFFSET: the peer's answer, most often to our
    // certificate.
    if (ERR_GET_REASON(static_cast<unsigned long>(error.value())) >= SSL_AD_REASON_OFFSET) {
      return exchange.failed(ErrorCode::kPermissionDenied,
                             fmt::format("it refused us: {}", error.message()));
    }
    return exchange.failed(ErrorCode::kUnavailable,
                           fmt::format("it does not speak TLS as expected: {}", error.message()));
  }
  return exchange.failed(ErrorCode::kUnavailable, fmt::format("{}: {}", doing, error.message()));
}

asio::awaitable<Result<void>> connect(Exchange* exchange, Stream* stream) {
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  error_code not_numeric;
  const auto address = asio::ip::make_address(exchange->endpoint.host, not_numeric);
  if (!not_numeric) {
    const tcp::endpoint peer(address, exchange->endpoint.port);
    co_await stream->next_layer().async_connect(peer, token);
  } else {
    tcp::resolver resolver(exchange->io);
    const std::string port = std::to_string(exchange->endpoint.port);
    const auto found = co_await resolver.async_resolve(exchange->endpoint.host, port, token);
    if (error) {
      co_return exchange->failed(ErrorCode::kUnavailable,
                                 fmt::format("its name is not known: {}", error.message()));
    }
    co_await asio::async_connect(stream->next_layer(), found, token);
    SSL_set_tlsext_host_name(stream->native_handle(), exchange->endpoint.host.c_str());
  }
  if (error) co_return exchange->failed(ErrorCode::kUnavailable, error.message());
  co_await stream->async_handshake(asio::ssl::stream_base::client, token);
  if (error)
    co_return describe(*exchange, *stream, error, "the connection broke during the TLS handshake");
  co_return Result<void>();
}

asio::awaitable<Result<Response>> send(Exchange* exchange, Stream* connection,
                                       boost::beast::flat_buffer* buffer, std::size_t index) {
  Stream& stream = *connection;
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  const Request& asked = exchange->requests[index];
  http::request<http::string_body> request;
  request.version(11);
  request.method_string(asked.method);
  request.target(asked.target);
  request.body() = asked.body;
  if (!asked.content_type.empty()) request.set(http::field::content_type, asked.content_type);
  request.prepare_payload();
  request.set(http::field::host, authority_of(exchange->endpoint));
  request.set(http::field::user_agent, "cove");
  request.set(http::field::accept, "application/json, */*");
  if (index + 1 == exchange->requests.size()) request.set(http::field::connection, "close");
  co_await http::async_write(stream, request, token);
  // A server that refuses us may have hung up by now; why is in what it sent before.
  const error_code unsent = error;

  http::response_parser<http::string_body> parser;
  parser.header_limit(kMaxHeader);
  parser.body_limit(kMaxBody);
  co_await http::async_read(stream, *buffer, parser, token);
  if (error == http::error::body_limit || error == http::error::header_limit ||
      error == http::error::buffer_overflow) {
    co_return exchange->failed(ErrorCode::kResourceExhausted, "its answer is longer than 8 MiB");
  }
  if (error && error.category() == http::make_error_code(http::error::end_of_stream).category()) {
    co_return exchange->failed(ErrorCode::kUnavailable,
                               fmt::format("its answer is not HTTP: {}", error.message()));
  }
  if (error) {
    const bool told = error.category() == asio::error::get_ssl_category();
    co_return describe(*exchange, stream, unsent && !told ? unsent : error, "the connection broke");
  }

  Response response;
  response.status = parser.get().result_int();
  response.content_type = parser.get()[http::field::content_type];
  response.body = std::move(parser.get().body());
  co_return response;
}

asio::awaitable<Result<std::vector<Response>>> talk(Exchange* exchange) {
  Stream stream(exchange->io, exchange->tls);
  Result<void> connected = co_await connect(exchange, &stream);
  if (!connected) co_return connected.error();
  boost::beast::flat_buffer buffer(kMaxHeader + kMaxBody);
  std::vector<Response> responses;
  for (std::size_t i = 0; i < exchange->requests.size(); ++i) {
    Result<Response> response = co_await send(exchange, &stream, &buffer, i);
    if (!response) co_return response.error();
    const bool on = response->status == 200;
    responses.push_back(std::move(*response));
    if (!on) break;
  }
  co_return responses;
}

asio::awaitable<void> run(Exchange* exchange) {
  Result<std::vector<Response>> outcome = co_await talk(exchange);
  exchange->outcome = std::move(outcome);
}

bool is_target(std::string_view target) {
  return target.starts_with('/') &&
         std::ranges::all_of(target, [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_method(std::string_view method) {
  return !method.empty() &&
         std::ranges::all_of(method, [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return c >= 0x20 && c < 0x7f; });
}

bool can_be_sent(const Request& request) {
  return is_method(request.method) && is_target(request.target) && is_value(request.content_type);
}

Result<std::vector<Response>> send_all(const Endpoint& endpoint, const TlsIdentity& identity,
                                       std::vector<Request> requests,
                                       std::chrono::milliseconds timeout, std::stop_token stop) {
  Exchange exchange;
  exchange.endpoint = endpoint;
  exchange.requests = std::move(requests);
  exchange.subject = authority_of(endpoint);
  if (exchange.requests.empty() || !std::ranges::all_of(exchange.requests, can_be_sent))
    return exchange.failed(ErrorCode::kInvalidArgument, "the path is not one of a URL");
  COVE_CHECK(configure(exchange, identity));

  asio::co_spawn(exchange.io, run(&exchange), [](std::exception_ptr bug) {
    if (bug) std::rethrow_exception(bug);
  });
  {
    // Stopping the context leaves the exchange where it is; it is destroyed, socket and all, on
    // return.
    const std::stop_callback cancel(stop, [&] { exchange.io.stop(); });
    exchange.io.run_for(timeout);
  }
  if (exchange.outcome) return std::move(*exchange.outcome);
  if (stop.stop_requested()) return exchange.failed(ErrorCode::kCancelled, "it was cancelled");
  return exchange.failed(ErrorCode::kTimeout,
                         fmt::format("no answer within {} ms", timeout.count()));
}

}  // namespace

Result<Response> https_send(const Endpoint& endpoint, const TlsIdentity& identity,
                            const Request& request, std::chrono::milliseconds timeout,
                            std::stop_token stop) {
  COVE_TRY(auto responses, send_all(endpoint, identity, {request}, timeout, std::move(stop)));
  return std::move(responses.front());
}

Result<Response> https_get(const Endpoint& endpoint, const TlsIdentity& identity,
                           const std::string& target, std::chrono::milliseconds timeout,
                           std::stop_token stop) {
  return https_send(endpoint, identity, {.target = target}, timeout, std::move(stop));
}

Result<std::vector<Response>> https_get(const Endpoint& endpoint, const TlsIdentity& identity,
                                        const std::vector<std::string>& targets,
                                        std::chrono::milliseconds timeout, std::stop_token stop) {
  std::vector<Request> requests;
  for (const std::string& target : targets) requests.push_back({.target = target});
  return send_all(endpoint, identity, std::move(requests), timeout, std::move(stop));
}

}  // namespace cove::client
