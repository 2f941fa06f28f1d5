#include "vm/provision/proxy.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/base/strings.h"
#include "vm/channel/control.h"

namespace cove::provision {
namespace {

constexpr std::size_t kMaxAddress = 2048;
constexpr std::size_t kMaxExceptions = 8192;
constexpr const char* kRemedy = "Write a host and a port, such as proxy.example:3128.";

// An address in its parts; what they are made of is not checked.
struct Address {
  std::string scheme;  // empty: none was written
  std::string user;    // with its '@'
  std::string host;    // with the brackets of IPv6
  std::string port;    // with its ':'
  std::string rest;    // from the '/'
};

Address parts_of(std::string_view text) {
  Address parts;
  if (const std::size_t scheme = text.find("://"); scheme != text.npos) {
    parts.scheme = text.substr(0, scheme);
    text.remove_prefix(scheme + 3);
  }
  // A password may have a '/' in it that ought to be encoded: what is left of the last '@' is never
  // taken for anything else.
  if (const std::size_t at = text.rfind('@'); at != text.npos) {
    parts.user = text.substr(0, at + 1);
    text.remove_prefix(at + 1);
  }
  if (const std::size_t slash = text.find('/'); slash != text.npos) {
    parts.rest = text.substr(slash);
    text = text.substr(0, slash);
  }
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.rfind(':');
  if (colon != text.npos && (bracket == text.npos || colon > bracket)) {
    parts.port = text.substr(colon);
    text = text.substr(0, colon);
  }
  parts.host = text;
  return parts;
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), port);
  return status == std::errc{} && end == text.data() + text.size() && port > 0 && port < 65536;
}

bool is_host(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return !host.empty() && std::ranges::all_of(host, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view(".-_:").find(c) != std::string_view::npos;
  });
}

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host.starts_with("127.") || host == "[::1]";
}

}  // namespace

Proxy proxy_of(const Environment& environment) {
  const auto variable = [&](const char* lower, const char* upper) -> std::string {
    for (const char* name : {lower, upper}) {
      if (auto value = environment(name); value && !value->empty()) return *value;
    }
    return {};
  };
  Proxy proxy{variable("http_proxy", "HTTP_PROXY"), variable("https_proxy", "HTTPS_PROXY"),
              variable("no_proxy", "NO_PROXY")};
  // Nobody asked for it here: what cannot be used is left out.
  for (std::string* address : {&proxy.http, &proxy.https}) {
    if (!check_proxy_address(*address)) address->clear();
  }
  std::erase_if(proxy.no_proxy, [](char c) { return c == ' ' || c == '\t'; });
  if (proxy.empty() || !check_no_proxy(proxy.no_proxy)) proxy.no_proxy.clear();
  return proxy;
}

Result<void> check_proxy_address(const std::string& address) {
  const auto refuse = [&](std::string cause) -> Result<void> {
    return Error{ErrorCode::kInvalidArgument, "use the proxy", shown_proxy(address),
                 std::move(cause), kRemedy};
  };
  if (address.empty()) return {};
  if (address.size() > kMaxAddress) return refuse("its address is too long");
  if (!is_plain(address)) return refuse("its address has a space or another special character");
  const Address parts = parts_of(address);
  if (!parts.scheme.empty() && parts.scheme != "http")
    return refuse(fmt::format("proxies are spoken to by http, not {}", parts.scheme));
  if (!is_host(parts.host)) return refuse("its address has no host");
  if (!parts.port.empty() && !is_port(parts.port.substr(1)))
    return refuse("its port is not a number from 1 to 65535");
  if (parts.rest.size() > 1) return refuse("its address has a path");
  return {};
}

Result<void> check_no_proxy(const std::string& list) {
  const auto refuse = [&](std::string cause) -> Result<void> {
    return Error{ErrorCode::kInvalidArgument, "except from the proxy", escape_control(list),
                 std::move(cause),
                 "Separate names and networks by commas: example.com,10.0.0.0/8."};
  };
  if (list.size() > kMaxExceptions) return refuse("the list is too long");
  if (!is_plain(list)) return refuse("the list has a space or another special character");
  return {};
}

Result<void> check_proxy(const Proxy& proxy) {
  COVE_CHECK(check_proxy_address(proxy.http));
  COVE_CHECK(check_proxy_address(proxy.https));
  return check_no_proxy(proxy.no_proxy);
}

std::string shown_proxy(const std::string& address) {
  const std::size_t at = address.rfind('@');
  if (at == std::string::npos) return escape_control(address);
  // A password may have "://" in it: a scheme's colon is the first.
  const std::size_t colon = address.find(':');
  const std::size_t begin = colon < at && address.compare(colon, 3, "://") == 0 ? colon + 3 : 0;
  return escape_control(address.substr(0, begin) + "…" + address.substr(at));
}

channel::NodeProxy guest_proxy(const Proxy& proxy, const std::string& gateway,
                               const std::string& address) {
  channel::NodeProxy out;
  if (proxy.empty()) return out;
  const auto reached = [&](const std::string& text) {
    if (text.empty()) return Secret();
    const Address parts = parts_of(text);
    const bool here = is_loopback(parts.host) && !gateway.empty();
    return Secret("http://" + parts.user + (here ? gateway : parts.host) + parts.port);
  };
  out.http = reached(proxy.http);
  out.https = reached(proxy.https);
  out.no_proxy = proxy.no_proxy;
  for (const std::string* near : {&gateway, &address}) {
    if (near->empty() || out.no_proxy == "*") continue;
    if (!out.no_proxy.empty()) out.no_proxy += ',';
    out.no_proxy += *near;
  }
  return out;
}

}  // namespace cove::provision
