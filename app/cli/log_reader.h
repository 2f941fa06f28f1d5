// Reads a growing log from its end on, across truncation and rotation.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::cli {

class LogReader {
 public:
  // Starts `last_lines` lines before the end; all of it when 0. kNotFound without the file.
  static Result<LogReader> open(const Path& path, std::uint64_t last_lines);

  // The next bytes, at most 64 KiB; empty when there are none now. A file that was cut short is
  // read from its new beginning; when another file has taken the name (rotation), what is left of
  // the old one comes first, then the new one from its beginning.
  Result<std::string> read();

 private:
  LogReader(Path path, Fd fd, std::uint64_t offset)
      : path_(std::move(path)), fd_(std::move(fd)), offset_(offset) {}
  Result<std::string> read_here();

  Path path_;
  Fd fd_;
  std::uint64_t offset_;
};

// For a terminal: control characters, with which a guest could write what it likes on the screen,
// become visible, except tab and newline; carriage returns are dropped.
std::string printable_log(std::string_view bytes);

}  // namespace cove::cli
