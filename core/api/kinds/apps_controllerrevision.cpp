#include <fmt/format.h>

#include "core/api/kinds/rules.h"
#include "core/api/kinds/workloads.h"

namespace cove::api {
namespace {

void validate(const json::object& object, ErrorList& errors) {
  if (!rules::has(object, {"data"})) errors.required("data", "data is mandatory");
  rules::not_negative(errors, "revision", integer_at(object, {"revision"}));
}

void validate_update(const json::object& object, const json::object& old, ErrorList& errors) {
  rules::immutable(errors, object, old, {"data"}, "data");
}

// "deployment.apps/name"
std::string controller(const json::object& object) {
  std::string text = "<none>";
  rules::each(array_at(object, {"metadata", "ownerReferences"}), [&](const json::object& owner,
                                                                     std::size_t) {
    if (!flag_at(owner, {"controller"})) return;
    const std::string_view version = text_at(owner, {"apiVersion"});
    const std::size_t slash = version.find('/');
    const std::string kind = rules::lower(text_at(owner, {"kind"}));
    const std::string group =
        slash == std::string_view::npos ? "" : fmt::format(".{}", version.substr(0, slash));
    text = fmt::format("{}{}/{}", kind, group, text_at(owner, {"name"}));
  });
  return text;
}

json::array cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object), rules::cell(controller(object)),
          workloads::count_cell(object, {"revision"}), rules::age_cell(object, now)};
}

}  // namespace

std::vector<Kind> controller_revision_kinds(const BuiltinSchemas& schemas) {
  const Kind current = {.gvk = {"apps", "v1", "ControllerRevision"},
                        .plural = "controllerrevisions",
                        .singular = "controllerrevision",
                        .schema = &schemas.type("apps/v1.ControllerRevision"),
                        .tracks_generation = false,
                        .columns = {rules::name_column(),
                                    rules::column("Controller", "Workload whose state it keeps."),
                                    workloads::integer_column("Revision", "Number of the state."),
                                    rules::age_column()},
                        .cells = cells,
                        .rules = {.validate = validate, .validate_update = validate_update}};
  return {current, workloads::legacy_kind(current, workloads::kBeta2, schemas),
          workloads::legacy_kind(current, workloads::kBeta1, schemas)};
}

}  // namespace cove::api
