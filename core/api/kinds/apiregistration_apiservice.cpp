#include <fmt/format.h>

#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

constexpr std::int64_t kMaxGroupPriority = 20000;
constexpr std::int64_t kMaxVersionPriority = 1000;

void check_priority(const json::object& object, std::string_view field, std::int64_t most,
                    ErrorList& errors) {
  const std::int64_t priority = integer_at(object, {"spec", field}).value_or(0);
  if (priority < 1 || priority > most) {
    errors.invalid(FieldPath("spec") / field, priority,
                   fmt::format("must be positive and less than {}", most));
  }
}

void validate(const json::object& object, ErrorList& errors) {
  const std::string_view group = text_at(object, {"spec", "group"});
  const std::string_view version = text_at(object, {"spec", "version"});
  const std::string_view name = text_at(object, {"metadata", "name"});
  if (name != fmt::format("{}.{}", version, group)) {
    errors.invalid("metadata.name", rules::cell(name), "must be `spec.version+\".\"+spec.group`");
  }
  if (!group.empty()) {
    rules::name(errors, "spec.group", group, NameRule::kDnsSubdomain);
  }
  rules::name(errors, "spec.version", version, NameRule::kDns1035Label);
  check_priority(object, "groupPriorityMinimum", kMaxGroupPriority, errors);
  check_priority(object, "versionPriority", kMaxVersionPriority, errors);
  const bool trusts = flag_at(object, {"spec", "insecureSkipTLSVerify"});
  const bool bundle = !text_at(object, {"spec", "caBundle"}).empty();
  const json::object* service = object_at(object, {"spec", "service"});
  if (service == nullptr) {
    if (bundle) {
      errors.invalid("spec.caBundle", rules::cell(text_at(object, {"spec", "caBundle"})),
                     "local APIServices may not have a caBundle");
    }
    if (trusts) {
      errors.invalid("spec.insecureSkipTLSVerify", true,
                     "local APIServices may not have insecureSkipTLSVerify");
    }
    return;
  }
  rules::webhook_service(errors, "spec.service", *service, false);
  if (trusts && bundle) {
    errors.invalid("spec.insecureSkipTLSVerify", true, "may not be true if caBundle is present");
  }
}

std::string available_text(const json::object& object) {
  std::string text = "Unknown";
  rules::each(array_at(object, {"status", "conditions"}),
              [&](const json::object& condition, std::size_t) {
                if (text_at(condition, {"type"}) != "Available") {
                  return;
                }
                text = text_at(condition, {"status"});
                const std::string_view reason = text_at(condition, {"reason"});
                if (text != "True" && !reason.empty()) {
                  text = fmt::format("{} ({})", text, reason);
                }
              });
  return text;
}

json::array cells(const json::object& object, WallTime now) {
  const json::object* service = object_at(object, {"spec", "service"});
  return {rules::name_cell(object),
          rules::cell(service == nullptr ? "Local"
                                         : fmt::format("{}/{}", text_at(*service, {"namespace"}),
                                                       text_at(*service, {"name"}))),
          rules::cell(available_text(object)), rules::age_cell(object, now)};
}

}  // namespace

std::vector<Kind> api_service_kinds(const BuiltinSchemas& schemas) {
  return {
      {.gvk = {"apiregistration.k8s.io", "v1", "APIService"},
       .plural = "apiservices",
       .singular = "apiservice",
       .categories = {"api-extensions"},
       .namespaced = false,
       .schema = &schemas.type("apiregistration/v1.APIService"),
       .subresources = rules::status_subresource(),
       .name_rule = NameRule::kPathSegment,
       .allows_unconditional_update = false,
       .tracks_generation = false,
       .columns = {rules::name_column(), rules::column("Service", "Who serves the version."),
                   rules::column("Available", "Whether it can be reached."), rules::age_column()},
       .cells = cells,
       .rules = {.validate = validate}}};
}

}  // namespace cove::api
