// IngressProxy: what Ingresses of the class "cove" say, carried out by nginx (kubernetes.io
// "Ingress", "Ingress Controllers").
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/base/event_loop.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/process.h"
#include "core/client/informer.h"
#include "core/network/container_networks.h"

namespace cove::proxy {

// The controller that IngressClasses name to be carried out here.
inline constexpr std::string_view kIngressController = "cove.dev/ingress";
// The default class, made at the start when there is none of that name.
inline constexpr std::string_view kIngressClass = "cove";

// Follows the API on `executor`; nginx is looked after by a thread of its own. It runs while there
// is an Ingress of ours, and ends with this. One that an earlier process left behind is replaced.
class IngressProxy {
 public:
  struct Parts {
    client::InformerFactory& informers;  // may read Ingresses, their classes, Services,
                                         // EndpointSlices and Secrets
    client::Transport& transport;  // may create classes and Events and write Ingresses' status
    Executor& executor;
    const Clock& clock;
    client::Random random;
    Logger& logger;
    Spawner& spawner;          // checks configurations; used on the proxy's own thread
    Path directory;            // its own: configuration, keys, temporary files
    std::string node_address;  // written to status.loadBalancer
    std::uint16_t http_port = 80;
    std::uint16_t https_port = 443;
    Path program = "/usr/sbin/nginx";
    std::string listen_address = "0.0.0.0";
    // Whom the workers run as when this process is root: a user and a group of /etc/passwd and
    // /etc/group.
    std::string user = "www-data";
    // Opens the two ports on the user's computer while nginx runs; null: they are this machine's.
    network::PortGate* gate = nullptr;
  };

  explicit IngressProxy(const Parts& parts);
  // Ends nginx, cutting its connections. On the executor.
  ~IngressProxy();
  IngressProxy(const IngressProxy&) = delete;

  // Starts informers that were not. On the executor.
  void start();

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace cove::proxy
