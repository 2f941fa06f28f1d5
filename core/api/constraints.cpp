#include "core/api/constraints.h"

#include <fmt/format.h>

#include <algorithm>
// Of the matcher of this file alone, whose iterator nobody else has.
#define BOOST_REGEX_MAX_STATE_COUNT (1 << 23)
#include <boost/regex.hpp>
#include <cmath>
#include <compare>
#include <iterator>
#include <limits>
#include <set>

#include "core/api/formats.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxPatternBytes = 10'000;

std::wstring widen(std::string_view text) {
  std::wstring wide;
  wide.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const std::size_t length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    std::uint32_t number = length == 1 ? byte : byte & (0xffu >> (length + 1));
    for (std::size_t at = i + 1; at < std::min(i + length, text.size()); ++at)
      number = (number << 6) | (static_cast<unsigned char>(text[at]) & 0x3fu);
    wide += static_cast<wchar_t>(number);
    i += length;
  }
  return wide;
}

// A place in a text that counts how often it is looked at, and ends the search by throwing.
class CountedPlace {
 public:
  using iterator_category = std::random_access_iterator_tag;
  using value_type = wchar_t;
  using difference_type = std::ptrdiff_t;
  using pointer = const wchar_t*;
  using reference = const wchar_t&;

  CountedPlace() = default;
  CountedPlace(const wchar_t* at, MatchBudget& budget) : at_(at), budget_(&budget) {}

  reference operator*() const {
    if (budget_->spent()) throw std::runtime_error("the budget is spent");
    budget_->spend(1);
    return *at_;
  }
  reference operator[](difference_type distance) const { return *(*this + distance); }
  CountedPlace& operator+=(difference_type distance) {
    at_ += distance;
    return *this;
  }
  CountedPlace& operator-=(difference_type distance) { return *this += -distance; }
  CountedPlace& operator++() { return *this += 1; }
  CountedPlace& operator--() { return *this -= 1; }
  CountedPlace operator++(int) { return std::exchange(*this, *this + 1); }
  CountedPlace operator--(int) { return std::exchange(*this, *this - 1); }
  friend CountedPlace operator+(CountedPlace place, difference_type distance) {
    return place += distance;
  }
  friend CountedPlace operator-(CountedPlace place, difference_type distance) {
    return place -= distance;
  }
  friend difference_type operator-(const CountedPlace& a, const CountedPlace& b) {
    return a.at_ - b.at_;
  }
  bool operator==(const CountedPlace& other) const { return at_ == other.at_; }
  auto operator<=>(const CountedPlace& other) const { return at_ <=> other.at_; }

 private:
  const wchar_t* at_ = nullptr;
  MatchBudget* budget_ = nullptr;
};

class BoostPattern final : public Pattern {
 public:
  explicit BoostPattern(boost::wregex expression) : expression_(std::move(expression)) {}
  bool matches(std::string_view text, MatchBudget& budget) const override {
    if (budget.spent()) return false;
    const std::wstring wide = widen(text);
    const CountedPlace begin(wide.data(), budget);
    try {
      return boost::regex_search(begin, begin + static_cast<std::ptrdiff_t>(wide.size()),
                                 expression_);
    } catch (const std::runtime_error&) {  // the budget's end, or Boost's bound on one match
      budget.spend_all();
      return false;
    }
  }

 private:
  boost::wregex expression_;
};

// Where the problems of one document go, and what may still be spent on it.
struct Findings {
  ErrorList& errors;
  MatchBudget& budget;
};

std::string_view type_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "boolean";
    case json::kind::string: return "string";
    case json::kind::array: return "array";
    case json::kind::object: return "object";
    case json::kind::double_: return "number";
    default: return "integer";
  }
}

bool is_integral(const json::value& value) {
  return value.is_int64() || value.is_uint64() ||
         (value.is_double() && std::trunc(value.get_double()) == value.get_double());
}

bool fits(Type type, const json::value& value) {
  switch (type) {
    case Type::kObject:
    case Type::kMap: return value.is_object();
    case Type::kList: return value.is_array();
    case Type::kString: return value.is_string();
    case Type::kBoolean: return value.is_bool();
    case Type::kInt32:
    case Type::kInt64: return is_integral(value);
    case Type::kDouble: return value.is_number();
    case Type::kIntOrString: return value.is_string() || is_integral(value);
    default: return true;
  }
}

std::string_view type_name(Type type) {
  switch (type) {
    case Type::kObject:
    case Type::kMap: return "object";
    case Type::kList: return "array";
    case Type::kBoolean: return "boolean";
    case Type::kInt32:
    case Type::kInt64: return "integer";
    case Type::kDouble: return "number";
    case Type::kIntOrString: return "integer,string";
    default: return "string";
  }
}

