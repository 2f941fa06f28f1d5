#include "core/node/pod_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/api/readers.h"
#include "core/node/container_config.h"
#include "core/node/container_status.h"
#include "core/node/pod_plan.h"

namespace cove::node {
namespace {

struct Condition {
  std::string_view type;
  bool status = true;
  std::string reason = {}, message = {};
};

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("[{}]", fmt::join(names, " "));
}

const json::object* find(const json::array& statuses, std::string_view name) {
  for (const json::value& each : statuses) {
    if (api::text_at(each.get_object(), {"name"}) == name) return &each.get_object();
  }
  return nullptr;
}

struct Counts {
  int pending_init = 0, failed_init = 0, pending_sidecars = 0;
  int running = 0, waiting = 0, stopped = 0, succeeded = 0;
};

void count_init(const json::object& status, Counts& counts) {
  const auto* ended = api::object_at(status, {"state", "terminated"});
  const auto* last = api::object_at(status, {"lastState", "terminated"});
  const auto failed = [](const json::object& end) {
    return api::integer_at(end, {"exitCode"}).value_or(0) != 0;
  };
  if (ended != nullptr) {
    counts.failed_init += failed(*ended);
  } else if (api::object_at(status, {"state", "running"}) != nullptr || last == nullptr) {
    ++counts.pending_init;
  } else {
    counts.failed_init += failed(*last);
  }
}

void count_sidecar(const json::object& status, Counts& counts) {
  if (api::object_at(status, {"state", "running"}) != nullptr) {
    counts.pending_sidecars += !api::flag_at(status, {"started"});
    ++counts.running;
  } else if (api::object_at(status, {"state", "waiting"}) != nullptr &&
             api::object_at(status, {"lastState", "terminated"}) == nullptr) {
    ++counts.pending_sidecars;
    ++counts.waiting;
  }
}

void count_regular(const json::object& status, Counts& counts) {
  if (api::object_at(status, {"state", "running"}) != nullptr) {
    ++counts.running;
  } else if (const auto* ended = api::object_at(status, {"state", "terminated"})) {
    ++counts.stopped;
    counts.succeeded += api::integer_at(*ended, {"exitCode"}).value_or(0) == 0;
  } else if (api::object_at(status, {"lastState", "terminated"}) != nullptr) {
    ++counts.stopped;
  } else {
    ++counts.waiting;
  }
}

std::string_view phase_of_running(const PodFacts& facts, const Counts& counts) {
  const std::string_view policy = restart_policy(*facts.pod);
  if (counts.failed_init > 0 && policy == "Never") return "Failed";
  const bool initializing =
      counts.pending_init > 0 || (counts.pending_sidecars > 0 && !has_initialized(facts));
  if (initializing || counts.waiting > 0) return "Pending";
  if (counts.running > 0) return "Running";
  if (counts.stopped == 0) return "Pending";
  if (facts.ended) return counts.stopped == counts.succeeded ? "Succeeded" : "Failed";
  if (policy == "Always") return "Running";
  if (counts.stopped == counts.succeeded) return "Succeeded";
  return policy == "Never" ? "Failed" : "Running";
}

bool is_terminal(std::string_view phase) {
  return phase == "Succeeded" || phase == "Failed";
}

// An ended pod is Failed or Succeeded; one that may still run something is not.
std::string_view phase_of(const PodFacts& facts, const json::array& init,
                          const json::array& regular) {
  const std::string_view before = api::text_at(facts.pod->document(), {"status", "phase"});
  if (is_terminal(before)) return before;
  if (facts.failed && facts.ended) return "Failed";
  Counts counts;
  for (const ContainerFacts& each : facts.containers) {
    if (each.role == ContainerRole::kEphemeral) continue;
    const bool is_regular = each.role == ContainerRole::kRegular;
    const json::object& status = *find(is_regular ? regular : init, each.name);
    if (each.role == ContainerRole::kInit) count_init(status, counts);
    if (each.role == ContainerRole::kSidecar) count_sidecar(status, counts);
    if (is_regular) count_regular(status, counts);
  }
  const std::string_view phase = phase_of_running(facts, counts);
  if (facts.ended) return is_terminal(phase) ? phase : "Failed";
  if (!is_terminal(phase)) return phase;
  return before.empty() ? "Pending" : before;
}

bool any_has_run(const json::array& regular) {
  return std::ranges::any_of(regular, [](const json::value& each) {
    return api::object_at(each.get_object(), {"state", "waiting"}) == nullptr;
  });
}

Condition initialized(const PodFacts& facts, const json::array& init, const json::array& regular,
                      std::string_view phase) {
  Condition condition{.type = "Initialized"};
  std::vector<std::string> incomplete;
  for (const ContainerFacts& each : facts.containers) {
    const bool sidecar = each.role == ContainerRole::kSidecar;
    if (each.role != ContainerRole::kInit && !sidecar) continue;
    if (!api::flag_at(*find(init, each.name), {sidecar ? "started" : "ready"}))
      incomplete.push_back(each.name);
  }
  if (phase == "Succeeded") {
    condition.reason = "PodCompleted";
  } else if (!incomplete.empty() && !any_has_run(regular)) {
    condition.status = false;
    condition.reason = "ContainersNotInitialized";
    condition.message = "containers with incomplete status: " + joined(incomplete);
  }
  return condition;
}

Condition containers_ready(const PodFacts& facts, const json::array& init,
                           const json::array& regular, std::string_view phase) {
  Condition condition{.type = "ContainersReady"};
  std::vector<std::string> unready;
  for (const ContainerFacts& each : facts.containers) {
    const bool is_regular = each.role == ContainerRole::kRegular;
    if (!is_regular && each.role != ContainerRole::kSidecar) continue;
    if (!api::flag_at(*find(is_regular ? regular : init, each.name), {"ready"}))
      unready.push_back(each.name);
  }
  if (is_terminal(phase)) {
    condition.status = false;
    condition.reason = phase == "Succeeded" ? "PodCompleted" : "PodFailed";
  } else if (!unready.empty()) {
    condition.status = false;
    condition.reason = "ContainersNotReady";
    condition.message = "containers with unready status: " + joined(unready);
  }
  return condition;
}

Condition ready(const PodFacts& facts, const Condition& containers) {
  Condition condition = containers;
  condition.type = "Ready";
  const json::object& pod = facts.pod->document();
  const json::array* const gates = api::array_at(pod, {"spec", "readinessGates"});
  if (!containers.status || gates == nullptr) return condition;
  const json::array* const conditions = api::array_at(pod, {"status", "conditions"});
  std::vector<std::string> closed;
  for (const json::value& each : *gates) {
    if (!each.is_object()) continue;
    const std::string_view type = api::text_at(each.get_object(), {"conditionType"});
    const json::object* const found =
        conditions == nullptr ? nullptr : [&]() -> const json::object* {
      for (const json::value& one : *conditions) {
        if (one.is_object() && api::text_at(one.get_object(), {"type"}) == type)
          return &one.get_object();
      }
      return nullptr;
    }();
    if (found == nullptr) {
      closed.push_back(fmt::format(
          "corresponding condition of pod readiness gate {} does not exist.", api::quote(type)));
    } else if (const auto status = api::text_at(*found, {"status"}); status != "True") {
      closed.push_back(fmt::format("the status of pod readiness gate {} is not \"True\", but {}",
                                   api::quote(type), status));
    }
  }
  if (!closed.empty()) {
    condition.status = false;
    condition.reason = "ReadinessGatesNotReady";
    condition.message = fmt::format("{}", fmt::join(closed, ", "));
  }
  return condition;
}

// The time of the last transition is kept while the status is the same.
json::object to_json(const Condition& condition, const api::Object& pod, WallTime now) {
  const json::object* const before = api::condition_of(pod.document(), condition.type);
  const std::string_view status = condition.status ? "True" : "False";
  json::object out{{"type", api::key(condition.type)}, {"status", api::key(status)}};
  if (!condition.reason.empty()) out["reason"] = condition.reason;
  if (!condition.message.empty()) out["message"] = condition.message;
  out["lastProbeTime"] = nullptr;
  const std::string_view since =
      before == nullptr ? "" : api::text_at(*before, {"lastTransitionTime"});
  const bool same =
      before != nullptr && api::text_at(*before, {"status"}) == status && !since.empty();
  out["lastTransitionTime"] = same ? json::string(api::key(since)) : json::string(rfc3339(now));
  if (pod.generation() > 0) out["observedGeneration"] = pod.generation();
  return out;
}

void add_addresses(const PodFacts& facts, json::object& status) {
  const auto add = [&](const char* one, const char* many, const std::string& address) {
    if (address.empty()) return;
    status[one] = address;
    status[many] = json::array{json::object{{"ip", address}}};
  };
  add("hostIP", "hostIPs", facts.host_address);
  add("podIP", "podIPs", facts.address);
}

void add_common(const api::Object& pod, json::object& status) {
  if (pod.generation() > 0) status["observedGeneration"] = pod.generation();
  status["qosClass"] = api::key(qos_class(pod));
}

}  // namespace

