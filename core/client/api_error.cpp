#include "core/client/api_error.h"

#include <fmt/format.h>

#include <stdexcept>

#include "core/api/document.h"
#include "core/base/strings.h"

namespace cove::client {
namespace {

constexpr std::size_t kMaxQuoted = 1024;

ErrorCode failure_of(int code, std::string_view reason) {
  switch (code) {
    case 400:
    case 413:
    case 415:
    case 422: return ErrorCode::kInvalidArgument;
    case 401:
    case 403: return ErrorCode::kPermissionDenied;
    case 404: return ErrorCode::kNotFound;
    case 405:
    case 406: return ErrorCode::kUnsupported;
    case 409: return reason == "AlreadyExists" ? ErrorCode::kAlreadyExists : ErrorCode::kConflict;
    case 429: return ErrorCode::kResourceExhausted;
    case 503: return ErrorCode::kUnavailable;
    case 504: return ErrorCode::kTimeout;
    default: return code >= 500 ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument;
  }
}

std::string_view reason_of(int code) {
  switch (code) {
    case 400: return "BadRequest";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "NotFound";
    case 405: return "MethodNotAllowed";
    case 406: return "NotAcceptable";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 413: return "RequestEntityTooLarge";
    case 415: return "UnsupportedMediaType";
    case 422: return "Invalid";
    case 429: return "TooManyRequests";
    case 500: return "InternalError";
    case 503: return "ServiceUnavailable";
    case 504: return "Timeout";
    default: return "";
  }
}

}  // namespace

bool ApiError::has_cause(std::string_view cause) const {
  const auto* const causes = api::array_at(details, {"causes"});
  if (causes == nullptr) return false;
  return std::ranges::any_of(*causes, [&](const auto& each) {
    return each.is_object() && api::text_at(each.get_object(), {"reason"}) == cause;
  });
}

Error ApiError::to_error(std::string action, std::string subject) const {
  return Error{failure, std::move(action), std::move(subject), message, {}};
}

ApiError no_answer(const Error& error) {
  return no_answer(error.code, error.message());
}

ApiError no_answer(ErrorCode failure, std::string message) {
  ApiError result;
  result.message = std::move(message);
  result.failure = failure;
  return result;
}

ApiError from_status(const boost::json::object& status, int http_status) {
  ApiError error;
  const auto code = api::integer_at(status, {"code"}).value_or(0);
  error.code = code >= 400 && code < 600 ? static_cast<int>(code) : http_status;
  error.reason = api::text_at(status, {"reason"});
  if (error.reason.empty()) error.reason = reason_of(error.code);
  error.message = api::text_at(status, {"message"});
  if (error.message.empty())
    error.message = fmt::format("the server answered {} {}", error.code, error.reason);
  if (const auto* const details = api::object_at(status, {"details"})) error.details = *details;
  const auto seconds = api::integer_at(error.details, {"retryAfterSeconds"}).value_or(0);
  if (seconds > 0 && seconds <= 3600) error.retry_after = std::chrono::seconds(seconds);
  error.failure = failure_of(error.code, error.reason);
  return error;
}

ApiError from_http_status(int http_status, std::string_view body) {
  ApiError error;
  error.code = http_status;
  error.reason = reason_of(http_status);
  const std::string text = escape_control(trim(body.substr(0, kMaxQuoted)));
  error.message =
      fmt::format("the server answered {}{}{}", http_status, text.empty() ? "" : ": ", text);
  error.failure = failure_of(http_status, error.reason);
  return error;
}

void throw_exception_from_error(const ApiError& error, const boost::source_location& where) {
  throw std::logic_error(fmt::format("unchecked API failure at {}:{}: {} {}", where.file_name(),
                                     where.line(), error.code, error.message));
}

}  // namespace cove::client
