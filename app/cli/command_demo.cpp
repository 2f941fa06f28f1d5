// demo: a guided first tour, step by step.
#include <fmt/format.h>

#include "app/cli/context.h"
#include "app/cli/exit_codes.h"

namespace cove::cli {
namespace {

using provision::ClusterStatus;
using provision::Phase;

// What the steps of the tour hand to each other.
struct Tour {
  Invocation& run;
  Clusters& clusters;
  ClusterStatus status;
};

// One step: what it is called, and what it does and prints.
struct TourStep {
  const char* title;
  Result<void> (*act)(Tour&);
};

Result<void> start_cluster(Tour& tour) {
  COVE_TRY(tour.status, tour.clusters.status(tour.run.globals.profile));
  if (tour.status.phase == Phase::kRunning) {
    tour.run.world.out << fmt::format("Cluster '{}' is running already.\n", tour.status.profile);
    return {};
  }
  ShownProgress progress(tour.run.world, OutputFormat::kText);
  COVE_TRY(tour.status, tour.clusters.start(tour.run.globals.profile, {}, *progress,
                                            tour.run.world.interruption.token()));
  return {};
}

Result<void> show_node(Tour& tour) {
  COVE_TRY(tour.status, tour.clusters.status(tour.run.globals.profile));
  const ClusterStatus& status = tour.status;
  if (!status.api_ready) {
    return Error{ErrorCode::kUnavailable, "ask the API of",
                 fmt::format("cluster '{}'", status.profile),
                 status.reason.empty() ? "it does not answer" : status.reason,
                 status.remedy.empty() ? fmt::format("See '{}'.", tour.run.command("status"))
                                       : status.remedy};
  }
  const std::size_t width = std::max<std::size_t>(4, status.node_name.size());
  tour.run.world.out << fmt::format(
      "{:<{}}   {:<8}   {}\n{:<{}}   {:<8}   {}\n", "NAME", width, "STATUS", "VERSION",
      status.node_name, width, status.node_ready ? "Ready" : "NotReady", status.kubernetes_version);
  return {};
}

Result<void> show_ways_in(Tour& tour) {
  const ClusterStatus& status = tour.status;
  tour.run.world.out << fmt::format(
      "The Kubernetes API answers at {}\n"
      "kubectl reaches it by:         kubectl --context {} get nodes\n",
      status.server, status.context);
  return {};
}

Result<void> show_next(Tour& tour) {
  const auto line = [&](const std::string& command, std::string_view what) {
    tour.run.world.out << fmt::format("  {:<28} {}\n", command, what);
  };
  line("kubectl get namespaces", "what kubectl shows");
  line(tour.run.command("dashboard"), "the same in a window");
  line(tour.run.command("ssh"), "a root shell in the virtual machine");
  line(tour.run.command("pause"), "put it to sleep; start wakes it in a second");
  line(tour.run.command("delete"), "remove it with everything in it");
  return {};
}

// The tour, in order: a new stop is one line here.
constexpr std::array kTour{
    TourStep{"Start the cluster", &start_cluster},
    TourStep{"Its node, as the API shows it", &show_node},
    TourStep{"Ways in", &show_ways_in},
    TourStep{"What to try next", &show_next},
};

int demo(Invocation& run) {
  auto clusters = run.clusters();
  if (!clusters) return run.fail(clusters.error());
  run.world.interruption.announce(
      fmt::format("Cancelling; press Ctrl-C again to end at once. '{}' continues from here.",
                  run.command("demo")));
  Tour tour{run, **clusters, {}};
  for (std::size_t i = 0; i < kTour.size(); ++i) {
    run.world.out << fmt::format("{}{}. {}\n", i == 0 ? "" : "\n", i + 1, kTour[i].title)
                  << std::flush;
    if (const auto done = kTour[i].act(tour); !done) return run.fail(done.error());
  }
  run.world.out << std::flush;
  return kOk;
}

}  // namespace

void add_demo_command(const Registry& registry) {
  registry
      .add("demo", "A short tour: start a cluster, look at it, and what to try next", kToolGroup,
           &demo)
      ->footer("Starts the cluster when it is not running. Changes nothing else.\n");
}

}  // namespace cove::cli
