#include "core/server/kinds.h"

#include <fmt/format.h>

#include <boost/json/value.hpp>
#include <ctime>

namespace cove::server {
namespace {

const char* const kNameColumn =
    "Name must be unique within a namespace. Is required when creating resources, although some "
    "resources may allow a "
    "client to request the generation of an appropriate name automatically. Name is primarily "
    "intended for creation "
    "idempotence and configuration definition. Cannot be updated.";
const char* const kAgeColumn =
    "CreationTimestamp is a timestamp representing the server time when this object was created.";

std::string age(const boost::json::object& object, WallTime now) {
  const std::string text = text_at(object, {"metadata", "creationTimestamp"});
  std::tm broken{};
  if (::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%SZ", &broken) == nullptr) return "<unknown>";
  const auto then = std::chrono::system_clock::from_time_t(::timegm(&broken));
  return human_duration(std::chrono::duration_cast<std::chrono::seconds>(now - then));
}

std::string or_none(std::string text) {
  return text.empty() ? "<none>" : text;
}

const boost::json::array* array_at(const boost::json::object& object, std::string_view outer,
                                   std::string_view inner) {
  const boost::json::value* const first = object.if_contains(outer);
  if (first == nullptr || !first->is_object()) return nullptr;
  const boost::json::value* const second = first->get_object().if_contains(inner);
  return second != nullptr ? second->if_array() : nullptr;
}

// The value of `wanted` in the item of the list whose "type" is `type`.
std::string by_type(const boost::json::array* list, std::string_view type,
                    std::string_view wanted) {
  if (list == nullptr) return {};
  for (const boost::json::value& item : *list) {
    if (item.is_object() && text_at(item.get_object(), {"type"}) == type)
      return text_at(item.get_object(), {wanted});
  }
  return {};
}

std::string node_status(const boost::json::object& node) {
  const std::string ready = by_type(array_at(node, "status", "conditions"), "Ready", "status");
  const std::string text = ready == "True" ? "Ready" : ready.empty() ? "Unknown" : "NotReady";
  const boost::json::value* const spec = node.if_contains("spec");
  const boost::json::value* const cordoned = spec != nullptr && spec->is_object()
                                                 ? spec->get_object().if_contains("unschedulable")
                                                 : nullptr;
  return cordoned != nullptr && *cordoned == true ? text + ",SchedulingDisabled" : text;
}

std::string node_roles(const boost::json::object& node) {
  constexpr std::string_view kPrefix = "node-role.kubernetes.io/";
  const boost::json::value* const metadata = node.if_contains("metadata");
  const boost::json::value* const labels =
      metadata != nullptr ? metadata->as_object().if_contains("labels") : nullptr;
  std::set<std::string> roles;
  if (labels != nullptr && labels->is_object()) {
    for (const auto& label : labels->get_object()) {
      const std::string_view key(label.key().data(), label.key().size());
      if (key.starts_with(kPrefix) && key.size() > kPrefix.size())
        roles.emplace(key.substr(kPrefix.size()));
    }
  }
  return or_none(fmt::format("{}", fmt::join(roles, ",")));
}

boost::json::array node_cells(const boost::json::object& node, WallTime now) {
  const boost::json::array* const addresses = array_at(node, "status", "addresses");
  const auto info = [&](std::string_view key) {
    const std::string text = text_at(node, {"status", "nodeInfo", key});
    return text.empty() ? std::string("<unknown>") : text;
  };
  return {text_at(node, {"metadata", "name"}),
          node_status(node),
          node_roles(node),
          age(node, now),
          text_at(node, {"status", "nodeInfo", "kubeletVersion"}),
          or_none(by_type(addresses, "InternalIP", "address")),
          or_none(by_type(addresses, "ExternalIP", "address")),
          info("osImage"),
          info("kernelVersion"),
          info("containerRuntimeVersion")};
}

boost::json::array name_and_age(const boost::json::object& object, WallTime now) {
  return {text_at(object, {"metadata", "name"}), age(object, now)};
}

Kind nodes() {
  return {
      "",
      "v1",
      "Node",
      "nodes",
      "node",
      {"no"},
      false,
      {"get", "list", "watch"},
      {},
      {{"Name", "string", "name", kNameColumn, 0},
       {"Status", "string", "", "The status of the node", 0},
       {"Roles", "string", "", "The roles of the node", 0},
       {"Age", "string", "", kAgeColumn, 0},
       {"Version", "string", "", "Kubelet Version reported by the node.", 0},
       {"Internal-IP", "string", "", "List of addresses reachable to the node, of type InternalIP.",
        1},
       {"External-IP", "string", "", "List of addresses reachable to the node, of type ExternalIP.",
        1},
       {"OS-Image", "string", "", "OS Image reported by the node.", 1},
       {"Kernel-Version", "string", "", "Kernel Version reported by the node.", 1},
       {"Container-Runtime", "string", "", "ContainerRuntime Version reported by the node.", 1}},
      node_cells};
}

Kind namespaces() {
  return {
      "",
      "v1",
      "Namespace",
      "namespaces",
      "namespace",
      {"ns"},
      false,
      {"get", "list", "watch"},
      {"status.phase"},
      {{"Name", "string", "name", kNameColumn, 0},
       {"Status", "string", "", "The status of the namespace", 0},
       {"Age", "string", "", kAgeColumn, 0}},
      [](const boost::json::object& ns, WallTime now) -> boost::json::array {
        return {text_at(ns, {"metadata", "name"}), text_at(ns, {"status", "phase"}), age(ns, now)};
      }};
}

// Pods and events are served before anything makes them, as the empty collections that they are.
Kind pods() {
  return {"",
          "v1",
          "Pod",
          "pods",
          "pod",
          {"po"},
          true,
          {"get", "list", "watch"},
          {"spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
           "status.phase", "status.podIP", "status.nominatedNodeName"},
          {{"Name", "string", "name", kNameColumn, 0}, {"Age", "string", "", kAgeColumn, 0}},
          name_and_age};
}

Kind events() {
  return {"",
          "v1",
          "Event",
          "events",
          "event",
          {"ev"},
          true,
          {"get", "list", "watch"},
          {"involvedObject.kind", "involvedObject.namespace", "involvedObject.name",
           "involvedObject.uid", "involvedObject.apiVersion", "involvedObject.resourceVersion",
           "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"},
          {{"Name", "string", "name", kNameColumn, 0}, {"Age", "string", "", kAgeColumn, 0}},
          name_and_age};
}

}  // namespace

std::vector<Kind> served_kinds() {
  return {events(), namespaces(), nodes(), pods()};
}

std::string text_at(const boost::json::object& object,
                    std::initializer_list<std::string_view> path) {
  const boost::json::object* here = &object;
  const boost::json::value* value = nullptr;
  for (const std::string_view name : path) {
    if (here == nullptr) return {};
    value = here->if_contains(name);
    here = value != nullptr ? value->if_object() : nullptr;
  }
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string human_duration(std::chrono::seconds duration) {
  const long long seconds = duration.count();
  const auto two = [](long long big, char big_unit, long long small, char small_unit) {
    return small == 0 ? fmt::format("{}{}", big, big_unit)
                      : fmt::format("{}{}{}{}", big, big_unit, small, small_unit);
  };
  if (seconds < -1) return "<invalid>";
  if (seconds < 0) return "0s";
  if (seconds < 120) return fmt::format("{}s", seconds);
  const long long minutes = seconds / 60;
  if (minutes < 10) return two(minutes, 'm', seconds % 60, 's');
  if (minutes < 180) return fmt::format("{}m", minutes);
  const long long hours = minutes / 60;
  if (hours < 8) return two(hours, 'h', minutes % 60, 'm');
  if (hours < 48) return fmt::format("{}h", hours);
  const long long days = hours / 24;
  if (hours < 24 * 8) return two(days, 'd', hours % 24, 'h');
  if (hours < 24 * 365 * 2) return fmt::format("{}d", days);
  if (hours < 24 * 365 * 8) return two(days / 365, 'y', days % 365, 'd');
  return fmt::format("{}y", days / 365);
}

}  // namespace cove::server
