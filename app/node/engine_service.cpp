#include "app/node/engine_service.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <vector>

#include "app/node/engine_gate.h"
#include "app/node/port_gate.h"
#include "core/engine/engine.h"
#include "core/image/content_store.h"
#include "core/image/digest.h"
#include "core/image/image_store.h"
#include "core/image/layer_store.h"
#include "core/image/registry.h"
#include "core/network/container_networks.h"
#include "core/runtime/runtime.h"

namespace cove::node {
namespace {

constexpr const char* kWorker = "/proc/self/exe";
// Of sun_path, with its NUL.
constexpr std::size_t kMaxSocketPath = 108;

// Sockets of containers lie here, and must be short whatever the data directory is called.
Path run_folder(const Path& data_dir) {
  std::error_code failure;
  Path whole = std::filesystem::canonical(data_dir, failure);
  if (failure) whole = data_dir;
  return Path("/run/cove") / std::string(image::Digest::of(whole.string()).hex().substr(0, 12));
}

std::string variable(const char* upper, const char* lower) {
  for (const char* name : {lower, upper}) {
    if (const char* const value = std::getenv(name); value != nullptr && *value != '\0')
      return value;
  }
  return {};
}

http::Proxies proxies_of_environment() {
  return {.http = variable("HTTP_PROXY", "http_proxy"),
          .https = variable("HTTPS_PROXY", "https_proxy"),
          .no_proxy = variable("NO_PROXY", "no_proxy")};
}

std::vector<Path> layouts_in(const Path& folder) {
  std::vector<Path> layouts;
  std::error_code failure;
  for (const auto& each : std::filesystem::directory_iterator(folder, failure)) {
    if (std::filesystem::exists(each.path() / "oci-layout", failure))
      layouts.push_back(each.path());
  }
  std::ranges::sort(layouts);
  return layouts;
}

// Bodies are bounded by who reads them; a client may pause for long before it reads on.
http::Limits limits() {
  http::Limits limits;
  limits.body_bytes = 4 << 20;
  limits.write = std::chrono::hours(1);
  return limits;
}

// The stores and what stands on them, in the order in which they need one another.
struct World {
  std::unique_ptr<Spawner> spawner;
  std::unique_ptr<image::ContentStore> content;
  std::unique_ptr<image::LayerStore> layers;
  std::unique_ptr<image::ImageStore> images;
  std::unique_ptr<image::Registries> registries;
  std::unique_ptr<network::PortGate> gate;
  std::unique_ptr<network::ContainerNetworks> networks;
  std::unique_ptr<runtime::Runtime> runtime;
  std::unique_ptr<engine::Engine> engine;
};

Result<std::unique_ptr<World>> open_world(const EngineService::Parts& parts) {
  auto world = std::make_unique<World>();
  const Path root = parts.data_dir / "engine";
  const Path run = run_folder(parts.data_dir);
  COVE_CHECK(make_directories(root, 0700));
  COVE_CHECK(make_directories(run, 0700));
  world->spawner = make_spawner();
  COVE_TRY(world->content, image::ContentStore::open(root));
  COVE_TRY(world->layers,
           image::LayerStore::open(
               {.directory = root / "layers", .worker = kWorker, .logger = parts.logger}));
  COVE_TRY(world->images, image::ImageStore::open({.directory = root / "images",
                                                   .content = *world->content,
                                                   .layers = *world->layers,
                                                   .clock = parts.clock,
                                                   .logger = parts.logger}));
  const http::Proxies proxies = proxies_of_environment();
  image::RegistrySettings settings;
  settings.http_proxy = proxies.http;
  settings.https_proxy = proxies.https;
  settings.no_proxy = proxies.no_proxy;
  settings.insecure = parts.insecure_registries;
  if (!parts.registry_mirrors.empty()) settings.mirrors["docker.io"] = parts.registry_mirrors;
  world->registries =
      std::make_unique<image::Registries>(image::Registries::Parts{.settings = settings,
                                                                   .images = *world->images,
                                                                   .content = *world->content,
                                                                   .layers = *world->layers,
                                                                   .clock = parts.clock,
                                                                   .logger = parts.logger});
  world->gate = make_port_gate(parts.logger);
  COVE_TRY(world->networks, network::ContainerNetworks::open({.directory = root / "networks",
                                                              .run = run / "net",
                                                              .gate = world->gate.get(),
                                                              .logger = parts.logger}));
  COVE_TRY(world->runtime, runtime::Runtime::open({.directory = root / "runtime",
                                                   .run = run / "c",
                                                   .clock = parts.clock,
                                                   .logger = parts.logger,
                                                   .spawner = *world->spawner}));
  COVE_TRY(world->engine, engine::Engine::start({.directory = root,
                                                 .worker = kWorker,
                                                 .name = parts.node_name,
                                                 .version = parts.version,
                                                 .content = *world->content,
                                                 .layers = *world->layers,
                                                 .images = *world->images,
                                                 .registries = *world->registries,
                                                 .runtime = *world->runtime,
                                                 .networks = *world->networks,
                                                 .clock = parts.clock,
                                                 .logger = parts.logger,
                                                 .spawner = *world->spawner,
                                                 .preloaded = layouts_in(parts.images),
                                                 .registry_settings = settings,
                                                 .proxies = proxies}));
  return world;
}

}  // namespace

class EngineService::Implementation {
 public:
  explicit Implementation(Parts parts) : parts_(std::move(parts)) {}
  ~Implementation() { stop(std::chrono::milliseconds(0)); }

