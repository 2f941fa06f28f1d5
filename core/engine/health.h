// Health checks: a process beside the container's own, again and again (Dockerfile reference,
// HEALTHCHECK).
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "core/engine/container.h"
#include "core/engine/containers.h"

namespace cove::engine {

// Takes in one result; true when the status changed. What fails within the start period does not
// count until the container was healthy once.
bool take_result(HealthState& state, const HealthResult& result, const image::HealthCheck& check,
                 std::chrono::nanoseconds since_start);
// Until the next probe.
std::chrono::nanoseconds probe_delay(const HealthState& state, const image::HealthCheck& check,
                                     std::chrono::nanoseconds since_start);

// Thread-safe.
class Health {
 public:
  using Later = std::function<void(std::chrono::nanoseconds, std::function<void()>)>;
  Health(Containers& containers, Later later) : containers_(containers), later_(std::move(later)) {}

  // Before its start is told: sets the status.
  void begin(const ContainerPtr& container);
  void end(const ContainerPtr& container);
  void stop();

 private:
  void schedule(const ContainerPtr& container, std::uint64_t run, std::chrono::nanoseconds delay);
  void probe(const ContainerPtr& container, std::uint64_t run);
  HealthResult run_probe(const ContainerPtr& container, const image::HealthCheck& check,
                         std::stop_token stop);

  Containers& containers_;
  const Later later_;
  std::mutex mutex_;
  std::uint64_t next_run_ = 1;
  struct Run {
    std::uint64_t number = 0;
    std::stop_source stop;
  };
  std::map<std::string, Run> runs_;  // by container
};

}  // namespace cove::engine
