// When a container that ended is started again: Docker's restart policies.
#pragma once

#include <chrono>
#include <optional>

#include "core/engine/container_config.h"

namespace cove::engine {

// Of one container. Waits 100 ms, then twice as long each time up to a minute; a run of ten seconds
// starts anew. Not thread-safe.
class RestartBackoff {
 public:
  struct Ended {
    int exit_code = 0;
    int restart_count = 0;  // restarts so far
    bool stopped_by_user = false;
    std::chrono::nanoseconds ran{0};
  };
  // How long to wait before the next start; nothing when it stays ended.
  std::optional<std::chrono::nanoseconds> after(const RestartPolicy& policy, const Ended& ended);
  void reset() { wait_ = std::chrono::nanoseconds(0); }

 private:
  std::chrono::nanoseconds wait_{0};
};

// Whether a container that does not run is to be started when the engine starts.
bool starts_with_engine(const RestartPolicy& policy, bool ran_before, bool stopped_by_user,
                        int exit_code);

}  // namespace cove::engine
