// PortForwarder: a port of this machine that leads into a pod (kubernetes.io "Use Port Forwarding
// to Access Applications in a Cluster").
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/base/result.h"
#include "core/client/channel.h"

namespace cove::client {

struct PortForward {
  std::string namespace_name = {};
  std::string pod = {};
  std::uint16_t port = 0;        // of the pod
  std::uint16_t local_port = 0;  // 0: any that is free
};

// From threads of the forwarder's own.
struct PortForwardCallbacks {
  // Why a connection came to nothing: nothing listens at the port in the pod, the cluster …
  std::function<void(const ApiError& why)> failed = {};
};

// Listens at 127.0.0.1 until it is destroyed, which ends its connections. At most kMaxConnections
// at a time: further ones are closed at once. A peer that is slow makes the other wait, with at
// most kMaxWaiting bytes kept for it.
class PortForwarder {
 public:
  static constexpr std::size_t kMaxConnections = 64;
  static constexpr std::size_t kMaxWaiting = 256 * 1024;

  // kAlreadyExists when another program listens there, kPermissionDenied when the port may not be
  // opened. Connections fail once `transport` has gone.
  static Result<std::unique_ptr<PortForwarder>> start(std::weak_ptr<ChannelTransport> transport,
                                                      PortForward forward,
                                                      PortForwardCallbacks callbacks);
  ~PortForwarder();

  std::uint16_t local_port() const;

 private:
  class Core;
  explicit PortForwarder(std::unique_ptr<Core> core);
  const std::unique_ptr<Core> core_;
};

}  // namespace cove::client
