#include "core/image/registry_headers.h"

#include <algorithm>
#include <ctime>

#include "core/base/strings.h"

namespace cove::image {
namespace {

constexpr std::size_t kMaxField = 8 * 1024;
constexpr std::size_t kMaxChallenges = 16;
constexpr std::size_t kMaxParameters = 16;
constexpr std::int64_t kLongestWait = 365LL * 24 * 3600;  // seconds

bool is_token_character(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         kOthers.find(c) != std::string_view::npos;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return out;
}

// A place in a field, moved forward.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool skip_spaces() {
    const std::size_t before = rest_.size();
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t'))
      rest_.remove_prefix(1);
    return rest_.size() != before;
  }
  void skip_commas() {
    while (skip_spaces() || take(',')) continue;
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view token() {
    const auto end = std::ranges::find_if_not(rest_, is_token_character);
    const std::string_view found(rest_.begin(), end);
    rest_.remove_prefix(found.size());
    return found;
  }
  std::optional<std::string> value() {
    if (!take('"')) {
      const std::string_view plain = token();
      return plain.empty() ? std::nullopt : std::optional<std::string>(plain);
    }
    std::string text;
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return text;
      if (c == '\\') {
        if (rest_.empty()) break;
        c = rest_.front();
        rest_.remove_prefix(1);
      }
      text += c;
    }
    return std::nullopt;
  }
  bool at_comma() const { return rest_.starts_with(','); }
  // Credentials without a name, as Negotiate has them; only when they stand alone.
  bool skip_token68() {
    const auto digits =
        std::ranges::find_if_not(rest_, [](char c) { return is_token_character(c) || c == '/'; });
    const auto end = std::find_if_not(digits, rest_.end(), [](char c) { return c == '='; });
    const auto size = static_cast<std::size_t>(end - rest_.begin());
    if (size == 0 || (size < rest_.size() && rest_[size] != ',')) return false;
    rest_.remove_prefix(size);
    return true;
  }
  // "name=value"; the place stays where it was when that is not what comes.
  std::optional<std::pair<std::string, std::string>> parameter() {
    const std::string_view before = rest_;
    const std::string_view name = token();
    skip_spaces();
    if (!name.empty() && take('=')) {
      skip_spaces();
      if (auto text = value()) return std::pair(lower(name), std::move(*text));
    }
    rest_ = before;
    return std::nullopt;
  }

 private:
  std::string_view rest_;
};

std::optional<std::uint64_t> number(std::string_view digits) {
  constexpr std::size_t kMostDigits = 18;  // below 2^63
  if (digits.empty() || digits.size() > kMostDigits ||
      !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  return std::stoull(std::string(digits));
}

}  // namespace

std::vector<Challenge> parse_challenges(std::string_view field) {
  std::vector<Challenge> all;
  if (field.size() > kMaxField) return all;
  Cursor at(field);
  at.skip_commas();
  while (!at.done() && all.size() < kMaxChallenges) {
    Challenge challenge;
    challenge.scheme = lower(at.token());
    if (challenge.scheme.empty()) return all;
    const bool separated = at.skip_spaces();
    if (!separated && !at.done() && !at.at_comma()) return all;
    bool more = separated && at.skip_token68();
    while (separated && !more) {
      auto parameter = at.parameter();
      if (!parameter) break;
      if (challenge.parameters.size() >= kMaxParameters) return all;
      challenge.parameters.insert(std::move(*parameter));
      at.skip_spaces();
      more = !at.at_comma();
      at.skip_commas();
    }
    all.push_back(std::move(challenge));
    at.skip_commas();
  }
  return all;
}

std::optional<ContentRange> parse_content_range(std::string_view field) {
  constexpr std::string_view kUnit = "bytes ";
  if (!field.starts_with(kUnit)) return std::nullopt;
  field.remove_prefix(kUnit.size());
  const std::size_t dash = field.find('-');
  const std::size_t slash = field.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash)
    return std::nullopt;
  const auto first = number(field.substr(0, dash));
  const auto last = number(field.substr(dash + 1, slash - dash - 1));
  const std::string_view total_text = field.substr(slash + 1);
  const auto total = number(total_text);
  if (!first || !last || *last < *first || (!total && total_text != "*") ||
      (total && *total <= *last))
    return std::nullopt;
  return ContentRange{*first, *last, total};
}

std::optional<std::uint64_t> parse_upload_range(std::string_view field) {
  constexpr std::string_view kUnit = "bytes=";
  if (field.starts_with(kUnit)) field.remove_prefix(kUnit.size());
  if (!field.starts_with("0-")) return std::nullopt;
  const auto last = number(field.substr(2));
  if (!last) return std::nullopt;
  return *last == 0 ? 0 : *last + 1;
}

std::optional<std::chrono::seconds> parse_retry_after(std::string_view field, WallTime now) {
  const std::string text(trim(field));
  if (const auto seconds = number(text))
    return std::chrono::seconds(std::min<std::uint64_t>(*seconds, kLongestWait));
  std::tm broken{};
  const char* const end = ::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &broken);
  if (end == nullptr || *end != '\0') return std::nullopt;
  // In seconds: a far date overflows the clock's own unit.
  const std::int64_t wait = ::timegm(&broken) - std::chrono::system_clock::to_time_t(now);
  return std::chrono::seconds(std::clamp<std::int64_t>(wait, 0, kLongestWait));
}

std::optional<std::string> parse_next_link(std::string_view field) {
  if (field.size() > kMaxField) return std::nullopt;
  while (true) {
    const std::size_t open = field.find('<');
    const std::size_t close = field.find('>', open == field.npos ? 0 : open);
    if (open == field.npos || close == field.npos) return std::nullopt;
    const std::string_view target = field.substr(open + 1, close - open - 1);
    field.remove_prefix(close + 1);
    const std::string_view parameters = field.substr(0, field.find('<'));
    if (parameters.find("rel=\"next\"") != parameters.npos ||
        parameters.find("rel=next") != parameters.npos) {
      return std::string(target);
    }
  }
}

}  // namespace cove::image
