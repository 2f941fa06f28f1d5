#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/api/kinds/pod_spec.h"
#include "core/api/kinds/rules.h"
#include "core/api/quantity.h"

namespace cove::api::pods {
namespace {

// Paths that can be named at all; a path that is none of them is no field of pods.
constexpr std::array<std::string_view, 14> kPodFields = {"metadata.annotations",
                                                         "metadata.labels",
                                                         "metadata.name",
                                                         "metadata.namespace",
                                                         "metadata.uid",
                                                         "spec.nodeName",
                                                         "spec.host",
                                                         "spec.restartPolicy",
                                                         "spec.schedulerName",
                                                         "spec.serviceAccountName",
                                                         "status.phase",
                                                         "status.hostIP",
                                                         "status.podIP",
                                                         "status.podIPs"};

// "metadata.labels['key']" is its path and its key; any other text is a path alone.
struct Subscripted {
  std::string_view path;
  std::string_view key;
  bool subscripted = false;
};

Subscripted split_subscript(std::string_view text) {
  const std::size_t open = text.find("['");
  if (open == std::string_view::npos || !text.ends_with("']")) return {text, {}, false};
  return {text.substr(0, open), text.substr(open + 2, text.size() - open - 4), true};
}

void check_source_key(ErrorList& errors, const FieldPath& path, const json::object& source) {
  if (text_at(source, {"name"}).empty()) errors.required(path / "name");
  const std::string_view key = text_at(source, {"key"});
  if (key.empty()) {
    errors.required(path / "key");
  } else {
    add_problems(errors, path / "key", key, check_config_map_key(key));
  }
}

void check_file_key(ErrorList& errors, const FieldPath& path, const json::object& source) {
  const std::string_view volume = text_at(source, {"volumeName"});
  if (volume.empty()) {
    errors.required(path / "volumeName");
  } else {
    add_problems(errors, path / "volumeName", volume, check_dns1123_label(volume));
  }
  const std::string_view file = text_at(source, {"path"});
  if (file.empty()) {
    errors.required(path / "path");
  } else {
    validate_descending_path(errors, path / "path", file);
  }
  const std::string_view key = text_at(source, {"key"});
  if (key.empty()) {
    errors.required(path / "key");
  } else {
    add_problems(errors, path / "key", key, check_env_var_name(key));
  }
}

void check_value_from(ErrorList& errors, const FieldPath& path, const json::object& variable) {
  static const std::vector<std::string> fields = {
      "metadata.name",  "metadata.namespace", "metadata.uid",
      "spec.nodeName",  "status.hostIP",      "spec.serviceAccountName",
      "status.hostIPs", "status.podIP",       "status.podIPs"};
  const json::object* const from = object_at(variable, {"valueFrom"});
  if (from == nullptr) return;
  std::size_t sources = 0;
  const auto source = [&](std::string_view name, auto check) {
    const json::object* const given = object_at(*from, {name});
    if (given == nullptr) return;
    ++sources;
    check(path / name, *given);
  };
  source("fieldRef", [&](const FieldPath& at, const json::object& reference) {
    validate_field_ref(errors, at, reference, fields);
  });
  source("resourceFieldRef", [&](const FieldPath& at, const json::object& reference) {
    validate_resource_field_ref(errors, at, reference, false);
  });
  for (const std::string_view name : {"configMapKeyRef", "secretKeyRef"}) {
    source(name, [&](const FieldPath& at, const json::object& reference) {
      check_source_key(errors, at, reference);
    });
  }
  source("fileKeyRef", [&](const FieldPath& at, const json::object& reference) {
    check_file_key(errors, at, reference);
  });
  if (sources == 0) {
    errors.invalid(path, "",
                   "must specify one of: `configMapKeyRef`, `fieldRef`, `fileKeyRef`, "
                   "`resourceFieldRef` or `secretKeyRef`");
  } else if (!text_at(variable, {"value"}).empty()) {
    errors.invalid(path, "", "may not be specified when `value` is not empty");
  } else if (sources > 1) {
    errors.invalid(path, "", "may not have more than one field specified at a time");
  }
}

void check_from_all(ErrorList& errors, const FieldPath& path, const json::object& source) {
  const std::string_view prefix = text_at(source, {"prefix"});
  if (!prefix.empty()) {
    add_problems(errors, path / "prefix", prefix, check_env_var_name(prefix));
  }
  std::size_t sources = 0;
  for (const std::string_view name : {"configMapRef", "secretRef"}) {
    const json::object* const given = object_at(source, {name});
    if (given == nullptr) continue;
    ++sources;
    if (text_at(*given, {"name"}).empty()) errors.required(path / name / "name");
  }
  if (sources == 0) {
    errors.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`");
  } else if (sources > 1) {
    errors.invalid(path, "", "may not have more than one field specified at a time");
  }
}

}  // namespace

void validate_field_ref(ErrorList& errors, const FieldPath& path, const json::object& reference,
                        const std::vector<std::string>& fields) {
  const std::string_view field = text_at(reference, {"fieldPath"});
  if (text_at(reference, {"apiVersion"}).empty()) {
    errors.required(path / "apiVersion");
    return;
  }
  if (field.empty()) {
    errors.required(path / "fieldPath");
    return;
  }
  const Subscripted parts = split_subscript(field);
  if (std::ranges::find(kPodFields, parts.path) == kPodFields.end() &&
      parts.path != "status.hostIPs") {
    errors.invalid(path / "fieldPath", json::string(field),
                   fmt::format("error converting fieldPath: field label not supported: {}", field));
    return;
  }
  if (!parts.subscripted) {
    if (std::ranges::find(fields, field) == fields.end()) {
      errors.not_supported(path / "fieldPath", json::string(field), fields);
    }
  } else if (parts.path == "metadata.annotations") {
    add_problems(errors, path, parts.key, check_qualified_name(rules::lower(parts.key)));
  } else if (parts.path == "metadata.labels") {
    add_problems(errors, path, parts.key, check_qualified_name(parts.key));
  } else {
    errors.invalid(path, json::string(parts.path), "does not support subscript");
  }
}

void validate_resource_field_ref(ErrorList& errors, const FieldPath& path,
                                 const json::object& reference, bool volume) {
  static const std::vector<std::string> resources = {
      "limits.cpu",   "limits.ephemeral-storage",   "limits.memory",
      "requests.cpu", "requests.ephemeral-storage", "requests.memory"};
  const std::string_view resource = text_at(reference, {"resource"});
  if (volume && text_at(reference, {"containerName"}).empty()) {
    errors.required(path / "containerName");
    return;
  }
  if (resource.empty()) {
    errors.required(path / "resource");
    return;
  }
  const bool huge =
      resource.starts_with("requests.hugepages-") || resource.starts_with("limits.hugepages-");
  if (std::ranges::find(resources, resource) == resources.end() && !huge) {
    errors.not_supported(path / "resource", json::string(resource), resources);
    return;
  }
  const std::string_view text = text_at(reference, {"divisor"});
  const auto divisor = Quantity::parse(text.empty() ? "0" : text);
  if (!divisor || divisor->is_zero()) return;
  if (resource.ends_with(".cpu")) {
    if (divisor->milli_value() != 1 && divisor->milli_value() != 1000) {
      errors.invalid(path / "divisor", json::string(text),
                     "only divisor's values 1m and 1 are supported with the cpu resource");
    }
    return;
  }
  static const std::vector<std::string> units = {"1",   "1k",  "1M",  "1G",  "1T",  "1P", "1E",
                                                 "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"};
  if (std::ranges::find(units, divisor->text()) == units.end()) {
    const std::string_view name = resource.substr(resource.find('.') + 1);
    errors.invalid(path / "divisor", json::string(text),
                   fmt::format("only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, "
                               "1Ti, 1Pi, 1Ei are supported with the {} resource",
                               name.starts_with("hugepages-") ? "hugepages" : name));
  }
}

void validate_environment(ErrorList& errors, const FieldPath& path, const json::object& container) {
  rules::each(array_at(container, {"env"}), [&](const json::object& variable, std::size_t i) {
    const FieldPath at = (path / "env").index(i);
    const std::string_view name = text_at(variable, {"name"});
    if (name.empty()) {
      errors.required(at / "name");
    } else {
      add_problems(errors, at / "name", name, check_env_var_name(name));
    }
    check_value_from(errors, at / "valueFrom", variable);
  });
  rules::each(array_at(container, {"envFrom"}), [&](const json::object& source, std::size_t i) {
    check_from_all(errors, (path / "envFrom").index(i), source);
  });
}

}  // namespace cove::api::pods
