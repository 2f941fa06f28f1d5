#include "core/proxy/node_ports.h"

#include <algorithm>
#include <chrono>

namespace cove::proxy {
namespace {

constexpr std::chrono::seconds kAgain{30};

}  // namespace

NodePorts::NodePorts(network::PortGate& gate, client::EventRecorder& events, Logger& logger)
    : gate_(gate), events_(events), logger_(logger), thread_([this] { run(); }) {}

NodePorts::~NodePorts() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void NodePorts::set(const std::string& service, const api::ObjectPtr& object,
                    const std::vector<network::PortMapping>& ports) {
  const std::lock_guard lock(mutex_);
  std::set<Key> keys;
  for (const auto& mapping : ports) {
    const Key key{mapping.protocol, mapping.host_port};
    keys.insert(key);
    Port& port = ports_[key];
    if (port.services.empty()) port.due = true;
    port.mapping = mapping;
    port.services[service] = object;
  }
  for (const Key& key : wanted_[service]) {
    if (keys.contains(key)) continue;
    Port& port = ports_[key];
    port.services.erase(service);
    if (port.services.empty()) port.due = true;
  }
  if (keys.empty()) {
    wanted_.erase(service);
  } else {
    wanted_[service] = std::move(keys);
  }
  wake_.notify_all();
}

void NodePorts::try_one(std::unique_lock<std::mutex>& lock, Key key) {
  Port& before = ports_.at(key);
  before.due = false;
  const network::PortMapping mapping = before.mapping;
  const bool open = before.open;
  if (before.services.empty()) {
    ports_.erase(key);
    lock.unlock();
    if (open) gate_.close(mapping);
    lock.lock();
    return;
  }
  if (open) return;
  lock.unlock();
  const auto opened = gate_.open(mapping);
  lock.lock();
  // Only this thread removes entries.
  Port& port = ports_.at(key);
  port.open = opened.has_value();
  const std::string failure = opened ? std::string() : opened.error().message();
  if (!opened && failure != port.failure) {
    logger_.warn("a node port is not open on the user's computer", {{"cause", failure}});
    for (const auto& [name, object] : port.services)
      events_.event(*object, "Warning", "PortNotOpened", failure);
  }
  port.failure = failure;
  if (port.services.empty()) port.due = true;
}

void NodePorts::run() {
  std::unique_lock lock(mutex_);
  const auto due = [&] {
    return std::find_if(ports_.begin(), ports_.end(),
                        [](const auto& entry) { return entry.second.due; });
  };
  while (!stopping_) {
    if (const auto next = due(); next != ports_.end()) {
      try_one(lock, next->first);
      continue;
    }
    const bool woken =
        wake_.wait_for(lock, kAgain, [&] { return stopping_ || due() != ports_.end(); });
    if (woken) continue;
    for (auto& [key, port] : ports_) port.due = port.due || !port.open;
  }
}

}  // namespace cove::proxy
