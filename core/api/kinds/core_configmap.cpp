#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxBytes = 1024 * 1024;

// Text is counted as it is, base64 by what it stands for.
std::size_t text_bytes(const json::object* data) {
  std::size_t bytes = 0;
  rules::each_member(data, [&](std::string_view, const json::value& value) {
    bytes += value.is_string() ? value.get_string().size() : 0;
  });
  return bytes;
}

std::size_t base64_bytes(const json::object* data) {
  return text_bytes(data) / 4 * 3;
}

void check_keys(ErrorList& errors, const FieldPath& path, const json::object* data) {
  rules::each_member(data, [&](std::string_view name, const json::value&) {
    add_problems(errors, path.key(name), name, check_config_map_key(name));
  });
}

void validate(const json::object& object, ErrorList& errors) {
  const json::object* data = object_at(object, {"data"});
  const json::object* binary = object_at(object, {"binaryData"});
  check_keys(errors, "data", data);
  rules::each_member(data, [&](std::string_view name, const json::value&) {
    if (binary != nullptr && member(*binary, name) != nullptr) {
      errors.invalid(FieldPath("data").key(name), rules::cell(name),
                     "duplicate of key present in binaryData");
    }
  });
  check_keys(errors, "binaryData", binary);
  if (text_bytes(data) + base64_bytes(binary) > kMaxBytes) {
    errors.too_long("", kMaxBytes);
  }
}

void validate_update(const json::object& object, const json::object& old, ErrorList& errors) {
  if (flag_at(old, {"immutable"})) {
    if (!flag_at(object, {"immutable"})) {
      errors.forbidden("immutable", "field is immutable when `immutable` is set");
    }
    for (const std::string_view part : {"data", "binaryData"}) {
      if (!rules::same_at(object, old, {part})) {
        errors.forbidden(part, "field is immutable when `immutable` is set");
      }
    }
  }
}

json::array cells(const json::object& object, WallTime now) {
  const std::size_t keys =
      rules::size_at(object, {"data"}) + rules::size_at(object, {"binaryData"});
  return {rules::name_cell(object), keys, rules::age_cell(object, now)};
}

}  // namespace

std::vector<Kind> config_map_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"", "v1", "ConfigMap"},
           .plural = "configmaps",
           .singular = "configmap",
           .short_names = {"cm"},
           .schema = &schemas.type("core/v1.ConfigMap"),
           .tracks_generation = false,
           .columns = {rules::name_column(),
                       rules::column("Data", "How many keys there are.", 0, "integer"),
                       rules::age_column()},
           .cells = cells,
           .rules = {.validate = validate, .validate_update = validate_update}}};
}

}  // namespace cove::api
