// config: what a cluster is to be, looked at and changed without starting it.
#include <fmt/format.h>

#include "app/cli/context.h"
#include "app/cli/exit_codes.h"
#include "app/cli/json.h"
#include "app/cli/settings.h"
#include "core/base/strings.h"

namespace cove::cli {
namespace {

using provision::ClusterStatus;
using provision::Phase;
using provision::StartRequest;

Result<const Setting*> find_setting(const std::string& name) {
  const auto found = std::ranges::find(settings(), name, &Setting::name);
  if (found != settings().end()) return &*found;
  std::vector<std::string_view> names;
  for (const Setting& each : settings()) names.push_back(each.name);
  return Error{ErrorCode::kInvalidArgument, "find the property",
               fmt::format("'{}'", escape_control(name)), "there is none of that name",
               fmt::format("Use one of {}.", fmt::join(names, ", "))};
}

Result<ClusterStatus> existing(Invocation& run) {
  COVE_TRY(Clusters * clusters, run.clusters());
  COVE_TRY(ClusterStatus status, clusters->status(run.globals.profile));
  if (status.phase == Phase::kNotCreated) return run.not_running("look at", status);
  return status;
}

// Sizes that the machine does not have yet.
bool waits_for_boot(const ClusterStatus& status) {
  return (status.phase == Phase::kRunning || status.phase == Phase::kPaused) &&
         status.booted != status.wish.resources;
}

int view(Invocation& run, OutputFormat format) {
  const auto status = existing(run);
  if (!status) return run.fail(status.error(), format);
  auto clusters = run.clusters();
  const auto host = (*clusters)->host(status->wish.network);
  const std::string brings = host ? host->image_version : std::string();
  const bool newer =
      host && !status->image_digest.empty() && host->image_digest != status->image_digest;
  std::ostream& out = run.world.out;
  if (format == OutputFormat::kJson) {
    JsonObject document;
    for (const Setting& each : settings()) document.text(each.name, each.show(status->wish));
    document.text("network", provision::to_string(status->wish.network))
        .text("system-image", status->image_version)
        .text("installed-system-image", brings)
        .boolean("restart-needed", waits_for_boot(*status))
        .boolean("newer-system-image", newer);
    out << document.str() << std::endl;
    return kOk;
  }
  for (const Setting& each : settings()) {
    const std::string value = each.show(status->wish);
    if (!value.empty()) out << fmt::format("- {}: {}\n", each.name, escape_control(value));
  }
  out << fmt::format("- network: {}\n", provision::to_string(status->wish.network));
  if (!status->image_version.empty())
    out << fmt::format("- system-image: {}\n", escape_control(status->image_version));
  if (waits_for_boot(*status)) {
    out << fmt::format("CPUs, memory or disk count from the next boot: run '{}'.\n",
                       run.command("restart"));
  }
  if (newer) {
    out << fmt::format("Cove brings the system image {}: run '{}' to use it; data is kept.\n",
                       escape_control(brings), run.command("restart"));
  }
  out << std::flush;
  return kOk;
}

int get(Invocation& run, const std::string& name) {
  const auto setting = find_setting(name);
  if (!setting) return run.fail(setting.error());
  const auto status = existing(run);
  if (!status) return run.fail(status.error());
  run.world.out << escape_control((*setting)->show(status->wish)) << std::endl;
  return kOk;
}

int change(Invocation& run, const StartRequest& request) {
  auto clusters = run.clusters();
  if (!clusters) return run.fail(clusters.error());
  run.world.interruption.announce("Cancelling; press Ctrl-C again to end at once.");
  const Result<ClusterStatus> result = [&] {
    ShownProgress progress(run.world, OutputFormat::kText);
    return (*clusters)->configure(run.globals.profile, request, *progress,
                                  run.world.interruption.token());
  }();
  if (!result) return run.fail(result.error());
  if (waits_for_boot(*result)) {
    run.world.out << fmt::format("It counts from the next boot: run '{}'.\n",
                                 run.command("restart"));
  }
  run.world.out << std::flush;
  return kOk;
}

int set(Invocation& run, const std::string& name, const std::optional<std::string>& given) {
  const auto setting = find_setting(name);
  if (!setting) return run.fail(setting.error());
  std::optional<std::string> value = given;
  const std::string variable((*setting)->variable);
  if (!value && !variable.empty()) value = run.world.environment(variable);
  if (!value) {
    return run.fail(Error{ErrorCode::kInvalidArgument, "set", name, "there is no value",
                          variable.empty() ? fmt::format("Run 'cove config set {} VALUE'.", name)
                                           : fmt::format("Give one, or set {}.", variable)});
  }
  StartRequest request;
  if (const auto read = (*setting)->read(*value, request); !read) {
    return run.fail(Error{ErrorCode::kInvalidArgument, "set", name, read.error().cause, ""});
  }
  return change(run, request);
}

int unset(Invocation& run, const std::string& name) {
  const auto setting = find_setting(name);
  if (!setting) return run.fail(setting.error());
  if ((*setting)->unset == nullptr) {
    return run.fail(Error{ErrorCode::kInvalidArgument, "unset", name,
                          "a cluster always has a value for it",
                          fmt::format("Run 'cove config set {} VALUE' to change it.", name)});
  }
  StartRequest request;
  (*setting)->unset(request);
  return change(run, request);
}

struct Words {
  std::string name;
  std::string value;
  CLI::Option* value_option = nullptr;
};

}  // namespace

void add_config_command(const Registry& registry) {
  CLI::App* config =
      registry.app.add_subcommand("config", "Look at and change what the cluster is to be");
  config->group(kClusterGroup)->fallthrough()->require_subcommand(1);
  const Registry below{*config, registry.globals, registry.chosen, registry.root_may};
  const auto add = [&](const char* name, const char* description, Action action) {
    CLI::App* command = below.add(name, description, "", std::move(action));
    command->group("Commands");
    return command;
  };
  const auto format = std::make_shared<OutputFormat>(OutputFormat::kText);
  add_output_option(*add("view", "Show every property; passwords are masked",
                         [=](Invocation& run) { return view(run, *format); }),
                    format);
  const auto words = std::make_shared<Words>();
  const auto takes_name = [&](CLI::App* command) {
    command->add_option("PROPERTY", words->name, "Its name")->required()->type_name("");
  };
  takes_name(
      add("get", "Print one property", [=](Invocation& run) { return get(run, words->name); }));
  CLI::App* setting =
      add("set", "Change one property; the cluster is not started", [words](Invocation& run) {
        const bool given = words->value_option->count() > 0;
        return set(run, words->name, given ? std::optional(words->value) : std::nullopt);
      });
  takes_name(setting);
  words->value_option = setting->add_option("VALUE", words->value, "Its value")->type_name("");
  takes_name(add("unset", "Take one property away",
                 [=](Invocation& run) { return unset(run, words->name); }));
  std::string footer = "Properties:\n";
  for (const Setting& each : settings())
    footer += fmt::format("  {:<16} {}\n", each.name, each.meaning);
  footer +=
      "\nMirrors and proxies reach a running cluster at once; its containers go on. Without VALUE "
      "a "
      "proxy\n"
      "is taken from HTTP_PROXY, HTTPS_PROXY or NO_PROXY: a password need not be in a command.\n\n"
      "Examples:\n"
      "  cove config set memory 4g\n"
      "  cove config set https-proxy http://proxy.example:3128\n"
      "  cove config view\n";
  config->footer(footer);
}

}  // namespace cove::cli
