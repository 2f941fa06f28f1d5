// StorageObjectInUseProtection (kubernetes.io "Persistent Volumes", storage object in use
// protection): claims and volumes get the finalizers that keep them while they are used.

#include "core/server/admission/plugins.h"

namespace cove::server {
namespace {

class StorageProtection final : public AdmissionPlugin {
 public:
  std::string_view name() const override { return "StorageObjectInUseProtection"; }

  Outcome<void> mutate(AdmissionRequest& request, const ClusterState&) override {
    if (request.operation != Operation::kCreate) return {};
    if (is_about(request, "", "persistentvolumeclaims")) {
      add(*request.object, "kubernetes.io/pvc-protection");
    } else if (is_about(request, "", "persistentvolumes")) {
      add(*request.object, "kubernetes.io/pv-protection");
    }
    return {};
  }

 private:
  static void add(json::object& object, std::string_view finalizer) {
    json::array& all = api::make_array_at(object, {"metadata", "finalizers"});
    const json::value wanted(api::key(finalizer));
    if (std::ranges::find(all, wanted) == all.end()) all.push_back(wanted);
  }
};

}  // namespace

std::unique_ptr<AdmissionPlugin> storage_protection() {
  return std::make_unique<StorageProtection>();
}

}  // namespace cove::server
