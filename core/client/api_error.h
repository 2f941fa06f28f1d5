// ApiError: why a request to the Kubernetes API has no result: the server's Status, or that there
// was no answer.
#pragma once

#include <boost/json/object.hpp>
#include <boost/system/result.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cove::client {

struct ApiError {
  // The HTTP status, or 0 when no answer came; `failure` then says why.
  int code = 0;
  std::string reason;   // Status.reason: "NotFound", "Conflict", "Expired" ...
  std::string message;  // Status.message, or a sentence
  boost::json::object details = {};
  std::optional<std::chrono::milliseconds> retry_after = std::nullopt;
  ErrorCode failure = ErrorCode::kInternal;  // the nearest code of ours, always set

  bool is_not_found() const { return code == 404; }
  bool is_already_exists() const { return code == 409 && reason == "AlreadyExists"; }
  bool is_conflict() const { return code == 409 && reason != "AlreadyExists"; }
  // The version asked for is not kept any more: list again.
  bool is_expired() const { return code == 410 || reason == "Expired" || reason == "Gone"; }
  bool is_unauthorized() const { return code == 401; }
  bool is_forbidden() const { return code == 403; }
  bool is_too_many_requests() const { return code == 429; }
  // Nobody answered (now): neither carried out nor refused, as far as one can tell.
  bool is_unanswered() const { return code == 0; }
  // details.causes has an entry of that reason.
  bool has_cause(std::string_view cause) const;

  // For who speaks to people: "cannot <action> <subject>: <message>".
  Error to_error(std::string action, std::string subject) const;
};

// No answer; code 0.
ApiError no_answer(const Error& error);
ApiError no_answer(ErrorCode failure, std::string message);
// From a metav1.Status document; `http_status` counts where it has no code.
ApiError from_status(const boost::json::object& status, int http_status);
// From a body that is no Status.
ApiError from_http_status(int http_status, std::string_view body);

// value() of a failed one is a bug, as of Result.
[[noreturn]] void throw_exception_from_error(const ApiError& error,
                                             const boost::source_location& where);

template <class T>
using ApiResult = boost::system::result<T, ApiError>;

}  // namespace cove::client
