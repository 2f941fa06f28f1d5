// The tables there are, one function each; packages.cpp lists them. Private to this room.
#pragma once

#include "core/api/types/types.h"

namespace cove::api {

std::span<const TypeFact> admissionregistration_v1_types();
std::span<const TypeFact> apiextensions_v1_types();
std::span<const TypeFact> apiregistration_v1_types();
std::span<const TypeFact> apps_v1_types();
std::span<const TypeFact> apps_v1beta1_types();
std::span<const TypeFact> apps_v1beta2_types();
std::span<const TypeFact> authentication_v1_types();
std::span<const TypeFact> authorization_v1_types();
std::span<const TypeFact> autoscaling_v1_types();
std::span<const TypeFact> autoscaling_v2_types();
std::span<const TypeFact> batch_v1_types();
std::span<const TypeFact> certificates_v1_types();
std::span<const TypeFact> coordination_v1_types();
std::span<const TypeFact> core_v1_containers_types();
std::span<const TypeFact> core_v1_nodes_types();
std::span<const TypeFact> core_v1_persistentvolumes_types();
std::span<const TypeFact> core_v1_pods_types();
std::span<const TypeFact> core_v1_rest_types();
std::span<const TypeFact> core_v1_services_types();
std::span<const TypeFact> core_v1_volumes_types();
std::span<const TypeFact> discovery_v1_types();
std::span<const TypeFact> events_v1_types();
std::span<const TypeFact> extensions_v1beta1_types();
std::span<const TypeFact> flowcontrol_v1_types();
std::span<const TypeFact> meta_v1_types();
std::span<const TypeFact> metrics_v1beta1_types();
std::span<const TypeFact> networking_v1_types();
std::span<const TypeFact> node_v1_types();
std::span<const TypeFact> policy_v1_types();
std::span<const TypeFact> rbac_v1_types();
std::span<const TypeFact> resource_v1_types();
std::span<const TypeFact> scheduling_v1_types();
std::span<const TypeFact> storage_v1_types();

}  // namespace cove::api
