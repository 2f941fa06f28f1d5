// NodeRestriction (kubernetes.io "Admission Control in Kubernetes"): a node's agent writes its own
// node and the pods bound to it, and nothing that would draw other pods to it.

#include <fmt/format.h>

#include <set>

#include "core/server/access/node_authorizer.h"
#include "core/server/admission/plugins.h"

namespace cove::server {
namespace {

constexpr std::string_view kMirror = "kubernetes.io/config.mirror";
constexpr std::array<std::string_view, 12> kOwnLabels{
    "beta.kubernetes.io/arch",
    "beta.kubernetes.io/instance-type",
    "beta.kubernetes.io/os",
    "failure-domain.beta.kubernetes.io/region",
    "failure-domain.beta.kubernetes.io/zone",
    "kubernetes.io/arch",
    "kubernetes.io/hostname",
    "kubernetes.io/os",
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "node.kubernetes.io/exclude-from-external-load-balancers"};

bool within(std::string_view domain, std::string_view of) {
  return domain == of || (domain.size() > of.size() && domain.ends_with(of) &&
                          domain[domain.size() - of.size() - 1] == '.');
}

// A label of the project's that says something about a node which others rely on.
bool is_restricted(std::string_view label) {
  const std::size_t slash = label.find('/');
  if (slash == std::string_view::npos) return false;
  const std::string_view domain = label.substr(0, slash);
  if (within(domain, "node-restriction.kubernetes.io")) return true;
  if (!within(domain, "kubernetes.io") && !within(domain, "k8s.io")) return false;
  if (std::ranges::find(kOwnLabels, label) != kOwnLabels.end() &&
      !label.starts_with("node.kubernetes.io/exclude"))
    return false;
  return !within(domain, "kubelet.kubernetes.io") && !within(domain, "node.kubernetes.io");
}

json::value part(const json::object* object, api::Steps path) {
  const json::value* const value = object != nullptr ? api::value_at(*object, path) : nullptr;
  return value != nullptr ? *value : json::value();
}

std::string restricted_changes(const json::object* old, const json::object& next) {
  const json::value before = part(old, {"metadata", "labels"});
  const json::value after = part(&next, {"metadata", "labels"});
  std::set<std::string> names;
  for (const json::value* side : {&before, &after}) {
    if (!side->is_object()) continue;
    for (const auto& member : side->get_object()) {
      const std::string_view name(member.key());
      const json::value* const a = before.is_object() ? api::member(before, name) : nullptr;
      const json::value* const b = after.is_object() ? api::member(after, name) : nullptr;
      const bool same = a == nullptr ? b == nullptr : b != nullptr && api::same(*a, *b);
      if (!same && is_restricted(name)) names.emplace(name);
    }
  }
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

class NodeRestriction final : public AdmissionPlugin {
 public:
  std::string_view name() const override { return "NodeRestriction"; }

  Outcome<void> validate(const AdmissionRequest& request, const ClusterState& state) override {
    const auto node = node_of(request.user);
    if (!node) return {};
    const std::string cause = fault(request, state, *node);
    if (cause.empty()) return {};
    return refuse::forbidden(request.kind, request.name, cause);
  }

 private:
  static std::string fault(const AdmissionRequest& request, const ClusterState& state,
                           const std::string& node) {
    const std::string& group = request.kind.gvk.group;
    const std::string& plural = request.kind.plural;
    if (group.empty() && plural == "pods") return pod_fault(request, state, node);
    if (group.empty() && plural == "nodes") return node_fault(request, node);
    if (group.empty() && plural == "persistentvolumeclaims")
      return request.subresource == "status" ? "" : "may only update PVC status";
    if (group == "coordination.k8s.io" && plural == "leases") {
      if (request.namespace_name != "kube-node-lease")
        return "can only access leases in the \"kube-node-lease\" system namespace";
      if (request.name != node)
        return "can only access node lease with the same name as the requesting node";
    }
    if (group == "storage.k8s.io" && plural == "csinodes" && request.name != node)
      return "can only access CSINode with the same name as the requesting node";
    return "";
  }

  static std::string pod_fault(const AdmissionRequest& request, const ClusterState& state,
                               const std::string& node) {
    const auto runs_here = [&](const json::object* pod) {
      return pod != nullptr && api::text_at(*pod, {"spec", "nodeName"}) == node;
    };
    if (request.subresource == "status") {
      if (!runs_here(request.old)) {
        return fmt::format(
            "node \"{}\" can only update pod status for pods with spec.nodeName set to itself",
            node);
      }
      return api::same(part(request.old, {"metadata", "labels"}),
                       part(request.object, {"metadata", "labels"}))
                 ? ""
                 : fmt::format("node \"{}\" cannot update labels through pod status", node);
    }
    if (request.subresource == "eviction") {
      const api::ObjectPtr pod = state.object("", "pods", request.namespace_name, request.name);
      return pod && runs_here(&pod->document())
                 ? ""
                 : fmt::format("node {} can only evict pods with spec.nodeName set to itself",
                               node);
    }
    if (!request.subresource.empty())
      return fmt::format("unexpected pod subresource \"{}\"", request.subresource);
    if (request.operation == Operation::kDelete) {
      return runs_here(request.old)
                 ? ""
                 : fmt::format("node \"{}\" can only delete pods with spec.nodeName set to itself",
                               node);
    }
    if (request.operation == Operation::kCreate) return mirror_fault(*request.object, node);
    return fmt::format("unexpected operation, node \"{}\" can only create and delete pods", node);
  }

  static std::string mirror_fault(const json::object& pod, const std::string& node) {
    if (api::value_at(pod, {"metadata", "annotations", kMirror}) == nullptr) {
      return fmt::format(
          "pod does not have \"{}\" annotation, node \"{}\" can only create mirror pods", kMirror,
          node);
    }
    if (api::text_at(pod, {"spec", "nodeName"}) != node) {
      return fmt::format("node \"{}\" can only create pods with spec.nodeName set to itself", node);
    }
    if (!api::text_at(pod, {"spec", "serviceAccountName"}).empty())
      return fmt::format("node \"{}\" can not create pods that reference a service account", node);
    const std::string text = api::to_text(pod);
    for (const std::string_view reference :
         {"\"secret\":", "\"secretRef\":", "\"secretKeyRef\":", "\"secretName\":"}) {
      if (text.find(reference) != std::string::npos)
        return fmt::format("node \"{}\" can not create pods that reference secrets", node);
    }
    for (const std::string_view reference :
         {"\"configMap\":", "\"configMapRef\":", "\"configMapKeyRef\":"}) {
      if (text.find(reference) != std::string::npos)
        return fmt::format("node \"{}\" can not create pods that reference configmaps", node);
    }
    if (text.find("\"persistentVolumeClaim\":") != std::string::npos)
      return fmt::format("node \"{}\" can not create pods that reference persistentvolumeclaims",
                         node);
    return "";
  }

  static std::string node_fault(const AdmissionRequest& request, const std::string& node) {
    if (request.name != node) {
      return fmt::format("node \"{}\" is not allowed to modify node \"{}\"", node, request.name);
    }
    if (request.object == nullptr) return "";
    if (!part(request.object, {"spec", "configSource"}).is_null() &&
        !api::same(part(request.object, {"spec", "configSource"}),
                   part(request.old, {"spec", "configSource"})))
      return fmt::format("node \"{}\" is not allowed to update configSource to a new value", node);
    if (request.operation == Operation::kUpdate &&
        !api::same(part(request.old, {"spec", "taints"}), part(request.object, {"spec", "taints"})))
      return fmt::format("node \"{}\" is not allowed to modify taints", node);
    if (!api::same(part(request.old, {"metadata", "ownerReferences"}),
                   part(request.object, {"metadata", "ownerReferences"})))
      return fmt::format("node \"{}\" is not allowed to modify ownerReferences", node);
    if (const std::string labels = restricted_changes(request.old, *request.object);
        !labels.empty()) {
      return fmt::format("is not allowed to modify labels: {}", labels);
    }
    return "";
  }
};

}  // namespace

std::unique_ptr<AdmissionPlugin> node_restriction() {
  return std::make_unique<NodeRestriction>();
}

}  // namespace cove::server
