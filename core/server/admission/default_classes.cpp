// DefaultStorageClass and DefaultIngressClass (kubernetes.io "Storage Classes", "Ingress"): what
// names no class gets the cluster's default one.

#include <fmt/format.h>

#include "core/api/time.h"
#include "core/server/admission/plugins.h"

namespace cove::server {
namespace {

bool is_default(const api::Object& object, std::initializer_list<std::string_view> annotations) {
  return std::ranges::any_of(annotations, [&](std::string_view name) {
    return api::text_at(object.document(), {"metadata", "annotations", name}) == "true";
  });
}

class DefaultClasses final : public AdmissionPlugin {
 public:
  std::string_view name() const override { return "DefaultClasses"; }

  Outcome<void> mutate(AdmissionRequest& request, const ClusterState& state) override {
    if (request.operation != Operation::kCreate) return {};
    if (is_about(request, "", "persistentvolumeclaims")) return storage(request, state);
    if (is_about(request, "networking.k8s.io", "ingresses")) return ingress(request, state);
    return {};
  }

 private:
  static Outcome<void> storage(AdmissionRequest& request, const ClusterState& state) {
    const json::object& claim = *request.object;
    if (api::value_at(claim, {"spec", "storageClassName"}) != nullptr ||
        api::value_at(claim, {"metadata", "annotations",
                              "volume.beta.kubernetes.io/storage-class"}) != nullptr)
      return {};
    // The newest of several; of two as old as each other the first by name.
    api::ObjectPtr chosen;
    for (const auto& each : state.objects("storage.k8s.io", "storageclasses", "")) {
      if (!is_default(*each, {"storageclass.kubernetes.io/is-default-class",
                              "storageclass.beta.kubernetes.io/is-default-class"}))
        continue;
      if (!chosen || made(*each) > made(*chosen)) chosen = each;
    }
    if (chosen) {
      api::set_at(*request.object, {"spec", "storageClassName"}, api::key(chosen->name()));
    }
    return {};
  }

  static Outcome<void> ingress(AdmissionRequest& request, const ClusterState& state) {
    const json::object& document = *request.object;
    if (api::value_at(document, {"spec", "ingressClassName"}) != nullptr ||
        api::value_at(document, {"metadata", "annotations", "kubernetes.io/ingress.class"}) !=
            nullptr)
      return {};
    api::ObjectPtr chosen;
    for (const auto& each : state.objects("networking.k8s.io", "ingressclasses", "")) {
      if (!is_default(*each, {"ingressclass.kubernetes.io/is-default-class"})) continue;
      if (!chosen || made(*each) > made(*chosen)) chosen = each;
    }
    if (chosen) {
      api::set_at(*request.object, {"spec", "ingressClassName"}, api::key(chosen->name()));
    }
    return {};
  }

  static WallTime made(const api::Object& object) {
    const auto time =
        api::parse_time(api::text_at(object.document(), {"metadata", "creationTimestamp"}));
    return time ? *time : WallTime();
  }
};

}  // namespace

std::unique_ptr<AdmissionPlugin> default_classes() {
  return std::make_unique<DefaultClasses>();
}

}  // namespace cove::server
