// serve-ports: the program that `cove start` leaves running beside a cluster; not for people.
#include "app/cli/context.h"
#include "app/cli/exit_codes.h"

namespace cove::cli {
namespace {

int serve(Invocation& run) {
  auto clusters = run.clusters();
  if (!clusters) return run.fail(clusters.error());
  const auto served = (*clusters)->serve_ports(run.globals.profile, run.world.interruption.token());
  // Another one does it already, or it was told to stop: both are fine.
  if (served || served.error().code == ErrorCode::kConflict ||
      served.error().code == ErrorCode::kCancelled) {
    return kOk;
  }
  return run.fail(served.error());
}

}  // namespace

void add_ports_command(const Registry& registry) {
  registry.add(kServePorts, "Open the ports that a cluster publishes, as long as it runs", "",
               serve);
}

}  // namespace cove::cli
