#include "core/controllers/list.h"

#include "core/controllers/controllers.h"

namespace cove::controllers {

const std::vector<MakeControlLoop>& all_control_loops() {
  static const std::vector<MakeControlLoop> loops = {
      make_deployment_controller,
      make_replicaset_controller,
      make_replication_controller,
      make_garbage_collector,
      make_namespace_controller,
      make_node_lifecycle_controller,
      make_taint_eviction_controller,
      make_pod_garbage_collector,
      make_resourcequota_controller,
      make_endpoints_controller,
      make_endpointslice_controller,
      make_endpointslice_mirroring_controller,
      make_job_controller,
      make_cronjob_controller,
      make_ttl_after_finished_controller,
      make_disruption_controller,
      make_horizontal_pod_autoscaler,
      make_service_load_balancer_controller,
      make_statefulset_controller,
      make_daemonset_controller,
      make_volume_binder,
      make_local_path_provisioner,
      make_volume_protection_controller,
      make_ephemeral_volume_controller,
  };
  return loops;
}

}  // namespace cove::controllers
