// RuleWriter: the thread that brings packet rules into the kernel.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/base/log.h"
#include "core/network/policy_table.h"
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
  // `plan` is called on the thread, with whatever is so then; of several that wait the last one is.
  void set_policies(std::function<network::PolicyRules()> plan);
  // The first state is in the kernel.
  bool synced() const { return synced_; }

 private:
  // What waits.
  struct Work {
    std::optional<network::ServicePorts> all;
    std::map<std::string, std::optional<network::ServicePort>> changes;
    std::function<network::PolicyRules()> policies;
    bool empty() const { return !all && changes.empty() && !policies; }
  };

  RuleWriter(network::ServiceTable services, network::PolicyTable policies, Logger& logger)
      : services_(std::move(services)), policies_(std::move(policies)), logger_(logger) {}
  void run();
  void write(const Work& work);
  void heal();
  // Each failure is logged once.
  void note(const char* what, const Result<void>& done);

  // Of the thread:
  network::ServiceTable services_;
  network::PolicyTable policies_;
  std::map<std::string, std::string> failures_;
  bool has_services_ = false, has_policies_ = false;

  Logger& logger_;
  std::atomic<bool> synced_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  Work work_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cove::proxy
