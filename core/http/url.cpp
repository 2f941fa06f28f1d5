#include "core/http/url.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <cstring>

#include "core/base/strings.h"

namespace cove::http {
namespace {

Error bad_url(std::string_view text, std::string cause) {
  constexpr std::size_t kShown = 200;
  return Error{ErrorCode::kInvalidArgument,
               "use the URL",
               escape_control(text.substr(0, kShown)),
               std::move(cause),
               {}};
}

bool is_host(std::string_view host) {
  constexpr std::size_t kLongest = 255;
  return !host.empty() && host.size() <= kLongest && std::ranges::all_of(host, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' ||
           c == ':';
  });
}

// The parser takes "http://h:x/" for a host with a path "x/".
bool path_stands_alone(const boost::urls::url_view_base& view) {
  const std::string_view path(view.encoded_path().data(), view.encoded_path().size());
  return !view.has_authority() || path.empty() || path.starts_with('/');
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  constexpr std::size_t kMostDigits = 5;
  if (digits.empty() || digits.size() > kMostDigits || !std::ranges::all_of(digits, ::isdigit))
    return std::nullopt;
  const unsigned long port = std::stoul(std::string(digits));
  if (port == 0 || port > UINT16_MAX) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

Result<Url> convert(const boost::urls::url_view& view, std::string_view text) {
  if (!path_stands_alone(view)) return bad_url(text, "its port is not one");
  Url url;
  url.scheme = view.scheme();
  std::ranges::transform(url.scheme, url.scheme.begin(), ::tolower);
  if (url.scheme != "http" && url.scheme != "https")
    return bad_url(text, "only http and https are spoken");
  const bool v6 = view.host_type() == boost::urls::host_type::ipv6;
  url.host = v6 ? std::string(view.host_address()) : std::string(view.host());
  std::ranges::transform(url.host, url.host.begin(), ::tolower);
  if (!is_host(url.host) || (!v6 && url.host.find(':') != std::string::npos))
    return bad_url(text, "there is no host in it");
  url.port = url.scheme == "https" ? 443 : 80;
  if (view.has_port() && !view.port().empty()) {
    const auto port = parse_port({view.port().data(), view.port().size()});
    if (!port) return bad_url(text, "its port is not one");
    url.port = *port;
  }
  if (view.has_userinfo()) url.user_info = Secret(view.userinfo());
  url.target = view.encoded_target();
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

struct Address {
  int family = AF_UNSPEC;
  std::array<unsigned char, 16> bytes{};
};

std::optional<Address> parse_address(std::string_view text) {
  const std::string copy(text);
  Address address;
  for (const int family : {AF_INET, AF_INET6}) {
    if (::inet_pton(family, copy.c_str(), address.bytes.data()) != 1) continue;
    address.family = family;
    return address;
  }
  return std::nullopt;
}

// One entry of NO_PROXY.
bool excepts(std::string_view entry, const Url& url) {
  if (entry.empty()) return false;
  if (entry == "*" || address_in_range(url.host, entry)) return true;
  const std::size_t colon = entry.rfind(':');
  if (colon != std::string_view::npos && entry.find(':') == colon) {
    if (entry.substr(colon + 1) != std::to_string(url.port)) return false;
    entry = entry.substr(0, colon);
  }
  if (entry.starts_with('*')) entry.remove_prefix(1);
  std::string name(entry);
  std::ranges::transform(name, name.begin(), ::tolower);
  if (name == url.host) return true;
  const bool subdomains_only = name.starts_with('.');
  if (!subdomains_only) name.insert(0, ".");
  return url.host.ends_with(name);
}

}  // namespace

std::string Url::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  std::string text = v6 ? fmt::format("[{}]", host) : host;
  if (port != (scheme == "https" ? 443 : 80)) text += fmt::format(":{}", port);
  return text;
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > kMaxUrlBytes) return bad_url(text, "it is too long");
  const auto view = boost::urls::parse_uri(text);
  if (!view) return bad_url(text, "it is not a URL");
  return convert(*view, text);
}

Result<Url> resolve_location(const Url& base, std::string_view location) {
  if (location.empty() || location.size() > kMaxUrlBytes)
    return bad_url(location, "it is no place to go on at");
  const auto reference = boost::urls::parse_uri_reference(location);
  const std::string from = base.text();
  const auto start = boost::urls::parse_uri(from);
  boost::urls::url resolved;
  if (!reference || !start || !path_stands_alone(*reference) ||
      !boost::urls::resolve(*start, *reference, resolved))
    return bad_url(location, "it is not a URL");
  return convert(resolved, location);
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
        c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string with_parameter(std::string target, std::string_view name, std::string_view value) {
  target += target.find('?') == std::string::npos ? '?' : '&';
  return target + percent_encode(name) + "=" + percent_encode(value);
}

Result<std::optional<Url>> proxy_for(const Proxies& proxies, const Url& url) {
  const std::string& proxy = url.scheme == "https" ? proxies.https : proxies.http;
  if (proxy.empty() || is_loopback(url.host)) return std::optional<Url>();
  for (const std::string& entry : split(proxies.no_proxy, ',')) {
    if (excepts(trim(entry), url)) return std::optional<Url>();
  }
  const bool bare = proxy.find("://") == std::string::npos;
  auto parsed = parse_url(bare ? "http://" + proxy : proxy);
  if (!parsed || parsed->scheme != "http") {
    return Error{
        ErrorCode::kInvalidArgument, "use", "the HTTP proxy",
        parsed ? "only proxies that are spoken to by http are understood" : parsed.error().cause,
        "Correct HTTP_PROXY or HTTPS_PROXY."};
  }
  return std::optional<Url>(std::move(*parsed));
}

bool address_in_range(std::string_view address, std::string_view range) {
  const std::size_t slash = range.find('/');
  const auto one = parse_address(address);
  const auto other = parse_address(range.substr(0, slash));
  if (!one || !other || one->family != other->family) return false;
  unsigned bits = one->family == AF_INET ? 32 : 128;
  if (slash != std::string_view::npos) {
    const std::string_view digits = range.substr(slash + 1);
    if (digits.empty() || digits.size() > 3 || !std::ranges::all_of(digits, ::isdigit))
      return false;
    const auto given = static_cast<unsigned>(std::stoul(std::string(digits)));
    if (given > bits) return false;
    bits = given;
  }
  const std::size_t whole = bits / 8;
  if (std::memcmp(one->bytes.data(), other->bytes.data(), whole) != 0) return false;
  if (bits % 8 == 0) return true;
  const unsigned mask = 0xffU << (8 - bits % 8) & 0xffU;
  return ((one->bytes[whole] ^ other->bytes[whole]) & mask) == 0;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || address_in_range(host, "127.0.0.0/8") ||
         address_in_range(host, "::1/128");
}

}  // namespace cove::http
