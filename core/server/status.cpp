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

Refusal forbidden_request(const User& user, const RequestInfo& request, std::string_view path) {
  if (!request.is_resource) {
    return {
        403, "Forbidden",
        fmt::format("forbidden: User \"{}\" cannot {} path \"{}\"", user.name, request.verb, path)};
  }
  const std::string resource =
      request.resource + (request.subresource.empty() ? "" : "/" + request.subresource);
  const std::string scope = request.namespace_name.empty()
                                ? "at the cluster scope"
                                : fmt::format("in the namespace \"{}\"", request.namespace_name);
  const std::string subject = request.name.empty()
                                  ? qualified(request)
                                  : fmt::format("{} \"{}\"", qualified(request), request.name);
  return {403, "Forbidden",
          fmt::format("{} is forbidden: User \"{}\" cannot {} resource \"{}\" in API group "
                      "\"{}\" {}",
                      subject, user.name, request.verb, resource, request.group, scope),
          details_of(request)};
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
