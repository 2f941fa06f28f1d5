#include "tests/unit/api/kinds_fixture.h"

namespace cove::api::testing {
namespace {

// A document of the core group: kind, name and the rest as flow YAML.
std::string core(std::string_view kind, std::string_view rest) {
  return fmt::format("{{apiVersion: v1, kind: {}, metadata: {{name: a, namespace: room}}, {}}}",
                     kind, rest);
}

std::string service(std::string_view spec) {
  return core("Service", fmt::format("spec: {{{}}}", spec));
}

std::string claim(std::string_view size, std::string_view more = "") {
  return core("PersistentVolumeClaim",
              fmt::format("spec: {{accessModes: [ReadWriteOnce], resources: {{requests: {{storage: "
                          "{}}}}} {}}}",
                          size, more));
}

// ---- Defaults

TEST(KindsCoreTest, AServiceGetsTheDefaultsOfItsType) {
  expect_same(document(service("ports: [{port: 80}]")),
              core("Service",
                   "spec: {type: ClusterIP, sessionAffinity: None, internalTrafficPolicy: "
                   "Cluster, ports: [{port: 80, protocol: TCP, targetPort: 80}]}, status: "
                   "{loadBalancer: {}}"));
  expect_same(
      document(service("type: LoadBalancer, sessionAffinity: ClientIP, ports: [{port: 80, "
                       "targetPort: http}]")),
      core("Service",
           "spec: {type: LoadBalancer, sessionAffinity: ClientIP, sessionAffinityConfig: "
           "{clientIP: {timeoutSeconds: 10800}}, internalTrafficPolicy: Cluster, "
           "externalTrafficPolicy: Cluster, allocateLoadBalancerNodePorts: true, ports: [{port: "
           "80, protocol: TCP, targetPort: http}]}, status: {loadBalancer: {}}"));
  expect_same(document(service("type: ExternalName, externalName: example.com")),
              core("Service",
                   "spec: {type: ExternalName, externalName: example.com, sessionAffinity: None}, "
                   "status: {loadBalancer: {}}"));
}

TEST(KindsCoreTest, SecretsTakeTextsAsData) {
  expect_same(document(core("Secret", "data: {a: AA==, b: AA==}, stringData: {b: hi}")),
              core("Secret", "type: Opaque, data: {a: AA==, b: aGk=}"));
}

TEST(KindsCoreTest, ANamespaceIsLabelledAndFinalized) {
  const json::object made = created("{apiVersion: v1, kind: Namespace, metadata: {name: room}}");
  EXPECT_EQ(text_at(made, {"metadata", "labels", "kubernetes.io/metadata.name"}), "room");
  EXPECT_EQ(to_text(*value_at(made, {"spec", "finalizers"})), R"(["kubernetes"])");
  EXPECT_EQ(text_at(made, {"status", "phase"}), "Active");
}

TEST(KindsCoreTest, LimitRangesFillTheirDefaults) {
  const json::object made = document(
      core("LimitRange",
           "spec: {limits: [{type: Container, max: {cpu: 2, memory: 1Gi}, min: {cpu: 100m, pods: "
           "1}, default: {cpu: 1}}, {type: Pod, max: {cpu: 4}}]}"));
  EXPECT_EQ(to_text(*value_at(made, {"spec", "limits"})),
            R"([{"type":"Container","max":{"cpu":"2","memory":"1Gi"},)"
            R"("min":{"cpu":"100m","pods":"1"},"default":{"cpu":"1","memory":"1Gi"},)"
            R"("defaultRequest":{"cpu":"1","memory":"1Gi","pods":"1"}},)"
            R"({"type":"Pod","max":{"cpu":"4"}}])");
}

TEST(KindsCoreTest, AccountsNameTheirSecrets) {
  const json::object made =
      created(core("ServiceAccount", "secrets: [{name: s, namespace: other, kind: Secret}]"));
  EXPECT_EQ(to_text(*value_at(made, {"secrets"})), R"([{"name":"s"}])");
}

TEST(KindsCoreTest, ANodeAllocatesWhatItHas) {
  const json::object made =
      document("{apiVersion: v1, kind: Node, metadata: {name: a}, status: {capacity: {cpu: 4}}}");
  EXPECT_EQ(to_text(*value_at(made, {"status", "allocatable"})), R"({"cpu":"4"})");
}

// ---- Creates

class KindsCoreCreateTest : public ::testing::TestWithParam<Case> {};

TEST_P(KindsCoreCreateTest, IsToldWhatIsWrong) {
  EXPECT_EQ(create_problems(GetParam().yaml), GetParam().problems);
}

const Case kCreates[] = {
    {"ServiceIsRight",
     "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}]}}", ""},
    {"ServiceWithoutPorts", "{apiVersion: v1, kind: Service, metadata: {name: a}}",
     "spec.ports: Required value"},
    {"HeadlessServiceWithoutPorts",
     "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIP: None}}", ""},
    {"ServicePortsNeedNames",
     "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}, {port: 81, "
     "name: b}]}}",
     "spec.ports[0].name: Required value"},
    {"ServicePortOutOfRange",
     "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 70000, "
     "targetPort: 1}]}}",
     "spec.ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive"},
    {"ServiceTypeUnknown",
     "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: Magic, ports: [{port: "
     "80}], internalTrafficPolicy: Cluster}}",
     "spec.type: Unsupported value: \"Magic\": supported values: \"ClusterIP\", \"ExternalName\", "
     "\"LoadBalancer\", \"NodePort\""},
    {"NodePortOfClusterIp",
     "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80, nodePort: "
     "30000}]}}",
     "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"},
    {"ExternalNameWithoutName",
     "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {type: ExternalName}}",
     "spec.externalName: Required value"},
    {"ExternalPolicyOfClusterIp",
     "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}], "
     "externalTrafficPolicy: Local}}",
     "spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for "
     "externally-accessible services"},
    {"ServiceAddressIsNone4",
     "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: [{port: 80}], clusterIP: "
     "1.2.3}}",
     "spec.clusterIPs[0]: Invalid value: \"1.2.3\": must be a valid IP address, (e.g. 10.9.8.7 "
     "or 2001:db8::ffff)"},
    {"ConfigMapKey", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {'a b': c}}",
     "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric "
     "characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used "
     "for validation is '[-._a-zA-Z0-9]+')"},
    {"ConfigMapKeyTwice",
     "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: c}, binaryData: {k: AA==}}",
     "data[k]: Invalid value: \"k\": duplicate of key present in binaryData"},
    {"TlsSecretWithoutKey",
     "{apiVersion: v1, kind: Secret, metadata: {name: a}, type: kubernetes.io/tls, data: "
     "{tls.crt: AA==}}",
     "data[tls.key]: Required value"},
    {"AccountTokenWithoutAccount",
     "{apiVersion: v1, kind: Secret, metadata: {name: a}, type: "
     "kubernetes.io/service-account-token}",
     "metadata.annotations[kubernetes.io/service-account.name]: Required value"},
    {"EndpointsOfLoopback",
     "{apiVersion: v1, kind: Endpoints, metadata: {name: a}, subsets: [{addresses: [{ip: "
     "127.0.0.1}], ports: [{port: 80}]}]}",
     "subsets[0].addresses[0].ip: Invalid value: \"127.0.0.1\": may not be in the loopback range "
     "(127.0.0.0/8, ::1/128)"},
    {"NodeTaintTwice",
     "{apiVersion: v1, kind: Node, metadata: {name: a}, spec: {taints: [{key: k, effect: "
     "NoSchedule}, {key: k, effect: NoSchedule}]}}",
     "metadata.taints[1]: Duplicate value: {\"key\":\"k\",\"effect\":\"NoSchedule\"}"},
    {"VolumeWithoutSource",
     "{apiVersion: v1, kind: PersistentVolume, metadata: {name: a}, spec: {capacity: {storage: "
     "1Gi}, accessModes: [ReadWriteOnce]}}",
     "spec: Required value: must specify a volume type"},
    {"VolumeOfTwoSources",
     "{apiVersion: v1, kind: PersistentVolume, metadata: {name: a}, spec: {capacity: {storage: "
     "1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /a}, nfs: {server: s, path: /}}}",
     "spec.nfs: Forbidden: may not specify more than 1 volume type"},
    {"ClaimWithoutSize",
     "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {accessModes: "
     "[ReadWriteOnce]}}",
     "spec.resources[storage]: Required value"},
    {"ClaimWithoutModes",
     "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: a}, spec: {resources: "
     "{requests: {storage: 1Gi}}}}",
     "spec.accessModes: Required value: at least 1 access mode is required"},
    {"LimitsUpsideDown",
     "{apiVersion: v1, kind: LimitRange, metadata: {name: a}, spec: {limits: [{type: Pod, min: "
     "{cpu: 2}, max: {cpu: 1}}]}}",
     "spec.limits[0].min[cpu]: Invalid value: \"2\": min value 2 is greater than max value 1"},
    {"QuotaOfNothing",
     "{apiVersion: v1, kind: ResourceQuota, metadata: {name: a}, spec: {hard: {cats: 1}}}",
     "spec.hard[cats]: Invalid value: \"cats\": must be a standard resource for quota"},
    {"QuotaOfHalfAPod",
     "{apiVersion: v1, kind: ResourceQuota, metadata: {name: a}, spec: {hard: {pods: 500m}}}",
     "spec.hard[pods]: Invalid value: \"500m\": must be an integer"},
    {"EventElsewhere",
     "{apiVersion: v1, kind: Event, metadata: {name: a, namespace: room}, involvedObject: "
     "{namespace: other}}",
     "involvedObject.namespace: Invalid value: \"other\": does not match event.namespace"},
    {"BindingToNothing", "{apiVersion: v1, kind: Binding, metadata: {name: a}, target: {}}",
     "target.name: Required value"},
};

INSTANTIATE_TEST_SUITE_P(Core, KindsCoreCreateTest, ::testing::ValuesIn(kCreates),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

// ---- Updates

TEST(KindsCoreTest, ImmutableDataStay) {
  const std::string old = core("ConfigMap", "immutable: true, data: {a: b}");
  EXPECT_EQ(update_problems(old, old), "");
  EXPECT_EQ(update_problems(old, core("ConfigMap", "immutable: true, data: {a: c}")),
            "data: Forbidden: field is immutable when `immutable` is set");
  EXPECT_EQ(update_problems(core("Secret", "type: a/b"), core("Secret", "type: a/c")),
            "type: Invalid value: \"a/c\": field is immutable");
}

TEST(KindsCoreTest, AServiceKeepsWhatWasAllocated) {
  const json::object old = document(service(
      "type: NodePort, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ports: [{port: 80, nodePort: "
      "30001}]"));
  const Kind& kind = kind_of(old);
  json::object kept = document(service("type: NodePort, ports: [{port: 80}, {port: 81}]"));
  kind.rules.prepare_update(kept, old, kContext);
  EXPECT_EQ(text_at(kept, {"spec", "clusterIP"}), "10.0.0.1");
  EXPECT_EQ(to_text(*value_at(kept, {"spec", "ports"})),
            R"([{"port":80,"targetPort":80,"protocol":"TCP","nodePort":30001},)"
            R"({"port":81,"targetPort":81,"protocol":"TCP"}])");

  json::object inside = document(service(
      "type: ClusterIP, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], ports: [{port: 80, nodePort: "
      "30001}]"));
  kind.rules.prepare_update(inside, old, kContext);
  EXPECT_EQ(to_text(*value_at(inside, {"spec", "ports"})),
            R"([{"port":80,"targetPort":80,"protocol":"TCP"}])");
}

TEST(KindsCoreTest, AServiceKeepsItsAddress) {
  const std::string old = service("clusterIP: 10.0.0.1, ports: [{port: 80}]");
  EXPECT_EQ(update_problems(old, old), "");
  EXPECT_EQ(update_problems(old, service("ports: [{port: 80}]")), "");
  EXPECT_EQ(update_problems(old, service("clusterIP: 10.0.0.2, clusterIPs: [10.0.0.2], ports: "
                                         "[{port: 80}]")),
            "spec.clusterIPs[0]: Invalid value: [\"10.0.0.2\"]: may not change once set");
  EXPECT_EQ(update_problems(old, service("clusterIP: 10.0.0.2, ports: [{port: 80}]")),
            "spec.clusterIPs[0]: Invalid value: []: primary clusterIP can not be unset");
}

TEST(KindsCoreTest, WhatAServiceIgnoresIsSaid) {
  const json::object made =
      document(service("clusterIP: None, externalIPs: [1.2.3.4], ports: [{port: 80}]"));
  EXPECT_EQ(kind_of(made).rules.warnings(made, nullptr),
            std::vector<std::string>{"spec.externalIPs is ignored for headless services"});
  ErrorList errors;
  const json::object balanced =
      document(core("Service", "status: {loadBalancer: {ingress: [{hostname: 1.2.3.4}]}}"));
  kind_of(balanced).rules.validate_status(balanced, balanced, errors);
  EXPECT_EQ(errors.message(),
            "[status.loadBalancer.ingress: Forbidden: may only be used when `spec.type` is "
            "'LoadBalancer', status.loadBalancer.ingress[0].hostname: Invalid value: \"1.2.3.4\": "
            "must be a DNS name, not an IP address]");
}

TEST(KindsCoreTest, AClaimStaysButForItsSize) {
  EXPECT_EQ(update_problems(claim("1Gi"), claim("1Gi")), "");
  EXPECT_EQ(update_problems(claim("1Gi"), claim("2Gi")),
            "spec: Forbidden: spec is immutable after creation except resources.requests and "
            "volumeAttributesClassName for bound claims");
  json::object bound = document(claim("1Gi", ", volumeName: v"));
  set_at(bound, {"status"},
         json::object{{"phase", "Bound"}, {"capacity", json::object{{"storage", "1Gi"}}}});
  ErrorList grown;
  kind_of(bound).rules.validate_update(document(claim("2Gi", ", volumeName: v")), bound, grown);
  EXPECT_TRUE(grown.empty()) << grown.message();
  ErrorList shrunk;
  kind_of(bound).rules.validate_update(document(claim("1Mi", ", volumeName: v")), bound, shrunk);
  EXPECT_EQ(shrunk.message(),
            "spec.resources.requests.storage: Forbidden: field can not be less than "
            "status.capacity");
}

// ---- Rows

TEST(KindsCoreTest, RowsReadAsKubectlShowsThem) {
  EXPECT_EQ(
      row(service("type: LoadBalancer, clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1], selector: "
                  "{b: c, a: b}, ports: [{port: 80, protocol: TCP, nodePort: 30001}, {port: "
                  "53, protocol: UDP}]")),
      R"(["a","LoadBalancer","10.0.0.1","<pending>","80:30001/TCP,53/UDP","<unknown>",)"
      R"("a=b,b=c"])");
  EXPECT_EQ(row(service("type: ClusterIP, clusterIP: None")),
            R"(["a","ClusterIP","None","<none>","<none>","<unknown>","<none>"])");
  EXPECT_EQ(
      row("{apiVersion: v1, kind: Node, metadata: {name: a, creationTimestamp: "
          "'2023-11-14T21:13:20Z', labels: {node-role.kubernetes.io/worker: '', "
          "node-role.kubernetes.io/control-plane: ''}}, spec: {unschedulable: true}, status: "
          "{conditions: [{type: Ready, status: 'True'}], addresses: [{type: InternalIP, address: "
          "10.0.0.2}], nodeInfo: {kubeletVersion: v1.36.0, osImage: Debian}}}"),
      R"(["a","Ready,SchedulingDisabled","control-plane,worker","60m","v1.36.0","10.0.0.2",)"
      R"("<none>","Debian","<unknown>","<unknown>"])");
  EXPECT_EQ(row(core("Event",
                     "involvedObject: {kind: Pod, name: p}, type: Warning, reason: Failed, "
                     "message: ' oh ', firstTimestamp: '2023-11-14T22:03:20Z', lastTimestamp: "
                     "'2023-11-14T22:12:20Z', count: 3, source: {component: kubelet, host: h}")),
            R"(["60s","Warning","Failed","pod/p","","kubelet, h","oh","10m",3,"a"])");
  EXPECT_EQ(row(core("PersistentVolumeClaim",
                     "spec: {volumeName: v, storageClassName: fast, volumeMode: Filesystem}, "
                     "status: {phase: Bound, capacity: {storage: 1Gi}, accessModes: "
                     "[ReadWriteMany, ReadWriteOnce]}")),
            R"(["a","Bound","v","1Gi","RWO,RWX","fast","<unset>","<unknown>","Filesystem"])");
  EXPECT_EQ(row(core("Endpoints",
                     "subsets: [{addresses: [{ip: 10.0.0.1}, {ip: 10.0.0.2}], ports: [{port: 80}, "
                     "{port: 81}]}]")),
            R"(["a","10.0.0.1:80,10.0.0.2:80,10.0.0.1:81 + 1 more...","<unknown>"])");
  EXPECT_EQ(row(core("ResourceQuota",
                     "status: {hard: {pods: 4, limits.cpu: 2, cpu: 1}, used: {pods: 1}}")),
            R"(["a","cpu: 0/1, pods: 1/4","limits.cpu: 0/2","<unknown>"])");
}

// ---- Events of the other group

TEST(KindsCoreTest, EventsOfBothGroupsAreTheSame) {
  const json::object event = document(
      "{apiVersion: events.k8s.io/v1, kind: Event, metadata: {name: a, namespace: room}, "
      "eventTime: "
      "'2023-11-14T22:03:20Z', regarding: {kind: Pod, namespace: room, name: p}, note: hi, reason: "
      "R, "
      "action: A, type: Normal, reportingController: c, reportingInstance: i, deprecatedCount: 2}");
  const Conversion& conversion = *kind_of(event).conversion;
  json::object stored = event;
  conversion.to_storage(stored);
  EXPECT_EQ(text_at(stored, {"involvedObject", "name"}), "p");
  EXPECT_EQ(text_at(stored, {"message"}), "hi");
  EXPECT_EQ(text_at(stored, {"reportingComponent"}), "c");
  EXPECT_EQ(integer_at(stored, {"count"}), 2);
  conversion.from_storage(stored);
  EXPECT_TRUE(same(json::value(stored), json::value(event))) << to_text(stored);
}

TEST(KindsCoreTest, NewEventsSayWhoReportsThem) {
  EXPECT_EQ(create_problems("{apiVersion: events.k8s.io/v1, kind: Event, metadata: {name: a, "
                            "namespace: default}, eventTime: '2023-11-14T22:03:20Z', type: Odd, "
                            "reportingController: c, reportingInstance: i, action: a, reason: r}"),
            "type: Invalid value: \"\": has invalid value: Odd");
}

}  // namespace
}  // namespace cove::api::testing
