#include "core/image/build/dockerfile.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "core/base/strings.h"
#include "core/image/build/expand.h"

namespace cove::image::dockerfile {
namespace {

bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

std::string_view skip_spaces(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  return text;
}

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  });
  return result;
}

std::string without_leading_tabs(std::string_view text) {
  std::string result;
  bool at_start = true;
  for (const char c : text) {
    if (at_start && c == '\t') continue;
    at_start = c == '\n';
    result += c;
  }
  return result;
}

// The physical lines of a file, one after the other; each with its end.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const auto end = rest_.find('\n');
    const auto length = end == std::string_view::npos ? rest_.size() : end + 1;
    const auto line = rest_.substr(0, length);
    rest_.remove_prefix(length);
    ++number_;
    return line;
  }
  int number() const { return number_; }

 private:
  std::string_view rest_;
  int number_ = 0;
};

std::string_view without_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

bool is_comment(std::string_view line) {
  return skip_spaces(line).starts_with('#');
}

// Takes the escape character at a line's end away; true when there was one.
bool continues(std::string_view& line, char escape) {
  std::string_view kept = line;
  while (!kept.empty() && (kept.back() == ' ' || kept.back() == '\t')) kept.remove_suffix(1);
  if (kept.empty() || kept.back() != escape) return false;
  kept.remove_suffix(1);
  if (!kept.empty() && kept.back() == escape) return false;
  line = kept;
  return true;
}

// The first comments of a file may be "# name=value".
class Directives {
 public:
  // False once the line is no directive any more.
  Result<bool> take(std::string_view line, LogicalLines& file, const std::string& name,
                    int number) {
    if (over_) return false;
    line = trim(line);
    const auto equals = line.find('=');
    if (!line.starts_with('#') || equals == std::string_view::npos) {
      over_ = true;
      return false;
    }
    std::string key(trim(line.substr(1, equals - 1)));
    const std::string value(trim(line.substr(equals + 1)));
    if (key.empty() || !std::all_of(key.begin(), key.end(), [](char c) {
          return std::isalnum(static_cast<unsigned char>(c)) != 0;
        })) {
      over_ = true;
      return false;
    }
    std::transform(key.begin(), key.end(), key.begin(), [](char c) {
      return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    });
    if (key != "escape" && key != "syntax" && key != "check") {
      over_ = true;
      return false;
    }
    if (std::find(seen_.begin(), seen_.end(), key) != seen_.end()) {
      return error_at(name, number, fmt::format("only one {} parser directive can be used", key));
    }
    seen_.push_back(key);
    if (key == "escape") {
      if (value != "\\" && value != "`") {
        return error_at(name, number,
                        fmt::format("invalid ESCAPE '{}' does not match ` or \\", value));
      }
      file.escape = value.front();
    }
    return true;
  }

 private:
  bool over_ = false;
  std::vector<std::string> seen_;
};

// Splits "--name=value" words off the front.
std::vector<std::string> take_flags(std::string_view& rest, char escape) {
  std::vector<std::string> flags;
  for (;;) {
    rest = skip_spaces(rest);
    if (!rest.starts_with("--")) return flags;
    std::string word;
    char quote = 0;
    std::size_t i = 0;
    for (; i < rest.size(); ++i) {
      const char c = rest[i];
      if (quote == 0 && is_space(c)) break;
      if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
      } else if (quote != 0 && c == quote) {
        quote = 0;
      } else if (c == escape && quote != '\'' && i + 1 < rest.size()) {
        word += rest[++i];
      } else {
        word += c;
      }
    }
    if (word == "--") return flags;
    rest.remove_prefix(i);
    flags.push_back(std::move(word));
  }
}

