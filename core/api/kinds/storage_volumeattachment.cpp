#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

void prepare_create(json::object& object, const WriteContext&) {
  set_at(object, {"status"}, json::object{{"attached", false}});
}

void validate(const json::object& object, ErrorList& errors) {
  const std::string_view attacher = text_at(object, {"spec", "attacher"});
  const std::string_view node = text_at(object, {"spec", "nodeName"});
  const FieldPath source = "spec.source";
  if (attacher.empty()) {
    errors.required("spec.attacher");
  } else {
    add_problems(errors, "spec.attacher", attacher, check_dns1123_subdomain(attacher));
  }
  const bool inline_volume = rules::has(object, {"spec", "source", "inlineVolumeSpec"});
  const bool named = rules::has(object, {"spec", "source", "persistentVolumeName"});
  if (!inline_volume && !named) {
    errors.required(source,
                    "must specify exactly one of inlineVolumeSpec and "
                    "persistentVolumeName");
  } else if (inline_volume && named) {
    errors.forbidden(source,
                     "must specify exactly one of inlineVolumeSpec and "
                     "persistentVolumeName");
  } else if (named && text_at(object, {"spec", "source", "persistentVolumeName"}).empty()) {
    errors.required(source / "persistentVolumeName", "must specify non empty persistentVolumeName");
  }
  add_problems(errors, "spec.nodeName", node, check_dns1123_subdomain(node));
}

json::array cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object),
          rules::cell(text_at(object, {"spec", "attacher"})),
          rules::cell(text_at(object, {"spec", "source", "persistentVolumeName"})),
          rules::cell(text_at(object, {"spec", "nodeName"})),
          flag_at(object, {"status", "attached"}),
          rules::age_cell(object, now)};
}

}  // namespace

std::vector<Kind> volume_attachment_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"storage.k8s.io", "v1", "VolumeAttachment"},
           .plural = "volumeattachments",
           .singular = "volumeattachment",
           .namespaced = false,
           .schema = &schemas.type("storage/v1.VolumeAttachment"),
           .subresources = rules::status_subresource(),
           .allows_unconditional_update = false,
           .tracks_generation = false,
           .columns = {rules::name_column(), rules::column("Attacher", "The volume driver."),
                       rules::column("PV", "The volume."), rules::column("Node", "The node."),
                       rules::column("Attached", "Whether it is attached.", 0, "boolean"),
                       rules::age_column()},
           .cells = cells,
           .rules = {.prepare_create = prepare_create,
                     .validate = validate,
                     .validate_update = [](const json::object& object, const json::object& old,
                                           ErrorList& errors) {
                       rules::immutable(errors, object, old, {"spec"}, "spec");
                     }}}};
}

}  // namespace cove::api
