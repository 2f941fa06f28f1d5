// EventRecorder: tells what happened to an object as core/v1 Events (kubernetes.io "Event v1
// core"), without letting one noisy object fill the store.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/client/backoff.h"
#include "core/client/client.h"

namespace cove::client {

struct EventSource {
  std::string component;  // "deployment-controller"
  std::string host = {};  // the node, of those that run on one
};

struct EventLimits {
  double burst = 25;         // of one source about one object
  double rate = 1.0 / 300;   // a second, once the burst is used up; more is dropped
  std::size_t similar = 10;  // different messages of one reason within `window` that are told
                             // apart; more become one Event "(combined from similar events)"
  std::chrono::seconds window{600};
  std::size_t remembered = 4096;  // events that can be counted up instead of written anew
  std::size_t waiting = 1000;     // to be written; more is dropped
  int attempts = 12;              // while nobody answers
  BackoffLimits backoff{std::chrono::seconds(1), std::chrono::seconds(10), 2.0, 1.0};
};

// Thread-safe. Written one after the other and never waited for: what cannot be written is dropped.
// An event that was told before (same object, type, reason and message) has its count raised.
class EventRecorder {
 public:
  // Everything referred to must outlive it.
  EventRecorder(Transport& transport, const Clock& clock, Random random, Logger& logger,
                EventSource source, EventLimits limits = {});
  // What waits is dropped.
  ~EventRecorder();
  EventRecorder(const EventRecorder&) = delete;

  // `type` is "Normal" or "Warning"; `reason` is one word, "ScalingReplicaSet". A message longer
  // than 1,024 bytes is cut.
  void event(const api::Object& about, std::string_view type, std::string_view reason,
             std::string_view message);
  // About an object that is known by reference only: apiVersion, kind, namespace, name, uid,
  // resourceVersion, fieldPath.
  void event_about(boost::json::object reference, std::string_view type, std::string_view reason,
                   std::string_view message);
  std::size_t dropped() const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

// The reference of an object as involvedObject has it.
boost::json::object reference_to(const api::Object& object);

}  // namespace cove::client
