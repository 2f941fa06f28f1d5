// Notifier: tells a backend's subscribers, from one thread of its own, which machine may have
// changed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "vm/backend/backend.h"

namespace cove::vm {

// Thread-safe. Names that wait for delivery are coalesced, so the queue is bounded by the number of
// machines; past 1024 names they become the empty name ("anything may have changed").
class Notifier {
 public:
  Notifier();
  ~Notifier();  // waits for a call under way; subscriptions may outlive it
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  // As Backend::subscribe. A subscription may be destroyed from inside its own call.
  std::unique_ptr<Backend::Subscription> subscribe(
      std::function<void(const std::string& machine)> changed);
  void notify(const std::string& machine);

 private:
  struct State;
  class Handle;
  std::shared_ptr<State> state_;
  std::jthread thread_;
};

}  // namespace cove::vm
