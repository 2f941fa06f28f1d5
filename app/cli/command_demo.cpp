// demo: the guided first tour, from an image to a rolling update, and its removal. Every step looks
// first what is there already, so that a tour goes on where it was left.
#include <fmt/format.h>

#include <algorithm>

#include "app/cli/cluster_api.h"
#include "app/cli/exit_codes.h"
#include "core/api/rollout.h"
#include "core/base/strings.h"
#include "core/demo/demo.h"
#include "core/docker/engine_client.h"
#include "core/docker/local_files.h"

namespace cove::cli {
namespace {

using provision::ClusterStatus;
using provision::Phase;

constexpr std::chrono::milliseconds kLookAgain{500};
constexpr std::chrono::seconds kLongestOpening{60};
constexpr const char* kDeployments = "/apis/apps/v1/namespaces/default/deployments";
constexpr const char* kServices = "/api/v1/namespaces/default/services";
constexpr const char* kAction = "show the demo on";

// What the steps of the tour hand to each other.
struct Tour {
  Invocation& run;
  Clusters& clusters;
  ClusterStatus status = {};
  std::optional<ClusterApi> api = {};
  std::unique_ptr<docker::EngineClient> engine = {};
  bool rolled = false;  // the next version was set before: its page was opened, too
  std::string url = {};

