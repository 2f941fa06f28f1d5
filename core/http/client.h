// Client: HTTP/1.1 requests (RFC 9110, RFC 9112) over TCP, TLS or a unix socket, blocking.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "core/http/url.h"

namespace cove::http {

// Whom a client trusts, and what it shows of itself.
struct ClientTls {
  std::string ca_pem = {};           // only these authorities; empty: the system's
  bool system_too = false;           // besides `ca_pem`
  Path ca_file = {};                 // in place of OpenSSL's default as "the system's"
  std::string certificate_pem = {};  // with its chain; may be empty
  Secret key_pem = {};
  bool verify = true;            // false: any peer at all
  std::string server_name = {};  // what the certificate must be for, in place of the URL's host
};

struct ClientTimeouts {
  std::chrono::milliseconds connect{10'000};    // the look-up of the name, and each address
  std::chrono::milliseconds handshake{10'000};  // TLS, and a proxy's answer
  std::chrono::milliseconds header{60'000};     // from the request's end to the answer's header
  std::chrono::milliseconds stall{60'000};      // without any progress of a body
  std::chrono::milliseconds idle{60'000};       // a connection is kept for another request
};

struct ClientOptions {
  ClientTls tls = {};
  Path unix_socket = {};  // all requests go there, whatever host the URL names
  Proxies proxies = {};
  ClientTimeouts timeouts = {};
  std::uint32_t header_bytes = 64 * 1024;  // more of an answer's header is kResourceExhausted
  std::size_t header_fields = 200;
  std::size_t idle_connections = 16;  // kept open; the oldest goes first
  std::string user_agent = "cove";
};

// Where a body comes from, piece by piece: at most `max`; "" at the end.
using BodySource = std::function<Result<std::string>(std::size_t max)>;

struct ClientRequest {
  std::string method = "GET";
  Url url;
  std::string host = {};        // the header Host, in place of the URL's
  std::string user_agent = {};  // in place of the client's
  // Besides Host, User-Agent, Content-Length and Transfer-Encoding, which the client sets.
  // kInvalidArgument for one whose name or value could end its line.
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  BodySource source = {};                                     // in place of `body`
  std::optional<std::uint64_t> source_length = std::nullopt;  // nothing: sent in chunks
};

// What is left of a connection that changed its protocol: bytes both ways. One thread may read
// while another writes. Destroying it closes it.
class RawStream {
 public:
  virtual ~RawStream() = default;
  // At least a byte and at most `max`; "" once the peer sends no more. Waits without bound, but
  // kCancelled when `stop` is requested.
  virtual Result<std::string> read(std::size_t max, std::stop_token stop = {}) = 0;
  // All of it.
  virtual Result<void> write(std::string_view bytes, std::stop_token stop = {}) = 0;
  // Says that nothing follows; reading goes on.
  virtual void finish() = 0;
};

// An answer whose body is read as it comes. Movable, not thread-safe, may outlive the client.
// Destroyed before its end, it closes the connection; afterwards the connection serves others.
class ClientResponse {
 public:
  int status() const;
  const std::string& reason() const;
  const std::vector<std::pair<std::string, std::string>>& headers() const;  // lower case, in order
  // The first value of that name (lower case), or "".
  std::string_view header(std::string_view name) const;
  bool has_header(std::string_view name) const;
  // Nothing when the answer does not say.
  std::optional<std::uint64_t> content_length() const;

  // At least a byte and at most `max`; "" at the body's end. kUnavailable when the connection broke
  // before it, kTimeout on a stall.
  Result<std::string> read(std::size_t max);
  // What is left of the body. kResourceExhausted when that is more than `max_bytes`.
  Result<std::string> read_all(std::size_t max_bytes);
  // After an answer 101, or one of 200 that has no length (as Docker's hijack has it): the
  // connection itself. kConflict for any other answer. The stop token of the request no longer
  // counts.
  Result<std::unique_ptr<RawStream>> take_stream();

  class Implementation;
  explicit ClientResponse(std::unique_ptr<Implementation> implementation);
  ClientResponse(ClientResponse&&) noexcept;
  ClientResponse& operator=(ClientResponse&&) noexcept;
  ~ClientResponse();

 private:
  std::unique_ptr<Implementation> implementation_;
};

// Thread-safe. Redirects are not followed: resolve_location() says where one leads.
class Client {
 public:
  // kCorrupt when certificates or keys cannot be read.
  static Result<std::unique_ptr<Client>> create(ClientOptions options);
  ~Client();

  // One request; returns when the answer's header is there. An answer of any status is a success.
  // The request's stop token also ends the reading of the body.
  //
  // A kept connection that turns out to be closed before any byte of an answer is replaced, unless
  // the request is a POST or PATCH, or its source was asked. A server that answers before it has
  // read the whole body is heard. An error of the source is returned as it is.
  //
  // Errors: kNotFound the host's name is not known; kUnavailable nobody there, or the connection
  // broke; kTimeout; kPermissionDenied TLS verification failed or the peer refused us; kCorrupt the
  // answer is not HTTP; kResourceExhausted its header is too long; kCancelled; kInvalidArgument the
  // request cannot be sent.
  Result<ClientResponse> send(ClientRequest request, std::stop_token stop = {});
  // Closes the connections that nobody uses.
  void close_idle();

  class Implementation;

 private:
  explicit Client(std::shared_ptr<Implementation> implementation);
  std::shared_ptr<Implementation> implementation_;
};

}  // namespace cove::http
