#include "core/proxy/ingress.h"

#include <unistd.h>

#include <set>

#include "core/client/event_recorder.h"
#include "core/proxy/ingress_server.h"
#include "core/proxy/node_ports.h"

namespace cove::proxy {
namespace {

constexpr std::chrono::milliseconds kSyncPoll{5};
// What changes together is taken together.
constexpr std::chrono::milliseconds kGather{20};
constexpr std::chrono::seconds kRetry{2};
constexpr std::string_view kByService = "service";
constexpr std::string_view kOldClass = "kubernetes.io/ingress.class";
const client::Resource kIngresses{"networking.k8s.io", "v1", "ingresses"};
const client::Resource kClasses{"networking.k8s.io", "v1", "ingressclasses"};

std::vector<std::string> service_of(const api::Object& slice) {
  const std::string_view name =
      api::text_at(slice.document(), {"metadata", "labels", "kubernetes.io/service-name"});
  if (name.empty()) return {};
  return {std::string(slice.namespace_name()) + "/" + std::string(name)};
}

json::object default_class() {
  return {{"apiVersion", "networking.k8s.io/v1"},
          {"kind", "IngressClass"},
          {"metadata",
           {{"name", api::key(kIngressClass)},
            {"annotations", {{"ingressclass.kubernetes.io/is-default-class", "true"}}}}},
          {"spec", {{"controller", api::key(kIngressController)}}}};
}

bool has_address(const api::Object& ingress, std::string_view address) {
  const json::array* const all =
      api::array_at(ingress.document(), {"status", "loadBalancer", "ingress"});
  return all != nullptr && all->size() == 1 && all->front().is_object() &&
         api::text_at(all->front().get_object(), {"ip"}) == address;
}

}  // namespace

class IngressProxy::State : public std::enable_shared_from_this<State> {
 public:
  explicit State(const Parts& parts)
      : parts_(parts),
        ingresses_(parts.informers.informer({kIngresses})),
        classes_(parts.informers.informer({kClasses})),
        services_(parts.informers.informer({{"", "v1", "services"}})),
        slices_(parts.informers.informer({{"discovery.k8s.io", "v1", "endpointslices"}})),
        secrets_(
            parts.informers.informer({{"", "v1", "secrets"}, "", "", "type=kubernetes.io/tls"})),
        events_(parts.transport, parts.clock, parts.random, parts.logger,
                {.component = "cove-ingress"}),
        server_({parts.spawner,
                 parts.logger,
                 parts.program,
                 {.directory = parts.directory,
                  .keys = {},
                  .listen_address = parts.listen_address,
                  .http_port = parts.http_port,
                  .https_port = parts.https_port,
                  .user = ::geteuid() == 0 ? parts.user : std::string()}}) {
    slices_->add_index(kByService, service_of);
    if (parts.gate != nullptr)
      ports_ = std::make_unique<NodePorts>(*parts.gate, events_, parts.logger);
  }

  void start() {
    client::HandlerOptions here;
    here.executor = &parts_.executor;
    for (const auto& informer : {ingresses_, classes_, services_, slices_, secrets_}) {
      registrations_.push_back(informer->add_handler(
          {.added = [this](const api::ObjectPtr&, bool) { changed(); },
           .updated = [this](const api::ObjectPtr&, const api::ObjectPtr&) { changed(); },
           .deleted = [this](const api::ObjectPtr&, bool) { changed(); }},
          here));
    }
    parts_.informers.start();
    create_class();
    start_when_synced();
  }

  void forget() {
    registrations_.clear();
    operations_.clear();
    creation_.cancel();
    for (const Executor::TimerId timer : {sync_timer_, gather_timer_, class_timer_})
      parts_.executor.cancel(timer);
  }

 private:
  template <class Do>
  Executor::TimerId later(std::chrono::nanoseconds delay, Do what) {
    return parts_.executor.after(delay, [weak = weak_from_this(), what] {
      if (const auto self = weak.lock()) (self.get()->*what)();
    });
  }

  void create_class() {
    creation_ =
        client::ResourceClient(parts_.transport, kClasses)
            .create(default_class(), {}, [this](const client::ApiResult<api::ObjectPtr>& answer) {
              if (answer || answer.error().is_already_exists()) return;
              parts_.logger.warn("cannot create the default IngressClass",
                                 {{"cause", answer.error().message}});
              class_timer_ = later(kRetry, &State::create_class);
            });
  }

  void start_when_synced() {
    for (const auto& informer : {ingresses_, classes_, services_, slices_, secrets_}) {
      if (informer->has_synced()) continue;
      sync_timer_ = later(kSyncPoll, &State::start_when_synced);
      return;
    }
    synced_ = true;
    refresh();
  }

  void changed() {
    if (!synced_ || gathering_) return;
    gathering_ = true;
    gather_timer_ = later(kGather, &State::refresh);
  }

