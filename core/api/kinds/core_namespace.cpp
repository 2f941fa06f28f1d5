#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

constexpr std::string_view kNameLabel = "kubernetes.io/metadata.name";

// Selectors go by the label, so it is always true.
void set_defaults(json::object& object) {
  const std::string_view name = text_at(object, {"metadata", "name"});
  if (!name.empty()) {
    set_at(object, {"metadata", "labels", kNameLabel}, rules::cell(name));
  }
}

void prepare_create(json::object& object, const WriteContext&) {
  set_at(object, {"status"}, json::object{{"phase", "Active"}});
  json::array& finalizers = make_array_at(object, {"spec", "finalizers"});
  for (const json::value& finalizer : finalizers) {
    if (finalizer == "kubernetes") {
      return;
    }
  }
  finalizers.emplace_back("kubernetes");
}

void prepare_update(json::object& object, const json::object& old, const WriteContext&) {
  rules::restore(object, old, {"spec", "finalizers"});
}

void check_finalizers(const json::object& object, ErrorList& errors) {
  rules::each_text(array_at(object, {"spec", "finalizers"}), [&](std::string_view text, auto) {
    const FieldPath path = "spec.finalizers";
    add_problems(errors, path, text, check_qualified_name(text));
    if (text.find('/') == std::string_view::npos && text != "kubernetes" && text != "orphan" &&
        text != "foregroundDeletion") {
      errors.invalid(path, rules::cell(text),
                     "name is neither a standard finalizer name nor is it fully qualified");
    }
  });
}

void validate_status(const json::object& object, const json::object&, ErrorList& errors) {
  const std::string_view phase = text_at(object, {"status", "phase"});
  const bool deleting = rules::has(object, {"metadata", "deletionTimestamp"});
  if (deleting && phase != "Terminating") {
    errors.invalid("status.Phase", rules::cell(phase),
                   "may only be 'Terminating' if `deletionTimestamp` is not empty");
  } else if (!deleting && phase != "Active") {
    errors.invalid("status.Phase", rules::cell(phase),
                   "may only be 'Active' if `deletionTimestamp` is empty");
  }
}

json::array cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object), rules::cell(text_at(object, {"status", "phase"})),
          rules::age_cell(object, now)};
}

}  // namespace

std::vector<Kind> namespace_kinds(const BuiltinSchemas& schemas) {
  std::vector<Subresource> subresources = rules::status_subresource();
  subresources.push_back(
      {.name = "finalize",
       .verbs = {"update"},
       .prepare = [](json::object& object, const json::object& old,
                     const WriteContext&) { rules::restore(object, old, {"status"}); },
       .validate = [](const json::object& object, const json::object&,
                      ErrorList& errors) { check_finalizers(object, errors); }});
  return {{.gvk = {"", "v1", "Namespace"},
           .plural = "namespaces",
           .singular = "namespace",
           .short_names = {"ns"},
           .namespaced = false,
           .schema = &schemas.type("core/v1.Namespace"),
           .verbs = {"create", "delete", "get", "list", "patch", "update", "watch"},
           .subresources = std::move(subresources),
           .name_rule = NameRule::kDnsLabel,
           .tracks_generation = false,
           .selectable_fields = {"status.phase"},
           .columns = {rules::name_column(),
                       rules::column("Status", "Active, or Terminating while it is deleted."),
                       rules::age_column()},
           .cells = cells,
           .rules = {.set_defaults = set_defaults,
                     .prepare_create = prepare_create,
                     .prepare_update = prepare_update,
                     .validate = check_finalizers,
                     .validate_status = validate_status}}};
}

}  // namespace cove::api
