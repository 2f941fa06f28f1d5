#include "core/api/kinds/cluster.h"
#include "core/api/kinds/kinds.h"

namespace cove::api {

std::vector<MakeKinds> builtin_kinds() {
  return {
      // The cluster.
      binding_kinds,
      component_status_kinds,
      config_map_kinds,
      endpoint_slice_kinds,
      endpoints_kinds,
      event_kinds,
      limit_range_kinds,
      namespace_kinds,
      node_kinds,
      persistent_volume_claim_kinds,
      persistent_volume_kinds,
      rbac_kinds,
      resource_quota_kinds,
      secret_kinds,
      service_account_kinds,
      service_kinds,
  };
}

}  // namespace cove::api
