#include "core/api/kinds/cluster.h"
#include "core/api/kinds/kinds.h"
#include "core/api/kinds/workloads.h"

namespace cove::api {

std::vector<MakeKinds> builtin_kinds() {
  return {
      // The cluster.
      admission_policy_kinds,
      admission_webhook_kinds,
      api_service_kinds,
      authentication_kinds,
      authorization_kinds,
      autoscaler_kinds,
      binding_kinds,
      certificate_signing_request_kinds,
      component_status_kinds,
      config_map_kinds,
      csi_kinds,
      custom_resource_definition_kinds,
      endpoint_slice_kinds,
      endpoints_kinds,
      event_kinds,
      flowcontrol_kinds,
      ingress_class_kinds,
      ingress_kinds,
      ip_address_kinds,
      lease_kinds,
      limit_range_kinds,
      metrics_kinds,
      namespace_kinds,
      network_policy_kinds,
      node_kinds,
      persistent_volume_claim_kinds,
      persistent_volume_kinds,
      pod_disruption_budget_kinds,
      priority_class_kinds,
      rbac_kinds,
      resource_kinds,
      resource_quota_kinds,
      runtime_class_kinds,
      secret_kinds,
      service_account_kinds,
      service_cidr_kinds,
      service_kinds,
      storage_class_kinds,
      volume_attachment_kinds,

      // Pods and what runs them.
      controller_revision_kinds,
      cron_job_kinds,
      daemon_set_kinds,
      deployment_kinds,
      job_kinds,
      pod_kinds,
      pod_template_kinds,
      replica_set_kinds,
      replication_controller_kinds,
      stateful_set_kinds,
  };
}

}  // namespace cove::api
