// RuleWriter: the thread that brings packet rules into the kernel.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/base/log.h"
#include "core/network/service_table.h"

namespace cove::proxy {

// Thread-safe; calls do not wait. What is handed over while a transaction is under way goes into
// the next one together; only the last state of a service port is kept, so what waits is bounded by
// their number. What the kernel refuses is tried again every two seconds, as is whether somebody
// else has removed the rules.
class RuleWriter {
 public:
  // The tables belong to the network namespace of the calling thread.
  static Result<std::unique_ptr<RuleWriter>> start(const network::ServiceTable::Parts& parts,
                                                   Logger& logger);
  // The rules stay. What waits is dropped.
  ~RuleWriter();

  // The first state, in the place of a former instance's.
  void replace(network::ServicePorts all);
  void change(std::map<std::string, std::optional<network::ServicePort>> changes);
  // The first state is in the kernel.
  bool synced() const { return synced_; }

 private:
  RuleWriter(network::ServiceTable table, Logger& logger)
      : table_(std::move(table)), logger_(logger) {}
  void run();
  void note(const Result<void>& done);

  network::ServiceTable table_;  // of the thread
  std::string last_failure_;     // of the thread: each is logged once
  Logger& logger_;
  std::atomic<bool> synced_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::optional<network::ServicePorts> all_;
  std::map<std::string, std::optional<network::ServicePort>> changes_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cove::proxy
