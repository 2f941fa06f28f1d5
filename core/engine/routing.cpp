#include "core/engine/routing.h"

#include <fmt/format.h>

#include <charconv>

#include "core/base/strings.h"

namespace cove::engine {
namespace {

constexpr std::string_view kManyMark = "…}";

bool is_name(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

bool takes_slashes(std::string_view segment) {
  return is_name(segment) && segment.ends_with(kManyMark);
}

std::string name_of(std::string_view segment) {
  const std::size_t end = takes_slashes(segment) ? kManyMark.size() : 1;
  return std::string(segment.substr(1, segment.size() - 1 - end));
}

// The segments of a path without its first slash; a path without one has none.
std::vector<std::string> segments_of(std::string_view path) {
  if (!path.starts_with('/')) return {};
  return split(path.substr(1), '/');
}

// Fits `parts` to a pattern; at most one segment of a pattern takes slashes.
bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& parts,
          std::map<std::string, std::string>& names) {
  if (parts.size() < pattern.size()) return false;
  std::size_t at = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::string& segment = pattern[i];
    if (!is_name(segment)) {
      if (at >= parts.size() || parts[at++] != segment) return false;
      continue;
    }
    const std::size_t taken = takes_slashes(segment) ? parts.size() - pattern.size() + 1 : 1;
    std::string value;
    for (std::size_t more = 0; more < taken; ++more, ++at) {
      if (parts[at].empty()) return false;
      value += (more == 0 ? "" : "/") + parts[at];
    }
    names[name_of(segment)] = std::move(value);
  }
  return at == parts.size();
}

// "1.43" → 43; a major version other than 1 counts as beyond or before everything.
Outcome<unsigned> read_version(std::string_view text) {
  const std::size_t dot = text.find('.');
  const auto number = [](std::string_view digits) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() ? value : 100'000u;
  };
  const unsigned major = number(text.substr(0, dot));
  const unsigned minor = dot == std::string_view::npos ? 0 : number(text.substr(dot + 1));
  if (major < 1 || (major == 1 && minor < kOldestApi)) {
    return ApiError{400, fmt::format("client version {} is too old. Minimum supported API version "
                                     "is 1.{}, please upgrade your client to a newer version",
                                     text, kOldestApi)};
  }
  if (major > 1 || minor > kNewestApi) {
    return ApiError{400, fmt::format("client version {} is too new. Maximum supported API version "
                                     "is 1.{}",
                                     text, kNewestApi)};
  }
  return minor;
}

// The version's text of "/v1.43/…", and the path behind it.
std::optional<std::string_view> take_version(std::string_view& path) {
  if (!path.starts_with("/v")) return std::nullopt;
  const std::size_t end = path.find('/', 2);
  if (end == std::string_view::npos || end == 2 || end > 16) return std::nullopt;
  const std::string_view version = path.substr(2, end - 2);
  if (version.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  path.remove_prefix(end);
  return version;
}

}  // namespace

Router::Router(std::vector<Route> routes) {
  entries_.reserve(routes.size());
  for (Route& each : routes) {
    std::vector<std::string> segments = segments_of(each.pattern);
    entries_.push_back({std::move(each), std::move(segments)});
  }
}

Outcome<Router::Match> Router::match(std::string_view method, std::string_view path) const {
  Match match;
  if (const auto version = take_version(path)) {
    COVE_TRY(match.api, read_version(*version));
  }
  const std::vector<std::string> parts = segments_of(path);
  bool known = false;
  for (const Entry& entry : entries_) {
    if (known && entry.route.method != method) continue;
    std::map<std::string, std::string> names;
    if (!fits(entry.segments, parts, names)) continue;
    known = true;
    if (entry.route.method != method) continue;
    match.route = &entry.route;
    match.names = std::move(names);
    return match;
  }
  if (known) return ApiError{405, "method not allowed"};
  return ApiError{404, "page not found"};
}

}  // namespace cove::engine
