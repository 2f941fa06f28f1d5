// What it costs to take a hostile pod: each step that a create and an update go through, for N
// containers and 10 N, right ones and wrong ones. Every step must grow no worse than N.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "core/api/apply.h"
#include "core/api/decode.h"
#include "core/api/metadata.h"
#include "core/api/registry.h"

namespace cove::api {
namespace {

struct World {
  BuiltinSchemas schemas;
  std::shared_ptr<const Registry> registry = Registry::builtin(schemas);
  const Kind& pods = *registry->kind({"", "v1", "Pod"});
};

const World& world() {
  static const World world;
  return world;
}

enum Content : std::int64_t { kRight, kWrong };

// Everything that is looked up in something else as long as itself: names, volumes, ports, claims.
json::object written(std::int64_t containers, std::int64_t content) {
  json::array list;
  json::array init;
  json::array volumes;
  json::array claims;
  for (std::int64_t i = 0; i < containers; ++i) {
    const std::string name = fmt::format("{}{}", content == kRight ? "c" : "C_", i);
    json::object container{
        {"name", name},
        {"image", "example.com/web:1"},
        {"ports", json::array{{{"containerPort", i % 65'535 + 1}, {"hostPort", i % 65'535 + 1}}}},
        {"env", json::array{{{"name", "A"}, {"value", "$(B)"}}, {{"name", "B"}, {"value", "b"}}}},
        {"resources", {{"limits", {{"cpu", "1"}}}, {"claims", json::array{{{"name", name}}}}}},
        {"securityContext", {{"runAsUser", 1}}},
        {"volumeMounts", json::array{{{"name", name}, {"mountPath", "/" + name}}}}};
    init.push_back(container);
    init.back().get_object()["name"] = "i" + name;
    list.push_back(std::move(container));
    volumes.push_back({{"name", name}, {"emptyDir", json::object()}});
    claims.push_back({{"name", name}, {"resourceClaimName", "claim"}});
  }
  return {{"kind", "Pod"},
          {"apiVersion", "v1"},
          {"metadata", {{"name", "hostile"}, {"namespace", "default"}}},
          {"spec",
           {{"containers", std::move(list)},
            {"initContainers", std::move(init)},
            {"volumes", std::move(volumes)},
            {"resourceClaims", std::move(claims)}}}};
}

json::object decoded(const benchmark::State& state) {
  DecodeReport report;
  json::object object =
      decode(*world().pods.schema, written(state.range(0), state.range(1)), report).value();
  apply_defaults(*world().pods.schema, object);
  world().pods.rules.set_defaults(object);
  return object;
}

void BM_Decode(benchmark::State& state) {
  const json::object object = written(state.range(0), state.range(1));
  for (auto _ : state) {
    DecodeReport report;
    benchmark::DoNotOptimize(decode(*world().pods.schema, object, report));
  }
}

void BM_Defaults(benchmark::State& state) {
  const json::object object = decoded(state);
  for (auto _ : state) {
    json::object copy = object;
    apply_defaults(*world().pods.schema, copy);
    world().pods.rules.set_defaults(copy);
    benchmark::DoNotOptimize(copy);
  }
}

void BM_PrepareCreate(benchmark::State& state) {
  const json::object object = decoded(state);
  for (auto _ : state) {
    json::object copy = object;
    world().pods.rules.prepare_create(copy, {WallTime(), "user"});
    benchmark::DoNotOptimize(copy);
  }
}

void BM_Validate(benchmark::State& state) {
  const json::object object = decoded(state);
  for (auto _ : state) {
    ErrorList errors;
    world().pods.rules.validate(object, errors);
    benchmark::DoNotOptimize(errors.message());
  }
}

void BM_ValidateUpdate(benchmark::State& state) {
  const json::object object = decoded(state);
  json::object old = object;
  for (json::value& each : make_array_at(make_object_at(old, {"spec"}), {"containers"}))
    each.get_object()["image"] = "example.com/web:0";
  for (auto _ : state) {
    ErrorList errors;
    world().pods.rules.validate_update(object, old, errors);
    benchmark::DoNotOptimize(errors.message());
  }
}

void BM_Warnings(benchmark::State& state) {
  const json::object object = decoded(state);
  for (auto _ : state) benchmark::DoNotOptimize(world().pods.rules.warnings(object, nullptr));
}

void BM_TrackCreate(benchmark::State& state) {
  const json::object object = decoded(state);
  for (auto _ : state) {
    json::object copy = object;
    track_update({world().pods, "m", "", WallTime(), {}}, nullptr, copy);
    benchmark::DoNotOptimize(copy);
  }
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"containers", "wrong"})->Unit(benchmark::kMillisecond);
  for (const std::int64_t content : {kRight, kWrong}) {
    bench->Args({800, content})->Args({8'000, content});
  }
}

BENCHMARK(BM_Decode)->Apply(sizes);
BENCHMARK(BM_Defaults)->Apply(sizes);
BENCHMARK(BM_PrepareCreate)->Apply(sizes);
BENCHMARK(BM_Validate)->Apply(sizes);
BENCHMARK(BM_ValidateUpdate)->Apply(sizes);
BENCHMARK(BM_Warnings)->Apply(sizes);
BENCHMARK(BM_TrackCreate)->Apply(sizes);

}  // namespace
}  // namespace cove::api

BENCHMARK_MAIN();
