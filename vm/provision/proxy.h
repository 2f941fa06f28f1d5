// Proxies that pulls and builds in a cluster go through.
#pragma once

#include <string>

#include "core/base/result.h"
#include "vm/provision/paths.h"

namespace cove::channel {
struct NodeProxy;
}

namespace cove::provision {

// As the variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY say it. The addresses may have a user and a
// password in them: whoever shows one shows shown_proxy() of it.
struct Proxy {
  std::string http;   // "http://user:password@proxy.example:3128", "proxy.example:3128"; or empty
  std::string https;  // for https addresses; spoken to by http as well
  std::string no_proxy;  // what is reached without: names, domains, addresses, networks, by commas
  bool operator==(const Proxy&) const = default;
  bool empty() const { return http.empty() && https.empty(); }
};

// What the environment says, in either spelling; the lower-case one counts first, as for curl.
Proxy proxy_of(const Environment& environment);
// kInvalidArgument with one sentence that repeats no password.
Result<void> check_proxy_address(const std::string& address);
Result<void> check_no_proxy(const std::string& list);
Result<void> check_proxy(const Proxy& proxy);
// Without user and password, fit for a screen: "http://…@proxy.example:3128".
std::string shown_proxy(const std::string& address);
// As a guest has to say it: the host's own loopback is at its gateway there, and what is near needs
// no proxy.
channel::NodeProxy guest_proxy(const Proxy& proxy, const std::string& gateway,
                               const std::string& address);

}  // namespace cove::provision
