#include "core/api/selector.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/api/names.h"
#include "core/base/strings.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxRequirements = 1'000;

Error bad_selector(std::string cause) {
  return Error{ErrorCode::kInvalidArgument, "read", "a selector", std::move(cause), {}};
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(text.size() > 1 && text[1] != '-' ? 1 : 0);
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size())
    return std::nullopt;
  return number;
}

json::value text_value(std::string_view text) {
  return json::value(json::string_view(text.data(), text.size()));
}

json::value list_value(const std::vector<std::string>& values) {
  json::array list;
  for (const std::string& value : values) list.emplace_back(value);
  return list;
}

// A field as field selectors compare it; `absent` when it is not there.
std::string field_text(const json::value* value, const std::string& absent) {
  if (value == nullptr || value->is_null()) return absent;
  if (value->is_string()) return std::string(view(value->get_string()));
  return value->is_structured() ? std::string() : to_text(*value);
}

// What a field of the schema counts as when it is not in the document.
std::string absent_text(const Schema* schema, const std::vector<std::string>& path) {
  bool pointer = false;
  for (const std::string& name : path) {
    const Field* const field = schema == nullptr ? nullptr : schema->find(name);
    if (field == nullptr) return {};
    pointer = field->pointer;
    schema = field->schema;
  }
  if (schema->type == Type::kBoolean) return "false";
  const bool is_number = schema->type == Type::kInt32 || schema->type == Type::kInt64;
  return is_number && !pointer ? "0" : "";
}

// The terms between commas; an escaped comma is part of its term.
std::vector<std::string_view> split_terms(std::string_view text) {
  std::vector<std::string_view> terms;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ',') {
      terms.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  terms.push_back(text.substr(std::min(start, text.size())));
  return terms;
}

Result<std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      const std::string_view sequence = text.substr(i, 2);
      if (sequence != "\\\\" && sequence != "\\," && sequence != "\\=") {
        return bad_selector(
            fmt::format("invalid field selector: invalid escape sequence: {}", sequence));
      }
      ++i;
    } else if (text[i] == ',' || text[i] == '=') {
      return bad_selector(fmt::format("invalid field selector: unescaped character in value: {}",
                                      static_cast<int>(text[i])));
    }
    out += text[i];
  }
  return out;
}

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == ',' || c == '=') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

