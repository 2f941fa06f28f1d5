#include "core/node/pod_plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace cove::node {
namespace {

using State = ContainerRun::State;

bool in_sandbox(const PodFacts& facts, const ContainerFacts& container) {
  return container.run && facts.sandbox_ready && container.run->sandbox == facts.sandbox_attempt;
}

// Rules of a container's own (restartPolicyRules): the first that fits its exit code decides.
std::optional<bool> restart_by_rules(const ContainerFacts& container) {
  const json::array* const rules = api::array_at(*container.spec, {"restartPolicyRules"});
  if (rules == nullptr) return std::nullopt;
  for (const json::value& each : *rules) {
    if (!each.is_object()) continue;
    const json::object& rule = each.get_object();
    const json::array* const values = api::array_at(rule, {"exitCodes", "values"});
    if (values == nullptr) continue;
    const bool listed = std::ranges::any_of(*values, [&](const json::value& value) {
      return value.is_int64() && value.get_int64() == container.run->exit_code;
    });
    const bool in = api::text_at(rule, {"exitCodes", "operator"}) == "In";
    if (listed == in && api::text_at(rule, {"action"}) == "Restart") return true;
  }
  return std::nullopt;
}

class Planner {
 public:
  Planner(const PodFacts& facts, const CrashBackoff& backoff, WallTime now)
      : facts_(facts), backoff_(backoff), now_(now) {}

  PodPlan plan() {
    if (!facts_.sandbox_ready && nothing_left()) {
      plan_.over = true;
      return std::move(plan_);
    }
    plan_.make_sandbox = !facts_.sandbox_ready;
    start_ephemeral();
    if (!start_init()) return std::move(plan_);
    start_regular();
    return std::move(plan_);
  }

 private:
  bool never() const { return restart_policy(*facts_.pod) == "Never"; }

  // Without a sandbox: every regular container has ended for good, or initialization failed for
  // good.
  bool nothing_left() const {
    bool any_ran = false, any_left = false, init_failed = false;
    for (const ContainerFacts& each : facts_.containers) {
      if (each.role == ContainerRole::kRegular) {
        any_ran = any_ran || each.run;
        // One that still runs is ended with what it stands in.
        any_left = any_left || !each.run || (each.exited() ? restarts(facts_, each) : !never());
      } else if (each.role == ContainerRole::kInit) {
        init_failed = init_failed || (each.exited() && each.run->exit_code != 0);
      }
    }
    return !any_left || (init_failed && never() && !any_ran);
  }

  void start_or_wait(std::size_t i) {
    const ContainerFacts& container = facts_.containers[i];
    if (container.exited()) {
      const auto delay = backoff_.delay(container.name, container.run->finished_at, now_);
      if (delay) {
        plan_.wait.push_back({i, *delay, container.run->finished_at + *delay});
        return;
      }
    }
    plan_.start.push_back(i);
  }

  // True when it is to be ended.
  bool kill_if_unwell(std::size_t i) {
    const ContainerFacts& container = facts_.containers[i];
    const ContainerRun& run = *container.run;
    if (run.killing || run.state != State::kRunning) return run.killing;
    const std::string_view image = api::text_at(*container.spec, {"image"});
    if (!container.failed_probe.empty()) {
      const bool again = container.role == ContainerRole::kSidecar || !never();
      plan_.kill.push_back(
          {i, fmt::format("Container {} failed {} probe{}", container.name, container.failed_probe,
                          again ? ", will be restarted" : "")});
      return true;
    }
    if (!run.wanted_image.empty() && run.wanted_image != image) {
      plan_.kill.push_back(
          {i, fmt::format("Container {} definition changed, will be restarted", container.name)});
      return true;
    }
    return false;
  }

  void start_ephemeral() {
    for (std::size_t i = 0; i < facts_.containers.size(); ++i) {
      const ContainerFacts& each = facts_.containers[i];
      if (each.role == ContainerRole::kEphemeral && !each.run && facts_.sandbox_ready)
        plan_.start.push_back(i);
    }
  }

