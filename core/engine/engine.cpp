#include "core/engine/engine.h"

#include <fmt/format.h>

#include <iterator>
#include <optional>

#include "core/base/strings.h"
#include "core/engine/api_handler.h"
#include "core/engine/build.h"
#include "core/engine/build_runner.h"
#include "core/engine/containers.h"
#include "core/engine/events.h"
#include "core/engine/images.h"
#include "core/engine/networks.h"
#include "core/engine/preload.h"
#include "core/engine/remote.h"
#include "core/engine/system.h"
#include "core/engine/volumes.h"
#include "core/http/client.h"
#include "core/image/build/build.h"

namespace cove::engine {
namespace {

constexpr std::size_t kMaxIdBytes = 256;

// What this engine is called for as long as its folder lives.
Result<std::string> read_or_make_id(const Path& file) {
  const auto kept = read_file(file, kMaxIdBytes);
  if (kept && !trim(*kept).empty()) return std::string(trim(*kept));
  const std::string id = random_uuid();
  COVE_CHECK(write_file_atomic(file, id + "\n", 0600));
  return id;
}

}  // namespace

class Engine::Implementation {
 public:
  explicit Implementation(Parts parts) : parts_(std::move(parts)), events_(parts_.clock) {}
  ~Implementation() { stop(); }

  Result<void> start() {
    COVE_CHECK(make_directories(parts_.directory, 0700));
    // Whatever was under way when the last process ended is of no use.
    COVE_CHECK(remove_tree(scratch()));
    COVE_CHECK(make_directories(scratch(), 0700));
    COVE_TRY(const std::string id, read_or_make_id(parts_.directory / "engine-id"));
    http::ClientOptions options;
    options.proxies = parts_.proxies;
    options.user_agent = "cove/" + parts_.version;
    COVE_TRY(web_, http::Client::create(std::move(options)));
    publish_image_events(parts_.images, events_);
    COVE_TRY(containers_, Containers::open({.directory = parts_.directory,
                                            .worker = parts_.worker,
                                            .content = parts_.content,
                                            .layers = parts_.layers,
                                            .images = parts_.images,
                                            .runtime = parts_.runtime,
                                            .networks = parts_.networks,
                                            .events = events_,
                                            .clock = parts_.clock,
                                            .logger = parts_.logger}));
    make_builder();
    load_preloaded({parts_.images, parts_.content, parts_.layers, scratch(), parts_.worker},
                   parts_.preloaded, parts_.directory / "preloaded.json", parts_.logger);
    make_handler(id);
    containers_->restore();
    return {};
  }

  http::Handler& handler() { return *handler_; }

  void stop() {
    // Waits of containers end first: requests that are in them end then.
    if (containers_) containers_->stop();
    if (handler_) handler_->stop();
  }

 private:
  Path scratch() const { return parts_.directory / "tmp"; }

  void make_builder() {
    runner_ = std::make_unique<BuildRunner>(
        BuildRunner::Parts{.runtime = parts_.runtime,
                           .networks = parts_.networks,
                           .scratch = scratch(),
                           .logger = parts_.logger,
                           .namespace_of = [this](const std::string& name) {
                             return containers_->network_namespace(name);
                           }});
    runner_->sweep();
    fetcher_.emplace(*web_);
    builder_ = std::make_unique<image::Builder>(
        image::Builder::Parts{.images = parts_.images,
                              .content = parts_.content,
                              .layers = parts_.layers,
                              .registries = parts_.registries,
                              .runner = *runner_,
                              .scratch = parts_.directory / "build",
                              .worker = parts_.worker,
                              .clock = parts_.clock,
                              .logger = parts_.logger,
                              .fetcher = &*fetcher_,
                              .in_use = [this](const image::Digest& id, bool& running) {
                                return containers_->image_user(id, running);
                              }});
  }

  ImagePartsPtr image_parts() {
    return std::make_shared<const ImageParts>(
        ImageParts{.images = parts_.images,
                   .content = parts_.content,
                   .layers = parts_.layers,
                   .registries = parts_.registries,
                   .web = *web_,
                   .scratch = scratch(),
                   .worker = parts_.worker,
                   .clock = parts_.clock,
                   .logger = parts_.logger,
                   .in_use = [this](const image::Digest& id,
                                    bool& running) { return containers_->image_user(id, running); },
                   .users = [this] { return containers_->image_users(); }});
  }

  std::shared_ptr<const SystemParts> system_parts(const ImagePartsPtr& images,
                                                  const std::string& id) {
    return std::make_shared<const SystemParts>(
        SystemParts{.name = parts_.name,
                    .id = id,
                    .version = parts_.version,
                    .directory = parts_.directory,
                    .registries = parts_.registry_settings,
                    .events = events_,
                    .images = images,
                    .clock = parts_.clock,
                    .counts =
                        [this] {
                          const Containers::Counts counts = containers_->counts();
                          return SystemParts::Counts{counts.running, counts.paused, counts.stopped};
                        },
                    .containers = [this] { return containers_->disk_usage(); },
                    .volumes = [this] { return containers_->volumes().disk_usage(); }});
  }

  void make_handler(const std::string& id) {
    const ImagePartsPtr images = image_parts();
    std::vector<Route> routes;
    for (std::vector<Route> some :
         {system_routes(system_parts(images, id)), container_routes(*containers_),
          exec_routes(*containers_), image_routes(images), image_transfer_routes(images),
          build_routes({images, *builder_, parts_.proxies}), network_routes(*containers_),
          volume_routes(*containers_), swarm_routes()})
      std::ranges::move(some, std::back_inserter(routes));
    handler_ = std::make_unique<ApiHandler>(ApiHandler::Parts{
        .routes = std::move(routes), .version = parts_.version, .logger = parts_.logger});
  }

  Parts parts_;
  Events events_;
  std::unique_ptr<http::Client> web_;
  std::unique_ptr<Containers> containers_;
  std::unique_ptr<BuildRunner> runner_;
  std::optional<WebFetcher> fetcher_;
  std::unique_ptr<image::Builder> builder_;
  std::unique_ptr<ApiHandler> handler_;
};

Engine::Engine(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::start(Parts parts) {
  auto implementation = std::make_unique<Implementation>(std::move(parts));
  COVE_CHECK(implementation->start());
  return std::unique_ptr<Engine>(new Engine(std::move(implementation)));
}

http::Handler& Engine::handler() {
  return implementation_->handler();
}

void Engine::stop() {
  implementation_->stop();
}

}  // namespace cove::engine
