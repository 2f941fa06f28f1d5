#include "core/server/discovery.h"

namespace cove::server {
namespace {

boost::json::array strings(const std::vector<std::string>& values) {
  return boost::json::array(values.begin(), values.end());
}

}  // namespace

boost::json::object api_versions(const std::string& server_address) {
  return {{"kind", "APIVersions"},
          {"versions", boost::json::array{"v1"}},
          {"serverAddressByClientCIDRs",
           boost::json::array{boost::json::object{{"clientCIDR", "0.0.0.0/0"},
                                                  {"serverAddress", server_address}}}}};
}

boost::json::object api_group_list() {
  return {{"kind", "APIGroupList"}, {"apiVersion", "v1"}, {"groups", boost::json::array()}};
}

boost::json::object api_resource_list(const std::vector<Kind>& kinds) {
  boost::json::array resources;
  for (const Kind& kind : kinds) {
    boost::json::object resource{{"name", kind.plural},
                                 {"singularName", kind.singular},
                                 {"namespaced", kind.namespaced},
                                 {"kind", kind.kind},
                                 {"verbs", strings(kind.verbs)}};
    if (!kind.short_names.empty()) resource["shortNames"] = strings(kind.short_names);
    resources.push_back(std::move(resource));
  }
  return {{"kind", "APIResourceList"}, {"groupVersion", "v1"}, {"resources", std::move(resources)}};
}

boost::json::object aggregated_discovery(const std::vector<Kind>& kinds, bool core_group,
                                         const std::string& version) {
  boost::json::array items;
  if (core_group) {
    boost::json::array resources;
    for (const Kind& kind : kinds) {
      boost::json::object resource{{"resource", kind.plural},
                                   {"responseKind", boost::json::object{{"group", kind.group},
                                                                        {"version", kind.version},
                                                                        {"kind", kind.kind}}},
                                   {"scope", kind.namespaced ? "Namespaced" : "Cluster"},
                                   {"singularResource", kind.singular},
                                   {"verbs", strings(kind.verbs)}};
      if (!kind.short_names.empty()) resource["shortNames"] = strings(kind.short_names);
      resources.push_back(std::move(resource));
    }
    boost::json::object served{
        {"version", "v1"}, {"resources", std::move(resources)}, {"freshness", "Current"}};
    items.push_back(
        boost::json::object{{"metadata", boost::json::object{{"creationTimestamp", nullptr}}},
                            {"versions", boost::json::array{std::move(served)}}});
  }
  return {{"kind", "APIGroupDiscoveryList"},
          {"apiVersion", "apidiscovery.k8s.io/" + version},
          {"metadata", boost::json::object()},
          {"items", std::move(items)}};
}

}  // namespace cove::server
