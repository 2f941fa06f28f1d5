#include "core/controllers/daemonset_nodes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/api/selector.h"
#include "core/controllers/tolerations.h"

namespace cove::controllers {
namespace {

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

template <class Visit>
void each_object(const json::array* list, Visit&& visit) {
  if (list == nullptr) return;
  for (const json::value& value : *list) {
    if (value.is_object()) visit(value.get_object());
  }
}

std::string joined(const json::array* values) {
  std::string text;
  if (values == nullptr) return text;
  for (const json::value& value : *values) {
    if (!text.empty()) text += ',';
    if (value.is_string()) text += api::view(value.get_string());
  }
  return text;
}

// A requirement of a node selector in the form of label selectors; what has none matches nothing.
std::string selector_text(const json::object& requirement) {
  const std::string_view key = api::text_at(requirement, {"key"});
  const std::string_view op = api::text_at(requirement, {"operator"});
  const std::string values = joined(api::array_at(requirement, {"values"}));
  if (op == "In") return fmt::format("{} in ({})", key, values);
  if (op == "NotIn") return fmt::format("{} notin ({})", key, values);
  if (op == "Exists") return std::string(key);
  if (op == "DoesNotExist") return fmt::format("!{}", key);
  if (op == "Gt") return fmt::format("{}>{}", key, values);
  if (op == "Lt") return fmt::format("{}<{}", key, values);
  return "=";
}

bool matches_field(const json::object& requirement, const api::Object& node) {
  if (api::text_at(requirement, {"key"}) != kNameField) return false;
  const json::array* const values = api::array_at(requirement, {"values"});
  const bool listed =
      values != nullptr && std::ranges::any_of(*values, [&](const json::value& value) {
        return value.is_string() && api::view(value.get_string()) == node.name();
      });
  return api::text_at(requirement, {"operator"}) == "NotIn" ? !listed : listed;
}

bool matches_term(const json::object& term, const api::Object& node) {
  bool matches = true;
  std::string labels;
  bool any = false;
  each_object(api::array_at(term, {"matchExpressions"}), [&](const json::object& requirement) {
    if (any) labels += ',';
    labels += selector_text(requirement);
    any = true;
  });
  if (any) {
    const auto selector = api::LabelSelector::parse(labels);
    matches = selector && selector->matches(node.document());
  }
  each_object(api::array_at(term, {"matchFields"}), [&](const json::object& requirement) {
    any = true;
    matches = matches && matches_field(requirement, node);
  });
  return any && matches;
}

bool matches_affinity(const json::object& pod_spec, const api::Object& node) {
  if (const auto* const labels = api::object_at(pod_spec, {"nodeSelector"})) {
    if (!api::LabelSelector::from_labels(*labels).matches(node.document())) return false;
  }
  const json::object* const required = api::object_at(
      pod_spec, {"affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"});
  if (required == nullptr) return true;
  bool matches = false;
  each_object(api::array_at(*required, {"nodeSelectorTerms"}),
              [&](const json::object& term) { matches = matches || matches_term(term, node); });
  return matches;
}

bool is_tolerated(const json::object& pod_spec, const json::object& taint) {
  bool tolerated = false;
  each_object(api::array_at(pod_spec, {"tolerations"}), [&](const json::object& toleration) {
    tolerated = tolerated || tolerates(toleration, taint);
  });
  return tolerated;
}

}  // namespace

Placement placement_on(const api::Object& node, const json::object& daemon_set) {
  const json::object* const found = api::object_at(daemon_set, {"spec", "template", "spec"});
  if (found == nullptr) return {};
  const std::string_view name = api::text_at(*found, {"nodeName"});
  if (!name.empty() && name != node.name()) return {};
  if (!matches_affinity(*found, node)) return {};
  const json::array* const taints = api::array_at(node.document(), {"spec", "taints"});
  if (taints == nullptr || taints->empty()) return {true, true};
  json::object spec{{"hostNetwork", api::flag_at(*found, {"hostNetwork"})}};
  if (const json::value* const own = api::value_at(*found, {"tolerations"}))
    spec["tolerations"] = *own;
  add_daemon_tolerations(spec);
  Placement placement{true, true};
  each_object(taints, [&](const json::object& taint) {
    const std::string_view effect = api::text_at(taint, {"effect"});
    if ((effect != "NoSchedule" && effect != "NoExecute") || is_tolerated(spec, taint)) return;
    placement.run = false;
    if (effect == "NoExecute") placement.keep = false;
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