  std::stop_token stop() const { return run.world.interruption.token(); }
  void say(std::string_view line) const { run.world.out << "  " << line << std::endl; }
};

// One step: what it is called, how it is done by hand, and what it does and prints.
struct TourStep {
  std::string title;
  std::string command;
  std::function<Result<void>(Tour&)> act;
};

Result<void> wait_a_little(const Tour& tour) {
  if (tour.run.world.clock.sleep(kLookAgain, tour.stop())) return {};
  return Error{ErrorCode::kCancelled, "show", "the demo", "interrupted", {}};
}

// --- The cluster.

Result<void> start_cluster(Tour& tour) {
  COVE_TRY(tour.status, tour.clusters.status(tour.run.globals.profile));
  if (tour.status.phase == Phase::kRunning) {
    tour.say(fmt::format("Cluster '{}' is running already.", tour.status.profile));
    return {};
  }
  ShownProgress progress(tour.run.world, OutputFormat::kText);
  provision::StartRequest request;
  request.proxy_of_new = provision::proxy_of(tour.run.world.environment);
  COVE_TRY(tour.status,
           tour.clusters.start(tour.run.globals.profile, request, *progress, tour.stop()));
  return {};
}

Result<void> reach_cluster(Tour& tour) {
  COVE_TRY(tour.status, tour.clusters.status(tour.run.globals.profile));
  const ClusterStatus& status = tour.status;
  if (status.phase == Phase::kRunning && !status.api_ready) {
    return Error{ErrorCode::kUnavailable, "ask the API of",
                 fmt::format("cluster '{}'", status.profile),
                 status.reason.empty() ? "it does not answer" : status.reason,
                 status.remedy.empty() ? fmt::format("See '{}'.", tour.run.command("status"))
                                       : status.remedy};
  }
  COVE_TRY(tour.api, ClusterApi::open(tour.run, kAction));
  COVE_TRY(tour.engine, docker::EngineClient::create({status.engine, status.engine_client}));
  return {};
}

Result<void> show_node(Tour& tour) {
  COVE_CHECK(reach_cluster(tour));
  const ClusterStatus& status = tour.status;
  const std::size_t width = std::max<std::size_t>(4, status.node_name.size());
  tour.say(fmt::format("{:<{}}   {:<8}   {}", "NAME", width, "STATUS", "VERSION"));
  tour.say(fmt::format("{:<{}}   {:<8}   {}", status.node_name, width,
                       status.node_ready ? "Ready" : "NotReady", status.kubernetes_version));
  return {};
}

// --- Images.

class ScratchFolder {
 public:
  static Result<ScratchFolder> make(const World& world) {
    std::string name =
        (Path(world.environment("TMPDIR").value_or("/tmp")) / "cove-demo-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) return errno_error(errno, "make", name);
    return ScratchFolder(name);
  }
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  const Path& path() const { return path_; }

 private:
  explicit ScratchFolder(Path path) : path_(std::move(path)) {}
  Path path_;
};

Result<void> build(Tour& tour, const char* image) {
  const auto found = tour.engine->inspect_image(image, tour.stop());
  if (found) {
    tour.say(demo::image_made_by_demo(*found)
                 ? "is there already"
                 : "is there already, not made by the demo: used as it is");
    return {};
  }
  if (found.error().code != ErrorCode::kNotFound) return found.error();
  COVE_TRY(const ScratchFolder folder, ScratchFolder::make(tour.run.world));
  COVE_CHECK(demo::unpack(folder.path()));
  docker::BuildOptions options;
  options.tags = {image};
  options.labels = {{demo::kLabel, demo::kLabelValue}};
  options.build_args = {{"VERSION", demo::version_of(image)}};
  std::string line;
  const auto text = [&](std::string_view piece) {
    for (const char c : piece) {
      if (c != '\n') {
        line += c;
      } else {
        tour.say(escape_control(std::exchange(line, {})));
      }
    }
  };
  COVE_CHECK(docker::build_folder(*tour.engine, folder.path(), options, text, tour.stop()));
  return {};
}

// --- Objects.

// What is there, or is made; one that is being deleted is waited for.
Result<json::object> ensure(Tour& tour, const std::string& collection, const json::object& object) {
  const std::string path = collection + "/" + demo::kName;
  while (true) {
    auto found = tour.api->get(path);
    const bool ending = found && !api::text_at(*found, {"metadata", "deletionTimestamp"}).empty();
    if (found && !ending) {
      if (!demo::made_by_demo(*found)) {
        return Error{ErrorCode::kConflict, "use",
                     fmt::format("{} {}", collection.substr(collection.rfind('/') + 1), demo::kKey),
                     "it is there already and was not made by the demo",
                     "Delete it or give it another name, then try again."};
      }
      tour.say("is there already");
      return found;
    }
    if (!found && found.error().code != ErrorCode::kNotFound) return found.error();
    if (!found) {
      auto made = tour.api->create(collection, object);
      // Somebody else was faster: looked at once more.
      if (made || made.error().code != ErrorCode::kConflict) return made;
    }
    COVE_CHECK(wait_a_little(tour));
  }
}

std::string deployment_path() {
  return std::string(kDeployments) + "/" + demo::kName;
}

Result<void> deploy(Tour& tour) {
  COVE_TRY(const json::object made,
           ensure(tour, kDeployments,
                  demo::deployment(fmt::format("{}, the first version", demo::kFirst))));
  tour.rolled = demo::image_of(made) == demo::kNext;
  return {};
}

Result<void> expose(Tour& tour) {
  COVE_TRY(const json::object made, ensure(tour, kServices, demo::service()));
  std::int64_t node_port = 0;
  if (const json::array* const ports = api::array_at(made, {"spec", "ports"}))
    for (const json::value& port : *ports)
      if (port.is_object())
        node_port = api::integer_at(port.get_object(), {"nodePort"}).value_or(0);
  if (node_port < 1 || node_port > 65535) {
    return Error{ErrorCode::kUnavailable, "open", demo::kName,
                 "the Service has no port of the node",
                 fmt::format("See '{}'.", tour.run.command("service list"))};
  }
  // The port of this computer is chosen when the Service appears.
  COVE_TRY(tour.status, tour.clusters.status(tour.run.globals.profile));
  tour.url = url_of(tour.status, "http", static_cast<std::uint16_t>(node_port));
  return {};
}

Result<void> wait_rollout(Tour& tour) {
  std::string told;
  while (true) {
    COVE_TRY(const json::object deployment, tour.api->get(deployment_path()));
    const api::Rollout rollout = api::rollout_of(deployment);
    std::string line =
        api::flag_at(deployment, {"spec", "paused"})
            ? std::string("its rollout is paused: resume it")
            : fmt::format("{} of {} updated, {} available", rollout.updated, rollout.wanted,
                          std::min(rollout.available, rollout.updated));
    if (rollout.observed && line != told) tour.say(line);
    if (rollout.observed) told = std::move(line);
    if (rollout.done()) return {};
    if (rollout.observed && !rollout.stuck.empty()) {
      return Error{ErrorCode::kTimeout, "roll out", demo::kName, escape_control(rollout.stuck),
                   "See 'kubectl describe pods -l app=k8s-demo'."};
    }
    COVE_CHECK(wait_a_little(tour));
  }
}

Result<void> roll(Tour& tour) {
  if (tour.rolled) {
    tour.say("was rolled out before");
    return {};
  }
  return tour.api->patch(
      deployment_path(),
      {{"metadata",
        {{"annotations",
          {{"kubernetes.io/change-cause", fmt::format("{}, the next version", demo::kNext)}}}}},
       {"spec",
        {{"template",
          {{"spec", {{"containers", {{{"name", demo::kName}, {"image", demo::kNext}}}}}}}}}}});
}

// --- The page.

Result<void> open_page(Tour& tour) {
  World& world = tour.run.world;
  const SteadyTime end = world.clock.steady() + kLongestOpening;
  while (true) {
    const auto answered = world.ask_page(tour.url, tour.stop());
    if (answered) break;
    if (world.clock.steady() >= end) {
      return Error{ErrorCode::kTimeout, "open", tour.url, answered.error().cause,
                   fmt::format("See '{}'.", tour.run.command("service k8s-demo"))};
    }
    COVE_CHECK(wait_a_little(tour));
  }
  tour.say(tour.url);
  const auto browser =
      has_display(world.environment) ? world.find_program("xdg-open") : std::optional<Path>();
  // Whoever has no browser has the address.
  if (browser && !tour.rolled) (void)world.launch({browser->string(), tour.url});
  return {};
}

Result<void> show_next(Tour& tour) {
  const auto line = [&](const std::string& command, std::string_view what) {
    tour.say(fmt::format("{:<44} {}", command, what));
  };
  const std::string kubectl = fmt::format("kubectl --context {}", tour.status.context);
  line(tour.url, "the page, now of version 0.2");
  line(kubectl + " rollout history deploy k8s-demo", "its revisions");
  line(kubectl + " rollout undo deploy k8s-demo", "back to version 0.1");
  line(tour.run.command("dashboard"), "the same in a window");
  line(tour.run.command("ssh"), "a root shell in the virtual machine");
  line(tour.run.command("demo") + " --remove", "remove what the demo made");
  line(tour.run.command("pause"), "put the cluster to sleep; start wakes it in a second");
  line(tour.run.command("delete"), "remove the cluster with everything in it");
  return {};
}

// --- Removal.

Result<void> remove_object(Tour& tour, const std::string& collection) {
  const std::string path = collection + "/" + demo::kName;
  bool asked = false;
  while (true) {
    const auto found = tour.api->get(path);
    if (!found && found.error().code == ErrorCode::kNotFound) return {};
    if (!found) return found.error();
    if (!demo::made_by_demo(*found)) {
      tour.say("left alone: the demo did not make it");
      return {};
    }
    if (!asked) {
      const auto removed = tour.api->remove(path, api::text_at(*found, {"metadata", "uid"}));
      if (!removed && removed.error().code != ErrorCode::kNotFound) return removed.error();
      asked = true;
      continue;
    }
    COVE_CHECK(wait_a_little(tour));
  }
}

Result<void> remove_images(Tour& tour) {
  for (const char* image : {demo::kFirst, demo::kNext}) {
    const auto found = tour.engine->inspect_image(image, tour.stop());
    if (!found && found.error().code == ErrorCode::kNotFound) continue;
    if (!found) return found.error();
    if (!demo::image_made_by_demo(*found)) {
      tour.say(fmt::format("{} left alone: the demo did not make it", image));
      continue;
    }
    COVE_CHECK(tour.engine->remove(image, false, tour.stop()));
  }
  return {};
}

// --- The command.

std::vector<TourStep> steps_of(std::span<const demo::Step> steps,
                               std::vector<std::function<Result<void>(Tour&)>> acts) {
  std::vector<TourStep> out;
  for (std::size_t i = 0; i < steps.size(); ++i)
    out.push_back({steps[i].title, steps[i].command, std::move(acts[i])});
  return out;
}

std::vector<TourStep> tour_steps() {
  auto steps = steps_of(
      demo::tour_steps(),
      {[](Tour& tour) { return build(tour, demo::kFirst); }, &deploy, &expose, &wait_rollout,
       &open_page, [](Tour& tour) { return build(tour, demo::kNext); }, &roll, &wait_rollout});
  steps.insert(steps.begin(), {{"Start the cluster", "", &start_cluster},
                               {"Its node, as the API shows it", "kubectl get nodes", &show_node}});
  steps.push_back({"What to try next", "", &show_next});
  return steps;
}

std::vector<TourStep> removal_steps() {
  return steps_of(demo::removal_steps(),
                  {[](Tour& tour) { return remove_object(tour, kDeployments); },
                   [](Tour& tour) { return remove_object(tour, kServices); }, &remove_images});
}

int show_steps(Tour& tour, const std::vector<TourStep>& steps) {
  std::ostream& out = tour.run.world.out;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    out << fmt::format("{}{}. {}\n", i == 0 ? "" : "\n", i + 1, steps[i].title);
    if (!steps[i].command.empty()) tour.say("$ " + steps[i].command);
    out << std::flush;
    if (const auto done = steps[i].act(tour); !done) {
      Error error = done.error();
      if (error.remedy.empty())
        error.remedy = fmt::format("What was done so far is kept: '{}' goes on from there.",
                                   tour.run.command("demo"));
      return tour.run.fail(error);
    }
  }
  return kOk;
}

int show_demo(Invocation& run, bool remove) {
  auto clusters = run.clusters();
  if (!clusters) return run.fail(clusters.error());
  run.world.interruption.announce(
      fmt::format("Cancelling; press Ctrl-C again to end at once. '{}' continues from here.",
                  run.command("demo")));
  Tour tour{run, **clusters};
  if (!remove) return show_steps(tour, tour_steps());
  if (const auto reached = reach_cluster(tour); !reached) return run.fail(reached.error());
  return show_steps(tour, removal_steps());
}

}  // namespace

void add_demo_command(const Registry& registry) {
  const auto remove = std::make_shared<bool>(false);
  CLI::App* command =
      registry.add("demo", "A short tour: a cluster, an image, ten pods, a page, an update",
                   kToolGroup, [=](Invocation& run) { return show_demo(run, *remove); });
  command->add_flag("--remove", *remove, "Remove what the tour made; the cluster stays");
  command->footer(
      "Starts the cluster when it is not running, builds the image k8s-demo, runs ten pods of it\n"
      "behind one address, and rolls out its next version. Touches nothing else, and goes on "
      "where\n"
      "it was left. The files are in resources/demo.\n");
}

}  // namespace cove::cli
