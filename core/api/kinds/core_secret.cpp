#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"
#include "core/base/base64.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxBytes = 1024 * 1024;
constexpr std::string_view kAccountName = "kubernetes.io/service-account.name";

// stringData is for writing only: it ends up in data.
void set_defaults(json::object& object) {
  const json::object* texts = object_at(object, {"stringData"});
  if (texts == nullptr) {
    return;
  }
  const json::object given = *texts;
  json::object& data = make_object_at(object, {"data"});
  rules::each_member(&given, [&](std::string_view name, const json::value& value) {
    if (value.is_string()) {
      data[key(name)] = base64_encode(view(value.get_string()));
    }
  });
  erase_at(object, {"stringData"});
  if (data.empty()) {
    erase_at(object, {"data"});
  }
}

bool has_key(const json::object& object, std::string_view name) {
  return value_at(object, {"data", name}) != nullptr;
}

void check_json(const json::object& object, std::string_view name, ErrorList& errors) {
  const FieldPath path = FieldPath("data").key(name);
  if (!has_key(object, name)) {
    errors.required(path);
    return;
  }
  const auto text = base64_decode_lenient(text_at(object, {"data", name}));
  const auto parsed = parse_json(text.value_or(""));
  if (!parsed.has_value()) {
    errors.invalid(path, "<secret contents redacted>", parsed.error().cause);
  }
}

// The keys that a secret of its type must have.
void check_type(const json::object& object, ErrorList& errors) {
  const std::string_view type = text_at(object, {"type"});
  const FieldPath data = "data";
  if (type == "kubernetes.io/service-account-token") {
    if (text_at(object, {"metadata", "annotations", kAccountName}).empty()) {
      errors.required(FieldPath("metadata.annotations").key(kAccountName));
    }
  } else if (type == "kubernetes.io/dockercfg") {
    check_json(object, ".dockercfg", errors);
  } else if (type == "kubernetes.io/dockerconfigjson") {
    check_json(object, ".dockerconfigjson", errors);
  } else if (type == "kubernetes.io/basic-auth") {
    if (!has_key(object, "username") && !has_key(object, "password")) {
      errors.required(data.key("username"));
      errors.required(data.key("password"));
    }
  } else if (type == "kubernetes.io/ssh-auth") {
    if (text_at(object, {"data", "ssh-privatekey"}).empty()) {
      errors.required(data.key("ssh-privatekey"));
    }
  } else if (type == "kubernetes.io/tls") {
    for (const std::string_view name : {"tls.crt", "tls.key"}) {
      if (!has_key(object, name)) {
        errors.required(data.key(name));
      }
    }
  }
}

void validate(const json::object& object, ErrorList& errors) {
  std::size_t bytes = 0;
  rules::each_member(
      object_at(object, {"data"}), [&](std::string_view name, const json::value& value) {
        add_problems(errors, FieldPath("data").key(name), name, check_config_map_key(name));
        bytes += value.is_string() ? value.get_string().size() / 4 * 3 : 0;
      });
  if (bytes > kMaxBytes) {
    errors.too_long("data", kMaxBytes);
  }
  check_type(object, errors);
}

void validate_update(const json::object& object, const json::object& old, ErrorList& errors) {
  rules::immutable(errors, object, old, {"type"}, "type");
  if (flag_at(old, {"immutable"})) {
    if (!flag_at(object, {"immutable"})) {
      errors.forbidden("immutable", "field is immutable when `immutable` is set");
    }
    if (!rules::same_at(object, old, {"data"})) {
      errors.forbidden("data", "field is immutable when `immutable` is set");
    }
  }
}

void prepare_update(json::object& object, const json::object& old, const WriteContext&) {
  // A client that leaves the type out means the one there is.
  if (text_at(object, {"type"}).empty()) {
    rules::restore(object, old, {"type"});
  }
}

json::array cells(const json::object& object, WallTime now) {
  return {rules::name_cell(object), rules::cell(text_at(object, {"type"})),
          rules::size_at(object, {"data"}), rules::age_cell(object, now)};
}

}  // namespace

std::vector<Kind> secret_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"", "v1", "Secret"},
           .plural = "secrets",
           .singular = "secret",
           .schema = &schemas.type("core/v1.Secret"),
           .tracks_generation = false,
           .selectable_fields = {"type"},
           .columns = {rules::name_column(), rules::column("Type", "What the data are for."),
                       rules::column("Data", "How many keys there are.", 0, "integer"),
                       rules::age_column()},
           .cells = cells,
           .rules = {.set_defaults = set_defaults,
                     .prepare_update = prepare_update,
                     .validate = validate,
                     .validate_update = validate_update}}};
}

}  // namespace cove::api
