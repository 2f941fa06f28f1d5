#include "core/api/kinds/workloads.h"

#include <fmt/format.h>

#include <charconv>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/metadata.h"

namespace cove::api::workloads {
namespace {

std::vector<std::string> container_texts(const json::object& object, Steps path,
                                         std::string_view field) {
  std::vector<std::string> texts;
  rules::each(array_at(object, path), [&](const json::object& container, std::size_t) {
    texts.emplace_back(text_at(container, {field}));
  });
  return texts;
}

}  // namespace

Subresource scale_subresource() {
  return {.name = "scale",
          .kind = GroupVersionKind{"autoscaling", "v1", "Scale"},
          .verbs = {"get", "patch", "update"}};
}

std::vector<Subresource> status_and_scale() {
  std::vector<Subresource> both = rules::status_subresource();
  both.insert(both.begin(), scale_subresource());
  return both;
}

Column integer_column(std::string_view name, std::string_view description) {
  return rules::column(name, description, 0, "integer");
}

std::vector<Column> wide_columns() {
  return {rules::column("Containers", "Names of the containers in the template.", 1),
          rules::column("Images", "Images of the containers in the template.", 1),
          rules::column("Selector", "Labels of the pods that belong to it.", 1)};
}

std::vector<Column> replica_columns() {
  std::vector<Column> all = {
      rules::name_column(), integer_column("Desired", "How many pods should run."),
      integer_column("Current", "How many pods there are."),
      integer_column("Ready", "How many pods are ready."), rules::age_column()};
  for (Column& column : wide_columns()) all.push_back(std::move(column));
  return all;
}

json::value count_cell(const json::object& object, Steps path) {
  return integer_at(object, path).value_or(0);
}

void add_container_cells(json::array& cells, const json::object& object, Steps path) {
  cells.push_back(rules::cell(rules::join(container_texts(object, path, "name"), ",")));
  cells.push_back(rules::cell(rules::join(container_texts(object, path, "image"), ",")));
}

json::array replica_cells(const json::object& object, WallTime now, std::string_view selector) {
  json::array row = {rules::name_cell(object), count_cell(object, {"spec", "replicas"}),
                     count_cell(object, {"status", "replicas"}),
                     count_cell(object, {"status", "readyReplicas"}), rules::age_cell(object, now)};
  add_container_cells(row, object, {"spec", "template", "spec", "containers"});
  row.push_back(rules::cell(selector));
  return row;
}

json::object& spec_of(json::object& object) {
  return make_object_at(object, {"spec"});
}

const json::object& spec_of(const json::object& object) {
  static const json::object empty;
  const json::object* const spec = object_at(object, {"spec"});
  return spec == nullptr ? empty : *spec;
}

void default_labels(json::object& object) {
  const json::object* const labels = object_at(object, {"spec", "template", "metadata", "labels"});
  if (labels == nullptr || labels->empty()) return;
  const json::object copy = *labels;
  if (!rules::has(object, {"spec", "selector"})) {
    set_at(object, {"spec", "selector"}, json::object{{"matchLabels", copy}});
  }
  if (rules::size_at(object, {"metadata", "labels"}) == 0) {
    set_at(object, {"metadata", "labels"}, copy);
  }
}

LabelSelector check_selector(ErrorList& errors, const json::object& spec, std::string_view what) {
  const FieldPath at = FieldPath("spec") / "selector";
  const json::object* const given = object_at(spec, {"selector"});
  if (given == nullptr) {
    errors.required(at);
    return LabelSelector::nothing();
  }
  ErrorList found;
  validate_label_selector(given, at, found);
  const bool sound = found.empty();
  errors.append(std::move(found));
  auto selector = LabelSelector::from_document(given);
  if (!sound || !selector) return LabelSelector::nothing();
  if (selector->empty()) {
    errors.invalid(at, *given, fmt::format("empty selector is invalid for {}", what));
  }
  return std::move(*selector);
}

void check_template(ErrorList& errors, const json::object& spec, const LabelSelector& selector,
                    std::string_view what) {
  const FieldPath at = FieldPath("spec") / "template";
  const json::object* const pod_template = object_at(spec, {"template"});
  if (pod_template == nullptr) {
    errors.required(at);
    return;
  }
  const json::object* const labels = object_at(*pod_template, {"metadata", "labels"});
  if (!selector.empty() && !selector.matches_labels(labels)) {
    errors.invalid(at / "metadata" / "labels", labels == nullptr ? json::value() : *labels,
                   "`selector` does not match template `labels`");
  }
  pods::validate_template(errors, at, *pod_template);
  const std::string_view policy = text_at(*pod_template, {"spec", "restartPolicy"});
  if (policy != "Always") {
    errors.not_supported(at / "spec" / "restartPolicy", json::string(policy), {"Always"});
  }
  if (rules::has(*pod_template, {"spec", "activeDeadlineSeconds"})) {
    errors.forbidden(at / "spec" / "activeDeadlineSeconds",
                     fmt::format("activeDeadlineSeconds in {} is not Supported", what));
  }
}

void check_count_or_percent(ErrorList& errors, const FieldPath& path, const json::object& object,
                            std::string_view field, bool bounded) {
  const json::value* const value = member(object, field);
  if (value == nullptr) return;
  if (value->is_int64()) {
    rules::not_negative(errors, path / field, value->get_int64());
    return;
  }
  if (!value->is_string()) return;
  const std::string_view text = view(value->get_string());
  const Problems problems = check_percent(text);
  add_problems(errors, path / field, text, problems);
  if (!problems.empty() || !bounded) return;
  std::uint64_t percent = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (read.ec != std::errc() || percent > 100) {
    errors.invalid(path / field, *value, "must not be greater than 100%");
  }
}

bool is_none(const json::object& object, std::string_view field) {
  const json::value* const value = member(object, field);
  if (value == nullptr || value->is_null()) return true;
  if (value->is_int64()) return value->get_int64() == 0;
  if (!value->is_string()) return false;
  const std::string_view text = view(value->get_string());
  return text.find_first_not_of('0') == text.find('%');
}

void check_counts(ErrorList& errors, const json::object& object,
                  std::initializer_list<std::string_view> fields,
                  std::initializer_list<std::string_view> parts) {
  const FieldPath at = "status";
  for (const std::string_view field : fields) {
    rules::not_negative(errors, at / field, integer_at(object, {"status", field}));
  }
  const std::int64_t all = integer_at(object, {"status", "replicas"}).value_or(0);
  for (const std::string_view part : parts) {
    const std::int64_t count = integer_at(object, {"status", part}).value_or(0);
    if (count > all) errors.invalid(at / part, count, "cannot be greater than status.replicas");
  }
}

void check_not_negative(ErrorList& errors, const json::object& spec,
                        std::initializer_list<std::string_view> fields) {
  for (const std::string_view field : fields) {
    rules::not_negative(errors, FieldPath("spec") / field, integer_at(spec, {field}));
  }
}

Kind legacy_kind(const Kind& current, const Legacy& legacy, const BuiltinSchemas& schemas) {
  Kind kind = current;
  kind.gvk.group = legacy.group;
  kind.gvk.version = legacy.version;
  // Short names and "all" mean the current version alone: clients would ask for both.
  kind.short_names.clear();
  kind.categories.clear();
  kind.schema =
      &schemas.type(fmt::format("{}/{}.{}", legacy.group, legacy.version, current.gvk.kind));
  kind.conversion = Conversion{.storage_group = current.gvk.group,
                               .storage_version = current.gvk.version,
                               .storage_plural = current.plural,
                               .to_storage = [](json::object&) {},
                               .from_storage = [](json::object&) {}};
  kind.deprecation = fmt::format("{} {} is deprecated in {}+, unavailable in v1.16+; use {} {}",
                                 kind.gvk.api_version(), kind.gvk.kind, legacy.since,
                                 current.gvk.api_version(), current.gvk.kind);
  return kind;
}

void field_to_annotation(json::object& object, Steps field, std::string_view annotation) {
  if (const auto number = integer_at(object, field)) {
    set_at(object, {"metadata", "annotations", annotation},
           json::string(fmt::format("{}", *number)));
  }
}

void annotation_to_field(json::object& object, std::string_view annotation, Steps field) {
  const std::string_view text = text_at(object, {"metadata", "annotations", annotation});
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return;
  set_at(object, field, number);
  erase_at(object, {"metadata", "annotations", annotation});
  if (rules::size_at(object, {"metadata", "annotations"}) == 0) {
    erase_at(object, {"metadata", "annotations"});
  }
}

}  // namespace cove::api::workloads
