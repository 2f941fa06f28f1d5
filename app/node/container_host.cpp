#include "app/node/container_host.h"

#include <set>

#include "app/node/port_gate.h"
#include "core/image/digest.h"

namespace cove::node {
namespace {

// Short, whatever the data directory is called: sockets of containers lie below it.
std::string identity(const Path& data_dir) {
  std::error_code failure;
  Path whole = std::filesystem::canonical(data_dir, failure);
  if (failure) whole = data_dir;
  return std::string(image::Digest::of(whole.string()).hex().substr(0, 12));
}

// What the engine calls a container.
bool is_engines_id(std::string_view name) {
  return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == name.npos;
}

// Beside this program, where there is one.
Path reaper() {
  std::error_code failure;
  const Path program = std::filesystem::read_symlink(kWorker, failure);
  const Path reaper = program.parent_path() / "cove-reaper";
  return !failure && std::filesystem::exists(reaper, failure) ? reaper : Path();
}

}  // namespace

Result<void> ContainerHost::open_images(const Parts& parts) {
  const Path root = parts.data_dir / "engine";
  COVE_CHECK(make_directories(root, 0700));
  COVE_TRY(content, image::ContentStore::open(root));
  COVE_TRY(layers, image::LayerStore::open(
                       {.directory = root / "layers", .worker = kWorker, .logger = logger_}));
  COVE_TRY(images, image::ImageStore::open({.directory = root / "images",
                                            .content = *content,
                                            .layers = *layers,
                                            .clock = parts.clock,
                                            .logger = logger_}));
  registry_settings.http_proxy = parts.proxies.http;
  registry_settings.https_proxy = parts.proxies.https;
  registry_settings.no_proxy = parts.proxies.no_proxy;
  registry_settings.insecure = parts.insecure_registries;
  if (!parts.registry_mirrors.empty())
    registry_settings.mirrors["docker.io"] = parts.registry_mirrors;
  registries =
      std::make_unique<image::Registries>(image::Registries::Parts{.settings = registry_settings,
                                                                   .images = *images,
                                                                   .content = *content,
                                                                   .layers = *layers,
                                                                   .clock = parts.clock,
                                                                   .logger = logger_});
  return {};
}

Result<void> ContainerHost::open_containers(Containers& containers, const Path& directory,
                                            const Path& run, Clock& clock) {
  COVE_CHECK(make_directories(directory, 0700));
  COVE_CHECK(make_directories(run, 0700));
  COVE_TRY(containers.networks,
           network::ContainerNetworks::open({.directory = directory / "networks",
                                             .run = run / "net",
                                             .gate = gate.get(),
                                             .logger = logger_}));
  COVE_TRY(containers.runtime,
           runtime::Runtime::open({.directory = directory / "runtime",
                                   .run = run / "c",
                                   .cgroup_root = containers.cgroup_root,
                                   .clock = clock,
                                   .logger = logger_,
                                   .spawner = *spawner,
                                   .init = reaper(),
                                   // A pod's next run has another id.
                                   .remove_unreadable = &containers == &of_pods}));
  return {};
}

Result<std::unique_ptr<ContainerHost>> ContainerHost::open(const Parts& parts) {
  std::unique_ptr<ContainerHost> host(new ContainerHost(parts.logger));
  host->spawner = make_spawner();
  COVE_CHECK(host->open_images(parts));
  host->gate = make_port_gate(parts.logger);
  COVE_TRY(host->cgroups_, os::Cgroups::find());
  const std::string id = identity(parts.data_dir);
  const Path run = Path("/run/cove") / id;
  host->of_engine.cgroup_root = "cove-" + id;
  host->of_pods.cgroup_root = "cove-pods-" + id;
  COVE_CHECK(host->open_containers(host->of_engine, parts.data_dir / "engine", run, parts.clock));
  COVE_CHECK(host->open_containers(host->of_pods, parts.data_dir / "node", run / "p", parts.clock));
  host->remove_strays();
  return host;
}

// Of the engine's containers; the node agent does the same for pods.
void ContainerHost::remove_strays() {
  const std::string root = "/" + of_engine.cgroup_root;
  std::set<std::string> known;
  for (const runtime::ContainerStatus& each : of_engine.runtime->list()) known.insert(each.id);
  for (const std::string& name : cgroups_->children(root)) {
    if (!is_engines_id(name) || known.contains(name)) continue;
    if (auto gone = cgroups_->remove(root + "/" + name); !gone)
      logger_.warn(gone.error().message());
  }
}

ContainerHost::~ContainerHost() {
  for (Containers* const each : {&of_engine, &of_pods}) {
    each->runtime.reset();
    if (!each->networks) continue;
    if (const auto shut = each->networks->shut_down(); !shut) logger_.warn(shut.error().message());
  }
  for (const Containers* const each : {&of_engine, &of_pods}) {
    if (!cgroups_) break;
    for (const char* group :
         {"/monitors", "/kubepods/besteffort", "/kubepods/burstable", "/kubepods", ""})
      cgroups_->release("/" + each->cgroup_root + group);
  }
}

}  // namespace cove::node
