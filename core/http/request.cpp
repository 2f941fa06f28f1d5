#include "core/http/request.h"

namespace cove::http {
namespace {

constexpr std::size_t kMaxParameters = 1000;

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

}  // namespace

std::optional<std::string> Request::parameter(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

bool Request::flag(std::string_view name) const {
  auto value = parameter(name);
  if (!value) return false;
  for (char& c : *value) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return *value != "false" && *value != "0";
}

std::string_view Request::header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

bool Request::has_header(std::string_view name) const {
  return std::ranges::any_of(headers, [&](const auto& each) { return each.first == name; });
}

std::string Request::header_list(std::string_view name) const {
  std::string all;
  bool first = true;
  for (const auto& [key, value] : headers) {
    if (key != name) continue;
    if (!first) all += ", ";
    all += value;
    first = false;
  }
  return all;
}

Result<void> parse_target(std::string_view target, Request& request) {
  const auto bad = [&](std::string cause) {
    return Error{ErrorCode::kInvalidArgument, "read", "the request's path", std::move(cause), {}};
  };
  if (!target.starts_with('/')) return bad("it does not start with '/'");
  const std::size_t mark = target.find('?');
  request.raw_path = target.substr(0, mark);
  auto path = decode(request.raw_path, false);
  if (!path || path->find('\0') != std::string::npos) return bad("it is badly encoded");
  request.path = std::move(*path);
  if (mark == std::string_view::npos) return {};
  request.raw_query = target.substr(mark + 1);
  std::string_view rest = request.raw_query;
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    auto key = decode(part.substr(0, equals), true);
    auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                  : decode(part.substr(equals + 1), true);
    if (!key || !value) return bad("its query is badly encoded");
    if (request.query.size() >= kMaxParameters) return bad("its query has too many parameters");
    request.query.emplace_back(std::move(*key), std::move(*value));
  }
  return {};
}

}  // namespace cove::http
