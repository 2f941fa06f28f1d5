#include "tests/unit/api/kinds_fixture.h"

namespace cove::api::testing {
namespace {

// A pod with one container; `spec` and `container` are added to them, one member per line.
std::string pod(std::string_view spec, std::string_view container = {}) {
  std::string text =
      "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
      "  containers:\n  - name: c\n    image: nginx:1.25\n";
  const auto add = [&](std::string_view lines, std::string_view indent) {
    while (!lines.empty()) {
      const std::size_t end = std::min(lines.find('\n'), lines.size());
      text += fmt::format("{}{}\n", indent, lines.substr(0, end));
      lines.remove_prefix(std::min(end + 1, lines.size()));
    }
  };
  add(container, "    ");
  add(spec, "  ");
  return text;
}

TEST(PodTest, AMinimalPodGetsTheDefaultsOfTheApi) {
  expect_same(created("apiVersion: v1\nkind: Pod\nmetadata: {name: k8s-demo}\n"
                      "spec: {containers: [{name: k8s-demo, image: 'k8s-demo:0.1', "
                      "ports: [{containerPort: 80}]}]}"),
              R"(
apiVersion: v1
kind: Pod
metadata: {name: k8s-demo, uid: 00000000-0000-4000-8000-000000000001}
spec:
  containers:
  - image: k8s-demo:0.1
    imagePullPolicy: IfNotPresent
    name: k8s-demo
    ports: [{containerPort: 80, protocol: TCP}]
    resources: {}
    terminationMessagePath: /dev/termination-log
    terminationMessagePolicy: File
  dnsPolicy: ClusterFirst
  enableServiceLinks: true
  restartPolicy: Always
  schedulerName: default-scheduler
  securityContext: {}
  terminationGracePeriodSeconds: 30
status: {phase: Pending, qosClass: BestEffort}
)");
}

TEST(PodTest, DefaultsThatDependOnOtherFields) {
  const json::object made = document(pod(R"(serviceAccountName: robot
hostNetwork: true
volumes: [{name: a}, {name: b, secret: {secretName: s}}, {name: c, hostPath: {path: /x}}, {name: d, image: {reference: i}}, {name: e, projected: {sources: [{serviceAccountToken: {path: t}}]}}])",
                                         R"(ports: [{containerPort: 80}]
resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 100m}}
livenessProbe: {httpGet: {port: 80}}
readinessProbe: {grpc: {port: 80}}
env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}, {name: B, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}])"));
  const json::object& spec = made.at("spec").as_object();
  EXPECT_EQ(text_at(spec, {"serviceAccount"}), "robot");
  EXPECT_EQ(
      to_text(spec.at("volumes")),
      R"([{"name":"a","emptyDir":{}},{"name":"b","secret":{"secretName":"s","defaultMode":420}},)"
      R"({"name":"c","hostPath":{"path":"/x","type":""}},)"
      R"({"name":"d","image":{"reference":"i","pullPolicy":"Always"}},)"
      R"({"name":"e","projected":{"sources":[{"serviceAccountToken":{"path":"t","expirationSeconds":3600}}],"defaultMode":420}}])");
  const json::object& container = spec.at("containers").as_array().front().as_object();
  EXPECT_EQ(integer_at(container.at("ports").as_array().front().as_object(), {"hostPort"}), 80);
  EXPECT_EQ(to_text(*value_at(container, {"resources", "requests"})),
            R"({"cpu":"100m","memory":"1Gi"})");
  EXPECT_TRUE(same(*value_at(container, {"livenessProbe"}),
                   parse("{httpGet: {port: 80, path: /, scheme: HTTP}, timeoutSeconds: 1, "
                         "periodSeconds: 10, successThreshold: 1, failureThreshold: 3}")));
  EXPECT_TRUE(
      same(*value_at(container, {"readinessProbe", "grpc"}), parse("{port: 80, service: ''}")));
  EXPECT_TRUE(same(container.at("env"),
                   parse("{a: [{name: A, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: "
                         "metadata.name}}}, {name: B, valueFrom: {resourceFieldRef: {resource: "
                         "limits.cpu, divisor: '0'}}}]}")
                       .at("a")));
}

