#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

void validate(const json::object& object, ErrorList& errors) {
  const std::string_view handler = text_at(object, {"handler"});
  add_problems(errors, "handler", handler, check_dns1123_label(handler));
  rules::resource_list(errors, "overhead.podFixed", object_at(object, {"overhead", "podFixed"}));
  rules::labels(errors, "scheduling.nodeSelector",
                object_at(object, {"scheduling", "nodeSelector"}));
}

json::array cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object), rules::cell(text_at(object, {"handler"})),
          rules::age_cell(object, now)};
}

}  // namespace

std::vector<Kind> runtime_class_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"node.k8s.io", "v1", "RuntimeClass"},
           .plural = "runtimeclasses",
           .singular = "runtimeclass",
           .namespaced = false,
           .schema = &schemas.type("node/v1.RuntimeClass"),
           .allows_unconditional_update = false,
           .tracks_generation = false,
           .columns = {rules::name_column(),
                       rules::column("Handler", "Handler in the container runtime."),
                       rules::age_column()},
           .cells = cells,
           .rules = {.validate = validate,
                     .validate_update = [](const json::object& object, const json::object& old,
                                           ErrorList& errors) {
                       rules::immutable(errors, object, old, {"handler"}, "handler");
                     }}}};
}

}  // namespace cove::api
