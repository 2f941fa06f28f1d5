#include "core/image/build/glob.h"

#include <fmt/format.h>

namespace cove::image::dockerfile {
namespace {

Error bad_pattern(std::string_view pattern, std::string cause) {
  return {
      ErrorCode::kInvalidArgument, "read the pattern", std::string(pattern), std::move(cause), {}};
}

}  // namespace

bool Glob::has_wildcards(std::string_view pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (pattern[i] == '*' || pattern[i] == '?' || pattern[i] == '[') {
      return true;
    }
  }
  return false;
}

// Reads "[a-z]" whose '[' is at `at`; returns the place after ']', or nothing when it is malformed.
std::optional<std::size_t> Glob::add_class(std::string_view pattern, std::size_t at,
                                           std::vector<Token>& tokens) {
  Token token;
  token.kind = Token::Kind::kClass;
  std::size_t i = at + 1;
  const bool negated = i < pattern.size() && pattern[i] == '^';
  if (negated) ++i;
  const auto one = [&]() -> std::optional<unsigned char> {
    if (i >= pattern.size() || pattern[i] == '-' || pattern[i] == ']') return std::nullopt;
    if (pattern[i] == '\\' && ++i >= pattern.size()) return std::nullopt;
    return static_cast<unsigned char>(pattern[i++]);
  };
  bool any = false;
  while (i < pattern.size() && (pattern[i] != ']' || !any)) {
    const auto low = one();
    if (!low) return std::nullopt;
    auto high = low;
    if (i < pattern.size() && pattern[i] == '-') {
      ++i;
      high = one();
      if (!high) return std::nullopt;
    }
    for (unsigned c = *low; c <= *high; ++c) token.set.set(c);
    any = true;
  }
  if (i >= pattern.size()) return std::nullopt;
  if (negated) token.set.flip();
  token.set.reset('/');
  tokens.push_back(token);
  return i + 1;
}

Result<Glob> Glob::compile(std::string_view pattern, GlobStyle style) {
  Glob glob(style);
  auto& tokens = glob.tokens_;
  const auto literal = [&](char c) {
    Token token;
    token.byte = static_cast<unsigned char>(c);
    tokens.push_back(token);
  };
  if (pattern.size() > kMaxTokens) return bad_pattern(pattern.substr(0, 64), "it is too long");
  for (std::size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if (c == '*' && style == GlobStyle::kIgnore && pattern.substr(i).starts_with("**")) {
      i += 2;
      while (i < pattern.size() && pattern[i] == '*') ++i;
      if (i < pattern.size() && pattern[i] == '/') ++i;
      Token token;
      token.kind = i < pattern.size() ? Token::Kind::kMaybe : Token::Kind::kEverything;
      tokens.push_back(token);
      if (token.kind == Token::Kind::kMaybe) {
        token.kind = Token::Kind::kFolders;
        tokens.push_back(token);
      }
    } else if (c == '*') {
      ++i;
      Token token;
      token.kind = Token::Kind::kStar;
      if (tokens.empty() || tokens.back().kind != Token::Kind::kStar) tokens.push_back(token);
    } else if (c == '?') {
      ++i;
      Token token;
      token.kind = Token::Kind::kAny;
      tokens.push_back(token);
    } else if (c == '[' && style != GlobStyle::kShell) {
      const auto next = add_class(pattern, i, tokens);
      if (!next) return bad_pattern(pattern, "syntax error in pattern");
      i = *next;
    } else if (c == '\\') {
      if (++i >= pattern.size()) {
        return bad_pattern(
            pattern, style == GlobStyle::kShell ? "invalid escape" : "syntax error in pattern");
      }
      const char escaped = pattern[i++];
      if (style == GlobStyle::kShell &&
          std::string_view("*?\\}/").find(escaped) == std::string_view::npos) {
        return bad_pattern(pattern, fmt::format("invalid escape '\\{}'", escaped));
      }
      literal(escaped);
    } else {
      literal(c);
      ++i;
    }
  }
  return glob;
}

bool Glob::accepts(const Token& token, unsigned char byte) const {
  switch (token.kind) {
    case Token::Kind::kByte: return token.byte == byte;
    case Token::Kind::kClass: return token.set.test(byte);
    case Token::Kind::kAny:
    case Token::Kind::kStar: return byte != (style_ == GlobStyle::kShell ? '\n' : '/');
    case Token::Kind::kEverything:
    case Token::Kind::kFolders: return true;
    case Token::Kind::kMaybe: return false;
  }
  return false;
}

// Follows all ways through the pattern at once. A place in `active` is the index of the next token.
template <class Next>
std::optional<std::size_t> Glob::run(const std::vector<Token>& tokens, std::size_t size,
                                     bool longest, bool whole, Next byte_at) const {
  const std::size_t end = tokens.size();
  const auto repeats = [&](std::size_t i) {
    return tokens[i].kind == Token::Kind::kStar || tokens[i].kind == Token::Kind::kEverything;
  };
  const auto is = [&](std::size_t i, Token::Kind kind) { return tokens[i].kind == kind; };
  std::vector<char> active(end + 1, 0);
  std::vector<char> next(end + 1, 0);
  // Places are only ever reached from lower ones, so one pass upwards closes over what is optional.
  const auto close = [&](std::vector<char>& places) {
    for (std::size_t i = 0; i < end; ++i) {
      if (places[i] == 0) continue;
      if (repeats(i) || is(i, Token::Kind::kMaybe)) places[i + 1] = 1;
      if (is(i, Token::Kind::kMaybe)) places[i + 2] = 1;
    }
  };
  active[0] = 1;
  close(active);
  std::optional<std::size_t> found;
  for (std::size_t at = 0;; ++at) {
    if (active[end] != 0 && (!whole || at == size)) {
      found = at;
      if (!longest && !whole) return found;
    }
    if (at == size) return found;
    const unsigned char byte = byte_at(at);
    bool alive = false;
    std::fill(next.begin(), next.end(), 0);
    for (std::size_t i = 0; i < end; ++i) {
      if (active[i] == 0 || !accepts(tokens[i], byte)) continue;
      if (repeats(i) || is(i, Token::Kind::kFolders)) next[i] = 1;
      if (!repeats(i) && (!is(i, Token::Kind::kFolders) || byte == '/')) next[i + 1] = 1;
      alive = true;
    }
    if (!alive) return found;
    close(next);
    active.swap(next);
  }
}

bool Glob::matches(std::string_view text) const {
  return run(tokens_, text.size(), true, true,
             [&](std::size_t i) { return static_cast<unsigned char>(text[i]); })
      .has_value();
}

std::optional<std::size_t> Glob::prefix(std::string_view text, bool longest) const {
  return run(tokens_, text.size(), longest, false,
             [&](std::size_t i) { return static_cast<unsigned char>(text[i]); });
}

std::optional<std::size_t> Glob::suffix(std::string_view text, bool longest) const {
  const std::vector<Token> reversed(tokens_.rbegin(), tokens_.rend());
  const auto length = run(reversed, text.size(), longest, false, [&](std::size_t i) {
    return static_cast<unsigned char>(text[text.size() - 1 - i]);
  });
  if (!length) return std::nullopt;
  return text.size() - *length;
}

}  // namespace cove::image::dockerfile
