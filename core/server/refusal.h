// Refusal: how a part of the server says no, before it becomes a metav1.Status (kubernetes.io "API
// conventions", response status kind).
#pragma once

#include <boost/json/object.hpp>
#include <boost/system/result.hpp>
#include <string>
#include <string_view>

#include "core/api/field_error.h"
#include "core/api/kind.h"
#include "core/base/result.h"

namespace cove::server {

namespace json = boost::json;

struct Refusal {
  int code = 500;
  std::string reason;  // "NotFound"; empty when upstream sends none
  std::string message;
  json::object details = {};
  int retry_after_seconds = 0;
};

[[noreturn]] void throw_exception_from_error(const Refusal& refusal,
                                             const boost::source_location& where);

template <class T>
using Outcome = boost::system::result<T, Refusal>;

namespace refuse {

Refusal bad_request(std::string message);
Refusal not_found(const api::Kind& kind, std::string_view name);
Refusal already_exists(const api::Kind& kind, std::string_view name);
// "Operation cannot be fulfilled on pods "x": <cause>"
Refusal conflict(const api::Kind& kind, std::string_view name, std::string_view cause);
Refusal modified(const api::Kind& kind, std::string_view name);
// 422 with a cause per error.
Refusal invalid(const api::Kind& kind, std::string_view name, const api::ErrorList& errors);
// "pods "x" is forbidden: <cause>"
Refusal forbidden(const api::Kind& kind, std::string_view name, std::string_view cause);
Refusal method_not_allowed();
Refusal no_such_resource();
Refusal unsupported_media_type(std::string_view supported);
Refusal not_acceptable(std::string_view accepted);
Refusal expired(std::string message);  // 410, reason Expired
Refusal gone(std::string message);     // 410, reason Gone
Refusal too_many_requests(std::string message, int retry_after_seconds);
Refusal timeout(std::string message, int retry_after_seconds);  // 504
Refusal internal(std::string message);
// What a failed write of the store is to a client: 507 for a full disk, 500 for a broken one, 429
// for too many writes at once, 413 for one that is too large.
Refusal of_store(const Error& error);

}  // namespace refuse
}  // namespace cove::server
