// pods/binding and pods/eviction (kubernetes.io "Pod Lifecycle", "API-initiated Eviction").

#include <fmt/format.h>

#include "core/api/apply.h"
#include "core/api/pods.h"
#include "core/api/readers.h"
#include "core/api/selector.h"
#include "core/base/strings.h"
#include "core/server/custom_kinds.h"
#include "core/server/resources.h"
#include "core/server/status.h"

namespace cove::server {
namespace {

constexpr std::size_t kMaxDisrupted = 2000;
constexpr int kRetrySeconds = 10;

json::object success() {
  return json::object{{"kind", "Status"},
                      {"apiVersion", "v1"},
                      {"metadata", json::object()},
                      {"status", "Success"},
                      {"code", 201}};
}

// Why a pod cannot be given to a node; empty: it can.
std::string unbindable(const json::object& pod) {
  const std::string_view name = api::text_at(pod, {"metadata", "name"});
  if (api::value_at(pod, {"metadata", "deletionTimestamp"}) != nullptr)
    return fmt::format("pod {} is being deleted, cannot be assigned to a host", name);
  if (const auto node = api::text_at(pod, {"spec", "nodeName"}); !node.empty())
    return fmt::format("pod {} is already assigned to node {}", name, api::quote(node));
  const json::array* const gates = api::array_at(pod, {"spec", "schedulingGates"});
  if (gates != nullptr && !gates->empty())
    return fmt::format("pod {} has non-empty .spec.schedulingGates", name);
  return {};
}

void set_pod_condition(json::object& pod, std::string_view type, std::string_view reason,
                       std::string_view message, WallTime now) {
  json::object condition{{"type", api::key(type)},
                         {"status", "True"},
                         {"lastProbeTime", nullptr},
                         {"lastTransitionTime", rfc3339(now)}};
  if (!reason.empty()) condition["reason"] = api::key(reason);
  if (!message.empty()) condition["message"] = api::key(message);
  for (json::value& each : api::make_array_at(pod, {"status", "conditions"})) {
    if (each.is_object() && api::text_at(each.get_object(), {"type"}) == type) {
      each = std::move(condition);
      return;
    }
  }
  api::make_array_at(pod, {"status", "conditions"}).emplace_back(std::move(condition));
}

// A pod that serves nobody does not count for any budget.
bool ignores_budgets(const json::object& pod) {
  return api::has_ended(pod) || api::text_at(pod, {"status", "phase"}) == "Pending" ||
         api::value_at(pod, {"metadata", "deletionTimestamp"}) != nullptr;
}

Refusal over_budget(std::string message, int retry_after_seconds) {
  Refusal refusal = refuse::too_many_requests(
      "Cannot evict pod as it would violate the pod's disruption budget.", retry_after_seconds);
  refusal.details["causes"] =
      json::array{json::object{{"reason", "DisruptionBudget"}, {"message", std::move(message)}}};
  return refusal;
}

// Takes one disruption from a budget.
Outcome<void> spend(json::object& budget, const api::Kind& kind, std::string_view pod,
                    WallTime now) {
  const std::string_view name = api::text_at(budget, {"metadata", "name"});
  const auto number = [&](std::string_view field) {
    return api::integer_at(budget, {"status", field}).value_or(0);
  };
  if (number("observedGeneration") <
      api::integer_at(budget, {"metadata", "generation"}).value_or(0))
    return over_budget(
        fmt::format("The disruption budget {} is still being processed by the server.", name),
        kRetrySeconds);
  if (number("disruptionsAllowed") < 0)
    return refuse::forbidden(kind, name, "pdb disruptions allowed is negative");
  json::object& disrupted = api::make_object_at(budget, {"status", "disruptedPods"});
  if (disrupted.size() > kMaxDisrupted) {
    return refuse::forbidden(
        kind, name,
        "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
  }
  if (number("disruptionsAllowed") == 0) {
    return over_budget(
        fmt::format("The disruption budget {} needs {} healthy pods and has {} currently", name,
                    number("desiredHealthy"), number("currentHealthy")),
        0);
  }
  api::set_at(budget, {"status", "disruptionsAllowed"}, number("disruptionsAllowed") - 1);
  if (number("disruptionsAllowed") == 0)
    set_condition(budget, {"DisruptionAllowed", "False", "InsufficientPods", ""}, now);
  disrupted[api::key(pod)] = rfc3339(now);
  return {};
}

}  // namespace

// pods/<name>/binding, and the older creates of bindings, whose name is the pod's.
void Resources::bind(const CallPtr& call) {
  if (!call->body) return respond(call, call->body.error());
  const json::object& binding = *call->body;
  const auto kind = call->registry->resource("", "v1", "pods");
  std::string name(api::text_at(binding, {"metadata", "name"}));
  if (call->subresource != nullptr) {
    if (!name.empty() && name != call->info.name)
      return respond(call,
                     refuse::bad_request("name in URL does not match name in Binding object"));
    name = call->info.name;
  }
  const std::string_view target = api::text_at(binding, {"target", "kind"});
  const std::string node(api::text_at(binding, {"target", "name"}));
  api::ErrorList errors;
  if (!target.empty() && target != "Node")
    errors.not_supported("target.kind", json::value(api::key(target)), {"Node", "<empty>"});
  if (node.empty()) errors.required("target.name");
  if (!errors.empty()) {
    const api::Kind bindings{.gvk = {"", "v1", "Binding"}, .plural = "bindings", .singular = ""};
    return respond(call, refuse::invalid(bindings, name, errors));
  }
  const std::string key = storage_key(*kind, call->info.namespace_name, name);
  const api::ObjectPtr old = storage_.newest(key);
  if (!old) return respond(call, refuse::not_found(*kind, name));
  api::Kind pods_binding{.gvk = {"", "v1", "Binding"}, .plural = "pods/binding", .singular = ""};
  if (const auto uid = api::text_at(binding, {"metadata", "uid"});
      !uid.empty() && uid != old->uid()) {
    return respond(
        call, refuse::conflict(pods_binding, name,
                               fmt::format("Precondition failed: UID in precondition: {}, UID in "
                                           "object meta: {}",
                                           uid, old->uid())));
  }
  if (const std::string why = unbindable(old->document()); !why.empty())
    return respond(call, refuse::conflict(pods_binding, name, why));
  json::object next = old->document();
  api::set_at(next, {"spec", "nodeName"}, json::value(node));
  for (const std::string_view field : {"annotations", "labels"}) {
    const json::object* const given = api::object_at(binding, {"metadata", field});
    if (given == nullptr || given->empty()) continue;
    json::object& all = api::make_object_at(next, {"metadata", field});
    for (const auto& member : *given) all[member.key()] = member.value();
  }
  set_pod_condition(next, "PodScheduled", "", "", call->now);
  api::FieldWriter writer{.kind = *kind,
                          .manager = call->options->field_manager,
                          .subresource = "binding",
                          .now = call->now,
                          .versions = {}};
  api::track_update(writer, &old->document(), next);
  if (call->options->dry_run) return respond_document(call, 201, success());
  storage_.write(key, std::move(next), revision_of(*old), [call](Result<api::ObjectPtr> written) {
    if (!written) return respond(call, refuse::of_store(written.error()));
    respond_document(call, 201, success());
  });
}

// The budget that an eviction is taken from, with that done; nothing when none is concerned.
Outcome<std::optional<json::object>> Resources::budget_for(const Call& call,
                                                           const json::object& pod) const {
  const auto kind = call.registry->resource("policy", "v1", "poddisruptionbudgets");
  api::ObjectPtr found;
  for (const api::ObjectPtr& each :
       objects("policy", "poddisruptionbudgets", call.info.namespace_name)) {
    const json::object* const selector = api::object_at(each->document(), {"spec", "selector"});
    if (selector == nullptr) continue;
    const auto selects = api::LabelSelector::from_document(selector);
    if (!selects || !selects->matches(pod)) continue;
    if (found) {
      return refuse::internal(
          "This pod has more than one PodDisruptionBudget, which the eviction subresource does not "
          "support.");
    }
    found = each;
  }
  if (!found) return std::optional<json::object>();
  // Those of the state with writes in flight: two evictions at once spend twice.
  if (const api::ObjectPtr newest =
          storage_.newest(storage_key(*kind, call.info.namespace_name, found->name())))
    found = newest;
  json::object budget = found->document();
  if (!api::condition_holds(pod, "Ready")) {
    const std::int64_t healthy = api::integer_at(budget, {"status", "currentHealthy"}).value_or(0);
    const std::int64_t wanted = api::integer_at(budget, {"status", "desiredHealthy"}).value_or(0);
    const bool always =
        api::text_at(budget, {"spec", "unhealthyPodEvictionPolicy"}) == "AlwaysAllow";
    if (always || (healthy >= wanted && wanted > 0)) return std::optional<json::object>();
  }
  auto spent = spend(budget, *kind, api::text_at(pod, {"metadata", "name"}), call.now);
  if (!spent) return spent.error();
  return std::optional<json::object>(std::move(budget));
}

void Resources::evict(const CallPtr& call) {
  if (!call->body) return respond(call, call->body.error());
  const auto options = read_eviction_options(*call);
  if (!options) return respond(call, options.error());
  if (const auto name = api::text_at(*call->body, {"metadata", "name"});
      !name.empty() && name != call->info.name)
    return respond(call, refuse::bad_request("name in URL does not match name in Eviction object"));
  const std::string key = storage_key(*call->stored, call->info.namespace_name, call->info.name);
  const api::ObjectPtr pod = storage_.newest(key);
  if (!pod) return respond(call, refuse::not_found(*call->stored, call->info.name));
  if (!ignores_budgets(pod->document())) {
    auto budget = budget_for(*call, pod->document());
    if (!budget) return respond(call, budget.error());
    if (*budget && !options->dry_run) {
      const auto kind = call->registry->resource("policy", "v1", "poddisruptionbudgets");
      const api::Object spent(**budget, nullptr);
      storage_.write(storage_key(*kind, call->info.namespace_name, spent.name()),
                     std::move(**budget), revision_of(spent), [](Result<api::ObjectPtr>) {});
    }
  }
  if (!options->dry_run && !pod->deleting() && !options->resource_version) {
    json::object next = pod->document();
    set_pod_condition(next, "DisruptionTarget", "EvictionByEvictionAPI", "Eviction API: evicting",
                      call->now);
    storage_.write(key, std::move(next), revision_of(*pod), [](Result<api::ObjectPtr>) {});
  }
  remove_one(call, key, storage_.newest(key), *options, [call](Outcome<json::object> removed) {
    if (!removed) return respond(call, removed.error());
    respond_document(call, 201, success());
  });
}

}  // namespace cove::server
