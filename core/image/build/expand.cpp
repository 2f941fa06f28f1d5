#include "core/image/build/expand.h"

#include <fmt/format.h>

#include <cctype>

#include "core/image/build/glob.h"
#include "core/image/build/text.h"

namespace cove::image::dockerfile {
namespace {

// What a pattern's search over a value may cost, in steps.
constexpr std::size_t kMaxSearchSteps = 50'000'000;

Error fault(std::string cause) {
  return {ErrorCode::kInvalidArgument, "expand the variables", {}, std::move(cause), {}};
}

bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Words {
 public:
  void add(char c) {
    if (!is_space(c)) {
      add_raw(c);
    } else if (in_word_ && !word_.empty()) {
      words_.push_back(std::move(word_));
      word_.clear();
      in_word_ = false;
    }
  }
  void add_raw(char c) {
    word_ += c;
    in_word_ = true;
  }
  void add(std::string_view text) {
    for (const char c : text) add(c);
  }
  void add_raw(std::string_view text) {
    word_ += text;
    in_word_ = true;
  }
  std::vector<std::string> finish() {
    if (!word_.empty()) words_.push_back(std::move(word_));
    return std::move(words_);
  }

 private:
  std::string word_;
  std::vector<std::string> words_;
  bool in_word_ = false;
};

struct Processed {
  std::string text;
  std::vector<std::string> words;
};

class Expander {
 public:
  Expander(std::string_view source, const Lookup& lookup, const Expansion& options)
      : source_(source), lookup_(lookup), options_(options) {}

  Result<Processed> run() { return until(std::nullopt, options_.raw_escapes); }

 private:
  bool at_end() const { return at_ >= source_.size(); }
  char peek() const { return source_[at_]; }
  char take() { return source_[at_++]; }
  std::optional<std::string> value_of(std::string_view name) const {
    return lookup_ ? lookup_(name) : std::nullopt;
  }

  Result<Processed> until(std::optional<char> stop, bool raw_escapes);
  Result<std::string> single_quote();
  Result<std::string> double_quote(bool raw_escapes);
  Result<std::string> dollar();
  Result<std::string> braces();
  Result<std::string> with_word(const std::string& name, char modifier, bool null_is_unset);
  Result<std::string> replace(const std::string& name);
  Result<std::string> part(char stop, bool raw_escapes, const char* missing);
  std::string name();

