// PodWorker: new resources of containers that run (kubernetes.io "Resize CPU and Memory Resources
// assigned to Containers").
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <map>

#include "core/node/container_resources.h"
#include "core/node/pod_worker.h"

namespace cove::node {
namespace {

constexpr std::chrono::seconds kRetry{10};

// Whether a container has to be started anew for what has changed between the two.
bool needs_restart(const ContainerFacts& container, const json::object& wanted) {
  const json::array* const policies = api::array_at(*container.spec, {"resizePolicy"});
  if (policies == nullptr) return false;
  return std::ranges::any_of(*policies, [&](const json::value& each) {
    if (!each.is_object()) return false;
    const json::object& policy = each.get_object();
    if (api::text_at(policy, {"restartPolicy"}) != "RestartContainer") return false;
    const std::string_view resource = api::text_at(policy, {"resourceName"});
    return std::ranges::any_of(std::initializer_list<const char*>{"requests", "limits"},
                               [&](auto part) {
                                 return api::text_at(wanted, {part, resource}) !=
                                        api::text_at(container.run->resources, {part, resource});
                               });
  });
}

bool can_be_resized(const ContainerFacts& container) {
  return container.role == ContainerRole::kRegular || container.role == ContainerRole::kSidecar;
}

bool differs(const ContainerFacts& container) {
  return container.running() && can_be_resized(container) &&
         !api::same(resources_of(container), container.run->resources);
}

// In the order of their names, as upstream writes them.
json::object summary_of(const ContainerFacts& container) {
  json::object resources;
  for (const char* const part : {"limits", "requests"}) {
    const json::object* const amounts = api::object_at(*container.spec, {"resources", part});
    if (amounts == nullptr || amounts->empty()) continue;
    std::map<std::string, json::value> sorted;
    for (const auto& [name, value] : *amounts) sorted.emplace(name, value);
    json::object& into = resources[part].emplace_object();
    for (const auto& [name, value] : sorted) into[name] = value;
  }
  return {{"name", container.name}, {"resources", std::move(resources)}};
}

}  // namespace

void PodWorker::tell_resize(std::string_view type, std::string_view reason, std::string_view what,
                            const std::string& error) {
  json::array sidecars, containers;
  for (const ContainerFacts& each : facts_.containers) {
    if (!can_be_resized(each)) continue;
    (each.role == ContainerRole::kSidecar ? sidecars : containers).push_back(summary_of(each));
  }
  json::object summary;
  if (!sidecars.empty()) summary["initContainers"] = std::move(sidecars);
  if (!containers.empty()) summary["containers"] = std::move(containers);
  summary["generation"] = facts_.pod->generation();
  if (!error.empty()) summary["error"] = error;
  tell(type, reason, fmt::format("Pod resize {}: {}", what, json::serialize(summary)));
}

// Once for each generation that asks for other resources.
void PodWorker::begin_resize() {
  facts_.resizing = true;
  if (resized_generation_ == facts_.pod->generation()) return;
  resized_generation_ = facts_.pod->generation();
  tell_resize("Normal", "ResizeStarted", "started");
}

void PodWorker::end_resize() {
  if (!facts_.resizing) return;
  const bool restarting = std::ranges::any_of(facts_.containers, [&](const ContainerFacts& each) {
    return resize_restarts_.contains(each.name) && (!each.running() || each.run->killing);
  });
  if (restarting && !facts_.ended) return;
  facts_.resizing = false;
  facts_.resize_error.clear();
  resize_restarts_.clear();
  resized_generation_.reset();
  tell_resize("Normal", "ResizeCompleted", "completed");
  ask_sync();
}

// One container after the other, the pod's own bound before a container's grows within it.
void PodWorker::resize() {
  if (making_ || facts_.terminating) return;
  if (resize_has_to_wait()) return wake_at(environment_.clock.wall() + kRetry);
  for (std::size_t i = 0; i < facts_.containers.size(); ++i) {
    ContainerFacts& each = facts_.containers[i];
    if (!differs(each) || each.run->killing) continue;
    if (environment_.clock.wall() < resize_not_before_) return wake_at(resize_not_before_);
    begin_resize();
    json::object wanted = resources_of(each);
    if (needs_restart(each, wanted)) {
      resize_restarts_.insert(each.name);
      kill(i, grace_of(each), fmt::format("Container {} resize requires restart", each.name));
      continue;
    }
    return resize_one(each, std::move(wanted));
  }
  end_resize();
}

void PodWorker::resize_one(const ContainerFacts& container, json::object wanted) {
  making_ = true;
  const auto done = std::make_shared<Result<void>>();
  environment_.background.run(
      [&environment = environment_, pod = facts_.pod, spec = container.spec, id = container.run->id,
       done] {
        // What grows in a pod has to grow before its containers, and what shrinks can only shrink
        // after them: only the second time everything fits.
        static_cast<void>(environment.sandboxes.resize(*pod));
        *done = environment.runtime.update(id, container_limits(*pod, *spec));
        if (*done) *done = environment.sandboxes.resize(*pod);
      },
      guarded([this, id = container.run->id, wanted = std::move(wanted), done] {
        making_ = false;
        ContainerFacts* const resized = container_of_run(id);
        if (!*done) {
          const std::string error = done->error().message();
          if (std::exchange(facts_.resize_error, error) != error)
            tell_resize("Warning", "ResizeError", "error", error);
          resize_not_before_ = environment_.clock.wall() + kRetry;
        } else {
          facts_.resize_error.clear();
          if (resized != nullptr) resized->run->resources = wanted;
        }
        make_next();
        ask_sync();
      }));
}

bool PodWorker::resize_has_to_wait() {
  const bool asked = std::ranges::any_of(facts_.containers, differs);
  const auto refusal = asked ? environment_.refuses_resize(*facts_.pod) : std::optional<Refusal>();
  const std::string reason = refusal ? refusal->reason : "";
  const std::string message = refusal ? refusal->message : "";
  const bool told = facts_.resize_pending == reason && facts_.resize_pending_message == message &&
                    pending_generation_ == facts_.pod->generation();
  facts_.resize_pending = reason;
  facts_.resize_pending_message = message;
  if (refusal && !told) {
    pending_generation_ = facts_.pod->generation();
    tell_resize("Warning", "Resize" + reason, reason, message);
  }
  return refusal.has_value();
}

}  // namespace cove::node