json::object pod_status(const PodFacts& facts, WallTime now) {
  const api::Object& pod = *facts.pod;
  const json::array init = container_statuses(facts, true);
  const json::array regular = container_statuses(facts, false);
  const json::array ephemeral = ephemeral_statuses(facts);
  const std::string_view phase = phase_of(facts, init, regular);
  const Condition containers = containers_ready(facts, init, regular, phase);
  json::array conditions;
  const auto add = [&](const Condition& condition) {
    conditions.emplace_back(to_json(condition, pod, now));
  };
  add({.type = "PodReadyToStartContainers", .status = facts.sandbox_ready});
  add(initialized(facts, init, regular, phase));
  add(ready(facts, containers));
  add(containers);
  add({.type = "PodScheduled"});
  if (!facts.resize_pending.empty())
    add({.type = "PodResizePending",
         .reason = facts.resize_pending,
         .message = facts.resize_pending_message});
  if (facts.resizing || !facts.resize_error.empty()) {
    Condition resizing{.type = "PodResizeInProgress"};
    if (!facts.resize_error.empty()) {
      resizing.reason = "Error";
      resizing.message = facts.resize_error;
    }
    add(resizing);
  }
  if (!facts.disruption_reason.empty() && facts.ended)
    add({.type = "DisruptionTarget", .reason = facts.disruption_reason, .message = facts.message});

  json::object status{{"phase", api::key(phase)}, {"conditions", std::move(conditions)}};
  if (facts.failed && facts.ended) {
    status["reason"] = facts.reason;
    status["message"] = facts.message;
  }
  add_addresses(facts, status);
  const std::string_view since = api::text_at(pod.document(), {"status", "startTime"});
  status["startTime"] =
      since.empty() ? json::string(rfc3339(facts.accepted_at)) : json::string(api::key(since));
  add_common(pod, status);
  if (!init.empty()) status["initContainerStatuses"] = init;
  status["containerStatuses"] = regular;
  if (!ephemeral.empty()) status["ephemeralContainerStatuses"] = ephemeral;
  return status;
}

