// NodePorts: node ports and load balancers' ports, opened on the user's computer.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "core/api/object.h"
#include "core/base/log.h"
#include "core/client/event_recorder.h"
#include "core/network/container_networks.h"

namespace cove::proxy {

// Asks the gate on a thread of its own. A port that cannot be opened is told by an event about its
// Service, each cause once, and tried again every half a minute. Thread-safe.
class NodePorts {
 public:
  NodePorts(network::PortGate& gate, client::EventRecorder& events, Logger& logger);
  // Waits for the gate's answer that is under way. Ports stay open.
  ~NodePorts();

  // All that this Service wants; none: it is gone.
  void set(const std::string& service, const api::ObjectPtr& object,
           const std::vector<network::PortMapping>& ports);

 private:
  using Key = std::pair<network::Protocol, std::uint16_t>;
  struct Port {
    network::PortMapping mapping;
    std::map<std::string, api::ObjectPtr> services;  // that want it
    bool open = false;
    bool due = true;  // to be tried
    std::string failure;
  };
  void run();
  void try_one(std::unique_lock<std::mutex>& lock, Key key);

  network::PortGate& gate_;
  client::EventRecorder& events_;
  Logger& logger_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<Key, Port> ports_;
  std::map<std::string, std::set<Key>> wanted_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cove::proxy
