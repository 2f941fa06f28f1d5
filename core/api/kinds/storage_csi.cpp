#include <set>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

// What the cluster knows about volume drivers: CSIDriver, CSINode, CSIStorageCapacity.
namespace cove::api {
namespace {

constexpr std::size_t kMaxDriverName = 63;
constexpr std::size_t kMaxNodeId = 192;
constexpr std::int64_t kLeastTokenSeconds = 600;
constexpr std::int64_t kLeastUpdateSeconds = 10;

void check_driver_name(ErrorList& errors, const FieldPath& path, std::string_view name) {
  if (name.empty()) {
    errors.required(path);
  }
  if (name.size() > kMaxDriverName) {
    errors.too_long(path, kMaxDriverName);
  }
  add_problems(errors, path, name, check_dns1123_subdomain(rules::lower(name)));
}

// ---- CSIDriver

void validate_driver(const json::object& object, ErrorList& errors) {
  check_driver_name(errors, "metadata.name", text_at(object, {"metadata", "name"}));
  for (const std::string_view field : {"attachRequired", "podInfoOnMount", "storageCapacity"}) {
    if (!rules::has(object, {"spec", field})) {
      errors.required(FieldPath("spec") / field);
    }
  }
  rules::enumeration(errors, "spec.fsGroupPolicy", text_at(object, {"spec", "fsGroupPolicy"}),
                     {"File", "None", "ReadWriteOnceWithFSType"});
  rules::each_text(
      array_at(object, {"spec", "volumeLifecycleModes"}), [&](std::string_view mode, std::size_t) {
        rules::enumeration(errors, "spec.volumeLifecycleModes", mode, {"Ephemeral", "Persistent"});
      });
  std::set<std::string, std::less<>> audiences;
  rules::each(array_at(object, {"spec", "tokenRequests"}),
              [&](const json::object& request, std::size_t i) {
                const FieldPath path = FieldPath("spec.tokenRequests").index(i);
                const std::string_view audience = text_at(request, {"audience"});
                const auto seconds = integer_at(request, {"expirationSeconds"});
                if (!audiences.emplace(audience).second) {
                  errors.duplicate(path / "audience", rules::cell(audience));
                }
                if (seconds && *seconds < kLeastTokenSeconds) {
                  errors.invalid(path / "expirationSeconds", *seconds,
                                 "may not specify a duration less than 10 minutes");
                } else if (seconds && *seconds > (std::int64_t{1} << 32)) {
                  errors.invalid(path / "expirationSeconds", *seconds,
                                 "may not specify a duration larger than 2^32 seconds");
                }
              });
  const auto period = integer_at(object, {"spec", "nodeAllocatableUpdatePeriodSeconds"});
  if (period && *period < kLeastUpdateSeconds) {
    errors.invalid("spec.nodeAllocatableUpdatePeriodSeconds", *period,
                   "must be greater than or equal to 10 seconds");
  }
}

void validate_driver_update(const json::object& object, const json::object& old,
                            ErrorList& errors) {
  rules::immutable(errors, object, old, {"spec", "attachRequired"}, "spec.attachedRequired");
  rules::immutable(errors, object, old, {"spec", "volumeLifecycleModes"},
                   "spec.volumeLifecycleModes");
}

json::array driver_cells(const json::object& object, WallTime now) {
  std::vector<std::string> audiences;
  rules::each(array_at(object, {"spec", "tokenRequests"}),
              [&](const json::object& request, std::size_t) {
                audiences.emplace_back(text_at(request, {"audience"}));
              });
  const std::string modes = rules::join(array_at(object, {"spec", "volumeLifecycleModes"}), ",");
  const json::value* attach = value_at(object, {"spec", "attachRequired"});
  return {rules::name_cell(object),
          attach == nullptr || *attach != false,
          flag_at(object, {"spec", "podInfoOnMount"}),
          flag_at(object, {"spec", "storageCapacity"}),
          rules::cell(audiences.empty() ? "<unset>" : rules::join(audiences, ",")),
          flag_at(object, {"spec", "requiresRepublish"}),
          rules::cell(modes.empty() ? "<none>" : modes),
          rules::age_cell(object, now)};
}

Kind driver(const BuiltinSchemas& schemas) {
  return {
      .gvk = {"storage.k8s.io", "v1", "CSIDriver"},
      .plural = "csidrivers",
      .singular = "csidriver",
      .namespaced = false,
      .schema = &schemas.type("storage/v1.CSIDriver"),
      .allows_unconditional_update = false,
      .columns = {rules::name_column(),
                  rules::column("AttachRequired", "Whether volumes are attached first.", 0,
                                "boolean"),
                  rules::column("PodInfoOnMount", "Whether it is told about pods.", 0, "boolean"),
                  rules::column("StorageCapacity", "Whether its capacity is heeded.", 0, "boolean"),
                  rules::column("TokenRequests", "Audiences of the tokens it gets."),
                  rules::column("RequiresRepublish", "Whether it is called now and then.", 0,
                                "boolean"),
                  rules::column("Modes", "Persistent, Ephemeral or both."), rules::age_column()},
      .cells = driver_cells,
      .rules = {.validate = validate_driver, .validate_update = validate_driver_update}};
}

// ---- CSINode

void validate_node(const json::object& object, ErrorList& errors) {
  std::set<std::string, std::less<>> names;
  rules::each(array_at(object, {"spec", "drivers"}), [&](const json::object& entry, std::size_t i) {
    const FieldPath path = FieldPath("spec.drivers").index(i);
    const std::string_view name = text_at(entry, {"name"});
    const std::string_view id = text_at(entry, {"nodeID"});
    check_driver_name(errors, path / "name", name);
    if (!names.emplace(name).second) {
      errors.duplicate(path / "name", rules::cell(name));
    }
    if (id.empty()) {
      errors.required(path / "nodeID");
    } else if (id.size() > kMaxNodeId) {
      errors.invalid(path / "nodeID", rules::cell(id), "must be 192 characters or less");
    }
    rules::not_negative(errors, path / "allocatable" / "count",
                        integer_at(entry, {"allocatable", "count"}));
    rules::each_text(array_at(entry, {"topologyKeys"}), [&](std::string_view label, std::size_t) {
      add_problems(errors, path, label, check_qualified_name(label));
    });
  });
}

void validate_node_update(const json::object& object, const json::object& old, ErrorList& errors) {
  rules::each(array_at(old, {"spec", "drivers"}), [&](const json::object& before, std::size_t) {
    rules::each(array_at(object, {"spec", "drivers"}),
                [&](const json::object& after, std::size_t i) {
                  if (text_at(before, {"name"}) != text_at(after, {"name"})) {
                    return;
                  }
                  // The limit may change, who the node is to the driver may not.
                  json::object kept = after;
                  rules::restore(kept, before, {"allocatable"});
                  if (!same(kept, before)) {
                    errors.invalid(FieldPath("spec.drivers").index(i), after, "field is immutable");
                  }
                });
  });
}

json::array node_cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object), rules::size_at(object, {"spec", "drivers"}),
          rules::age_cell(object, now)};
}

