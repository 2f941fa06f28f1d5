#include "core/api/kinds/admission_rules.h"

#include <algorithm>
#include <set>

#include "core/api/kinds/rules.h"

namespace cove::api::admission {
namespace {

constexpr std::size_t kMaxConditions = 64;

bool contains(const json::array& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(), [&](const json::value& value) {
    return value.is_string() && view(value.get_string()) == text;
  });
}

// A list that must not be empty, hold empty texts, or hold more than "*" when it holds that.
const json::array* check_list(const json::object& rule, std::string_view field,
                              const FieldPath& path, bool empty_texts, ErrorList& errors) {
  const json::array* list = array_at(rule, {field});
  const FieldPath at = path / field;
  if (list == nullptr || list->empty()) {
    errors.required(at);
    return nullptr;
  }
  if (contains(*list, "*") && list->size() > 1) {
    errors.invalid(at, *list,
                   "if '*' is present, must not specify other " +
                       std::string(field == "operations"    ? "operations"
                                   : field == "apiGroups"   ? "API groups"
                                   : field == "apiVersions" ? "API versions"
                                                            : "resources"));
  }
  if (!empty_texts) {
    rules::each_text(list, [&](std::string_view text, std::size_t i) {
      rules::required_text(errors, at.index(i), text);
    });
  }
  return list;
}

void check_resources(const json::array& resources, const FieldPath& path, ErrorList& errors) {
  const bool all = contains(resources, "*/*");
  if (all && resources.size() > 1) {
    errors.invalid(path, resources, "if '*/*' is present, must not specify other resources");
    return;
  }
  rules::each_text(&resources, [&](std::string_view text, std::size_t i) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) {
      if (text != "*" && contains(resources, "*") && resources.size() > 1) {
        errors.invalid(path.index(i), rules::cell(text),
                       "if '*' is present, must not specify other resources without "
                       "subresources");
      }
      return;
    }
    const std::string_view resource = text.substr(0, slash);
    const std::string_view part = text.substr(slash + 1);
    if (part != "*" && contains(resources, std::string(resource) + "/*")) {
      errors.invalid(
          path.index(i), rules::cell(text),
          "if '" + std::string(resource) + "/*' is present, must not specify " + std::string(text));
    } else if (resource != "*" && contains(resources, "*/" + std::string(part))) {
      errors.invalid(
          path.index(i), rules::cell(text),
          "if '*/" + std::string(part) + "' is present, must not specify " + std::string(text));
    }
  });
}

}  // namespace

void check_rule(const json::object& rule, const FieldPath& path, ErrorList& errors) {
  rules::each_text(check_list(rule, "operations", path, true, errors),
                   [&](std::string_view operation, std::size_t i) {
                     rules::enumeration(errors, (path / "operations").index(i), operation,
                                        {"*", "CONNECT", "CREATE", "DELETE", "UPDATE"});
                   });
  check_list(rule, "apiGroups", path, true, errors);
  check_list(rule, "apiVersions", path, false, errors);
  const json::array* resources = array_at(rule, {"resources"});
  if (resources == nullptr || resources->empty()) {
    errors.required(path / "resources");
  } else {
    check_resources(*resources, path / "resources", errors);
  }
  rules::enumeration(errors, path / "scope", text_at(rule, {"scope"}),
                     {"*", "Cluster", "Namespaced"});
}

void check_conditions(const json::object& owner, const FieldPath& path, ErrorList& errors) {
  const json::array* conditions = array_at(owner, {"matchConditions"});
  if (conditions != nullptr && conditions->size() > kMaxConditions) {
    errors.too_many(path, conditions->size(), kMaxConditions);
  }
  std::set<std::string, std::less<>> names;
  rules::each(conditions, [&](const json::object& condition, std::size_t i) {
    const FieldPath at = path.index(i);
    const std::string_view name = text_at(condition, {"name"});
    if (rules::trim(text_at(condition, {"expression"})).empty()) {
      errors.required(at / "expression");
    }
    if (name.empty()) {
      errors.required(at / "name");
    } else {
      add_problems(errors, at / "name", name, check_qualified_name(name));
      if (!names.emplace(name).second) {
        errors.duplicate(at / "name", rules::cell(name));
      }
    }
  });
}

}  // namespace cove::api::admission
