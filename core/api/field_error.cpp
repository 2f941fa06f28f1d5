#include "core/api/field_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <unordered_set>

#include "core/api/document.h"

namespace cove::api {
namespace {

constexpr std::size_t kMaxErrors = 100;

std::string_view title(FieldError::Type type) {
  switch (type) {
    case FieldError::Type::kRequired: return "Required value";
    case FieldError::Type::kInvalid:
    case FieldError::Type::kTypeInvalid: return "Invalid value";
    case FieldError::Type::kNotSupported: return "Unsupported value";
    case FieldError::Type::kForbidden: return "Forbidden";
    case FieldError::Type::kDuplicate: return "Duplicate value";
    case FieldError::Type::kNotFound: return "Not found";
    case FieldError::Type::kTooLong: return "Too long";
    case FieldError::Type::kTooMany: return "Too many";
    case FieldError::Type::kInternal: break;
  }
  return "Internal error";
}

bool shows_value(FieldError::Type type) {
  return type != FieldError::Type::kRequired && type != FieldError::Type::kForbidden &&
         type != FieldError::Type::kTooLong && type != FieldError::Type::kInternal;
}

std::string plural(std::size_t count, std::string_view unit) {
  return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
}

}  // namespace

FieldPath FieldPath::operator/(std::string_view child) const {
  if (text_.empty()) return FieldPath(child);
  return FieldPath(fmt::format("{}.{}", text_, child));
}

FieldPath FieldPath::index(std::size_t position) const {
  return FieldPath(fmt::format("{}[{}]", text_, position));
}

FieldPath FieldPath::key(std::string_view key) const {
  return FieldPath(fmt::format("{}[{}]", text_, key));
}

std::string FieldError::body() const {
  std::string text(title(type));
  if (shows_value(type) && !value.is_null()) {
    text += ": ";
    text += value.is_string() ? quote(view(value.get_string())) : to_text(value);
  }
  if (!detail.empty()) text += ": " + detail;
  return text;
}

std::string FieldError::message() const {
  // The document itself has no path; clients know it by this name.
  return fmt::format("{}: {}", field.empty() ? "<nil>" : field, body());
}

std::string_view FieldError::reason() const {
  switch (type) {
    case Type::kRequired: return "FieldValueRequired";
    case Type::kInvalid: return "FieldValueInvalid";
    case Type::kNotSupported: return "FieldValueNotSupported";
    case Type::kForbidden: return "FieldValueForbidden";
    case Type::kDuplicate: return "FieldValueDuplicate";
    case Type::kNotFound: return "FieldValueNotFound";
    case Type::kTooLong: return "FieldValueTooLong";
    case Type::kTooMany: return "FieldValueTooMany";
    case Type::kTypeInvalid: return "FieldValueTypeInvalid";
    case Type::kInternal: break;
  }
  return "InternalError";
}

void ErrorList::required(const FieldPath& path, std::string detail) {
  add({FieldError::Type::kRequired, path.text(), nullptr, std::move(detail)});
}

void ErrorList::invalid(const FieldPath& path, json::value value, std::string detail) {
  add({FieldError::Type::kInvalid, path.text(), std::move(value), std::move(detail)});
}

void ErrorList::not_supported(const FieldPath& path, json::value value,
                              const std::vector<std::string>& supported) {
  std::vector<std::string> sorted = supported;
  std::ranges::sort(sorted);
  std::string detail;
  for (const std::string& each : sorted) {
    detail += detail.empty() ? "supported values: " : ", ";
    detail += quote(each);
  }
  add({FieldError::Type::kNotSupported, path.text(), std::move(value), std::move(detail)});
}

void ErrorList::forbidden(const FieldPath& path, std::string detail) {
  add({FieldError::Type::kForbidden, path.text(), nullptr, std::move(detail)});
}

void ErrorList::duplicate(const FieldPath& path, json::value value) {
  add({FieldError::Type::kDuplicate, path.text(), std::move(value), {}});
}

void ErrorList::not_found(const FieldPath& path, json::value value) {
  add({FieldError::Type::kNotFound, path.text(), std::move(value), {}});
}

void ErrorList::too_long(const FieldPath& path, std::size_t max_bytes) {
  add({FieldError::Type::kTooLong, path.text(), nullptr,
       "may not be more than " + plural(max_bytes, "byte")});
}

void ErrorList::too_many(const FieldPath& path, std::size_t actual, std::size_t max) {
  add({FieldError::Type::kTooMany, path.text(), std::uint64_t{actual},
       "must have at most " + plural(max, "item")});
}

void ErrorList::type_invalid(const FieldPath& path, json::value value, std::string detail) {
  add({FieldError::Type::kTypeInvalid, path.text(), std::move(value), std::move(detail)});
}

void ErrorList::internal(const FieldPath& path, std::string detail) {
  add({FieldError::Type::kInternal, path.text(), nullptr, std::move(detail)});
}

void ErrorList::add(FieldError error) {
  if (errors_.size() < kMaxErrors) {
    errors_.push_back(std::move(error));
  } else {
    ++dropped_;
  }
}

void ErrorList::append(ErrorList other) {
  for (FieldError& error : other.errors_) add(std::move(error));
  dropped_ += other.dropped_;
}

std::string ErrorList::message() const {
  std::unordered_set<std::string> seen;
  std::vector<std::string> messages;
  for (const FieldError& error : errors_) {
    std::string message = error.message();
    if (seen.insert(message).second) messages.push_back(std::move(message));
  }
  if (dropped_ > 0) messages.push_back(fmt::format("and {} more", dropped_));
  if (messages.size() == 1) return std::move(messages.front());
  return fmt::format("[{}]", fmt::join(messages, ", "));
}

}  // namespace cove::api
