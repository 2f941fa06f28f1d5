#include "core/runtime/log_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace cove::runtime {
namespace {

constexpr std::size_t kBlock = 64 * 1024;
constexpr unsigned kMostFiles = 1000;

// `digits` digits at `at`.
std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

std::optional<std::chrono::seconds> zone(std::string_view text) {
  if (text == "Z") return std::chrono::seconds(0);
  const auto hours = digits(text, 1, 2);
  const auto minutes = digits(text, 4, 2);
  if (text.size() != 6 || text[3] != ':' || !hours || !minutes) return std::nullopt;
  const std::chrono::seconds offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  if (text[0] == '+') return offset;
  if (text[0] == '-') return -offset;
  return std::nullopt;
}

std::optional<WallTime> parse_time(std::string_view text) {
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  std::size_t at = 19;
  std::int64_t nanoseconds = 0;
  if (at < text.size() && text[at] == '.') {
    int places = 0;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
      if (places++ < 9) nanoseconds = nanoseconds * 10 + (text[at] - '0');
    }
    for (; places < 9; ++places) nanoseconds *= 10;
  }
  const auto offset = zone(text.substr(at));
  if (!offset) return std::nullopt;
  return WallTime(std::chrono::sys_days(date).time_since_epoch() + std::chrono::hours(*hour) +
                  std::chrono::minutes(*minute) + std::chrono::seconds(*second) - *offset +
                  std::chrono::nanoseconds(nanoseconds));
}

bool wanted(const LogLine& line, const LogQuery& query) {
  return line.channel == Streams::Channel::kOut ? query.out : query.error;
}

std::uint64_t size_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

Fd open_log(const Path& file) {
  Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (fd && (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode))) return {};
  return fd;
}

std::size_t read_at(int fd, std::uint64_t offset, char* into, std::size_t most) {
  ssize_t n;
  do {
    n = ::pread(fd, into, most, static_cast<off_t>(offset));
  } while (n < 0 && errno == EINTR);
  return n > 0 ? static_cast<std::size_t>(n) : 0;
}

// Cuts a growing file into entries. Keeps an entry without its end until the end is there; what is
// too long for an entry is cut and the rest of it dropped.
class Entries {
 public:
  // False once `each` says so.
  bool feed(std::string_view bytes, const std::function<bool(std::string_view)>& each) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      const std::string_view piece = bytes.substr(0, end);
      const bool whole = end != std::string_view::npos;
      if (whole && rest_.empty() && !cutting_) {
        if (!each(piece.substr(0, kLongestLogEntry))) return false;
      } else {
        const std::size_t room = kLongestLogEntry - std::min(kLongestLogEntry, rest_.size());
        rest_.append(piece.substr(0, room));
        cutting_ = !whole && (cutting_ || rest_.size() >= kLongestLogEntry);
        if (whole) {
          const bool more = each(rest_);
          rest_.clear();
          if (!more) return false;
        }
      }
      if (!whole) break;
      bytes.remove_prefix(end + 1);
    }
    return true;
  }

 private:
  std::string rest_;
  bool cutting_ = false;
};

// The place right behind the `count`+1st last full line that is wanted; `found` is lowered by the
// lines that lie behind it. The beginning when the file has not so many.
std::uint64_t tail_start(int fd, const LogQuery& query, std::uint64_t& count) {
  std::uint64_t end = size_of(fd);
  std::string head;  // beginning of the entry that goes on in the block read before
  std::uint64_t head_end = end;
  std::string block;
  while (end > 0) {
    const std::uint64_t begin = end > kBlock ? end - kBlock : 0;
    block.resize(static_cast<std::size_t>(end - begin));
    block.resize(read_at(fd, begin, block.data(), block.size()));
    std::size_t stop = block.size();
    while (true) {
      const auto newline = stop == 0 ? std::string::npos : block.rfind('\n', stop - 1);
      if (newline == std::string::npos && begin > 0) break;
      const std::size_t from = newline == std::string::npos ? 0 : newline + 1;
      std::string entry = block.substr(from, std::min<std::size_t>(stop - from, 128));
      if (entry.size() < 128) entry += head.substr(0, 128);
      const auto line = parse_log_line(entry);
      if (line && !line->partial && wanted(*line, query)) {
        if (count == 0) return head_end;
        --count;
      }
      head.clear();
      head_end = begin + from;
      if (newline == std::string::npos) return 0;
      stop = newline;
    }
    head = (block.substr(0, std::min<std::size_t>(stop, 128)) + head).substr(0, 128);
    end = begin;
  }
  return 0;
}