bool has_heredocs(const LogicalLine& line) {
  std::string keyword = line.keyword;
  std::string_view rest = skip_spaces(line.rest);
  if (keyword == "ONBUILD") {
    const auto end = rest.find_first_of(" \t");
    keyword = upper(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : skip_spaces(rest.substr(end));
  }
  return (keyword == "RUN" || keyword == "COPY" || keyword == "ADD") && !rest.starts_with('[') &&
         rest.find("<<") != std::string_view::npos;
}

std::vector<Heredoc> heredocs_in(const std::string& text, char escape) {
  Expansion options;
  options.escape = escape;
  options.raw_quotes = true;
  options.raw_escapes = true;
  options.keep_unset = true;
  std::vector<Heredoc> found;
  const auto words = expand_words(text, {}, options);
  if (!words) return found;  // the shell will say what it thinks of it
  for (const auto& word : *words) {
    Heredoc heredoc;
    if (parse_heredoc_word(word, escape, heredoc)) found.push_back(std::move(heredoc));
  }
  return found;
}

Result<void> read_heredocs(Lines& lines, LogicalLine& line, const LogicalLines& file,
                           const std::string& name) {
  if (!has_heredocs(line)) return {};
  for (Heredoc& heredoc : heredocs_in(line.rest, file.escape)) {
    bool terminated = false;
    while (const auto physical = lines.next()) {
      std::string_view candidate = without_end(*physical);
      while (heredoc.chomp && candidate.starts_with('\t')) candidate.remove_prefix(1);
      if (candidate == heredoc.name) {
        terminated = true;
        break;
      }
      heredoc.content += *physical;
    }
    if (!terminated) return error_at(name, line.line, "unterminated heredoc");
    line.heredocs.push_back(std::move(heredoc));
  }
  return {};
}

}  // namespace

std::string Heredoc::text() const {
  return chomp ? without_leading_tabs(content) : content;
}

Error error_at(const std::string& file, int line, std::string what, ErrorCode code) {
  return {code, "build the image", {}, fmt::format("{}:{}: {}", file, line, what), {}};
}

bool parse_heredoc_word(std::string_view word, char escape, Heredoc& heredoc) {
  std::size_t at = 0;
  while (at < word.size() && std::isdigit(static_cast<unsigned char>(word[at])) != 0) ++at;
  word.remove_prefix(at);
  if (!word.starts_with("<<")) return false;
  word.remove_prefix(2);
  const bool chomp = word.starts_with('-');
  if (chomp) word.remove_prefix(1);
  if (word.empty() || word.find('<') != std::string_view::npos) return false;
  Expansion options;
  options.escape = escape;
  options.keep_unset = true;
  const auto name = expand_words(word, {}, options);
  if (!name || name->size() != 1 || name->front().empty()) return false;
  heredoc.name = name->front();
  heredoc.chomp = chomp;
  heredoc.expand = heredoc.name == word;
  return true;
}

Result<LogicalLines> cut_into_lines(std::string_view text, const std::string& name) {
  if (text.size() > kMaxFileBytes) return error_at(name, 1, "the file is longer than 1 MiB");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (const auto zero = text.find('\0'); zero != std::string_view::npos) {
    return error_at(name, 1 + static_cast<int>(std::count(text.begin(), text.begin() + zero, '\n')),
                    "there is a zero byte in the file");
  }
  LogicalLines file;
  Directives directives;
  Lines lines(text);
  while (auto physical = lines.next()) {
    COVE_TRY(const bool directive, directives.take(*physical, file, name, lines.number()));
    if (directive || is_comment(*physical)) continue;
    std::string_view part = without_end(skip_spaces(*physical));
    if (part.empty()) continue;
    LogicalLine line;
    line.line = lines.number();
    bool more = continues(part, file.escape);
    std::string joined(part);
    bool empty_continuation = false;
    while (more) {
      physical = lines.next();
      if (!physical) break;
      if (is_comment(*physical)) continue;
      part = without_end(*physical);
      if (trim(part).empty()) {
        empty_continuation = true;
        continue;
      }
      more = continues(part, file.escape);
      joined += part;
    }
    if (empty_continuation) {
      file.warnings.push_back(fmt::format(
          "[WARNING]: Empty continuation line found in:\n    {}\n[WARNING]: Empty continuation "
          "lines will become errors in a future release.\n",
          trim(joined)));
    }
    line.text = std::string(trim(joined));
    if (line.text.empty()) continue;
    if (file.lines.size() == kMaxLines) {
      return error_at(name, line.line, "the file has more than 10000 instructions");
    }
    std::string_view rest = line.text;
    const auto end = std::find_if(rest.begin(), rest.end(), is_space);
    line.keyword = upper(rest.substr(0, static_cast<std::size_t>(end - rest.begin())));
    rest.remove_prefix(line.keyword.size());
    line.flags = take_flags(rest, file.escape);
    line.rest = std::string(trim(rest));
    COVE_CHECK(read_heredocs(lines, line, file, name));
    file.lines.push_back(std::move(line));
  }
  if (file.lines.empty()) {
    return Error{ErrorCode::kInvalidArgument,
                 "build the image",
                 {},
                 fmt::format("the Dockerfile ({}) cannot be empty", name),
                 {}};
  }
  return file;
}

}  // namespace cove::image::dockerfile
