// What it costs to put documents into their forms on the wire: a pod as protobuf and, for
// comparison, as JSON; discovery and OpenAPI of all built-in kinds.
#include <benchmark/benchmark.h>

#include <vector>

#include "core/api/discovery.h"
#include "core/api/openapi_v2.h"
#include "core/api/openapi_v3.h"
#include "core/api/protobuf.h"

namespace cove::api {
namespace {

constexpr std::string_view kPod = R"({"apiVersion":"v1","kind":"Pod","metadata":{
  "name":"web-5d4f8c7b9-x2x7k","generateName":"web-5d4f8c7b9-","namespace":"default",
  "uid":"0f7e3f5e-6d0c-4f7f-9d0f-0f7e3f5e6d0c","resourceVersion":"12345","generation":1,
  "creationTimestamp":"2026-01-02T03:04:05Z",
  "labels":{"app":"web","pod-template-hash":"5d4f8c7b9","tier":"front"},
  "annotations":{"kubernetes.io/config.seen":"2026-01-02T03:04:05Z"},
  "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-5d4f8c7b9",
    "uid":"1f7e3f5e-6d0c-4f7f-9d0f-0f7e3f5e6d0c","controller":true,"blockOwnerDeletion":true}]},
 "spec":{"volumes":[{"name":"token","projected":{"sources":[
     {"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},
     {"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}}],
     "defaultMode":420}}],
   "containers":[{"name":"web","image":"nginx:1.27","ports":[{"name":"http","containerPort":80,
     "protocol":"TCP"}],"env":[{"name":"A","value":"1"},{"name":"POD_IP","valueFrom":{"fieldRef":{
     "apiVersion":"v1","fieldPath":"status.podIP"}}}],"resources":{"limits":{"cpu":"500m",
     "memory":"128Mi"},"requests":{"cpu":"100m","memory":"64Mi"}},
     "volumeMounts":[{"name":"token","readOnly":true,"mountPath":"/var/run/secrets"}],
     "livenessProbe":{"httpGet":{"path":"/","port":"http","scheme":"HTTP"},"timeoutSeconds":1,
     "periodSeconds":10,"successThreshold":1,"failureThreshold":3},
     "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File",
     "imagePullPolicy":"IfNotPresent"}],
   "restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst",
   "serviceAccountName":"default","nodeName":"node-1","securityContext":{},
   "schedulerName":"default-scheduler","tolerations":[{"key":"node.kubernetes.io/not-ready",
     "operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],"priority":0,
   "enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"},
 "status":{"phase":"Running","conditions":[
     {"type":"Initialized","status":"True","lastTransitionTime":"2026-01-02T03:04:05Z"},
     {"type":"Ready","status":"True","lastTransitionTime":"2026-01-02T03:04:09Z"},
     {"type":"PodScheduled","status":"True","lastTransitionTime":"2026-01-02T03:04:05Z"}],
   "hostIP":"10.0.0.2","podIP":"10.244.0.7","podIPs":[{"ip":"10.244.0.7"}],
   "startTime":"2026-01-02T03:04:05Z","containerStatuses":[{"name":"web","state":{"running":{
     "startedAt":"2026-01-02T03:04:08Z"}},"lastState":{},"ready":true,"restartCount":0,
     "image":"nginx:1.27","imageID":"sha256:0123456789abcdef","containerID":"cove://0123456789",
     "started":true}],"qosClass":"Burstable"}})";

struct World {
  BuiltinSchemas schemas;
  ProtobufCodec codec{schemas};
  std::shared_ptr<const Registry> registry = Registry::builtin(schemas);
  const Schema& pod_schema = schemas.type("core/v1.Pod");
  json::object pod = parse_json(kPod).value().value.as_object();
  std::string bytes = codec.encode(pod_schema, pod).value();
  std::string text = to_text(pod);
};

const World& world() {
  static const World world;
  return world;
}

void BM_EncodePodProtobuf(benchmark::State& state) {
  for (auto _ : state) {
    auto bytes = world().codec.encode(world().pod_schema, world().pod);
    benchmark::DoNotOptimize(bytes);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(world().bytes.size()));
}
BENCHMARK(BM_EncodePodProtobuf);

void BM_EncodePodJson(benchmark::State& state) {
  for (auto _ : state) {
    auto text = to_text(world().pod);
    benchmark::DoNotOptimize(text);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(world().text.size()));
}
BENCHMARK(BM_EncodePodJson);

void BM_DecodePodProtobuf(benchmark::State& state) {
  for (auto _ : state) {
    auto document = world().codec.decode(world().pod_schema, world().bytes);
    benchmark::DoNotOptimize(document);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(world().bytes.size()));
}
BENCHMARK(BM_DecodePodProtobuf);

void BM_DecodePodJson(benchmark::State& state) {
  for (auto _ : state) {
    auto document = parse_json(world().text);
    benchmark::DoNotOptimize(document);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(world().text.size()));
}
BENCHMARK(BM_DecodePodJson);

void BM_EncodePodListProtobuf(benchmark::State& state) {
  const std::vector<const json::object*> items(static_cast<std::size_t>(state.range(0)),
                                               &world().pod);
  for (auto _ : state) {
    auto bytes = world().codec.encode_list(world().pod_schema, "v1", "PodList",
                                           {{"resourceVersion", "12345"}}, items);
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_EncodePodListProtobuf)->Arg(500);

void BM_AggregatedDiscovery(benchmark::State& state) {
  for (auto _ : state) {
    auto text = to_text(aggregated_discovery(*world().registry, false, "v2"));
    benchmark::DoNotOptimize(text);
  }
}
BENCHMARK(BM_AggregatedDiscovery);

void BM_OpenapiV3(benchmark::State& state) {
  const std::vector<std::string> names = openapi_v3_names(*world().registry);
  std::size_t bytes = 0;
  for (auto _ : state) {
    bytes = 0;
    for (const std::string& name : names) {
      const auto document =
          openapi_v3_document(*world().registry, world().schemas, name, "v1.36.0");
      const std::string text = to_text(*document);
      bytes += document_etag(text).size() + text.size();
    }
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(BM_OpenapiV3)->Unit(benchmark::kMillisecond);

void BM_OpenapiV3CoreProtobuf(benchmark::State& state) {
  const auto document =
      openapi_v3_document(*world().registry, world().schemas, "api/v1", "v1.36.0");
  for (auto _ : state) {
    auto bytes = openapi_v3_protobuf(*document);
    benchmark::DoNotOptimize(bytes);
  }
}
BENCHMARK(BM_OpenapiV3CoreProtobuf)->Unit(benchmark::kMillisecond);

void BM_OpenapiV2(benchmark::State& state) {
  for (auto _ : state) {
    auto text = to_text(openapi_v2_document(*world().registry, world().schemas, "v1.36.0"));
    benchmark::DoNotOptimize(text);
  }
}
BENCHMARK(BM_OpenapiV2)->Unit(benchmark::kMillisecond);

void BM_OpenapiV2Protobuf(benchmark::State& state) {
  const json::object document = openapi_v2_document(*world().registry, world().schemas, "v1.36.0");
  for (auto _ : state) {
    auto bytes = openapi_v2_protobuf(document);
    benchmark::DoNotOptimize(bytes);
  }
}
BENCHMARK(BM_OpenapiV2Protobuf)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace cove::api

BENCHMARK_MAIN();
