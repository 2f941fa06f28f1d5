#include "app/node/control_plane.h"

#include <future>
#include <random>

#include "core/base/strand.h"
#include "core/server/access/account_upkeep.h"
#include "core/server/access/chain.h"
#include "core/server/access/node_authorizer.h"
#include "core/server/access/rbac_upkeep.h"
#include "core/server/access/reviews.h"
#include "core/server/access/service_accounts.h"
#include "core/server/agent_pages.h"
#include "core/server/api_server.h"
#include "core/server/bootstrap.h"
#include "core/server/cluster_objects.h"
#include "core/server/custom_kinds.h"
#include "core/server/event_expiry.h"
#include "core/server/identity.h"
#include "core/server/resource_proxy.h"

namespace cove::node {
namespace {

constexpr std::chrono::seconds kTick{5};

std::uint32_t random_below(std::uint32_t bound) {
  static thread_local std::mt19937 generator{std::random_device{}()};
  return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(generator);
}

}  // namespace

class ControlPlane::Implementation {
 public:
  explicit Implementation(const Parts& parts)
      : clock_(parts.clock),
        logger_(parts.logger),
        kinds_(parts.kinds ? parts.kinds : std::make_shared<const ApiKinds>(std::launch::deferred)),
        protobuf_(schemas_) {}

  Result<void> open(Parts parts) {
    COVE_TRY(store_,
             store::Store::open({.path = parts.store_path,
                                 .post = [this](auto task) { loop_.post(std::move(task)); },
                                 .dispatch = [this](auto task) { loop_.dispatch(std::move(task)); },
                                 .clock = clock_,
                                 .log = logger_}));
    if (parts.audit) {
      COVE_TRY(audit_, server::AuditLog::open(*parts.audit, clock_, logger_));
    }
    token_keys_ = server::TokenKeys::later(parts.pki_dir);
    storage_ = std::make_unique<server::Storage>(*store_);
    trust_.reset(new server::ClusterTrust{*token_keys_, parts.ca_certificate_pem});
    network_.addresses = parts.service_range;
    auto plugins = server::admission_plugins();
    plugins.push_back(server::service_allocator(*storage_, network_, random_below));
    plugins.push_back(server::token_secrets(*trust_));
    event_expiry_ = std::make_unique<server::EventExpiry>(*storage_, clock_);
    resources_ = std::make_unique<server::Resources>(*storage_, loop_, clock_, std::move(plugins),
                                                     random_below);
    server::ApiServer::Parts server{
        .schemas = schemas_,
        .protobuf = protobuf_,
        .resources = *resources_,
        .executor = loop_,
        .dispatch = [this](auto task) { loop_.dispatch(std::move(task)); },
        .clock = clock_,
        .authenticators = {},
        .authorizer = make_authorizer(),
        .checks = {{"ping", [] { return true; }, false},
                   {"shutdown", [this] { return !stopping_; }, true}},
        .audit = audit_.get()};
    server.authenticators.push_back(std::make_unique<server::CertificateAuthenticator>());
    server.authenticators.push_back(
        std::make_unique<server::TokenAuthenticator>(*token_keys_, *resources_, clock_));
    server_ = std::make_unique<server::ApiServer>(std::move(server), kinds_->of_nodes);
    server::add_access_handlers(*server_, *token_keys_, *resources_);
    pod_streams_ = std::make_unique<server::PodStreamServer>(*server_, *resources_);
    metrics_ = std::make_unique<server::MetricsServer>(*server_, *resources_);
    proxy_ = std::make_unique<server::ResourceProxy>(server::ResourceProxy::Parts{
        .server = *server_,
        .state = *resources_,
        .random = random_below,
        .agent = [this](const server::CallPtr& call) {
          server::serve_agent_page(call, {*resources_, *metrics_, *pod_streams_});
        }});
    own_node_ = std::make_unique<server::OwnNode>(*storage_, *kinds_->of_nodes, loop_, clock_,
                                                  logger_, std::move(parts.node));
    loop_.start();
    auto begun = on_loop([this](std::function<void(Result<void>)> done) {
      schedule_tick();
      own_node_->start(std::move(done));
    });
    // The loop goes before what it uses.
    if (!begun) close();
    return begun;
  }

  Result<void> furnish() {
    COVE_CHECK(token_keys_->ready());
    registry_ = kinds_->all();
    return on_loop([this](const std::function<void(Result<void>)>& done) { furnish(done); });
  }

  void close() {
    if (closed_) return;
    closed_ = true;
    pod_streams_->stop();
    proxy_->stop();
    on_loop([this](const std::function<void(Result<void>)>& done) {
      resources_->end_watches();
      own_node_.reset();
      custom_kinds_.reset();
      rbac_upkeep_.reset();
      account_upkeep_.reset();
      done({});
    });
    loop_.stop();
    pod_streams_.reset();
    proxy_.reset();
    server_.reset();
    resources_.reset();
    storage_.reset();
    store_.reset();
  }

  Result<void> advertise(const server::ApiEndpoint& endpoint) {
    return on_loop([&](std::function<void(Result<void>)> done) {
      server::ensure_objects(*storage_, *registry_,
                             server::kubernetes_service(network_.addresses, endpoint),
                             clock_.wall(), std::move(done), server::reconcile_kubernetes_service);
    });
  }

  server::ApiServer& server() { return *server_; }
  server::PodStreamServer& pod_streams() { return *pod_streams_; }
  server::MetricsServer& metrics() { return *metrics_; }
  Executor& executor() { return loop_; }
  void leave_node_to_agent() {
    loop_.post([this] {
      if (own_node_) own_node_->hand_over();
    });
  }
  void announce_stop() { stopping_ = true; }

