#include "app/node/node_service.h"

#include <fmt/format.h>

#include <future>
#include <optional>

#include "app/node/in_process_transport.h"
#include "app/node/node_upkeep.h"
#include "app/node/pod_streams.h"
#include "core/client/informer.h"
#include "core/controllers/controllers.h"
#include "core/controllers/local_path_folders.h"
#include "core/node/container_config.h"
#include "core/node/node_agent.h"
#include "core/node/volumes.h"
#include "core/proxy/cluster_network.h"
#include "core/proxy/ingress.h"
#include "core/server/pod_stream_server.h"

namespace cove::node {

std::string cluster_dns(const server::Ipv4Range& services) {
  return server::format_ipv4(services.network + 10);
}

namespace {

// It stands beside this program.
Path pause_program() {
  std::error_code failure;
  const Path program = std::filesystem::read_symlink("/proc/self/exe", failure);
  return program.parent_path() / "cove-pause";
}

}  // namespace

class NodeService::Implementation {
 public:
  explicit Implementation(Parts parts)
      : parts_(std::move(parts)),
        agent_transport_(parts_.plane.handler(), loop_,
                         {fmt::format("system:node:{}", parts_.node_name), {"system:nodes"}}),
        proxy_transport_(parts_.plane.handler(), loop_, {"system:kube-proxy"}),
        reader_(parts_.plane.handler(), loop_, {"system:kube-controller-manager"}),
        volumes_(parts_.plane.handler(), loop_, service_account("local-path-provisioner")),
        administrator_(parts_.plane.handler(), loop_, {"cove:addons", {"system:masters"}}),
        informers_(reader_, client::system_random, parts_.logger) {}

  ~Implementation() { stop(std::chrono::seconds(0)); }

  Result<void> start() {
    loop_.start();
    const std::string dns = cluster_dns(parts_.service_range);
    COVE_TRY(network_, proxy::ClusterNetwork::start({.directory = parts_.data_dir / "node/proxy",
                                                     .informers = informers_,
                                                     .transport = proxy_transport_,
                                                     .administrator = administrator_,
                                                     .executor = loop_,
                                                     .clock = parts_.clock,
                                                     .random = client::system_random,
                                                     .logger = parts_.logger,
                                                     .node_name = parts_.node_name,
                                                     .node_address = parts_.node_address,
                                                     .pod_subnet = kPodSubnet,
                                                     .pod_gateway = kPodGateway,
                                                     .service_subnet = parts_.service_range.text(),
                                                     .cluster_dns = dns,
                                                     .cluster_domain = kClusterDomain,
                                                     .gate = parts_.host.gate.get()}));
    start_followers();
    COVE_TRY(agent_, NodeAgent::start({.directory = parts_.data_dir / "node",
                                       .manifests = parts_.manifests,
                                       .node_name = parts_.node_name,
                                       .node_address = parts_.node_address,
                                       .cluster_dns = dns,
                                       .cluster_domain = kClusterDomain,
                                       .pod_subnet = kPodSubnet,
                                       .transport = agent_transport_,
                                       .executor = loop_,
                                       .pool = pool_,
                                       .runtime = *parts_.host.of_pods.runtime,
                                       .cgroup_root = parts_.host.of_pods.cgroup_root,
                                       .networks = *parts_.host.of_pods.networks,
                                       .images = *parts_.host.images,
                                       .layers = *parts_.host.layers,
                                       .registries = *parts_.host.registries,
                                       .pause = pause_program(),
                                       .spawner = *parts_.host.spawner,
                                       .clock = parts_.clock,
                                       .random = client::system_random,
                                       .logger = parts_.logger}));
    parts_.plane.pod_streams().set_node(
        make_pod_streams(agent_->pods(), *parts_.host.of_pods.runtime, parts_.node_name,
                         NodeLogs(parts_.log_dir, parts_.data_dir / "node/logs")));
    on_loop([this] {
      upkeep_.emplace(NodeUpkeep::Parts{.data_dir = parts_.data_dir,
                                        .node_name = parts_.node_name,
                                        .pod_subnet = kPodSubnet,
                                        .eviction = parts_.eviction,
                                        .configuration = configuration(),
                                        .transport = agent_transport_,
                                        .pool = pool_,
                                        .plane = parts_.plane,
                                        .host = parts_.host,
                                        .agent = *agent_,
                                        .clock = parts_.clock,
                                        .logger = parts_.logger});
    });
    return {};
  }

  const PodsOfNode& pods() const { return agent_->pods(); }

  void stop(std::chrono::seconds grace) {
    if (stopped_) return;
    stopped_ = true;
    parts_.plane.pod_streams().set_node(nullptr);
    on_loop([this] { upkeep_.reset(); });
    if (agent_) agent_->stop(grace);
    agent_.reset();
    on_loop([this] {
      folders_.reset();
      ingress_.reset();
      network_.reset();
      informers_.stop();
    });
    pool_.stop();
    loop_.stop();
  }

