#include <fmt/format.h>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

// FlowSchema and PriorityLevelConfiguration.
namespace cove::api {
namespace {

constexpr std::int64_t kMaxPrecedence = 10000;

void check_range(ErrorList& errors, const FieldPath& path, std::optional<std::int64_t> value,
                 std::int64_t low, std::int64_t high) {
  if (value && (*value < low || *value > high)) {
    errors.invalid(path, *value, fmt::format("must be between {} and {}, inclusive", low, high));
  }
}

void check_subject(const json::object& subject, const FieldPath& path, ErrorList& errors) {
  const std::string_view kind = text_at(subject, {"kind"});
  rules::required_enumeration(errors, path / "kind", kind, {"Group", "ServiceAccount", "User"});
  for (const auto& [name, field] : {std::pair<std::string_view, std::string_view>{"User", "user"},
                                    {"Group", "group"},
                                    {"ServiceAccount", "serviceAccount"}}) {
    const bool there = rules::has(subject, {field});
    if (kind == name && !there) {
      errors.required(path / field,
                      fmt::format("{} is required when subject kind is '{}'", field, name));
    } else if (kind != name && there) {
      errors.forbidden(path / field,
                       fmt::format("{} is forbidden when subject kind is not '{}'", field, name));
    } else if (there) {
      rules::required_text(errors, path / field / "name", text_at(subject, {field, "name"}));
    }
  }
}

void check_rule(const json::object& rule, const FieldPath& path, ErrorList& errors) {
  if (rules::size_at(rule, {"subjects"}) == 0) {
    errors.required(path / "subjects", "subjects must contain at least one value");
  }
  rules::each(array_at(rule, {"subjects"}), [&](const json::object& subject, std::size_t i) {
    check_subject(subject, (path / "subjects").index(i), errors);
  });
  if (rules::size_at(rule, {"resourceRules"}) + rules::size_at(rule, {"nonResourceRules"}) == 0) {
    errors.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty");
  }
  rules::each(array_at(rule, {"resourceRules"}), [&](const json::object& entry, std::size_t i) {
    const FieldPath at = (path / "resourceRules").index(i);
    for (const std::string_view field : {"verbs", "apiGroups", "resources"}) {
      if (rules::size_at(entry, {field}) == 0) {
        errors.required(at / field, fmt::format("{} must contain at least one value", field));
      }
    }
    if (rules::size_at(entry, {"namespaces"}) == 0 && !flag_at(entry, {"clusterScope"})) {
      errors.required(at / "namespaces",
                      "resource rules that are not cluster scoped must supply at least one "
                      "namespace");
    }
  });
  rules::each(array_at(rule, {"nonResourceRules"}), [&](const json::object& entry, std::size_t i) {
    const FieldPath at = (path / "nonResourceRules").index(i);
    for (const std::string_view field : {"verbs", "nonResourceURLs"}) {
      if (rules::size_at(entry, {field}) == 0) {
        errors.required(at / field, fmt::format("{} must contain at least one value", field));
      }
    }
  });
}

void validate_schema(const json::object& object, ErrorList& errors) {
  check_range(errors, "spec.matchingPrecedence", integer_at(object, {"spec", "matchingPrecedence"}),
              1, kMaxPrecedence);
  const std::string_view level = text_at(object, {"spec", "priorityLevelConfiguration", "name"});
  if (level.empty()) {
    errors.required("spec.priorityLevelConfiguration.name",
                    "must reference a priority level configuration");
  }
  if (rules::has(object, {"spec", "distinguisherMethod"})) {
    rules::required_enumeration(errors, "spec.distinguisherMethod.type",
                                text_at(object, {"spec", "distinguisherMethod", "type"}),
                                {"ByNamespace", "ByUser"});
  }
  rules::each(array_at(object, {"spec", "rules"}), [&](const json::object& rule, std::size_t i) {
    check_rule(rule, FieldPath("spec.rules").index(i), errors);
  });
}

json::array schema_cells(const json::object& object, WallTime now) {
  std::string_view missing = "?";
  rules::each(array_at(object, {"status", "conditions"}),
              [&](const json::object& condition, std::size_t) {
                if (text_at(condition, {"type"}) == "Dangling") {
                  missing = text_at(condition, {"status"});
                }
              });
  const std::string_view method = text_at(object, {"spec", "distinguisherMethod", "type"});
  return {rules::name_cell(object),
          rules::cell(text_at(object, {"spec", "priorityLevelConfiguration", "name"})),
          integer_at(object, {"spec", "matchingPrecedence"}).value_or(0),
          rules::cell(method.empty() ? "<none>" : method),
          rules::age_cell(object, now),
          rules::cell(missing)};
}

void validate_level(const json::object& object, ErrorList& errors) {
  const std::string_view type = text_at(object, {"spec", "type"});
  const bool limited = rules::has(object, {"spec", "limited"});
  const bool exempt = rules::has(object, {"spec", "exempt"});
  rules::required_enumeration(errors, "spec.type", type, {"Exempt", "Limited"});
  if (type == "Exempt" && limited) {
    errors.forbidden("spec.limited", "must be nil if the type is not Limited");
  } else if (type == "Limited" && exempt) {
    errors.forbidden("spec.exempt", "must be nil if the type is Limited");
  } else if (type == "Limited" && !limited) {
    errors.required("spec.limited", "must not be empty when type is Limited");
  }
  for (const std::string_view part : {"limited", "exempt"}) {
    const FieldPath path = FieldPath("spec") / part;
    rules::not_negative(errors, path / "nominalConcurrencyShares",
                        integer_at(object, {"spec", part, "nominalConcurrencyShares"}));
    check_range(errors, path / "lendablePercent",
                integer_at(object, {"spec", part, "lendablePercent"}), 0, 100);
  }
  if (limited) {
    const FieldPath path = "spec.limited.limitResponse";
    const std::string_view response = text_at(object, {"spec", "limited", "limitResponse", "type"});
    const bool queues = rules::has(object, {"spec", "limited", "limitResponse", "queuing"});
    rules::required_enumeration(errors, path / "type", response, {"Queue", "Reject"});
    if (response == "Queue" && !queues) {
      errors.required(path / "queuing",
                      "must not be empty if limited.limitResponse.type is Limited");
    } else if (response == "Reject" && queues) {
      errors.forbidden(path / "queuing",
                       "must be nil if limited.limitResponse.type is not Limited");
    }
  }
}

json::array level_cells(const json::object& object, WallTime now) {
  const auto text = [&](Steps path) {
    return rules::cell(rules::scalar_text(value_at(object, path), "<none>"));
  };
  return {rules::name_cell(object),
          rules::cell(text_at(object, {"spec", "type"})),
          text({"spec", "limited", "nominalConcurrencyShares"}),
          text({"spec", "limited", "limitResponse", "queuing", "queues"}),
          text({"spec", "limited", "limitResponse", "queuing", "handSize"}),
          text({"spec", "limited", "limitResponse", "queuing", "queueLengthLimit"}),
          rules::age_cell(object, now)};
}

Kind kind(std::string_view name, const Schema& schema) {
  const std::string singular = rules::lower(name);
  return {.gvk = {"flowcontrol.apiserver.k8s.io", "v1", std::string(name)},
          .plural = singular + "s",
          .singular = singular,
          .namespaced = false,
          .schema = &schema,
          .subresources = rules::status_subresource(),
          .allows_unconditional_update = false};
}

}  // namespace

std::vector<Kind> flowcontrol_kinds(const BuiltinSchemas& schemas) {
  Kind flow = kind("FlowSchema", schemas.type("flowcontrol/v1.FlowSchema"));
  flow.columns = {rules::name_column(),
                  rules::column("PriorityLevel", "Where its requests go."),
                  rules::column("MatchingPrecedence", "Order among the schemas.", 0, "integer"),
                  rules::column("DistinguisherMethod", "How requests are told apart."),
                  rules::age_column(),
                  rules::column("MissingPL", "Whether its priority level is missing.")};
  flow.cells = schema_cells;
  flow.rules.validate = validate_schema;
  Kind level =
      kind("PriorityLevelConfiguration", schemas.type("flowcontrol/v1.PriorityLevelConfiguration"));
  level.columns = {rules::name_column(),
                   rules::column("Type", "Exempt or Limited."),
                   rules::column("NominalConcurrencyShares", "Share of the server."),
                   rules::column("Queues", "How many queues there are."),
                   rules::column("HandSize", "How many queues a flow uses."),
                   rules::column("QueueLengthLimit", "Most requests in a queue."),
                   rules::age_column()};
  level.cells = level_cells;
  level.rules.validate = validate_level;
  return {std::move(flow), std::move(level)};
}

}  // namespace cove::api
