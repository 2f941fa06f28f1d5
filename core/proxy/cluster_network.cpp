#include "core/proxy/cluster_network.h"

#include <chrono>
#include <map>
#include <set>
#include <vector>

#include "core/client/event_recorder.h"
#include "core/proxy/dns.h"
#include "core/proxy/health_ports.h"
#include "core/proxy/node_ports.h"
#include "core/proxy/policy.h"
#include "core/proxy/rule_writer.h"
#include "core/proxy/services.h"

namespace cove::proxy {
namespace {

constexpr std::chrono::milliseconds kSyncPoll{5};
constexpr const char* kByService = "service";
constexpr const char* kZone = "topology.kubernetes.io/zone";
constexpr const char* kDnsService = "kube-system/kube-dns";

// What the texts of Parts mean.
struct Facts {
  NodeFacts node;
  network::Subnet pods, services;
  network::Address gateway, dns;
};

Result<Facts> read_facts(const ClusterNetwork::Parts& parts) {
  Facts facts;
  facts.node.name = parts.node_name;
  facts.node.own_ports = parts.own_ports;
  COVE_TRY(facts.node.address, network::Address::parse(parts.node_address));
  COVE_TRY(facts.pods, network::Subnet::parse(parts.pod_subnet));
  COVE_TRY(facts.services, network::Subnet::parse(parts.service_subnet));
  COVE_TRY(facts.gateway, network::Address::parse(parts.pod_gateway));
  COVE_TRY(facts.dns, network::Address::parse(parts.cluster_dns));
  return facts;
}

}  // namespace

class ClusterNetwork::Implementation : public std::enable_shared_from_this<Implementation> {
 public:
  Implementation(Parts parts, Facts facts)
      : parts_(std::move(parts)),
        facts_(std::move(facts)),
        events_(parts_.transport, parts_.clock, parts_.random, parts_.logger,
                {.component = "kube-proxy", .host = parts_.node_name}),
        dns_service_(
            {parts_.administrator, parts_.logger, parts_.cluster_dns, parts_.pod_gateway}) {}

  Result<void> start() {
    COVE_TRY(writer_,
             RuleWriter::start({parts_.directory, facts_.services, facts_.pods}, parts_.logger));
    COVE_TRY(health_, HealthPorts::start(parts_.logger));
    COVE_TRY(
        dns_,
        ClusterDns::start(
            {facts_.gateway, parts_.cluster_domain, facts_.dns, {facts_.services, facts_.pods}}));
    if (parts_.gate != nullptr)
      node_ports_ = std::make_unique<NodePorts>(*parts_.gate, events_, parts_.logger);
    parts_.executor.post([self = weak_from_this()] {
      if (const auto strong = self.lock()) strong->follow();
    });
    return {};
  }

  bool synced() const { return writer_->synced(); }

 private:
  using Change = std::function<void(Implementation& self, const api::Object& object)>;

  void follow() {
    services_ = parts_.informers.informer({.resource = {"", "v1", "services"}});
    slices_ = parts_.informers.informer({.resource = {"discovery.k8s.io", "v1", "endpointslices"}});
    namespaces_ = parts_.informers.informer({.resource = {"", "v1", "namespaces"}});
    pods_ = parts_.informers.informer({.resource = {"", "v1", "pods"}});
    policies_ =
        parts_.informers.informer({.resource = {"networking.k8s.io", "v1", "networkpolicies"}});
    slices_->add_index(kByService, [](const api::Object& slice) {
      const std::string service = service_of_slice(slice);
      return service.empty() ? std::vector<std::string>() : std::vector{service};
    });
    listen(*services_, [](Implementation& self, const api::Object& service) {
      self.mark(client::key_of(service));
    });
    listen(*slices_, [](Implementation& self, const api::Object& slice) {
      self.mark(service_of_slice(slice));
    });
    listen(*namespaces_, [](Implementation& self, const api::Object& space) {
      const std::string name(space.name());
      self.dns_->set_namespace(name, self.namespaces_->objects().get(name) != nullptr);
      self.mark_policies();
    });
    listen(*policies_, [](Implementation& self, const api::Object&) { self.mark_policies(true); });
    nodes_ = parts_.informers.informer({.resource = {"", "v1", "nodes"}});
    listen(*nodes_, [](Implementation& self, const api::Object& node) {
      if (node.name() == self.facts_.node.name) self.look_at_zone();
    });
    listen_to_pods();
    parts_.informers.start();
    dns_service_.ensure();
    wait_until_synced();
  }

  // `change` is told of every object that came, changed (as it was, too) or went.
  void listen(client::Informer& informer, const Change& change) {
    const auto tell = [self = weak_from_this(), change](const api::ObjectPtr& object) {
      if (const auto strong = self.lock()) change(*strong, *object);
    };
    registrations_.push_back(
        informer.add_handler({.added = [tell](const api::ObjectPtr& object, bool) { tell(object); },
                              .updated =
                                  [tell](const api::ObjectPtr& old, const api::ObjectPtr& now) {
                                    tell(old);
                                    tell(now);
                                  },
                              .deleted = [tell](const api::ObjectPtr& last, bool) { tell(last); }},
                             {.executor = &parts_.executor}));
  }

