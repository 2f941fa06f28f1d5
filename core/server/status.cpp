#include "core/server/status.h"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

namespace cove::server {
namespace {

// "nodes" or "leases.coordination.k8s.io".
std::string qualified(const RequestInfo& info) {
  return info.group.empty() ? info.resource : info.resource + "." + info.group;
}

boost::json::object details_of(const RequestInfo& info) {
  boost::json::object details;
  if (!info.name.empty()) details["name"] = info.name;
  if (!info.group.empty()) details["group"] = info.group;
  details["kind"] = info.resource;
  return details;
}

}  // namespace

boost::json::object make_status(int code, std::string_view reason, std::string_view message,
                                boost::json::object details) {
  boost::json::object status{
      {"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", boost::json::object()},
      {"status", "Failure"}, {"message", message}, {"reason", reason}};
  if (!details.empty()) status["details"] = std::move(details);
  status["code"] = code;
  return status;
}

Answer status_answer(int code, std::string_view reason, std::string_view message,
                     boost::json::object details) {
  Answer answer = json_answer(make_status(code, reason, message, std::move(details)));
  answer.status = code;
  return answer;
}

Answer unauthorized() {
  return status_answer(401, "Unauthorized", "Unauthorized");
}

Answer forbidden(const User& user, const RequestInfo& info, const std::string& path) {
  if (!info.is_resource) {
    return status_answer(
        403, "Forbidden",
        fmt::format("forbidden: User \"{}\" cannot {} path \"{}\"", user.name, info.verb, path));
  }
  const std::string resource =
      info.resource + (info.subresource.empty() ? "" : "/" + info.subresource);
  const std::string scope = info.namespace_name.empty() || info.resource == "namespaces"
                                ? "at the cluster scope"
                                : fmt::format("in the namespace \"{}\"", info.namespace_name);
  const std::string subject =
      info.name.empty() ? qualified(info) : fmt::format("{} \"{}\"", qualified(info), info.name);
  return status_answer(
      403, "Forbidden",
      fmt::format("{} is forbidden: User \"{}\" cannot {} resource \"{}\" in API group \"{}\" {}",
                  subject, user.name, info.verb, resource, info.group, scope),
      details_of(info));
}

Answer not_found(const RequestInfo& info) {
  return status_answer(404, "NotFound",
                       fmt::format("{} \"{}\" not found", qualified(info), info.name),
                       details_of(info));
}

Answer no_such_resource() {
  return status_answer(404, "NotFound", "the server could not find the requested resource");
}

Answer method_not_allowed() {
  return status_answer(405, "MethodNotAllowed",
                       "the server does not allow this method on the requested resource");
}

Answer not_acceptable(std::string_view accepted) {
  return status_answer(406, "NotAcceptable",
                       fmt::format("only the following media types are accepted: {}", accepted));
}

Answer bad_request(std::string_view message) {
  return status_answer(400, "BadRequest", message);
}

Answer json_answer(const boost::json::value& value, std::string content_type) {
  Answer answer;
  answer.content_type = std::move(content_type);
  std::string text = boost::json::serialize(value);
  text += '\n';
  answer.body = std::make_shared<const std::string>(std::move(text));
  return answer;
}

Answer text_answer(int status, std::string text) {
  Answer answer;
  answer.status = status;
  answer.content_type = "text/plain; charset=utf-8";
  answer.headers.emplace_back("X-Content-Type-Options", "nosniff");
  answer.body = std::make_shared<const std::string>(std::move(text));
  return answer;
}

}  // namespace cove::server
