#include <array>

#include "core/api/types/tables.h"

namespace cove::api {

std::span<const TypePackage> type_packages() {
  using Tables = std::span<const TypeFact>;
  static const std::array<Tables, 1> admissionregistration_v1{admissionregistration_v1_types()};
  static const std::array<Tables, 1> apiextensions_v1{apiextensions_v1_types()};
  static const std::array<Tables, 1> apiregistration_v1{apiregistration_v1_types()};
  static const std::array<Tables, 1> apps_v1{apps_v1_types()};
  static const std::array<Tables, 1> apps_v1beta1{apps_v1beta1_types()};
  static const std::array<Tables, 1> apps_v1beta2{apps_v1beta2_types()};
  static const std::array<Tables, 1> authentication_v1{authentication_v1_types()};
  static const std::array<Tables, 1> authorization_v1{authorization_v1_types()};
  static const std::array<Tables, 1> autoscaling_v1{autoscaling_v1_types()};
  static const std::array<Tables, 1> autoscaling_v2{autoscaling_v2_types()};
  static const std::array<Tables, 1> batch_v1{batch_v1_types()};
  static const std::array<Tables, 1> certificates_v1{certificates_v1_types()};
  static const std::array<Tables, 1> coordination_v1{coordination_v1_types()};
  static const std::array<Tables, 7> core_v1{
      core_v1_containers_types(), core_v1_nodes_types(), core_v1_persistentvolumes_types(),
      core_v1_pods_types(),       core_v1_rest_types(),  core_v1_services_types(),
      core_v1_volumes_types()};
  static const std::array<Tables, 1> discovery_v1{discovery_v1_types()};
  static const std::array<Tables, 1> events_v1{events_v1_types()};
  static const std::array<Tables, 1> extensions_v1beta1{extensions_v1beta1_types()};
  static const std::array<Tables, 1> flowcontrol_v1{flowcontrol_v1_types()};
  static const std::array<Tables, 1> meta_v1{meta_v1_types()};
  static const std::array<Tables, 1> metrics_v1beta1{metrics_v1beta1_types()};
  static const std::array<Tables, 1> networking_v1{networking_v1_types()};
  static const std::array<Tables, 1> node_v1{node_v1_types()};
  static const std::array<Tables, 1> policy_v1{policy_v1_types()};
  static const std::array<Tables, 1> rbac_v1{rbac_v1_types()};
  static const std::array<Tables, 1> resource_v1{resource_v1_types()};
  static const std::array<Tables, 1> scheduling_v1{scheduling_v1_types()};
  static const std::array<Tables, 1> storage_v1{storage_v1_types()};
  static const std::array<TypePackage, 27> packages{{
      {"admissionregistration/v1", "io.k8s.api.admissionregistration.v1", admissionregistration_v1},
      {"apiextensions/v1", "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1",
       apiextensions_v1},
      {"apiregistration/v1", "io.k8s.kube-aggregator.pkg.apis.apiregistration.v1",
       apiregistration_v1},
      {"apps/v1", "io.k8s.api.apps.v1", apps_v1},
      {"apps/v1beta1", "io.k8s.api.apps.v1beta1", apps_v1beta1},
      {"apps/v1beta2", "io.k8s.api.apps.v1beta2", apps_v1beta2},
      {"authentication/v1", "io.k8s.api.authentication.v1", authentication_v1},
      {"authorization/v1", "io.k8s.api.authorization.v1", authorization_v1},
      {"autoscaling/v1", "io.k8s.api.autoscaling.v1", autoscaling_v1},
      {"autoscaling/v2", "io.k8s.api.autoscaling.v2", autoscaling_v2},
      {"batch/v1", "io.k8s.api.batch.v1", batch_v1},
      {"certificates/v1", "io.k8s.api.certificates.v1", certificates_v1},
      {"coordination/v1", "io.k8s.api.coordination.v1", coordination_v1},
      {"core/v1", "io.k8s.api.core.v1", core_v1},
      {"discovery/v1", "io.k8s.api.discovery.v1", discovery_v1},
      {"events/v1", "io.k8s.api.events.v1", events_v1},
      {"extensions/v1beta1", "io.k8s.api.extensions.v1beta1", extensions_v1beta1},
      {"flowcontrol/v1", "io.k8s.api.flowcontrol.v1", flowcontrol_v1},
      {"meta/v1", "io.k8s.apimachinery.pkg.apis.meta.v1", meta_v1},
      {"metrics/v1beta1", "io.k8s.metrics.pkg.apis.metrics.v1beta1", metrics_v1beta1},
      {"networking/v1", "io.k8s.api.networking.v1", networking_v1},
      {"node/v1", "io.k8s.api.node.v1", node_v1},
      {"policy/v1", "io.k8s.api.policy.v1", policy_v1},
      {"rbac/v1", "io.k8s.api.rbac.v1", rbac_v1},
      {"resource/v1", "io.k8s.api.resource.v1", resource_v1},
      {"scheduling/v1", "io.k8s.api.scheduling.v1", scheduling_v1},
      {"storage/v1", "io.k8s.api.storage.v1", storage_v1},
  }};
  return packages;
}

}  // namespace cove::api
