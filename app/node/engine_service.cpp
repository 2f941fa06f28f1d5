#include "app/node/engine_service.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "app/node/engine_gate.h"
#include "core/engine/engine.h"
#include "core/image/layer_store.h"

namespace cove::node {
namespace {

// Of sun_path, with its NUL.
constexpr std::size_t kMaxSocketPath = 108;

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

Result<std::unique_ptr<engine::Engine>> start_engine(const EngineService::Parts& parts,
                                                     ContainerHost& host) {
  const image::RegistrySettings& settings = host.registry_settings;
  return engine::Engine::start({.directory = parts.data_dir / "engine",
                                .worker = kWorker,
                                .name = parts.node_name,
                                .version = parts.version,
                                .content = *host.content,
                                .layers = *host.layers,
                                .images = *host.images,
                                .registries = *host.registries,
                                .runtime = *host.of_engine.runtime,
                                .networks = *host.of_engine.networks,
                                .clock = parts.clock,
                                .logger = parts.logger,
                                .spawner = *host.spawner,
                                .preloaded = layouts_in(parts.images),
                                .registry_settings = settings,
                                .proxies = {.http = settings.http_proxy,
                                            .https = settings.https_proxy,
                                            .no_proxy = settings.no_proxy}});
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
                                              closed(parts_.tls), certificates_, parts_.logger,
                                              limits()));
    }
    COVE_CHECK(open_socket());
    if (tls_) tls_->start(2);
    if (socket_) socket_->start(1);
    return {};
  }

  std::uint16_t port() const { return tls_ ? tls_->port() : std::uint16_t{0}; }

  void reload(http::Tls tls) {
    if (tls_) tls_->reload(closed(std::move(tls)));
  }

  void stop(std::chrono::milliseconds grace) {
    if (engine_) engine_->stop();
    gate_.fail("the container engine is stopping");
    if (socket_) socket_->stop(grace);
    if (tls_) tls_->stop(grace);
    socket_.reset();
    tls_.reset();
    engine_.reset();
  }

  void open(ContainerHost& host) {
    auto engine = start_engine(parts_, host);
    if (!engine) return fail(engine.error());
    engine_ = std::move(*engine);
    gate_.open(engine_->handler());
    parts_.logger.info(
        "the container engine serves",
        {{"socket", (parts_.data_dir / "engine.sock").string()}, {"port", std::to_string(port())}});
  }

  void fail(const Error& error) {
    const std::string why = fmt::format("the container engine does not run: {}", error.message());
    parts_.logger.error(why);
    gate_.fail(why);
  }

 private:
  // Nobody comes in without a certificate.
  static http::Tls closed(http::Tls tls) {
    tls.certificate_required = true;
    return tls;
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

  const Parts parts_;
  EngineGate gate_;
  CertificateGate certificates_{gate_};
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<http::Server> socket_;
  std::unique_ptr<http::Server> tls_;
};

EngineService::EngineService(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

EngineService::~EngineService() = default;

Result<std::unique_ptr<EngineService>> EngineService::start(Parts parts) {
  auto implementation = std::make_unique<Implementation>(std::move(parts));
  COVE_CHECK(implementation->start());
  return std::unique_ptr<EngineService>(new EngineService(std::move(implementation)));
}

void EngineService::open(ContainerHost& host) {
  implementation_->open(host);
}

void EngineService::fail(const Error& why) {
  implementation_->fail(why);
}

std::uint16_t EngineService::port() const {
  return implementation_->port();
}

void EngineService::reload(http::Tls tls) {
  implementation_->reload(std::move(tls));
}

void EngineService::stop(std::chrono::milliseconds grace) {
  implementation_->stop(grace);
}

}  // namespace cove::node
