// One HTTP request as handlers see it (RFC 9110), whatever version of the protocol brought it.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/http/body.h"

namespace cove::http {

// What a client proved in the TLS handshake: its certificate, issued by an authority that the
// server trusts.
struct PeerCertificate {
  std::string common_name;
  std::vector<std::string> organizations;
  WallTime not_after{};
  std::string sha256_fingerprint;  // of the DER form, 64 hexadecimal digits in lower case
};

struct Request {
  std::string method;                                        // "GET"
  std::string path;                                          // percent-decoded, starts with '/'
  std::string raw_path;                                      // as it was sent, without the query
  std::string raw_query;                                     // as it was sent, without the '?'
  std::vector<std::pair<std::string, std::string>> query;    // decoded, in order
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, in order
  std::string body;
  // Instead of `body`, when the handler wants it so (Handler::streams_body): it is still arriving.
  std::shared_ptr<BodyStream> body_stream = nullptr;
  std::string protocol = "HTTP/1.1";  // or "HTTP/2.0", "HTTP/1.0"
  std::string local_endpoint;         // "127.0.0.1:6443": where it arrived; a socket's path
  std::string remote_address;         // "127.0.0.1:40312"; empty on a unix socket
  // Nothing without a client certificate.
  std::shared_ptr<const PeerCertificate> certificate;
  // Requested once nobody waits for the answer any more: the client went away, gave the request up
  // or was cut. An answer given all the same is dropped. Callbacks run on the connection's thread.
  std::stop_token departure;

  // The first value of that name.
  std::optional<std::string> parameter(std::string_view name) const;
  // Whether a boolean parameter is on: "true" or "1".
  bool flag(std::string_view name) const;
  // The first value of the header of that name (lower case), or "".
  std::string_view header(std::string_view name) const;
  bool has_header(std::string_view name) const;
  // All values of a header that is a list, as if it had been sent once (RFC 9110 section 5.3).
  std::string header_list(std::string_view name) const;
  // Whether `departure` was requested.
  bool cancelled() const { return departure.stop_requested(); }
};

// Splits and decodes a request target. kInvalidArgument when it is not an origin-form target or
// badly encoded.
Result<void> parse_target(std::string_view target, Request& request);

}  // namespace cove::http
