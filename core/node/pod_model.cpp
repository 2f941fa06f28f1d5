#include "core/node/pod_model.h"

#include <fmt/format.h>

#include <algorithm>

namespace cove::node {

std::string pod_title(const api::Object& pod) {
  return fmt::format("{}_{}({})", pod.name(), pod.namespace_name(), pod.uid());
}

std::string_view restart_policy(const api::Object& pod) {
  const std::string_view policy = api::text_at(pod.document(), {"spec", "restartPolicy"});
  return policy.empty() ? "Always" : policy;
}

bool is_host_network(const api::Object& pod) {
  return api::flag_at(pod.document(), {"spec", "hostNetwork"});
}

std::int64_t termination_grace(const api::Object& pod) {
  constexpr std::int64_t kUsual = 30;
  const auto asked = api::integer_at(pod.document(), {"metadata", "deletionGracePeriodSeconds"});
  const auto usual = api::integer_at(pod.document(), {"spec", "terminationGracePeriodSeconds"});
  return std::max<std::int64_t>(1, asked ? *asked : usual.value_or(kUsual));
}

std::vector<ContainerFacts> containers_of(const api::Object& pod,
                                          const std::vector<ContainerFacts>& known) {
  std::vector<ContainerFacts> out;
  const auto add = [&](const char* list, ContainerRole role) {
    const json::array* const specs = api::array_at(pod.document(), {"spec", list});
    if (specs == nullptr) return;
    for (const json::value& each : *specs) {
      if (!each.is_object()) continue;
      const json::object& spec = each.get_object();
      ContainerFacts facts;
      facts.name = api::text_at(spec, {"name"});
      const auto before = std::ranges::find(known, facts.name, &ContainerFacts::name);
      if (before != known.end()) facts = *before;
      facts.role = role == ContainerRole::kInit && api::text_at(spec, {"restartPolicy"}) == "Always"
                       ? ContainerRole::kSidecar
                       : role;
      facts.spec = &spec;
      out.push_back(std::move(facts));
    }
  };
  add("initContainers", ContainerRole::kInit);
  add("containers", ContainerRole::kRegular);
  add("ephemeralContainers", ContainerRole::kEphemeral);
  return out;
}

json::object resources_of(const ContainerFacts& container) {
  json::object out;
  for (const char* part : {"requests", "limits"}) {
    const json::object* const amounts = api::object_at(*container.spec, {"resources", part});
    if (amounts != nullptr && !amounts->empty()) out[part] = *amounts;
  }
  return out;
}

api::ObjectPtr allocated_pod(const PodFacts& facts) {
  if (facts.resize_pending.empty()) return facts.pod;
  json::object document = facts.pod->document();
  for (const std::string_view list : {"containers", "initContainers"}) {
    if (api::array_at(document, {"spec", list}) == nullptr) continue;
    for (json::value& each : api::make_array_at(document, {"spec", list})) {
      if (!each.is_object()) continue;
      json::object& spec = each.get_object();
      const auto known =
          std::ranges::find(facts.containers, api::text_at(spec, {"name"}), &ContainerFacts::name);
      if (known != facts.containers.end() && known->run && known->can_be_resized())
        spec["resources"] = known->run->resources;
    }
  }
  return api::Object::make(std::move(document));
}

std::string field_path(const ContainerFacts& container) {
  const char* const list = container.role == ContainerRole::kRegular     ? "containers"
                           : container.role == ContainerRole::kEphemeral ? "ephemeralContainers"
                                                                         : "initContainers";
  return fmt::format("spec.{}{{{}}}", list, container.name);
}

}  // namespace cove::node
