// The contract between a node and the controller of load balancers.
#pragma once

#include <string_view>

namespace cove::controllers {

// The Node's annotation that says at which address its user reaches it ("127.0.0.1"): what a
// Service of type LoadBalancer gets. Without it that is the InternalIP.
inline constexpr std::string_view kHostAddress = "cove.dev/host-address";

}  // namespace cove::controllers