// Upstream's grammar, token by token, so that what it takes and what it says agree.
class LabelSelector::Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) { next(); }

  Result<std::vector<Requirement>> parse() {
    std::vector<Requirement> requirements;
    while (true) {
      if (token_.kind == Kind::kEnd) return requirements;
      if (!starts_requirement()) {
        return bad_selector(
            fmt::format("found '{}', expected: !, identifier, or 'end of string'", token_.text));
      }
      auto made = requirement();
      if (made.has_error())
        return bad_selector("unable to parse requirement: " + made.error().cause);
      requirements.push_back(std::move(*made));
      if (requirements.size() > kMaxRequirements)
        return bad_selector("it has too many requirements");
      if (token_.kind == Kind::kEnd) return requirements;
      if (token_.kind != Kind::kComma) {
        return bad_selector(
            fmt::format("found '{}', expected: ',' or 'end of string'", token_.text));
      }
      next();
      if (!starts_requirement())
        return bad_selector(fmt::format("found '{}', expected: identifier after ','", token_.text));
    }
  }

 private:
  enum class Kind { kEnd, kWord, kComma, kOpen, kClose, kNot, kOperator, kError };
  struct Token {
    Kind kind = Kind::kEnd;
    std::string text;
  };

  static bool is_special(char c) {
    return std::string_view("=!(),><").find(c) != std::string_view::npos;
  }
  static bool is_space(char c) {
    return std::string_view(" \t\r\n").find(c) != std::string_view::npos;
  }

  void next() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
    if (rest_.empty() || rest_.front() == '\0') {
      token_ = {};
      return;
    }
    if (!is_special(rest_.front())) {
      const auto stop = std::ranges::find_if(
          rest_, [](char c) { return is_special(c) || is_space(c) || c == '\0'; });
      take(Kind::kWord, static_cast<std::size_t>(stop - rest_.begin()));
      return;
    }
    switch (rest_.front()) {
      case ',': take(Kind::kComma, 1); break;
      case '(': take(Kind::kOpen, 1); break;
      case ')': take(Kind::kClose, 1); break;
      case '!':
        take(rest_.starts_with("!=") ? Kind::kOperator : Kind::kNot,
             rest_.starts_with("!=") ? 2 : 1);
        break;
      case '=': take(Kind::kOperator, rest_.starts_with("==") ? 2 : 1); break;
      default: take(Kind::kOperator, 1); break;
    }
  }
  void take(Kind kind, std::size_t size) {
    token_ = {kind, std::string(rest_.substr(0, size))};
    rest_.remove_prefix(size);
  }

  bool starts_requirement() const {
    return token_.kind == Kind::kWord || token_.kind == Kind::kNot;
  }
  bool ends_requirement() const { return token_.kind == Kind::kEnd || token_.kind == Kind::kComma; }

  Result<Requirement> requirement() {
    const bool negated = token_.kind == Kind::kNot;
    if (negated) next();
    if (token_.kind != Kind::kWord)
      return bad_selector(fmt::format("found '{}', expected: identifier", token_.text));
    std::string key = std::exchange(token_, {}).text;
    next();
    if (const Problems problems = check_qualified_name(key); !problems.empty()) {
      const FieldError error{FieldError::Type::kInvalid,
                             {},
                             text_value(key),
                             fmt::format("{}", fmt::join(problems, "; "))};
      return bad_selector(error.message());
    }
    if (negated) return make(std::move(key), Operator::kDoesNotExist, {});
    if (ends_requirement()) return make(std::move(key), Operator::kExists, {});
    COVE_TRY(const Operator op, take_operator());
    std::vector<std::string> values;
    if (op == Operator::kIn || op == Operator::kNotIn) {
      COVE_TRY(values, take_list());
    } else {
      COVE_TRY(std::string value, take_value());
      values.push_back(std::move(value));
    }
    return make(std::move(key), op, std::move(values));
  }

  Result<Operator> take_operator() {
    const std::string text = token_.text;
    const bool is_word = token_.kind == Kind::kWord;
    if (is_word || token_.kind == Kind::kOperator) {
      const std::pair<std::string_view, Operator> operators[] = {
          {"in", Operator::kIn},           {"notin", Operator::kNotIn},  {"=", Operator::kEquals},
          {"==", Operator::kDoubleEquals}, {"!=", Operator::kNotEquals}, {">", Operator::kGreater},
          {"<", Operator::kLess}};
      for (const auto& [name, op] : operators) {
        if (name != text) continue;
        next();
        return op;
      }
    }
    return bad_selector(fmt::format("found '{}', expected: in, notin, =, ==, !=, gt, lt", text));
  }

  Result<std::string> take_value() {
    if (ends_requirement()) return std::string();
    if (token_.kind != Kind::kWord)
      return bad_selector(fmt::format("found '{}', expected: identifier", token_.text));
    std::string value = std::move(token_.text);
    next();
    return value;
  }

  // "(a,b)"; nothing between commas is an empty value.
  Result<std::vector<std::string>> take_list() {
    if (token_.kind != Kind::kOpen)
      return bad_selector(fmt::format("found '{}' expected: '('", token_.text));
    next();
    std::vector<std::string> values;
    while (true) {
      std::string value;
      if (token_.kind == Kind::kWord) {
        value = std::move(token_.text);
        next();
        if (token_.kind != Kind::kComma && token_.kind != Kind::kClose)
          return bad_selector(fmt::format("found '{}', expected: ',' or ')'", token_.text));
      } else if (token_.kind != Kind::kComma && token_.kind != Kind::kClose) {
        return bad_selector(
            fmt::format("found '{}', expected: ',', ')' or identifier", token_.text));
      }
      values.push_back(std::move(value));
      const bool done = token_.kind == Kind::kClose;
      next();
      if (done) return values;
    }
  }

  std::string_view rest_;
  Token token_;
};

