#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/api/custom.h"
#include "core/api/kinds/cluster.h"
#include "core/api/kinds/rules.h"

// CustomResourceDefinition. What its schemas demand is checked where they are made into kinds.
namespace cove::api {
namespace {

constexpr std::size_t kMaxSelectable = 8;
constexpr std::size_t kMaxWarning = 256;
constexpr std::string_view kApproval = "api-approved.kubernetes.io";

void set_defaults(json::object& object) {
  json::object& names = make_object_at(object, {"spec", "names"});
  const std::string kind(text_at(names, {"kind"}));
  if (kind.empty()) {
    return;
  }
  if (text_at(names, {"singular"}).empty()) {
    names["singular"] = rules::lower(kind);
  }
  if (text_at(names, {"listKind"}).empty()) {
    names["listKind"] = kind + "List";
  }
}

std::string storage_version(const json::object& object) {
  std::string name;
  rules::each(array_at(object, {"spec", "versions"}),
              [&](const json::object& version, std::size_t) {
                if (name.empty() && flag_at(version, {"storage"})) {
                  name = text_at(version, {"name"});
                }
              });
  return name;
}

void note_storage_version(json::object& object) {
  const std::string name = storage_version(object);
  if (name.empty()) {
    return;
  }
  json::array& stored = make_array_at(object, {"status", "storedVersions"});
  for (const json::value& version : stored) {
    if (version == json::value(name)) {
      return;
    }
  }
  stored.emplace_back(name);
}

void prepare_create(json::object& object, const WriteContext&) {
  set_at(object, {"status"}, json::object{});
  note_storage_version(object);
}

void prepare_update(json::object& object, const json::object& old, const WriteContext&) {
  rules::restore(object, old, {"status"});
  note_storage_version(object);
}

// ---- Validation

std::string joined(const Problems& problems) {
  return rules::join(problems, ",");
}

void check_label(ErrorList& errors, const FieldPath& path, std::string_view text,
                 bool mixed_case = false) {
  const Problems problems = check_dns1035_label(mixed_case ? rules::lower(text) : text);
  if (!text.empty() && !problems.empty()) {
    errors.invalid(
        path, rules::cell(text),
        (mixed_case ? "may have mixed case, but should otherwise match: " : "") + joined(problems));
  }
}

void check_names(const json::object& object, ErrorList& errors) {
  const FieldPath path = "spec.names";
  const auto name = [&](std::string_view field) {
    return text_at(object, {"spec", "names", field});
  };
  for (const std::string_view field : {"plural", "singular", "kind", "listKind"}) {
    rules::required_text(errors, path / field, name(field));
  }
  check_label(errors, path / "plural", name("plural"));
  check_label(errors, path / "singular", name("singular"));
  check_label(errors, path / "kind", name("kind"), true);
  check_label(errors, path / "listKind", name("listKind"), true);
  if (!name("kind").empty() && name("kind") == name("listKind")) {
    errors.invalid(path / "listKind", rules::cell(name("listKind")),
                   "kind and listKind may not be the same");
  }
  for (const std::string_view field : {"shortNames", "categories"}) {
    rules::each_text(array_at(object, {"spec", "names", field}),
                     [&](std::string_view text, std::size_t i) {
                       check_label(errors, (path / field).index(i), text);
                     });
  }
}

void check_json_path(ErrorList& errors, const FieldPath& path, std::string_view text) {
  if (text.empty()) {
    errors.required(path);
  } else if (!text.starts_with('.')) {
    errors.invalid(path, rules::cell(text), "must be a simple json path starting with .");
  }
}

void check_column(const json::object& column, const FieldPath& path, ErrorList& errors) {
  const std::string_view type = text_at(column, {"type"});
  const std::string_view format = text_at(column, {"format"});
  rules::required_text(errors, path / "name", text_at(column, {"name"}));
  if (type.empty()) {
    errors.required(path / "type", "must be one of boolean,date,integer,number,string");
  } else if (!rules::one_of(type, {"boolean", "date", "integer", "number", "string"})) {
    errors.invalid(path / "type", rules::cell(type),
                   "must be one of boolean,date,integer,number,string");
  }
  if (!format.empty() && !rules::one_of(format, {"byte", "date", "date-time", "double", "float",
                                                 "int32", "int64", "password"})) {
    errors.invalid(path / "format", rules::cell(format),
                   "must be one of byte,date,date-time,double,float,int32,int64,password");
  }
  check_json_path(errors, path / "jsonPath", text_at(column, {"jsonPath"}));
}

void check_scale(const json::object& scale, const FieldPath& path, ErrorList& errors) {
  struct Entry {
    std::string_view field, root;
    bool required;
  };
  for (const Entry& entry :
       {Entry{"specReplicasPath", ".spec.", true}, Entry{"statusReplicasPath", ".status.", true},
        Entry{"labelSelectorPath", "", false}}) {
    const std::string_view text = text_at(scale, {entry.field});
    const FieldPath at = path / entry.field;
    if (text.empty()) {
      if (entry.required) {
        errors.required(at);
      }
    } else if (entry.root.empty() ? !text.starts_with(".spec.") && !text.starts_with(".status.")
                                  : !text.starts_with(entry.root)) {
      errors.invalid(at, rules::cell(text),
                     entry.root.empty() ? "should be a json path under either .spec or .status"
                                        : fmt::format("should be a json path under {}",
                                                      entry.root.substr(0, entry.root.size() - 1)));
    }
  }
}

void check_version(const json::object& version, const FieldPath& path, ErrorList& errors) {
  const std::string_view name = text_at(version, {"name"});
  if (const Problems problems = check_dns1035_label(name); !problems.empty()) {
    errors.invalid(path / "name", rules::cell(name), joined(problems));
  }
  if (const json::value* warning = value_at(version, {"deprecationWarning"})) {
    const std::string text = rules::scalar_text(warning, "");
    const FieldPath at = path / "deprecationWarning";
    if (!flag_at(version, {"deprecated"})) {
      errors.invalid(at, *warning, "can only be set for deprecated versions");
    } else if (text.size() > kMaxWarning) {
      errors.invalid(at, *warning, "must be <= 256 characters long");
    } else if (text.empty()) {
      errors.invalid(at, *warning, "must not be an empty string");
    }
  }
  if (!rules::has(version, {"schema", "openAPIV3Schema"})) {
    errors.required(path / "schema" / "openAPIV3Schema");
  }
  if (const json::object* scale = object_at(version, {"subresources", "scale"})) {
    check_scale(*scale, path / "subresources" / "scale", errors);
  }
  rules::each(array_at(version, {"additionalPrinterColumns"}),
              [&](const json::object& column, std::size_t i) {
                check_column(column, (path / "additionalPrinterColumns").index(i), errors);
              });
  const json::array* selectable = array_at(version, {"selectableFields"});
  if (selectable != nullptr && selectable->size() > kMaxSelectable) {
    errors.too_many(path / "selectableFields", selectable->size(), kMaxSelectable);
  }
  std::set<std::string, std::less<>> paths;
  rules::each(selectable, [&](const json::object& field, std::size_t i) {
    const FieldPath at = (path / "selectableFields").index(i) / "jsonPath";
    const std::string_view text = text_at(field, {"jsonPath"});
    check_json_path(errors, at, text);
    if (!paths.emplace(text).second) {
      errors.duplicate(at, rules::cell(text));
    }
  });
}

void check_versions(const json::object& object, ErrorList& errors) {
  const json::array* versions = array_at(object, {"spec", "versions"});
  const FieldPath path = "spec.versions";
  std::set<std::string, std::less<>> names;
  std::size_t stored = 0;
  bool unique = true;
  rules::each(versions, [&](const json::object& version, std::size_t i) {
    check_version(version, path.index(i), errors);
    unique = names.emplace(text_at(version, {"name"})).second && unique;
    stored += flag_at(version, {"storage"}) ? 1 : 0;
  });
  const json::value shown = versions == nullptr ? json::value() : json::value(*versions);
  if (!unique) {
    errors.invalid(path, shown, "must contain unique version names");
  }
  if (stored != 1) {
    errors.invalid(path, shown, "must have exactly one version marked as storage version");
  }
}

void check_conversion(const json::object& object, ErrorList& errors) {
  const json::object* conversion = object_at(object, {"spec", "conversion"});
  if (conversion == nullptr) {
    return;
  }
  const FieldPath path = "spec.conversion";
  const std::string_view strategy = text_at(*conversion, {"strategy"});
  const json::object* client = object_at(*conversion, {"webhook", "clientConfig"});
  const json::array* versions = array_at(*conversion, {"webhook", "conversionReviewVersions"});
  rules::required_enumeration(errors, path / "strategy", strategy, {"None", "Webhook"});
  if (strategy != "Webhook") {
    if (rules::has(*conversion, {"webhook"})) {
      errors.forbidden(path / "webhookClientConfig",
                       "should not be set when strategy is not set to Webhook");
    }
    return;
  }
  if (client == nullptr) {
    errors.required(path / "webhookClientConfig", "required when strategy is set to Webhook");
  } else {
    rules::webhook_client(errors, path / "webhookClientConfig", client);
  }
  const FieldPath at = path / "conversionReviewVersions";
  if (versions == nullptr || versions->empty()) {
    errors.required(at);
    return;
  }
  bool known = false;
  rules::each_text(versions, [&](std::string_view version, std::size_t) {
    known = known || version == "v1" || version == "v1beta1";
  });
  if (!known) {
    errors.invalid(at, *versions, "must include at least one of v1, v1beta1");
  }
}

void check_approval(const json::object& object, ErrorList& errors) {
  const std::string_view group = text_at(object, {"spec", "group"});
  const bool guarded = group == "k8s.io" || group == "kubernetes.io" ||
                       group.ends_with(".k8s.io") || group.ends_with(".kubernetes.io");
  const std::string_view approval = text_at(object, {"metadata", "annotations", kApproval});
  const FieldPath path = FieldPath("metadata.annotations").key(kApproval);
  if (!guarded) {
    return;
  }
  if (approval.empty()) {
    errors.required(path,
                    "protected groups must have approval annotation "
                    "\"api-approved.kubernetes.io\", see "
                    "https://github.com/kubernetes/enhancements/pull/1111");
  } else if (!approval.starts_with("unapproved") && approval.find("://") == std::string::npos) {
    errors.invalid(path, rules::cell(approval),
                   "protected groups must have approval annotation "
                   "\"api-approved.kubernetes.io\" with either a URL or a reason starting with "
                   "\"unapproved\", see https://github.com/kubernetes/enhancements/pull/1111");
  }
}

void validate(const json::object& object, ErrorList& errors) {
  const std::string_view name = text_at(object, {"metadata", "name"});
  const std::string_view group = text_at(object, {"spec", "group"});
  if (name != fmt::format("{}.{}", text_at(object, {"spec", "names", "plural"}), group)) {
    errors.invalid("metadata.name", rules::cell(name),
                   "must be spec.names.plural+\".\"+spec.group");
  }
  if (group.empty()) {
    errors.required("spec.group");
  } else if (const Problems problems = check_dns1123_subdomain(group); !problems.empty()) {
    errors.invalid("spec.group", rules::cell(group), joined(problems));
  } else if (group.find('.') == std::string_view::npos) {
    errors.invalid("spec.group", rules::cell(group), "should be a domain with at least one dot");
  }
  rules::required_enumeration(errors, "spec.scope", text_at(object, {"spec", "scope"}),
                              {"Cluster", "Namespaced"});
  check_versions(object, errors);
  check_names(object, errors);
  check_conversion(object, errors);
  if (flag_at(object, {"spec", "preserveUnknownFields"})) {
    errors.invalid("spec.preserveUnknownFields", true, "must be false");
  }
  check_approval(object, errors);
}

bool established(const json::object& object) {
  bool found = false;
  rules::each(array_at(object, {"status", "conditions"}),
              [&](const json::object& condition, std::size_t) {
                found = found || (text_at(condition, {"type"}) == "Established" &&
                                  text_at(condition, {"status"}) == "True");
              });
  return found;
}

void check_stored_versions(const json::object& object, ErrorList& errors) {
  const json::array* stored = array_at(object, {"status", "storedVersions"});
  const FieldPath path = "status.storedVersions";
  if (stored == nullptr || stored->empty()) {
    errors.invalid(path, json::array(), "must have at least one stored version");
    return;
  }
  rules::each_text(stored, [&](std::string_view name, std::size_t i) {
    bool there = false;
    rules::each(array_at(object, {"spec", "versions"}),
                [&](const json::object& version, std::size_t) {
                  there = there || text_at(version, {"name"}) == name;
                });
    if (!there) {
      errors.invalid(path.index(i), rules::cell(name),
                     fmt::format("missing from spec.versions; {0} was previously a storage "
                                 "version, and must remain in spec.versions until a storage "
                                 "migration ensures no data remains persisted in {0} and removes "
                                 "{0} from status.storedVersions",
                                 name));
    }
  });
}

void validate_update(const json::object& object, const json::object& old, ErrorList& errors) {
  if (established(old)) {
    rules::immutable(errors, object, old, {"spec", "scope"}, "spec.scope");
    rules::immutable(errors, object, old, {"spec", "names", "kind"}, "spec.names.kind");
  }
  rules::immutable(errors, object, old, {"spec", "group"}, "spec.group");
  rules::immutable(errors, object, old, {"spec", "names", "plural"}, "spec.names.plural");
  check_stored_versions(object, errors);
}

json::array cells(const json::object& object, WallTime) {
  return {rules::name_cell(object), rules::created_cell(object)};
}

}  // namespace

std::vector<Kind> custom_resource_definition_kinds(const BuiltinSchemas& schemas) {
  return {{.gvk = {"apiextensions.k8s.io", "v1", "CustomResourceDefinition"},
           .plural = "customresourcedefinitions",
           .singular = "customresourcedefinition",
           .short_names = {"crd", "crds"},
           .categories = {"api-extensions"},
           .namespaced = false,
           .schema = &schemas.type("apiextensions/v1.CustomResourceDefinition"),
           .subresources = rules::status_subresource(),
           .allows_unconditional_update = false,
           .columns = {rules::name_column(), rules::created_column()},
           .cells = cells,
           .rules = {.set_defaults = set_defaults,
                     .prepare_create = prepare_create,
                     .prepare_update = prepare_update,
                     .validate =
                         [&schemas](const json::object& object, ErrorList& errors) {
                           validate(object, errors);
                           check_custom_schemas(object, schemas, errors);
                         },
                     .validate_update = validate_update}}};
}

}  // namespace cove::api
