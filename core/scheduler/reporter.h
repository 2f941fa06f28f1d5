// Reporter: what the scheduler writes about pods: events, conditions, nominations; and the end of
// victims.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/client/client.h"
#include "core/client/event_recorder.h"
#include "core/scheduler/pod.h"

namespace cove::scheduler {

// On the executor. Writes are not waited for, but where `done` says so.
class Reporter {
 public:
  // Everything outlives it and its writes.
  Reporter(client::Transport& transport, const Clock& clock, const client::Random& random,
           Logger& logger);

  void scheduled(const PodInfo& pod, const std::string& node);
  // `reason` is that of the condition PodScheduled. `nominated`: status.nominatedNodeName becomes
  // that, "" removes it; nothing: stays.
  void failed(const PodInfo& pod, std::string_view reason, const std::string& message,
              const std::optional<std::string>& nominated);
  void clear_nomination(const PodInfo& pod);
  // Marks the victim, deletes it gracefully, and tells so. One that is going already is left alone.
  void preempt(const PodPtr& victim, const PodInfo& by, const std::string& node,
               std::function<void()> done);

 private:
  client::ResourceClient pods(const PodInfo& pod) const;
  void patch_status(const PodInfo& pod, json::object status, std::function<void(bool)> done) const;

  client::Transport& transport_;
  const Clock& clock_;
  Logger& logger_;
  // Of writes that outlive this.
  std::shared_ptr<client::EventRecorder> events_;
};

}  // namespace cove::scheduler
