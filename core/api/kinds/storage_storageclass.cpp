#include <set>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

// StorageClass and VolumeAttributesClass: named settings for volumes.
namespace cove::api {
namespace {

constexpr std::size_t kMaxParameters = 512;
constexpr std::size_t kMaxParameterBytes = 256 * 1024;
constexpr std::string_view kDefaultAnnotations[] = {
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class"};

void check_driver(const json::object& object, std::string_view field, ErrorList& errors) {
  const std::string_view name = text_at(object, {field});
  if (name.empty()) {
    errors.required(field);
  } else {
    add_problems(errors, field, name, check_qualified_name(rules::lower(name)));
  }
}

void check_parameters(const json::object& object, bool needed, ErrorList& errors) {
  const json::object* parameters = object_at(object, {"parameters"});
  const FieldPath path = "parameters";
  std::size_t bytes = 0;
  rules::each_member(parameters, [&](std::string_view name, const json::value& value) {
    if (name.empty()) {
      errors.invalid(path, rules::cell(name), "field can not be empty.");
    }
    bytes += name.size() + rules::scalar_text(&value, "").size();
  });
  if (parameters != nullptr && parameters->size() > kMaxParameters) {
    errors.too_long("Provisioner Parameters Length", kMaxParameters);
  }
  if (bytes > kMaxParameterBytes) {
    errors.too_long(path, kMaxParameterBytes);
  }
  if (needed && (parameters == nullptr || parameters->empty())) {
    errors.required(path, "must contain at least one key/value pair");
  }
}

void check_topologies(const json::object& object, ErrorList& errors) {
  rules::each(
      array_at(object, {"allowedTopologies"}), [&](const json::object& term, std::size_t i) {
        const FieldPath path = FieldPath("allowedTopologies").index(i) / "matchLabelExpressions";
        std::set<std::string, std::less<>> keys;
        rules::each(array_at(term, {"matchLabelExpressions"}),
                    [&](const json::object& expression, std::size_t at) {
                      const FieldPath here = path.index(at);
                      const std::string_view name = text_at(expression, {"key"});
                      if (rules::size_at(expression, {"values"}) == 0) {
                        errors.required(here / "values");
                      }
                      add_problems(errors, here / "key", name, check_qualified_name(name));
                      if (!keys.emplace(name).second) {
                        errors.duplicate(here / "key", rules::cell(name));
                      }
                    });
      });
}

void validate_class(const json::object& object, ErrorList& errors) {
  check_driver(object, "provisioner", errors);
  check_parameters(object, false, errors);
  rules::enumeration(errors, "reclaimPolicy", text_at(object, {"reclaimPolicy"}),
                     {"Delete", "Retain"});
  rules::required_enumeration(errors, "volumeBindingMode", text_at(object, {"volumeBindingMode"}),
                              {"Immediate", "WaitForFirstConsumer"});
  check_topologies(object, errors);
}

void validate_class_update(const json::object& object, const json::object& old, ErrorList& errors) {
  for (const std::string_view field : {"parameters", "provisioner", "reclaimPolicy"}) {
    if (!rules::same_at(object, old, {field})) {
      errors.forbidden(field, "updates to " + std::string(field) + " are forbidden.");
    }
  }
  rules::immutable(errors, object, old, {"volumeBindingMode"}, "volumeBindingMode");
}

json::array class_cells(const json::object& object, WallTime now) {
  std::string name(text_at(object, {"metadata", "name"}));
  for (const std::string_view annotation : kDefaultAnnotations) {
    if (text_at(object, {"metadata", "annotations", annotation}) == "true") {
      name += " (default)";
      break;
    }
  }
  return {rules::cell(name),
          rules::cell(text_at(object, {"provisioner"})),
          rules::cell(rules::scalar_text(value_at(object, {"reclaimPolicy"}), "Delete")),
          rules::cell(rules::scalar_text(value_at(object, {"volumeBindingMode"}), "<unset>")),
          flag_at(object, {"allowVolumeExpansion"}),
          rules::age_cell(object, now)};
}

void validate_attributes(const json::object& object, ErrorList& errors) {
  check_driver(object, "driverName", errors);
  check_parameters(object, true, errors);
}

void validate_attributes_update(const json::object& object, const json::object& old,
                                ErrorList& errors) {
  for (const std::string_view field : {"driverName", "parameters"}) {
    if (!rules::same_at(object, old, {field})) {
      errors.forbidden(field, "updates to " + std::string(field) + " are forbidden.");
    }
  }
}

json::array attributes_cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object), rules::cell(text_at(object, {"driverName"})),
          rules::age_cell(object, now)};
}

}  // namespace

std::vector<Kind> storage_class_kinds(const BuiltinSchemas& schemas) {
  return {
      {.gvk = {"storage.k8s.io", "v1", "StorageClass"},
       .plural = "storageclasses",
       .singular = "storageclass",
       .short_names = {"sc"},
       .namespaced = false,
       .schema = &schemas.type("storage/v1.StorageClass"),
       .tracks_generation = false,
       .columns = {rules::name_column(), rules::column("Provisioner", "Who makes the volumes."),
                   rules::column("ReclaimPolicy", "What happens to volumes after their claims."),
                   rules::column("VolumeBindingMode", "When volumes are made."),
                   rules::column("AllowVolumeExpansion", "Whether volumes can grow.", 0, "boolean"),
                   rules::age_column()},
       .cells = class_cells,
       .rules = {.validate = validate_class, .validate_update = validate_class_update}},
      {.gvk = {"storage.k8s.io", "v1", "VolumeAttributesClass"},
       .plural = "volumeattributesclasses",
       .singular = "volumeattributesclass",
       .short_names = {"vac"},
       .namespaced = false,
       .schema = &schemas.type("storage/v1.VolumeAttributesClass"),
       .tracks_generation = false,
       .columns = {rules::name_column(), rules::column("DriverName", "The volume driver."),
                   rules::age_column()},
       .cells = attributes_cells,
       .rules = {.validate = validate_attributes, .validate_update = validate_attributes_update}}};
}

}  // namespace cove::api
