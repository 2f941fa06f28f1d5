// URLs of requests (RFC 3986) and which proxy a request goes through.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/log.h"
#include "core/base/result.h"

namespace cove::http {

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // a name in lower case or an address, without brackets
  std::uint16_t port = 0;
  std::string target = "/";  // path and query as they are sent; the fragment is dropped
  Secret user_info = {};     // "user:password", decoded

  // "host", "host:5000", "[::1]:5000": the scheme's own port is left out.
  std::string authority() const;
  // "https://host:5000".
  std::string origin() const { return scheme + "://" + authority(); }
  // Without the user.
  std::string text() const { return origin() + target; }
  bool same_origin(const Url& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
  }
};

inline constexpr std::size_t kMaxUrlBytes = 16 * 1024;

// kInvalidArgument for what is not an absolute URL of http or https; the text is from outside.
Result<Url> parse_url(std::string_view text);
// What a Location (or Link) says, seen from the URL of the request that was answered with it.
Result<Url> resolve_location(const Url& base, std::string_view location);

// Everything but unreserved characters as %XX: a value for a query or one segment of a path.
std::string percent_encode(std::string_view text);
// `target` with one more parameter, both encoded.
std::string with_parameter(std::string target, std::string_view name, std::string_view value);

// As the variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY say it: a URL, or "host:port".
struct Proxies {
  std::string http;
  std::string https;
  std::string no_proxy;  // "*", "example.com", ".example.com", "10.0.0.0/8", "host:8080", by commas
};
// The proxy for a URL, or nothing. Names and addresses of this machine need none.
// kInvalidArgument for a proxy that is not one, or is spoken to by another scheme than http.
Result<std::optional<Url>> proxy_for(const Proxies& proxies, const Url& url);

// Whether `address` ("10.1.2.3", "fd00::1") lies in `range` ("10.0.0.0/8"). False for anything
// that is not an address or a range.
bool address_in_range(std::string_view address, std::string_view range);
bool is_loopback(std::string_view host);  // 127.0.0.0/8, ::1, "localhost"

}  // namespace cove::http