TEST(PodTest, ThePullPolicyComesFromTheTag) {
  struct Row {
    std::string_view image;
    std::string_view policy;
  };
  for (const Row& row :
       {Row{"nginx", "Always"}, Row{"nginx:latest", "Always"}, Row{"nginx:1.25", "IfNotPresent"},
        Row{"localhost:5000/a", "Always"}, Row{"localhost:5000/a:1", "IfNotPresent"},
        Row{"a@sha256:0123", "IfNotPresent"}}) {
    const json::object made = document(fmt::format(
        "{{apiVersion: v1, kind: Pod, spec: {{containers: [{{name: c, image: '{}'}}]}}}}",
        row.image));
    const json::array& containers = made.at("spec").at("containers").as_array();
    EXPECT_EQ(text_at(containers.front().as_object(), {"imagePullPolicy"}), row.policy)
        << row.image;
  }
}

TEST(PodTest, QualityOfServiceComesFromTheResources) {
  const auto class_of = [](std::string_view resources) {
    const json::object made = created(pod("", resources));
    return std::string(text_at(made, {"status", "qosClass"}));
  };
  EXPECT_EQ(class_of(""), "BestEffort");
  EXPECT_EQ(class_of("resources: {requests: {cpu: 100m}}"), "Burstable");
  EXPECT_EQ(class_of("resources: {limits: {cpu: 1, memory: 1Gi}}"), "Guaranteed");
  EXPECT_EQ(class_of("resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}}"),
            "Burstable");
  EXPECT_EQ(class_of("resources: {limits: {ephemeral-storage: 1Gi}}"), "BestEffort");
}

TEST(PodTest, SchedulingGatesAndLabelKeysActOnNewPods) {
  const json::object made = created(
      "apiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: web, rev: '1'}}\n"
      "spec:\n  schedulingGates: [{name: example.com/wait}]\n"
      "  topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: "
      "DoNotSchedule, labelSelector: {matchLabels: {app: web}}, matchLabelKeys: [rev, none]}]\n"
      "  containers: [{name: c, image: a}]");
  EXPECT_EQ(to_text(*value_at(made, {"status", "conditions"})),
            R"([{"type":"PodScheduled","status":"False","reason":"SchedulingGated",)"
            R"("message":"Scheduling is blocked due to non-empty scheduling gates"}])");
  const json::object& constraint =
      made.at("spec").at("topologySpreadConstraints").as_array().front().as_object();
  EXPECT_EQ(to_text(*value_at(constraint, {"labelSelector", "matchExpressions"})),
            R"([{"key":"rev","operator":"In","values":["1"]}])");
}

struct Bad {
  std::string_view name;
  std::string_view spec;
  std::string_view container;
  std::string_view problems;
};

class BadPodTest : public ::testing::TestWithParam<Bad> {};

TEST_P(BadPodTest, IsRefusedWithTheMessageClientsKnow) {
  EXPECT_EQ(create_problems(pod(GetParam().spec, GetParam().container)), GetParam().problems);
}

