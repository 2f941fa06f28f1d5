#include "core/controllers/daemonset_nodes.h"

#include <array>

#include "core/api/each.h"
#include "core/api/node_selector.h"
#include "core/api/tolerations.h"

namespace cove::controllers {
namespace {

using api::each_object;

constexpr std::string_view kNameField = "metadata.name";

struct DaemonToleration {
  std::string_view key, effect;
};
constexpr std::array kTolerations = {
    DaemonToleration{"node.kubernetes.io/not-ready", "NoExecute"},
    DaemonToleration{"node.kubernetes.io/unreachable", "NoExecute"},
    DaemonToleration{"node.kubernetes.io/disk-pressure", "NoSchedule"},
    DaemonToleration{"node.kubernetes.io/memory-pressure", "NoSchedule"},
    DaemonToleration{"node.kubernetes.io/pid-pressure", "NoSchedule"},
    DaemonToleration{"node.kubernetes.io/unschedulable", "NoSchedule"}};
constexpr DaemonToleration kOfHostNetwork = {"node.kubernetes.io/network-unavailable",
                                             "NoSchedule"};

std::string joined(const json::array* values) {
  std::string text;
  if (values == nullptr) return text;
  for (const json::value& value : *values) {
    if (!text.empty()) text += ',';
    if (value.is_string()) text += api::view(value.get_string());
  }
  return text;
}

}  // namespace

Placement placement_on(const api::Object& node, const json::object& daemon_set) {
  const json::object* const found = api::object_at(daemon_set, {"spec", "template", "spec"});
  if (found == nullptr) return {};
  const std::string_view name = api::text_at(*found, {"nodeName"});
  if (!name.empty() && name != node.name()) return {};
  const json::object* const labels = api::object_at(node.document(), {"metadata", "labels"});
  if (!api::wants_node(*found, labels, node.name())) return {};
  const json::array* const taints = api::array_at(node.document(), {"spec", "taints"});
  if (taints == nullptr || taints->empty()) return {true, true};
  json::object spec{{"hostNetwork", api::flag_at(*found, {"hostNetwork"})}};
  if (const json::value* const own = api::value_at(*found, {"tolerations"}))
    spec["tolerations"] = *own;
  add_daemon_tolerations(spec);
  Placement placement{true, true};
  each_object(taints, [&](const json::object& taint) {
    const api::Taint own = api::read_taint(taint);
    if (own.effect != "NoSchedule" && own.effect != "NoExecute") return;
    if (api::tolerates(spec, own)) return;
    placement.run = false;
    if (own.effect == "NoExecute") placement.keep = false;
  });
  return placement;
}

void add_daemon_tolerations(json::object& pod_spec) {
  json::array& tolerations = api::make_array_at(pod_spec, {"tolerations"});
  const auto add = [&tolerations](const DaemonToleration& each) {
    const json::object toleration{
        {"key", api::key(each.key)}, {"operator", "Exists"}, {"effect", api::key(each.effect)}};
    for (json::value& there : tolerations) {
      if (!there.is_object()) continue;
      const json::object& own = there.get_object();
      if (api::text_at(own, {"key"}) == each.key && api::text_at(own, {"effect"}) == each.effect &&
          api::text_at(own, {"operator"}) == "Exists" && api::text_at(own, {"value"}).empty()) {
        there = toleration;
        return;
      }
    }
    tolerations.push_back(toleration);
  };
  for (const DaemonToleration& each : kTolerations) add(each);
  if (api::flag_at(pod_spec, {"hostNetwork"})) add(kOfHostNetwork);
}

void pin_to_node(json::object& pod_spec, std::string_view node) {
  json::object requirement{
      {"key", api::key(kNameField)}, {"operator", "In"}, {"values", json::array{api::key(node)}}};
  json::object term{{"matchFields", json::array{std::move(requirement)}}};
  json::object required{{"nodeSelectorTerms", json::array{std::move(term)}}};
  api::set_at(pod_spec,
              {"affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"},
              std::move(required));
}

std::string target_node(const api::Object& pod) {
  const std::string_view bound = api::text_at(pod.document(), {"spec", "nodeName"});
  if (!bound.empty()) return std::string(bound);
  std::string node;
  each_object(
      api::array_at(pod.document(),
                    {"spec", "affinity", "nodeAffinity",
                     "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms"}),
      [&](const json::object& term) {
        each_object(api::array_at(term, {"matchFields"}), [&](const json::object& requirement) {
          if (api::text_at(requirement, {"key"}) == kNameField &&
              api::text_at(requirement, {"operator"}) == "In")
            node = joined(api::array_at(requirement, {"values"}));
        });
      });
  return node;
}

}  // namespace cove::controllers
