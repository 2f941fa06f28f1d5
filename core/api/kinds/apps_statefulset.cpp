#include <fmt/format.h>

#include <array>
#include <set>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/kinds/workloads.h"

namespace cove::api {
namespace {

// What an update may change.
constexpr std::array<std::string_view, 7> kMutable = {"replicas",
                                                      "ordinals",
                                                      "template",
                                                      "updateStrategy",
                                                      "minReadySeconds",
                                                      "persistentVolumeClaimRetentionPolicy",
                                                      "revisionHistoryLimit"};

// Claims in a template are as claims are that were made by themselves.
void default_claims(json::object& object) {
  rules::each(rules::array_in(object, {"spec", "volumeClaimTemplates"}),
              [](json::object& claim, std::size_t) {
                set_default(claim, "apiVersion", "v1");
                set_default(claim, "kind", "PersistentVolumeClaim");
                json::object& spec = make_object_at(claim, {"spec"});
                set_default(spec, "volumeMode", "Filesystem");
                json::object& status = make_object_at(claim, {"status"});
                set_default(status, "phase", "Pending");
              });
}

void default_update(json::object& object, std::string_view type) {
  json::object& strategy = make_object_at(workloads::spec_of(object), {"updateStrategy"});
  if (text_at(strategy, {"type"}).empty()) {
    strategy["type"] = json::string(type);
    if (type == "RollingUpdate") make_object_at(strategy, {"rollingUpdate"});
  }
  json::object* const update = rules::object_in(strategy, {"rollingUpdate"});
  if (update == nullptr || text_at(strategy, {"type"}) != "RollingUpdate") return;
  set_default(*update, "partition", 0);
  set_default(*update, "maxUnavailable", 1);
}

void set_defaults(json::object& object) {
  pods::default_template(object, {"spec", "template"});
  default_update(object, "RollingUpdate");
  default_claims(object);
}

void set_beta1_defaults(json::object& object) {
  pods::default_template(object, {"spec", "template"});
  default_update(object, "OnDelete");
  default_claims(object);
  workloads::default_labels(object);
}

void check_update_strategy(ErrorList& errors, const json::object& spec) {
  const FieldPath at = FieldPath("spec") / "updateStrategy";
  const std::string_view type = text_at(spec, {"updateStrategy", "type"});
  const json::object* const update = object_at(spec, {"updateStrategy", "rollingUpdate"});
  if (type.empty()) {
    errors.required(at);
  } else if (type == "OnDelete") {
    if (update != nullptr) {
      errors.invalid(at / "rollingUpdate", *update,
                     "only allowed for updateStrategy 'RollingUpdate'");
    }
  } else if (type != "RollingUpdate") {
    errors.invalid(at, *value_at(spec, {"updateStrategy"}),
                   "must be 'RollingUpdate' or 'OnDelete'");
  } else if (update != nullptr) {
    rules::not_negative(errors, at / "rollingUpdate" / "partition",
                        integer_at(*update, {"partition"}));
    workloads::check_count_or_percent(errors, at / "rollingUpdate", *update, "maxUnavailable",
                                      true);
    if (rules::has(*update, {"maxUnavailable"}) && workloads::is_none(*update, "maxUnavailable")) {
      errors.invalid(at / "rollingUpdate" / "maxUnavailable", *member(*update, "maxUnavailable"),
                     "cannot be 0");
    }
  }
}

// Volumes of the claims are mounted without standing in the template.
void add_claim_volumes(json::object& spec) {
  std::set<std::string, std::less<>> names;
  rules::each(
      array_at(spec, {"template", "spec", "volumes"}),
      [&](const json::object& volume, std::size_t) { names.emplace(text_at(volume, {"name"})); });
  json::array added;
  rules::each(array_at(spec, {"volumeClaimTemplates"}),
              [&](const json::object& claim, std::size_t) {
                const std::string name(text_at(claim, {"metadata", "name"}));
                if (name.empty() || !names.insert(name).second) return;
                added.emplace_back(json::object{
                    {"name", name}, {"persistentVolumeClaim", json::object{{"claimName", name}}}});
              });
  if (added.empty()) return;
  json::array& volumes = make_array_at(spec, {"template", "spec", "volumes"});
  for (json::value& volume : added) volumes.push_back(std::move(volume));
}

void validate(const json::object& object, ErrorList& errors) {
  const json::object& spec = workloads::spec_of(object);
  const FieldPath at = "spec";
  const std::string_view management = text_at(spec, {"podManagementPolicy"});
  if (management.empty()) {
    errors.required(at / "podManagementPolicy");
  } else if (management != "OrderedReady" && management != "Parallel") {
    errors.invalid(at / "podManagementPolicy", json::string(management),
                   "must be 'OrderedReady' or 'Parallel'");
  }
  check_update_strategy(errors, spec);
  for (const std::string_view field : {"whenDeleted", "whenScaled"}) {
    rules::enumeration(errors, at / "persistentVolumeClaimRetentionPolicy" / field,
                       text_at(spec, {"persistentVolumeClaimRetentionPolicy", field}),
                       {"Delete", "Retain"});
  }
  workloads::check_not_negative(errors, spec,
                                {"replicas", "minReadySeconds", "revisionHistoryLimit"});
  rules::not_negative(errors, at / "ordinals" / "start", integer_at(spec, {"ordinals", "start"}));
  const LabelSelector selector = workloads::check_selector(errors, spec, "statefulset");
  json::object with_claims = spec;
  if (object_at(spec, {"template"}) != nullptr) add_claim_volumes(with_claims);
  workloads::check_template(errors, with_claims, selector, "StatefulSet");
}

void validate_update(const json::object& object, const json::object& old, ErrorList& errors) {
  json::object now = workloads::spec_of(object);
  const json::object& before = workloads::spec_of(old);
  for (const std::string_view field : kMutable) rules::restore(now, before, {field});
  // What a controller or another version noted of the claims does not count.
  json::object then = before;
  for (json::object* const spec : {&now, &then}) {
    rules::each(rules::array_in(*spec, {"volumeClaimTemplates"}),
                [](json::object& claim, std::size_t) { claim.erase("status"); });
  }
  if (same(json::value(now), json::value(then))) return;
  errors.forbidden("spec",
                   "updates to statefulset spec for fields other than 'replicas', 'ordinals', "
                   "'template', 'updateStrategy', 'revisionHistoryLimit', "
                   "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden");
}

void validate_status(const json::object& object, const json::object& old, ErrorList& errors) {
  workloads::check_counts(
      errors, object,
      {"replicas", "readyReplicas", "currentReplicas", "updatedReplicas", "observedGeneration",
       "collisionCount", "availableReplicas"},
      {"readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"});
  const std::int64_t collisions = integer_at(object, {"status", "collisionCount"}).value_or(0);
  const auto before = integer_at(old, {"status", "collisionCount"});
  if (before && collisions < *before) {
    errors.invalid("status.collisionCount", collisions, "cannot be decremented");
  }
}

json::array cells(const json::object& object, WallTime now) {
  json::array row = {
      rules::name_cell(object),
      rules::cell(fmt::format("{}/{}", integer_at(object, {"status", "readyReplicas"}).value_or(0),
                              integer_at(object, {"spec", "replicas"}).value_or(0))),
      rules::age_cell(object, now)};
  workloads::add_container_cells(row, object, {"spec", "template", "spec", "containers"});
  return row;
}

std::vector<Column> columns() {
  std::vector<Column> all = {rules::name_column(),
                             rules::column("Ready", "How many of the wanted pods are ready."),
                             rules::age_column()};
  for (Column& column : workloads::wide_columns()) {
    if (column.name != "Selector") all.push_back(std::move(column));
  }
  return all;
}

}  // namespace

std::vector<Kind> stateful_set_kinds(const BuiltinSchemas& schemas) {
  const Kind current = {
      .gvk = {"apps", "v1", "StatefulSet"},
      .plural = "statefulsets",
      .singular = "statefulset",
      .short_names = {"sts"},
      .categories = {"all"},
      .schema = &schemas.type("apps/v1.StatefulSet"),
      .subresources = workloads::status_and_scale(),
      .scale = ScalePaths{".spec.replicas", ".status.replicas", ".spec.selector"},
      .name_rule = NameRule::kDnsLabel,  // it becomes the pods' host name
      .columns = columns(),
      .cells = cells,
      .rules = {.set_defaults = set_defaults,
                .validate = validate,
                .validate_update = validate_update,
                .validate_status = validate_status,
                .warnings = [](const json::object& object, const json::object* old) {
                  return pods::template_warnings(object, old, {"spec", "template"});
                }}};
  Kind beta1 = workloads::legacy_kind(current, workloads::kBeta1, schemas);
  beta1.rules.set_defaults = set_beta1_defaults;
  return {current, workloads::legacy_kind(current, workloads::kBeta2, schemas), std::move(beta1)};
}

}  // namespace cove::api
