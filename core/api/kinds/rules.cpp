#include "core/api/kinds/rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/api/quantity.h"
#include "core/api/time.h"

namespace cove::api::rules {

json::object* object_in(json::object& object, Steps path) {
  return const_cast<json::object*>(object_at(object, path));
}

json::array* array_in(json::object& object, Steps path) {
  return const_cast<json::array*>(array_at(object, path));
}

bool has(const json::object& object, Steps path) {
  return value_at(object, path) != nullptr;
}

std::size_t size_at(const json::object& object, Steps path) {
  const json::value* value = value_at(object, path);
  if (value == nullptr) {
    return 0;
  }
  return value->is_array() ? value->get_array().size()
                           : (value->is_object() ? value->get_object().size() : 0);
}

bool one_of(std::string_view text, Values values) {
  return std::find(values.begin(), values.end(), text) != values.end();
}

bool same_at(const json::object& a, const json::object& b, Steps path) {
  const json::value* left = value_at(a, path);
  const json::value* right = value_at(b, path);
  return left == nullptr || right == nullptr ? left == right : same(*left, *right);
}

void restore(json::object& object, const json::object& old, Steps path) {
  if (const json::value* value = value_at(old, path)) {
    set_at(object, path, *value);
  } else {
    erase_at(object, path);
  }
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') {
      c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return result;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(at + 1);
  }
}

std::vector<Subresource> status_subresource() {
  return {{.name = "status", .verbs = {"get", "patch", "update"}}};
}

Column name_column() {
  return {.name = "Name", .type = "string", .format = "name", .description = "Name of the object."};
}

Column age_column() {
  return column("Age", "Time since the object was made.");
}

Column created_column() {
  return column("Created At", "When the object was made.");
}

Column column(std::string_view name, std::string_view description, int priority,
              std::string_view type) {
  return {.name = std::string(name),
          .type = std::string(type),
          .description = std::string(description),
          .priority = priority};
}

json::value cell(std::string_view text) {
  return json::value(key(text));
}

json::value name_cell(const json::object& object) {
  return cell(text_at(object, {"metadata", "name"}));
}

json::value age_cell(const json::object& object, WallTime now) {
  return cell(since(text_at(object, {"metadata", "creationTimestamp"}), now));
}

json::value created_cell(const json::object& object) {
  return cell(text_at(object, {"metadata", "creationTimestamp"}));
}

std::string since(std::string_view time, WallTime now) {
  return age(time, now);
}

std::string span_text(std::int64_t seconds) {
  // Beyond what a duration can say, nobody tells the difference.
  constexpr std::int64_t kMost = 9'000'000'000;
  return human_duration(std::chrono::seconds(std::clamp(seconds, -kMost, kMost)));
}

std::string yes_no(bool value) {
  return value ? "true" : "false";
}

std::string join(const std::vector<std::string>& texts, std::string_view separator) {
  return fmt::format("{}", fmt::join(texts, separator));
}

std::string join(const json::array* texts, std::string_view separator) {
  std::vector<std::string> parts;
  each_text(texts, [&](std::string_view text, std::size_t) { parts.emplace_back(text); });
  return join(parts, separator);
}

namespace {

struct Requirement {
  std::string key;
  std::string text;
};

std::vector<Requirement> equalities(const json::object* labels) {
  std::vector<Requirement> found;
  each_member(labels, [&](std::string_view name, const json::value& value) {
    found.push_back({std::string(name), fmt::format("{}={}", name, scalar_text(&value, ""))});
  });
  return found;
}

std::string in_order(std::vector<Requirement> requirements) {
  std::stable_sort(requirements.begin(), requirements.end(),
                   [](const Requirement& a, const Requirement& b) { return a.key < b.key; });
  std::vector<std::string> texts;
  for (Requirement& requirement : requirements) {
    texts.push_back(std::move(requirement.text));
  }
  return join(texts, ",");
}

std::string expression_text(const json::object& expression) {
  const std::string_view name = text_at(expression, {"key"});
  const std::string_view op = text_at(expression, {"operator"});
  if (op == "Exists") {
    return std::string(name);
  }
  if (op == "DoesNotExist") {
    return fmt::format("!{}", name);
  }
  std::vector<std::string> values;
  each_text(array_at(expression, {"values"}),
            [&](std::string_view text, std::size_t) { values.emplace_back(text); });
  std::sort(values.begin(), values.end());
  return fmt::format("{} {} ({})", name, op == "In" ? "in" : "notin", join(values, ","));
}

}  // namespace

std::string labels_text(const json::object* labels, std::string_view empty) {
  const std::string text = in_order(equalities(labels));
  return text.empty() ? std::string(empty) : text;
}

