// ResourceProxy: services/proxy, pods/proxy and nodes/proxy, HTTP through the API server to what
// pods and nodes serve (kubernetes.io "Access Services Running on Clusters").
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/server/admission.h"
#include "core/server/api_server.h"

namespace cove::server {

// Addresses that belong to somebody else than this machine: neither loopback, link-local,
// multicast nor unspecified.
bool is_proxyable(std::string_view address);

// Each request has a thread while it lasts, of those that `threads` allows; when all are taken,
// requests are told to come later (429). Requests are whole, at most what the server takes as a
// body; answers are passed on as they come. After an upgrade (WebSocket) bytes go both ways until
// one side ends.
class ResourceProxy {
 public:
  struct Parts {
    ApiServer& server;
    const ClusterState& state;
    std::function<std::uint32_t(std::uint32_t bound)> random;  // which endpoint
    // What answers for the agent of a node: nodes/<name>/proxy, without a port or with the
    // kubelet's.
    std::function<void(const CallPtr& call)> agent;
    std::size_t threads = 128;
    // Where an address is reached; nothing: not at all. Empty: as it is, if is_proxyable().
    std::function<std::optional<std::string>(const std::string& address)> reach = {};
  };
  // Adds its handlers: before the first request. All must outlive it but for stop().
  explicit ResourceProxy(Parts parts);
  // stop().
  ~ResourceProxy();
  // Cuts what is under way and waits for it.
  void stop();

 private:
  class Implementation;
  std::shared_ptr<Implementation> implementation_;
};

}  // namespace cove::server
