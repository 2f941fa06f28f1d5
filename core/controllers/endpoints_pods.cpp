#include "core/controllers/endpoints_pods.h"

#include <array>
#include <set>

#include "core/api/names.h"
#include "core/controllers/label_index.h"
#include "core/controllers/pod_control.h"

namespace cove::controllers {
namespace {

bool same_at(const api::Object& a, const api::Object& b, api::Steps path) {
  const json::value* const one = api::value_at(a.document(), path);
  const json::value* const other = api::value_at(b.document(), path);
  if (one == nullptr || other == nullptr) return one == other;
  return api::same(*one, *other);
}

bool same_labels(const api::Object& a, const api::Object& b) {
  return same_at(a, b, {"metadata", "labels"});
}

bool same_endpoint(const api::Object& a, const api::Object& b) {
  return a.uid() == b.uid() && a.deleting() == b.deleting() && pod_phase(a) == pod_phase(b) &&
         is_pod_ready(a) == is_pod_ready(b) && same_at(a, b, {"status", "podIPs"}) &&
         same_at(a, b, {"status", "podIP"}) && same_at(a, b, {"spec", "nodeName"}) &&
         same_at(a, b, {"spec", "hostname"}) && same_at(a, b, {"spec", "subdomain"});
}

void add_services(const client::Indexer& services, const api::Object& pod,
                  std::set<std::string>& keys) {
  const json::object* const labels = api::object_at(pod.document(), {"metadata", "labels"});
  for (const api::ObjectPtr& service : that_may_choose(services, pod.namespace_name(), labels)) {
    const json::object* const selector = service_selector(*service);
    if (selector == nullptr) continue;
    if (api::LabelSelector::from_labels(*selector).matches_labels(labels))
      keys.insert(client::key_of(*service));
  }
}

std::optional<std::int64_t> named_port(const json::object& container, std::string_view name,
                                       std::string_view protocol) {
  const json::array* const ports = api::array_at(container, {"ports"});
  if (ports == nullptr) return std::nullopt;
  for (const json::value& each : *ports) {
    if (!each.is_object()) continue;
    const json::object& port = each.get_object();
    const std::string_view own = api::text_at(port, {"protocol"});
    if (api::text_at(port, {"name"}) == name && (own.empty() ? "TCP" : own) == protocol)
      return api::integer_at(port, {"containerPort"});
  }
  return std::nullopt;
}

// The keys of the services that choose this pod, or chose it as it was (`old` may be null), if what
// they say about it may be another.
std::vector<std::string> services_touched(const client::Indexer& services, const api::Object* old,
                                          const api::Object& now) {
  const bool moved = old != nullptr && !same_labels(*old, now);
  if (old != nullptr && !moved && same_endpoint(*old, now)) return {};
  std::set<std::string> keys;
  add_services(services, now, keys);
  if (moved) add_services(services, *old, keys);
  return {keys.begin(), keys.end()};
}

}  // namespace

const json::object* service_selector(const api::Object& service) {
  const json::object* const selector = api::object_at(service.document(), {"spec", "selector"});
  if (selector == nullptr || selector->empty()) return nullptr;
  return api::text_at(service.document(), {"spec", "type"}) == "ExternalName" ? nullptr : selector;
}

bool is_headless(const api::Object& service) {
  const std::string_view address = api::text_at(service.document(), {"spec", "clusterIP"});
  return address == "None" || address.empty();
}

void index_services_and_pods(client::Informer& services, client::Informer& pods) {
  index_by_demanded_labels(services, service_selector);
  index_by_labels(pods);
}

std::vector<api::ObjectPtr> pods_of_service(const client::Indexer& pods,
                                            const api::Object& service) {
  const json::object* const selector = service_selector(service);
  if (selector == nullptr) return {};
  return with_labels(pods, service.namespace_name(), *selector);
}

client::Handler services_of_pods(const client::Informer& services, client::WorkQueue& queue) {
  const auto touched = [&services, &queue](const api::Object* old, const api::Object& pod) {
    for (const std::string& key : services_touched(services.objects(), old, pod)) queue.add(key);
  };
  return {.added = [touched](const api::ObjectPtr& pod, bool) { touched(nullptr, *pod); },
          .updated = [touched](const api::ObjectPtr& old,
                               const api::ObjectPtr& now) { touched(old.get(), *now); },
          .deleted = [touched](const api::ObjectPtr& pod, bool) { touched(nullptr, *pod); }};
}

bool belongs_to_endpoints(const api::Object& pod, bool with_terminating) {
  if (has_ended(pod)) return false;
  if (pod_address(pod, false).empty() && pod_address(pod, true).empty()) return false;
  return with_terminating || !pod.deleting();
}

std::string_view pod_address(const api::Object& pod, bool ipv6) {
  if (const json::array* const all = api::array_at(pod.document(), {"status", "podIPs"})) {
    for (const json::value& each : *all) {
      if (!each.is_object()) continue;
      const std::string_view address = api::text_at(each.get_object(), {"ip"});
      if (!address.empty() && api::is_ipv6(address) == ipv6) return address;
    }
  }
  const std::string_view only = api::text_at(pod.document(), {"status", "podIP"});
  return !only.empty() && api::is_ipv6(only) == ipv6 ? only : std::string_view();
}

std::optional<std::int64_t> target_port(const api::Object& pod, const json::object& service_port) {
  const json::value* const target = api::value_at(service_port, {"targetPort"});
  if (target == nullptr) return api::integer_at(service_port, {"port"});
  if (!target->is_string()) {
    const auto number = api::integer_at(service_port, {"targetPort"});
    return number && *number != 0 ? number : api::integer_at(service_port, {"port"});
  }
  const std::string_view name = api::view(target->get_string());
  const std::string_view given = api::text_at(service_port, {"protocol"});
  const std::string_view protocol = given.empty() ? "TCP" : given;
  for (const std::string_view list : {"containers", "initContainers"}) {
    const json::array* const containers = api::array_at(pod.document(), {"spec", list});
    if (containers == nullptr) continue;
    for (const json::value& each : *containers) {
      if (!each.is_object()) continue;
      const json::object& container = each.get_object();
      // Of the containers that run before the others only sidecars stay.
      if (list == "initContainers" && api::text_at(container, {"restartPolicy"}) != "Always")
        continue;
      if (const auto number = named_port(container, name, protocol)) return number;
    }
  }
  return std::nullopt;
}

std::string_view endpoint_hostname(const api::Object& pod, const api::Object& service) {
  const std::string_view host = api::text_at(pod.document(), {"spec", "hostname"});
  const bool here = api::text_at(pod.document(), {"spec", "subdomain"}) == service.name() &&
                    pod.namespace_name() == service.namespace_name();
  return here ? host : std::string_view();
}

json::object pod_reference(const api::Object& pod) {
  return {{"kind", "Pod"},
          {"namespace", api::key(pod.namespace_name())},
          {"name", api::key(pod.name())},
          {"uid", api::key(pod.uid())}};
}

// RFC 3339 in UTC with seconds: the order of the texts is that of the times.
std::string TriggerTimes::update(const std::string& key, const api::Object& service,
                                 const std::vector<api::ObjectPtr>& pods) {
  State& state = states_[key];
  std::string earliest;
  const auto consider = [&](std::string_view time, std::string_view before) {
    if (time > before && (earliest.empty() || time < earliest)) earliest = time;
  };
  State next;
  for (const api::ObjectPtr& pod : pods) {
    const json::object* const ready = api::condition_of(pod->document(), "Ready");
    const std::string_view time =
        ready == nullptr ? std::string_view() : api::text_at(*ready, {"lastTransitionTime"});
    if (time.empty()) continue;
    const auto known = state.pods.find(pod->name());
    consider(time, known == state.pods.end() ? std::string_view() : known->second);
    next.pods.emplace(pod->name(), time);
  }
  next.service = api::text_at(service.document(), {"metadata", "creationTimestamp"});
  consider(next.service, state.service);
  state = std::move(next);
  return earliest;
}

void set_trigger_time(json::object& object, std::string_view time) {
  if (time.empty()) {
    api::erase_at(object, {"metadata", "annotations", kTriggerTimeAnnotation});
  } else {
    api::set_at(object, {"metadata", "annotations", kTriggerTimeAnnotation}, json::string(time));
  }
}

}  // namespace cove::controllers
