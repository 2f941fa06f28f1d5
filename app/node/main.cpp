// coved: the daemon. Wires the rooms together; decides nothing itself.

#include <fmt/format.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <thread>

#include "app/node/command_backup.h"
#include "app/node/container_host.h"
#include "app/node/control_loops.h"
#include "app/node/control_plane.h"
#include "app/node/engine_service.h"
#include "app/node/first_look.h"
#include "app/node/host.h"
#include "app/node/node_service.h"
#include "app/node/notify.h"
#include "app/node/options.h"
#include "app/node/proxies.h"
#include "app/node/standby.h"

#include "core/base/clock.h"
#include "core/client/kubeconfig.h"
#include "core/controllers/local_path.h"
#include "core/controllers/service_load_balancer.h"
#include "core/http/server.h"
#include "core/image/layer_store.h"
#include "core/node/pod_runs.h"
#include "core/pki/pki.h"
#include "core/server/api_server.h"
#include "core/store/store.h"
#include "vm/channel/line.h"
#include "vm/channel/ports.h"

namespace cove::node {
namespace {

constexpr std::size_t kMaxPemBytes = 256 * 1024;
constexpr std::chrono::seconds kGrace{5};
// For pods to end, when the machine goes down.
constexpr std::chrono::seconds kPodGrace{15};
// How long everything else waits for the host's first look at a node that is READY.
constexpr std::chrono::milliseconds kFirstLook{1000};
// How long the machine's other processors may take to be there for them.
constexpr std::chrono::milliseconds kProcessors{1000};

// Certificates from --pki-dir, or our own, made when there are none.
class Certificates {
 public:
  Certificates(const Options& options, const Clock& clock) : options_(options), clock_(clock) {}

  Result<http::TlsMaterial> load() {
    if (!options_.pki_dir.empty()) return read_given();
    COVE_TRY(pki_, pki::ensure_cluster_pki(options_.data_dir / "pki", names(), clock_));
    return http::TlsMaterial{pki_.ca_certificate_pem, pki_.server.certificate_pem,
                             pki_.server.key_pem};
  }

  Result<http::Tls> read() {
    COVE_TRY(const http::TlsMaterial material, load());
    return http::read_tls(material);
  }

  Result<void> write_kubeconfig(std::uint16_t port) const {
    if (options_.kubeconfig_out.empty()) return {};
    const bool v6 = options_.listen_address.find(':') != std::string::npos;
    const std::string host = v6 ? "[" + options_.listen_address + "]" : options_.listen_address;
    const client::KubeconfigEntry entry{"cove", fmt::format("https://{}:{}", host, port),
                                        pki_.ca_certificate_pem, pki_.admin.certificate_pem,
                                        pki_.admin.key_pem};
    return write_file_atomic(options_.kubeconfig_out, client::render_kubeconfig(entry), 0600);
  }

  // What docker takes as DOCKER_CERT_PATH.
  Result<void> write_engine_client() const {
    if (options_.engine_address.empty() || !options_.pki_dir.empty()) return {};
    const Path folder = options_.data_dir / "engine-client";
    COVE_CHECK(make_directories(folder, 0700));
    COVE_CHECK(write_file_atomic(folder / "ca.pem", pki_.ca_certificate_pem, 0600));
    COVE_CHECK(write_file_atomic(folder / "cert.pem", pki_.admin.certificate_pem, 0600));
    return write_file_atomic(folder / "key.pem", pki_.admin.key_pem.reveal(), 0600);
  }

 private:
  Result<http::TlsMaterial> read_given() const {
    http::TlsMaterial material;
    COVE_TRY(material.ca_certificate_pem, read_file(options_.pki_dir / "ca.crt", kMaxPemBytes));
    COVE_TRY(material.certificate_pem, read_file(options_.pki_dir / "server.crt", kMaxPemBytes));
    COVE_TRY(std::string key, read_file(options_.pki_dir / "server.key", kMaxPemBytes));
    material.key_pem = Secret(std::move(key));
    return material;
  }

  pki::ServerNames names() const {
    pki::ServerNames names;
    names.dns_names = {"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
                       "kubernetes.default.svc.cluster.local"};
    names.ip_addresses = {"127.0.0.1", "::1", options_.listen_address,
                          server::format_ipv4(options_.service_range.first())};
    names.ip_addresses.emplace_back(kPodGateway);
    if (!options_.engine_address.empty()) names.ip_addresses.push_back(options_.engine_address);
    return names;
  }

