#include "tests/unit/api/kinds_fixture.h"

namespace cove::api::testing {
namespace {

std::string ingress(std::string_view spec) {
  return fmt::format(
      "{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: a}}, spec: {{{}}}}}",
      spec);
}

std::string policy(std::string_view spec) {
  return fmt::format(
      "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{name: a}}, spec: "
      "{{{}}}}}",
      spec);
}

std::string one_path(std::string_view path) {
  return ingress(fmt::format("rules: [{{http: {{paths: [{{{}}}]}}}}]", path));
}

TEST(KindsNetworkingTest, PoliciesHaveTypes) {
  EXPECT_EQ(to_text(*value_at(document(policy("podSelector: {}")), {"spec", "policyTypes"})),
            R"(["Ingress"])");
  const json::object both = document(policy("egress: [{ports: [{port: 53}]}]"));
  EXPECT_EQ(to_text(*value_at(both, {"spec", "policyTypes"})), R"(["Ingress","Egress"])");
  EXPECT_EQ(to_text(*value_at(both, {"spec", "egress"})),
            R"([{"ports":[{"port":53,"protocol":"TCP"}]}])");
}

TEST(KindsNetworkingTest, IngressesAreToldWhatIsWrong) {
  const Case cases[] = {
      {"nothing", "",
       "spec: Invalid value: []: either `defaultBackend` or `rules` must be specified"},
      {"address", "rules: [{host: 1.2.3.4}]",
       "spec.rules[0].host: Invalid value: \"1.2.3.4\": must be a DNS name, not an IP address"},
      {"backend", "defaultBackend: {}",
       "spec.defaultBackend: Invalid value: \"\": resource or service backend is required"},
      {"port", "defaultBackend: {service: {name: web}}",
       "spec.defaultBackend: Required value: port name or number is required"},
      {"paths", "rules: [{http: {paths: []}}]", "spec.rules[0].http.paths: Required value"},
      {"right", "defaultBackend: {service: {name: web, port: {number: 80}}}", ""},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(create_problems(ingress(one.yaml)), one.problems) << one.name;
  }
  constexpr std::string_view kBackend = "backend: {service: {name: web, port: {number: 80}}}";
  EXPECT_EQ(create_problems(one_path(fmt::format("path: /a, {}", kBackend))),
            "spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified");
  EXPECT_EQ(create_problems(one_path(fmt::format("path: a, pathType: Prefix, {}", kBackend))),
            "spec.rules[0].http.paths[0].path: Invalid value: \"a\": must be an absolute path");
  EXPECT_EQ(create_problems(one_path(fmt::format("path: /a//b, pathType: Exact, {}", kBackend))),
            "spec.rules[0].http.paths[0].path: Invalid value: \"/a//b\": must not contain '//'");
  EXPECT_EQ(
      create_problems(one_path(fmt::format("pathType: ImplementationSpecific, {}", kBackend))), "");
}

TEST(KindsNetworkingTest, TheOldWayToNameAClassIsDeprecated) {
  const json::object made = document(
      "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a, annotations: "
      "{kubernetes.io/ingress.class: nginx}}}");
  EXPECT_EQ(kind_of(made).rules.warnings(made, nullptr),
            std::vector<std::string>{"annotation \"kubernetes.io/ingress.class\" is deprecated, "
                                     "please use 'spec.ingressClassName' instead"});
  EXPECT_TRUE(kind_of(made).rules.warnings(made, &made).empty());
}

TEST(KindsNetworkingTest, PoliciesAreToldWhatIsWrong) {
  const Case cases[] = {
      {"peer", "ingress: [{from: [{}]}]",
       "spec.ingress[0].from[0]: Required value: must specify a peer"},
      {"both", "egress: [{to: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]",
       "spec.egress[0].to[0]: Forbidden: may not specify both ipBlock and another peer"},
      {"outside", "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/16]}}]}]",
       "spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: \"11.0.0.0/16\": must be a "
       "strict subset of `cidr`"},
      {"inside", "ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]}]", ""},
      {"range", "ingress: [{ports: [{port: 80, endPort: 79}]}]",
       "spec.ingress[0].ports[0].endPort: Invalid value: 80: must be greater than or equal to "
       "`port`"},
      {"named range", "ingress: [{ports: [{port: http, endPort: 79}]}]",
       "spec.ingress[0].ports[0].endPort: Invalid value: 79: may not be specified when `port` is "
       "non-numeric"},
      {"type", "policyTypes: [Sideways]",
       "spec.policyTypes[0]: Unsupported value: \"Sideways\": supported values: \"Egress\", "
       "\"Ingress\""},
  };
  for (const Case& one : cases) {
    EXPECT_EQ(create_problems(policy(one.yaml)), one.problems) << one.name;
  }
}

TEST(KindsNetworkingTest, OldIngressesSayTheSameInOtherWords) {
  for (const std::string_view version : {"extensions/v1beta1", "networking.k8s.io/v1beta1"}) {
    const json::object old = document(fmt::format(
        "{{apiVersion: {}, kind: Ingress, metadata: {{name: a}}, spec: {{backend: {{serviceName: "
        "web, servicePort: http}}, rules: [{{host: b.c, http: {{paths: [{{path: /, backend: "
        "{{serviceName: api, servicePort: 80}}}}]}}}}]}}}}",
        version));
    const Conversion& conversion = *kind_of(old).conversion;
    EXPECT_FALSE(kind_of(old).deprecation.empty());
    json::object stored = old;
    conversion.to_storage(stored);
    stored["apiVersion"] = "networking.k8s.io/v1";
    expect_same(document(stored), R"(
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: a}
spec:
  defaultBackend: {service: {name: web, port: {name: http}}}
  rules:
  - host: b.c
    http:
      paths:
      - path: /
        pathType: ImplementationSpecific
        backend: {service: {name: api, port: {number: 80}}}
status: {loadBalancer: {}}
)");
    conversion.from_storage(stored);
    stored["apiVersion"] = json::string(version);
    EXPECT_TRUE(same(json::value(document(stored)), json::value(old))) << to_text(stored);
  }
}

TEST(KindsNetworkingTest, RowsReadAsKubectlShowsThem) {
  EXPECT_EQ(row(ingress("ingressClassName: nginx, tls: [{}], rules: [{host: a.b}, {host: b.b}, "
                        "{host: c.b}, {host: d.b}]")),
            R"(["a","nginx","a.b,b.b,c.b + 1 more...","","80, 443","<unknown>"])");
  EXPECT_EQ(row(policy("podSelector: {matchLabels: {b: c}, matchExpressions: [{key: a, operator: "
                       "In, values: [z, x]}, {key: d, operator: DoesNotExist}]}")),
            R"(["a","a in (x,z),b=c,!d","<unknown>"])");
  EXPECT_EQ(row("{apiVersion: networking.k8s.io/v1, kind: IPAddress, metadata: {name: 10.0.0.1}, "
                "spec: {parentRef: {resource: services, namespace: default, name: kubernetes}}}"),
            R"(["10.0.0.1","services/default/kubernetes"])");
  EXPECT_EQ(row("{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: a}, "
                "addressType: IPv4, ports: [{port: 80}, {name: any}], endpoints: [{addresses: "
                "[10.0.0.1]}]}"),
            R"(["a","IPv4","80,any","10.0.0.1","<unknown>"])");
}

TEST(KindsNetworkingTest, SlicesHoldAddressesOfTheirType) {
  EXPECT_EQ(
      create_problems("{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: "
                      "{name: a}, addressType: IPv4, endpoints: [{addresses: ['2001:db8::1']}], "
                      "ports: [{port: 80}, {port: 81}]}"),
      "[endpoints[0].addresses[0]: Invalid value: \"2001:db8::1\": must be a valid IPv4 "
      "address, ports[1].name: Duplicate value: \"\"]");
}

TEST(KindsNetworkingTest, RangesOfServicesMayGetASecondFamily) {
  const auto range = [](std::string_view cidrs) {
    return fmt::format(
        "{{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {{name: a}}, spec: "
        "{{cidrs: [{}]}}}}",
        cidrs);
  };
  EXPECT_EQ(update_problems(range("10.0.0.0/24"), range("10.0.0.0/24, '2001:db8::/64'")), "");
  EXPECT_EQ(update_problems(range("10.0.0.0/24"), range("10.1.0.0/24")),
            "spec.cidrs: Invalid value: [\"10.1.0.0/24\"]: field is immutable");
  EXPECT_EQ(
      create_problems(range("10.0.0.0/24, 10.1.0.0/24")),
      "spec.cidrs: Invalid value: [\"10.0.0.0/24\",\"10.1.0.0/24\"]: may specify no more than "
      "one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64");
}

}  // namespace
}  // namespace cove::api::testing
