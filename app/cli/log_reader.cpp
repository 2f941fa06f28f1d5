#include "app/cli/log_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace cove::cli {
namespace {

constexpr std::size_t kBlock = 64 * 1024;

Result<std::string> read_at(int fd, std::uint64_t offset, std::size_t length, const Path& path) {
  std::string bytes(length, '\0');
  ssize_t n;
  do {
    n = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  } while (n < 0 && errno == EINTR);
  if (n < 0) return errno_error(errno, "read", path.string());
  bytes.resize(static_cast<std::size_t>(n));
  return bytes;
}

// Where the last `lines` lines begin. A final newline ends the last line and begins none.
Result<std::uint64_t> tail_offset(int fd, std::uint64_t size, std::uint64_t lines,
                                  const Path& path) {
  std::uint64_t end = size;
  while (end > 0) {
    const std::uint64_t begin = end > kBlock ? end - kBlock : 0;
    COVE_TRY(const std::string block,
             read_at(fd, begin, static_cast<std::size_t>(end - begin), path));
    for (std::size_t i = block.size(); i > 0; --i) {
      if (block[i - 1] != '\n' || begin + i == size) continue;
      if (--lines == 0) return begin + i;
    }
    end = begin;
  }
  return 0;
}

Result<Fd> open_log(const Path& path) {
  Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return errno_error(errno, "open", path.string());
  return fd;
}

}  // namespace

Result<LogReader> LogReader::open(const Path& path, std::uint64_t last_lines) {
  COVE_TRY(Fd fd, open_log(path));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return errno_error(errno, "read", path.string());
  std::uint64_t offset = 0;
  if (last_lines > 0) {
    COVE_TRY(offset,
             tail_offset(fd.get(), static_cast<std::uint64_t>(info.st_size), last_lines, path));
  }
  return LogReader(path, std::move(fd), offset);
}

Result<std::string> LogReader::read_here() {
  COVE_TRY(std::string bytes, read_at(fd_.get(), offset_, kBlock, path_));
  offset_ += bytes.size();
  return bytes;
}

Result<std::string> LogReader::read() {
  COVE_TRY(std::string bytes, read_here());
  if (!bytes.empty()) return bytes;
  struct stat here {};
  struct stat named {};
  if (::fstat(fd_.get(), &here) != 0) return errno_error(errno, "read", path_.string());
  if (static_cast<std::uint64_t>(here.st_size) < offset_) {
    offset_ = 0;
    return read_here();
  }
  if (::stat(path_.c_str(), &named) != 0) return std::string();  // between two files
  if (named.st_ino == here.st_ino && named.st_dev == here.st_dev) return std::string();
  COVE_TRY(fd_, open_log(path_));
  offset_ = 0;
  return read_here();
}

std::string printable_log(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r') continue;
    if (c == '\n' || c == '\t' || (byte >= 0x20 && byte != 0x7f)) {
      out += c;
    } else {
      out += fmt::format("\\x{:02x}", byte);
    }
  }
  return out;
}

}  // namespace cove::cli
