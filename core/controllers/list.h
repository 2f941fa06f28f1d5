// The makers of the control loops, each in the file of its name.
#pragma once

#include "core/controllers/control_loop.h"

namespace cove::controllers {

using Loop = std::unique_ptr<ControlLoop>;

// Workloads.
Loop make_deployment_controller(const Environment& environment);
Loop make_replicaset_controller(const Environment& environment);
Loop make_replication_controller(const Environment& environment);
Loop make_statefulset_controller(const Environment& environment);
Loop make_daemonset_controller(const Environment& environment);
Loop make_job_controller(const Environment& environment);
Loop make_cronjob_controller(const Environment& environment);
Loop make_ttl_after_finished_controller(const Environment& environment);
Loop make_horizontal_pod_autoscaler(const Environment& environment);
Loop make_disruption_controller(const Environment& environment);

// The cluster's own.
Loop make_garbage_collector(const Environment& environment);
Loop make_namespace_controller(const Environment& environment);
Loop make_endpoints_controller(const Environment& environment);
Loop make_endpointslice_controller(const Environment& environment);
Loop make_endpointslice_mirroring_controller(const Environment& environment);
Loop make_node_lifecycle_controller(const Environment& environment);
Loop make_taint_eviction_controller(const Environment& environment);
Loop make_pod_garbage_collector(const Environment& environment);
Loop make_resourcequota_controller(const Environment& environment);
Loop make_volume_binder(const Environment& environment);
Loop make_local_path_provisioner(const Environment& environment);
Loop make_volume_protection_controller(const Environment& environment);
Loop make_ephemeral_volume_controller(const Environment& environment);
Loop make_service_load_balancer_controller(const Environment& environment);

}  // namespace cove::controllers