json::object refused_status(const api::Object& pod, std::string_view reason,
                            std::string_view message, WallTime now) {
  json::object status{{"phase", "Failed"},
                      {"reason", api::key(reason)},
                      {"message", fmt::format("Pod was rejected: {}", message)},
                      {"startTime", rfc3339(now)}};
  add_common(pod, status);
  return status;
}

json::object status_patch(const api::Object& pod, const json::object& wanted) {
  static const json::object kNothing;
  const json::object* found = api::object_at(pod.document(), {"status"});
  const json::object& old = found == nullptr ? kNothing : *found;
  json::object change;
  for (const auto& member : wanted) {
    const std::string_view name = member.key();
    if (name == "conditions") continue;
    const json::value* const before = api::member(old, name);
    if (before != nullptr && api::same(*before, member.value())) continue;
    json::value& value = change[member.key()] = member.value();
    // These lists would be merged by address, and the old one kept.
    if (name == "podIPs" || name == "hostIPs")
      value.get_array().emplace_back(json::object{{"$patch", "replace"}});
  }
  json::array conditions;
  const json::array* const all = api::array_at(wanted, {"conditions"});
  for (const json::value& each : all == nullptr ? json::array() : *all) {
    json::object condition = each.get_object();
    const json::object* const before =
        api::condition_of(pod.document(), api::text_at(condition, {"type"}));
    for (const char* field : {"reason", "message"}) {
      if (before != nullptr && before->contains(field) && !condition.contains(field))
        condition[field] = nullptr;
    }
    const bool same = before != nullptr && std::ranges::all_of(condition, [&](const auto& member) {
                        const json::value* const had = before->if_contains(member.key());
                        if (member.value().is_null()) return had == nullptr || had->is_null();
                        return had != nullptr && api::same(*had, member.value());
                      });
    if (!same) conditions.emplace_back(std::move(condition));
  }
  // Those of ours that do not hold any more.
  for (const char* type : {"PodResizePending", "PodResizeInProgress"}) {
    const bool still = std::ranges::any_of(
        all == nullptr ? json::array() : *all,
        [&](const json::value& each) { return api::text_at(each.get_object(), {"type"}) == type; });
    if (all != nullptr && !still && api::condition_of(pod.document(), type) != nullptr)
      conditions.emplace_back(json::object{{"$patch", "delete"}, {"type", type}});
  }
  if (!conditions.empty()) change["conditions"] = std::move(conditions);
  if (change.empty()) return {};
  return {{"metadata", json::object{{"uid", api::key(pod.uid())}}}, {"status", std::move(change)}};
}

}  // namespace cove::node
