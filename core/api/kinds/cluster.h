// The kinds of the cluster itself, as opposed to pods and workloads. Private to this folder.
#pragma once

#include "core/api/kinds/kinds.h"

namespace cove::api {

std::vector<Kind> admission_policy_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> admission_webhook_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> api_service_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> authentication_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> authorization_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> autoscaler_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> binding_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> certificate_signing_request_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> component_status_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> config_map_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> csi_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> custom_resource_definition_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> endpoint_slice_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> endpoints_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> event_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> flowcontrol_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> ingress_class_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> ingress_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> ip_address_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> lease_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> limit_range_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> metrics_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> namespace_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> network_policy_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> node_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> persistent_volume_claim_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> persistent_volume_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> pod_disruption_budget_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> priority_class_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> rbac_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> resource_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> resource_quota_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> runtime_class_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> secret_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> service_account_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> service_cidr_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> service_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> storage_class_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> volume_attachment_kinds(const BuiltinSchemas& schemas);

}  // namespace cove::api
