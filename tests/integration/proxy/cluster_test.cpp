// From objects of the API to packets and names.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/mount.h>

#include <cstdio>
#include <fstream>
#include <mutex>
#include <set>

#include "core/network/name_server.h"
#include "core/os/namespaces.h"
#include "core/proxy/cluster_network.h"
#include "tests/integration/network/computer.h"
#include "tests/support/cluster.h"

namespace cove::proxy {
namespace {

using cove::test::Cluster;
using network::Endpoint;
using network::test::ask_tcp;
using network::test::ask_udp;
using network::test::Listener;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

// The name server of everybody else: knows every name below example.com, and counts.
class Outside final : public network::NameSource {
 public:
  std::optional<Answer> answer(const std::string&,
                               const network::dns::Question& question) override {
    ++asked;
    Answer answer;
    if (question.name.ends_with("example.com") && question.type == network::dns::kA) {
      answer.answers.push_back(network::dns::address_record(
          question.name, 60, *network::Address::parse("198.51.100.7")));
    } else {
      answer.code = network::dns::ResponseCode::kNameError;
      answer.authorities.push_back(
          network::dns::authority_record("", 60, "a.root", "mail.root", 1));
    }
    return answer;
  }
  std::vector<std::string> servers(const std::string&) override { return {}; }
  std::atomic<int> asked{0};
};

// The user's computer: some ports are taken there.
class Gate final : public network::PortGate {
 public:
  Result<void> open(const network::PortMapping& mapping) override {
    const std::lock_guard lock(mutex);
    if (taken.contains(mapping.host_port))
      return Error{ErrorCode::kConflict, "open", std::to_string(mapping.host_port),
                   "another program has it", ""};
    ports.insert(mapping.host_port);
    return {};
  }
  void close(const network::PortMapping& mapping) override {
    const std::lock_guard lock(mutex);
    ports.erase(mapping.host_port);
  }
  std::set<int> now() {
    const std::lock_guard lock(mutex);
    return ports;
  }
  std::mutex mutex;
  std::set<int> ports, taken;
};

class ClusterTest : public network::test::Computer {
 protected:
  void SetUp() override {
    Computer::SetUp();
    make_outside();
    open();
    make_network("pods", [](network::NetworkConfig& config) {
      config.subnet = "10.244.0.0/24";
      config.names = false;
      config.routed = true;
    });
    std::ofstream(folder_ / "resolv.conf") << "nameserver 203.0.113.2\n";
    ASSERT_EQ(
        ::mount((folder_ / "resolv.conf").c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr),
        0);
    cluster_.emplace();
    start();
  }
  void TearDown() override {
    proxy_.reset();
    cluster_.reset();
    ::umount2("/etc/resolv.conf", MNT_DETACH);
    Computer::TearDown();
  }
  void start() {
    proxy_.reset();
    auto started = ClusterNetwork::start({.directory = folder_ / "proxy",
                                          .informers = cluster_->informers(),
                                          .transport = cluster_->as("system:kube-proxy"),
                                          .administrator = cluster_->as(),
                                          .executor = cluster_->executor,
                                          .clock = cluster_->clock,
                                          .random = [] { return 0.5; },
                                          .logger = cluster_->logger(),
                                          .node_name = "node",
                                          .node_address = "203.0.113.1",
                                          .pod_subnet = "10.244.0.0/24",
                                          .pod_gateway = "10.244.0.1",
                                          .service_subnet = "10.96.0.0/16",
                                          .cluster_dns = "10.96.0.10",
                                          .cluster_domain = "cluster.local",
                                          .gate = &gate_});
    ASSERT_TRUE(started) << started.error().message();
    proxy_ = std::move(*started);
    ASSERT_TRUE(cluster_->until([&] { return proxy_->synced(); }, std::chrono::milliseconds(5)));
  }

