// HealthPorts: spec.healthCheckNodePort of Services whose externalTrafficPolicy is Local. Load
// balancers ask there whether this node has endpoints: 200 if so, 503 if not.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/base/fd.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "core/proxy/services.h"

namespace cove::proxy {

// One thread for all; every request is answered alike, whatever it asks for, and its connection
// closed. Bounds: 4 KiB of a request, 64 connections (more are closed), 5 s each. Thread-safe.
class HealthPorts {
 public:
  static Result<std::unique_ptr<HealthPorts>> start(Logger& logger);
  ~HealthPorts();

  // What this Service ("namespace/name") wants; none: nothing. A port that another program has is
  // logged, and tried again whenever the Service changes.
  void set(const std::string& service, const std::optional<HealthPort>& wanted);

 private:
  struct Listener {
    Fd fd;
    HealthPort wanted;
  };
  struct Connection {
    Fd fd;
    std::string service, request;
    std::chrono::steady_clock::time_point deadline;
  };

  HealthPorts(Fd wake, Logger& logger) : wake_(std::move(wake)), logger_(logger) {}
  void run();
  void wake_up();
  void accept_from(const std::string& service);
  bool serve(Connection& connection);  // false: it is over
  std::string answer_for(const std::string& service) const;

  const Fd wake_;
  Logger& logger_;
  mutable std::mutex mutex_;
  std::map<std::string, Listener> listeners_;
  std::vector<Connection> connections_;  // of the thread
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cove::proxy
