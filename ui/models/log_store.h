// LogStore: a great many lines of several sources in the order of their time, in little memory.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "ui/models/log_line.h"

namespace cove::ui {

struct LogLimits {
  std::size_t lines = 1'000'000;
  std::size_t memory_bytes = 16 << 20;  // of text; what is more goes to the disk
  std::size_t disk_bytes = 512 << 20;
  std::size_t line_bytes = 64 << 10;  // longer ones go on as lines of their own
};

// Its place in the order: no two lines have the same.
struct LogKey {
  std::int64_t time = 0;  // nanoseconds since 1970 in UTC
  std::uint64_t serial = 0;
  auto operator<=>(const LogKey&) const = default;
};

struct LogEntry {
  static constexpr std::uint8_t kRemark = 1;   // ours, not the container's
  static constexpr std::uint8_t kMatched = 2;  // the search found something in it
  static constexpr std::uint8_t kLooked = 4;   // the search was there

  LogKey key;
  std::uint32_t block = 0;
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
  std::uint16_t source = 0;
  Severity severity = Severity::kNone;
  std::uint8_t flags = 0;
};

struct NewLine {
  std::int64_t time = 0;
  std::uint16_t source = 0;
  Severity severity = Severity::kNone;
  std::uint8_t flags = 0;
  std::string_view text = {};
};

// One thread. Lines of one source stay in the order they came in whatever their times say: one that
// is older than the one before counts as new as that. At a bound of lines or of the disk the oldest
// go, as they do beyond the memory's bound when nothing can be written to the disk; dropped()
// counts them. The file has no name and goes with the store. A line of the disk costs one read of
// the file, or none.
class LogStore {
 public:
  // `folder` gets the file, once it is needed.
  explicit LogStore(Path folder, const LogLimits& limits = {});
  LogStore(const LogStore&) = delete;
  LogStore& operator=(const LogStore&) = delete;

  struct Change {
    std::vector<LogEntry> dropped;  // the oldest, in order
    std::size_t first = 0;          // rows from here on are other ones than before, after the drop
  };
  Change append(const std::vector<NewLine>& lines);
  void clear();

  std::size_t size() const { return entries_.size(); }
  const LogEntry& at(std::size_t row) const { return entries_[row]; }
  void set_flags(std::size_t row, std::uint8_t flags) { entries_[row].flags = flags; }
  // Valid until the next call. Bytes that could not be read back are empty.
  std::string_view text(std::size_t row) const;
  // The first row whose key is not less.
  std::size_t row_of(const LogKey& key) const;

  std::uint64_t dropped() const { return dropped_; }
  std::size_t memory_bytes() const { return resident_bytes_; }
  std::size_t disk_bytes() const;
  // Why nothing goes to the disk; empty while it does.
  const std::string& disk_trouble() const { return trouble_; }

 private:
  struct Block {
    std::string bytes;
    std::int64_t slot = -1;  // in the file
    std::uint32_t live = 0;  // lines
    bool spilled = false;
  };

  void put(const NewLine& line, std::vector<LogEntry>& made);
  void put_part(const NewLine& line, std::string_view text, std::vector<LogEntry>& made);
  Block& block_at(std::uint32_t number) { return blocks_[number - first_block_]; }
  const Block& block_at(std::uint32_t number) const { return blocks_[number - first_block_]; }
  bool spill_oldest();
  bool open_file();
  void release(const LogEntry& entry);
  void drop_oldest(Change& change);
  void shrink(Change& change);
  std::string_view cached(std::uint32_t number) const;

  const Path folder_;
  const LogLimits limits_;
  std::deque<LogEntry> entries_;
  std::vector<std::int64_t> newest_;  // by source
  std::uint64_t next_serial_ = 0;
  std::uint64_t dropped_ = 0;

  std::deque<Block> blocks_;
  std::uint32_t first_block_ = 0;
  std::uint32_t first_resident_ = 0;
  std::size_t resident_bytes_ = 0;
  Fd file_;
  std::int64_t slots_ = 0;
  std::vector<std::int64_t> free_slots_;
  std::string trouble_;

  struct Cached {
    std::uint32_t block;
    std::string bytes;
  };
  mutable std::list<Cached> cache_;  // the last used first
};

}  // namespace cove::ui
