#include "app/init/output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/strings.h"

namespace cove::init {
namespace {

void write_all(const Fd& fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

void Console::write_line(std::string line) {
  std::lock_guard lock(mutex_);
  line += '\n';
  if (cut_) return;
  if (line.size() > left_) {
    cut_ = true;
    line = "cove: this boot has written its share of console output; the rest is dropped\n";
  }
  left_ -= std::min(left_, line.size());
  write_all(fd_, line);
}

void Console::say(std::string_view sentence) {
  write_line("cove: " + escape_control(sentence));
}

void Console::relay(std::string_view program, std::string_view line) {
  write_line(fmt::format("{}| {}", program, escape_control(line)));
}

void RotatingLog::append(std::string_view bytes) {
  if (!fd_) {
    fd_ = Fd(::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    if (!fd_) return;
    struct stat info {};
    size_ = ::fstat(fd_.get(), &info) == 0 ? static_cast<std::size_t>(info.st_size) : 0;
  }
  if (size_ > 0 && size_ + bytes.size() > max_bytes_) {
    fd_.reset();
    Path older = file_;
    older += ".1";
    std::error_code failed;
    std::filesystem::rename(file_, older, failed);
    if (failed) std::filesystem::resize_file(file_, 0, failed);
    size_ = 0;
    fd_ = Fd(::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    if (!fd_) return;
  }
  write_all(fd_, bytes.substr(0, max_bytes_));
  size_ += std::min(bytes.size(), max_bytes_);
}

std::optional<std::string> LineSplitter::next() {
  const std::size_t end = buffer_.find('\n');
  if (end != std::string::npos && end <= kMaxLine) {
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end + 1);
    return line;
  }
  if (buffer_.size() <= kMaxLine) return std::nullopt;
  std::string line = buffer_.substr(0, kMaxLine);
  buffer_.erase(0, kMaxLine);
  return line;
}

std::optional<std::string> LineSplitter::rest() {
  if (buffer_.empty()) return std::nullopt;
  return std::exchange(buffer_, {});
}

}  // namespace cove::init
