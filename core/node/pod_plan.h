// What is to be done next for a pod: a pure function of what is known about it (kubernetes.io "Pod
// Lifecycle", "Init Containers", "Sidecar Containers").
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/node/pod_model.h"

namespace cove::node {

// How long a container that keeps ending waits for its next run: nothing at first, then 10 s,
// doubled up to 300 s; anew after a run of more than ten minutes.
class CrashBackoff {
 public:
  static constexpr std::chrono::seconds kFirst{10}, kLongest{300};

  // The delay that a container which ended at `finished` is still in.
  std::optional<std::chrono::seconds> delay(const std::string& container, WallTime finished,
                                            WallTime now) const;
  // It is started again now.
  void restarted(const std::string& container, WallTime finished, WallTime now);

 private:
  struct Entry {
    std::chrono::seconds delay{0};
    WallTime since{};
  };
  static bool expired(const Entry& entry, WallTime finished);
  std::map<std::string, Entry> entries_;
};

// Indices are those of PodFacts::containers.
struct PodPlan {
  struct Kill {
    std::size_t container = 0;
    std::string message = {};  // of the event Killing
  };
  struct Wait {
    std::size_t container = 0;
    std::chrono::seconds delay{0};  // all of it
    WallTime until{};
  };
  bool make_sandbox = false;  // before anything is started
  std::vector<std::size_t> start = {};
  std::vector<Kill> kill = {};
  std::vector<Wait> wait = {};  // in their crash loop
  bool over = false;            // nothing is to run any more: what still runs is to be ended
};

PodPlan plan_pod(const PodFacts& facts, const CrashBackoff& backoff, WallTime now);

// What is to be told to end now, of a pod that is: all but sidecars at once, then sidecars, the
// last one first.
std::vector<std::size_t> plan_termination(const PodFacts& facts);

// Whether a run that ended is followed by another.
bool restarts(const PodFacts& facts, const ContainerFacts& container);
// A regular container has run in this sandbox: init containers are done for good.
bool has_initialized(const PodFacts& facts);

}  // namespace cove::node