void wrong_type(const FieldPath& path, std::string_view type, std::string_view given,
                ErrorList& errors) {
  errors.type_invalid(
      path, json::value(json::string_view(given.data(), given.size())),
      fmt::format("{} in body must be of type {}: {}", path.text(), type, quote(given)));
}

void fail(const FieldPath& path, const json::value& value, std::string_view what,
          ErrorList& errors) {
  errors.invalid(path, value, fmt::format("{} in body {}", path.text(), what));
}

std::int64_t count_characters(std::string_view text) {
  return std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

std::string list_text(const json::value& value) {
  return value.is_string() ? std::string(view(value.get_string())) : to_text(value);
}

void check_number(const Constraints& constraints, const json::value& value, const FieldPath& path,
                  ErrorList& errors) {
  const auto number = value.to_number<double>();
  if (const auto limit = constraints.maximum) {
    if (constraints.exclusive_maximum ? number >= *limit : number > *limit) {
      fail(path, value,
           fmt::format("should be less than {}{}",
                       constraints.exclusive_maximum ? "" : "or equal to ", to_text(*limit)),
           errors);
    }
  }
  if (const auto limit = constraints.minimum) {
    if (constraints.exclusive_minimum ? number <= *limit : number < *limit) {
      fail(path, value,
           fmt::format("should be greater than {}{}",
                       constraints.exclusive_minimum ? "" : "or equal to ", to_text(*limit)),
           errors);
    }
  }
  if (const auto factor = constraints.multiple_of; factor && *factor > 0) {
    const double quotient = number / *factor;
    if (std::abs(quotient - std::round(quotient)) > 1e-9 * std::max(1.0, std::abs(quotient)))
      fail(path, value, fmt::format("should be a multiple of {}", to_text(*factor)), errors);
  }
  if (constraints.format == "int32" && std::abs(number) > std::numeric_limits<std::int32_t>::max())
    wrong_type(path, "int32", "int64", errors);
}

void check_text(const Constraints& constraints, const json::value& value, const FieldPath& path,
                const Findings& found) {
  ErrorList& errors = found.errors;
  const std::string_view text = view(value.get_string());
  const std::int64_t length = count_characters(text);
  if (constraints.max_length && length > *constraints.max_length)
    errors.too_long(path, static_cast<std::size_t>(*constraints.max_length));
  if (constraints.min_length && length < *constraints.min_length) {
    fail(path, value, fmt::format("should be at least {} chars long", *constraints.min_length),
         errors);
  }
  if (constraints.pattern && !constraints.pattern->matches(text, found.budget))
    fail(path, value, fmt::format("should match '{}'", constraints.pattern_text), errors);
  if (!has_format(constraints.format, text)) {
    errors.type_invalid(path, value,
                        fmt::format("{} in body must be of type {}: {}", path.text(),
                                    constraints.format, quote(text)));
  }
}

void check_list(const Constraints& constraints, const json::value& value, const FieldPath& path,
                ErrorList& errors) {
  const json::array& list = value.get_array();
  const auto count = static_cast<std::int64_t>(list.size());
  if (constraints.max_items && count > *constraints.max_items)
    errors.too_many(path, list.size(), static_cast<std::size_t>(*constraints.max_items));
  if (constraints.min_items && count < *constraints.min_items) {
    fail(path, count, fmt::format("should have at least {} items", *constraints.min_items), errors);
  }
  if (constraints.unique_items) {
    std::set<std::string> seen;
    for (const json::value& each : list) {
      if (!seen.insert(to_text(each)).second)
        return fail(path, value, "shouldn't contain duplicates", errors);
    }
  }
}

void check_object(const Constraints& constraints, const json::value& value, const FieldPath& path,
                  ErrorList& errors) {
  const json::object& object = value.get_object();
  const auto count = static_cast<std::int64_t>(object.size());
  if (constraints.max_properties && count > *constraints.max_properties)
    errors.too_many(path, object.size(), static_cast<std::size_t>(*constraints.max_properties));
  if (constraints.min_properties && count < *constraints.min_properties) {
    fail(path, count,
         fmt::format("should have at least {} properties", *constraints.min_properties), errors);
  }
  for (const std::string& name : constraints.required) {
    if (!object.contains(key(name))) errors.required(path / name);
  }
}

void check_constraints(const Constraints& constraints, const json::value& value,
                       const FieldPath& path, const Findings& found);

bool satisfies(const Constraints& constraints, const json::value& value, const FieldPath& path,
               MatchBudget& budget) {
  ErrorList errors;
  check_constraints(constraints, value, path, {errors, budget});
  return errors.empty();
}

// A problem of the schema's logic has no field of its own.
void logic_fails(const FieldPath& path, std::string_view what, ErrorList& errors) {
  errors.invalid({}, "", fmt::format("{} must {}", quote(path.text()), what));
}

void check_logic(const Constraints& constraints, const json::value& value, const FieldPath& path,
                 const Findings& found) {
  auto& [errors, budget] = found;
  const auto count = [&](const std::vector<Constraints>& alternatives) {
    return std::ranges::count_if(alternatives, [&](const Constraints& each) {
      return satisfies(each, value, path, found.budget);
    });
  };
  if (!constraints.any_of.empty() && count(constraints.any_of) == 0)
    logic_fails(path, "validate at least one schema (anyOf)", errors);
  if (!constraints.one_of.empty()) {
    const auto valid = count(constraints.one_of);
    if (valid != 1) {
      logic_fails(
          path,
          "validate one and only one schema (oneOf). " +
              (valid == 0 ? "Found none valid" : fmt::format("Found {} valid alternatives", valid)),
          errors);
    }
  }
  ErrorList all;
  for (const Constraints& each : constraints.all_of)
    check_constraints(each, value, path, {all, budget});
  if (!all.empty()) {
    logic_fails(path, "validate all the schemas (allOf)", errors);
    errors.append(std::move(all));
  }
  if (constraints.negated && satisfies(*constraints.negated, value, path, budget))
    logic_fails(path, "not validate the schema (not)", errors);
}

void check_constraints(const Constraints& constraints, const json::value& value,
                       const FieldPath& path, const Findings& found) {
  ErrorList& errors = found.errors;
  if (!constraints.type.empty() && constraints.type != type_of(value) &&
      !(constraints.type == "integer" && is_integral(value)))
    return wrong_type(path, constraints.type, type_of(value), errors);
  const auto equals = [&](const json::value& each) { return same(each, value); };
  if (!constraints.enumeration.empty() && std::ranges::none_of(constraints.enumeration, equals)) {
    std::vector<std::string> supported;
    for (const json::value& each : constraints.enumeration)
      supported.push_back(quote(list_text(each)));
    errors.add({FieldError::Type::kNotSupported, path.text(), value,
                fmt::format("supported values: {}", fmt::join(supported, ", "))});
  }
  if (value.is_number()) check_number(constraints, value, path, errors);
  if (value.is_string()) check_text(constraints, value, path, found);
  if (value.is_array()) {
    check_list(constraints, value, path, errors);
    for (std::size_t i = 0; constraints.items && i < value.get_array().size(); ++i)
      check_constraints(*constraints.items, value.get_array()[i], path.index(i), found);
  }
  if (value.is_object()) {
    check_object(constraints, value, path, errors);
    for (const auto& [name, nested] : constraints.properties) {
      if (const json::value* const each = member(value, name))
        check_constraints(nested, *each, path / name, found);
    }
  }
  check_logic(constraints, value, path, found);
}

// The elements of a list that is a set, or their keys of one that is a map, each but once.
void check_unique(const Schema& schema, const json::array& list, const FieldPath& path,
                  ErrorList& errors) {
  std::map<std::string, int> seen;
  for (std::size_t i = 0; i < list.size(); ++i) {
    json::value identity = list[i];
    if (schema.list_type == ListType::kMap) {
      if (!list[i].is_object() && !list[i].is_null()) {
        errors.invalid(path.index(i), list[i], "must be an object for an array of list-type map");
        return;
      }
      json::object& keys = identity.emplace_object();
      for (const std::string& name : schema.list_keys) {
        if (const json::value* const value = member(list[i], name)) keys.emplace(key(name), *value);
      }
    }
    if (++seen[to_text(identity)] == 2) errors.duplicate(path.index(i), identity);
  }
}

void check(const Schema& schema, const json::value& value, const FieldPath& path,
           const Findings& found) {
  ErrorList& errors = found.errors;
  if (value.is_null()) {
    if (!schema.nullable && schema.type != Type::kAny)
      wrong_type(path, type_name(schema.type), "null", errors);
    return;
  }
  if (!fits(schema.type, value))
    return wrong_type(path, type_name(schema.type), type_of(value), errors);
  if (schema.constraints) check_constraints(*schema.constraints, value, path, found);
  if (value.is_array() && schema.items != nullptr) {
    const json::array& list = value.get_array();
    if (schema.list_type != ListType::kAtomic) check_unique(schema, list, path, errors);
    for (std::size_t i = 0; i < list.size(); ++i)
      check(*schema.items, list[i], path.index(i), found);
  }
  if (!value.is_object()) return;
  for (const auto& each : value.get_object()) {
    const std::string_view name(each.key().data(), each.key().size());
    // Metadata has rules of its own (core/api/metadata.h).
    if (schema.is_kind && (name == "metadata" || name == "kind" || name == "apiVersion")) continue;
    const Field* const field = schema.find(name);
    const Schema* const next = field != nullptr ? field->schema : schema.items;
    if (next != nullptr) check(*next, each.value(), path / name, found);
  }
}

std::optional<std::int64_t> read_count(const json::object& schema, std::string_view name) {
  return integer_at(schema, {name});
}

std::optional<double> read_number(const json::object& schema, std::string_view name) {
  const json::value* const value = member(schema, name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

std::vector<Constraints> read_list(const json::object& schema, std::string_view name) {
  std::vector<Constraints> list;
  if (const json::array* const array = array_at(schema, {name})) {
    for (const json::value& each : *array) {
      if (each.is_object()) list.push_back(read_constraints(each.get_object(), true));
    }
  }
  return list;
}

}  // namespace

Result<std::shared_ptr<const Pattern>> Pattern::make(std::string_view text) {
  const auto bad = [&](std::string cause) {
    return Error{ErrorCode::kInvalidArgument, "read", "a regular expression", std::move(cause), {}};
  };
  if (text.size() > kMaxPatternBytes) return bad("it is too long");
  // RE2's spelling of a named group.
  std::string spelled(text);
  for (std::size_t at = 0; (at = spelled.find("(?P<", at)) != std::string::npos;)
    spelled.erase(at + 2, 1);
  try {
    return std::shared_ptr<const Pattern>(
        std::make_shared<const BoostPattern>(boost::wregex(widen(spelled))));
  } catch (const std::runtime_error& error) {
    return bad(error.what());
  }
}

bool Constraints::empty() const {
  return type.empty() && format.empty() && !minimum && !maximum && !multiple_of && !min_length &&
         !max_length && !min_items && !max_items && !min_properties && !max_properties &&
         !unique_items && !pattern && enumeration.empty() && required.empty() && all_of.empty() &&
         any_of.empty() && one_of.empty() && !negated && properties.empty() && !items;
}

Constraints read_constraints(const json::object& schema, bool nested) {
  Constraints made;
  made.format = text_at(schema, {"format"});
  made.minimum = read_number(schema, "minimum");
  made.maximum = read_number(schema, "maximum");
  made.exclusive_minimum = flag_at(schema, {"exclusiveMinimum"});
  made.exclusive_maximum = flag_at(schema, {"exclusiveMaximum"});
  made.multiple_of = read_number(schema, "multipleOf");
  made.min_length = read_count(schema, "minLength");
  made.max_length = read_count(schema, "maxLength");
  made.min_items = read_count(schema, "minItems");
  made.max_items = read_count(schema, "maxItems");
  made.min_properties = read_count(schema, "minProperties");
  made.max_properties = read_count(schema, "maxProperties");
  made.unique_items = flag_at(schema, {"uniqueItems"});
  made.pattern_text = text_at(schema, {"pattern"});
  if (!made.pattern_text.empty()) {
    if (auto pattern = Pattern::make(made.pattern_text); pattern.has_value())
      made.pattern = std::move(*pattern);
  }
  if (const json::array* const list = array_at(schema, {"enum"}))
    made.enumeration.assign(list->begin(), list->end());
  if (const json::array* const list = array_at(schema, {"required"})) {
    for (const json::value& each : *list) {
      if (each.is_string()) made.required.emplace_back(view(each.get_string()));
    }
  }
  made.all_of = read_list(schema, "allOf");
  made.any_of = read_list(schema, "anyOf");
  made.one_of = read_list(schema, "oneOf");
  if (const json::object* const negated = object_at(schema, {"not"}))
    made.negated = std::make_shared<const Constraints>(read_constraints(*negated, true));
  if (!nested) return made;
  made.type = text_at(schema, {"type"});
  if (const json::object* const properties = object_at(schema, {"properties"})) {
    for (const auto& [name, value] : *properties) {
      if (value.is_object()) {
        made.properties.emplace(std::string(name.data(), name.size()),
                                read_constraints(value.get_object(), true));
      }
    }
  }
  if (const json::object* const items = object_at(schema, {"items"}))
    made.items = std::make_shared<const Constraints>(read_constraints(*items, true));
  return made;
}

void check_value(const Schema& schema, const json::value& value, const FieldPath& path,
                 ErrorList& errors) {
  MatchBudget budget;
  ErrorList found;
  check(schema, value, path, {found, budget});
  // What patterns said since then is not so, and what stands under "not" would pass.
  if (budget.spent()) {
    return errors.forbidden(path,
                            "too expensive to check: matching its texts against the patterns of "
                            "its schema takes too long. Shorten the texts, or bound them by "
                            "maxLength or simplify the patterns in the CustomResourceDefinition");
  }
  errors.append(std::move(found));
}

}  // namespace cove::api
