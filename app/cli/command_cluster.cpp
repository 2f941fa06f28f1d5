// start, stop, pause, unpause, delete: what changes a cluster.
#include <fmt/format.h>

#include "app/cli/context.h"
#include "app/cli/drivers.h"
#include "app/cli/exit_codes.h"
#include "app/cli/render.h"
#include "app/cli/settings.h"
#include "core/base/strings.h"

namespace cove::cli {
namespace {

using provision::ClusterStatus;
using provision::Phase;
using provision::StartRequest;

constexpr std::uint64_t kMiB = 1ULL << 20;
constexpr std::uint64_t kGiB = 1ULL << 30;

[[noreturn]] void refuse(const std::string& field, const std::string& sentence) {
  throw CLI::ValidationError(field, sentence);
}

template <class Value>
Value or_refuse(const std::string& field, Result<Value> read) {
  if (!read) refuse(field, read.error().cause);
  return std::move(*read);
}

bool read_wait(const std::string& text) {
  // minikube takes a list of components; here it is all or nothing.
  return text != "false" && text != "none" && text != "0";
}

struct StartOptions {
  StartRequest request;
  std::string driver;
  std::string wait = "true";
  bool no_wait = false;
  std::uint64_t disk_bytes = 0;
  std::vector<std::string> docker_env;
  OutputFormat format = OutputFormat::kText;
};

// How each option is read into the wish. Free of captures: options outlive the code that adds them.
using Reader = void (*)(StartOptions&, const std::string&);

void take_cpus(StartOptions& options, const std::string& text) {
  options.request.cpus = or_refuse("--cpus", read_cpus(text));
}
void take_memory(StartOptions& options, const std::string& text) {
  options.request.memory_mib = or_refuse("--memory", read_bytes(text)) / kMiB;
}
void take_disk(StartOptions& options, const std::string& text) {
  options.disk_bytes = or_refuse("--disk-size", read_bytes(text));
  options.request.disk_gib = (options.disk_bytes + kGiB - 1) / kGiB;
}
void take_driver(StartOptions& options, const std::string& text) {
  const auto known = check_driver(text);
  if (!known) refuse("--driver", known.error().message());
  options.driver = text;
}
void take_network(StartOptions& options, const std::string& text) {
  if (text != "user" && text != "nat") {
    refuse("--network", fmt::format("'{}' is not known; use user or nat", escape_control(text)));
  }
  options.request.network = text == "nat" ? vm::NetworkMode::kNat : vm::NetworkMode::kUser;
}

void take_mirrors(StartOptions& options, const std::vector<std::string>& urls) {
  options.request.registry_mirrors = or_refuse("--registry-mirror", read_mirrors(urls));
}

void add_start_options(CLI::App& command, const std::shared_ptr<StartOptions>& options) {
  struct Entry {
    const char* names;
    const char* type;
    Reader read;
    const char* description;
  };
  static constexpr std::array kEntries{
      Entry{"--cpus", "N", &take_cpus, "CPUs of the virtual machine (new: 2)"},
      Entry{"--memory", "SIZE", &take_memory,
            "Its memory: 2g, 2048mb; a bare number is MiB (new: 2g)"},
      Entry{"--disk-size,--disk", "SIZE", &take_disk,
            "Its data disk: 20g; a bare number is MiB; grows, never shrinks (new: 20g)"},
      Entry{"--driver,--vm-driver", "NAME", &take_driver,
            "Accepted for minikube's tutorials; Cove uses what this computer has"},
      Entry{"--network", "user|nat", &take_network,
            "user: no privileges needed; nat: libvirt's network, an address of its own"},
  };
  for (const Entry& entry : kEntries) {
    command
        .add_option_function<std::string>(
            entry.names,
            [options, read = entry.read](const std::string& text) { read(*options, text); },
            entry.description)
        ->type_name(entry.type);
  }
  command
      .add_option_function<std::vector<std::string>>(
          "--registry-mirror",
          [options](const std::vector<std::string>& urls) { take_mirrors(*options, urls); },
          "Ask this registry first for images of Docker Hub (may be given again)")
      ->type_name("URL")
      ->allow_extra_args(false);
  command
      .add_option(
          "--docker-env", options->docker_env,
          "A proxy for pulls and builds in the cluster: HTTP_PROXY, HTTPS_PROXY or NO_PROXY, "
          "with =VALUE or from the environment (may be given again)")
      ->type_name("NAME[=VALUE]")
      ->allow_extra_args(false);
  command.add_flag("--wait", options->wait,
                   "Wait until the node is Ready, as without it; --wait=false does not");
  command.add_flag("--no-wait", options->no_wait, "Return once the virtual machine boots");
}

void print_started(Invocation& run, const ClusterStatus& status, bool waited) {
  std::ostream& out = run.world.out;
  if (!waited && !status.node_ready) {
    out << fmt::format("Cluster '{}' is starting; '{}' shows how far it is.\n", status.profile,
                       run.command("status"));
    return;
  }
  out << fmt::format("Cluster '{}' is running at {}.\n", status.profile, status.server);
  out << fmt::format("kubectl now uses it (context '{}'); try: kubectl get nodes\n",
                     status.context);
}

int finish(Invocation& run, const Result<ClusterStatus>& result, OutputFormat format,
           const std::function<void(const ClusterStatus&)>& print) {
  if (!result) return run.fail(result.error(), format);
  if (format == OutputFormat::kJson) {
    JsonObject members;
    members.raw("cluster", status_json(*result));
    write_event(run.world.out, run.world.clock, "result", members);
  } else {
    print(*result);
    run.world.out << std::flush;
  }
  return kOk;
}

void announce_cancel(Invocation& run, std::string_view verb) {
  run.world.interruption.announce(
      fmt::format("Cancelling; press Ctrl-C again to end at once. '{}' continues from here.",
                  run.command(verb)));
}

int start(Invocation& run, const StartOptions& options) {
  StartRequest request = options.request;
  request.wait = !options.no_wait && read_wait(options.wait);
  for (const std::string& text : options.docker_env) {
    if (const auto read = read_docker_env(text, run.world.environment, request); !read) {
      return run.fail(Error{ErrorCode::kInvalidArgument, "use", "--docker-env", read.error().cause,
                            "See 'cove start --help'."},
                      options.format);
    }
  }
  request.proxy_of_new = provision::proxy_of(run.world.environment);
  auto clusters = run.clusters();
  if (!clusters) return run.fail(clusters.error(), options.format);
  announce_cancel(run, "start");
  Result<ClusterStatus> result = [&]() -> Result<ClusterStatus> {
    ShownProgress progress(run.world, options.format);
    if (!options.driver.empty()) {
      const auto host = (*clusters)->host(request.network.value_or(vm::NetworkMode::kUser));
      const std::string sentence = explain_driver(options.driver, host ? &host->backend : nullptr);
      if (!sentence.empty()) (*progress).note(sentence);
    }
    if (options.disk_bytes % kGiB != 0) {
      (*progress).note(
          fmt::format("Disks are whole GiB here: the data disk gets {} GiB.", *request.disk_gib));
    }
    return (*clusters)->start(run.globals.profile, request, *progress,
                              run.world.interruption.token());
  }();
  return finish(run, result, options.format,
                [&](const ClusterStatus& status) { print_started(run, status, request.wait); });
}

using Operation = Result<ClusterStatus> (Clusters::*)(const std::string&, provision::Progress&,
                                                      std::stop_token);

int operate(Invocation& run, OutputFormat format, Operation operation, std::string_view verb,
            const char* done) {
  auto clusters = run.clusters();
  if (!clusters) return run.fail(clusters.error(), format);
  announce_cancel(run, verb);
  Result<ClusterStatus> result = [&] {
    ShownProgress progress(run.world, format);
    return ((*clusters)->*operation)(run.globals.profile, *progress,
                                     run.world.interruption.token());
  }();
  return finish(run, result, format, [&](const ClusterStatus& status) {
    run.world.out << fmt::format("Cluster '{}' is {}; '{}' brings it back.\n", status.profile, done,
                                 run.command("start"));
  });
}

int restart(Invocation& run, OutputFormat format) {
  auto clusters = run.clusters();
  if (!clusters) return run.fail(clusters.error(), format);
  announce_cancel(run, "start");
  const Result<ClusterStatus> result = [&] {
    ShownProgress progress(run.world, format);
    return (*clusters)->restart(run.globals.profile, *progress, run.world.interruption.token());
  }();
  return finish(run, result, format,
                [&](const ClusterStatus& status) { print_started(run, status, true); });
}

int unpause(Invocation& run, OutputFormat format) {
  auto clusters = run.clusters();
  if (!clusters) return run.fail(clusters.error(), format);
  const auto status = (*clusters)->status(run.globals.profile);
  if (!status) return run.fail(status.error(), format);
  if (status->phase != Phase::kPaused && status->phase != Phase::kRunning &&
      status->phase != Phase::kStarting) {
    return run.fail(
        Error{ErrorCode::kUnavailable, "unpause", fmt::format("cluster '{}'", run.globals.profile),
              status->phase == Phase::kNotCreated
                  ? "it was never created"
                  : fmt::format("it is not paused but {}", provision::to_string(status->phase)),
              fmt::format("Run '{}'.", run.command("start"))},
        format);
  }
  StartOptions options;
  options.format = format;
  return start(run, options);
}

struct DeleteOptions {
  bool all = false;
  bool purge = false;
  OutputFormat format = OutputFormat::kText;
};

Result<std::vector<std::string>> profiles_to_delete(Invocation& run, Clusters& clusters,
                                                    const DeleteOptions& options) {
  if (!options.all && !options.purge) return std::vector<std::string>{run.globals.profile};
  COVE_TRY(const std::vector<ClusterStatus> known, clusters.list());
  std::vector<std::string> profiles;
  for (const ClusterStatus& status : known) profiles.push_back(status.profile);
  if (options.all) return profiles;
  std::erase(profiles, run.globals.profile);
  if (!profiles.empty()) {
    return Error{ErrorCode::kInvalidArgument, "remove everything with", "--purge",
                 fmt::format("there are other clusters: {}", fmt::join(profiles, ", ")),
                 "Add --all to delete them too."};
  }
  return std::vector<std::string>{run.globals.profile};
}

Result<void> purge(Clusters& clusters) {
  const provision::Paths& paths = clusters.paths();
  for (const Path& folder : {paths.data, paths.cache, paths.config})
    COVE_CHECK(remove_tree(folder));
  // The desktop's entry for the login stands among other programs'.
  if (!paths.config.empty())
    COVE_CHECK(remove_tree(paths.config.parent_path() / "autostart/cove-desktop.desktop"));
  return {};
}

int delete_clusters(Invocation& run, const DeleteOptions& options) {
  auto clusters = run.clusters();
  if (!clusters) return run.fail(clusters.error(), options.format);
  auto profiles = profiles_to_delete(run, **clusters, options);
  if (!profiles) return run.fail(profiles.error(), options.format);
  announce_cancel(run, options.all ? "delete --all" : "delete");
  for (const std::string& profile : *profiles) {
    const Result<void> removed = [&] {
      ShownProgress progress(run.world, options.format);
      return (*clusters)->remove(profile, *progress, run.world.interruption.token());
    }();
    if (!removed) return run.fail(removed.error(), options.format);
    if (options.format == OutputFormat::kText) {
      run.world.out << fmt::format("Cluster '{}' is gone.\n", profile) << std::flush;
    }
  }
  if (options.purge) {
    if (const auto purged = purge(**clusters); !purged)
      return run.fail(purged.error(), options.format);
  }
  if (options.format == OutputFormat::kJson) {
    std::vector<std::string> names;
    for (const std::string& profile : *profiles) names.push_back(json_quote(profile));
    JsonObject members;
    members.raw("deleted", json_array(names)).boolean("purged", options.purge);
    write_event(run.world.out, run.world.clock, "result", members);
  } else if (profiles->empty()) {
    run.world.out << "There are no clusters.\n" << std::flush;
  }
  return kOk;
}

}  // namespace

void add_cluster_commands(const Registry& registry) {
  const auto options = std::make_shared<StartOptions>();
  CLI::App* start_command =
      registry.add("start", "Create the cluster, or start, resume or continue it", kClusterGroup,
                   [options](Invocation& run) { return start(run, *options); });
  add_start_options(*start_command, options);
  start_command->footer(
      "Options change the wish that is kept: a later 'cove start' needs none. CPUs, memory and "
      "disk "
      "of\n"
      "a cluster that exists take effect at its next boot. A new cluster takes the proxies of the\n"
      "environment; 'cove config' changes them later.\n\n"
      "Examples:\n"
      "  cove start --cpus 4 --memory 4g --disk-size 40g\n"
      "  cove start -p test --registry-mirror https://mirror.example\n"
      "  cove start -o json                 steps as JSON lines: plan, step, note, result or "
      "error\n");

  const auto simple = [&](const char* name, const char* description, auto action) {
    const auto format = std::make_shared<OutputFormat>(OutputFormat::kText);
    CLI::App* command =
        registry.add(name, description, kClusterGroup,
                     [format, action](Invocation& run) { return action(run, *format); });
    add_output_option(*command, format);
    return command;
  };
  simple("stop", "Shut the virtual machine down; everything in the cluster is kept",
         [](Invocation& run, OutputFormat format) {
           return operate(run, format, &Clusters::stop, "stop", "stopped");
         });
  simple("restart",
         "Shut the virtual machine down and boot it anew: with what 'cove config' says and the "
         "installed system image",
         [](Invocation& run, OutputFormat format) { return restart(run, format); });
  simple("pause", "Save the memory to disk and end the virtual machine; start resumes it at once",
         [](Invocation& run, OutputFormat format) {
           return operate(run, format, &Clusters::pause, "pause", "paused");
         });
  simple("unpause", "Resume a paused cluster", &unpause);

  const auto deletion = std::make_shared<DeleteOptions>();
  CLI::App* delete_command =
      registry.add("delete", "Remove the cluster with everything in it", kClusterGroup,
                   [deletion](Invocation& run) { return delete_clusters(run, *deletion); });
  delete_command->add_flag("--all", deletion->all, "Delete every cluster");
  delete_command->add_flag("--purge", deletion->purge,
                           "Remove Cove's data, cache and preferences as well");
  const std::shared_ptr<OutputFormat> delete_format(deletion, &deletion->format);
  add_output_option(*delete_command, delete_format);
  const std::shared_ptr<OutputFormat> start_format(options, &options->format);
  add_output_option(*start_command, start_format);
}

}  // namespace cove::cli
