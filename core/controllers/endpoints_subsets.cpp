#include "core/controllers/endpoints_subsets.h"

#include <map>
#include <tuple>

#include "core/api/names.h"
#include "core/controllers/endpoints_pods.h"
#include "core/controllers/pod_control.h"

namespace cove::controllers {
namespace {

struct Port {
  std::string name;
  std::int64_t number = 0;
  std::string protocol;
  std::string application;
  auto operator<=>(const Port&) const = default;

  json::object document() const {
    json::object port;
    if (!name.empty()) port["name"] = name;
    port["port"] = number;
    port["protocol"] = protocol;
    if (!application.empty()) port["appProtocol"] = application;
    return port;
  }
};

struct Addresses {
  json::array ready, not_ready;
};

// By address, then by the pod's uid.
using Place = std::tuple<std::string, std::string>;

struct Backend {
  const api::Object* pod = nullptr;
  bool ready = false;
  std::vector<Port> ports;
};

json::object address_document(std::string_view ip, const api::Object& pod,
                              const api::Object& service) {
  json::object address{{"ip", api::key(ip)}};
  if (const std::string_view host = endpoint_hostname(pod, service); !host.empty())
    address["hostname"] = api::key(host);
  if (const std::string_view node = api::text_at(pod.document(), {"spec", "nodeName"});
      !node.empty()) {
    address["nodeName"] = api::key(node);
  }
  address["targetRef"] = pod_reference(pod);
  return address;
}

std::vector<Port> ports_at(const api::Object& service, const api::Object& pod) {
  std::vector<Port> ports;
  const json::array* const wanted = api::array_at(service.document(), {"spec", "ports"});
  if (wanted == nullptr) return ports;
  for (const json::value& each : *wanted) {
    if (!each.is_object()) continue;
    const json::object& port = each.get_object();
    const auto number = target_port(pod, port);
    if (!number) continue;
    const std::string_view protocol = api::text_at(port, {"protocol"});
    ports.push_back({std::string(api::text_at(port, {"name"})), *number,
                     std::string(protocol.empty() ? "TCP" : protocol),
                     std::string(api::text_at(port, {"appProtocol"}))});
  }
  std::ranges::sort(ports);
  return ports;
}

bool prefers_ipv6(const api::Object& service) {
  const json::array* const families = api::array_at(service.document(), {"spec", "ipFamilies"});
  return families != nullptr && !families->empty() && families->front() == "IPv6";
}

std::size_t count(const json::array& subsets, std::string_view list) {
  std::size_t total = 0;
  for (const json::value& each : subsets) {
    if (const json::array* const addresses = api::array_at(each.get_object(), {list}))
      total += addresses->size();
  }
  return total;
}

void cut(json::array& subsets, std::string_view list, std::size_t keep) {
  const std::size_t total = count(subsets, list);
  if (total <= keep) return;
  std::size_t left = keep;
  for (json::value& each : subsets) {
    json::value* const value = each.get_object().if_contains(list);
    if (value == nullptr) continue;
    json::array& addresses = value->get_array();
    const std::size_t share = std::min(left, keep * addresses.size() / total);
    addresses.resize(share);
    left -= share;
    if (share == 0) each.get_object().erase(list);
  }
}

}  // namespace

json::array make_subsets(const api::Object& service, const std::vector<api::ObjectPtr>& pods) {
  const bool unready_too = api::flag_at(service.document(), {"spec", "publishNotReadyAddresses"});
  const json::array* const wanted = api::array_at(service.document(), {"spec", "ports"});
  const bool portless = wanted == nullptr || wanted->empty();
  const bool ipv6 = prefers_ipv6(service);
  std::map<Place, Backend> backends;
  for (const api::ObjectPtr& pod : pods) {
    const std::string_view ip = pod_address(*pod, ipv6);
    if (!belongs_to_endpoints(*pod, unready_too) || ip.empty()) continue;
    Backend backend{pod.get(), unready_too || is_pod_ready(*pod), ports_at(service, *pod)};
    // Only a headless service can do without ports.
    if (backend.ports.empty() && !(portless && is_headless(service))) continue;
    backends.emplace(Place(ip, pod->uid()), std::move(backend));
  }
  std::map<std::vector<Port>, Addresses> grouped;
  for (const auto& [place, backend] : backends) {
    Addresses& group = grouped[backend.ports];
    (backend.ready ? group.ready : group.not_ready)
        .push_back(address_document(std::get<0>(place), *backend.pod, service));
  }
  json::array subsets;
  for (auto& [ports, addresses] : grouped) {
    json::object subset;
    if (!addresses.ready.empty()) subset["addresses"] = std::move(addresses.ready);
    if (!addresses.not_ready.empty()) subset["notReadyAddresses"] = std::move(addresses.not_ready);
    json::array list;
    for (const Port& port : ports) list.push_back(port.document());
    if (!list.empty()) subset["ports"] = std::move(list);
    subsets.push_back(std::move(subset));
  }
  return subsets;
}

bool truncate_subsets(json::array& subsets) {
  const std::size_t ready = count(subsets, "addresses");
  if (ready + count(subsets, "notReadyAddresses") <= kMaxEndpointsAddresses) return false;
  cut(subsets, "addresses", kMaxEndpointsAddresses);
  cut(subsets, "notReadyAddresses",
      ready >= kMaxEndpointsAddresses ? 0 : kMaxEndpointsAddresses - ready);
  json::array left;
  for (json::value& each : subsets) {
    const json::object& subset = each.get_object();
    if (subset.contains("addresses") || subset.contains("notReadyAddresses"))
      left.push_back(std::move(each));
  }
  subsets = std::move(left);
  return true;
}

}  // namespace cove::controllers