constexpr Bad kVolumes[] = {
    {"Right", "", "", ""},
    {"VolumeTwice", "volumes: [{name: a}, {name: a}]", "",
     R"(spec.volumes[1].name: Duplicate value: "a")"},
    {"VolumeWithoutName", "volumes: [{emptyDir: {}}]", "", "spec.volumes[0].name: Required value"},
    {"TwoSources", "volumes: [{name: a, emptyDir: {}, hostPath: {path: /x}}]", "",
     "spec.volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"},
    {"HostPathBack", "volumes: [{name: a, hostPath: {path: /a/../b, type: Files}}]", "",
     R"([spec.volumes[0].hostPath.path: Invalid value: "/a/../b": must not contain '..', )"
     R"(spec.volumes[0].hostPath.type: Unsupported value: "Files": supported values: "", )"
     R"("BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", )"
     R"("Socket"])"},
    {"SecretItems", "volumes: [{name: a, secret: {items: [{key: k, path: ../x, mode: 512}]}}]", "",
     R"([spec.volumes[0].secret.secretName: Required value, )"
     R"(spec.volumes[0].secret.items[0].path: Invalid value: "../x": must not contain '..', )"
     R"(spec.volumes[0].secret.items[0].mode: Invalid value: 512: must be a number between 0 and )"
     R"(0777 (octal), both inclusive])"},
    {"NfsPath", "volumes: [{name: a, nfs: {server: s, path: x}}]", "",
     R"(spec.volumes[0].nfs.path: Invalid value: "x": must be an absolute path)"},
    {"ProjectedTwice",
     "volumes: [{name: a, projected: {sources: [{secret: {name: s, items: [{key: k, path: f}]}}, "
     "{configMap: {name: m, items: [{key: k, path: f}]}}]}}]",
     "", R"(spec.volumes[0].projected: Invalid value: "f": conflicting duplicate paths)"},
    {"MountOfNothing", "", "volumeMounts: [{name: a, mountPath: /a}]",
     R"(spec.containers[0].volumeMounts[0].name: Not found: "a")"},
    {"MountTwice", "volumes: [{name: a}]",
     "volumeMounts: [{name: a, mountPath: /a}, {name: a, mountPath: /a}]",
     R"(spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/a": must be unique)"},
    {"SubPathOutside", "volumes: [{name: a}]",
     "volumeMounts: [{name: a, mountPath: /a, subPath: ../b}]",
     R"(spec.containers[0].volumeMounts.subPath: Invalid value: "../b": must not contain '..')"},
    {"Propagation", "volumes: [{name: a}]",
     "volumeMounts: [{name: a, mountPath: /a, mountPropagation: Bidirectional}]",
     "spec.containers[0].volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation "
     "is available only to privileged containers"},
    {"DeviceOfDirectory", "volumes: [{name: a}]", "volumeDevices: [{name: a, devicePath: /dev/x}]",
     R"(spec.containers[0].volumeDevices[0].name: Invalid value: "a": can only use volume source )"
     R"(type of PersistentVolumeClaim or Ephemeral for block mode)"},
};
INSTANTIATE_TEST_SUITE_P(Volumes, BadPodTest, ::testing::ValuesIn(kVolumes),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

constexpr Bad kContainers[] = {
    {"HostPortTwice", "",
     "ports: [{containerPort: 1, hostPort: 80}, {containerPort: 2, hostPort: 80}]",
     R"(spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80")"},
    {"Ports", "", "ports: [{containerPort: 70000, name: a}, {name: a, protocol: ICMP}]",
     R"([spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and )"
     R"(65535, inclusive, spec.containers[0].ports[1].name: Duplicate value: "a", )"
     R"(spec.containers[0].ports[1].containerPort: Required value, )"
     R"(spec.containers[0].ports[1].protocol: Unsupported value: "ICMP": supported values: "SCTP", )"
     R"("TCP", "UDP"])"},
    {"EnvironmentSources", "",
     "env: [{name: A, value: x, valueFrom: {secretKeyRef: {name: s, key: k}}}]",
     R"(spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` )"
     R"(is not empty)"},
    {"FieldPath", "", "env: [{name: A, valueFrom: {fieldRef: {fieldPath: status.phase}}}]",
     R"(spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "status.phase": )"
     R"(supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", )"
     R"("spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", )"
     R"("status.podIPs")"},
    {"UnknownFieldPath", "", "env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.foo}}}]",
     R"(spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.foo": error )"
     R"(converting fieldPath: field label not supported: spec.foo)"},
    {"EnvFrom", "", "envFrom: [{}]",
     R"(spec.containers[0].envFrom[0]: Invalid value: "": must specify one of: `configMapRef` or )"
     R"(`secretRef`)"},
    {"RequestAboveLimit", "", "resources: {limits: {cpu: 1}, requests: {cpu: 2}}",
     R"(spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to )"
     R"(cpu limit of 1)"},
    {"ResourceNames", "", "resources: {limits: {foo: 1, memory: '-1'}}",
     R"([spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard )"
     R"(resource type or fully qualified, spec.containers[0].resources.limits[foo]: Invalid value: )"
     R"("foo": must be a standard resource for containers, )"
     R"(spec.containers[0].resources.limits[memory]: Invalid value: "-1": must be greater than or )"
     R"(equal to 0, spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a )"
     R"(standard resource type or fully qualified, spec.containers[0].resources.requests[foo]: )"
     R"(Invalid value: "foo": must be a standard resource for containers, )"
     R"(spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than )"
     R"(or equal to 0])"},
    {"Devices", "", "resources: {requests: {example.com/gpu: 1}}",
     "spec.containers[0].resources.limits: Required value: Limit must be set for non "
     "overcommitable resources"},
    {"HugePages", "", "resources: {limits: {hugepages-2Mi: 2Mi}}",
     "spec.containers[0].resources: Forbidden: HugePages require cpu or memory"},
    {"ProbeHandlers", "",
     "livenessProbe: {exec: {command: [a]}, httpGet: {port: 80}, successThreshold: 2}\n"
     "readinessProbe: {periodSeconds: -1}",
     R"([spec.containers[0].livenessProbe.httpGet: Forbidden: may not specify more than 1 handler )"
     R"(type, spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1, )"
     R"(spec.containers[0].readinessProbe: Required value: must specify a handler type, )"
     R"(spec.containers[0].readinessProbe.periodSeconds: Invalid value: -1: must be greater than )"
     R"(or equal to 0])"},
    {"Sleep", "terminationGracePeriodSeconds: 5", "lifecycle: {preStop: {sleep: {seconds: 6}}}",
     "spec.containers[0].lifecycle.preStop.sleep: Invalid value: 6: must be non-negative and less "
     "than terminationGracePeriodSeconds (5)"},
    {"InitProbe", "initContainers: [{name: i, image: a, livenessProbe: {exec: {command: [a]}}}]",
     "",
     "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without "
     "restartPolicy=Always"},
    {"SameNames", "initContainers: [{name: c, image: a}]", "",
     R"(spec.initContainers[0].name: Duplicate value: "c")"},
    {"Ephemeral", "ephemeralContainers: [{name: e, image: a}]", "",
     "spec.ephemeralContainers: Forbidden: cannot be set on create"},
    {"Escalation", "", "securityContext: {privileged: true, allowPrivilegeEscalation: false}",
     R"(spec.containers[0].securityContext: Invalid value: {"privileged":true,)"
     R"("allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and )"
     R"(`privileged` to true)"},
    {"Whitespace", "", "image: ' nginx'",
     R"(spec.containers[0].image: Invalid value: " nginx": must not have leading or trailing )"
     R"(whitespace)"},
};
INSTANTIATE_TEST_SUITE_P(Containers, BadPodTest, ::testing::ValuesIn(kContainers),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

constexpr Bad kSpecs[] = {
    {"HostNetworkPort", "hostNetwork: true", "ports: [{containerPort: 80, hostPort: 81}]",
     "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when "
     "`hostNetwork` is true"},
    {"RestartPolicy", "restartPolicy: Sometimes", "",
     R"(spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "Never", )"
     R"("OnFailure")"},
    {"DnsNone", "dnsPolicy: None", "",
     "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None"},
    {"Nameservers", "dnsConfig: {nameservers: [a, 1.1.1.1]}", "",
     R"(spec.dnsConfig.nameservers[0]: Invalid value: "a": must be a valid IP address, (e.g. )"
     R"(10.9.8.7 or 2001:db8::ffff))"},
    {"Deadline", "activeDeadlineSeconds: 0", "",
     "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"},
    {"Tolerations", "tolerations: [{operator: Equal, value: a}, {key: a, tolerationSeconds: 1}]",
     "",
     R"([spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` )"
     R"(is empty, which means "match all values and all keys", spec.tolerations[1].effect: Invalid )"
     R"(value: "": effect must be 'NoExecute' when `tolerationSeconds` is set])"},
    {"NodeAffinity",
     "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
     "{nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In}]}]}}}",
     "",
     "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"
     "[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or "
     "'NotIn'"},
    {"Weight",
     "affinity: {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 0, "
     "podAffinityTerm: {topologyKey: zone}}]}}",
     "",
     "spec.affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid "
     "value: 0: must be in the range 1-100"},
    {"Spread",
     "topologySpreadConstraints: [{maxSkew: 0, topologyKey: zone, whenUnsatisfiable: Never}]", "",
     R"([spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero, )"
     R"(spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "Never": supported )"
     R"(values: "DoNotSchedule", "ScheduleAnyway"])"},
    {"HostAliases", "hostAliases: [{ip: x, hostnames: [A]}]", "",
     R"([spec.hostAliases[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or )"
     R"(2001:db8::ffff), spec.hostAliases[0].hostnames: Invalid value: "A": a lowercase RFC 1123 )"
     R"(subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start )"
     R"(and end with an alphanumeric character (e.g. 'example.com', regex used for validation is )"
     R"('[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')])"},
    {"ProcessNamespaces", "hostPID: true\nshareProcessNamespace: true", "",
     "spec.securityContext.shareProcessNamespace: Invalid value: true: ShareProcessNamespace and "
     "HostPID cannot both be enabled"},
    {"Sysctls", "securityContext: {sysctls: [{name: a, value: b}, {name: a, value: b}]}", "",
     R"(spec.securityContext.sysctls[1].name: Duplicate value: "a")"},
    {"Seccomp", "securityContext: {seccompProfile: {type: Localhost}}", "",
     "spec.securityContext.seccompProfile.localhostProfile: Required value: must be set when "
     "seccomp type is Localhost"},
    {"Windows", "os: {name: windows}\nsecurityContext: {runAsUser: 1}", "",
     "spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod"},
    {"GatesAndNode", "nodeName: node\nschedulingGates: [{name: a}]", "",
     "spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared"},
    {"Claims", "resourceClaims: [{name: a}]", "resources: {claims: [{name: b}]}",
     R"([spec.resourceClaims[0]: Invalid value: {"name":"a"}: must specify one of: )"
     R"(`resourceClaimName`, `resourceClaimTemplateName`, spec.containers[0].resources.claims[0]: )"
     R"(Not found: "b"])"},
};
INSTANTIATE_TEST_SUITE_P(Specs, BadPodTest, ::testing::ValuesIn(kSpecs),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(PodTest, WhatAnUpdateMayChange) {
  const std::string old = pod("activeDeadlineSeconds: 100\ntolerations: [{key: a}]");
  const auto update = [&](std::string_view spec, std::string_view container = {}) {
    return update_problems(old, pod(spec, container));
  };
  EXPECT_EQ(
      update("activeDeadlineSeconds: 50\ntolerations: [{key: a}, {key: b}]", "image: other:1"), "");
  EXPECT_EQ(
      update("activeDeadlineSeconds: 101\ntolerations: [{key: a}]"),
      "spec.activeDeadlineSeconds: Invalid value: 101: must be less than or equal to previous "
      "value");
  EXPECT_EQ(update("activeDeadlineSeconds: 100\ntolerations: [{key: b}]"),
            "spec.tolerations: Forbidden: existing toleration can not be modified except its "
            "tolerationSeconds");
  EXPECT_EQ(
      update("activeDeadlineSeconds: 100\ntolerations: [{key: a}]\nhostname: h"),
      "spec: Forbidden: pod updates may not change fields other than "
      "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
      "`spec.tolerations` (only additions to existing tolerations),"
      "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously "
      "negative)\nhostname");
  EXPECT_EQ(
      update("activeDeadlineSeconds: 100\ntolerations: [{key: a}]\n"
             "schedulingGates: [{name: a}]"),
      "spec.schedulingGates[0]: Forbidden: only deletion is allowed, but found new scheduling "
      "gate 'a'");
}

TEST(PodTest, WhatItMirrorsIsSaidOnce) {
  const auto with = [](std::string_view annotations) {
    std::string text = pod("");
    constexpr std::string_view kBefore = "{name: p}";
    return text.replace(text.find(kBefore), kBefore.size(),
                        fmt::format("{{name: p, annotations: {{{}}}}}", annotations));
  };
  const std::string one = with("kubernetes.io/config.mirror: one"),
                    two = with("kubernetes.io/config.mirror: two"), none = with("a: b");
  constexpr std::string_view kField =
      "metadata.annotations[kubernetes.io/config.mirror]: Forbidden: ";
  const std::string other = std::string(kField) + "may not remove or update mirror pod annotation";
  EXPECT_EQ(update_problems(one, with("kubernetes.io/config.mirror: one, a: b")), "");
  EXPECT_EQ(update_problems(one, two), other);
  EXPECT_EQ(update_problems(one, none), other);
  EXPECT_EQ(update_problems(none, one), std::string(kField) + "may not add mirror pod annotation");
  EXPECT_EQ(update_problems(none, with("a: c")), "");
  const json::object before = created(none), after = created(one);
  const Kind& kind = kind_of(before);
  ErrorList status, ephemeral, resize;
  kind.rules.validate_status(after, before, status);
  EXPECT_EQ(status.size(), 1U);
  kind.subresource("ephemeralcontainers")->validate(after, before, ephemeral);
  EXPECT_EQ(ephemeral.size(), 1U);
  kind.subresource("resize")->validate(before, after, resize);
  EXPECT_EQ(resize.message(), "<nil>: Forbidden: static pods cannot be resized");
}

TEST(PodTest, SubresourcesChangeTheirPartAlone) {
  const json::object old = created(pod(""));
  const Kind& kind = kind_of(old);
  json::object debugged =
      document(pod("ephemeralContainers: [{name: e, image: sh, "
                   "targetContainerName: c}]\nhostname: other"));
  const Subresource* const ephemeral = kind.subresource("ephemeralcontainers");
  ephemeral->prepare(debugged, old, kContext);
  EXPECT_FALSE(value_at(debugged, {"spec", "hostname"}));
  ErrorList errors;
  set_at(debugged, {"metadata", "resourceVersion"}, "1");
  ephemeral->validate(debugged, old, errors);
  EXPECT_TRUE(errors.empty()) << errors.message();
  ephemeral->validate(old, debugged, errors);
  EXPECT_EQ(errors.message(),
            "spec.ephemeralContainers: Forbidden: existing ephemeral containers "
            "\"e\" may not be removed\n");

  const json::object small = created(pod("", "resources: {requests: {cpu: 1}}"));
  const json::object large = created(pod("", "resources: {requests: {cpu: 2}}"));
  ErrorList resize;
  kind.subresource("resize")->validate(large, small, resize);
  EXPECT_TRUE(resize.empty()) << resize.message();
  kind.subresource("resize")->validate(created(pod("hostname: h")), small, resize);
  EXPECT_EQ(resize.message(),
            "[spec: Forbidden: only cpu and memory resources are mutable\nhostname, spec: Invalid "
            "value: \"BestEffort\": Pod QOS Class may not change as a result of resizing]");
}

TEST(PodTest, WarnsOfWhatWorksButSurprises) {
  const json::object made =
      document(pod("nodeSelector: {beta.kubernetes.io/os: linux}\n"
                   "volumes: [{name: a, glusterfs: {endpoints: e, path: p}}]",
                   "env: [{name: A, value: '1'}, {name: A, value: '2'}]\n"
                   "resources: {limits: {memory: 500m}}"));
  EXPECT_EQ(
      kind_of(made).rules.warnings(made, nullptr),
      (std::vector<std::string>{
          R"(spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead)",
          "spec.volumes[0].glusterfs: deprecated in v1.25, non-functional in v1.26+",
          R"(spec.containers[0].resources.limits[memory]: fractional byte value "500m" is invalid, must be an integer)",
          R"(spec.containers[0].resources.requests[memory]: fractional byte value "500m" is invalid, must be an integer)",
          R"(spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply)"}));
}

TEST(PodTest, APodThatLimitsItselfAsksForWhatItsContainersAskFor) {
  const json::object made =
      document(pod("resources: {limits: {cpu: 4, memory: 1Gi}}",
                   "resources: {requests: {cpu: 500m}, limits: {memory: 2Gi}}"));
  EXPECT_EQ(to_text(*value_at(made, {"spec", "resources", "requests"})),
            R"({"cpu":"500m","memory":"2Gi"})");
  ErrorList errors;
  kind_of(made).rules.validate(made, errors);
  EXPECT_EQ(
      errors.message(),
      R"([spec.resources.requests: Invalid value: "2Gi": must be less than or equal to memory )"
      R"(limit of 1Gi, spec.containers[0].resources.limits[memory]: Invalid value: "2Gi": must )"
      R"(be less than or equal to pod limits of 1Gi])");
}

TEST(PodTest, WhatHasEndedForGoodStaysEnded) {
  const auto with = [](std::string_view policy, std::string_view state) {
    return parse(
        fmt::format("{{apiVersion: v1, kind: Pod, spec: {{restartPolicy: {}, containers: "
                    "[{{name: c}}]}}, status: {{containerStatuses: [{{name: c, state: {}}}]}}}}",
                    policy, state));
  };
  const auto problems = [&](std::string_view policy, std::string_view before) {
    const json::object now = with(policy, "{running: {}}");
    ErrorList errors;
    kind_of(now).rules.validate_status(now, with(policy, before), errors);
    return errors.empty() ? std::string() : errors.message();
  };
  constexpr std::string_view kRefused =
      "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated "
      "state";
  EXPECT_EQ(problems("Never", "{terminated: {exitCode: 1}}"), kRefused);
  EXPECT_EQ(problems("OnFailure", "{terminated: {exitCode: 0}}"), kRefused);
  EXPECT_EQ(problems("OnFailure", "{terminated: {exitCode: 1}}"), "");
  EXPECT_EQ(problems("Always", "{terminated: {exitCode: 1}}"), "");
  EXPECT_EQ(problems("Never", "{waiting: {}}"), "");
}

struct Row {
  std::string_view name;
  std::string_view status;
  std::string_view cells;  // Ready, Status and Restarts
};

class PodRowTest : public ::testing::TestWithParam<Row> {};

TEST_P(PodRowTest, ShowsWhatThePodDoes) {
  const std::string line = row(fmt::format("apiVersion: v1\nkind: Pod\n{}", GetParam().status),
                               WallTime(std::chrono::seconds(1'700'000'600)));
  EXPECT_NE(line.find(GetParam().cells), std::string::npos) << line;
}

constexpr Row kRows[] = {
    {"Pending", "spec: {containers: [{name: c}]}\nstatus: {phase: Pending}",
     R"("0/1","Pending","0")"},
    {"Running",
     "spec: {containers: [{name: c}]}\nstatus: {phase: Running, containerStatuses: [{name: c, "
     "ready: true, restartCount: 0, state: {running: {}}}]}",
     R"("1/1","Running","0")"},
    {"CrashLoop",
     "spec: {containers: [{name: c}]}\nstatus: {phase: Running, containerStatuses: [{name: c, "
     "restartCount: 3, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: "
     "{finishedAt: '2023-11-14T22:18:20Z'}}}]}",
     R"~("0/1","CrashLoopBackOff","3 (5m ago)")~"},
    {"Completed",
     "spec: {containers: [{name: c}]}\nstatus: {phase: Succeeded, containerStatuses: [{name: c, "
     "state: {terminated: {exitCode: 0, reason: Completed}}}]}",
     R"("0/1","Completed","0")"},
    {"CompletedBesideReady",
     "spec: {containers: [{name: c}, {name: d}]}\nstatus: {phase: Running, conditions: [{type: "
     "Ready, status: 'True'}], containerStatuses: [{name: c, state: {terminated: {exitCode: 0, "
     "reason: Completed}}}, {name: d, ready: true, state: {running: {}}}]}",
     R"("1/2","Running","0")"},
    {"Signal",
     "spec: {containers: [{name: c}]}\nstatus: {phase: Failed, containerStatuses: [{name: c, "
     "state: {terminated: {signal: 9}}}]}",
     R"("0/1","Signal:9","0")"},
    {"Init",
     "spec: {containers: [{name: c}], initContainers: [{name: i}, {name: j}]}\nstatus: {phase: "
     "Pending, initContainerStatuses: [{name: i, state: {terminated: {exitCode: 0}}}, {name: j, "
     "state: {running: {}}}]}",
     R"("0/1","Init:1/2","0")"},
    {"InitFails",
     "spec: {containers: [{name: c}], initContainers: [{name: i}]}\nstatus: {phase: Pending, "
     "initContainerStatuses: [{name: i, restartCount: 2, state: {waiting: {reason: "
     "CrashLoopBackOff}}}]}",
     R"("0/1","Init:CrashLoopBackOff","2")"},
    {"Sidecar",
     "spec: {containers: [{name: c}], initContainers: [{name: i, restartPolicy: Always}]}\nstatus: "
     "{phase: Running, initContainerStatuses: [{name: i, started: true, ready: true, state: "
     "{running: {}}}], containerStatuses: [{name: c, ready: true, state: {running: {}}}]}",
     R"("2/2","Running","0")"},
    {"Terminating",
     "metadata: {deletionTimestamp: '2023-11-14T22:13:20Z'}\nspec: {containers: [{name: "
     "c}]}\nstatus: {phase: Running}",
     R"("0/1","Terminating","0")"},
    {"NodeLost",
     "metadata: {deletionTimestamp: '2023-11-14T22:13:20Z'}\nstatus: {phase: Running, reason: "
     "NodeLost}",
     R"("0/0","Unknown","0")"},
    {"Evicted", "status: {phase: Failed, reason: Evicted}", R"("0/0","Evicted","0")"},
    {"Gated",
     "status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: "
     "SchedulingGated}]}",
     R"("0/0","SchedulingGated","0")"},
    {"Wide",
     "metadata: {name: p, creationTimestamp: '2023-11-14T22:13:20Z'}\nspec: {nodeName: node, "
     "readinessGates: [{conditionType: a}]}\nstatus: {phase: Running, podIP: 10.0.0.1, conditions: "
     "[{type: a, status: 'True'}]}",
     R"(["p","0/0","Running","0","10m","10.0.0.1","node","<none>","1/1"])"},
};
INSTANTIATE_TEST_SUITE_P(Table, PodRowTest, ::testing::ValuesIn(kRows),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace cove::api::testing