  bool eventually(const std::function<bool()>& done) { return cluster_->until(done); }
  bool has_event(std::string_view reason, std::string_view name) {
    for (const auto& event : cluster_->list("events"))
      if (api::text_at(event->document(), {"reason"}) == reason &&
          api::text_at(event->document(), {"involvedObject", "name"}) == name)
        return true;
    return false;
  }
  // What `command` prints inside a pod.
  std::string run(const std::string& pod, const std::string& command) {
    std::string output;
    const auto done = os::in_network_namespace(ns(pod), [&]() -> Result<void> {
      FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
      std::array<char, 4096> buffer{};
      for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
        output.append(buffer.data(), got);
      ::pclose(pipe);
      return {};
    });
    EXPECT_TRUE(done);
    return output;
  }
  std::vector<std::string> dig(const std::string& pod, const std::string& question,
                               const std::string& options = "+short") {
    const std::string text =
        run(pod, "dig @10.96.0.10 +tries=1 +time=3 " + options + " " + question);
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
      if (!line.empty() && line.front() != ';') lines.push_back(line);
    return lines;
  }
  std::string status(const std::string& pod, const std::string& question) {
    const std::string text = run(pod, "dig @10.96.0.10 +tries=1 +time=3 " + question);
    const auto at = text.find("status: ");
    return at == std::string::npos ? text : text.substr(at + 8, text.find(',', at) - at - 8);
  }

  static std::string slice(const std::string& service, const std::string& endpoints,
                           const std::string& port = "{name: http, port: 80}") {
    return fmt::format(R"(
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: {0}-slice, labels: {{kubernetes.io/service-name: {0}}}}}
addressType: IPv4
ports: [{2}]
endpoints: [{1}]
)",
                       service, endpoints, port);
  }
  static std::string endpoint(const Endpoint& pod, const std::string& more = "nodeName: node") {
    return fmt::format("{{addresses: [{}], {}}}", pod.address, more);
  }

  Gate gate_;
  std::optional<Cluster> cluster_;
  std::unique_ptr<ClusterNetwork> proxy_;
};

constexpr const char* kWeb = R"(
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  clusterIP: 10.96.0.80
  ports: [{name: http, port: 80, nodePort: 30080}]
)";

TEST_F(ClusterTest, AServiceFollowsItsSlices) {
  const Endpoint a = plug("pods", "a"), b = plug("pods", "b"), c = plug("pods", "c");
  const Listener in_b(ns("b"), "0.0.0.0", 80, "b "), in_c(ns("c"), "0.0.0.0", 80, "c ");
  cluster_->create(kWeb);
  EXPECT_TRUE(eventually([&] { return gate_.now() == std::set<int>{30080}; }));
  EXPECT_EQ(ask_tcp(ns("a"), "10.96.0.80", 80, 300), "") << "no endpoints yet";
  cluster_->create(slice("web", endpoint(b)));
  EXPECT_TRUE(eventually([&] { return ask_tcp(ns("a"), "10.96.0.80", 80) == "b " + a.address; }));
  EXPECT_EQ(ask_tcp(outside_, "203.0.113.1", 30080), "b 203.0.113.2");
  cluster_->patch("endpointslices.discovery.k8s.io", "web-slice",
                  fmt::format("{{endpoints: [{}]}}", endpoint(c)));
  EXPECT_TRUE(eventually([&] { return ask_tcp(ns("a"), "10.96.0.80", 80) == "c " + a.address; }));
  // Without us traffic flows on; the next one takes over and knows what happened meanwhile.
  proxy_.reset();
  EXPECT_EQ(ask_tcp(ns("a"), "10.96.0.80", 80), "c " + a.address);
  cluster_->patch("endpointslices.discovery.k8s.io", "web-slice",
                  fmt::format("{{endpoints: [{}]}}", endpoint(b)));
  start();
  EXPECT_EQ(ask_tcp(ns("a"), "10.96.0.80", 80), "b " + a.address);
  cluster_->remove("services", "web");
  EXPECT_TRUE(eventually([&] { return ask_tcp(ns("a"), "10.96.0.80", 80, 300).empty(); }));
  EXPECT_TRUE(eventually([&] { return gate_.now().empty(); }));
}

