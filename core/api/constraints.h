// Constraints: what the schema of a custom resource demands of values beyond their types
// (kubernetes.io "CustomResourceDefinition", validation; JSON Schema's value keywords). Immutable
// once made; thread-safe to read.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/api/document.h"
#include "core/api/field_error.h"
#include "core/api/schema.h"

namespace cove::api {

// What may be spent on finding out whether texts match: characters looked at, over and over. One
// for all of a document, so that no document and no schema can hold the server up. When it is used
// up, nothing matches any more and nobody knows what would have.
class MatchBudget {
 public:
  bool spent() const { return left_ <= 0; }
  void spend(std::int64_t steps) { left_ -= steps; }
  void spend_all() { left_ = 0; }

 private:
  std::int64_t left_ = std::int64_t{1} << 24;
};

// A regular expression of a schema, matched anywhere in a text.
class Pattern {
 public:
  // kInvalidArgument says why it is none.
  static Result<std::shared_ptr<const Pattern>> make(std::string_view text);
  virtual ~Pattern() = default;
  // When finding out would take more than is left of `budget`: false, and all of it is spent.
  virtual bool matches(std::string_view text, MatchBudget& budget) const = 0;
};

struct Constraints {
  std::string type;  // of a nested schema that names one: "integer" or "string" (int-or-string)
  std::string format;
  std::optional<double> minimum;
  std::optional<double> maximum;
  bool exclusive_minimum = false;
  bool exclusive_maximum = false;
  std::optional<double> multiple_of;
  std::optional<std::int64_t> min_length;  // characters
  std::optional<std::int64_t> max_length;
  std::optional<std::int64_t> min_items;
  std::optional<std::int64_t> max_items;
  std::optional<std::int64_t> min_properties;
  std::optional<std::int64_t> max_properties;
  bool unique_items = false;
  std::string pattern_text;
  std::shared_ptr<const Pattern> pattern;  // null: none, or one that is no expression
  std::vector<json::value> enumeration;
  std::vector<std::string> required;
  // What stands under allOf and the like; their members and elements are constrained too.
  std::vector<Constraints> all_of;
  std::vector<Constraints> any_of;
  std::vector<Constraints> one_of;
  std::shared_ptr<const Constraints> negated;  // "not"
  std::map<std::string, Constraints> properties;
  std::shared_ptr<const Constraints> items;

  bool empty() const;
};

// From an OpenAPI v3 schema; `nested`: its properties and items as well.
Constraints read_constraints(const json::object& schema, bool nested);

// Everything that is wrong with a value of a custom resource: types, constraints, lists that are
// sets or maps. Unknown members are not looked at. A document whose budget did not suffice has but
// one problem, that it is too expensive to check.
void check_value(const Schema& schema, const json::value& value, const FieldPath& path,
                 ErrorList& errors);

}  // namespace cove::api