std::string selector_text(const json::object* selector) {
  if (selector == nullptr) {
    return "<none>";
  }
  std::vector<Requirement> requirements = equalities(object_at(*selector, {"matchLabels"}));
  each(array_at(*selector, {"matchExpressions"}), [&](const json::object& expression, std::size_t) {
    requirements.push_back(
        {std::string(text_at(expression, {"key"})), expression_text(expression)});
  });
  const std::string text = in_order(std::move(requirements));
  return text.empty() ? "<none>" : text;
}

std::string scalar_text(const json::value* value, std::string_view absent) {
  if (value == nullptr || value->is_null()) {
    return std::string(absent);
  }
  return value->is_string() ? std::string(view(value->get_string())) : to_text(*value);
}

// ---- Checks

void required_text(ErrorList& errors, const FieldPath& path, std::string_view value,
                   std::string detail) {
  if (value.empty()) {
    errors.required(path, std::move(detail));
  }
}

void enumeration(ErrorList& errors, const FieldPath& path, std::string_view value, Values values) {
  if (!value.empty() && !one_of(value, values)) {
    errors.not_supported(path, cell(value), {values.begin(), values.end()});
  }
}

void required_enumeration(ErrorList& errors, const FieldPath& path, std::string_view value,
                          Values values) {
  required_text(errors, path, value);
  enumeration(errors, path, value, values);
}

void immutable(ErrorList& errors, const json::object& object, const json::object& old, Steps path,
               const FieldPath& at) {
  if (!same_at(object, old, path)) {
    const json::value* value = value_at(object, path);
    errors.invalid(at, value == nullptr ? json::value() : *value, "field is immutable");
  }
}

void not_negative(ErrorList& errors, const FieldPath& path, std::optional<std::int64_t> value) {
  if (value && *value < 0) {
    errors.invalid(path, *value, "must be greater than or equal to 0");
  }
}

void name(ErrorList& errors, const FieldPath& path, std::string_view value, NameRule rule) {
  add_problems(errors, path, value, check_name(value, rule));
}

