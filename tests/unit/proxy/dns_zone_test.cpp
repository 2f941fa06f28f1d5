// Record by record as the Kubernetes DNS-Based Service Discovery specification 1.1.0 has them.
#include "core/proxy/dns_zone.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/unit/proxy/objects.h"

namespace cove::proxy {
namespace {

namespace dns = network::dns;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// A name in wire form that stands alone.
std::string name_in(std::string_view wire) {
  std::string text;
  while (!wire.empty() && wire.front() != 0) {
    const auto length = static_cast<std::size_t>(wire.front());
    text += (text.empty() ? "" : ".") + std::string(wire.substr(1, length));
    wire.remove_prefix(1 + length);
  }
  return text;
}

std::string text_of(const dns::Record& record) {
  const auto number = [&](std::size_t at) {
    return static_cast<unsigned char>(record.data[at]) << 8 |
           static_cast<unsigned char>(record.data[at + 1]);
  };
  const std::string head = record.name + " ";
  switch (record.type) {
    case dns::kA:
      return head + fmt::format("A {}.{}.{}.{}", number(0) >> 8, number(0) & 255, number(2) >> 8,
                                number(2) & 255);
    case dns::kSrv:
      return head + fmt::format("SRV {} {} {} {}", number(0), number(2), number(4),
                                name_in(std::string_view(record.data).substr(6)));
    case dns::kPtr: return head + "PTR " + name_in(record.data);
    case dns::kCname: return head + "CNAME " + name_in(record.data);
    case dns::kNs: return head + "NS " + name_in(record.data);
    case dns::kTxt: return head + "TXT " + record.data.substr(1);
    case dns::kSoa: return head + "SOA " + name_in(record.data);
    default: return head + "?";
  }
}

class Zone : public ::testing::Test {
 protected:
  void add(const char* service, const std::vector<const char*>& slices = {}) {
    const auto parsed = object(service);
    std::vector<api::ObjectPtr> all;
    for (const char* slice : slices) all.push_back(object(slice));
    zone_.set_service(fmt::format("{}/{}", parsed->namespace_name(), parsed->name()), parsed, all);
  }
  std::vector<std::string> ask(const std::string& name, std::uint16_t type) {
    const auto answer = zone_.answer({name, type, dns::kInternet});
    if (!answer) return {"not ours"};
    EXPECT_TRUE(answer->authoritative);
    if (answer->code == dns::ResponseCode::kNameError || answer->answers.empty()) {
      EXPECT_TRUE(answer->answers.empty());
      EXPECT_EQ(answer->authorities.size(), 1U);
      return {answer->code == dns::ResponseCode::kNameError ? "no such name" : "no data"};
    }
    std::vector<std::string> texts;
    for (const auto& record : answer->answers) texts.push_back(text_of(record));
    for (const auto& record : answer->additionals) texts.push_back("also " + text_of(record));
    if (!answer->follow.empty()) texts.push_back("follow " + answer->follow);
    return texts;
  }

