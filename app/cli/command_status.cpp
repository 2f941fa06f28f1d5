// status, ip, profile list, update-context: what only looks (or mends the kubeconfig).
#include <fmt/format.h>

#include "app/cli/context.h"
#include "app/cli/exit_codes.h"
#include "app/cli/json.h"
#include "app/cli/render.h"

namespace cove::cli {
namespace {

using provision::ClusterStatus;
using provision::Phase;

int show_status(Invocation& run, OutputFormat format) {
  auto clusters = run.clusters();
  if (!clusters) return run.fail(clusters.error(), format);
  const auto status = (*clusters)->status(run.globals.profile);
  if (!status) return run.fail(status.error(), format);
  if (format == OutputFormat::kJson) {
    run.world.out << status_json(*status) << '\n';
  } else {
    run.world.out << status_text(*status);
    if (status->phase == Phase::kNotCreated) {
      run.world.out << fmt::format("remedy: Run '{}' to create it.\n", run.command("start"));
    }
  }
  run.world.out << std::flush;
  return status_exit_code(*status);
}

int show_ip(Invocation& run) {
  auto clusters = run.clusters();
  if (!clusters) return run.fail(clusters.error());
  const auto status = (*clusters)->status(run.globals.profile);
  if (!status) return run.fail(status.error());
  if (status->phase != Phase::kRunning || status->host.empty()) {
    return run.fail(
        Error{status->phase == Phase::kNotCreated ? ErrorCode::kNotFound : ErrorCode::kUnavailable,
              "tell the address of", fmt::format("cluster '{}'", run.globals.profile),
              status->phase == Phase::kNotCreated
                  ? "it was never created"
                  : fmt::format("it is {}", provision::to_string(status->phase)),
              fmt::format("Run '{}'.", run.command("start"))});
  }
  run.world.out << status->host << std::endl;
  return kOk;
}

int list_profiles(Invocation& run, OutputFormat format) {
  auto clusters = run.clusters();
  if (!clusters) return run.fail(clusters.error(), format);
  const auto known = (*clusters)->list();
  if (!known) return run.fail(known.error(), format);
  if (format == OutputFormat::kJson) {
    std::vector<std::string> objects;
    for (const ClusterStatus& status : *known) objects.push_back(status_json(status));
    JsonObject document;
    document.raw("invalid", "[]").raw("valid", json_array(objects));
    run.world.out << document.str() << std::endl;
  } else if (known->empty()) {
    run.world.out << "There are no clusters; 'cove start' creates one." << std::endl;
  } else {
    run.world.out << profile_table(*known) << std::flush;
  }
  return kOk;
}

int update_context(Invocation& run) {
  auto clusters = run.clusters();
  if (!clusters) return run.fail(clusters.error());
  const auto status = (*clusters)->update_context(run.globals.profile);
  if (!status) return run.fail(status.error());
  run.world.out << fmt::format("Context '{}' is up to date and current in {}.", status->context,
                               status->kubeconfig.string())
                << std::endl;
  return kOk;
}

}  // namespace

void add_status_commands(const Registry& registry) {
  const auto status_format = std::make_shared<OutputFormat>(OutputFormat::kText);
  CLI::App* status =
      registry.add("status", "Show how the cluster is, and what to do when it is not well",
                   kLookGroup, [=](Invocation& run) { return show_status(run, *status_format); });
  add_output_option(*status, status_format);
  status->footer(
      "Ends with 0 when all runs, else with the sum of 1 (virtual machine), 2 (API server or\n"
      "kubeconfig) and 4 (node).\n");

  registry.add("ip", "Print the address at which the cluster's ports answer", kLookGroup, &show_ip);

  CLI::App* profile = registry.app.add_subcommand("profile", "Look at all clusters");
  profile->group(kLookGroup)->fallthrough()->require_subcommand(1);
  const auto list_format = std::make_shared<OutputFormat>(OutputFormat::kText);
  const Registry below{*profile, registry.globals, registry.chosen, registry.root_may};
  CLI::App* list = below.add("list", "List the clusters of this account", "",
                             [=](Invocation& run) { return list_profiles(run, *list_format); });
  list->group("Commands");
  add_output_option(*list, list_format);

  registry.add("update-context", "Write the cluster's kubeconfig entry again and make it current",
               kLookGroup, &update_context);
}

}  // namespace cove::cli
