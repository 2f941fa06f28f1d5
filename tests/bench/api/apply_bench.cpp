// What the tracking of field managers costs a write. Beside each figure stands the machine's own
// limit: copying the document that is written.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>

#include "core/api/apply.h"
#include "core/api/document.h"
#include "core/api/kind.h"

namespace {

using namespace cove::api;  // NOLINT(google-build-using-namespace): a program of its own

constexpr std::string_view kPod = R"(
metadata:
  name: web-5d4c7b7f9-abcde
  namespace: default
  generateName: web-5d4c7b7f9-
  uid: 0a1b2c3d-0000-4000-8000-0123456789ab
  labels: {app: web, pod-template-hash: 5d4c7b7f9}
  ownerReferences:
  - {apiVersion: apps/v1, kind: ReplicaSet, name: web, uid: u, controller: true,
     blockOwnerDeletion: true}
spec:
  volumes:
  - {name: token, projected: {sources: [{serviceAccountToken: {path: token}}], defaultMode: 420}}
  containers:
  - name: web
    image: nginx:1.27
    ports: [{containerPort: 80, protocol: TCP}, {containerPort: 443, protocol: TCP}]
    env: [{name: A, value: a}, {name: B, value: b}, {name: C, value: c}]
    resources: {limits: {cpu: 500m, memory: 128Mi}, requests: {cpu: 250m, memory: 64Mi}}
    volumeMounts: [{name: token, mountPath: /var/run/secrets, readOnly: true}]
    terminationMessagePath: /dev/termination-log
    terminationMessagePolicy: File
    imagePullPolicy: IfNotPresent
  restartPolicy: Always
  terminationGracePeriodSeconds: 30
  dnsPolicy: ClusterFirst
  serviceAccountName: default
  serviceAccount: default
  nodeName: node-1
  securityContext: {}
  schedulerName: default-scheduler
  tolerations:
  - {key: node.kubernetes.io/not-ready, operator: Exists, effect: NoExecute, tolerationSeconds: 300}
  priority: 0
  enableServiceLinks: true
status:
  phase: Running
  conditions:
  - {type: Initialized, status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z'}
  - {type: Ready, status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z'}
  - {type: ContainersReady, status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z'}
  - {type: PodScheduled, status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z'}
  hostIP: 10.0.0.1
  podIP: 10.1.0.1
  podIPs: [{ip: 10.1.0.1}]
  startTime: '2026-01-01T00:00:00Z'
  containerStatuses:
  - {name: web, ready: true, restartCount: 0, image: 'nginx:1.27', imageID: i, started: true,
     state: {running: {startedAt: '2026-01-01T00:00:00Z'}}, lastState: {}}
  qosClass: Burstable
)";

constexpr std::string_view kConfigMap = R"(
metadata: {name: settings, namespace: default, uid: u, labels: {app: web}}
data: {a: '1', b: '2', c: '3', d: '4', e: '5', f: '6', g: '7', h: '8'}
)";

struct World {
  BuiltinSchemas schemas;
  Kind kind;
  json::object created;  // as a client sends it
  json::object live;     // with managed fields

  World(std::string_view name, std::string_view text) {
    kind.gvk = {"", "v1", std::string(name)};
    kind.schema = &schemas.type("core/v1." + kind.gvk.kind);
    if (kind.schema->find("status") != nullptr) {
      kind.subresources.push_back({"status", std::nullopt, {"get", "patch", "update"}});
    }
    auto parsed = parse_yaml(text);
    if (parsed.has_error()) {
      std::cerr << parsed.error().message() << '\n';
      std::exit(1);
    }
    created = parsed->value.as_object();
    created["apiVersion"] = "v1";
    created["kind"] = kind.gvk.kind;
    live = created;
    json::object status = live.contains("status") ? live["status"].as_object() : json::object();
    if (kind.has_status()) live["status"] = json::object();
    track_update(writer("controller"), nullptr, live);
    if (kind.has_status()) {
      json::object next = live;
      next["status"] = status;
      track_update(writer("kubelet", "status"), &live, next);
      live = std::move(next);
    }
  }

  FieldWriter writer(std::string manager, std::string subresource = {}) const {
    return {kind, std::move(manager), std::move(subresource),
            cove::WallTime(std::chrono::seconds(1'800'000'000))};
  }
};

const World& pod() {
  static const World world("Pod", kPod);
  return world;
}

const World& config_map() {
  static const World world("ConfigMap", kConfigMap);
  return world;
}

// One write: `next` is made outside of the measured time.
void write(benchmark::State& state, const World& world, const FieldWriter& writer,
           const json::object* live, const json::object& changed) {
  for (auto _ : state) {
    state.PauseTiming();
    json::object next = changed;
    state.ResumeTiming();
    track_update(writer, live, next);
    benchmark::DoNotOptimize(next);
    state.PauseTiming();
    next = json::object();
    state.ResumeTiming();
  }
  state.counters["members"] = static_cast<double>(world.live.size());
}

void BM_CopyPod(benchmark::State& state) {
  for (auto _ : state) {
    json::object copy = pod().live;
    benchmark::DoNotOptimize(copy);
  }
}
BENCHMARK(BM_CopyPod);

void BM_CreatePod(benchmark::State& state) {
  write(state, pod(), pod().writer("controller"), nullptr, pod().created);
}
BENCHMARK(BM_CreatePod);

void BM_UpdatePodUnchanged(benchmark::State& state) {
  write(state, pod(), pod().writer("kubelet", "status"), &pod().live, pod().live);
}
BENCHMARK(BM_UpdatePodUnchanged);

void BM_UpdatePodStatus(benchmark::State& state) {
  json::object next = pod().live;
  json::array& conditions = make_array_at(next, {"status", "conditions"});
  conditions[1].as_object()["status"] = "False";
  conditions[1].as_object()["lastTransitionTime"] = "2026-01-01T00:00:09Z";
  make_array_at(next, {"status", "containerStatuses"})[0].as_object()["restartCount"] = 1;
  write(state, pod(), pod().writer("kubelet", "status"), &pod().live, next);
}
BENCHMARK(BM_UpdatePodStatus);

void BM_UpdatePodLabelByAnother(benchmark::State& state) {
  json::object next = pod().live;
  make_object_at(next, {"metadata", "labels"})["app"] = "other";
  write(state, pod(), pod().writer("kubectl"), &pod().live, next);
}
BENCHMARK(BM_UpdatePodLabelByAnother);

void BM_CreateConfigMap(benchmark::State& state) {
  write(state, config_map(), config_map().writer("kubectl"), nullptr, config_map().created);
}
BENCHMARK(BM_CreateConfigMap);

void BM_UpdateConfigMap(benchmark::State& state) {
  json::object next = config_map().live;
  make_object_at(next, {"data"})["c"] = "33";
  write(state, config_map(), config_map().writer("controller"), &config_map().live, next);
}
BENCHMARK(BM_UpdateConfigMap);

void BM_ApplyConfigMap(benchmark::State& state) {
  const World& world = config_map();
  json::object config = world.created;
  erase_at(config, {"metadata", "uid"});
  const auto first = apply(world.writer("applier"), nullptr, config, false);
  set_at(config, {"data", "c"}, "33");
  for (auto _ : state) {
    auto outcome = apply(world.writer("applier"), &first->document, config, false);
    benchmark::DoNotOptimize(outcome);
  }
}
BENCHMARK(BM_ApplyConfigMap);

}  // namespace

BENCHMARK_MAIN();
