#include <fmt/format.h>

#include <set>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"
#include "core/api/kinds/storage_text.h"
#include "core/api/quantity.h"

namespace cove::api {
namespace {

// What a PersistentVolume can be made of: exactly one of these stands in its spec.
constexpr std::string_view kSources[] = {"awsElasticBlockStore",
                                         "azureDisk",
                                         "azureFile",
                                         "cephfs",
                                         "cinder",
                                         "csi",
                                         "fc",
                                         "flexVolume",
                                         "flocker",
                                         "gcePersistentDisk",
                                         "glusterfs",
                                         "hostPath",
                                         "iscsi",
                                         "local",
                                         "nfs",
                                         "photonPersistentDisk",
                                         "portworxVolume",
                                         "quobyte",
                                         "rbd",
                                         "scaleIO",
                                         "storageos",
                                         "vsphereVolume"};

void prepare_create(json::object& object, const WriteContext&) {
  set_at(object, {"status"}, json::object{{"phase", "Pending"}});
}

void check_source(const json::object& object, ErrorList& errors) {
  std::size_t sources = 0;
  for (const std::string_view source : kSources) {
    if (!rules::has(object, {"spec", source})) {
      continue;
    }
    if (++sources > 1) {
      errors.forbidden(FieldPath("spec") / source, "may not specify more than 1 volume type");
    }
  }
  if (sources == 0) {
    errors.required("spec", "must specify a volume type");
  }
  if (const json::object* host = object_at(object, {"spec", "hostPath"})) {
    const std::string_view path = text_at(*host, {"path"});
    rules::required_text(errors, "spec.hostPath.path", path);
    if (path == "/" && text_at(object, {"spec", "persistentVolumeReclaimPolicy"}) == "Recycle") {
      errors.forbidden("spec.persistentVolumeReclaimPolicy",
                       "may not be 'recycle' for a hostPath mount of '/'");
    }
  }
  if (const json::object* csi = object_at(object, {"spec", "csi"})) {
    rules::required_text(errors, "spec.csi.driver", text_at(*csi, {"driver"}));
    rules::required_text(errors, "spec.csi.volumeHandle", text_at(*csi, {"volumeHandle"}));
  }
  if (const json::object* nfs = object_at(object, {"spec", "nfs"})) {
    rules::required_text(errors, "spec.nfs.server", text_at(*nfs, {"server"}));
    rules::required_text(errors, "spec.nfs.path", text_at(*nfs, {"path"}));
  }
  if (const json::object* local = object_at(object, {"spec", "local"})) {
    rules::required_text(errors, "spec.local.path", text_at(*local, {"path"}));
    if (!rules::has(object, {"spec", "nodeAffinity", "required"})) {
      errors.required("metadata.annotations", "Local volume requires node affinity");
    }
  }
}

void validate(const json::object& object, ErrorList& errors) {
  storage_text::check_access_modes(errors, "spec.accessModes",
                                   array_at(object, {"spec", "accessModes"}));
  const json::object* capacity = object_at(object, {"spec", "capacity"});
  if (capacity == nullptr || capacity->empty()) {
    errors.required("spec.capacity");
  } else if (capacity->size() > 1 || !capacity->contains("storage")) {
    errors.not_supported("spec.capacity", *capacity, {"storage"});
  }
  rules::each_member(capacity, [&](std::string_view name, const json::value& value) {
    storage_text::check_positive(errors, FieldPath("spec.capacity").key(name), value);
  });
  rules::enumeration(errors, "spec.persistentVolumeReclaimPolicy",
                     text_at(object, {"spec", "persistentVolumeReclaimPolicy"}),
                     {"Delete", "Recycle", "Retain"});
  check_source(object, errors);
  for (const std::string_view field : {"storageClassName", "volumeAttributesClassName"}) {
    if (const std::string_view name = text_at(object, {"spec", field}); !name.empty()) {
      rules::name(errors, FieldPath("spec") / field, name, NameRule::kDnsSubdomain);
    }
  }
  rules::enumeration(errors, "spec.volumeMode", text_at(object, {"spec", "volumeMode"}),
                     {"Block", "Filesystem"});
}

void validate_update(const json::object& object, const json::object& old, ErrorList& errors) {
  for (const std::string_view source : kSources) {
    if (!rules::same_at(object, old, {"spec", source})) {
      errors.forbidden("spec.persistentvolumesource",
                       "spec.persistentvolumesource is immutable after creation");
      break;
    }
  }
  rules::immutable(errors, object, old, {"spec", "volumeMode"}, "volumeMode");
  if (rules::has(old, {"spec", "nodeAffinity"})) {
    rules::immutable(errors, object, old, {"spec", "nodeAffinity"}, "nodeAffinity");
  }
}

std::vector<std::string> warnings(const json::object& object, const json::object*) {
  std::vector<std::string> texts;
  if (text_at(object, {"spec", "persistentVolumeReclaimPolicy"}) == "Recycle") {
    texts.emplace_back(
        "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, "
        "the recommended approach is to use dynamic provisioning.");
  }
  return texts;
}

json::array cells(const json::object& object, WallTime now) {
  const json::object* claim = object_at(object, {"spec", "claimRef"});
  return {rules::name_cell(object),
          rules::cell(rules::scalar_text(value_at(object, {"spec", "capacity", "storage"}), "0")),
          rules::cell(storage_text::access_modes(array_at(object, {"spec", "accessModes"}))),
          rules::cell(text_at(object, {"spec", "persistentVolumeReclaimPolicy"})),
          rules::cell(rules::has(object, {"metadata", "deletionTimestamp"})
                          ? "Terminating"
                          : text_at(object, {"status", "phase"})),
          rules::cell(claim == nullptr ? ""
                                       : fmt::format("{}/{}", text_at(*claim, {"namespace"}),
                                                     text_at(*claim, {"name"}))),
          rules::cell(storage_text::class_name(object)),
          storage_text::or_unset(object, "volumeAttributesClassName"),
          rules::cell(text_at(object, {"status", "reason"})),
          rules::age_cell(object, now),
          storage_text::or_unset(object, "volumeMode")};
}

}  // namespace

std::vector<Kind> persistent_volume_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"", "v1", "PersistentVolume"},
           .plural = "persistentvolumes",
           .singular = "persistentvolume",
           .short_names = {"pv"},
           .namespaced = false,
           .schema = &schemas.type("core/v1.PersistentVolume"),
           .subresources = rules::status_subresource(),
           .tracks_generation = false,
           .columns = {rules::name_column(), rules::column("Capacity", "Size of the volume."),
                       rules::column("Access Modes", "How it can be mounted."),
                       rules::column("Reclaim Policy", "What happens to it after its claim."),
                       rules::column("Status", "Phase of the volume."),
                       rules::column("Claim", "The claim that has it."),
                       rules::column("StorageClass", "Its storage class."),
                       rules::column("VolumeAttributesClass", "Its attributes class."),
                       rules::column("Reason", "Why it is in this phase."), rules::age_column(),
                       rules::column("VolumeMode", "Filesystem or Block.", 1)},
           .cells = cells,
           .rules = {.prepare_create = prepare_create,
                     .validate = validate,
                     .validate_update = validate_update,
                     .warnings = warnings}}};
}

}  // namespace cove::api
