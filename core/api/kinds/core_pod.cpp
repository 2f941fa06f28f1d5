#include <fmt/format.h>

#include <set>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/kinds/workloads.h"

namespace cove::api {
namespace {

// An address stands by itself and first in the list of addresses; either may be given.
void align_addresses(json::object& status, std::string_view one, std::string_view many) {
  const json::array* const list = array_at(status, {many});
  if (list != nullptr && !list->empty() && list->front().is_object()) {
    const std::string first(text_at(list->front().get_object(), {"ip"}));
    if (!first.empty()) status[key(one)] = first;
  } else if (const std::string ip(text_at(status, {one})); !ip.empty()) {
    status[key(many)] = json::array{json::object{{"ip", ip}}};
  }
}

void set_defaults(json::object& pod) {
  json::object& spec = workloads::spec_of(pod);
  pods::default_spec(spec);
  pods::default_pod_only(spec);
  if (json::object* const status = rules::object_in(pod, {"status"})) {
    align_addresses(*status, "podIP", "podIPs");
    align_addresses(*status, "hostIP", "hostIPs");
  }
}

// Adds what matchLabelKeys and mismatchLabelKeys say of this pod's labels to the selector.
void add_label_keys(json::object& term, const json::object* labels) {
  json::object* const selector = rules::object_in(term, {"labelSelector"});
  if (selector == nullptr || labels == nullptr) return;
  std::set<std::string> known;
  rules::each(
      array_at(*selector, {"matchExpressions"}),
      [&](const json::object& requirement, std::size_t) { known.insert(to_text(requirement)); });
  const auto add = [&](std::string_view field, std::string_view how) {
    rules::each_text(array_at(term, {field}), [&](std::string_view name, std::size_t) {
      const json::value* const value = member(*labels, name);
      if (value == nullptr) return;
      json::object requirement = {{"key", json::string(name)},
                                  {"operator", json::string(how)},
                                  {"values", json::array{*value}}};
      if (!known.insert(to_text(requirement)).second) return;
      make_array_at(*selector, {"matchExpressions"}).emplace_back(std::move(requirement));
    });
  };
  add("matchLabelKeys", "In");
  add("mismatchLabelKeys", "NotIn");
}

void complete_selectors(json::object& pod) {
  const json::object* const given = object_at(pod, {"metadata", "labels"});
  if (given == nullptr) return;
  const json::object labels = *given;
  const auto each_term = [&](std::string_view kind) {
    rules::each(rules::array_in(pod, {"spec", "affinity", kind,
                                      "requiredDuringSchedulingIgnoredDuringExecution"}),
                [&](json::object& term, std::size_t) { add_label_keys(term, &labels); });
    rules::each(rules::array_in(pod, {"spec", "affinity", kind,
                                      "preferredDuringSchedulingIgnoredDuringExecution"}),
                [&](json::object& term, std::size_t) {
                  json::object* const inner = rules::object_in(term, {"podAffinityTerm"});
                  if (inner != nullptr) add_label_keys(*inner, &labels);
                });
  };
  each_term("podAffinity");
  each_term("podAntiAffinity");
  rules::each(rules::array_in(pod, {"spec", "topologySpreadConstraints"}),
              [&](json::object& constraint, std::size_t) { add_label_keys(constraint, &labels); });
}

void prepare_create(json::object& pod, const WriteContext&) {
  json::object status = {{"phase", "Pending"},
                         {"qosClass", json::string(pods::qos_class(workloads::spec_of(pod)))}};
  if (rules::size_at(pod, {"spec", "schedulingGates"}) > 0) {
    status["conditions"] = json::array{
        json::object{{"type", "PodScheduled"},
                     {"status", "False"},
                     {"reason", "SchedulingGated"},
                     {"message", "Scheduling is blocked due to non-empty scheduling gates"}}};
  }
  pod["status"] = std::move(status);
  complete_selectors(pod);
}

void prepare_status(json::object& pod, const json::object& old, const WriteContext&) {
  rules::restore(pod, old, {"status", "qosClass"});
}

void validate(const json::object& pod, ErrorList& errors) {
  pods::validate_pod(errors, pod);
  // A new object has no version yet.
  if (!text_at(pod, {"metadata", "resourceVersion"}).empty()) return;
  const FieldPath spec = "spec";
  if (rules::size_at(pod, {"spec", "ephemeralContainers"}) > 0) {
    errors.forbidden(spec / "ephemeralContainers", "cannot be set on create");
  }
  if (!text_at(pod, {"spec", "nodeName"}).empty() &&
      rules::size_at(pod, {"spec", "schedulingGates"}) > 0) {
    errors.forbidden(spec / "nodeName",
                     "cannot be set until all schedulingGates have been cleared");
  }
}

void validate_update(const json::object& pod, const json::object& old, ErrorList& errors) {
  pods::validate_pod_update(errors, pod, old);
}

void validate_status(const json::object& pod, const json::object& old, ErrorList& errors) {
  pods::validate_pod_status_update(errors, pod, old);
}

std::vector<std::string> warnings(const json::object& pod, const json::object* old) {
  if (old != nullptr && rules::same_at(pod, *old, {"spec"})) return {};
  std::vector<std::string> texts = pods::warnings(pod, {});
  if (old == nullptr) pods::warn_of_name(texts, pod, "the Pod's hostname");
  return texts;
}

// Everything but `kept` is as it was before.
void keep_only(json::object& pod, const json::object& old, Steps kept) {
  const json::value* const value = value_at(pod, kept);
  const std::optional<json::value> now =
      value == nullptr ? std::nullopt : std::optional<json::value>(*value);
  rules::restore(pod, old, {"spec"});
  rules::restore(pod, old, {"status"});
  if (now) {
    set_at(pod, kept, *now);
  } else {
    erase_at(pod, kept);
  }
}

void prepare_ephemeral(json::object& pod, const json::object& old, const WriteContext&) {
  keep_only(pod, old, {"spec", "ephemeralContainers"});
}

void validate_ephemeral(const json::object& pod, const json::object& old, ErrorList& errors) {
  pods::validate_pod(errors, pod);
  pods::validate_ephemeral_update(errors, pod, old);
}

void prepare_resize(json::object& pod, const json::object& old, const WriteContext&) {
  rules::restore(pod, old, {"status"});
}

void validate_resize(const json::object& pod, const json::object& old, ErrorList& errors) {
  pods::validate_pod(errors, pod);
  pods::validate_resize(errors, pod, old);
}

std::vector<Subresource> subresources() {
  const auto options = [](std::string_view name, std::string_view kind) {
    return Subresource{.name = std::string(name),
                       .kind = GroupVersionKind{"", "v1", std::string(kind)},
                       .verbs = {"create", "get"}};
  };
  std::vector<Subresource> all = {options("attach", "PodAttachOptions"),
                                  options("binding", "Binding"),
                                  {.name = "ephemeralcontainers",
                                   .verbs = {"get", "patch", "update"},
                                   .prepare = prepare_ephemeral,
                                   .validate = validate_ephemeral},
                                  {.name = "eviction",
                                   .kind = GroupVersionKind{"policy", "v1", "Eviction"},
                                   .verbs = {"create"}},
                                  options("exec", "PodExecOptions"),
                                  {.name = "log", .verbs = {"get"}},
                                  options("portforward", "PodPortForwardOptions"),
                                  options("proxy", "PodProxyOptions"),
                                  {.name = "resize",
                                   .verbs = {"get", "patch", "update"},
                                   .prepare = prepare_resize,
                                   .validate = validate_resize},
                                  {.name = "status", .verbs = {"get", "patch", "update"}}};
  for (Subresource& one : all) {
    if (one.name == "binding") one.verbs = {"create"};
    if (one.name == "proxy") one.verbs = {"create", "delete", "get", "patch", "update"};
  }
  return all;
}

std::vector<Column> columns() {
  return {rules::name_column(),
          rules::column("Ready", "How many of the containers are ready."),
          rules::column("Status", "What the pod does, over all of its containers."),
          rules::column("Restarts", "How often its containers were restarted, and when last."),
          rules::age_column(),
          rules::column("IP", "Address of the pod.", 1),
          rules::column("Node", "Node the pod runs on.", 1),
          rules::column("Nominated Node", "Node where room is being made for the pod.", 1),
          rules::column("Readiness Gates", "How many of the readiness gates are open.", 1)};
}

}  // namespace

std::vector<Kind> pod_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"", "v1", "Pod"},
           .plural = "pods",
           .singular = "pod",
           .short_names = {"po"},
           .categories = {"all"},
           .schema = &schemas.type("core/v1.Pod"),
           .subresources = subresources(),
           .default_grace_seconds = 30,
           .selectable_fields = {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName",
                                 "spec.serviceAccountName", "spec.hostNetwork", "status.phase",
                                 "status.podIP", "status.nominatedNodeName"},
           .columns = columns(),
           .cells = pods::cells,
           .rules = {.set_defaults = set_defaults,
                     .prepare_create = prepare_create,
                     .prepare_status = prepare_status,
                     .validate = validate,
                     .validate_update = validate_update,
                     .validate_status = validate_status,
                     .warnings = warnings}}};
}

}  // namespace cove::api
