#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

// The secrets are those of its namespace: nothing but their names counts.
void keep_names(json::object& object) {
  rules::each(rules::array_in(object, {"secrets"}), [](json::object& secret, std::size_t) {
    const std::string name(text_at(secret, {"name"}));
    secret = json::object{{"name", name}};
  });
}

json::array cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object), rules::size_at(object, {"secrets"}),
          rules::age_cell(object, now)};
}

}  // namespace

std::vector<Kind> service_account_kinds(const BuiltinSchemas& schemas) {
  return {
      {.gvk = {"", "v1", "ServiceAccount"},
       .plural = "serviceaccounts",
       .singular = "serviceaccount",
       .short_names = {"sa"},
       .schema = &schemas.type("core/v1.ServiceAccount"),
       .subresources = {{.name = "token",
                         .kind = GroupVersionKind{"authentication.k8s.io", "v1", "TokenRequest"},
                         .verbs = {"create"}}},
       .tracks_generation = false,
       .columns = {rules::name_column(),
                   rules::column("Secrets", "How many secrets it lists.", 0, "integer"),
                   rules::age_column()},
       .cells = cells,
       .rules = {
           .prepare_create = [](json::object& object, const WriteContext&) { keep_names(object); },
           .prepare_update = [](json::object& object, const json::object&,
                                const WriteContext&) { keep_names(object); }}}};
}

}  // namespace cove::api
