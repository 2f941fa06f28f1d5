#include "core/server/request.h"

#include "core/base/strings.h"

namespace cove::server {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

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

std::optional<std::string> Request::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

bool Request::flag(std::string_view name) const {
  const auto value = parameter(name);
  return value && (*value == "true" || *value == "1");
}

Result<void> parse_target(std::string_view target, Request& request) {
  const auto bad = [&](std::string cause) {
    return Error{ErrorCode::kInvalidArgument, "read", "the request's path", std::move(cause), {}};
  };
  if (!target.starts_with('/')) return bad("it does not start with '/'");
  const std::size_t mark = target.find('?');
  auto path = decode(target.substr(0, mark), false);
  if (!path || path->find('\0') != std::string::npos) return bad("it is badly encoded");
  request.path = std::move(*path);
  if (mark == std::string_view::npos) return {};
  for (const std::string& part : split(target.substr(mark + 1), '&')) {
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    auto key = decode(std::string_view(part).substr(0, equals), true);
    auto value = equals == std::string::npos
                     ? std::optional<std::string>("")
                     : decode(std::string_view(part).substr(equals + 1), true);
    if (!key || !value) return bad("its query is badly encoded");
    request.query.emplace_back(std::move(*key), std::move(*value));
  }
  return {};
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

}  // namespace cove::server
