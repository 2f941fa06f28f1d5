#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"
#include "core/api/kinds/storage_text.h"
#include "core/api/quantity.h"

namespace cove::api {
namespace {

const Steps kRequest = {"spec", "resources", "requests", "storage"};

// dataSource and dataSourceRef say the same twice; old clients know the first one alone.
void align_sources(json::object& object) {
  const json::object* source = object_at(object, {"spec", "dataSource"});
  const json::object* reference = object_at(object, {"spec", "dataSourceRef"});
  if (source != nullptr && reference == nullptr) {
    const json::object copy = *source;
    set_at(object, {"spec", "dataSourceRef"}, copy);
  } else if (source == nullptr && reference != nullptr &&
             text_at(*reference, {"namespace"}).empty() &&
             (text_at(*reference, {"kind"}) == "PersistentVolumeClaim" ||
              text_at(*reference, {"kind"}) == "VolumeSnapshot")) {
    const json::object copy = *reference;
    set_at(object, {"spec", "dataSource"}, copy);
  }
}

void prepare_create(json::object& object, const WriteContext&) {
  set_at(object, {"status"}, json::object{{"phase", "Pending"}});
  align_sources(object);
}

void validate(const json::object& object, ErrorList& errors) {
  storage_text::check_access_modes(errors, "spec.accessModes",
                                   array_at(object, {"spec", "accessModes"}));
  rules::label_selector(errors, "spec.selector", object_at(object, {"spec", "selector"}));
  const FieldPath request = FieldPath("spec.resources").key("storage");
  if (const json::value* size = value_at(object, kRequest)) {
    storage_text::check_positive(errors, request, *size);
  } else {
    errors.required(request);
  }
  if (const std::string_view name = text_at(object, {"spec", "storageClassName"}); !name.empty()) {
    rules::name(errors, "spec.storageClassName", name, NameRule::kDnsSubdomain);
  }
  if (const std::string_view name = text_at(object, {"spec", "volumeAttributesClassName"});
      !name.empty()) {
    rules::name(errors, "spec.volumeAttributesClassName", name, NameRule::kDnsSubdomain);
  }
  rules::enumeration(errors, "spec.volumeMode", text_at(object, {"spec", "volumeMode"}),
                     {"Block", "Filesystem"});
  for (const std::string_view field : {"dataSource", "dataSourceRef"}) {
    if (const json::object* source = object_at(object, {"spec", field})) {
      const FieldPath path = FieldPath("spec") / field;
      rules::required_text(errors, path / "name", text_at(*source, {"name"}));
      rules::required_text(errors, path / "kind", text_at(*source, {"kind"}));
      if (text_at(*source, {"apiGroup"}).empty() &&
          text_at(*source, {"kind"}) != "PersistentVolumeClaim") {
        errors.invalid(path, rules::cell(text_at(*source, {"kind"})),
                       "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
      }
    }
  }
}

void validate_update(const json::object& object, const json::object& old, ErrorList& errors) {
  const bool bound = text_at(old, {"status", "phase"}) == "Bound";
  json::object spec;
  json::object before;
  if (const json::object* given = object_at(object, {"spec"})) {
    spec = *given;
  }
  if (const json::object* given = object_at(old, {"spec"})) {
    before = *given;
  }
  // What may change: the size of a bound claim, the volume of an unbound one, the class it gets
  // when it had none.
  const auto pass = [&](Steps path) { rules::restore(spec, before, path); };
  if (text_at(before, {"volumeName"}).empty()) {
    pass({"volumeName"});
  }
  if (bound) {
    pass({"resources", "requests"});
  }
  pass({"volumeAttributesClassName"});
  if (!rules::has(before, {"storageClassName"}) ||
      storage_text::class_name(object) == storage_text::class_name(old)) {
    pass({"storageClassName"});
  }
  if (!same(spec, before)) {
    errors.forbidden("spec",
                     "spec is immutable after creation except resources.requests and "
                     "volumeAttributesClassName for bound claims");
    return;
  }
  const auto size = Quantity::parse(rules::scalar_text(value_at(object, kRequest), "0"));
  const auto had = Quantity::parse(rules::scalar_text(value_at(old, kRequest), "0"));
  const auto has =
      Quantity::parse(rules::scalar_text(value_at(old, {"status", "capacity", "storage"}), "0"));
  if (bound && size.has_value() && had.has_value() && has.has_value() && *size < *had &&
      !(*size > *has)) {
    errors.forbidden("spec.resources.requests.storage",
                     "field can not be less than status.capacity");
  }
}

json::array cells(const json::object& object, WallTime now) {
  const bool bound = !text_at(object, {"spec", "volumeName"}).empty();
  return {rules::name_cell(object),
          rules::cell(rules::has(object, {"metadata", "deletionTimestamp"})
                          ? "Terminating"
                          : text_at(object, {"status", "phase"})),
          rules::cell(text_at(object, {"spec", "volumeName"})),
          rules::cell(
              bound ? rules::scalar_text(value_at(object, {"status", "capacity", "storage"}), "0")
                    : ""),
          rules::cell(
              bound ? storage_text::access_modes(array_at(object, {"status", "accessModes"})) : ""),
          rules::cell(storage_text::class_name(object)),
          storage_text::or_unset(object, "volumeAttributesClassName"),
          rules::age_cell(object, now),
          storage_text::or_unset(object, "volumeMode")};
}

}  // namespace

std::vector<Kind> persistent_volume_claim_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"", "v1", "PersistentVolumeClaim"},
           .plural = "persistentvolumeclaims",
           .singular = "persistentvolumeclaim",
           .short_names = {"pvc"},
           .schema = &schemas.type("core/v1.PersistentVolumeClaim"),
           .subresources = rules::status_subresource(),
           .tracks_generation = false,
           .columns = {rules::name_column(), rules::column("Status", "Phase of the claim."),
                       rules::column("Volume", "The volume that it has."),
                       rules::column("Capacity", "Size of the volume."),
                       rules::column("Access Modes", "How the volume can be mounted."),
                       rules::column("StorageClass", "Its storage class."),
                       rules::column("VolumeAttributesClass", "Its attributes class."),
                       rules::age_column(), rules::column("VolumeMode", "Filesystem or Block.", 1)},
           .cells = cells,
           .rules = {.prepare_create = prepare_create,
                     .validate = validate,
                     .validate_update = validate_update}}};
}

}  // namespace cove::api
