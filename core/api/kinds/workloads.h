// The kinds that run pods, and what they share. Private to this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/api/kind.h"
#include "core/api/selector.h"

namespace cove::api {

std::vector<Kind> pod_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> pod_template_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> replication_controller_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> deployment_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> replica_set_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> stateful_set_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> daemon_set_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> controller_revision_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> job_kinds(const BuiltinSchemas& schemas);
std::vector<Kind> cron_job_kinds(const BuiltinSchemas& schemas);

namespace workloads {

// ---- Descriptors

Subresource scale_subresource();
std::vector<Subresource> status_and_scale();
Column integer_column(std::string_view name, std::string_view description);
// Containers, Images, Selector: what -o wide adds.
std::vector<Column> wide_columns();
// Of a kind that keeps a number of pods: Name, Desired, Current, Ready, Age and the wide ones.
std::vector<Column> replica_columns();

// ---- Cells

json::value count_cell(const json::object& object, Steps path);  // 0 when absent
// Names and images of a template's containers, at `path` of the object.
void add_container_cells(json::array& cells, const json::object& object, Steps path);
// The row of replica_columns().
json::array replica_cells(const json::object& object, WallTime now, std::string_view selector);

// ---- Defaults

// The template's labels become the selector and the object's labels where those are absent, as
// versions before apps/v1beta2 have it.
void default_labels(json::object& object);
json::object& spec_of(json::object& object);
const json::object& spec_of(const json::object& object);

// ---- Validation

// spec.selector: required, in form, not empty. `what` is the kind's name in messages. Selects
// nothing when there are problems.
LabelSelector check_selector(ErrorList& errors, const json::object& spec, std::string_view what);
// The template of `spec` against the selector: its labels, restart policy Always and no deadline.
// `what` is the kind's name in messages.
void check_template(ErrorList& errors, const json::object& spec, const LabelSelector& selector,
                    std::string_view what);
// A count or a percentage that is not negative; more than 100 % is a problem where `bounded`.
void check_count_or_percent(ErrorList& errors, const FieldPath& path, const json::object& object,
                            std::string_view field, bool bounded);
// Whether the value is 0 or 0 %, or absent.
bool is_none(const json::object& object, std::string_view field);
// The status' counts must not be negative; those in `parts` not above status.replicas.
void check_counts(ErrorList& errors, const json::object& object,
                  std::initializer_list<std::string_view> fields,
                  std::initializer_list<std::string_view> parts);
void check_not_negative(ErrorList& errors, const json::object& spec,
                        std::initializer_list<std::string_view> fields);

// ---- Versions before apps/v1

struct Legacy {
  std::string_view group;
  std::string_view version;
  std::string_view since;  // "v1.8": the release that called it deprecated
};
inline constexpr Legacy kExtensions = {"extensions", "v1beta1", "v1.8"};
inline constexpr Legacy kBeta1 = {"apps", "v1beta1", "v1.8"};
inline constexpr Legacy kBeta2 = {"apps", "v1beta2", "v1.9"};

// The apps/v1 kind as an older version has it: same rules, other schema, stored as apps/v1.
Kind legacy_kind(const Kind& current, const Legacy& legacy, const BuiltinSchemas& schemas);

// A field of old versions is kept in an annotation of the stored form.
void field_to_annotation(json::object& object, Steps field, std::string_view annotation);
// Makes an integer of the annotation again.
void annotation_to_field(json::object& object, std::string_view annotation, Steps field);

}  // namespace workloads
}  // namespace cove::api
