#include "core/server/refusal.h"

#include <fmt/format.h>

#include <stdexcept>

namespace cove::server {

void throw_exception_from_error(const Refusal& refusal, const boost::source_location&) {
  throw std::logic_error("a refused outcome was read: " + refusal.message);
}

namespace refuse {
namespace {

json::object details_of(const api::Kind& kind, std::string_view name) {
  json::object details;
  if (!name.empty()) details["name"] = api::key(name);
  if (!kind.gvk.group.empty()) details["group"] = kind.gvk.group;
  details["kind"] = kind.plural;
  return details;
}

// "Deployment.apps" as upstream names the kind of an invalid object.
std::string group_kind(const api::Kind& kind) {
  return kind.gvk.group.empty() ? kind.gvk.kind : kind.gvk.kind + "." + kind.gvk.group;
}

}  // namespace

Refusal bad_request(std::string message) {
  return {400, "BadRequest", std::move(message)};
}

Refusal not_found(const api::Kind& kind, std::string_view name) {
  return {404, "NotFound", fmt::format("{} \"{}\" not found", kind.group_resource(), name),
          details_of(kind, name)};
}

Refusal already_exists(const api::Kind& kind, std::string_view name) {
  return {409, "AlreadyExists",
          fmt::format("{} \"{}\" already exists", kind.group_resource(), name),
          details_of(kind, name)};
}

Refusal conflict(const api::Kind& kind, std::string_view name, std::string_view cause) {
  return {409, "Conflict",
          fmt::format("Operation cannot be fulfilled on {} \"{}\": {}", kind.group_resource(), name,
                      cause),
          details_of(kind, name)};
}

Refusal modified(const api::Kind& kind, std::string_view name) {
  return conflict(kind, name,
                  "the object has been modified; please apply your changes to the latest version "
                  "and try again");
}

Refusal invalid(const api::Kind& kind, std::string_view name, const api::ErrorList& errors) {
  json::object details;
  if (!name.empty()) details["name"] = api::key(name);
  if (!kind.gvk.group.empty()) details["group"] = kind.gvk.group;
  details["kind"] = kind.gvk.kind;
  json::array causes;
  for (const api::FieldError& error : errors.errors()) {
    causes.push_back(json::object{
        {"reason", api::key(error.reason())}, {"message", error.body()}, {"field", error.field}});
  }
  details["causes"] = std::move(causes);
  return {422, "Invalid",
          fmt::format("{} \"{}\" is invalid: {}", group_kind(kind), name, errors.message()),
          std::move(details)};
}

Refusal forbidden(const api::Kind& kind, std::string_view name, std::string_view cause) {
  return {403, "Forbidden",
          name.empty()
              ? fmt::format("{} is forbidden: {}", kind.group_resource(), cause)
              : fmt::format("{} \"{}\" is forbidden: {}", kind.group_resource(), name, cause),
          details_of(kind, name)};
}

Refusal method_not_allowed() {
  return {405, "MethodNotAllowed",
          "the server does not allow this method on the requested resource"};
}

Refusal no_such_resource() {
  return {404, "NotFound", "the server could not find the requested resource"};
}

Refusal unsupported_media_type(std::string_view supported) {
  return {415, "UnsupportedMediaType",
          fmt::format("the body of the request was in an unknown format - accepted media types "
                      "include: {}",
                      supported)};
}

Refusal not_acceptable(std::string_view accepted) {
  return {406, "NotAcceptable",
          fmt::format("only the following media types are accepted: {}", accepted)};
}

Refusal expired(std::string message) {
  return {410, "Expired", std::move(message)};
}

Refusal gone(std::string message) {
  return {410, "Gone", std::move(message)};
}

Refusal too_many_requests(std::string message, int retry_after_seconds) {
  Refusal refusal{429, "TooManyRequests", std::move(message)};
  refusal.retry_after_seconds = retry_after_seconds;
  refusal.details["retryAfterSeconds"] = retry_after_seconds;
  return refusal;
}

Refusal timeout(std::string message, int retry_after_seconds) {
  Refusal refusal{504, "Timeout", std::move(message)};
  refusal.retry_after_seconds = retry_after_seconds;
  refusal.details["retryAfterSeconds"] = retry_after_seconds;
  return refusal;
}

Refusal internal(std::string message) {
  return {500, "InternalError", "Internal error occurred: " + message};
}

Refusal of_store(const Error& error) {
  switch (error.code) {
    case ErrorCode::kResourceExhausted:

      return {507, "", fmt::format("the object was not stored: {}", error.message())};
    case ErrorCode::kInvalidArgument: return {413, "RequestEntityTooLarge", error.message()};
    case ErrorCode::kUnavailable:
      return too_many_requests("the store has too many unanswered writes", 1);
    default: return internal(error.message());
  }
}

}  // namespace refuse
}  // namespace cove::server
