#include "ui/models/log_store.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace cove::ui {
namespace {

constexpr std::size_t kBlock = 256 << 10;
constexpr std::size_t kCachedBlocks = 8;

// As much of a line as `bound` allows, never ending within a character of UTF-8.
std::size_t part_of(std::string_view line, std::size_t bound) {
  if (line.size() <= bound) return line.size();
  const auto within = [&](std::size_t at) {
    return (static_cast<unsigned char>(line[at]) & 0xc0) == 0x80;
  };
  for (std::size_t length = bound; length > 0 && length + 4 > bound; --length)
    if (!within(length)) return length;
  return bound;
}

bool older(const LogEntry& a, const LogEntry& b) {
  return a.key < b.key;
}

}  // namespace

LogStore::LogStore(Path folder, const LogLimits& limits)
    : folder_(std::move(folder)), limits_(limits) {}

LogStore::Change LogStore::append(const std::vector<NewLine>& lines) {
  std::vector<LogEntry> made;
  made.reserve(lines.size());
  for (const NewLine& line : lines) put(line, made);
  Change change{{}, entries_.size()};
  if (!made.empty()) {
    std::ranges::sort(made, older);
    const auto place = std::upper_bound(entries_.begin(), entries_.end(), made.front(), older);
    change.first = static_cast<std::size_t>(place - entries_.begin());
    const std::size_t old = entries_.size();
    entries_.insert(entries_.end(), made.begin(), made.end());
    if (change.first < old) {
      std::inplace_merge(entries_.begin() + static_cast<std::ptrdiff_t>(change.first),
                         entries_.begin() + static_cast<std::ptrdiff_t>(old), entries_.end(),
                         older);
    }
  }
  shrink(change);
  change.first -= std::min(change.first, change.dropped.size());
  return change;
}

void LogStore::put(const NewLine& line, std::vector<LogEntry>& made) {
  std::string_view rest = line.text;
  do {
    const std::size_t length = part_of(rest, std::min(limits_.line_bytes, kBlock));
    put_part(line, rest.substr(0, length), made);
    rest.remove_prefix(length);
  } while (!rest.empty());
}

void LogStore::put_part(const NewLine& line, std::string_view text, std::vector<LogEntry>& made) {
  if (line.source >= newest_.size()) newest_.resize(line.source + std::size_t{1}, INT64_MIN);
  std::int64_t& newest = newest_[line.source];
  // What is remarked about a source holds none of its own lines back.
  const bool remark = (line.flags & LogEntry::kRemark) != 0;
  const std::int64_t time = remark ? line.time : newest = std::max(newest, line.time);
  if (blocks_.empty() || blocks_.back().bytes.size() + text.size() > kBlock ||
      blocks_.back().spilled) {
    blocks_.emplace_back();
    blocks_.back().bytes.reserve(kBlock);
    resident_bytes_ += kBlock;
    while (resident_bytes_ > limits_.memory_bytes &&
           first_resident_ < first_block_ + blocks_.size() - 1) {
      if (!spill_oldest()) break;
    }
  }
  Block& block = blocks_.back();
  made.push_back({.key = {time, next_serial_++},
                  .block = first_block_ + static_cast<std::uint32_t>(blocks_.size() - 1),
                  .offset = static_cast<std::uint32_t>(block.bytes.size()),
                  .length = static_cast<std::uint32_t>(text.size()),
                  .source = line.source,
                  .severity = line.severity,
                  .flags = line.flags});
  block.bytes += text;
  ++block.live;
}

bool LogStore::open_file() {
  if (file_ || !trouble_.empty()) return static_cast<bool>(file_);
  file_ = Fd(::open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file_) {
    // Not every file system makes files without a name.
    std::string name = (folder_ / "cove-log-XXXXXX").string();
    file_ = Fd(::mkostemp(name.data(), O_CLOEXEC));
    if (file_) ::unlink(name.c_str());
  }
  if (!file_) trouble_ = ::strerror(errno);
  return static_cast<bool>(file_);
}