  ClusterZone zone_{
      {"cluster.local",
       *network::Address::parse("10.96.0.10"),
       {*network::Subnet::parse("10.96.0.0/12"), *network::Subnet::parse("10.244.0.0/24")}}};
};

constexpr const char* kWeb = R"(
metadata: {name: web, namespace: shop}
spec:
  type: ClusterIP
  clusterIP: 10.96.0.7
  clusterIPs: [10.96.0.7]
  ports: [{name: http, port: 80, protocol: TCP}, {name: dns, port: 53, protocol: UDP}]
)";

TEST_F(Zone, AServiceWithAnAddress) {
  zone_.set_namespace("shop", true);
  add(kWeb);
  EXPECT_THAT(ask("web.shop.svc.cluster.local", dns::kA),
              ElementsAre("web.shop.svc.cluster.local A 10.96.0.7"));
  EXPECT_THAT(ask("web.shop.svc.cluster.local", dns::kAaaa), ElementsAre("no data"));
  EXPECT_THAT(ask("_http._tcp.web.shop.svc.cluster.local", dns::kSrv),
              ElementsAre("_http._tcp.web.shop.svc.cluster.local SRV 0 100 80 "
                          "web.shop.svc.cluster.local",
                          "also web.shop.svc.cluster.local A 10.96.0.7"));
  EXPECT_THAT(ask("_dns._udp.web.shop.svc.cluster.local", dns::kSrv).front(),
              "_dns._udp.web.shop.svc.cluster.local SRV 0 100 53 web.shop.svc.cluster.local");
  EXPECT_THAT(ask("_http._udp.web.shop.svc.cluster.local", dns::kSrv), ElementsAre("no such name"));
  EXPECT_THAT(ask("_http._tcp.web.shop.svc.cluster.local", dns::kA), ElementsAre("no data"));
  EXPECT_THAT(ask("7.0.96.10.in-addr.arpa", dns::kPtr),
              ElementsAre("7.0.96.10.in-addr.arpa PTR web.shop.svc.cluster.local"));
}

TEST_F(Zone, WhatIsNotThere) {
  zone_.set_namespace("shop", true);
  add(kWeb);
  EXPECT_THAT(ask("other.shop.svc.cluster.local", dns::kA), ElementsAre("no such name"));
  EXPECT_THAT(ask("x.web.shop.svc.cluster.local", dns::kA), ElementsAre("no such name"));
  EXPECT_THAT(ask("web.none.svc.cluster.local", dns::kA), ElementsAre("no such name"));
  EXPECT_THAT(ask("_tcp.web.shop.svc.cluster.local", dns::kA), ElementsAre("no data"))
      << "a name above one that has records";
  for (const char* name : {"shop.svc.cluster.local", "svc.cluster.local", "cluster.local",
                           "pod.cluster.local", "shop.pod.cluster.local"})
    EXPECT_THAT(ask(name, dns::kA), ElementsAre("no data")) << name;
  EXPECT_THAT(ask("example.com", dns::kA), ElementsAre("not ours"));
  EXPECT_THAT(ask("notcluster.local", dns::kA), ElementsAre("not ours"));
  EXPECT_THAT(ask("9.9.96.10.in-addr.arpa", dns::kPtr), ElementsAre("no such name"));
  EXPECT_THAT(ask("1.1.1.1.in-addr.arpa", dns::kPtr), ElementsAre("not ours"));
}

TEST_F(Zone, TheZoneItself) {
  EXPECT_THAT(ask("dns-version.cluster.local", dns::kTxt),
              ElementsAre("dns-version.cluster.local TXT 1.1.0"));
  EXPECT_THAT(ask("cluster.local", dns::kSoa),
              ElementsAre("cluster.local SOA ns.dns.cluster.local"));
  EXPECT_THAT(ask("cluster.local", dns::kNs), ElementsAre("cluster.local NS ns.dns.cluster.local"));
  EXPECT_THAT(ask("ns.dns.cluster.local", dns::kA),
              ElementsAre("ns.dns.cluster.local A 10.96.0.10"));
}

constexpr const char* kHeadless = R"(
metadata: {name: db, namespace: shop}
spec: {type: ClusterIP, clusterIP: None, ports: [{name: sql, port: 5432}]}
)";

