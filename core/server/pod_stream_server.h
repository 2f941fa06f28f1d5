// PodStreamServer: pods/log, pods/exec, pods/attach and pods/portforward (kubernetes.io API
// reference, Pod; "Remote command protocols"), and nodes' logs. WebSocket (RFC 6455) with the
// channel protocols up to version 5, and SPDY/3.1 for older clients.
#pragma once

#include <memory>

#include "core/base/clock.h"
#include "core/server/admission.h"
#include "core/server/api_server.h"
#include "core/server/pod_streams.h"

namespace cove::server {

// Each stream has a thread while it lasts, of those that `threads` allows; when all are taken,
// requests are told to come later (429).
class PodStreamServer {
 public:
  // Adds its handlers: before the first request. All must outlive it but for stop().
  PodStreamServer(ApiServer& server, const ClusterState& state, std::size_t threads = 256);
  // stop().
  ~PodStreamServer();

  // Thread-safe. Null, as at the beginning: nothing runs here, and everything is refused (503).
  void set_node(std::shared_ptr<PodStreams> node);
  // On the state thread: a call, made by another path, that says now which of a pod's subresources
  // above it is for. What that needs but for logs is asked for here, whatever the call's verb.
  void serve(const CallPtr& call);
  // On the state thread: a call of nodes/proxy for the node's log folder, or a page of it.
  void serve_node_log(const CallPtr& call, std::string path);
  // Ends all streams and waits for them. Nothing is served afterwards.
  void stop();

 private:
  class Implementation;
  std::shared_ptr<Implementation> implementation_;
};

}  // namespace cove::server
