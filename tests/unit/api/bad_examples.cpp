#include "tests/unit/api/bad_examples.h"

#include <fmt/format.h>

#include <string_view>

namespace cove::api::testing {
namespace {

std::string object(std::string_view version, std::string_view kind, std::string_view rest) {
  return fmt::format("{{apiVersion: {}, kind: {}, metadata: {{name: a, namespace: d}}, {}}}",
                     version, kind, rest);
}
std::string with_spec(std::string_view version, std::string_view kind, std::string_view spec) {
  return object(version, kind, fmt::format("spec: {{{}}}", spec));
}
std::string pod(std::string_view spec, std::string_view container = "name: c, image: i") {
  return with_spec("v1", "Pod", fmt::format("{}, containers: [{{{}}}]", spec, container));
}
std::string container(std::string_view fields) {
  return pod("restartPolicy: Always", fmt::format("name: c, image: i, {}", fields));
}
std::string volume(std::string_view source) {
  return pod(fmt::format("volumes: [{{name: v, {}}}]", source));
}
std::string projected(std::string_view source) {
  return volume(fmt::format("projected: {{sources: [{{{}}}]}}", source));
}
std::string environment(std::string_view source) {
  return container(fmt::format("env: [{{name: E, valueFrom: {{{}}}}}]", source));
}
std::string service(std::string_view spec) {
  return with_spec("v1", "Service", fmt::format("{}, ports: [{{port: 80}}]", spec));
}
std::string job(std::string_view spec, std::string_view rest = "status: {}") {
  return object("batch/v1", "Job",
                fmt::format("spec: {{{}, template: {{spec: {{restartPolicy: Never, containers: "
                            "[{{name: c, image: i}}]}}}}}}, {}",
                            spec, rest));
}
std::string workload(std::string_view kind, std::string_view spec, std::string_view rest,
                     std::string_view pods = "restartPolicy: Always") {
  return object(
      "apps/v1", kind,
      fmt::format("spec: {{{}, selector: {{matchLabels: {{a: b}}}}, template: {{metadata: "
                  "{{labels: {{a: b}}}}, spec: {{{}, containers: [{{name: c, image: "
                  "i}}]}}}}}}, {}",
                  spec, pods, rest));
}
std::string review(std::string_view kind, std::string_view spec) {
  return with_spec("authorization.k8s.io/v1", kind, spec);
}
std::string quota(std::string_view spec) {
  return with_spec("v1", "ResourceQuota", spec);
}
std::string slice(std::string_view rest) {
  return object("discovery.k8s.io/v1", "EndpointSlice", fmt::format("addressType: IPv4, {}", rest));
}
std::string webhook(std::string_view resources, std::string_view url = "https://a.b/c") {
  return object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration",
                fmt::format("webhooks: [{{name: a.b.c, sideEffects: None, admissionReviewVersions: "
                            "[v1], clientConfig: {{url: '{}'}}, rules: [{{apiGroups: [''], "
                            "apiVersions: [v1], operations: ['*'], resources: [{}]}}]}}]",
                            url, resources));
}
std::string definition(std::string_view group, std::string_view annotations,
                       std::string_view rest = "conversion: {strategy: None}",
                       std::string_view version = "storage: true") {
  return fmt::format(
      "{{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {{name: "
      "as.{0}, annotations: {{{1}}}}}, spec: {{group: {0}, scope: Namespaced, names: {{plural: as, "
      "singular: a, kind: A, listKind: A}}, versions: [{{name: v1, served: true, {3}, "
      "schema: {{openAPIV3Schema: {{type: object}}}}}}], {2}}}}}",
      group, annotations, rest, version);
}
std::string policy(std::string_view validation) {
  return with_spec("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy",
                   fmt::format("validations: [{{{}}}]", validation));
}
std::string request(std::string_view spec, std::string_view conditions) {
  return object("certificates.k8s.io/v1", "CertificateSigningRequest",
                fmt::format("spec: {{{}, request: eA==, usages: [client auth]}}, status: "
                            "{{conditions: [{}]}}",
                            spec, conditions));
}
std::string priority(std::string_view name, std::string_view value) {
  return fmt::format(
      "{{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {{name: {}}}, value: "
      "{}}}",
      name, value);
}
std::string repeated(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

void add_pods(std::vector<BadExample>& all) {
  const auto add = [&all](std::string yaml, std::string old = "") {
    all.push_back({std::move(yaml), std::move(old)});
  };
  add(pod("nodeName: x, schedulingGates: [{name: g}]"));
  add(pod("hostnameOverride: h, hostNetwork: true"));
  add(pod("hostnameOverride: h, setHostnameAsFQDN: true"));
  add(pod("dnsPolicy: None, dnsConfig: {searches: [a.b]}"));
  add(pod(fmt::format("dnsConfig: {{nameservers: [1.1.1.1], searches: [{}]}}",
                      repeated(std::string(250, 'x') + ",", 10))));
  add(
      pod("hostUsers: false, hostNetwork: true, hostPID: true, shareProcessNamespace: true, "
          "securityContext: {runAsUser: 1}"));
  add(
      pod("hostNetwork: true, hostIPC: true, securityContext: {sysctls: [{name: net.core.a, value: "
          "'1'}, {name: kernel.sem, value: '1'}]}"));
  add(pod("os: {name: linux}, securityContext: {windowsOptions: {runAsUserName: u}}",
          "name: c, image: i, securityContext: {windowsOptions: {runAsUserName: u}}"));
  add(
      pod(fmt::format("os: {{name: windows}}, securityContext: {{windowsOptions: "
                      "{{gmsaCredentialSpec: {}}}}}",
                      std::string(70'000, 'x'))));
  add(pod("tolerations: [{key: k, operator: Gt, value: x}]"));
  add(
      pod("affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
          "{nodeSelectorTerms: [{matchExpressions: [{key: k, operator: Gt}]}]}}}"));
  add(pod("resources: {limits: {cpu: 1}}", "name: c, image: i, resources: {limits: {cpu: 2}}"));
  add(container("image: ' i'"));
  add(container("securityContext: {procMount: Unmasked}"));
  add(
      container("securityContext: {allowPrivilegeEscalation: false, capabilities: {add: "
                "[CAP_SYS_ADMIN]}}"));
  for (const std::string_view profile :
       {"type: Localhost", "type: Localhost, localhostProfile: ' x'"})
    add(container(fmt::format("securityContext: {{appArmorProfile: {{{}}}}}", profile)));
  add(
      container(fmt::format("securityContext: {{appArmorProfile: {{type: Localhost, "
                            "localhostProfile: {}}}}}",
                            std::string(5'000, 'x'))));
  add(container("lifecycle: {preStop: {sleep: {seconds: 99}}}"));
  add(pod("os: {name: linux}", "name: c, image: i, lifecycle: {stopSignal: SIGNOT}"));
  add(container("resources: {limits: {hugepages-2Mi: 4Mi}, requests: {hugepages-2Mi: 2Mi}}"));
  add(container("resources: {limits: {requests.a.b/c: 1}, requests: {requests.a.b/c: 1}}"));
  add(environment("fieldRef: {fieldPath: metadata.generateName}"));
  add(environment("fieldRef: {fieldPath: metadata.annotations}"));
  add(environment("fieldRef: {fieldPath: \"metadata.name['x']\"}"));
  add(environment("resourceFieldRef: {resource: limits.cpu, divisor: 3}"));
  add(pod("volumes: [{name: v, emptyDir: {}}]",
          "name: c, image: i, volumeMounts: [{name: v, mountPath: /m, mountPropagation: "
          "Bidirectional}], volumeDevices: [{name: v, devicePath: /d}]"));
  add(volume("downwardAPI: {items: [{path: p, resourceFieldRef: {resource: limits.cpu}}]}"));
  add(volume(fmt::format("flexVolume: {{driver: {0}}}", std::string(300, 'x'))));
  add(volume(fmt::format("csi: {{driver: {0}}}", std::string(300, 'x'))));
  add(
      volume("ephemeral: {volumeClaimTemplate: {metadata: {name: x}, spec: {accessModes: "
             "[ReadWriteOnce]}}}"));
  add(projected("clusterTrustBundle: {name: x, signerName: a.b/c, path: p, labelSelector: {}}"));
  add(projected("clusterTrustBundle: {path: p}"));
  add(projected("podCertificate: {signerName: a.b/c, keyType: ED25519, maxExpirationSeconds: 1}"));
  add(pod("nodeSelector: {a: b}, schedulingGates: [{name: g}]"),
      pod("nodeSelector: {a: c}, schedulingGates: [{name: g}]"));
  add(pod("ephemeralContainers: [{name: e, image: j}]"),
      pod("ephemeralContainers: [{name: e, image: i}]"));
  const std::string mirror =
      "{apiVersion: v1, kind: Pod, metadata: {name: a, annotations: {kubernetes.io/config.mirror: "
      "m}}, spec: {nodeName: node, containers: [{name: c, image: i}]}}";
  add(mirror, mirror);
  add(pod("os: {name: windows}"), pod("os: {name: windows}"));
  add(pod("restartPolicy: Never"), pod("restartPolicy: Always"));
  for (const std::string_view state : {"running: {}", "waiting: {}"}) {
    const auto with = [](std::string_view one) {
      return object("v1", "Pod",
                    fmt::format("spec: {{restartPolicy: Never, containers: [{{name: c, image: "
                                "i}}]}}, status: {{containerStatuses: [{{name: c, image: i, "
                                "imageID: '', ready: false, restartCount: 0, state: {{{}}}}}]}}",
                                one));
    };
    add(with(state), with("terminated: {exitCode: 0}"));
  }
}

void add_workloads(std::vector<BadExample>& all) {
  const auto add = [&all](std::string yaml, std::string old = "") {
    all.push_back({std::move(yaml), std::move(old)});
  };
  for (const std::string_view kind : {"Deployment", "StatefulSet", "DaemonSet"}) {
    add(workload(kind, "minReadySeconds: 0", "status: {collisionCount: 1}"),
        workload(kind, "minReadySeconds: 0", "status: {collisionCount: 2}"));
    add(workload(kind, "minReadySeconds: 0", "status: {}", "activeDeadlineSeconds: 5"));
    add(workload(kind, "minReadySeconds: 0", "status: {}",
                 "ephemeralContainers: [{name: e, image: i}]"));
    add(
        fmt::format("{{apiVersion: apps/v1, kind: {}, metadata: {{name: a}}, spec: {{selector: "
                    "{{matchExpressions: [{{key: k, operator: Bad}}]}}, template: {{spec: "
                    "{{containers: []}}}}}}}}",
                    kind));
  }
  add(workload("Deployment", "strategy: {type: RollingUpdate}", "status: {}"));
  add(workload("StatefulSet", "updateStrategy: {type: OnDelete, rollingUpdate: {partition: 1}}",
               "status: {}"));
  add(
      job("parallelism: 200000, completions: 200000, completionMode: Indexed, maxFailedIndexes: "
          "150000, backoffLimitPerIndex: 1"));
  add(
      job("podFailurePolicy: {rules: [{action: FailIndex, onExitCodes: {operator: In, values: [2, "
          "1]}}]}"));
  add(
      job("completions: 9, completionMode: Indexed, successPolicy: {rules: [{succeededIndexes: "
          "'1-2', succeededCount: 5}]}"));
  add("{apiVersion: batch/v1, kind: Job, metadata: {name: a, uid: u}, spec: {selector: "
      "{matchLabels: "
      "{a: b}}, template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}");
  const std::string complete = "{type: Complete, status: 'True'}";
  const std::string failed = "{type: Failed, status: 'True'}";
  add(job("completions: 1", fmt::format("status: {{conditions: [{}, {}]}}", complete, failed)),
      job("completions: 1", fmt::format("status: {{conditions: [{}]}}", complete)));
  add(job("completions: 1"),
      job("completions: 1", fmt::format("status: {{conditions: [{}]}}", complete)));
  for (const std::string_view schedule :
       {"TZ=UTC * * * * *', timeZone: 'Etc/UTC", "TZ=UTC * * * * *"})
    add(with_spec("batch/v1", "CronJob",
                  fmt::format("schedule: '{}', jobTemplate: {{spec: {{template: {{spec: "
                              "{{restartPolicy: Never, containers: [{{name: c, image: i}}]}}}}}}}}",
                              schedule)));
  add(with_spec(
      "autoscaling/v2", "HorizontalPodAutoscaler",
      "maxReplicas: 2, scaleTargetRef: {kind: K, name: x, apiVersion: v1}, metrics: [{type: "
      "Pods, pods: {metric: {name: m}, target: {type: AverageValue}}}, {type: Object, "
      "object: {describedObject: {kind: K, name: x}, metric: {name: m}, target: {type: "
      "Value}}}, {type: External, external: {metric: {name: m}, target: {type: Value}}}]"));
  add(with_spec("autoscaling/v2", "HorizontalPodAutoscaler",
                "maxReplicas: 2, scaleTargetRef: {kind: K, name: x, apiVersion: v1}, behavior: "
                "{scaleDown: {policies: []}}"));
}

void add_reviews(std::vector<BadExample>& all) {
  const auto add = [&all](std::string yaml) { all.push_back({std::move(yaml)}); };
  add(review("SubjectAccessReview",
             "resourceAttributes: {fieldSelector: {rawSelector: a, requirements: [{key: k, "
             "operator: In}]}}, nonResourceAttributes: {path: /}"));
  add(review("SubjectAccessReview", "resourceAttributes: {fieldSelector: {}}"));
  add(review("SubjectAccessReview", "user: ''"));
  add(review("LocalSubjectAccessReview",
             "resourceAttributes: {namespace: other}, nonResourceAttributes: {path: /}"));
}

void add_cluster(std::vector<BadExample>& all) {
  const auto add = [&all](std::string yaml, std::string old = "") {
    all.push_back({std::move(yaml), std::move(old)});
  };
  add(policy("expression: e, message: ' '"));
  add(policy("expression: e, message: \"a\\nb\""));
  add(policy("expression: \"a\\nb\""));
  add(with_spec("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding",
                "policyName: p, validationActions: [Deny, Warn]"));
  add(webhook("'*/*', pods"));
  add(webhook("'*', pods"));
  add(webhook("'pods/*', pods/status"));
  add(webhook("'*/status', pods/status"));
  for (const std::string_view url : {"https://u:p@a.b", "https://a.b#c", "https://a.b?c=d"})
    add(webhook("pods", url));
  add(definition("a.k8s.io", "", "conversion: {strategy: Webhook}"));
  for (const std::string& warning : {std::string("''"), std::string(300, 'x')})
    add(definition("a.b", "", "conversion: {strategy: None}",
                   "storage: true, deprecated: true, deprecationWarning: " + warning));
  add(definition("a.k8s.io", "api-approved.kubernetes.io: x"));
  const std::string spec = "signerName: kubernetes.io/legacy-unknown";
  const std::string approved = "{type: Approved, status: 'True'}";
  add(request(spec, approved + ", {type: Denied, status: 'True'}"), request(spec, ""));
  add(request(spec, ""), request(spec, approved));
  add(object("v1", "ConfigMap", "data: {a: b}, binaryData: {a: eA==}"));
  add(
      fmt::format("{{apiVersion: v1, kind: Event, metadata: {{name: a, namespace: d}}, eventTime: "
                  "'2024-01-02T03:04:05.000006Z', reportingComponent: a.b/c, message: {}}}",
                  std::string(2'000, 'x')));
  add(with_spec("v1", "LimitRange", "limits: [{type: PersistentVolumeClaim, max: {cpu: 1}}]"));
  add("{apiVersion: v1, kind: Namespace, metadata: {name: a}, status: {phase: Terminating}}");
  add("{apiVersion: v1, kind: Namespace, metadata: {name: a, deletionTimestamp: "
      "'2024-01-02T03:04:05Z'}, status: {phase: Active}}");
  add(with_spec("v1", "PersistentVolume",
                "capacity: {storage: 1}, accessModes: [ReadWriteOncePod, ReadOnlyMany], hostPath: "
                "{path: /}, persistentVolumeReclaimPolicy: Recycle"));
  const auto claim = [](int size) {
    return object(
        "v1", "PersistentVolumeClaim",
        fmt::format("spec: {{volumeName: v, storageClassName: s, accessModes: "
                    "[ReadWriteOnce], resources: {{requests: {{storage: {}}}}}}}, status: "
                    "{{phase: Bound, capacity: {{storage: 5}}}}",
                    size));
  };
  add(claim(1), claim(5));
  add(quota("scopes: [Terminating, NotTerminating], hard: {pods: 1}"));
  add(
      quota("hard: {pods: 1}, scopeSelector: {matchExpressions: [{scopeName: PriorityClass, "
            "operator: Exists, values: [x]}]}"));
  add(object("v1", "Secret", fmt::format("data: {{a: {}}}", std::string(2 << 20, 'A'))));
  add(with_spec("v1", "Service", "type: LoadBalancer, ports: [{port: 10250}]"));
  add(service("clusterIPs: [1.1.1.1, None]"));
  add(service("clusterIPs: ['::1'], ipFamilies: [IPv4]"));
  add(service("sessionAffinity: None, sessionAffinityConfig: {clientIP: {timeoutSeconds: 5}}"));
  add(service("sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {}}"));
  add(
      service("type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: -1, "
              "clusterIP: None"));
  add(service("clusterIP: 1.1.1.1, clusterIPs: [1.1.1.1]"),
      service("clusterIP: 1.1.1.2, clusterIPs: [1.1.1.2]"));
  add(service("type: LoadBalancer, loadBalancerClass: a/b"),
      service("type: LoadBalancer, loadBalancerClass: a/c"));
  add(slice(fmt::format("endpoints: [{}]", repeated("{addresses: [1.1.1.1]},", 1'001))));
  add(slice(
      "endpoints: [{addresses: [1.1.1.1], deprecatedTopology: {kubernetes.io/hostname: h}}]"));
  add(slice(fmt::format("endpoints: [], ports: [{}]", repeated("{port: 1},", 20'001))));
  add(with_spec("flowcontrol.apiserver.k8s.io/v1", "PriorityLevelConfiguration",
                "type: Limited, limited: {limitResponse: {type: Reject, queuing: {queues: 1}}}"));
  for (const std::string_view path : {"/a/..", "/a/.", "/a//b", "/a/../b", "/a%2fb"})
    add(with_spec("networking.k8s.io/v1", "Ingress",
                  fmt::format("rules: [{{http: {{paths: [{{path: '{}', pathType: Exact, backend: "
                              "{{service: {{name: s, port: {{number: 1}}}}}}}}]}}}}]",
                              path)));
  add(with_spec("networking.k8s.io/v1", "NetworkPolicy",
                "podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: "
                "[11.0.0.0/8]}}]}]"));
  add(with_spec("resource.k8s.io/v1", "ResourceClaim",
                "devices: {requests: [{name: r, exactly: {deviceClassName: d, allocationMode: All, "
                "count: 2}}]}"));
  add(priority("system-node-critical", "5"));
  add(priority("system-other", "5"));
  add(priority("a", "2000000000"));
  add(object("storage.k8s.io/v1", "StorageClass", "provisioner: p, parameters: {'': x}"));
  std::string parameters;
  for (int i = 0; i < 600; ++i) parameters += fmt::format("p{}: x, ", i);
  add(object("storage.k8s.io/v1", "StorageClass",
             fmt::format("provisioner: p, parameters: {{{}}}", parameters)));
  add(object("storage.k8s.io/v1", "StorageClass",
             fmt::format("provisioner: p, parameters: {{a: {}}}", std::string(300'000, 'x'))));
}

}  // namespace

std::vector<BadExample> bad_examples() {
  std::vector<BadExample> all;
  add_pods(all);
  add_workloads(all);
  add_reviews(all);
  add_cluster(all);
  return all;
}

}  // namespace cove::api::testing
