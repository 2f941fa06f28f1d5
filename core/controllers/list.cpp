#include "core/controllers/list.h"

#include "core/controllers/controllers.h"

namespace cove::controllers {

const std::vector<MakeControlLoop>& all_control_loops() {
  static const std::vector<MakeControlLoop> loops = {
      make_deployment_controller,
      make_replicaset_controller,
      make_replication_controller,
      make_statefulset_controller,
      make_daemonset_controller,
  };
  return loops;
}

}  // namespace cove::controllers