 private:
  using Step = std::function<void(std::function<void(Result<void>)>)>;

  // Runs a step on the state thread and waits for it.
  Result<void> on_loop(const Step& step) {
    std::promise<Result<void>> promise;
    loop_.post([&] { step([&](Result<void> result) { promise.set_value(std::move(result)); }); });
    return promise.get_future().get();
  }

  void furnish(const std::function<void(Result<void>)>& done) {
    server_->set_registry(registry_);
    custom_kinds_ = std::make_unique<server::CustomKinds>(server::CustomKinds::Parts{
        .storage = *storage_,
        .schemas = schemas_,
        .clock = clock_,
        .logger = logger_,
        .builtin = registry_,
        .serve = [this](auto registry) { server_->set_registry(std::move(registry)); }});
    rbac_upkeep_ =
        std::make_unique<server::RbacUpkeep>(*storage_, *registry_, *rbac_, clock_, logger_);
    account_upkeep_ = std::make_unique<server::AccountUpkeep>(
        server::AccountUpkeep::Parts{*storage_, *resources_, *registry_, *trust_, clock_, logger_});
    if (auto started = custom_kinds_->start(); !started) return done(started);
    // All are submitted at once and share the disk's first syncs.
    const auto waiting = std::make_shared<int>(4);
    const auto failed = std::make_shared<bool>(false);
    const auto arrived = [waiting, failed, done](Result<void> made) {
      --*waiting;
      if (*failed || (made && *waiting > 0)) return;
      *failed = !made;
      done(made);
    };
    server::ensure_objects(*storage_, *registry_, server::system_namespaces(), clock_.wall(),
                           arrived);
    server::ensure_objects(*storage_, *registry_, server::system_priority_classes(), clock_.wall(),
                           arrived);
    account_upkeep_->start(arrived);
    rbac_upkeep_->start(arrived);
  }

  // Nodes and RBAC; remembers the RBAC one, which is told of changes.
  std::unique_ptr<server::Authorizer> make_authorizer() {
    auto rbac = std::make_unique<server::RbacAuthorizer>(*resources_);
    rbac_ = rbac.get();
    std::vector<std::unique_ptr<server::Authorizer>> all;
    all.push_back(std::make_unique<server::NodeAuthorizer>(*resources_));
    all.push_back(std::move(rbac));
    return std::make_unique<server::AuthorizerChain>(std::move(all));
  }

  void schedule_tick() {
    loop_.after(kTick, [this] {
      store_->tick();
      event_expiry_->tick();
      schedule_tick();
    });
  }

  const Clock& clock_;
  Logger& logger_;
  std::atomic<bool> stopping_ = false;
  bool closed_ = false;
  Strand loop_;
  const ApiKindsPtr kinds_;
  const api::BuiltinSchemas& schemas_ = kinds_->schemas;
  RegistryPtr registry_;  // all kinds; from furnish() on
  api::ProtobufCodec protobuf_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<server::AuditLog> audit_;
  std::unique_ptr<server::TokenKeys> token_keys_;
  std::unique_ptr<server::ClusterTrust> trust_;
  server::ServiceNetwork network_;
  std::unique_ptr<server::Storage> storage_;
  std::unique_ptr<server::EventExpiry> event_expiry_;
  std::unique_ptr<server::Resources> resources_;
  server::RbacAuthorizer* rbac_ = nullptr;  // the server's
  std::unique_ptr<server::ApiServer> server_;
  std::unique_ptr<server::PodStreamServer> pod_streams_;
  std::unique_ptr<server::MetricsServer> metrics_;
  std::unique_ptr<server::ResourceProxy> proxy_;
  std::unique_ptr<server::CustomKinds> custom_kinds_;
  std::unique_ptr<server::RbacUpkeep> rbac_upkeep_;
  std::unique_ptr<server::AccountUpkeep> account_upkeep_;
  std::unique_ptr<server::OwnNode> own_node_;
};

ControlPlane::ControlPlane(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

ControlPlane::~ControlPlane() {
  stop();
}

Result<std::unique_ptr<ControlPlane>> ControlPlane::begin(Parts parts) {
  auto implementation = std::make_unique<Implementation>(parts);
  COVE_CHECK(implementation->open(std::move(parts)));
  return std::unique_ptr<ControlPlane>(new ControlPlane(std::move(implementation)));
}

Result<void> ControlPlane::furnish() {
  return implementation_->furnish();
}

Result<std::unique_ptr<ControlPlane>> ControlPlane::start(Parts parts) {
  COVE_TRY(auto plane, begin(std::move(parts)));
  COVE_CHECK(plane->furnish());
  return plane;
}

http::Handler& ControlPlane::handler() {
  return implementation_->server();
}

Executor& ControlPlane::executor() {
  return implementation_->executor();
}

Result<void> ControlPlane::advertise(const server::ApiEndpoint& endpoint) {
  return implementation_->advertise(endpoint);
}

server::PodStreamServer& ControlPlane::pod_streams() {
  return implementation_->pod_streams();
}

server::MetricsServer& ControlPlane::metrics() {
  return implementation_->metrics();
}

void ControlPlane::leave_node_to_agent() {
  implementation_->leave_node_to_agent();
}

void ControlPlane::announce_stop() {
  implementation_->announce_stop();
}

void ControlPlane::stop() {
  implementation_->close();
}

}  // namespace cove::node
