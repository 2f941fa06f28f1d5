// Binder: gives a pod the node that was chosen for it, its volumes first.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/base/event_loop.h"
#include "core/client/client.h"
#include "core/scheduler/volumes.h"

namespace cove::scheduler {

// On the executor. Everything outlives it. Any number of pods at a time.
class Binder {
 public:
  static constexpr std::chrono::seconds kVolumesTimeout{600};
  // What went wrong; nothing: it is bound.
  using Done = std::function<void(std::optional<std::string> problem)>;

  Binder(client::Transport& transport, Executor& executor, const World& world);
  // Nothing is told afterwards.
  ~Binder();
  Binder(const Binder&) = delete;

  void bind(const PodPtr& pod, const std::string& node, VolumePlan plan, Done done);
  // Claims changed, or went: those waited for may be bound.
  void look_at_claims();
  // The pod is gone: its volumes are not waited for.
  void cancel(std::string_view uid);
  // Volumes are not waited for any more.
  void stop_waiting();
  // Bindings that were begun and not told about.
  std::size_t under_way() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

}  // namespace cove::scheduler