TEST_F(Zone, AHeadlessService) {
  add(kHeadless, {R"(
addressType: IPv4
ports: [{name: sql, port: 5432, protocol: TCP}]
endpoints:
- {addresses: [10.244.0.2], hostname: db-0, conditions: {ready: true}}
- {addresses: [10.244.0.3]}
- {addresses: [10.244.0.4], hostname: db-2, conditions: {ready: false}}
)"});
  EXPECT_THAT(ask("db.shop.svc.cluster.local", dns::kA),
              UnorderedElementsAre("db.shop.svc.cluster.local A 10.244.0.2",
                                   "db.shop.svc.cluster.local A 10.244.0.3"));
  EXPECT_THAT(ask("db-0.db.shop.svc.cluster.local", dns::kA),
              ElementsAre("db-0.db.shop.svc.cluster.local A 10.244.0.2"));
  EXPECT_THAT(ask("10-244-0-3.db.shop.svc.cluster.local", dns::kA),
              ElementsAre("10-244-0-3.db.shop.svc.cluster.local A 10.244.0.3"));
  EXPECT_THAT(ask("db-2.db.shop.svc.cluster.local", dns::kA), ElementsAre("no such name"));
  const std::string srv = "_sql._tcp.db.shop.svc.cluster.local";
  EXPECT_THAT(ask(srv, dns::kSrv),
              UnorderedElementsAre(srv + " SRV 0 50 5432 db-0.db.shop.svc.cluster.local",
                                   srv + " SRV 0 50 5432 10-244-0-3.db.shop.svc.cluster.local",
                                   "also db-0.db.shop.svc.cluster.local A 10.244.0.2",
                                   "also 10-244-0-3.db.shop.svc.cluster.local A 10.244.0.3"));
  EXPECT_THAT(ask("2.0.244.10.in-addr.arpa", dns::kPtr),
              ElementsAre("2.0.244.10.in-addr.arpa PTR db-0.db.shop.svc.cluster.local"));
  add(kHeadless);
  EXPECT_THAT(ask("db.shop.svc.cluster.local", dns::kA), ElementsAre("no data"));
  EXPECT_THAT(ask("db-0.db.shop.svc.cluster.local", dns::kA), ElementsAre("no such name"));
}

TEST_F(Zone, AnExternalName) {
  add("{metadata: {name: far, namespace: shop}, "
      "spec: {type: ExternalName, externalName: Far.Example.com}}");
  EXPECT_THAT(ask("far.shop.svc.cluster.local", dns::kCname),
              ElementsAre("far.shop.svc.cluster.local CNAME far.example.com"));
  EXPECT_THAT(
      ask("far.shop.svc.cluster.local", dns::kA),
      ElementsAre("far.shop.svc.cluster.local CNAME far.example.com", "follow far.example.com"));
  add(kWeb);
  add("{metadata: {name: far, namespace: shop}, "
      "spec: {type: ExternalName, externalName: web.shop.svc.cluster.local}}");
  EXPECT_THAT(ask("far.shop.svc.cluster.local", dns::kA),
              ElementsAre("far.shop.svc.cluster.local CNAME web.shop.svc.cluster.local",
                          "web.shop.svc.cluster.local A 10.96.0.7"));
  add("{metadata: {name: far, namespace: shop}, "
      "spec: {type: ExternalName, externalName: far.shop.svc.cluster.local}}");
  EXPECT_EQ(ask("far.shop.svc.cluster.local", dns::kA).size(), 9U)
      << "round and round, not for ever";
}

TEST_F(Zone, Pods) {
  EXPECT_THAT(ask("10-244-0-9.shop.pod.cluster.local", dns::kA), ElementsAre("no such name"));
  zone_.set_namespace("shop", true);
  EXPECT_THAT(ask("10-244-0-9.shop.pod.cluster.local", dns::kA),
              ElementsAre("10-244-0-9.shop.pod.cluster.local A 10.244.0.9"));
  EXPECT_THAT(ask("10-244-0-9.shop.pod.cluster.local", dns::kAaaa), ElementsAre("no data"));
  for (const char* name : {"10-244-0.shop.pod.cluster.local", "web.shop.pod.cluster.local",
                           "10-244-0-09.shop.pod.cluster.local"})
    EXPECT_THAT(ask(name, dns::kA), ElementsAre("no such name")) << name;
}

TEST_F(Zone, WhatGoesLeavesNothing) {
  zone_.set_namespace("shop", true);
  add(kWeb);
  add(kHeadless, {"{addressType: IPv4, endpoints: [{addresses: [10.244.0.2], hostname: db-0}]}"});
  zone_.set_service("shop/web", nullptr, {});
  zone_.set_service("shop/db", nullptr, {});
  zone_.set_service("shop/never", nullptr, {});
  for (const char* name : {"web.shop.svc.cluster.local", "_http._tcp.web.shop.svc.cluster.local",
                           "_tcp.web.shop.svc.cluster.local", "db-0.db.shop.svc.cluster.local",
                           "7.0.96.10.in-addr.arpa", "2.0.244.10.in-addr.arpa"})
    EXPECT_THAT(ask(name, dns::kAny), ElementsAre("no such name")) << name;
  zone_.set_namespace("shop", false);
  zone_.set_namespace("shop", false);
  EXPECT_THAT(ask("shop.svc.cluster.local", dns::kA), ElementsAre("no such name"));
  EXPECT_THAT(ask("svc.cluster.local", dns::kA), ElementsAre("no data"));
}

}  // namespace
}  // namespace cove::proxy