  Result<void> start() {
    if (::geteuid() != 0) {
      parts_.logger.info("the container engine does not run: it needs root");
      return {};
    }
    if (parts_.listen) {
      COVE_TRY(tls_, http::Server::listen_tls(parts_.listen->address, parts_.listen->port,
                                              closed(parts_.material), certificates_, parts_.logger,
                                              limits()));
    }
    COVE_CHECK(open_socket());
    if (tls_) tls_->start(2);
    if (socket_) socket_->start(1);
    opening_ = std::thread([this] { open(); });
    return {};
  }

  std::uint16_t port() const { return tls_ ? tls_->port() : std::uint16_t{0}; }

  Result<void> reload(const http::TlsMaterial& material) {
    return tls_ ? tls_->reload(closed(material)) : Result<void>();
  }

  void stop(std::chrono::milliseconds grace) {
    if (opening_.joinable()) opening_.join();
    if (world_) world_->engine->stop();
    gate_.fail("the container engine is stopping");
    if (socket_) socket_->stop(grace);
    if (tls_) tls_->stop(grace);
    socket_.reset();
    tls_.reset();
    if (world_) {
      if (const auto shut = world_->networks->shut_down(); !shut)
        parts_.logger.warn(shut.error().message());
    }
    world_.reset();
  }

 private:
  // Nobody comes in without a certificate.
  static http::TlsMaterial closed(http::TlsMaterial material) {
    material.certificate_required = true;
    return material;
  }

  Result<void> open_socket() {
    const Path path = parts_.data_dir / "engine.sock";
    if (path.string().size() >= kMaxSocketPath) {
      parts_.logger.warn(
          "the container engine has no socket: the data directory's path is too long",
          {{"path", path.string()}});
      return {};
    }
    COVE_TRY(socket_, http::Server::listen_unix(path, gate_, parts_.logger, limits()));
    return {};
  }

  void open() {
    auto world = open_world(parts_);
    if (!world) {
      const std::string why =
          fmt::format("the container engine does not run: {}", world.error().message());
      parts_.logger.error(why);
      gate_.fail(why);
      return;
    }
    world_ = std::move(*world);
    gate_.open(world_->engine->handler());
    parts_.logger.info(
        "the container engine serves",
        {{"socket", (parts_.data_dir / "engine.sock").string()}, {"port", std::to_string(port())}});
  }

  const Parts parts_;
  EngineGate gate_;
  CertificateGate certificates_{gate_};
  std::unique_ptr<World> world_;
  std::unique_ptr<http::Server> socket_;
  std::unique_ptr<http::Server> tls_;
  std::thread opening_;
};

EngineService::EngineService(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

EngineService::~EngineService() = default;

Result<std::unique_ptr<EngineService>> EngineService::start(Parts parts) {
  auto implementation = std::make_unique<Implementation>(std::move(parts));
  COVE_CHECK(implementation->start());
  return std::unique_ptr<EngineService>(new EngineService(std::move(implementation)));
}

std::uint16_t EngineService::port() const {
  return implementation_->port();
}

Result<void> EngineService::reload(const http::TlsMaterial& material) {
  return implementation_->reload(material);
}

void EngineService::stop(std::chrono::milliseconds grace) {
  implementation_->stop(grace);
}

}  // namespace cove::node
