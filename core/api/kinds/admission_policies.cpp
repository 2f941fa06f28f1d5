#include <fmt/format.h>

#include <set>

#include "core/api/kinds/admission_rules.h"
#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

// ValidatingAdmissionPolicy, MutatingAdmissionPolicy and their bindings. CEL expressions are
// checked where they are compiled.
namespace cove::api {
namespace {

constexpr std::size_t kMaxNotes = 20;

void check_match(const json::object* match, const FieldPath& path, ErrorList& errors) {
  if (match == nullptr) {
    return;
  }
  rules::required_enumeration(errors, path / "matchPolicy", text_at(*match, {"matchPolicy"}),
                              {"Equivalent", "Exact"});
  for (const std::string_view field : {"namespaceSelector", "objectSelector"}) {
    if (!rules::has(*match, {field})) {
      errors.required(path / field);
    }
    rules::label_selector(errors, path / field, object_at(*match, {field}));
  }
  for (const std::string_view field : {"resourceRules", "excludeResourceRules"}) {
    rules::each(array_at(*match, {field}), [&](const json::object& rule, std::size_t i) {
      const FieldPath at = (path / field).index(i);
      admission::check_rule(rule, at, errors);
      std::set<std::string, std::less<>> names;
      rules::each_text(array_at(rule, {"resourceNames"}),
                       [&](std::string_view name, std::size_t position) {
                         const FieldPath here = (at / "resourceNames").index(position);
                         add_problems(errors, here, name, check_path_segment(name));
                         if (!names.emplace(name).second) {
                           errors.duplicate(here, rules::cell(name));
                         }
                       });
    });
  }
}

void check_param_kind(const json::object& object, ErrorList& errors) {
  const json::object* kind = object_at(object, {"spec", "paramKind"});
  if (kind != nullptr) {
    for (const std::string_view field : {"apiVersion", "kind"}) {
      rules::required_text(errors, FieldPath("spec.paramKind") / field, text_at(*kind, {field}));
    }
  }
}

void check_variables(const json::object& object, ErrorList& errors) {
  std::set<std::string, std::less<>> names;
  rules::each(
      array_at(object, {"spec", "variables"}), [&](const json::object& variable, std::size_t i) {
        const FieldPath path = FieldPath("spec.variables").index(i);
        const std::string_view name = text_at(variable, {"name"});
        if (name.empty()) {
          errors.required(path / "name", "name is not specified");
        } else if (!check_c_identifier(name).empty()) {
          errors.invalid(path / "name", rules::cell(name), "name is not a valid CEL identifier");
        } else if (!names.emplace(name).second) {
          errors.duplicate(path / "name", rules::cell(name));
        }
        if (rules::trim(text_at(variable, {"expression"})).empty()) {
          errors.required(path / "expression", "expression is not specified");
        }
      });
}

// What policies of both sorts have.
void check_policy(const json::object& object, ErrorList& errors) {
  rules::required_enumeration(errors, "spec.failurePolicy",
                              text_at(object, {"spec", "failurePolicy"}), {"Fail", "Ignore"});
  check_param_kind(object, errors);
  const json::object* match = object_at(object, {"spec", "matchConstraints"});
  if (match == nullptr) {
    errors.required("spec.matchConstraints");
  } else {
    check_match(match, "spec.matchConstraints", errors);
    if (rules::size_at(*match, {"resourceRules"}) == 0) {
      errors.required("spec.matchConstraints.resourceRules");
    }
  }
  check_variables(object, errors);
  if (const json::object* spec = object_at(object, {"spec"})) {
    admission::check_conditions(*spec, "spec.matchConditions", errors);
  }
}

void check_validation(const json::object& validation, const FieldPath& path, ErrorList& errors) {
  const std::string_view expression = rules::trim(text_at(validation, {"expression"}));
  const std::string_view message = text_at(validation, {"message"});
  if (expression.empty()) {
    errors.required(path / "expression", "expression is not specified");
  }
  if (!message.empty() && rules::trim(message).empty()) {
    errors.invalid(path / "message", rules::cell(message),
                   "message must be non-empty if specified");
  } else if (message.find('\n') != std::string_view::npos) {
    errors.invalid(path / "message", rules::cell(message), "message must not contain line breaks");
  } else if (message.empty() && expression.find('\n') != std::string_view::npos) {
    errors.required(path / "message",
                    "message must be specified if expression contains line "
                    "breaks");
  }
  rules::enumeration(errors, path / "reason", text_at(validation, {"reason"}),
                     {"Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized"});
}

void validate_validating(const json::object& object, ErrorList& errors) {
  check_policy(object, errors);
  const json::array* notes = array_at(object, {"spec", "auditAnnotations"});
  const json::array* validations = array_at(object, {"spec", "validations"});
  if (rules::size_at(object, {"spec", "validations"}) == 0 &&
      rules::size_at(object, {"spec", "auditAnnotations"}) == 0) {
    errors.required("spec.validations",
                    "validations or auditAnnotations must contain at least one item");
    errors.required("spec.auditAnnotations",
                    "validations or auditAnnotations must contain at least one item");
  }
  rules::each(validations, [&](const json::object& validation, std::size_t i) {
    check_validation(validation, FieldPath("spec.validations").index(i), errors);
  });
  if (notes != nullptr && notes->size() > kMaxNotes) {
    errors.invalid("spec.auditAnnotations", *notes,
                   fmt::format("must not have more than {} auditAnnotations", kMaxNotes));
  }
  std::set<std::string, std::less<>> keys;
  rules::each(notes, [&](const json::object& note, std::size_t i) {
    const FieldPath path = FieldPath("spec.auditAnnotations").index(i);
    const std::string_view name = text_at(note, {"key"});
    add_problems(errors, path / "key", name, check_qualified_name(name));
    if (!keys.emplace(name).second) {
      errors.duplicate(path / "key", rules::cell(name));
    }
    if (rules::trim(text_at(note, {"valueExpression"})).empty()) {
      errors.required(path / "valueExpression", "valueExpression is not specified");
    }
  });
}

void validate_mutating(const json::object& object, ErrorList& errors) {
  check_policy(object, errors);
  rules::required_enumeration(errors, "spec.reinvocationPolicy",
                              text_at(object, {"spec", "reinvocationPolicy"}),
                              {"IfNeeded", "Never"});
  const json::array* mutations = array_at(object, {"spec", "mutations"});
  if (mutations == nullptr || mutations->empty()) {
    errors.required("spec.mutations", "mutations must contain at least one item");
  }
  rules::each(mutations, [&](const json::object& mutation, std::size_t i) {
    const FieldPath path = FieldPath("spec.mutations").index(i);
    const std::string_view type = text_at(mutation, {"patchType"});
    rules::required_enumeration(errors, path / "patchType", type,
                                {"ApplyConfiguration", "JSONPatch"});
    for (const auto& [name, field] :
         {std::pair<std::string_view, std::string_view>{"ApplyConfiguration", "applyConfiguration"},
          {"JSONPatch", "jsonPatch"}}) {
      const bool there = rules::has(mutation, {field});
      if (type == name && !there) {
        errors.required(path / field,
                        fmt::format("{} is required when patchType is {}", field, name));
      } else if (type != name && there) {
        errors.invalid(path / field, *value_at(mutation, {field}),
                       fmt::format("{} must not be specified when patchType is {}", field, type));
      } else if (there && rules::trim(text_at(mutation, {field, "expression"})).empty()) {
        errors.required(path / field / "expression", "expression is not specified");
      }
    }
  });
}

void check_param_ref(const json::object& object, ErrorList& errors) {
  const json::object* reference = object_at(object, {"spec", "paramRef"});
  if (reference == nullptr) {
    return;
  }
  const FieldPath path = "spec.paramRef";
  const std::string_view name = text_at(*reference, {"name"});
  const bool selects = rules::has(*reference, {"selector"});
  if (!name.empty()) {
    add_problems(errors, path / "name", name, check_path_segment(name));
    if (selects) {
      errors.forbidden(path / "name", "name and selector are mutually exclusive");
    }
  } else if (!selects) {
    errors.required(path, "one of name or selector must be specified");
  }
  rules::label_selector(errors, path / "selector", object_at(*reference, {"selector"}));
  const std::string_view action = text_at(*reference, {"parameterNotFoundAction"});
  rules::required_text(errors, path / "parameterNotFoundAction", action);
  rules::enumeration(errors, path / "parameterNotFoundAction", action, {"Allow", "Deny"});
}

void check_binding(const json::object& object, ErrorList& errors) {
  const std::string_view policy = text_at(object, {"spec", "policyName"});
  if (policy.empty()) {
    errors.required("spec.policyName");
  } else {
    rules::name(errors, "spec.policyName", policy, NameRule::kDnsSubdomain);
  }
  check_param_ref(object, errors);
  check_match(object_at(object, {"spec", "matchResources"}), "spec.matchResources", errors);
}

void validate_validating_binding(const json::object& object, ErrorList& errors) {
  check_binding(object, errors);
  const json::array* actions = array_at(object, {"spec", "validationActions"});
  const FieldPath path = "spec.validationActions";
  if (actions == nullptr || actions->empty()) {
    errors.required(path, "at least one validation action is required");
  }
  std::set<std::string, std::less<>> seen;
  rules::each_text(actions, [&](std::string_view action, std::size_t i) {
    rules::enumeration(errors, path.index(i), action, {"Audit", "Deny", "Warn"});
    if (!seen.emplace(action).second) {
      errors.duplicate(path.index(i), rules::cell(action));
    }
  });
  if (seen.contains("Deny") && seen.contains("Warn")) {
    errors.invalid(path, *actions,
                   "must not contain both Deny and Warn (repeating the same "
                   "validation failure information in the API response and "
                   "headers serves no purpose)");
  }
}

std::string param_kind_text(const json::object& object) {
  const json::object* kind = object_at(object, {"spec", "paramKind"});
  return kind == nullptr
             ? "<unset>"
             : fmt::format("{}/{}", text_at(*kind, {"apiVersion"}), text_at(*kind, {"kind"}));
}

std::string param_ref_text(const json::object& object) {
  const json::object* reference = object_at(object, {"spec", "paramRef"});
  if (reference == nullptr) {
    return "<unset>";
  }
  const std::string_view name = text_at(*reference, {"name"});
  const std::string_view room = text_at(*reference, {"namespace"});
  if (name.empty()) {
    return rules::selector_text(object_at(*reference, {"selector"}));
  }
  return room.empty() ? fmt::format("*/{}", name) : fmt::format("{}/{}", room, name);
}

Kind kind(const BuiltinSchemas& schemas, std::string_view name, std::string plural) {
  return {.gvk = {"admissionregistration.k8s.io", "v1", std::string(name)},
          .plural = std::move(plural),
          .singular = rules::lower(name),
          .categories = {"api-extensions"},
          .namespaced = false,
          .schema = &schemas.type(fmt::format("admissionregistration/v1.{}", name)),
          .allows_unconditional_update = false};
}

Kind policy(const BuiltinSchemas& schemas, std::string_view name, std::string plural,
            std::string_view counted) {
  Kind made = kind(schemas, name, std::move(plural));
  const std::string heading = counted == "validations" ? "Validations" : "Mutations";
  made.columns = {rules::name_column(), rules::column(heading, "How many there are.", 0, "integer"),
                  rules::column("ParamKind", "Kind of its parameters."), rules::age_column()};
  made.cells = [counted](const json::object& object, WallTime now) {
    return json::array{rules::name_cell(object), rules::size_at(object, {"spec", counted}),
                       rules::cell(param_kind_text(object)), rules::age_cell(object, now)};
  };
  return made;
}

Kind binding(const BuiltinSchemas& schemas, std::string_view name, std::string plural) {
  Kind made = kind(schemas, name, std::move(plural));
  made.columns = {rules::name_column(), rules::column("PolicyName", "The policy."),
                  rules::column("ParamRef", "The parameters."), rules::age_column()};
  made.cells = [](const json::object& object, WallTime now) {
    return json::array{rules::name_cell(object),
                       rules::cell(text_at(object, {"spec", "policyName"})),
                       rules::cell(param_ref_text(object)), rules::age_cell(object, now)};
  };
  return made;
}

}  // namespace

std::vector<Kind> admission_policy_kinds(const BuiltinSchemas& schemas) {
  Kind validating =
      policy(schemas, "ValidatingAdmissionPolicy", "validatingadmissionpolicies", "validations");
  validating.subresources = rules::status_subresource();
  validating.rules.validate = validate_validating;
  Kind mutating =
      policy(schemas, "MutatingAdmissionPolicy", "mutatingadmissionpolicies", "mutations");
  mutating.rules.validate = validate_mutating;
  Kind validating_binding =
      binding(schemas, "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings");
  validating_binding.rules.validate = validate_validating_binding;
  Kind mutating_binding =
      binding(schemas, "MutatingAdmissionPolicyBinding", "mutatingadmissionpolicybindings");
  mutating_binding.rules.validate = check_binding;
  return {std::move(validating), std::move(mutating), std::move(validating_binding),
          std::move(mutating_binding)};
}

}  // namespace cove::api