  const Options& options_;
  const Clock& clock_;
  pki::ClusterPki pki_;
};

// Many threads allocate what others free: one arena for all keeps that memory in one place.
void bound_memory() {
  ::mallopt(M_ARENA_MAX, 2);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 20);
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// The signals that main() waits for; blocked in every thread.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGPWR, SIGHUP}) sigaddset(&set, number);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  // A limit on the size of files is a full disk, and no reason to die.
  ::signal(SIGXFSZ, SIG_IGN);
  return set;
}

std::optional<std::string> environment_variable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

// The container images that came with the program.
Path images_of_program() {
  std::error_code failure;
  const Path program = std::filesystem::read_symlink("/proc/self/exe", failure);
  return failure ? Path() : program.parent_path().parent_path() / "share/cove/images";
}

// The engine with its doors, which waits for containers.
Result<std::unique_ptr<EngineService>> start_engine(const Options& options, http::Tls tls,
                                                    Clock& clock, Logger& logger) {
  std::optional<EngineService::Listen> listen;
  if (!options.engine_address.empty()) listen = {options.engine_address, options.engine_port};
  return EngineService::start(
      {.data_dir = options.data_dir,
       .node_name = options.node_name,
       .version = options.version,
       .images = options.images.empty() ? images_of_program() : options.images,
       .listen = std::move(listen),
       .tls = std::move(tls),
       .clock = clock,
       .logger = logger});
}

// Containers, as the engine's and as pods: begun in the background, since finding again what runs
// takes a moment, while the API serves already and the engine's requests wait.
class Containers {
 public:
  Containers(const Options& options, const std::string& node_address, http::Proxies proxies,
             ControlPlane& plane, std::unique_ptr<EngineService> engine, Clock& clock,
             Logger& logger)
      : options_(options),
        node_address_(node_address),
        proxies_(std::move(proxies)),
        plane_(plane),
        clock_(clock),
        logger_(logger),
        engine_(std::move(engine)) {}
  ~Containers() { stop(std::chrono::seconds(0)); }

  void begin() {
    if (::geteuid() == 0) opening_ = std::thread([this] { open(); });
  }

  void reload(http::Tls tls) { engine_->reload(std::move(tls)); }

  // Pods are terminated when there is a grace for them.
  void stop(std::chrono::seconds pods) {
    if (opening_.joinable()) opening_.join();
    if (node_) node_->stop(pods);
    if (engine_) engine_->stop(kGrace);
    node_.reset();
    engine_.reset();
    images_of_pods_.clear();
    host_.reset();
  }

 private:
  void open() {
    auto host = ContainerHost::open({.data_dir = options_.data_dir,
                                     .registry_mirrors = options_.registry_mirrors,
                                     .insecure_registries = options_.insecure_registries,
                                     .proxies = proxies_,
                                     .clock = clock_,
                                     .logger = logger_});
    if (!host) {
      engine_->fail(host.error());
      logger_.error("this node runs no pods", {{"why", host.error().message()}});
      return;
    }
    host_ = std::move(*host);
    auto node = NodeService::start({.data_dir = options_.data_dir,
                                    .node_name = options_.node_name,
                                    .node_address = node_address_,
                                    .listen_address = options_.listen_address,
                                    .service_range = options_.service_range,
                                    .eviction = options_.eviction,
                                    .manifests = options_.manifests.empty()
                                                     ? options_.data_dir / "manifests"
                                                     : options_.manifests,
                                    .log_dir = options_.log_dir,
                                    .plane = plane_,
                                    .host = *host_,
                                    .clock = clock_,
                                    .logger = logger_});
    if (node) {
      node_ = std::move(*node);
    } else {
      logger_.error("this node runs no pods", {{"why", node.error().message()}});
      // Those of before may run on, and the engine must not prune their images.
      images_of_pods_ = hold_all(*host_->images, *host_->of_pods.runtime);
    }
    engine_->open(*host_);
  }

  const Options& options_;
  const std::string node_address_;
  const http::Proxies proxies_;
  ControlPlane& plane_;
  Clock& clock_;
  Logger& logger_;
  std::unique_ptr<EngineService> engine_;
  std::unique_ptr<ContainerHost> host_;
  std::vector<std::shared_ptr<image::ImageStore::Lease>> images_of_pods_;  // without a node
  std::unique_ptr<NodeService> node_;
  std::thread opening_;
};

// The API's doors: the one it was told to have and, where pods run, one in their network, which
// alone leads to it when the other is loopback's.
class Doors {
 public:
  Doors(const Options& options, http::Handler& handler, unsigned processors, Logger& logger)
      : options_(options), handler_(handler), processors_(processors), logger_(logger) {}