TEST_F(ClusterTest, AFlushedRulesetComesBack) {
  const Endpoint a = plug("pods", "a"), b = plug("pods", "b");
  const Listener in_b(ns("b"), "0.0.0.0", 80, "b ");
  cluster_->create(kWeb);
  cluster_->create(slice("web", endpoint(b)));
  EXPECT_TRUE(eventually([&] { return ask_tcp(ns("a"), "10.96.0.80", 80) == "b " + a.address; }));
  for (const std::string& name : tables()) {
    if (!name.starts_with("cove-svc-")) continue;
    network::nft::Transaction transaction(network::nft::TableFamily::kIpv4, name);
    ASSERT_TRUE(network::nft::Nftables::open()->commit(transaction.delete_table()));
  }
  EXPECT_TRUE(
      eventually([&] { return ask_tcp(ns("a"), "10.96.0.80", 80, 300) == "b " + a.address; }));
}

TEST_F(ClusterTest, AServiceThatAsksForTooMuchIsToldAndHindersNoOther) {
  const Endpoint a = plug("pods", "a"), b = plug("pods", "b");
  const Listener in_b(ns("b"), "0.0.0.0", 80, "b ");
  std::string ranges, ports;
  for (unsigned i = 0; i < 20'000; ++i)  // none touches another
    ranges += fmt::format("11.{}.{}.{}/32,", i >> 15, i >> 7 & 255, i << 1 & 255);
  for (unsigned i = 0; i < 50; ++i) ports += fmt::format("{{name: p{0}, port: {1}}},", i, 8000 + i);
  cluster_->create(fmt::format(R"(
apiVersion: v1
kind: Service
metadata: {{name: greedy}}
spec:
  type: LoadBalancer
  clusterIP: 10.96.0.90
  loadBalancerSourceRanges: [{}]
  ports: [{}]
)",
                               ranges, ports));
  cluster_->patch("services", "greedy", "{status: {loadBalancer: {ingress: [{ip: 203.0.113.1}]}}}",
                  "default", "status");
  EXPECT_TRUE(eventually([&] { return has_event("NotServedAsAsked", "greedy"); }));
  cluster_->create(kWeb);
  cluster_->create(slice("web", endpoint(b)));
  EXPECT_TRUE(eventually([&] { return ask_tcp(ns("a"), "10.96.0.80", 80) == "b " + a.address; }));
}

TEST_F(ClusterTest, ANodePortThatIsTakenIsTold) {
  gate_.taken.insert(30080);
  cluster_->create(kWeb);
  EXPECT_TRUE(eventually([&] { return has_event("PortNotOpened", "web"); }));
}

TEST_F(ClusterTest, HealthChecksOfLocalPolicies) {
  plug("pods", "a");
  const Endpoint b = plug("pods", "b");
  cluster_->create(R"(
apiVersion: v1
kind: Service
metadata: {name: lb}
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  healthCheckNodePort: 32100
  ports: [{name: http, port: 80}]
)");
  const auto health = [&] { return run("a", "curl -s -i http://10.244.0.1:32100/healthz"); };
  EXPECT_TRUE(eventually([&] { return health().starts_with("HTTP/1.1 503"); }));
  cluster_->create(slice("lb", endpoint(b)));
  EXPECT_TRUE(eventually([&] { return health().starts_with("HTTP/1.1 200"); }));
  EXPECT_THAT(health(), HasSubstr("\"localEndpoints\": 1"));
  EXPECT_THAT(health(), HasSubstr("\"name\": \"lb\""));
  cluster_->remove("services", "lb");
  EXPECT_TRUE(eventually([&] { return health().empty(); }));
}

