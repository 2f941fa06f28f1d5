#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

void validate(const json::object& object, ErrorList& errors) {
  const std::string_view kind = text_at(object, {"target", "kind"});
  if (!kind.empty() && kind != "Node") {
    errors.not_supported("target.kind", rules::cell(kind), {"Node", "<empty>"});
  }
  rules::required_text(errors, "target.name", text_at(object, {"target", "name"}));
}

}  // namespace

std::vector<Kind> binding_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"", "v1", "Binding"},
           .plural = "bindings",
           .singular = "binding",
           .schema = &schemas.type("core/v1.Binding"),
           .verbs = {"create"},
           .tracks_generation = false,
           .rules = {.validate = validate}}};
}

}  // namespace cove::api
