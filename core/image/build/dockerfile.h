// A Dockerfile cut into logical lines: parser directives, comments, continuations, here-documents.
// https://docs.docker.com/reference/dockerfile/
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace cove::image::dockerfile {

inline constexpr std::size_t kMaxFileBytes = 1 << 20;
inline constexpr std::size_t kMaxLines = 10'000;  // logical ones

struct Heredoc {
  std::string name;
  std::string content;  // with its last line's end
  bool chomp = false;   // "<<-": tabs at a line's beginning do not count
  bool expand = true;   // the name was not quoted

  // The content as the shell gives it to a program.
  std::string text() const;
};

struct LogicalLine {
  int line = 0;                    // of its first physical line, from 1
  std::string text;                // joined, trimmed: what `Step 1/2 : …` shows
  std::string keyword;             // upper case: "RUN"
  std::vector<std::string> flags;  // "--from=build", in order
  std::string rest;                // after keyword and flags
  std::vector<Heredoc> heredocs;
};

struct LogicalLines {
  char escape = '\\';
  std::vector<LogicalLine> lines;
  std::vector<std::string> warnings;  // "[WARNING]: …", one sentence each
};

// `name` is what errors call the file. kInvalidArgument with "Dockerfile:3: …" as the cause.
Result<LogicalLines> cut_into_lines(std::string_view text, const std::string& name);

// What is wrong in a file, and where.
Error error_at(const std::string& file, int line, std::string what,
               ErrorCode code = ErrorCode::kInvalidArgument);

// "<<EOF", "<<-'EOF'" as a whole word (its quotes kept); name, chomp and expand are set.
bool parse_heredoc_word(std::string_view word, char escape, Heredoc& heredoc);

}  // namespace cove::image::dockerfile
