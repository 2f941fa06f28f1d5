// NamespaceLifecycle (kubernetes.io "Admission Control in Kubernetes"): nothing is made in a
// namespace that is not there or is being deleted, and the system's own namespaces stay.

#include <fmt/format.h>

#include "core/server/admission/plugins.h"

namespace cove::server {
namespace {

constexpr std::array<std::string_view, 3> kImmortal{"default", "kube-public", "kube-system"};

class NamespaceLifecycle final : public AdmissionPlugin {
 public:
  std::string_view name() const override { return "NamespaceLifecycle"; }

  Outcome<void> mutate(AdmissionRequest& request, const ClusterState& state) override {
    // What is left in a namespace that goes can still be changed and deleted: its controllers need
    // that to clean up.
    if (!request.kind.namespaced || request.operation == Operation::kDelete) return {};
    if (request.kind.verbs.size() == 1) return {};  // reviews are answered, not stored
    const api::ObjectPtr space = state.object("", "namespaces", "", request.namespace_name);
    if (!space) {
      const json::object details{{"name", api::key(request.namespace_name)},
                                 {"kind", "namespaces"}};
      return Refusal{404, "NotFound",
                     fmt::format("namespaces \"{}\" not found", request.namespace_name), details};
    }
    if (request.operation != Operation::kCreate || !space->deleting()) return {};
    Refusal refusal = refuse::forbidden(
        request.kind, request.name,
        fmt::format("unable to create new content in namespace {} because it is being terminated",
                    request.namespace_name));
    refusal.details["causes"] = json::array{json::object{
        {"reason", "NamespaceTerminating"},
        {"message", fmt::format("namespace {} is being terminated", request.namespace_name)},
        {"field", "metadata.namespace"}}};
    return refusal;
  }

  Outcome<void> validate(const AdmissionRequest& request, const ClusterState&) override {
    if (request.operation != Operation::kDelete || request.kind.plural != "namespaces" ||
        !request.kind.gvk.group.empty())
      return {};
    if (std::ranges::find(kImmortal, request.name) == kImmortal.end()) return {};
    return refuse::forbidden(request.kind, request.name, "this namespace may not be deleted");
  }
};

}  // namespace

std::unique_ptr<AdmissionPlugin> namespace_lifecycle() {
  return std::make_unique<NamespaceLifecycle>();
}

}  // namespace cove::server
