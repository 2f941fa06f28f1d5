#include "core/node/pod_admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/api/each.h"
#include "core/api/host_ports.h"
#include "core/api/node_selector.h"
#include "core/api/pod_resources.h"
#include "core/api/readers.h"
#include "core/api/tolerations.h"
#include "core/node/container_config.h"
#include "core/node/pod_model.h"
#include "core/node/static_pods.h"

namespace cove::node {
namespace {

using api::Amounts;
using api::each_object;

constexpr std::int64_t kCritical = 2'000'000'000;  // priorities from here on are the system's

// A node that runs short takes nothing more; one of memory alone still takes who has said how much
// that will be, and who tolerates it (kubernetes.io "Node-pressure Eviction", node conditions).
std::optional<Refusal> under_pressure(const api::Object& pod, const json::object& spec,
                                      const api::Object& node) {
  std::string conditions;
  for (const std::string_view type : {"MemoryPressure", "DiskPressure", "PIDPressure"}) {
    const json::object* const condition = api::condition_of(node.document(), type);
    if (condition == nullptr || api::text_at(*condition, {"status"}) != "True") continue;
    conditions += (conditions.empty() ? "" : " ") + std::string(type);
  }
  if (conditions.empty() || !mirrored_uid(pod).empty() ||
      api::integer_at(spec, {"priority"}).value_or(0) >= kCritical)
    return std::nullopt;
  if (conditions == "MemoryPressure" &&
      (qos_class(pod) != "BestEffort" ||
       api::tolerates(spec, {"node.kubernetes.io/memory-pressure", "", "NoSchedule"})))
    return std::nullopt;
  return Refusal{"Evicted", fmt::format("The node had condition: [{}]. ", conditions)};
}

std::int64_t shown(std::string_view resource, const api::Quantity& amount) {
  return resource == "cpu" ? amount.milli_value() : amount.value();
}

std::optional<Refusal> lacks_resources(const api::Object& pod, const api::Object& node,
                                       const std::vector<api::ObjectPtr>& others) {
  const Amounts room = api::amounts_at(node.document(), {"status", "allocatable"});
  const auto refusal = [](std::string_view name, std::int64_t asked, std::int64_t used,
                          std::int64_t capacity) {
    return Refusal{fmt::format("OutOf{}", name),
                   fmt::format("Node didn't have enough resource: {}, requested: {}, used: {}, "
                               "capacity: {}",
                               name, asked, used, capacity)};
  };
  if (const auto pods = room.find("pods"); pods != room.end()) {
    const auto used = static_cast<std::int64_t>(others.size());
    if (used + 1 > pods->second.value()) return refusal("pods", 1, used, pods->second.value());
  }
  Amounts used;
  for (const api::ObjectPtr& other : others)
    add(used, api::pod_resources(other->document(), "requests"));
  for (const auto& [name, amount] : api::pod_resources(pod.document(), "requests")) {
    if (amount.is_zero()) continue;
    const auto capacity = room.find(name);
    const api::Quantity all = capacity == room.end() ? api::Quantity() : capacity->second;
    if (used[name] + amount <= all) continue;
    return refusal(name, shown(name, amount), shown(name, used[name]), shown(name, all));
  }
  return std::nullopt;
}

bool ports_taken(const json::object& pod_spec, const std::vector<api::ObjectPtr>& others) {
  const std::vector<api::HostPort> wanted = api::host_ports(pod_spec);
  if (wanted.empty()) return false;
  return std::ranges::any_of(others, [&](const api::ObjectPtr& other) {
    const json::object* const spec = api::object_at(other->document(), {"spec"});
    if (spec == nullptr) return false;
    return std::ranges::any_of(api::host_ports(*spec), [&](const api::HostPort& taken) {
      return std::ranges::any_of(wanted,
                                 [&](const api::HostPort& each) { return each.conflicts(taken); });
    });
  });
}

bool is_tainted(const json::object& spec, const api::Object& node) {
  bool tainted = false;
  each_object(node.document(), {"spec", "taints"}, [&](const json::object& each) {
    const api::Taint taint = api::read_taint(each);
    tainted = tainted || (taint.effect == "NoExecute" && !api::tolerates(spec, taint));
  });
  return tainted;
}

}  // namespace

std::optional<Refusal> refuses(const api::Object& pod, const api::Object& node,
                               const std::vector<api::ObjectPtr>& others) {
  static const json::object kNone;
  const json::object& document = pod.document();
  const json::object* const found = api::object_at(document, {"spec"});
  const json::object& spec = found != nullptr ? *found : kNone;
  const json::object* const labels = api::object_at(node.document(), {"metadata", "labels"});
  if (auto refusal = under_pressure(pod, spec, node)) return refusal;
  if (auto refusal = lacks_resources(pod, node, others)) return refusal;
  if (!api::wants_node(spec, labels, node.name())) {
    return Refusal{
        "NodeAffinity",
        "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"};
  }
  if (ports_taken(spec, others)) {
    return Refusal{"NodePorts",
                   "Predicate NodePorts failed: node(s) didn't have free ports for the requested "
                   "pod ports"};
  }
  if (is_tainted(spec, node)) {
    return Refusal{"TaintToleration",
                   "Predicate TaintToleration failed: node(s) had taints that the pod didn't "
                   "tolerate"};
  }
  return std::nullopt;
}

std::optional<Refusal> refuses_resize(const api::Object& pod, const api::Object& node,
                                      const std::vector<api::ObjectPtr>& others) {
  if (!mirrored_uid(pod).empty())
    return Refusal{"Infeasible", "In-place resize of static-pods is not supported"};
  const Amounts room = api::amounts_at(node.document(), {"status", "allocatable"});
  const Amounts asked = api::pod_resources(pod.document(), "requests");
  for (const char* name : {"cpu", "memory"}) {
    const auto wanted = asked.find(name), capacity = room.find(name);
    if (wanted == asked.end() || capacity == room.end() || wanted->second <= capacity->second)
      continue;
    return Refusal{"Infeasible",
                   fmt::format("Node didn't have enough capacity: {}, requested: {}, capacity: {}",
                               name, shown(name, wanted->second), shown(name, capacity->second))};
  }
  // It has its place already.
  std::vector<api::ObjectPtr> rest = others;
  std::erase_if(rest, [&](const api::ObjectPtr& each) { return each->uid() == pod.uid(); });
  auto refusal = lacks_resources(pod, node, rest);
  if (refusal) refusal->reason = "Deferred";
  return refusal;
}

std::optional<Refusal> unsupported(const api::Object& pod) {
  const json::object& document = pod.document();
  if (const auto os = api::text_at(document, {"spec", "os", "name"}); !os.empty() && os != "linux")
    return Refusal{
        "PodOSNotSupported",
        fmt::format("Failed to admit pod as the OS field doesn't match node OS: {}", os)};
  if (const json::array* const claims = api::array_at(document, {"spec", "resourceClaims"});
      claims != nullptr && !claims->empty())
    return Refusal{"ResourceClaimsNotSupported",
                   "this node does not allocate devices for resource claims"};
  return std::nullopt;
}

}  // namespace cove::node
