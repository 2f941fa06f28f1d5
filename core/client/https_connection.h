// HttpsConnection: one TLS connection to an API server, perhaps through a proxy. Private to this
// room; everything on the network thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "core/client/config.h"
#include "core/client/credentials.h"

namespace cove::client {

// What the configuration and the credentials make of TLS. kInvalidArgument when one of them cannot
// be read.
using TlsContext = std::shared_ptr<boost::asio::ssl::context>;
Result<TlsContext> make_tls_context(const ClientConfig& config, const Credentials& credentials);

// "host:port", with brackets around an IPv6 address.
std::string authority_of(const std::string& host, std::uint16_t port);

class HttpsConnection {
 public:
  using Stream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

  HttpsConnection(boost::asio::io_context& io, const ClientConfig& config, TlsContext tls)
      : config_(config), tls_(std::move(tls)), resolver_(io), stream_(io, *tls_) {}

  // `self` lives at least as long as this runs.
  static boost::asio::awaitable<Result<void>> open(std::shared_ptr<HttpsConnection> self);
  // What is under way ends with an error.
  void close();
  // Nothing came and nothing ended while it was kept.
  bool quiet();
  // What a failed handshake, write or read says about the peer.
  Error describe(const boost::system::error_code& error, std::string_view doing);
  Error failed(ErrorCode code, std::string cause, std::string remedy = {}) const;

  Stream& stream() { return stream_; }
  const TlsContext& tls() const { return tls_; }

  std::chrono::steady_clock::time_point kept_since{};
  bool used = false;

 private:
  boost::asio::awaitable<Result<void>> dial();
  boost::asio::awaitable<Result<void>> ask_proxy();

  const ClientConfig& config_;
  TlsContext tls_;
  boost::asio::ip::tcp::resolver resolver_;
  Stream stream_;
};

}  // namespace cove::client
