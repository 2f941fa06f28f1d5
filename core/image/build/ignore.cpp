#include "core/image/build/ignore.h"

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/image/build/paths.h"

namespace cove::image {
namespace {

Error bad_rule(std::string cause) {
  return {ErrorCode::kInvalidArgument, "read .dockerignore", {}, std::move(cause), {}};
}

// The part of a pattern before its first wildcard, cut at a '/'.
std::string_view fixed_folders(std::string_view pattern) {
  const auto wild = pattern.find_first_of("*?[\\");
  if (wild == std::string_view::npos) return pattern;
  const auto slash = pattern.substr(0, wild).rfind('/');
  return slash == std::string_view::npos ? std::string_view() : pattern.substr(0, slash);
}

bool is_below(std::string_view path, std::string_view folder) {
  return folder.empty() ||
         (path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/'));
}

}  // namespace

Result<void> IgnoreRules::add(std::string_view pattern, std::vector<Rule>& rules) {
  pattern = trim(pattern);
  if (pattern.empty()) return {};
  if (rules.size() == kMaxPatterns) return bad_rule("there are too many patterns");
  const bool keep = pattern.front() == '!';
  if (keep) {
    pattern = trim(pattern.substr(1));
    if (pattern.empty()) return bad_rule("illegal exclusion pattern: \"!\"");
  }
  std::string text = dockerfile::clean_path(pattern);
  if (text.size() > 1 && text.front() == '/') text.erase(0, 1);
  auto glob = dockerfile::Glob::compile(text, dockerfile::GlobStyle::kIgnore);
  if (!glob) return bad_rule(fmt::format("{}: \"{}\"", glob.error().cause, text));
  rules.push_back({keep, std::move(text), std::move(*glob)});
  return {};
}

Result<IgnoreRules> IgnoreRules::parse(std::string_view text) {
  if (text.size() > kMaxBytes) return bad_rule(".dockerignore is longer than 1 MiB");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  IgnoreRules rules;
  int line = 0;
  while (!text.empty()) {
    ++line;
    const auto end = text.find('\n');
    const std::string_view current = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (current.starts_with('#')) continue;
    if (auto added = add(current, rules.rules_); !added) {
      return bad_rule(fmt::format(".dockerignore:{}: {}", line, added.error().cause));
    }
  }
  return rules;
}

Result<IgnoreRules> IgnoreRules::from_patterns(const std::vector<std::string>& patterns) {
  IgnoreRules rules;
  for (const auto& pattern : patterns) COVE_CHECK(add(pattern, rules.rules_));
  return rules;
}

bool IgnoreRules::ignores(std::string_view path) const {
  bool ignored = false;
  for (const Rule& rule : rules_) {
    if (rule.keep != ignored) continue;  // it would change nothing
    bool fits = rule.glob.matches(path);
    for (std::size_t slash = path.find('/'); !fits && slash != std::string_view::npos;
         slash = path.find('/', slash + 1)) {
      fits = rule.glob.matches(path.substr(0, slash));
    }
    if (fits) ignored = !rule.keep;
  }
  return ignored;
}

bool IgnoreRules::may_keep_below(std::string_view folder) const {
  for (const Rule& rule : rules_) {
    if (!rule.keep) continue;
    const std::string_view fixed = fixed_folders(rule.text);
    if (is_below(fixed, folder) || is_below(folder, fixed)) return true;
  }
  return false;
}

}  // namespace cove::image
