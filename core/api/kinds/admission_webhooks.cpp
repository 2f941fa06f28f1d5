#include <fmt/format.h>

#include <set>

#include "core/api/kinds/admission_rules.h"
#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

// ValidatingWebhookConfiguration and MutatingWebhookConfiguration.
namespace cove::api {
namespace {

constexpr std::int64_t kMaxSeconds = 30;

void check_versions(const json::object& webhook, const FieldPath& path, ErrorList& errors) {
  const json::array* versions = array_at(webhook, {"admissionReviewVersions"});
  if (versions == nullptr || versions->empty()) {
    errors.required(path, "must specify one of v1, v1beta1");
    return;
  }
  std::set<std::string, std::less<>> seen;
  bool known = false;
  rules::each_text(versions, [&](std::string_view version, std::size_t i) {
    if (!seen.emplace(version).second) {
      errors.invalid(path.index(i), rules::cell(version), "duplicate version");
      return;
    }
    add_problems(errors, path.index(i), version, check_dns1035_label(version));
    known = known || rules::one_of(version, {"v1", "v1beta1"});
  });
  if (!known) {
    errors.invalid(path, *versions, "must include at least one of v1, v1beta1");
  }
}

void check_webhook(const json::object& webhook, const FieldPath& path, bool mutating,
                   ErrorList& errors) {
  check_fully_qualified_name(errors, path / "name", text_at(webhook, {"name"}));
  rules::each(array_at(webhook, {"rules"}), [&](const json::object& rule, std::size_t i) {
    admission::check_rule(rule, (path / "rules").index(i), errors);
  });
  rules::enumeration(errors, path / "failurePolicy", text_at(webhook, {"failurePolicy"}),
                     {"Fail", "Ignore"});
  rules::enumeration(errors, path / "matchPolicy", text_at(webhook, {"matchPolicy"}),
                     {"Equivalent", "Exact"});
  rules::required_enumeration(errors, path / "sideEffects", text_at(webhook, {"sideEffects"}),
                              {"None", "NoneOnDryRun"});
  const auto seconds = integer_at(webhook, {"timeoutSeconds"});
  if (seconds && (*seconds < 1 || *seconds > kMaxSeconds)) {
    errors.invalid(path / "timeoutSeconds", *seconds,
                   "the timeout value must be between 1 and 30 seconds");
  }
  for (const std::string_view field : {"namespaceSelector", "objectSelector"}) {
    rules::label_selector(errors, path / field, object_at(webhook, {field}));
  }
  if (mutating) {
    rules::enumeration(errors, path / "reinvocationPolicy",
                       text_at(webhook, {"reinvocationPolicy"}), {"IfNeeded", "Never"});
  }
  rules::webhook_client(errors, path / "clientConfig", object_at(webhook, {"clientConfig"}));
  check_versions(webhook, path / "admissionReviewVersions", errors);
  admission::check_conditions(webhook, path / "matchConditions", errors);
}

Kind configuration(const BuiltinSchemas& schemas, std::string_view name, bool mutating) {
  const std::string singular = rules::lower(name);
  return {.gvk = {"admissionregistration.k8s.io", "v1", std::string(name)},
          .plural = singular + "s",
          .singular = singular,
          .categories = {"api-extensions"},
          .namespaced = false,
          .schema = &schemas.type(fmt::format("admissionregistration/v1.{}", name)),
          .allows_unconditional_update = false,
          .columns = {rules::name_column(),
                      rules::column("Webhooks", "How many webhooks it has.", 0, "integer"),
                      rules::age_column()},
          .cells =
              [](const json::object& object, WallTime now) {
                return json::array{rules::name_cell(object), rules::size_at(object, {"webhooks"}),
                                   rules::age_cell(object, now)};
              },
          .rules = {.validate = [mutating](const json::object& object, ErrorList& errors) {
            std::set<std::string, std::less<>> names;
            rules::each(array_at(object, {"webhooks"}),
                        [&](const json::object& webhook, std::size_t i) {
                          const FieldPath path = FieldPath("webhooks").index(i);
                          check_webhook(webhook, path, mutating, errors);
                          const std::string_view own = text_at(webhook, {"name"});
                          if (!own.empty() && !names.emplace(own).second) {
                            errors.duplicate(path / "name", rules::cell(own));
                          }
                        });
          }}};
}

}  // namespace

std::vector<Kind> admission_webhook_kinds(const BuiltinSchemas& schemas) {
  return {configuration(schemas, "ValidatingWebhookConfiguration", false),
          configuration(schemas, "MutatingWebhookConfiguration", true)};
}

}  // namespace cove::api
