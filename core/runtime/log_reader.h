// Reading log files in the CRI format ("<RFC 3339 time> stdout|stderr F|P <text>"), which are
// hostile: any process writes its own lines into them.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <stop_token>
#include <string_view>

#include "core/base/fd.h"
#include "core/runtime/runtime.h"

namespace cove::runtime {

// An entry longer than this is cut.
inline constexpr std::size_t kLongestLogEntry = 256 * 1024;

// One entry without its end of line; nothing when it is none.
std::optional<LogLine> parse_log_line(std::string_view entry);

// Awakes readers that follow a log when its container has ended. Thread-safe.
class LogEnd {
 public:
  LogEnd();
  void ended();
  bool has_ended() const { return ended_; }
  int descriptor() const { return event_.get(); }

 private:
  std::atomic<bool> ended_ = false;
  Fd event_;
};

// Reads `file` and, before it, what was rotated away (`file`.N … `file`.1), oldest entry first. A
// file that does not exist is an empty log. `line` returns false to end the reading. A tail is
// found from the end, `since` by halving: neither reads all of a large file. Follows only with an
// `end`.
Result<void> read_log_files(const Path& file, const LogQuery& query,
                            const std::function<bool(const LogLine&)>& line, const LogEnd* end,
                            std::stop_token stop);

// The files of a log, oldest first, that exist.
std::vector<Path> log_files(const Path& file);

}  // namespace cove::runtime