  Result<void> open(const http::Tls& tls) {
    COVE_TRY(door_, http::Server::listen_tls(options_.listen_address, options_.listen_port, tls,
                                             handler_, logger_));
    door_->start(std::clamp(processors_, 2u, 8u));
    if (any_address() || ::geteuid() != 0 || options_.api_only) return {};
    COVE_TRY(for_pods_, http::Server::listen_tls(kPodGateway, door_->port(), tls, handler_, logger_,
                                                 {}, true));
    for_pods_->start(1);
    return {};
  }

  std::uint16_t port() const { return door_->port(); }
  // Where pods find the API.
  server::ApiEndpoint endpoint(const std::string& node_address) const {
    if (for_pods_) return {kPodGateway, port()};
    return {any_address() ? node_address : options_.listen_address, port()};
  }
  void reload(const http::Tls& tls) {
    door_->reload(tls);
    if (for_pods_) for_pods_->reload(tls);
  }
  void stop() {
    if (for_pods_) for_pods_->stop(kGrace);
    door_->stop(kGrace);
  }

 private:
  bool any_address() const {
    return options_.listen_address == "0.0.0.0" || options_.listen_address == "::";
  }

  const Options& options_;
  http::Handler& handler_;
  const unsigned processors_;
  Logger& logger_;
  std::unique_ptr<http::Server> door_, for_pods_;
};

// The signal that ended it.
int serve_until_told(Doors& doors, Containers* containers, Certificates& certificates,
                     const sigset_t& signals, Logger& logger) {
  while (true) {
    int number = 0;
    if (::sigwait(&signals, &number) != 0) continue;
    if (number != SIGHUP) return number;
    if (const auto tls = certificates.read()) {
      doors.reload(*tls);
      if (containers != nullptr) containers->reload(*tls);
      logger.info("certificates read again");
    } else {
      logger.error(tls.error().message());
    }
  }
}

// Whether this is Cove's own virtual machine, with the user's computer at the other end.
bool in_own_machine() {
  return channel::find_port(channel::kPortsPort).has_value();
}

server::NodeFacts node_facts(const Options& options, const Clock& clock, bool own_machine) {
  server::NodeFacts facts = read_host("/", options.data_dir, options.listen_address);
  facts.name = options.node_name;
  facts.kubelet_version = server::git_version();
  facts.ready_since = clock.wall();
  facts.annotations.emplace(controllers::kLocalPathDirectory,
                            volumes_folder(options.data_dir).string());
  if (own_machine) {
    // Its ports are opened on the user's computer.
    facts.annotations.emplace(controllers::kHostAddress, "127.0.0.1");
    // All will be online when pods come.
    facts.cpus = std::max(facts.cpus, processors_present("/"));
  }
  return facts;
}

Result<void> run(const Options& options, const std::shared_future<ApiKindsPtr>& kinds,
                 const sigset_t& signals, Logger& logger) {
  SystemClock clock;
  COVE_CHECK(make_directories(options.data_dir, 0700));
  COVE_TRY(const FileLock lock, FileLock::try_acquire(options.data_dir / "coved.lock", "serving"));
  Certificates certificates(options, clock);
  COVE_TRY(const http::TlsMaterial material, certificates.load());
  COVE_TRY(http::Proxies proxies,
           read_proxies(options.proxy_file, options.service_range, environment_variable));

  const bool own_machine = in_own_machine();
  server::NodeFacts facts = node_facts(options, clock, own_machine);
  const std::string node_address = facts.internal_ip;
  const unsigned cpus = facts.cpus;
  std::optional<server::AuditLog::Options> audit;
  if (!options.audit_log.empty()) {
    audit.emplace();
    audit->path = options.audit_log;
    audit->level = options.audit_level;
  }
  // Reading keys and certificates takes as long as much of the control plane's start, and needs
  // nothing of it.
  std::future<Result<http::Tls>> reading =
      std::async(std::launch::async, [&] { return http::read_tls(material); });
  COVE_TRY(const auto plane, ControlPlane::begin({.store_path = options.data_dir / store::kFileName,
                                                  .pki_dir = options.data_dir / "pki",
                                                  .ca_certificate_pem = material.ca_certificate_pem,
                                                  .service_range = options.service_range,
                                                  .node = std::move(facts),
                                                  .clock = clock,
                                                  .logger = logger,
                                                  .audit = audit,
                                                  .kinds = kinds.get()}));
  // The host waits for the node alone; what every cluster has is made when it has seen it.
  FirstLook first_look(plane->handler(), own_machine ? options.node_name : std::string(), logger);
  Doors doors(options, first_look, cpus, logger);
  COVE_TRY(const http::Tls tls, reading.get());
  COVE_CHECK(doors.open(tls));
  COVE_CHECK(certificates.write_kubeconfig(doors.port()));
  const auto furnish = [&]() -> Result<void> {
    COVE_CHECK(plane->furnish());
    COVE_CHECK(plane->advertise(doors.endpoint(node_address)));
    first_look.open();
    return {};
  };
  if (!own_machine) COVE_CHECK(furnish());
  COVE_CHECK(certificates.write_engine_client());
  std::optional<ControlLoops> loops;
  std::optional<Containers> containers;
  if (!options.api_only) {
    COVE_TRY(auto engine, start_engine(options, tls, clock, logger));
    containers.emplace(options, node_address, std::move(proxies), *plane, std::move(engine), clock,
                       logger);
  }
  // Whoever waits to be told READY reads here where it is served.
  logger.info("serving", {{"address", options.listen_address},
                          {"port", std::to_string(doors.port())},
                          {"node", options.node_name}});
  const std::optional<std::string> manager = environment_variable("NOTIFY_SOCKET");
  notify_manager(manager, "READY=1");
  if (own_machine) {
    first_look.wait(kFirstLook);
    COVE_CHECK(furnish());
    bring_processors_online("/", kProcessors);
  }
  // What else the machine begins need not wait any longer.
  notify_manager(manager, "X_SETTLED=1");
  if (!options.api_only) {
    loops.emplace(*plane, clock, logger);
    containers->begin();
  }

  const int signal =
      serve_until_told(doors, containers ? &*containers : nullptr, certificates, signals, logger);
  notify_manager(manager, "STOPPING=1");
  if (containers) containers->stop(signal == SIGPWR ? kPodGrace : std::chrono::seconds(0));
  plane->announce_stop();
  loops.reset();
  doors.stop();
  plane->stop();
  logger.info("stopped");
  return {};
}

// `kinds` may have been begun before.
int main_of_coved(int argc, char** argv, std::shared_future<ApiKindsPtr> kinds = {}) {
  if (const auto code = run_command(argc, argv)) return *code;
  const sigset_t signals = block_signals();
  auto parsed = parse_options(argc, argv, host_name());
  if (!parsed) {
    fmt::print(stderr, "coved: {}\n", parsed.error().message());
    return exit_code(parsed.error());
  }
  if (const auto* show = std::get_if<ShowText>(&*parsed)) {
    fmt::print("{}", show->text);
    return kExitOk;
  }
  const Options& options = std::get<Options>(*parsed);
  const auto logger = make_logger(STDERR_FILENO, options.log_format);
  bound_memory();
  raise_descriptor_limit();
  if (!kinds.valid()) kinds = begin_api_kinds(std::launch::async);
  const Result<void> result = run(options, kinds, signals, *logger);
  if (result) return kExitOk;
  logger->error(result.error().message());
  return exit_code(result.error());
}

}  // namespace
}  // namespace cove::node

int main(int argc, char** argv) {
  try {
    if (argc >= 2 && std::string_view(argv[1]) == "--unpack-layer")
      return cove::image::run_unpack_worker(argc, argv);
    if (argc == 2 && std::string_view(argv[1]) == "--standby") {
      const cove::node::Preparation preparation = cove::node::load_what_is_slow();
      std::vector<std::string> arguments = cove::node::await_arguments(STDIN_FILENO);
      if (arguments.empty()) return cove::node::kExitOk;
      std::vector<char*> pointers;
      for (std::string& argument : arguments) pointers.push_back(argument.data());
      pointers.push_back(nullptr);
      return cove::node::main_of_coved(static_cast<int>(arguments.size()), pointers.data(),
                                       preparation.kinds);
    }
    return cove::node::main_of_coved(argc, argv);
  } catch (const std::exception& bug) {
    std::fprintf(stderr, "coved: internal error: %s\n", bug.what());
    return cove::node::kExitFailure;
  }
}