// A place before the first entry at or after `since`, near it: entries are in the order of time.
std::uint64_t since_start(int fd, WallTime since) {
  std::uint64_t low = 0, high = size_of(fd);
  std::string block(kBlock, '\0');
  while (high - low > kBlock) {
    const std::uint64_t middle = low + (high - low) / 2;
    const std::string_view bytes(block.data(), read_at(fd, middle, block.data(), block.size()));
    const auto newline = bytes.find('\n');
    if (newline == std::string_view::npos) return low;
    const std::string_view rest = bytes.substr(newline + 1);
    const auto line = parse_log_line(rest.substr(0, rest.find('\n')));
    if (!line) return low;
    if (line->time < since) {
      low = middle + newline + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

class Reading {
 public:
  Reading(const LogQuery& query, const std::function<bool(const LogLine&)>& line)
      : query_(query), line_(line) {}

  // From `offset` to the present end; false when nothing more is wanted.
  bool drain(int fd, std::uint64_t& offset, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const std::size_t n = read_at(fd, offset, block_.data(), block_.size());
      if (n == 0) return true;
      offset += n;
      const bool more = entries_.feed(std::string_view(block_.data(), n),
                                      [this](std::string_view entry) { return take(entry); });
      if (!more) return false;
    }
    return false;
  }

 private:
  bool take(std::string_view entry) {
    const auto line = parse_log_line(entry);
    if (!line || !wanted(*line, query_)) return true;
    if (query_.since && line->time < *query_.since) return true;
    if (query_.until && line->time > *query_.until) return false;
    return line_(*line);
  }

  const LogQuery& query_;
  const std::function<bool(const LogLine&)>& line_;
  Entries entries_;
  std::array<char, kBlock> block_{};
};

bool same_file(int fd, const Path& path) {
  struct stat ours {};
  struct stat named {};
  return ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &named) == 0 &&
         ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

// Waits for a change of the log, the end of its container or `wake`.
class Changes {
 public:
  Changes(const Path& file, int wake) : inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    folder_ = ::inotify_add_watch(inotify_.get(), file.parent_path().c_str(),
                                  IN_MOVED_TO | IN_CREATE | IN_MODIFY);
    wake_ = wake;
  }
  void wait(const LogEnd& end, std::optional<WallTime> until) {
    std::array<pollfd, 3> fds{pollfd{inotify_.get(), POLLIN, 0},
                              pollfd{end.has_ended() ? -1 : end.descriptor(), POLLIN, 0},
                              pollfd{wake_, POLLIN, 0}};
    int timeout = folder_ < 0 ? 100 : -1;  // out of watches: look now and then
    if (until) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(*until - std::chrono::system_clock::now());
      const auto most = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 3'600'000));
      timeout = timeout < 0 ? most : std::min(timeout, most);
    }
    ::poll(fds.data(), fds.size(), timeout);
    std::array<char, 4096> events{};
    while (::read(inotify_.get(), events.data(), events.size()) > 0) {
    }
  }

 private:
  Fd inotify_;
  int folder_ = -1;
  int wake_ = -1;
};

}  // namespace

std::optional<LogLine> parse_log_line(std::string_view entry) {
  const auto one = entry.find(' ');
  if (one == std::string_view::npos || one > 40) return std::nullopt;
  const auto time = parse_time(entry.substr(0, one));
  entry.remove_prefix(one + 1);
  LogLine line;
  if (entry.starts_with("stdout ")) {
    line.channel = Streams::Channel::kOut;
  } else if (entry.starts_with("stderr ")) {
    line.channel = Streams::Channel::kError;
  } else {
    return std::nullopt;
  }
  entry.remove_prefix(7);
  if (!time || entry.size() < 2 || (entry[0] != 'F' && entry[0] != 'P') || entry[1] != ' ')
    return std::nullopt;
  line.time = *time;
  line.partial = entry[0] == 'P';
  line.text = entry.substr(2);
  return line;
}

LogEnd::LogEnd() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void LogEnd::ended() {
  ended_ = true;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto n = ::write(event_.get(), &one, sizeof one);
}

std::vector<Path> log_files(const Path& file) {
  std::vector<Path> files;
  std::error_code error;
  for (unsigned i = 1; i < kMostFiles; ++i) {
    Path rotated = file;
    rotated += fmt::format(".{}", i);
    if (!std::filesystem::exists(rotated, error)) break;
    files.push_back(std::move(rotated));
  }
  std::reverse(files.begin(), files.end());
  if (std::filesystem::exists(file, error)) files.push_back(file);
  return files;
}

Result<void> read_log_files(const Path& file, const LogQuery& query,
                            const std::function<bool(const LogLine&)>& line, const LogEnd* end,
                            std::stop_token stop) {
  Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return errno_error(errno, "follow", file.string());
  std::stop_callback on_stop(stop, [&] {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto n = ::write(wake.get(), &one, sizeof one);
  });
  std::optional<Changes> changes;
  if (query.follow && end != nullptr) changes.emplace(file, wake.get());

  // Opened before anything is read, so that a rotation meanwhile neither skips nor repeats.
  std::vector<Fd> open;
  for (const Path& path : log_files(file)) {
    if (Fd fd = open_log(path)) open.push_back(std::move(fd));
  }
  std::vector<std::uint64_t> offsets(open.size(), 0);
  if (query.tail) {
    std::uint64_t count = *query.tail;
    for (std::size_t i = open.size(); i > 0; --i) {
      const int fd = open[i - 1].get();
      offsets[i - 1] = *query.tail == 0 ? size_of(fd) : tail_start(fd, query, count);
    }
  } else if (query.since) {
    for (std::size_t i = 0; i < open.size(); ++i)
      offsets[i] = since_start(open[i].get(), *query.since);
  }
  Reading reading(query, line);
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (!reading.drain(open[i].get(), offsets[i], stop)) return {};
  }
  if (!changes) return {};
  Fd current = open.empty() ? Fd() : std::move(open.back());
  std::uint64_t offset = offsets.empty() ? 0 : offsets.back();
  open.clear();
  while (!stop.stop_requested()) {
    // Asked before the file is read: what was written before the end is read then.
    const bool ended = end->has_ended();
    if (current && !reading.drain(current.get(), offset, stop)) return {};
    if (!current || !same_file(current.get(), file)) {
      // The old file gets no more lines once the new one has its name.
      if (current && !reading.drain(current.get(), offset, stop)) return {};
      if (Fd next = open_log(file)) {
        current = std::move(next);
        offset = 0;
        continue;
      }
    }
    if (ended || (query.until && std::chrono::system_clock::now() > *query.until)) return {};
    changes->wait(*end, query.until);
  }
  return {};
}

}  // namespace cove::runtime
