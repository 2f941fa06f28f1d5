// `cove`: the command line with the real world behind it.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <iostream>

#include "app/cli/app.h"
#include "app/cli/cluster_api.h"
#include "app/cli/exit_codes.h"
#include "app/cli/provisioner_clusters.h"
#include "core/base/launch.h"

namespace cove::cli {
namespace {

int run_main(const std::vector<std::string>& arguments) {
  // Before any thread: who watches for signals must block them for all.
  Interruption interruption;
  auto signals = SignalWatcher::create(interruption);
  if (!signals) {
    std::cerr << "cove: " << signals.error().message() << '\n';
    return kFailed;
  }
  ::signal(SIGPIPE, SIG_IGN);
  const provision::Environment environment = provision::process_environment();
  SystemClock clock;
  World world{std::cout, std::cerr,    output_style(STDOUT_FILENO, environment),
              clock,     interruption, environment};
  world.root = ::geteuid() == 0;
  world.animate = true;
  world.open_clusters = [&](bool verbose) -> Result<std::shared_ptr<Clusters>> {
    COVE_TRY(const provision::Paths paths, provision::default_paths(environment));
    provision::export_session(paths);
    return open_clusters(paths, verbose);
  };
  world.run_shell = &channel::run_shell;
  world.ask_api = &ask_api;
  world.ask_page = &ask_page;
  world.launch = &launch_detached;
  world.find_program = &find_beside;
  world.resized = (*signals)->resized();
  world.wait_for_log = [&] {
    return clock.sleep(std::chrono::milliseconds(200), interruption.token());
  };
  return run(arguments, world);
}

}  // namespace
}  // namespace cove::cli

int main(int argc, char** argv) {
  try {
    return cove::cli::run_main(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    std::cerr << fmt::format("cove: a bug in Cove: {}\n", error.what());
    return cove::cli::kFailed;
  }
}
