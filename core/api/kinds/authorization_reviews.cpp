#include <fmt/format.h>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

// Questions about permissions: they are answered, never stored.
namespace cove::api {
namespace {

void check_selector(const json::object& attributes, std::string_view field, ErrorList& errors) {
  const json::object* selector = object_at(attributes, {field});
  if (selector == nullptr) {
    return;
  }
  const FieldPath path = FieldPath("spec.resourceAttributes") / field;
  const bool raw = !text_at(*selector, {"rawSelector"}).empty();
  const bool listed = rules::size_at(*selector, {"requirements"}) > 0;
  if (raw && listed) {
    errors.invalid(path / "rawSelector", rules::cell(text_at(*selector, {"rawSelector"})),
                   "may not specified at the same time as requirements");
  } else if (!raw && !listed) {
    errors.required(
        path / "requirements",
        fmt::format("when {} is specified, requirements or rawSelector is required", path.text()));
  }
}

void check_attributes(const json::object& object, ErrorList& errors) {
  const json::object* resource = object_at(object, {"spec", "resourceAttributes"});
  const bool path = rules::has(object, {"spec", "nonResourceAttributes"});
  if (resource != nullptr && path) {
    errors.invalid("spec.nonResourceAttributes",
                   *value_at(object, {"spec", "nonResourceAttributes"}),
                   "cannot be specified in combination with resourceAttributes");
  } else if (resource == nullptr && !path) {
    errors.invalid("spec.resourceAttributes", nullptr,
                   "exactly one of nonResourceAttributes or resourceAttributes must be specified");
  }
  if (resource != nullptr) {
    check_selector(*resource, "fieldSelector", errors);
    check_selector(*resource, "labelSelector", errors);
  }
}

void check_subject(const json::object& object, ErrorList& errors) {
  check_attributes(object, errors);
  if (text_at(object, {"spec", "user"}).empty() &&
      rules::size_at(object, {"spec", "groups"}) == 0) {
    errors.invalid("spec.user", "", "at least one of user or group must be specified");
  }
}

void check_local(const json::object& object, ErrorList& errors) {
  check_subject(object, errors);
  const std::string_view room = text_at(object, {"metadata", "namespace"});
  const std::string_view asked = text_at(object, {"spec", "resourceAttributes", "namespace"});
  if (rules::has(object, {"spec", "resourceAttributes"}) && asked != room) {
    errors.invalid("spec.resourceAttributes.namespace", rules::cell(asked),
                   "must match metadata.namespace");
  }
  if (rules::has(object, {"spec", "nonResourceAttributes"})) {
    errors.invalid("spec.nonResourceAttributes",
                   *value_at(object, {"spec", "nonResourceAttributes"}),
                   "disallowed on this kind of request");
  }
}

Kind review(std::string_view name, const Schema& schema,
            std::function<void(const json::object&, ErrorList&)> validate) {
  const std::string singular = rules::lower(name);
  return {.gvk = {"authorization.k8s.io", "v1", std::string(name)},
          .plural = singular + "s",
          .singular = singular,
          .namespaced = false,
          .schema = &schema,
          .verbs = {"create"},
          .name_rule = NameRule::kNone,
          .tracks_generation = false,
          .rules = {.validate = std::move(validate)}};
}

}  // namespace

std::vector<Kind> authorization_kinds(const BuiltinSchemas& schemas) {
  const auto schema = [&](std::string_view name) -> const Schema& {
    return schemas.type(fmt::format("authorization/v1.{}", name));
  };
  Kind local = review("LocalSubjectAccessReview", schema("LocalSubjectAccessReview"), check_local);
  local.namespaced = true;
  return {review("SubjectAccessReview", schema("SubjectAccessReview"), check_subject),
          review("SelfSubjectAccessReview", schema("SelfSubjectAccessReview"), check_attributes),
          review("SelfSubjectRulesReview", schema("SelfSubjectRulesReview"), {}), std::move(local)};
}

}  // namespace cove::api
