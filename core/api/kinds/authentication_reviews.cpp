#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

// Questions about users: they are answered, never stored.
namespace cove::api {
namespace {

Kind review(std::string_view name, const Schema& schema) {
  const std::string singular = rules::lower(name);
  return {.gvk = {"authentication.k8s.io", "v1", std::string(name)},
          .plural = singular + "s",
          .singular = singular,
          .namespaced = false,
          .schema = &schema,
          .verbs = {"create"},
          .name_rule = NameRule::kNone,
          .tracks_generation = false};
}

void validate_token_review(const json::object& object, ErrorList& errors) {
  rules::required_text(errors, "spec.token", text_at(object, {"spec", "token"}));
}

}  // namespace

std::vector<Kind> authentication_kinds(const BuiltinSchemas& schemas) {
  Kind token = review("TokenReview", schemas.type("authentication/v1.TokenReview"));
  token.rules.validate = validate_token_review;
  return {std::move(token),
          review("SelfSubjectReview", schemas.type("authentication/v1.SelfSubjectReview"))};
}

}  // namespace cove::api