Result<LabelSelector::Requirement> LabelSelector::make(std::string key, Operator op,
                                                       std::vector<std::string> values) {
  ErrorList errors;
  const FieldPath path("values");
  if (const Problems problems = check_qualified_name(key); !problems.empty())
    errors.invalid("key", text_value(key), fmt::format("{}", fmt::join(problems, "; ")));
  Requirement requirement;
  const bool has_bound = op == Operator::kGreater || op == Operator::kLess;
  if ((op == Operator::kIn || op == Operator::kNotIn) && values.empty()) {
    errors.invalid(path, list_value(values),
                   "for 'in', 'notin' operators, values set can't be empty");
  } else if ((op == Operator::kExists || op == Operator::kDoesNotExist) && !values.empty()) {
    errors.invalid(path, list_value(values),
                   "values set must be empty for exists and does not exist");
  } else if (has_bound) {
    const auto bound = parse_integer(values.front());
    requirement.bound = bound.value_or(0);
    if (!bound) {
      errors.invalid(path.index(0), text_value(values.front()),
                     "for 'Gt', 'Lt' operators, the value must be an integer");
    }
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (const Problems problems = check_label_value(values[i]); !problems.empty()) {
      errors.invalid(path.index(i).key(key), text_value(values[i]),
                     fmt::format("{}", fmt::join(problems, "; ")));
    }
  }
  if (!errors.empty()) return bad_selector(errors.message());
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
  requirement.key = std::move(key);
  requirement.op = op;
  requirement.values = std::move(values);
  return requirement;
}

void LabelSelector::sort() {
  std::ranges::stable_sort(requirements_, {}, &Requirement::key);
}

Result<LabelSelector> LabelSelector::parse(std::string_view text) {
  LabelSelector selector;
  COVE_TRY(selector.requirements_, Parser(text).parse());
  selector.sort();
  return selector;
}

Result<LabelSelector> LabelSelector::from_document(const json::object* document) {
  if (document == nullptr) return nothing();
  LabelSelector selector;
  if (const json::object* const labels = object_at(*document, {"matchLabels"})) {
    for (const auto& [name, value] : *labels) {
      const std::string_view text = value.is_string() ? view(value.get_string()) : "";
      COVE_TRY(Requirement made,
               make({name.data(), name.size()}, Operator::kEquals, {std::string(text)}));
      selector.requirements_.push_back(std::move(made));
    }
  }
  if (const json::array* const expressions = array_at(*document, {"matchExpressions"})) {
    for (const json::value& each : *expressions) {
      const json::object* const expression = each.if_object();
      if (expression == nullptr) continue;
      const std::string_view name = text_at(*expression, {"operator"});
      const Operator op = name == "In"       ? Operator::kIn
                          : name == "NotIn"  ? Operator::kNotIn
                          : name == "Exists" ? Operator::kExists
                                             : Operator::kDoesNotExist;
      if (op == Operator::kDoesNotExist && name != "DoesNotExist") {
        return bad_selector(fmt::format("{} is not a valid label selector operator", quote(name)));
      }
      std::vector<std::string> values;
      if (const json::array* const list = array_at(*expression, {"values"})) {
        for (const json::value& value : *list) {
          if (value.is_string()) values.emplace_back(view(value.get_string()));
        }
      }
      COVE_TRY(Requirement made,
               make(std::string(text_at(*expression, {"key"})), op, std::move(values)));
      selector.requirements_.push_back(std::move(made));
    }
  }
  selector.sort();
  return selector;
}

LabelSelector LabelSelector::from_labels(const json::object& labels) {
  LabelSelector selector;
  for (const auto& [name, value] : labels) {
    Requirement requirement;
    requirement.key = std::string(name.data(), name.size());
    requirement.op = Operator::kEquals;
    requirement.values.emplace_back(value.is_string() ? view(value.get_string()) : "");
    selector.requirements_.push_back(std::move(requirement));
  }
  selector.sort();
  return selector;
}

LabelSelector LabelSelector::nothing() {
  LabelSelector selector;
  selector.nothing_ = true;
  return selector;
}

bool LabelSelector::Requirement::accepts(const json::value* label) const {
  const json::string* const text = label == nullptr ? nullptr : label->if_string();
  const auto is_listed = [&] {
    return std::ranges::any_of(values,
                               [&](const std::string& value) { return value == view(*text); });
  };
  switch (op) {
    case Operator::kIn:
    case Operator::kEquals:
    case Operator::kDoubleEquals: return text != nullptr && is_listed();
    case Operator::kNotIn:
    case Operator::kNotEquals: return text == nullptr || !is_listed();
    case Operator::kExists: return text != nullptr;
    case Operator::kDoesNotExist: return text == nullptr;
    case Operator::kGreater:
    case Operator::kLess: break;
  }
  const auto number = text == nullptr ? std::nullopt : parse_integer(view(*text));
  return number && (op == Operator::kGreater ? *number > bound : *number < bound);
}