void label_selector(ErrorList& errors, const FieldPath& path, const json::object* selector) {
  if (selector == nullptr) {
    return;
  }
  labels(errors, path / "matchLabels", object_at(*selector, {"matchLabels"}));
  each(array_at(*selector, {"matchExpressions"}),
       [&](const json::object& expression, std::size_t i) {
         const FieldPath at = (path / "matchExpressions").index(i);
         const std::string_view op = text_at(expression, {"operator"});
         const std::string_view name = text_at(expression, {"key"});
         const json::array* values = array_at(expression, {"values"});
         const bool empty = values == nullptr || values->empty();
         if (op == "In" || op == "NotIn") {
           if (empty) {
             errors.required(at / "values", "must be specified when `operator` is 'In' or 'NotIn'");
           }
         } else if (op == "Exists" || op == "DoesNotExist") {
           if (!empty) {
             errors.forbidden(at / "values",
                              "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
           }
         } else {
           errors.invalid(at / "operator", cell(op), "not a valid selector operator");
         }
         add_problems(errors, at / "key", name, check_qualified_name(name));
         each_text(values, [&](std::string_view value, std::size_t j) {
           add_problems(errors, (at / "values").index(j), value, check_label_value(value));
         });
       });
}

void labels(ErrorList& errors, const FieldPath& path, const json::object* labels) {
  each_member(labels, [&](std::string_view name, const json::value& value) {
    add_problems(errors, path, name, check_qualified_name(name));
    const std::string text = scalar_text(&value, "");
    add_problems(errors, path, text, check_label_value(text));
  });
}

void port(ErrorList& errors, const FieldPath& path, std::optional<std::int64_t> value) {
  for (const std::string& problem : value ? check_port_number(*value) : Problems()) {
    errors.invalid(path, *value, problem);
  }
}

void special_ip(ErrorList& errors, const FieldPath& path, std::string_view ip) {
  const std::string text = canonical_ip(ip);
  const auto refuse = [&](std::string detail) {
    errors.invalid(path, cell(ip), std::move(detail));
  };
  if (text == "0.0.0.0" || text == "::") {
    refuse(fmt::format("may not be unspecified ({})", text));
  } else if (text.starts_with("127.") || text == "::1") {
    refuse("may not be in the loopback range (127.0.0.0/8, ::1/128)");
  } else if (text.starts_with("169.254.") || text.starts_with("fe80:")) {
    refuse("may not be in the link-local range (169.254.0.0/16, fe80::/10)");
  } else if (text.starts_with("224.0.0.") || text.starts_with("ff02:")) {
    refuse("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
  }
}

void quantity_not_negative(ErrorList& errors, const FieldPath& path, const json::value& value) {
  const std::string text = scalar_text(&value, "");
  const auto quantity = Quantity::parse(text);
  if (quantity.has_value() && quantity->sign() < 0) {
    errors.invalid(path, cell(text), "must be greater than or equal to 0");
  }
}

void resource_list(ErrorList& errors, const FieldPath& path, const json::object* list) {
  each_member(list, [&](std::string_view name, const json::value& value) {
    add_problems(errors, path.key(name), name, check_qualified_name(name));
    quantity_not_negative(errors, path.key(name), value);
  });
}

void count_or_percent(ErrorList& errors, const FieldPath& path, const json::value& value) {
  if (value.is_string()) {
    const std::string_view text = view(value.get_string());
    const Problems problems = check_percent(text);
    add_problems(errors, path, text, problems);
    const std::string_view digits = text.substr(std::min(text.find_first_not_of('0'), text.size()));
    if (problems.empty() && digits.size() > 3 && digits != "100%") {
      errors.invalid(path, value, "must not be greater than 100%");
    }
  } else if (value.is_int64() && value.get_int64() < 0) {
    errors.invalid(path, value, "must be greater than or equal to 0");
  }
}

namespace {

// What stands in "https://user@host/path?query#fragment".
struct Url {
  std::string_view scheme, user, host, query, fragment;
};

Url read_url(std::string_view text) {
  Url url;
  if (const std::size_t at = text.find('#'); at != std::string_view::npos) {
    url.fragment = text.substr(at + 1);
    text = text.substr(0, at);
  }
  if (const std::size_t at = text.find('?'); at != std::string_view::npos) {
    url.query = text.substr(at + 1);
    text = text.substr(0, at);
  }
  const std::size_t at = text.find("://");
  if (at == std::string_view::npos) {
    return url;
  }
  url.scheme = text.substr(0, at);
  text.remove_prefix(at + 3);
  url.host = text.substr(0, text.find('/'));
  if (const std::size_t sign = url.host.rfind('@'); sign != std::string_view::npos) {
    url.user = url.host.substr(0, sign);
    url.host.remove_prefix(sign + 1);
  }
  return url;
}

void webhook_url(ErrorList& errors, const FieldPath& path, std::string_view text) {
  const Url url = read_url(text);
  if (url.scheme != "https") {
    errors.invalid(path, cell(url.scheme),
                   "'https' is the only allowed URL scheme; desired format: https://host[/path]");
  }
  if (url.host.empty()) {
    errors.invalid(path, "", "host must be specified; desired format: https://host[/path]");
  }
  if (!url.user.empty()) {
    errors.invalid(path, cell(url.user), "user information is not permitted in the URL");
  }
  if (!url.fragment.empty()) {
    errors.invalid(path, cell(url.fragment), "fragments are not permitted in the URL");
  }
  if (!url.query.empty()) {
    errors.invalid(path, cell(url.query), "query parameters are not permitted in the URL");
  }
}

void webhook_path(ErrorList& errors, const FieldPath& path, std::string_view text) {
  if (text.empty() || text == "/") {
    return;
  }
  const json::value value = cell(text);
  if (text == "//") {
    errors.invalid(path, value, "segment[0] may not be empty");
    return;
  }
  if (!text.starts_with('/')) {
    errors.invalid(path, value, "must start with a '/'");
  }
  std::string_view rest = text.substr(1);
  if (rest.ends_with('/')) {
    rest.remove_suffix(1);
  }
  const std::vector<std::string> segments = split(rest, '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (segments[i].empty()) {
      errors.invalid(path, value, fmt::format("segment[{}] may not be empty", i));
      continue;
    }
    for (const std::string& problem : check_dns1123_subdomain(segments[i])) {
      errors.invalid(path, value, fmt::format("segment[{}]: {}", i, problem));
    }
  }
}

}  // namespace

void webhook_client(ErrorList& errors, const FieldPath& path, const json::object* client) {
  const json::object none;
  const json::object& config = client == nullptr ? none : *client;
  const json::object* service = object_at(config, {"service"});
  if (has(config, {"url"}) == (service != nullptr)) {
    errors.required(path, "exactly one of url or service is required");
  } else if (service != nullptr) {
    webhook_service(errors, path / "service", *service, true);
  } else {
    webhook_url(errors, path / "url", text_at(config, {"url"}));
  }
}

void webhook_service(ErrorList& errors, const FieldPath& path, const json::object& service,
                     bool with_path) {
  required_text(errors, path / "name", text_at(service, {"name"}));
  required_text(errors, path / "namespace", text_at(service, {"namespace"}));
  const std::int64_t number = integer_at(service, {"port"}).value_or(443);
  for (const std::string& problem : check_port_number(number)) {
    errors.invalid(path / "port", number, "port is not valid: " + problem);
  }
  if (with_path) {
    webhook_path(errors, path / "path", text_at(service, {"path"}));
  }
}

}  // namespace cove::api::rules