  bool is_ours(const api::Object& ingress) const {
    std::string_view name = api::text_at(ingress.document(), {"spec", "ingressClassName"});
    if (name.empty())
      name = api::text_at(ingress.document(), {"metadata", "annotations", kOldClass});
    const api::ObjectPtr chosen = name.empty() ? nullptr : classes_->objects().get(name);
    return chosen && api::text_at(chosen->document(), {"spec", "controller"}) == kIngressController;
  }

  IngressSources sources() const {
    const auto get = [](const client::Indexer& index) {
      return [&index](std::string_view namespace_name, std::string_view name) {
        return index.get(std::string(namespace_name) + "/" + std::string(name));
      };
    };
    return {get(services_->objects()),
            [this](std::string_view namespace_name, std::string_view name) {
              return slices_->objects().by_index(
                  kByService, std::string(namespace_name) + "/" + std::string(name));
            },
            get(secrets_->objects())};
  }

  void refresh() {
    gathering_ = false;
    std::vector<api::ObjectPtr> ours;
    for (const api::ObjectPtr& each : ingresses_->objects().list()) {
      if (is_ours(*each) && !each->deleting()) ours.push_back(each);
    }
    std::vector<IngressProblem> problems;
    std::optional<Routing> routing;
    if (!ours.empty()) routing = make_routing(ours, sources(), problems);
    if (routing != routing_ || !served_) {
      served_ = true;
      if (ports_) ask_for_ports(ours.empty() ? nullptr : ours.front());
      routing_ = routing;
      server_.serve(std::move(routing));
    }
    tell(problems);
    for (const api::ObjectPtr& each : ours) write_status(each);
  }

  // On the user's computer; `ingress` is one that hears of what is in the way, null: none is
  // wanted.
  void ask_for_ports(const api::ObjectPtr& ingress) {
    std::vector<network::PortMapping> wanted;
    if (ingress) {
      for (const std::uint16_t port : {parts_.http_port, parts_.https_port}) {
        wanted.push_back({.protocol = network::Protocol::kTcp,
                          .host_ip = "127.0.0.1",
                          .host_port = port,
                          .container_port = port});
      }
    }
    ports_->set("ingress", ingress, wanted);
  }

  // Each once, for as long as it lasts.
  void tell(const std::vector<IngressProblem>& problems) {
    std::set<IngressProblem> now(problems.begin(), problems.end());
    for (const IngressProblem& each : now) {
      if (told_.contains(each)) continue;
      if (const api::ObjectPtr ingress = ingresses_->objects().get(each.ingress))
        events_.event(*ingress, "Warning", each.reason, each.message);
    }
    told_ = std::move(now);
  }

  void write_status(const api::ObjectPtr& ingress) {
    const std::string key = client::key_of(*ingress);
    if (parts_.node_address.empty() || has_address(*ingress, parts_.node_address) ||
        operations_.contains(key))
      return;
    const json::object status{
        {"metadata", {{"uid", api::key(ingress->uid())}}},
        {"status",
         {{"loadBalancer",
           {{"ingress", json::array{json::object{{"ip", parts_.node_address}}}}}}}}};
    operations_[key] =
        client::ResourceClient(parts_.transport, kIngresses, std::string(ingress->namespace_name()))
            .patch(ingress->name(), client::PatchType::kMerge, status, {.subresource = "status"},
                   [this, key](const client::ApiResult<api::ObjectPtr>& answer) {
                     if (!answer && !answer.error().is_not_found()) {
                       parts_.logger.warn("cannot write an Ingress' status",
                                          {{"ingress", key}, {"cause", answer.error().message}});
                     }
                     // Not from within the operation that ends.
                     parts_.executor.post([weak = weak_from_this(), key] {
                       if (const auto self = weak.lock()) self->operations_.erase(key);
                     });
                   });
  }

  const Parts parts_;
  const std::shared_ptr<client::Informer> ingresses_, classes_, services_, slices_, secrets_;
  client::EventRecorder events_;
  NginxServer server_;
  std::unique_ptr<NodePorts> ports_;
  std::vector<client::Registration> registrations_;
  client::Operation creation_;
  std::map<std::string, client::Operation> operations_;  // status writes, by Ingress
  std::optional<Routing> routing_;
  std::set<IngressProblem> told_;
  Executor::TimerId sync_timer_ = 0, gather_timer_ = 0, class_timer_ = 0;
  bool synced_ = false;
  bool gathering_ = false;
  bool served_ = false;
};

IngressProxy::IngressProxy(const Parts& parts) : state_(std::make_shared<State>(parts)) {}

IngressProxy::~IngressProxy() {
  state_->forget();
}

void IngressProxy::start() {
  state_->start();
}

}  // namespace cove::proxy
