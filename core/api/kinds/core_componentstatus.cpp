#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

json::array cells(const json::object& object, WallTime) {
  std::string_view status = "Unknown";
  std::string_view message;
  std::string_view error;
  rules::each(array_at(object, {"conditions"}), [&](const json::object& condition, std::size_t) {
    if (text_at(condition, {"type"}) == "Healthy") {
      status = text_at(condition, {"status"}) == "True" ? "Healthy" : "Unhealthy";
      message = text_at(condition, {"message"});
      error = text_at(condition, {"error"});
    }
  });
  return {rules::name_cell(object), rules::cell(status), rules::cell(message), rules::cell(error)};
}

}  // namespace

std::vector<Kind> component_status_kinds(const BuiltinSchemas& schemas) {
  return {
      {.gvk = {"", "v1", "ComponentStatus"},
       .plural = "componentstatuses",
       .singular = "componentstatus",
       .short_names = {"cs"},
       .namespaced = false,
       .schema = &schemas.type("core/v1.ComponentStatus"),
       .verbs = {"get", "list"},
       .tracks_generation = false,
       .columns = {rules::name_column(), rules::column("Status", "Healthy, Unhealthy or Unknown."),
                   rules::column("Message", "What the component says."),
                   rules::column("Error", "What is wrong.")},
       .cells = cells,
       .deprecation = "v1 ComponentStatus is deprecated in v1.19+"}};
}

}  // namespace cove::api