TEST_F(ClusterTest, NamesRecordByRecord) {
  const Endpoint a = plug("pods", "a"), b = plug("pods", "b"), c = plug("pods", "c");
  EXPECT_TRUE(
      eventually([&] { return cluster_->get("services", "kube-dns", "kube-system") != nullptr; }));
  EXPECT_TRUE(eventually(
      [&] { return status("a", "kube-dns.kube-system.svc.cluster.local") == "NOERROR"; }));
  cluster_->create(kWeb);
  cluster_->create(R"(
apiVersion: v1
kind: Service
metadata: {name: db}
spec: {clusterIP: None, ports: [{name: sql, port: 5432}]}
)");
  cluster_->create(
      slice("db", endpoint(b, "hostname: db-0") + ", " + endpoint(c), "{name: sql, port: 5432}"));
  cluster_->create(R"(
apiVersion: v1
kind: Service
metadata: {name: far}
spec: {type: ExternalName, externalName: www.example.com}
)");
  EXPECT_TRUE(eventually([&] { return !dig("a", "far.default.svc.cluster.local CNAME").empty(); }));
  const std::string zone = ".default.svc.cluster.local";
  EXPECT_THAT(dig("a", "web" + zone), ElementsAre("10.96.0.80"));
  EXPECT_THAT(dig("a", "WEB" + zone + " +tcp"), ElementsAre("10.96.0.80"));
  EXPECT_THAT(dig("a", "web" + zone + " AAAA"), ElementsAre());
  EXPECT_EQ(status("a", "web" + zone + " AAAA"), "NOERROR");
  EXPECT_EQ(status("a", "none" + zone), "NXDOMAIN");
  EXPECT_THAT(run("a", "dig @10.96.0.10 none" + zone), HasSubstr("SOA\tns.dns.cluster.local."));
  EXPECT_THAT(dig("a", "_http._tcp.web" + zone + " SRV"),
              ElementsAre("0 100 80 web.default.svc.cluster.local."));
  EXPECT_THAT(dig("a", "-x 10.96.0.80"), ElementsAre("web.default.svc.cluster.local."));
  EXPECT_THAT(dig("a", "db" + zone), UnorderedElementsAre(b.address, c.address));
  EXPECT_THAT(dig("a", "db-0.db" + zone), ElementsAre(b.address));
  EXPECT_THAT(dig("a", "_sql._tcp.db" + zone + " SRV"),
              UnorderedElementsAre("0 50 5432 db-0.db.default.svc.cluster.local.",
                                   "0 50 5432 10-244-0-4.db.default.svc.cluster.local."));
  EXPECT_THAT(dig("a", "-x " + b.address), ElementsAre("db-0.db.default.svc.cluster.local."));
  EXPECT_THAT(dig("a", "far" + zone + " CNAME"), ElementsAre("www.example.com."));
  EXPECT_THAT(dig("a", "10-244-0-9.default.pod.cluster.local"), ElementsAre("10.244.0.9"));
  EXPECT_THAT(dig("a", "dns-version.cluster.local TXT"), ElementsAre("\"1.1.0\""));
  // The same to a program that knows nothing but resolv.conf(5).
  EXPECT_THAT(dig("a", "db +search +domain=default.svc.cluster.local"),
              UnorderedElementsAre(b.address, c.address));
  cluster_->patch("services", "far", "{spec: {externalName: api.example.com}}");
  EXPECT_TRUE(eventually([&] {
    return dig("a", "far" + zone + " CNAME") == std::vector<std::string>{"api.example.com."};
  }));
  cluster_->remove("services", "web");
  EXPECT_TRUE(eventually([&] { return status("a", "web" + zone) == "NXDOMAIN"; }));
  // What the name server is reached by comes back.
  cluster_->remove("services", "kube-dns", "kube-system");
  EXPECT_TRUE(eventually([&] { return !dig("a", "db" + zone).empty(); }));
  cluster_->remove("endpointslices.discovery.k8s.io", "kube-dns", "kube-system");
  EXPECT_TRUE(eventually([&] { return !dig("a", "db" + zone).empty(); }));
}

