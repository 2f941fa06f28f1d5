#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxController = 250;

void check_parameters(const json::object& parameters, ErrorList& errors) {
  const FieldPath path = "spec.parameters";
  const std::string_view scope = text_at(parameters, {"scope"});
  const std::string_view room = text_at(parameters, {"namespace"});
  if (const std::string_view group = text_at(parameters, {"apiGroup"}); !group.empty()) {
    rules::name(errors, path / "apiGroup", group, NameRule::kDnsSubdomain);
  }
  for (const std::string_view field : {"kind", "name"}) {
    const std::string_view text = text_at(parameters, {field});
    if (text.empty()) {
      errors.required(path / field);
    } else {
      add_problems(errors, path / field, text, check_path_segment(text));
    }
  }
  rules::required_enumeration(errors, path / "scope", scope, {"Cluster", "Namespace"});
  if (scope == "Namespace") {
    rules::required_text(errors, path / "namespace", room,
                         "`parameters.scope` is set to 'Namespace'");
  } else if (scope == "Cluster" && !room.empty()) {
    errors.forbidden(path / "namespace", "`parameters.scope` is set to 'Cluster'");
  }
}

void validate(const json::object& object, ErrorList& errors) {
  const std::string_view controller = text_at(object, {"spec", "controller"});
  if (controller.size() > kMaxController) {
    errors.too_long("spec.controller", kMaxController);
  }
  check_domain_prefixed_path(errors, "spec.controller", controller);
  if (const json::object* parameters = object_at(object, {"spec", "parameters"})) {
    check_parameters(*parameters, errors);
  }
}

json::array cells(const json::object& object, WallTime now) {
  std::string parameters = "<none>";
  if (const json::object* given = object_at(object, {"spec", "parameters"})) {
    parameters = text_at(*given, {"kind"});
    if (const std::string_view group = text_at(*given, {"apiGroup"}); !group.empty()) {
      parameters.append(".").append(group);
    }
    parameters.append("/").append(text_at(*given, {"name"}));
  }
  return {rules::name_cell(object), rules::cell(text_at(object, {"spec", "controller"})),
          rules::cell(parameters), rules::age_cell(object, now)};
}

}  // namespace

std::vector<Kind> ingress_class_kinds(const BuiltinSchemas& schemas) {
  return {
      {.gvk = {"networking.k8s.io", "v1", "IngressClass"},
       .plural = "ingressclasses",
       .singular = "ingressclass",
       .namespaced = false,
       .schema = &schemas.type("networking/v1.IngressClass"),
       .columns = {rules::name_column(), rules::column("Controller", "Who serves the class."),
                   rules::column("Parameters", "An object with settings."), rules::age_column()},
       .cells = cells,
       .rules = {.validate = validate,
                 .validate_update = [](const json::object& object, const json::object& old,
                                       ErrorList& errors) {
                   rules::immutable(errors, object, old, {"spec", "controller"}, "spec.controller");
                 }}}};
}

}  // namespace cove::api