bool LogStore::spill_oldest() {
  Block& block = block_at(first_resident_);
  if (block.live > 0) {
    if (!open_file()) return false;
    const std::int64_t slot = free_slots_.empty() ? slots_ : free_slots_.back();
    std::size_t written = 0;
    while (written < block.bytes.size()) {
      const ssize_t n =
          ::pwrite(file_.get(), block.bytes.data() + written, block.bytes.size() - written,
                   slot * static_cast<std::int64_t>(kBlock) + static_cast<std::int64_t>(written));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) {
        trouble_ = ::strerror(errno);
        return false;
      }
      written += static_cast<std::size_t>(n);
    }
    if (free_slots_.empty()) {
      ++slots_;
    } else {
      free_slots_.pop_back();
    }
    block.slot = slot;
  }
  block.spilled = true;
  block.bytes = std::string();
  resident_bytes_ -= kBlock;
  ++first_resident_;
  return true;
}

std::size_t LogStore::disk_bytes() const {
  return static_cast<std::size_t>(slots_ - static_cast<std::int64_t>(free_slots_.size())) * kBlock;
}

void LogStore::release(const LogEntry& entry) {
  Block& block = block_at(entry.block);
  if (--block.live > 0) return;
  if (block.slot >= 0) free_slots_.push_back(std::exchange(block.slot, -1));
  std::erase_if(cache_, [&](const Cached& each) { return each.block == entry.block; });
  // The last one is still written to.
  while (blocks_.size() > 1 && blocks_.front().live == 0) {
    if (!blocks_.front().spilled) resident_bytes_ -= kBlock;
    blocks_.pop_front();
    ++first_block_;
    first_resident_ = std::max(first_resident_, first_block_);
  }
}

void LogStore::drop_oldest(Change& change) {
  release(entries_.front());
  change.dropped.push_back(entries_.front());
  entries_.pop_front();
  ++dropped_;
}

void LogStore::shrink(Change& change) {
  while (entries_.size() > limits_.lines) drop_oldest(change);
  while (!entries_.empty() && disk_bytes() > limits_.disk_bytes) drop_oldest(change);
  // Nothing can be spilled: the memory is all there is.
  while (entries_.size() > 1 && !trouble_.empty() && resident_bytes_ > limits_.memory_bytes &&
         blocks_.size() > 1)
    drop_oldest(change);
}

void LogStore::clear() {
  entries_.clear();
  blocks_.clear();
  cache_.clear();
  newest_.clear();
  first_block_ = first_resident_ = 0;
  resident_bytes_ = 0;
  free_slots_.clear();
  slots_ = 0;
  dropped_ = 0;
  trouble_.clear();
  file_ = Fd();
}

std::string_view LogStore::text(std::size_t row) const {
  const LogEntry& entry = entries_[row];
  const Block& block = block_at(entry.block);
  const std::string_view bytes =
      block.spilled ? cached(entry.block) : std::string_view(block.bytes);
  if (entry.offset + std::size_t{entry.length} > bytes.size()) return {};
  return bytes.substr(entry.offset, entry.length);
}

std::string_view LogStore::cached(std::uint32_t number) const {
  for (auto each = cache_.begin(); each != cache_.end(); ++each) {
    if (each->block != number) continue;
    cache_.splice(cache_.begin(), cache_, each);
    return cache_.front().bytes;
  }
  const Block& block = block_at(number);
  if (block.slot < 0) return {};
  std::string bytes(kBlock, '\0');
  std::size_t got = 0;
  while (got < kBlock) {
    const ssize_t n =
        ::pread(file_.get(), bytes.data() + got, kBlock - got,
                block.slot * static_cast<std::int64_t>(kBlock) + static_cast<std::int64_t>(got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += static_cast<std::size_t>(n);
  }
  bytes.resize(got);
  if (cache_.size() >= kCachedBlocks) cache_.pop_back();
  cache_.push_front({number, std::move(bytes)});
  return cache_.front().bytes;
}

std::size_t LogStore::row_of(const LogKey& key) const {
  const auto found = std::ranges::lower_bound(entries_, key, {}, &LogEntry::key);
  return static_cast<std::size_t>(found - entries_.begin());
}

}  // namespace cove::ui
