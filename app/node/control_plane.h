// ControlPlane: the store, the API server and what belongs to them, wired together.
#pragma once

#include <memory>

#include "app/node/api_kinds.h"
#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/http/handler.h"
#include "core/server/audit.h"
#include "core/server/cluster_objects.h"
#include "core/server/metrics.h"
#include "core/server/node.h"
#include "core/server/pod_stream_server.h"

namespace cove::node {

class ControlPlane {
 public:
  struct Parts {
    Path store_path;
    Path pki_dir;                    // where the key of service accounts' tokens is
    std::string ca_certificate_pem;  // what pods trust the API server by
    server::Ipv4Range service_range;
    server::NodeFacts node;
    const Clock& clock;
    Logger& logger;
    std::optional<server::AuditLog::Options> audit = std::nullopt;
    ApiKindsPtr kinds = nullptr;  // made when null
  };

  // Opens the store, starts the state thread and registers the node: its handler answers about the
  // node and about health. Everything else waits for furnish(). Errors as the store's.
  static Result<std::unique_ptr<ControlPlane>> begin(Parts parts);
  // Makes what every cluster has: namespaces, accounts, roles, priorities. Once.
  Result<void> furnish();
  // Both.
  static Result<std::unique_ptr<ControlPlane>> start(Parts parts);
  // stop().
  ~ControlPlane();

  http::Handler& handler();
  // The state thread.
  Executor& executor();
  // Pods find the API server there from now on, through the Service "kubernetes".
  Result<void> advertise(const server::ApiEndpoint& endpoint);
  // Logs, exec, attach and port-forward; refused until it is given a node.
  server::PodStreamServer& pod_streams();
  // metrics.k8s.io; empty until it is given a source.
  server::MetricsServer& metrics();
  // The node was registered at the start; from now on its agent keeps it and its lease.
  void leave_node_to_agent();
  // From now on /readyz says no.
  void announce_stop();
  // Ends watches and streams of pods; requests that wait are answered. Then the state thread ends
  // and the store closes.
  void stop();

 private:
  class Implementation;
  explicit ControlPlane(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::node
