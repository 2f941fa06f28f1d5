#include "core/controllers/list.h"

#include "core/controllers/controllers.h"

namespace cove::controllers {

const std::vector<MakeControlLoop>& all_control_loops() {
  static const std::vector<MakeControlLoop> loops = {
      make_garbage_collector,
      make_namespace_controller,
      make_node_lifecycle_controller,
      make_taint_eviction_controller,
      make_pod_garbage_collector,
      make_resourcequota_controller,
      make_volume_binder,
      make_local_path_provisioner,
      make_volume_protection_controller,
  };
  return loops;
}

}  // namespace cove::controllers
