#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"
#include "core/api/quantity.h"

// What nodes and pods use: measured, never stored.
namespace cove::api {
namespace {

Quantity amount(const json::object& usage, std::string_view resource) {
  const auto parsed = Quantity::parse(rules::scalar_text(value_at(usage, {resource}), "0"));
  return parsed.has_value() ? *parsed : Quantity();
}

json::array row(const json::object& object, const Quantity& cpu, const Quantity& memory) {
  return {rules::name_cell(object), rules::cell(cpu.text()), rules::cell(memory.text()),
          rules::cell(text_at(object, {"window"}))};
}

json::array node_cells(const json::object& object, WallTime) {
  const json::object* usage = object_at(object, {"usage"});
  const json::object none;
  const json::object& used = usage == nullptr ? none : *usage;
  return row(object, amount(used, "cpu"), amount(used, "memory"));
}

json::array pod_cells(const json::object& object, WallTime) {
  Quantity cpu;
  Quantity memory;
  rules::each(array_at(object, {"containers"}), [&](const json::object& container, std::size_t) {
    if (const json::object* usage = object_at(container, {"usage"})) {
      cpu += amount(*usage, "cpu");
      memory += amount(*usage, "memory");
    }
  });
  return row(object, cpu, memory);
}

Kind kind(std::string name, std::string plural, bool namespaced, const Schema& schema) {
  std::string singular = rules::lower(name);
  return {.gvk = {"metrics.k8s.io", "v1beta1", std::move(name)},
          .plural = std::move(plural),
          .singular = std::move(singular),
          .namespaced = namespaced,
          .schema = &schema,
          .verbs = {"get", "list"},
          .tracks_generation = false,
          .columns = {rules::name_column(), rules::column("cpu", "CPU in use."),
                      rules::column("memory", "Memory in use."),
                      rules::column("window", "Length of the time that was measured.")}};
}

}  // namespace

std::vector<Kind> metrics_kinds(const BuiltinSchemas& schemas) {
  Kind nodes = kind("NodeMetrics", "nodes", false, schemas.type("metrics/v1beta1.NodeMetrics"));
  nodes.cells = node_cells;
  Kind pods = kind("PodMetrics", "pods", true, schemas.type("metrics/v1beta1.PodMetrics"));
  pods.cells = pod_cells;
  return {std::move(nodes), std::move(pods)};
}

}  // namespace cove::api
