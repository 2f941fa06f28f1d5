#include "core/server/cluster_objects.h"

namespace cove::server {
namespace {

json::object priority_class(const char* name, std::int64_t value, const char* description) {
  return {{"apiVersion", "scheduling.k8s.io/v1"},
          {"kind", "PriorityClass"},
          {"metadata", json::object{{"name", name}}},
          {"value", value},
          {"description", description},
          {"preemptionPolicy", "PreemptLowerPriority"}};
}

json::object metadata(json::object labels) {
  return {{"name", "kubernetes"}, {"namespace", "default"}, {"labels", std::move(labels)}};
}

}  // namespace

std::vector<json::object> system_priority_classes() {
  return {priority_class("system-cluster-critical", 2'000'000'000,
                         "For pods that the cluster cannot do without; they may move."),
          priority_class("system-node-critical", 2'000'001'000,
                         "For pods that their node cannot do without.")};
}

std::vector<json::object> kubernetes_service(const Ipv4Range& range, const ApiEndpoint& endpoint) {
  const std::string address = format_ipv4(range.first());
  const json::object port{{"name", "https"}, {"port", endpoint.port}, {"protocol", "TCP"}};
  const char* const family = endpoint.address.find(':') == std::string::npos ? "IPv4" : "IPv6";
  std::vector<json::object> all;
  all.push_back({{"apiVersion", "networking.k8s.io/v1"},
                 {"kind", "ServiceCIDR"},
                 {"metadata", json::object{{"name", "kubernetes"}}},
                 {"spec", json::object{{"cidrs", json::array{range.text()}}}}});
  all.push_back(
      {{"apiVersion", "v1"},
       {"kind", "Service"},
       {"metadata", metadata({{"component", "apiserver"}, {"provider", "kubernetes"}})},
       {"spec",
        json::object{{"type", "ClusterIP"},
                     {"clusterIP", address},
                     {"clusterIPs", json::array{address}},
                     {"ipFamilies", json::array{"IPv4"}},
                     {"ipFamilyPolicy", "SingleStack"},
                     {"internalTrafficPolicy", "Cluster"},
                     {"sessionAffinity", "None"},
                     {"ports", json::array{json::object{{"name", "https"},
                                                        {"protocol", "TCP"},
                                                        {"port", 443},
                                                        {"targetPort", endpoint.port}}}}}}});
  all.push_back({{"apiVersion", "v1"},
                 {"kind", "Endpoints"},
                 {"metadata", metadata({{"endpointslice.kubernetes.io/skip-mirror", "true"}})},
                 {"subsets", json::array{json::object{
                                 {"addresses", json::array{json::object{{"ip", endpoint.address}}}},
                                 {"ports", json::array{port}}}}}});
  all.push_back(
      {{"apiVersion", "discovery.k8s.io/v1"},
       {"kind", "EndpointSlice"},
       {"metadata", metadata({{"kubernetes.io/service-name", "kubernetes"}})},
       {"addressType", family},
       {"endpoints", json::array{json::object{{"addresses", json::array{endpoint.address}},
                                              {"conditions", json::object{{"ready", true}}}}}},
       {"ports", json::array{port}}});
  return all;
}

bool reconcile_kubernetes_service(json::object& current, const json::object& wanted) {
  bool changed = false;
  const auto follow = [&](json::object& to, const json::object& from, const char* name) {
    if (!from.contains(name) || (to.contains(name) && api::same(to[name], from.at(name)))) return;
    to[name] = from.at(name);
    changed = true;
  };
  for (const char* const name : {"subsets", "endpoints", "addressType"})
    follow(current, wanted, name);
  if (wanted.contains("endpoints")) follow(current, wanted, "ports");
  if (api::text_at(wanted, {"kind"}) == "Service") {
    follow(api::make_object_at(current, {"spec"}), *api::object_at(wanted, {"spec"}), "ports");
  }
  return changed;
}

}  // namespace cove::server
