#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/kinds/workloads.h"

namespace cove::api {
namespace {

void validate(const json::object& object, ErrorList& errors) {
  const json::object* const pod_template = object_at(object, {"template"});
  pods::validate_template(errors, "template",
                          pod_template == nullptr ? json::object() : *pod_template);
}

json::array cells(const json::object& object, WallTime) {
  json::array row = {rules::name_cell(object)};
  workloads::add_container_cells(row, object, {"template", "spec", "containers"});
  row.push_back(
      rules::cell(rules::labels_text(object_at(object, {"template", "metadata", "labels"}))));
  return row;
}

}  // namespace

std::vector<Kind> pod_template_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"", "v1", "PodTemplate"},
           .plural = "podtemplates",
           .singular = "podtemplate",
           .schema = &schemas.type("core/v1.PodTemplate"),
           .columns = {rules::name_column(),
                       rules::column("Containers", "Names of the containers in the template."),
                       rules::column("Images", "Images of the containers in the template."),
                       rules::column("Pod Labels", "Labels that pods of the template get.")},
           .cells = cells,
           .rules = {.set_defaults =
                         [](json::object& object) { pods::default_template(object, {"template"}); },
                     .validate = validate,
                     .warnings =
                         [](const json::object& object, const json::object* old) {
                           return pods::template_warnings(object, old, {"template"});
                         }}}};
}

}  // namespace cove::api