 private:
  // What follows the API on the loop and begins when the informers have synced.
  void start_followers() {
    on_loop([this] {
      const bool inside = parts_.host.gate != nullptr;
      ingress_.emplace(proxy::IngressProxy::Parts{
          .informers = informers_,
          .transport = administrator_,
          .executor = loop_,
          .clock = parts_.clock,
          .random = client::system_random,
          .logger = parts_.logger,
          .spawner = *parts_.host.spawner,
          .directory = parts_.data_dir / "node/ingress",
          .node_address = parts_.node_address,
          // On the user's computer, where the numbers are the same, 80 and 443 take root.
          .http_port = static_cast<std::uint16_t>(inside ? 8080 : 80),
          .https_port = static_cast<std::uint16_t>(inside ? 8443 : 443),
          .listen_address = parts_.listen_address,
          .gate = parts_.host.gate.get()});
      folders_.emplace(
          controllers::Environment{
              informers_, [this](std::string_view) -> client::Transport& { return volumes_; },
              loop_, parts_.clock, client::system_random, parts_.logger},
          std::vector<controllers::MakeControlLoop>{
              [this](const controllers::Environment& environment) {
                return controllers::make_local_path_folders(environment, place_of_volumes());
              }});
      ingress_->start();
      folders_->start();
    });
  }

  // As kubelet.config.k8s.io/v1beta1 has it; what an agent of this kind has no setting for is not
  // there.
  boost::json::object configuration() const {
    const NodeSettings settings;
    const auto mebi = [](std::uint64_t bytes) { return fmt::format("{}Mi", bytes >> 20); };
    boost::json::object evicted;
    if (parts_.eviction.memory_bytes > 0)
      evicted["memory.available"] = mebi(parts_.eviction.memory_bytes);
    if (parts_.eviction.disk.percent > 0)
      evicted["nodefs.available"] = fmt::format("{}%", parts_.eviction.disk.percent);
    return {{"kind", "KubeletConfiguration"},
            {"apiVersion", "kubelet.config.k8s.io/v1beta1"},
            {"staticPodPath", parts_.manifests.string()},
            {"enableServer", true},
            {"enableDebuggingHandlers", true},
            {"clusterDomain", kClusterDomain},
            {"clusterDNS", boost::json::array{cluster_dns(parts_.service_range)}},
            {"cgroupRoot", "/" + parts_.host.of_pods.cgroup_root},
            {"cgroupDriver", "cgroupfs"},
            {"podCIDR", kPodSubnet},
            {"maxPods", server::kMaxPods},
            {"podPidsLimit", settings.pods_pids},
            {"evictionHard", std::move(evicted)},
            {"containerLogMaxSize", mebi(settings.log_max_bytes)},
            {"containerLogMaxFiles", settings.log_max_files}};
  }

  controllers::LocalPathPlace place_of_volumes() {
    using Done = controllers::LocalPathPlace::Done;
    const auto on_pool = [this](std::function<Result<void>()> work, const Done& done) {
      const bool taken = pool_.run([work = std::move(work), done] { done(work()); });
      if (!taken) {
        done(Error{ErrorCode::kResourceExhausted, "use the folder of", "a volume",
                   "too much is under way", ""});
      }
    };
    return {.host = parts_.node_name,
            .directory = volumes_folder(parts_.data_dir),
            .make =
                [on_pool](const Path& folder, const Done& done) {
                  on_pool([folder] { return make_directories(folder, 0777); }, done);
                },
            .remove =
                [on_pool](const Path& folder, const Done& done) {
                  on_pool(
                      [folder] {
                        return remove_below(folder.parent_path(), folder.filename().string());
                      },
                      done);
                }};
  }

  void on_loop(const std::function<void()>& action) {
    std::promise<void> done;
    loop_.post([&] {
      action();
      done.set_value();
    });
    done.get_future().wait();
  }

  const Parts parts_;
  bool stopped_ = false;
  EventLoop loop_;
  WorkerPool pool_{{}};
  // The agent; the proxy, who reads more than it may write, and adds the name server's Service.
  InProcessTransport agent_transport_, proxy_transport_, reader_, volumes_, administrator_;
  client::InformerFactory informers_;
  std::unique_ptr<proxy::ClusterNetwork> network_;
  std::optional<proxy::IngressProxy> ingress_;
  std::optional<controllers::Controllers> folders_;
  std::unique_ptr<NodeAgent> agent_;
  std::optional<NodeUpkeep> upkeep_;
};

NodeService::NodeService(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

NodeService::~NodeService() = default;

Result<std::unique_ptr<NodeService>> NodeService::start(Parts parts) {
  auto implementation = std::make_unique<Implementation>(std::move(parts));
  COVE_CHECK(implementation->start());
  return std::unique_ptr<NodeService>(new NodeService(std::move(implementation)));
}

const PodsOfNode& NodeService::pods() const {
  return implementation_->pods();
}

void NodeService::stop(std::chrono::seconds grace) {
  implementation_->stop(grace);
}

}  // namespace cove::node
