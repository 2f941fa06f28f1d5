// What validation finds: every problem of a document at once, each with the path of its field
// (kubernetes.io "API conventions", validation and StatusReasonInvalid).
#pragma once

#include <boost/json/value.hpp>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace cove::api {

namespace json = boost::json;

// "spec.containers[0].name", "metadata.labels[app.kubernetes.io/name]". A value; cheap to copy.
class FieldPath {
 public:
  FieldPath() = default;
  FieldPath(std::string_view text) : text_(text) {}  // NOLINT: a path is its text
  FieldPath(const char* text) : text_(text) {}       // NOLINT

  FieldPath operator/(std::string_view child) const;  // "a" / "b" is "a.b"
  FieldPath index(std::size_t position) const;        // "a[0]"
  FieldPath key(std::string_view key) const;          // "a[key]"

  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }

 private:
  std::string text_;
};

struct FieldError {
  // As upstream names them in Status causes: "FieldValueRequired" and so on.
  enum class Type {
    kRequired,      // "Required value"
    kInvalid,       // "Invalid value"
    kNotSupported,  // "Unsupported value"
    kForbidden,     // "Forbidden"
    kDuplicate,     // "Duplicate value"
    kNotFound,      // "Not found"
    kTooLong,       // "Too long"
    kTooMany,       // "Too many"
    kTypeInvalid,   // "Invalid value", reason FieldValueTypeInvalid
    kInternal       // "Internal error"
  };
  Type type = Type::kInvalid;
  std::string field;
  json::value value;   // the bad value as it is printed; null when none is shown
  std::string detail;  // may be empty

  // `Invalid value: -1: must be greater than or equal to 0`, without the field.
  std::string body() const;
  // `spec.replicas: Invalid value: -1: must be …`
  std::string message() const;
  // "FieldValueInvalid": the reason of a Status cause.
  std::string_view reason() const;
};

// Bounded: what is added beyond 100 errors is counted, not kept.
class ErrorList {
 public:
  void required(const FieldPath& path, std::string detail = {});
  void invalid(const FieldPath& path, json::value value, std::string detail);
  // detail: `supported values: "A", "B"`, sorted.
  void not_supported(const FieldPath& path, json::value value,
                     const std::vector<std::string>& supported);
  void forbidden(const FieldPath& path, std::string detail);
  void duplicate(const FieldPath& path, json::value value);
  void not_found(const FieldPath& path, json::value value);
  void too_long(const FieldPath& path, std::size_t max_bytes);
  void too_many(const FieldPath& path, std::size_t actual, std::size_t max);
  void type_invalid(const FieldPath& path, json::value value, std::string detail);
  void internal(const FieldPath& path, std::string detail);
  void add(FieldError error);
  void append(ErrorList other);

  bool empty() const { return errors_.empty(); }
  std::size_t size() const { return errors_.size(); }
  const std::vector<FieldError>& errors() const { return errors_; }
  // One error's message as it is, several as "[a, b, c]", as upstream's aggregate prints them.
  std::string message() const;

 private:
  std::vector<FieldError> errors_;
  std::size_t dropped_ = 0;
};

}  // namespace cove::api