std::string LabelSelector::Requirement::text() const {
  const std::string list = fmt::format("{}", fmt::join(values, ","));
  switch (op) {
    case Operator::kIn: return fmt::format("{} in ({})", key, list);
    case Operator::kNotIn: return fmt::format("{} notin ({})", key, list);
    case Operator::kEquals: return fmt::format("{}={}", key, list);
    case Operator::kDoubleEquals: return fmt::format("{}=={}", key, list);
    case Operator::kNotEquals: return fmt::format("{}!={}", key, list);
    case Operator::kGreater: return fmt::format("{}>{}", key, list);
    case Operator::kLess: return fmt::format("{}<{}", key, list);
    case Operator::kDoesNotExist: return "!" + key;
    case Operator::kExists: break;
  }
  return key;
}

bool LabelSelector::matches(const json::object& document) const {
  if (requirements_.empty()) return !nothing_;
  return matches_labels(object_at(document, {"metadata", "labels"}));
}

bool LabelSelector::matches_labels(const json::object* labels) const {
  if (nothing_) return false;
  return std::ranges::all_of(requirements_, [&](const Requirement& requirement) {
    return requirement.accepts(labels == nullptr ? nullptr
                                                 : labels->if_contains(key(requirement.key)));
  });
}

std::string LabelSelector::text() const {
  std::string text;
  for (const Requirement& requirement : requirements_) {
    if (!text.empty()) text += ',';
    text += requirement.text();
  }
  return text;
}

std::optional<std::string> LabelSelector::exact(std::string_view label) const {
  const auto found = std::ranges::find(requirements_, label, &Requirement::key);
  if (found == requirements_.end() || found->values.size() != 1) return std::nullopt;
  const bool is_exact = found->op == Operator::kIn || found->op == Operator::kEquals ||
                        found->op == Operator::kDoubleEquals;
  return is_exact ? std::optional(found->values.front()) : std::nullopt;
}

Result<FieldSelector> FieldSelector::parse(std::string_view text, const Kind& kind) {
  FieldSelector selector;
  std::vector<std::string_view> parts = split_terms(text);
  std::ranges::sort(parts);
  for (const std::string_view part : parts) {
    if (part.empty()) continue;
    if (selector.terms_.size() >= kMaxRequirements)
      return bad_selector("it has too many requirements");
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos) {
      return bad_selector(fmt::format("invalid selector: '{}'; can't understand '{}'", text, part));
    }
    Term term;
    term.negated = equals > 0 && part[equals - 1] == '!';
    term.field = part.substr(0, term.negated ? equals - 1 : equals);
    const bool doubled = !term.negated && part.substr(equals).starts_with("==");
    COVE_TRY(term.value, unescape(part.substr(equals + (doubled ? 2 : 1))));
    const bool is_name = term.field == "metadata.name" || term.field == "metadata.namespace";
    if (!is_name &&
        std::ranges::find(kind.selectable_fields, term.field) == kind.selectable_fields.end()) {
      return bad_selector(kind.selectable_fields.empty()
                              ? fmt::format("{} is not a known field selector: only "
                                            "\"metadata.name\", \"metadata.namespace\"",
                                            quote(term.field))
                              : fmt::format("field label not supported: {}", term.field));
    }
    term.path = split(term.field, '.');
    term.absent = absent_text(kind.schema, term.path);
    selector.terms_.push_back(std::move(term));
  }
  return selector;
}

bool FieldSelector::Term::accepts(const json::object& document) const {
  const json::object* here = &document;
  const json::value* found = nullptr;
  for (const std::string& step : path) {
    found = here == nullptr ? nullptr : here->if_contains(key(step));
    if (found == nullptr) break;
    here = found->if_object();
  }
  // Texts, which nearly all are, are compared where they stand.
  const bool equal = found != nullptr && found->is_string() ? view(found->get_string()) == value
                                                            : field_text(found, absent) == value;
  return equal != negated;
}

bool FieldSelector::matches(const json::object& document) const {
  return std::ranges::all_of(terms_, [&](const Term& term) { return term.accepts(document); });
}

std::string FieldSelector::text() const {
  std::string text;
  for (const Term& term : terms_) {
    if (!text.empty()) text += ',';
    text += fmt::format("{}{}{}", term.field, term.negated ? "!=" : "=", escape(term.value));
  }
  return text;
}

std::optional<std::string> FieldSelector::exact(std::string_view field) const {
  for (const Term& term : terms_) {
    if (term.field == field && !term.negated) return term.value;
  }
  return std::nullopt;
}

}  // namespace cove::api
