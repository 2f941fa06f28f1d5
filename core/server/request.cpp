#include "core/server/request.h"

#include "core/api/names.h"
#include "core/api/selector.h"
#include "core/base/strings.h"

namespace cove::server {
namespace {

std::string verb_of(const Request& request, bool named) {
  if (request.method == "POST") return "create";
  if (request.method == "PUT") return "update";
  if (request.method == "PATCH") return "patch";
  if (request.method == "DELETE") return named ? "delete" : "deletecollection";
  if (request.method != "GET" && request.method != "HEAD") {
    std::string lower = request.method;
    std::ranges::transform(lower, lower.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower;
  }
  if (request.flag("watch")) return "watch";
  return named ? "get" : "list";
}

// Everything after the version: [namespaces/NS/]resource[/name[/subresource…]].
void describe_resource(std::vector<std::string> parts, RequestInfo& info) {
  if (parts[0] == "namespaces" && parts.size() > 1) {
    info.namespace_name = parts[1];
    // "namespaces/NS/status" and "/finalize" are about the namespace itself.
    if (parts.size() > 2 && parts[2] != "status" && parts[2] != "finalize")
      parts.erase(parts.begin(), parts.begin() + 2);
  }
  info.is_resource = true;
  info.resource = parts[0];
  if (parts.size() > 1) info.name = parts[1];
  for (std::size_t i = 2; i < parts.size(); ++i) {
    info.subresource += (i > 2 ? "/" : "") + parts[i];
  }
}

}  // namespace

bool User::in_group(std::string_view group) const {
  return std::ranges::find(groups, group) != groups.end();
}

RequestInfo describe(const Request& request) {
  RequestInfo info;
  std::vector<std::string> parts = split(std::string_view(request.path).substr(1), '/');
  if (!parts.empty() && parts.back().empty()) parts.pop_back();
  std::size_t prefix = 0;
  if (parts.size() >= 3 && parts[0] == "api") {
    info.version = parts[1];
    prefix = 2;
  } else if (parts.size() >= 4 && parts[0] == "apis") {
    info.group = parts[1];
    info.version = parts[2];
    prefix = 3;
  }
  if (prefix > 0) {
    parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(prefix));
    describe_resource(std::move(parts), info);
  }
  info.verb = verb_of(request, !info.name.empty());
  if (!info.is_resource && (info.verb == "list" || info.verb == "watch")) info.verb = "get";
  return info;
}

RequestInfo named_by_selector(RequestInfo info, const Request& request) {
  if (!info.is_resource || !info.name.empty() ||
      (info.verb != "list" && info.verb != "watch" && info.verb != "deletecollection"))
    return info;
  const auto text = request.parameter("fieldSelector");
  if (!text || text->empty()) return info;
  const auto fields = api::FieldSelector::parse(*text, api::Kind{});
  if (!fields) return info;
  if (const auto name = fields->exact("metadata.name");
      name && api::check_path_segment(*name).empty())
    info.name = *name;
  return info;
}

}  // namespace cove::server