  void listen_to_pods() {
    const auto tell = [self = weak_from_this()] {
      if (const auto strong = self.lock()) strong->mark_policies();
    };
    registrations_.push_back(
        pods_->add_handler({.added = [tell](const api::ObjectPtr&, bool) { tell(); },
                            .updated =
                                [tell](const api::ObjectPtr& old, const api::ObjectPtr& now) {
                                  if (matters_to_policies(*old, *now)) tell();
                                },
                            .deleted = [tell](const api::ObjectPtr&, bool) { tell(); }},
                           {.executor = &parts_.executor}));
  }

  void look_at_zone() {
    const api::ObjectPtr node = nodes_->objects().get(facts_.node.name);
    const std::string_view zone =
        node ? api::text_at(node->document(), {"metadata", "labels", kZone}) : std::string_view();
    if (zone == facts_.node.zone) return;
    facts_.node.zone = zone;
    for (const std::string& key : services_->objects().keys()) mark(key);
  }

  // While there is no policy, nothing else matters to policies.
  void mark_policies(bool always = false) {
    if (!following_ || (!always && policies_->objects().size() == 0)) return;
    writer_->set_policies(
        [policies = policies_, pods = pods_, namespaces = namespaces_, node = facts_.node.name] {
          return plan_policies(policies->objects().list(), pods->objects().list(),
                               namespaces->objects().list(), node);
        });
  }

  void wait_until_synced() {
    for (const auto& registration : registrations_) {
      if (registration.has_synced()) continue;
      parts_.executor.after(kSyncPoll, [self = weak_from_this()] {
        if (const auto strong = self.lock()) strong->wait_until_synced();
      });
      return;
    }
    following_ = true;
    mark_policies(true);
    network::ServicePorts all;
    for (const auto& [name, port] : plan_marked())
      if (port) all.emplace(name, *port);
    writer_->replace(std::move(all));
    dns_->open();
  }

  // Services are planned once for all changes that are told together.
  void mark(const std::string& service) {
    if (service.empty() || !marked_.insert(service).second || !following_ || marked_.size() > 1)
      return;
    parts_.executor.post([self = weak_from_this()] {
      const auto strong = self.lock();
      if (!strong) return;
      auto changes = strong->plan_marked();
      if (!changes.empty()) strong->writer_->change(std::move(changes));
    });
  }

  std::map<std::string, std::optional<network::ServicePort>> plan_marked() {
    std::map<std::string, std::optional<network::ServicePort>> changes;
    for (const std::string& key : std::exchange(marked_, {})) plan(key, changes);
    return changes;
  }

  void plan(const std::string& key,
            std::map<std::string, std::optional<network::ServicePort>>& changes) {
    const api::ObjectPtr service = services_->objects().get(key);
    const auto slices = slices_->objects().by_index(kByService, key);
    dns_->set_service(key, service, slices);
    if (key == kDnsService && following_ && (!service || slices.empty())) dns_service_.ensure();
    ServicePlan plan = service ? plan_service(*service, slices, facts_.node) : ServicePlan();
    health_->set(key, plan.health);
    if (node_ports_) node_ports_->set(key, service, plan.published);
    tell(key, service, plan.problem);
    auto& known = ports_[key];
    for (const auto& [name, port] : known)
      if (!plan.ports.contains(name)) changes[name] = std::nullopt;
    for (const auto& [name, port] : plan.ports) {
      const auto before = known.find(name);
      if (before == known.end() || !(before->second == port)) changes[name] = port;
    }
    known = std::move(plan.ports);
    if (known.empty()) ports_.erase(key);
  }

  // Once, until it is another one.
  void tell(const std::string& key, const api::ObjectPtr& service, const std::string& problem) {
    if (problem.empty()) {
      problems_.erase(key);
    } else if (std::exchange(problems_[key], problem) != problem) {
      events_.event(*service, "Warning", "NotServedAsAsked", problem);
    }
  }

  const Parts parts_;
  Facts facts_;  // the node's zone changes, on the executor
  client::EventRecorder events_;
  std::unique_ptr<RuleWriter> writer_;
  std::unique_ptr<HealthPorts> health_;
  std::unique_ptr<ClusterDns> dns_;
  std::unique_ptr<NodePorts> node_ports_;
  DnsService dns_service_;
  // Of the executor:
  std::shared_ptr<client::Informer> services_, slices_, namespaces_, pods_, policies_, nodes_;
  std::vector<client::Registration> registrations_;
  std::set<std::string> marked_;                        // Services to be planned
  bool following_ = false;                              // the first state has been planned
  std::map<std::string, network::ServicePorts> ports_;  // of each Service, as the writer has them
  std::map<std::string, std::string> problems_;         // of Services, that were told
};

Result<std::unique_ptr<ClusterNetwork>> ClusterNetwork::start(Parts parts) {
  COVE_TRY(Facts facts, read_facts(parts));
  auto implementation = std::make_shared<Implementation>(std::move(parts), std::move(facts));
  COVE_CHECK(implementation->start());
  return std::unique_ptr<ClusterNetwork>(new ClusterNetwork(std::move(implementation)));
}

ClusterNetwork::ClusterNetwork(std::shared_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
ClusterNetwork::~ClusterNetwork() = default;

bool ClusterNetwork::synced() const {
  return implementation_->synced();
}

}  // namespace cove::proxy
