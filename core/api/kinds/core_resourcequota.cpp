#include <fmt/format.h>

#include <algorithm>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"
#include "core/api/quantity.h"

namespace cove::api {
namespace {

const rules::Values kResources = {"cpu",
                                  "memory",
                                  "ephemeral-storage",
                                  "requests.cpu",
                                  "requests.memory",
                                  "requests.storage",
                                  "requests.ephemeral-storage",
                                  "limits.cpu",
                                  "limits.memory",
                                  "limits.ephemeral-storage",
                                  "pods",
                                  "resourcequotas",
                                  "services",
                                  "replicationcontrollers",
                                  "secrets",
                                  "persistentvolumeclaims",
                                  "configmaps",
                                  "services.nodeports",
                                  "services.loadbalancers"};
const rules::Values kWhole = {"pods",
                              "resourcequotas",
                              "services",
                              "replicationcontrollers",
                              "secrets",
                              "persistentvolumeclaims",
                              "configmaps",
                              "services.nodeports",
                              "services.loadbalancers"};
const rules::Values kScopes = {
    "BestEffort",  "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass",
    "Terminating", "VolumeAttributesClass"};
// Scopes that no object can be in together.
constexpr std::pair<std::string_view, std::string_view> kOpposites[] = {
    {"BestEffort", "NotBestEffort"}, {"Terminating", "NotTerminating"}};

void check_list(const json::object& object, std::string_view part, std::string_view field,
                ErrorList& errors) {
  const FieldPath path = FieldPath(part) / field;
  rules::each_member(
      object_at(object, {part, field}), [&](std::string_view name, const json::value& value) {
        const FieldPath at = path.key(name);
        add_problems(errors, at, name, check_qualified_name(name));
        if (name.find('/') == std::string_view::npos && !rules::one_of(name, kResources)) {
          errors.invalid(at, rules::cell(name), "must be a standard resource for quota");
        }
        rules::quantity_not_negative(errors, at, value);
        const auto amount = Quantity::parse(rules::scalar_text(&value, "0"));
        if (rules::one_of(name, kWhole) && amount.has_value() &&
            Quantity::of(amount->value()) != *amount) {
          errors.invalid(at, rules::cell(amount->text()), "must be an integer");
        }
      });
}

bool contains(const json::array& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(), [&](const json::value& value) {
    return value.is_string() && view(value.get_string()) == text;
  });
}

void check_scopes(const json::object& object, ErrorList& errors) {
  const json::array* scopes = array_at(object, {"spec", "scopes"});
  if (scopes != nullptr) {
    rules::each_text(scopes, [&](std::string_view scope, std::size_t) {
      if (!rules::one_of(scope, kScopes)) {
        errors.invalid("spec.scopes", *scopes, "unsupported scope");
      }
    });
    for (const auto& [one, other] : kOpposites) {
      if (contains(*scopes, one) && contains(*scopes, other)) {
        errors.invalid("spec.scopes", *scopes, "conflicting scopes");
      }
    }
  }
  rules::each(
      array_at(object, {"spec", "scopeSelector", "matchExpressions"}),
      [&](const json::object& expression, std::size_t) {
        const FieldPath path = "spec.scopeSelector.matchExpressions";
        const std::string_view scope = text_at(expression, {"scopeName"});
        const std::string_view op = text_at(expression, {"operator"});
        const bool empty = rules::size_at(expression, {"values"}) == 0;
        if (!rules::one_of(scope, kScopes)) {
          errors.invalid(path / "scopeName", rules::cell(scope), "unsupported scope");
        }
        if (rules::one_of(scope, {"BestEffort", "NotBestEffort", "Terminating", "NotTerminating",
                                  "CrossNamespacePodAffinity"}) &&
            op != "Exists") {
          errors.invalid(path / "operator", rules::cell(op),
                         "must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, "
                         "ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, "
                         "ResourceQuotaScopeNotBestEffort or "
                         "ResourceQuotaScopeCrossNamespacePodAffinity");
        }
        if ((op == "In" || op == "NotIn") && empty) {
          errors.required(path / "values",
                          "must be at least one value when `operator` is 'In' or 'NotIn' for "
                          "scope selector");
        } else if ((op == "Exists" || op == "DoesNotExist") && !empty) {
          errors.invalid(path / "values", *value_at(expression, {"values"}),
                         "must be no value when `operator` is 'Exists' or 'DoesNotExist' for "
                         "scope selector");
        } else if (!rules::one_of(op, {"In", "NotIn", "Exists", "DoesNotExist"})) {
          errors.invalid(path / "operator", rules::cell(op), "not a valid selector operator");
        }
      });
}

void validate(const json::object& object, ErrorList& errors) {
  check_list(object, "spec", "hard", errors);
  check_scopes(object, errors);
  check_list(object, "status", "hard", errors);
  check_list(object, "status", "used", errors);
}

void validate_update(const json::object& object, const json::object& old, ErrorList& errors) {
  for (const std::string_view field : {"scopes", "scopeSelector"}) {
    rules::immutable(errors, object, old, {"spec", field}, FieldPath("spec") / field);
  }
}

// "cpu: 100m/1, pods: 2/10": limits of containers in a column of their own.
json::array cells(const json::object& object, WallTime now) {
  std::vector<std::string> names;
  rules::each_member(object_at(object, {"status", "hard"}),
                     [&](std::string_view name, const json::value&) { names.emplace_back(name); });
  std::sort(names.begin(), names.end());
  std::vector<std::string> requests;
  std::vector<std::string> limits;
  for (const std::string& name : names) {
    const std::string text = fmt::format(
        "{}: {}/{}", name, rules::scalar_text(value_at(object, {"status", "used", name}), "0"),
        rules::scalar_text(value_at(object, {"status", "hard", name}), "0"));
    (name.starts_with("limits.") ? limits : requests).push_back(text);
  }
  return {rules::name_cell(object), rules::cell(rules::join(requests, ", ")),
          rules::cell(rules::join(limits, ", ")), rules::age_cell(object, now)};
}

}  // namespace

std::vector<Kind> resource_quota_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"", "v1", "ResourceQuota"},
           .plural = "resourcequotas",
           .singular = "resourcequota",
           .short_names = {"quota"},
           .schema = &schemas.type("core/v1.ResourceQuota"),
           .subresources = rules::status_subresource(),
           .tracks_generation = false,
           .columns = {rules::name_column(),
                       rules::column("Request", "Use and limits of requests and objects."),
                       rules::column("Limit", "Use and limits of containers' limits."),
                       rules::age_column()},
           .cells = cells,
           .rules = {.validate = validate,
                     .validate_update = validate_update,
                     .validate_status = [](const json::object& object, const json::object&,
                                           ErrorList& errors) { validate(object, errors); }}}};
}

}  // namespace cove::api
