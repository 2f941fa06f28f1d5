#include "core/node/container_status.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/node/pod_plan.h"

namespace cove::node {
namespace {

using State = ContainerRun::State;

std::string container_id(const ContainerRun& run) {
  return "cove://" + run.id;
}

json::object terminated(const ContainerRun& run) {
  std::string_view reason = run.reason;
  if (reason.empty()) reason = run.exit_code == 0 ? "Completed" : "Error";
  json::object state{{"exitCode", run.exit_code}, {"reason", api::key(reason)}};
  if (!run.message.empty()) state["message"] = run.message;
  state["startedAt"] = rfc3339(run.started_at);
  state["finishedAt"] = rfc3339(run.finished_at);
  state["containerID"] = container_id(run);
  return {{"terminated", std::move(state)}};
}

json::object waiting(std::string_view reason, std::string_view message) {
  json::object state{{"reason", api::key(reason)}};
  if (!message.empty()) state["message"] = api::key(message);
  return {{"waiting", std::move(state)}};
}

// What it was when nobody can say any more what became of it.
json::object lost(std::string_view message) {
  return {{"terminated", json::object{{"exitCode", 137},
                                      {"reason", "ContainerStatusUnknown"},
                                      {"message", api::key(message)},
                                      {"startedAt", nullptr},
                                      {"finishedAt", nullptr}}}};
}

void add_allocated(const ContainerFacts& facts, json::object& status) {
  if (const auto* requests = api::object_at(facts.run->resources, {"requests"}))
    status["allocatedResources"] = *requests;
}

void add_mounts(const ContainerFacts& facts, json::object& status) {
  const json::array* const mounts = api::array_at(*facts.spec, {"volumeMounts"});
  if (mounts == nullptr) return;
  json::array out;
  for (const json::value& each : *mounts) {
    if (!each.is_object()) continue;
    const json::object& mount = each.get_object();
    json::object shown{{"name", api::key(api::text_at(mount, {"name"}))},
                       {"mountPath", api::key(api::text_at(mount, {"mountPath"}))}};
    if (api::flag_at(mount, {"readOnly"})) {
      shown["readOnly"] = true;
      shown["recursiveReadOnly"] = "Disabled";
    }
    out.emplace_back(std::move(shown));
  }
  if (!out.empty()) status["volumeMounts"] = std::move(out);
}

void add_user(const ContainerRun& run, json::object& status) {
  json::array groups;
  for (const std::uint32_t group : run.user.groups) groups.emplace_back(group);
  if (groups.empty()) groups.emplace_back(run.user.gid);
  status["user"] = json::object{{"linux", json::object{{"uid", run.user.uid},
                                                       {"gid", run.user.gid},
                                                       {"supplementalGroups", std::move(groups)}}}};
}

// Its regular containers were to run, had it not ended.
bool is_initialized(const PodFacts& pod) {
  return pod.sandbox_attempt > 0 && std::ranges::all_of(pod.containers, [](const auto& each) {
           return each.role != ContainerRole::kInit || (each.exited() && each.run->exit_code == 0);
         });
}

// `before`: the pod has init containers.
json::object state_of(const PodFacts& pod, const ContainerFacts& facts, bool before) {
  const bool will_run = !pod.terminating && (!facts.run || restarts(pod, facts));
  if (will_run && !facts.waiting_reason.empty())
    return waiting(facts.waiting_reason, facts.waiting_message);
  if (!facts.run) {
    if (pod.ended && facts.role == ContainerRole::kRegular && is_initialized(pod))
      return lost("The container could not be located when the pod was terminated");
    return waiting(before ? "PodInitializing" : "ContainerCreating", {});
  }
  switch (facts.run->state) {
    case State::kRunning:
      return {{"running", json::object{{"startedAt", rfc3339(facts.run->started_at)}}}};
    case State::kExited: return terminated(*facts.run);
    case State::kCreated: break;
  }
  return waiting(before ? "PodInitializing" : "ContainerCreating", {});
}

json::object status_of(const PodFacts& pod, const ContainerFacts& facts, bool before) {
  json::object status{{"name", facts.name}};
  json::object state = state_of(pod, facts, before);
  json::object last;
  const bool waits = state.contains("waiting");
  if (facts.exited() && waits) {
    last = terminated(*facts.run);
  } else if (facts.previous) {
    last = terminated(*facts.previous);
  }
  const bool running = state.contains("running");
  const bool started = running && facts.started && !(facts.run && facts.run->hook_pending);
  bool ready = started && facts.ready;
  if (facts.role == ContainerRole::kInit)
    ready = facts.exited() && facts.run->exit_code == 0 && !waits;
  if (facts.role == ContainerRole::kEphemeral) ready = false;
  status["state"] = std::move(state);
  status["lastState"] = std::move(last);
  status["ready"] = ready;
  status["restartCount"] = facts.run ? facts.run->restart : 0;
  status["image"] = facts.run && !facts.run->image.empty()
                        ? json::string(facts.run->image)
                        : json::string(api::key(api::text_at(*facts.spec, {"image"})));
  status["imageID"] = facts.run ? json::string(facts.run->image_id) : json::string();
  if (facts.run) status["containerID"] = container_id(*facts.run);
  if (facts.role != ContainerRole::kEphemeral) status["started"] = started;
  // The next run has no more than this one had, either.
  const bool resize_waits = facts.run && facts.can_be_resized() && !pod.resize_pending.empty();
  if (running || resize_waits) add_allocated(facts, status);
  if (running) {
    status["resources"] = facts.run->resources;
    add_user(*facts.run, status);
  }
  add_mounts(facts, status);
  return status;
}

}  // namespace

json::array container_statuses(const PodFacts& facts, bool init) {
  const auto is_init = [](const ContainerFacts& each) {
    return each.role == ContainerRole::kInit || each.role == ContainerRole::kSidecar;
  };
  const bool before = std::ranges::any_of(facts.containers, is_init);
  std::vector<const ContainerFacts*> chosen;
  for (const ContainerFacts& each : facts.containers) {
    if (init ? is_init(each) : each.role == ContainerRole::kRegular) chosen.push_back(&each);
  }
  if (!init) std::ranges::sort(chosen, {}, [](const auto* each) { return each->name; });
  json::array out;
  for (const ContainerFacts* each : chosen) out.emplace_back(status_of(facts, *each, before));
  return out;
}

json::array ephemeral_statuses(const PodFacts& facts) {
  json::array out;
  for (const ContainerFacts& each : facts.containers) {
    if (each.role == ContainerRole::kEphemeral) out.emplace_back(status_of(facts, each, false));
  }
  return out;
}

}  // namespace cove::node