TEST_F(ClusterTest, OtherNamesComeFromOutside) {
  plug("pods", "a");
  Outside outside;
  auto server = network::NameServer::start(outside, {});
  ASSERT_TRUE(server);
  ASSERT_TRUE(os::in_network_namespace(outside_, [&] {
    return (*server)->add_address("all", *network::Address::parse("203.0.113.2"), 53);
  }));
  cluster_->create(R"(
apiVersion: v1
kind: Service
metadata: {name: far}
spec: {type: ExternalName, externalName: www.example.com}
)");
  EXPECT_TRUE(eventually([&] {
    return dig("a", "far.default.svc.cluster.local") ==
           std::vector<std::string>{"www.example.com.", "198.51.100.7"};
  }));
  EXPECT_EQ(outside.asked, 1);
  EXPECT_THAT(dig("a", "www.example.com"), ElementsAre("198.51.100.7"));
  EXPECT_THAT(dig("a", "www.example.com", "+short +tcp"), ElementsAre("198.51.100.7"));
  EXPECT_EQ(outside.asked, 1) << "remembered";
  EXPECT_EQ(status("a", "nobody.example.org"), "NXDOMAIN");
  EXPECT_EQ(status("a", "nobody.example.org"), "NXDOMAIN");
  EXPECT_EQ(outside.asked, 2) << "remembered as well";
  server->reset();
  EXPECT_EQ(status("a", "new.example.com"), "SERVFAIL");
}

TEST_F(ClusterTest, PoliciesFollowPodsAndLabels) {
  const Endpoint a = plug("pods", "a"), b = plug("pods", "b");
  const Listener in_b(ns("b"), "0.0.0.0", 80);
  for (const auto& [name, address] : {std::pair{"a", a.address}, {"b", b.address}}) {
    cluster_->create(fmt::format(R"(
apiVersion: v1
kind: Pod
metadata: {{name: {0}, labels: {{app: {0}}}}}
spec: {{nodeName: node, containers: [{{name: c, image: i}}]}}
)",
                                 name));
    cluster_->patch(
        "pods", name,
        fmt::format("{{status: {{phase: Running, podIP: {0}, podIPs: [{{ip: {0}}}]}}}}", address),
        "default", "status");
  }
  cluster_->create(R"(
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: guard}
spec:
  podSelector: {matchLabels: {app: b}}
  ingress: [{from: [{podSelector: {matchLabels: {friend: "yes"}}}], ports: [{port: 80}]}]
)");
  const auto reaches = [&] { return ask_tcp(ns("a"), b.address, 80, 300) == a.address; };
  EXPECT_TRUE(eventually([&] { return !reaches(); }));
  EXPECT_EQ(ask_tcp({}, b.address, 80), "10.244.0.1") << "this machine's probes";
  cluster_->patch("pods", "a", "{metadata: {labels: {friend: \"yes\"}}}");
  EXPECT_TRUE(eventually(reaches));
  cluster_->patch("pods", "a", "{metadata: {labels: {friend: \"no\"}}}");
  EXPECT_TRUE(eventually([&] { return !reaches(); }));
  cluster_->remove("networkpolicies.networking.k8s.io", "guard");
  EXPECT_TRUE(eventually(reaches));
}

TEST_F(ClusterTest, LongAnswersAreAskedForAgainByTcp) {
  plug("pods", "a");
  cluster_->create(R"(
apiVersion: v1
kind: Service
metadata: {name: many}
spec: {clusterIP: None, ports: [{name: http, port: 80}]}
)");
  std::string endpoints;
  for (int i = 10; i < 210; ++i) endpoints += fmt::format("{{addresses: [10.244.0.{}]}}, ", i);
  cluster_->create(slice("many", endpoints));
  EXPECT_TRUE(eventually([&] { return dig("a", "many.default.svc.cluster.local").size() == 200; }));
  EXPECT_THAT(run("a", "dig @10.96.0.10 +noedns +ignore many.default.svc.cluster.local"),
              HasSubstr("flags: qr aa tc rd"));
}

}  // namespace
}  // namespace cove::proxy
