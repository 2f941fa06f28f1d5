#include "core/engine/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cctype>
#include <charconv>
#include <stdexcept>

#include "core/base/strings.h"

namespace cove::engine {
namespace {

constexpr std::size_t kMaxJsonBytes = 4 << 20;
constexpr std::size_t kMaxJsonDepth = 32;
constexpr std::size_t kMaxFilterBytes = 64 * 1024;

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return 400;
    case ErrorCode::kPermissionDenied: return 403;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kConflict: return 409;
    case ErrorCode::kUnsupported: return 501;
    default: return 500;
  }
}

ApiError invalid_filter() {
  return {400, "invalid filter"};
}

// "application/json" and its parameters, and what clients send that name no type.
bool may_be_json(std::string_view content_type) {
  const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  return type.empty() || type == "application/json" || type == "text/json";
}

Result<boost::json::value> parse_value(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  boost::system::error_code failure;
  boost::json::value value = boost::json::parse(text, failure, {}, options);
  if (failure) {
    return Error{ErrorCode::kInvalidArgument,
                 "read",
                 "JSON",
                 fmt::format("invalid JSON: {}", failure.message()),
                 {}};
  }
  return value;
}

}  // namespace

void throw_exception_from_error(const ApiError& error, const boost::source_location& where) {
  throw std::logic_error(fmt::format("unchecked failure at {}:{}: {}", where.file_name(),
                                     where.line(), error.message));
}

ApiError to_api_error(const Error& error) {
  const int status = status_of(error.code);
  if (status == 500 && !error.action.empty()) return {status, error.message()};
  if (error.remedy.empty()) return {status, error.cause};
  const std::string_view stop = error.cause.ends_with('.') ? "" : ".";
  return {status, fmt::format("{}{} {}", error.cause, stop, error.remedy)};
}

bool is_on(std::string_view value) {
  std::string low(trim(value));
  std::ranges::transform(low, low.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return !(low.empty() || low == "0" || low == "no" || low == "false" || low == "none");
}

Outcome<boost::json::object> parse_object(std::string_view text) {
  if (trim(text).empty()) return boost::json::object();
  COVE_TRY(boost::json::value value, parse_value(text));
  if (value.is_null()) return boost::json::object();
  if (!value.is_object()) return ApiError{400, "invalid JSON: an object is expected"};
  return std::move(value.get_object());
}

Outcome<std::map<std::string, std::vector<std::string>>> parse_filters(std::string_view text) {
  std::map<std::string, std::vector<std::string>> filters;
  if (text.empty()) return filters;
  if (text.size() > kMaxFilterBytes) return invalid_filter();
  const auto object = parse_object(text);
  if (!object) return invalid_filter();
  for (const auto& [key, value] : *object) {
    std::vector<std::string>& values = filters[std::string(key)];
    if (value.is_object()) {
      for (const auto& [each, on] : value.get_object()) {
        if (!on.is_bool()) return invalid_filter();
        if (on.get_bool()) values.emplace_back(each);
      }
    } else if (value.is_array()) {
      for (const boost::json::value& each : value.get_array()) {
        if (!each.is_string()) return invalid_filter();
        values.emplace_back(each.get_string());
      }
    } else if (!value.is_null()) {
      return invalid_filter();
    }
  }
  return filters;
}

std::string Exchange::query(std::string_view name) const {
  return request().parameter(name).value_or("");
}

bool Exchange::flag(std::string_view name, bool otherwise) const {
  const auto value = request().parameter(name);
  return value ? is_on(*value) : otherwise;
}

Outcome<std::optional<std::int64_t>> Exchange::number(std::string_view name) const {
  const auto value = request().parameter(name);
  if (!value || value->empty()) return std::optional<std::int64_t>();
  std::int64_t number = 0;
  const char* const last = value->data() + value->size();
  const auto [end, error] = std::from_chars(value->data(), last, number);
  if (error != std::errc() || end != last)
    return ApiError{400, fmt::format("invalid value for {}: '{}' is not a number", name, *value)};
  return std::optional<std::int64_t>(number);
}

Outcome<std::map<std::string, std::vector<std::string>>> Exchange::filters() const {
  return parse_filters(query("filters"));
}

Outcome<boost::json::object> Exchange::json_body() {
  std::string text;
  while (true) {
    COVE_TRY(const std::string piece, read_body(64 * 1024));
    if (piece.empty()) break;
    if (text.size() + piece.size() > kMaxJsonBytes)
      return ApiError{413, "the request's body is larger than 4 MiB"};
    text += piece;
  }
  const std::string_view type = request().header("content-type");
  if (!text.empty() && !may_be_json(type)) {
    return ApiError{400, fmt::format("unsupported Content-Type header ({}): must be "
                                     "'application/json'",
                                     type)};
  }
  return parse_object(text);
}

void Exchange::json(int status, const boost::json::value& value) {
  text(status, boost::json::serialize(value) + "\n", "application/json");
}

void Exchange::empty(int status) {
  text(status, {}, {});
}

std::string json_line(const boost::json::object& object) {
  return boost::json::serialize(object) + "\r\n";
}

}  // namespace cove::engine
