// The part of the Deployment's controller and of the node in the guided tour, where there is
// neither.
#pragma once

#include "tests/support/cluster.h"

namespace cove::ui::test {

// The ReplicaSet of the present template gets that revision, and the Deployment is rolled out, with
// this many of its ten pods available. `pods`: they are there, as many of them ready.
void roll_out(cove::test::Cluster& cluster, int revision, int available = 10, bool pods = false);

}  // namespace cove::ui::test
