// pods/portforward once the connection is upgraded. Private to this room.
#pragma once

#include <memory>
#include <stop_token>
#include <vector>

#include "core/server/streaming/port_links.h"
#include "core/server/streaming/websocket_messages.h"
#include "core/server/streaming/wire.h"

namespace cove::server {

class PortForward {
 public:
  virtual ~PortForward() = default;
  // Begins to listen; on the connection's thread. Then run() must follow.
  virtual void start() = 0;
  // Blocks until the client has left.
  virtual void run(std::stop_token stop) = 0;
};

struct PortForwardParts {
  std::shared_ptr<Wire> wire;
  PortLinks::Connect connect;
  // "error forwarding port 80 to pod web, uid 7f…: " goes before why.
  std::string pod, uid;
};

// "portforward.k8s.io": two streams of SPDY for each connection, named by their headers.
// `tunnelled`: SPDY inside of a WebSocket's binary messages ("SPDY/3.1+portforward.k8s.io").
std::shared_ptr<PortForward> spdy_port_forward(PortForwardParts parts, bool tunnelled);
// "v4.channel.k8s.io" and its base 64 form: two channels for each of `ports`, one connection each.
std::shared_ptr<PortForward> channel_port_forward(PortForwardParts parts, WebSocketCoding coding,
                                                  std::vector<std::uint16_t> ports);

}  // namespace cove::server