  // True when regular containers may run. The order is the spec's: each waits for those before it.
  bool start_init() {
    const bool initialized = has_initialized(facts_);
    for (std::size_t i = 0; i < facts_.containers.size(); ++i) {
      const ContainerFacts& each = facts_.containers[i];
      if (each.role == ContainerRole::kSidecar) {
        if (!each.exists() || !in_sandbox(facts_, each)) {
          if (!each.exists()) start_or_wait(i);
          if (!initialized) return false;
          continue;
        }
        const bool unwell = kill_if_unwell(i);
        if (!initialized && (unwell || !each.running() || !each.started || each.run->hook_pending))
          return false;
      } else if (each.role == ContainerRole::kInit && !initialized) {
        if (!in_sandbox(facts_, each)) {
          // One that ended in an earlier sandbox is run again: what it did may be gone.
          plan_.start.push_back(i);
          return false;
        }
        if (each.exists()) return false;
        if (each.run->exit_code == 0) continue;
        if (restarts(facts_, each)) {
          start_or_wait(i);
        } else {
          plan_.over = true;
        }
        return false;
      }
    }
    return true;
  }

  void start_regular() {
    bool any = false;
    for (std::size_t i = 0; i < facts_.containers.size(); ++i) {
      const ContainerFacts& each = facts_.containers[i];
      if (each.role != ContainerRole::kRegular) continue;
      if (each.exists()) {
        any = true;
        kill_if_unwell(i);
      } else if (!each.run || restarts(facts_, each)) {
        any = true;
        start_or_wait(i);
      }
    }
    if (any) return;
    plan_ = {};
    plan_.over = true;
  }

  const PodFacts& facts_;
  const CrashBackoff& backoff_;
  const WallTime now_;
  PodPlan plan_;
};

}  // namespace

bool CrashBackoff::expired(const Entry& entry, WallTime finished) {
  return finished - entry.since > 2 * kLongest;
}

std::optional<std::chrono::seconds> CrashBackoff::delay(const std::string& container,
                                                        WallTime finished, WallTime now) const {
  const auto found = entries_.find(container);
  if (found == entries_.end() || expired(found->second, finished)) return std::nullopt;
  if (now - finished >= found->second.delay) return std::nullopt;
  return found->second.delay;
}

void CrashBackoff::restarted(const std::string& container, WallTime finished, WallTime now) {
  const auto [entry, fresh] = entries_.try_emplace(container);
  entry->second.delay = fresh || expired(entry->second, finished)
                            ? kFirst
                            : std::min(entry->second.delay * 2, kLongest);
  entry->second.since = now;
}

bool restarts(const PodFacts& facts, const ContainerFacts& container) {
  if (!container.exited()) return false;
  if (container.role == ContainerRole::kSidecar) return true;
  if (container.role == ContainerRole::kEphemeral) return false;
  const bool failed = container.run->exit_code != 0;
  if (container.role == ContainerRole::kInit && !failed) return false;
  std::string_view policy = restart_policy(*facts.pod);
  if (const auto own = api::text_at(*container.spec, {"restartPolicy"}); !own.empty()) {
    policy = own;
    if (const auto decided = restart_by_rules(container)) return *decided;
  }
  return policy == "Always" || (policy == "OnFailure" && failed);
}

bool has_initialized(const PodFacts& facts) {
  return std::ranges::any_of(facts.containers, [&](const ContainerFacts& each) {
    return each.role == ContainerRole::kRegular && in_sandbox(facts, each);
  });
}

PodPlan plan_pod(const PodFacts& facts, const CrashBackoff& backoff, WallTime now) {
  return Planner(facts, backoff, now).plan();
}

std::vector<std::size_t> plan_termination(const PodFacts& facts) {
  std::vector<std::size_t> out;
  bool others = false;
  for (std::size_t i = 0; i < facts.containers.size(); ++i) {
    const ContainerFacts& each = facts.containers[i];
    if (!each.exists() || each.role == ContainerRole::kSidecar) continue;
    others = true;
    if (!each.run->killing) out.push_back(i);
  }
  if (others) return out;
  for (std::size_t i = facts.containers.size(); i-- > 0;) {
    const ContainerFacts& each = facts.containers[i];
    if (!each.exists() || each.role != ContainerRole::kSidecar) continue;
    if (!each.run->killing) out.push_back(i);
    break;
  }
  return out;
}

}  // namespace cove::node
