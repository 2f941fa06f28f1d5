#include <fmt/format.h>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/readers.h"
#include "core/api/time.h"

namespace cove::api::pods {
namespace {

void note_restart(Summary& summary, const json::object& container) {
  summary.restarts += integer_at(container, {"restartCount"}).value_or(0);
  const std::string_view ended = text_at(container, {"lastState", "terminated", "finishedAt"});
  if (ended > summary.last_restart) summary.last_restart = ended;
}

// Why a container has ended, when its status has no word for it.
std::string exit_text(const json::object& ended) {
  const std::int64_t signal = integer_at(ended, {"signal"}).value_or(0);
  return signal != 0 ? fmt::format("Signal:{}", signal)
                     : fmt::format("ExitCode:{}", integer_at(ended, {"exitCode"}).value_or(0));
}

std::string ended_text(const json::object& ended) {
  const std::string_view reason = text_at(ended, {"reason"});
  return reason.empty() ? exit_text(ended) : std::string(reason);
}

std::set<std::string_view> sidecar_names(const json::object& pod) {
  std::set<std::string_view> names;
  rules::each(array_at(pod, {"spec", "initContainers"}),
              [&](const json::object& container, std::size_t) {
                if (text_at(container, {"restartPolicy"}) == "Always") {
                  names.insert(text_at(container, {"name"}));
                }
              });
  return names;
}

// The first init container that has not done its work, as text; empty when all have. Restarts are
// summed up to it; those of sidecars also into `sidecars`.
std::string initializing(const json::object& pod, Summary& summary, Summary& sidecars) {
  const json::array* const statuses = array_at(pod, {"status", "initContainerStatuses"});
  if (statuses == nullptr) return {};
  const std::size_t count = rules::size_at(pod, {"spec", "initContainers"});
  const std::set<std::string_view> names = sidecar_names(pod);
  for (std::size_t i = 0; i < statuses->size(); ++i) {
    const json::object* const container = (*statuses)[i].if_object();
    if (container == nullptr) continue;
    const bool sidecar = names.contains(text_at(*container, {"name"}));
    note_restart(summary, *container);
    if (sidecar) note_restart(sidecars, *container);
    const json::object* const ended = object_at(*container, {"state", "terminated"});
    if (ended != nullptr && integer_at(*ended, {"exitCode"}).value_or(0) == 0) continue;
    if (sidecar && flag_at(*container, {"started"})) {
      if (flag_at(*container, {"ready"})) ++summary.ready;
      continue;
    }
    if (ended != nullptr) return "Init:" + ended_text(*ended);
    const std::string_view waits = text_at(*container, {"state", "waiting", "reason"});
    if (!waits.empty() && waits != "PodInitializing") return fmt::format("Init:{}", waits);
    return fmt::format("Init:{}/{}", i, count);
  }
  return {};
}

void note_containers(const json::object& pod, Summary& summary) {
  const json::array* const statuses = array_at(pod, {"status", "containerStatuses"});
  if (statuses == nullptr) return;
  bool runs = false;
  for (std::size_t i = statuses->size(); i-- > 0;) {
    const json::object* const container = (*statuses)[i].if_object();
    if (container == nullptr) continue;
    note_restart(summary, *container);
    const std::string_view waits = text_at(*container, {"state", "waiting", "reason"});
    const json::object* const ended = object_at(*container, {"state", "terminated"});
    if (!waits.empty()) {
      summary.reason = waits;
    } else if (ended != nullptr) {
      summary.reason = ended_text(*ended);
    } else if (flag_at(*container, {"ready"}) && rules::has(*container, {"state", "running"})) {
      runs = true;
      ++summary.ready;
    }
  }
  if (summary.reason == "Completed" && runs) {
    summary.reason = condition_holds(pod, "Ready") ? "Running" : "NotReady";
  }
}

json::value text_or_none(std::string_view text) {
  return rules::cell(text.empty() ? "<none>" : text);
}

std::string readiness_gates(const json::object& pod) {
  const json::array* const gates = array_at(pod, {"spec", "readinessGates"});
  if (gates == nullptr || gates->empty()) return "<none>";
  std::set<std::string_view> holding;
  rules::each(array_at(pod, {"status", "conditions"}),
              [&](const json::object& condition, std::size_t) {
                if (text_at(condition, {"status"}) == "True") {
                  holding.insert(text_at(condition, {"type"}));
                }
              });
  std::size_t open = 0;
  rules::each(gates, [&](const json::object& gate, std::size_t) {
    open += holding.count(text_at(gate, {"conditionType"}));
  });
  return fmt::format("{}/{}", open, gates->size());
}

}  // namespace

Summary summarize(const json::object& pod) {
  const std::string_view phase = text_at(pod, {"status", "phase"});
  const std::string_view reason = text_at(pod, {"status", "reason"});
  Summary summary;
  summary.reason = reason.empty() ? phase : reason;
  rules::each(array_at(pod, {"status", "conditions"}),
              [&](const json::object& condition, std::size_t) {
                if (text_at(condition, {"type"}) == "PodScheduled" &&
                    text_at(condition, {"reason"}) == "SchedulingGated") {
                  summary.reason = "SchedulingGated";
                }
              });
  summary.total = rules::size_at(pod, {"spec", "containers"});
  rules::each(array_at(pod, {"spec", "initContainers"}),
              [&](const json::object& container, std::size_t) {
                if (text_at(container, {"restartPolicy"}) == "Always") ++summary.total;
              });
  Summary sidecars;
  const std::string init = initializing(pod, summary, sidecars);
  if (!init.empty()) summary.reason = init;
  if (init.empty() || condition_holds(pod, "Initialized")) {
    summary.restarts = sidecars.restarts;
    summary.last_restart = sidecars.last_restart;
    note_containers(pod, summary);
  }
  if (rules::has(pod, {"metadata", "deletionTimestamp"})) {
    if (reason == "NodeLost") {
      summary.reason = "Unknown";
    } else if (phase != "Succeeded" && phase != "Failed") {
      summary.reason = "Terminating";
    }
  }
  return summary;
}

std::string_view address_of(const json::object& pod) {
  const json::array* const ips = array_at(pod, {"status", "podIPs"});
  if (ips == nullptr || ips->empty() || !ips->front().is_object()) {
    return text_at(pod, {"status", "podIP"});
  }
  return text_at(ips->front().get_object(), {"ip"});
}

std::string restarts_text(const Summary& summary, WallTime now) {
  if (summary.restarts == 0 || summary.last_restart.empty())
    return std::to_string(summary.restarts);
  return fmt::format("{} ({} ago)", summary.restarts, age(summary.last_restart, now));
}

json::array cells(const json::object& pod, WallTime now) {
  const Summary summary = summarize(pod);
  return {rules::name_cell(pod),
          rules::cell(fmt::format("{}/{}", summary.ready, summary.total)),
          rules::cell(summary.reason),
          rules::cell(restarts_text(summary, now)),
          rules::age_cell(pod, now),
          text_or_none(address_of(pod)),
          text_or_none(text_at(pod, {"spec", "nodeName"})),
          text_or_none(text_at(pod, {"status", "nominatedNodeName"})),
          rules::cell(readiness_gates(pod))};
}

}  // namespace cove::api::pods