  std::string_view source_;
  std::size_t at_ = 0;
  const Lookup& lookup_;
  const Expansion& options_;
  unsigned depth_ = 0;
};

Result<Processed> Expander::until(std::optional<char> stop, bool raw_escapes) {
  std::string result;
  Words words;
  while (!at_end()) {
    if (result.size() > kMaxExpandedBytes) return fault("the result is longer than 1 MiB");
    const char c = peek();
    if (stop && c == *stop) {
      ++at_;
      return Processed{std::move(result), words.finish()};
    }
    if (c == '$') {
      COVE_TRY(const std::string value, dollar());
      result += value;
      words.add(value);
    } else if ((c == '\'' || c == '"') && !options_.skip_quotes) {
      COVE_TRY(const std::string quoted, c == '"' ? double_quote(raw_escapes) : single_quote());
      result += quoted;
      words.add_raw(quoted);
    } else if (c == options_.escape) {
      ++at_;
      if (raw_escapes) {
        words.add_raw(c);
        result += c;
      }
      if (at_end()) break;
      const char escaped = take();
      words.add_raw(escaped);
      result += escaped;
    } else {
      ++at_;
      words.add(c);
      result += c;
    }
  }
  if (stop) {
    return fault(fmt::format("unexpected end of statement while looking for matching {}", *stop));
  }
  return Processed{std::move(result), words.finish()};
}

Result<std::string> Expander::single_quote() {
  const auto end = source_.find('\'', at_ + 1);
  if (end == std::string_view::npos) {
    at_ = source_.size();
    return fault("unexpected end of statement while looking for matching single-quote");
  }
  const auto begin = options_.raw_quotes ? at_ : at_ + 1;
  const auto last = options_.raw_quotes ? end + 1 : end;
  at_ = end + 1;
  return std::string(source_.substr(begin, last - begin));
}

Result<std::string> Expander::double_quote(bool raw_escapes) {
  std::string result;
  if (options_.raw_quotes) result += '"';
  ++at_;
  while (!at_end()) {
    if (result.size() > kMaxExpandedBytes) return fault("the result is longer than 1 MiB");
    const char c = peek();
    if (c == '"') {
      ++at_;
      if (options_.raw_quotes) result += '"';
      return result;
    }
    if (c == '$') {
      COVE_TRY(const std::string value, dollar());
      result += value;
      continue;
    }
    ++at_;
    if (c != options_.escape) {
      result += c;
      continue;
    }
    if (raw_escapes) result += c;
    if (at_end()) break;
    const char next = peek();
    if (next == '"' || next == '$' || next == options_.escape) {
      result += take();
    } else {
      result += c;
    }
  }
  return fault("unexpected end of statement while looking for matching double-quote");
}

std::string Expander::name() {
  std::string result;
  if (at_end()) return result;
  if (is_digit(peek())) {
    while (!at_end() && is_digit(peek())) result += take();
    return result;
  }
  if (std::string_view("@*#?-$!").find(peek()) != std::string_view::npos) {
    return std::string(1, take());
  }
  while (!at_end() && is_name(peek())) result += take();
  return result;
}

Result<std::string> Expander::dollar() {
  ++at_;
  if (!at_end() && peek() == '{') {
    if (depth_ == kMaxExpansionDepth) return fault("variables are nested too deep");
    ++depth_;
    auto result = braces();
    --depth_;
    return result;
  }
  const std::string found = name();
  if (found.empty()) return std::string("$");
  auto value = value_of(found);
  if (!value) return options_.keep_unset ? "$" + found : std::string();
  return std::move(*value);
}

Result<std::string> Expander::part(char stop, bool raw_escapes, const char* missing) {
  auto result = until(stop, raw_escapes);
  if (!result) return at_end() ? fault(missing) : result.error();
  return std::move(result->text);
}

Result<std::string> Expander::braces() {
  ++at_;
  if (at_end()) return fault("syntax error: missing '}'");
  if (peek() == '{' || peek() == '}' || peek() == ':') {
    return fault("syntax error: bad substitution");
  }
  const std::string found = name();
  if (at_end()) return fault("syntax error: missing '}'");
  char modifier = take();
  bool null_is_unset = false;
  switch (modifier) {
    case '}': {
      auto value = value_of(found);
      if (!value) return options_.keep_unset ? "${" + found + "}" : std::string();
      return std::move(*value);
    }
    case '/': return replace(found);
    case ':':
      null_is_unset = true;
      if (at_end()) return fault("syntax error: missing '}'");
      modifier = take();
      if (modifier == '#' || modifier == '%') break;
      [[fallthrough]];
    case '+':
    case '-':
    case '?':
    case '#':
    case '%': return with_word(found, modifier, null_is_unset);
    default: break;
  }
  return fault(fmt::format("unsupported modifier ({}{}) in substitution", null_is_unset ? ":" : "",
                           modifier));
}

Result<std::string> Expander::with_word(const std::string& name, char modifier,
                                        bool null_is_unset) {
  const bool trims = modifier == '#' || modifier == '%';
  COVE_TRY(std::string word, part('}', trims, "syntax error: missing '}'"));
  auto value = value_of(name);
  if (!value && options_.keep_unset) {
    return fmt::format("${{{}{}{}{}}}", name, null_is_unset ? ":" : "", modifier, word);
  }
  const bool missing = !value || (null_is_unset && value->empty());
  switch (modifier) {
    case '-': return missing ? std::move(word) : std::move(*value);
    case '+': return missing ? std::string() : std::move(word);
    case '?':
      if (!missing) return std::move(*value);
      if (word.empty()) {
        word = value ? "is not allowed to be empty" : "is not allowed to be unset";
      }
      return fault(fmt::format("{}: {}", name, word));
    case '#':
    case '%': break;
    default:
      return fault(fmt::format("unsupported modifier ({}{}) in substitution",
                               null_is_unset ? ":" : "", modifier));
  }
  std::string text = value ? std::move(*value) : std::string();
  std::string_view pattern = word;
  const bool longest = pattern.starts_with(modifier);
  if (longest) pattern.remove_prefix(1);
  const auto glob = Glob::compile(pattern, GlobStyle::kShell);
  if (!glob) {
    return fault(
        fmt::format("invalid pattern ({}) in substitution: {}", pattern, glob.error().cause));
  }
  if (pattern.size() * text.size() > kMaxSearchSteps) return fault("the pattern is too expensive");
  if (modifier == '#') {
    if (const auto end = glob->prefix(text, longest)) text.erase(0, *end);
  } else if (const auto begin = glob->suffix(text, longest)) {
    text.erase(*begin);
  }
  return text;
}

Result<std::string> Expander::replace(const std::string& name) {
  const bool all = !at_end() && peek() == '/';
  if (all) ++at_;
  COVE_TRY(const std::string pattern, part('/', true, "syntax error: missing '/' in ${}"));
  COVE_TRY(const std::string replacement, part('}', true, "syntax error: missing '}'"));
  const auto value = value_of(name);
  if (!value && options_.keep_unset) {
    return fmt::format("${{{}/{}/{}}}", name, pattern, replacement);
  }
  const auto glob = Glob::compile(pattern, GlobStyle::kShell);
  if (!glob) {
    return fault(
        fmt::format("invalid pattern ({}) in substitution: {}", pattern, glob.error().cause));
  }
  const std::string_view text = value ? std::string_view(*value) : std::string_view();
  if ((pattern.size() + 1) * (text.size() + 1) * (text.size() + 1) > kMaxSearchSteps) {
    return fault("the pattern is too expensive");
  }
  std::string result;
  bool done = false;
  for (std::size_t at = 0; at <= text.size();) {
    const auto length = done ? std::nullopt : glob->prefix(text.substr(at), true);
    if (length) {
      result += replacement;
      if (result.size() > kMaxExpandedBytes) return fault("the result is longer than 1 MiB");
      at += *length;
      done = !all;
    }
    if (!length || *length == 0) {
      if (at < text.size()) result += text[at];
      ++at;
    } else if (at == text.size()) {
      break;
    }
  }
  return result;
}

Result<Processed> process(std::string_view text, const Lookup& lookup, const Expansion& options) {
  auto result = Expander(text, lookup, options).run();
  if (!result) {
    Error error = result.error();
    error.cause = fmt::format("failed to process {}: {}", quote(text.substr(0, 200)), error.cause);
    return error;
  }
  if (result->text.size() > kMaxExpandedBytes) return fault("the result is longer than 1 MiB");
  return result;
}

}  // namespace

Result<std::string> expand_word(std::string_view word, const Lookup& lookup,
                                const Expansion& options) {
  COVE_TRY(auto result, process(word, lookup, options));
  return std::move(result.text);
}

Result<std::vector<std::string>> expand_words(std::string_view text, const Lookup& lookup,
                                              const Expansion& options) {
  COVE_TRY(auto result, process(text, lookup, options));
  return std::move(result.words);
}

}  // namespace cove::image::dockerfile
