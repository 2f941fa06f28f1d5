// Where words go: the serial console and the node's log file, both bounded.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/fd.h"
#include "core/base/fs.h"

namespace cove::init {

// The serial console, at most `limit` bytes a boot: the host keeps it in a file. Says once that it
// stops. Thread-safe.
class Console {
 public:
  static constexpr std::size_t kLimit = 16 << 20;

  explicit Console(Fd fd, std::size_t limit = kLimit) : fd_(std::move(fd)), left_(limit) {}
  // One line, "cove: <sentence>"; control characters are escaped.
  void say(std::string_view sentence);
  // One line of another program, "<program>| <line>".
  void relay(std::string_view program, std::string_view line);

 private:
  void write_line(std::string line);
  std::mutex mutex_;
  Fd fd_;
  std::size_t left_;
  bool cut_ = false;
};

// Appends to `file`; at `max_bytes` it becomes `file`.1, replacing the former one, and a new one
// begins: at most two files of that size. Errors are dropped: a full disk must not stop the node.
// Not thread-safe.
class RotatingLog {
 public:
  static constexpr std::size_t kMaxBytes = 8 << 20;

  explicit RotatingLog(Path file, std::size_t max_bytes = kMaxBytes)
      : file_(std::move(file)), max_bytes_(max_bytes) {}
  void append(std::string_view bytes);

 private:
  Path file_;
  std::size_t max_bytes_;
  Fd fd_;
  std::size_t size_ = 0;
};

// Cuts a stream of bytes into lines of at most kMaxLine bytes; a longer one goes on in the next
// line.
class LineSplitter {
 public:
  static constexpr std::size_t kMaxLine = 4096;
  // The next whole line without its end, or nothing.
  std::optional<std::string> next();
  void push(std::string_view bytes) { buffer_.append(bytes); }
  // What is left without an end of line.
  std::optional<std::string> rest();

 private:
  std::string buffer_;
};

}  // namespace cove::init
