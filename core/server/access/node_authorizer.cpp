#include "core/server/access/node_authorizer.h"

#include <fmt/format.h>

#include "core/server/access/default_roles.h"

namespace cove::server {
namespace {

constexpr std::string_view kUserPrefix = "system:node:";

// What holds for every node alike.
constexpr std::string_view kRules =
    R"(create | authentication.k8s.io | tokenreviews
create | authorization.k8s.io | localsubjectaccessreviews,subjectaccessreviews
list,watch | core | services
create,get,list,watch | core | nodes
patch,update | core | nodes,nodes/status
create,patch,update | core,events.k8s.io | events
get,list,watch | core | pods
create,delete | core | pods
patch,update | core | pods/status
create | core | pods/eviction
get | core | endpoints
create,get,list,watch | certificates.k8s.io | certificatesigningrequests
get,list,watch | storage.k8s.io | csidrivers
get,list,watch | node.k8s.io | runtimeclasses)";

bool one_of(std::string_view text, std::initializer_list<std::string_view> all) {
  return std::ranges::find(all, text) != all.end();
}

bool names(const json::object& object, api::Steps path, std::string_view name) {
  return api::text_at(object, path) == name;
}

template <class Visit>
bool any_of(const json::array* all, const Visit& visit) {
  return all != nullptr && std::ranges::any_of(*all, [&](const json::value& each) {
           return each.is_object() && visit(each.get_object());
         });
}

template <class Visit>
bool any_container(const json::object& pod, const Visit& visit) {
  return any_of(api::array_at(pod, {"spec", "containers"}), visit) ||
         any_of(api::array_at(pod, {"spec", "initContainers"}), visit) ||
         any_of(api::array_at(pod, {"spec", "ephemeralContainers"}), visit);
}

// `reference` "secretRef" and `key` "secretKeyRef", or those of config maps.
bool environment_refers(const json::object& pod, std::string_view reference, std::string_view key,
                        std::string_view name) {
  return any_container(pod, [&](const json::object& container) {
    return any_of(api::array_at(container, {"envFrom"}),
                  [&](const json::object& from) {
                    return names(from, {reference, "name"}, name);
                  }) ||
           any_of(api::array_at(container, {"env"}), [&](const json::object& variable) {
             return names(variable, {"valueFrom", key, "name"}, name);
           });
  });
}

bool refers_to_secret(const json::object& pod, std::string_view name) {
  if (any_of(api::array_at(pod, {"spec", "imagePullSecrets"}),
             [&](const json::object& each) { return names(each, {"name"}, name); }))
    return true;
  const bool mounted =
      any_of(api::array_at(pod, {"spec", "volumes"}), [&](const json::object& volume) {
        if (names(volume, {"secret", "secretName"}, name)) return true;
        for (const std::string_view driver :
             {"cephfs", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos"}) {
          if (names(volume, {driver, "secretRef", "name"}, name)) return true;
        }
        return names(volume, {"azureFile", "secretName"}, name) ||
               names(volume, {"csi", "nodePublishSecretRef", "name"}, name) ||
               any_of(api::array_at(volume, {"projected", "sources"}), [&](const json::object& s) {
                 return names(s, {"secret", "name"}, name);
               });
      });
  return mounted || environment_refers(pod, "secretRef", "secretKeyRef", name);
}

bool refers_to_config_map(const json::object& pod, std::string_view name) {
  const bool mounted =
      any_of(api::array_at(pod, {"spec", "volumes"}), [&](const json::object& volume) {
        return names(volume, {"configMap", "name"}, name) ||
               any_of(api::array_at(volume, {"projected", "sources"}), [&](const json::object& s) {
                 return names(s, {"configMap", "name"}, name);
               });
      });
  return mounted || environment_refers(pod, "configMapRef", "configMapKeyRef", name);
}

bool refers_to_claim(const json::object& pod, std::string_view name) {
  return any_of(api::array_at(pod, {"spec", "volumes"}), [&](const json::object& volume) {
    if (names(volume, {"persistentVolumeClaim", "claimName"}, name)) return true;
    return volume.contains("ephemeral") &&
           fmt::format("{}-{}", api::text_at(pod, {"metadata", "name"}),
                       api::text_at(volume, {"name"})) == name;
  });
}

bool refers_to_account(const json::object& pod, std::string_view name) {
  return names(pod, {"spec", "serviceAccountName"}, name);
}

}  // namespace

std::optional<std::string> node_of(const User& user) {
  if (!user.name.starts_with(kUserPrefix) || user.name.size() == kUserPrefix.size() ||
      !user.in_group("system:nodes"))
    return std::nullopt;
  return user.name.substr(kUserPrefix.size());
}

NodeAuthorizer::NodeAuthorizer(const ClusterState& state)
    : state_(state), rules_(read_rules(parse_rule_lines(kRules))) {}

bool NodeAuthorizer::any_pod(const std::string& node, std::string_view namespace_name,
                             bool (*refers)(const json::object& pod, std::string_view name),
                             std::string_view name) const {
  if (name.empty() || namespace_name.empty()) return false;
  return std::ranges::any_of(
      state_.objects("", "pods", namespace_name), [&](const api::ObjectPtr& pod) {
        return names(pod->document(), {"spec", "nodeName"}, node) && refers(pod->document(), name);
      });
}

std::optional<bool> NodeAuthorizer::allows_object(const std::string& node,
                                                  const RequestInfo& request) const {
  const bool read = one_of(request.verb, {"get", "list", "watch"});
  const auto of_pod = [&](bool (*refers)(const json::object&, std::string_view)) {
    return any_pod(node, request.namespace_name, refers, request.name);
  };
  if (request.group.empty() && request.resource == "secrets")
    return read && request.subresource.empty() && of_pod(refers_to_secret);
  if (request.group.empty() && request.resource == "configmaps")
    return read && request.subresource.empty() && of_pod(refers_to_config_map);
  if (request.group.empty() && request.resource == "persistentvolumeclaims") {
    const bool status =
        request.subresource == "status" && one_of(request.verb, {"get", "patch", "update"});
    return (status || (request.verb == "get" && request.subresource.empty())) &&
           of_pod(refers_to_claim);
  }
  if (request.group.empty() && request.resource == "persistentvolumes") {
    if (request.verb != "get" || !request.subresource.empty()) return false;
    const api::ObjectPtr volume = state_.object("", "persistentvolumes", "", request.name);
    return volume &&
           any_pod(node, api::text_at(volume->document(), {"spec", "claimRef", "namespace"}),
                   refers_to_claim, api::text_at(volume->document(), {"spec", "claimRef", "name"}));
  }
  if (request.group.empty() && request.resource == "serviceaccounts") {
    const bool token = request.subresource == "token" && request.verb == "create";
    return (token || (request.verb == "get" && request.subresource.empty())) &&
           of_pod(refers_to_account);
  }
  if (request.group == "storage.k8s.io" && request.resource == "volumeattachments") {
    const api::ObjectPtr attachment =
        state_.object("storage.k8s.io", "volumeattachments", "", request.name);
    return request.verb == "get" && request.subresource.empty() && attachment &&
           names(attachment->document(), {"spec", "nodeName"}, node);
  }
  const bool lease = request.group == "coordination.k8s.io" && request.resource == "leases";
  if (lease || (request.group == "storage.k8s.io" && request.resource == "csinodes")) {
    if (lease && request.namespace_name != "kube-node-lease") return false;
    // A create does not always say the name in its URL: NodeRestriction looks at the body.
    if (request.verb == "create") return request.name.empty() || request.name == node;
    return one_of(request.verb, {"get", "update", "patch", "delete"}) && request.name == node;
  }
  return std::nullopt;
}

Decision NodeAuthorizer::authorize(const Attributes& attributes) const {
  const auto node = node_of(attributes.user);
  if (!node || !attributes.request.is_resource) return {};
  if (const auto allowed = allows_object(*node, attributes.request)) {
    if (*allowed) return {Decision::Kind::kAllow};
    return {Decision::Kind::kNoOpinion,
            fmt::format("no relationship found between node '{}' and this object", *node)};
  }
  const bool allowed = std::ranges::any_of(
      rules_, [&](const PolicyRule& rule) { return rule.allows(attributes.request); });
  return {allowed ? Decision::Kind::kAllow : Decision::Kind::kNoOpinion};
}

void NodeAuthorizer::rules_of(const User& user, std::string_view, json::array&, json::array&,
                              bool& incomplete) const {
  incomplete = node_of(user).has_value();
}

}  // namespace cove::server