Kind node(const BuiltinSchemas& schemas) {
  return {.gvk = {"storage.k8s.io", "v1", "CSINode"},
          .plural = "csinodes",
          .singular = "csinode",
          .namespaced = false,
          .schema = &schemas.type("storage/v1.CSINode"),
          .allows_unconditional_update = false,
          .tracks_generation = false,
          .columns = {rules::name_column(),
                      rules::column("Drivers", "How many drivers it has.", 0, "integer"),
                      rules::age_column()},
          .cells = node_cells,
          .rules = {.validate = validate_node, .validate_update = validate_node_update}};
}

// ---- CSIStorageCapacity

void validate_capacity(const json::object& object, ErrorList& errors) {
  const std::string_view name = text_at(object, {"storageClassName"});
  add_problems(errors, "storageClassName", name, check_dns1123_subdomain(name));
  rules::label_selector(errors, "nodeTopology", object_at(object, {"nodeTopology"}));
  for (const std::string_view field : {"capacity", "maximumVolumeSize"}) {
    if (const json::value* amount = value_at(object, {field})) {
      rules::quantity_not_negative(errors, field, *amount);
    }
  }
}

void validate_capacity_update(const json::object& object, const json::object& old,
                              ErrorList& errors) {
  for (const std::string_view field : {"nodeTopology", "storageClassName"}) {
    rules::immutable(errors, object, old, {field}, field);
  }
}

json::array capacity_cells(const json::object& object, WallTime) {
  return {rules::name_cell(object), rules::cell(text_at(object, {"storageClassName"})),
          rules::cell(rules::scalar_text(value_at(object, {"capacity"}), "<unset>"))};
}

Kind capacity(const BuiltinSchemas& schemas) {
  return {.gvk = {"storage.k8s.io", "v1", "CSIStorageCapacity"},
          .plural = "csistoragecapacities",
          .singular = "csistoragecapacity",
          .schema = &schemas.type("storage/v1.CSIStorageCapacity"),
          .allows_unconditional_update = false,
          .tracks_generation = false,
          .columns = {rules::name_column(), rules::column("StorageClassName", "The storage class."),
                      rules::column("Capacity", "Space that is free.")},
          .cells = capacity_cells,
          .rules = {.validate = validate_capacity, .validate_update = validate_capacity_update}};
}

}  // namespace

std::vector<Kind> csi_kinds(const BuiltinSchemas& schemas) {
  return {driver(schemas), node(schemas), capacity(schemas)};
}

}  // namespace cove::api
