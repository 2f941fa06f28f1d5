// Selectors: which objects a list, a watch or a controller means (kubernetes.io "Labels and
// Selectors", "Field Selectors"). Immutable values once made; thread-safe to read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api/document.h"
#include "core/api/kind.h"
#include "core/base/result.h"

namespace cove::api {

// All requirements hold. Made without any it selects everything.
class LabelSelector {
 public:
  // "a=b,c in (d,e),!f". kInvalidArgument with the cause that clients know. At most 1,000
  // requirements.
  static Result<LabelSelector> parse(std::string_view text);
  // A metav1.LabelSelector: matchLabels and matchExpressions; empty selects everything, null
  // (absent) nothing.
  static Result<LabelSelector> from_document(const json::object* selector);
  // Every label of a map, as the selectors of services and replication controllers have it; not
  // checked.
  static LabelSelector from_labels(const json::object& labels);
  static LabelSelector nothing();

  // By metadata.labels.
  bool matches(const json::object& document) const;
  // `labels` may be null: there are none.
  bool matches_labels(const json::object* labels) const;

  bool empty() const { return !nothing_ && requirements_.empty(); }  // it selects everything
  // In canonical order: "a=b,c in (d,e),!f".
  std::string text() const;
  // The one value that this label must have, if the selector says so.
  std::optional<std::string> exact(std::string_view label) const;

 private:
  enum class Operator {
    kIn,
    kNotIn,
    kEquals,
    kDoubleEquals,
    kNotEquals,
    kExists,
    kDoesNotExist,
    kGreater,
    kLess
  };
  struct Requirement {
    std::string key;
    Operator op = Operator::kExists;
    std::vector<std::string> values;  // sorted
    std::int64_t bound = 0;           // of kGreater and kLess

    bool accepts(const json::value* label) const;
    std::string text() const;
  };
  class Parser;

  static Result<Requirement> make(std::string key, Operator op, std::vector<std::string> values);
  void sort();

  std::vector<Requirement> requirements_;  // in order of keys
  bool nothing_ = false;
};

// Selects by fields that the kind declares: metadata.name, metadata.namespace and
// Kind::selectable_fields.
class FieldSelector {
 public:
  // "spec.nodeName=a,status.phase!=Running"; "\", "," and "=" in values are escaped by "\".
  // kInvalidArgument with the cause that clients know.
  static Result<FieldSelector> parse(std::string_view text, const Kind& kind);

  bool matches(const json::object& document) const;
  bool empty() const { return terms_.empty(); }
  std::string text() const;
  std::optional<std::string> exact(std::string_view field) const;

 private:
  struct Term {
    std::string field;
    std::vector<std::string> path;
    std::string value;
    bool negated = false;
    std::string absent;  // what a field that is not there counts as: "", "false", "0"

    bool accepts(const json::object& document) const;
  };

  std::vector<Term> terms_;
};

}  // namespace cove::api
