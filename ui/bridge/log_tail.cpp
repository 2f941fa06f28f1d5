#include "ui/bridge/log_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QMetaObject>
#include <array>

#include "core/base/fd.h"

namespace cove::ui {

QString clean_console_line(QByteArrayView bytes) {
  QByteArray kept;
  kept.reserve(bytes.size());
  for (qsizetype i = 0; i < bytes.size(); ++i) {
    const auto c = static_cast<unsigned char>(bytes[i]);
    if (c == 0x1b) {
      // ESC [ parameters final, or ESC and one more.
      if (i + 1 < bytes.size() && bytes[i + 1] == '[') {
        i += 2;
        while (i < bytes.size() && (bytes[i] < 0x40 || bytes[i] > 0x7e)) ++i;
      } else {
        ++i;
      }
    } else if (c == '\r') {
      if (i + 1 < bytes.size()) kept.clear();
    } else if (c == '\t' || (c >= 0x20 && c != 0x7f)) {
      kept.append(static_cast<char>(c));
    }
  }
  QString text = QString::fromUtf8(kept);
  if (text.size() > LogTail::kMaxLineLength) {
    text.truncate(LogTail::kMaxLineLength);
    text.append(QChar(0x2026));
  }
  return text;
}

class LogTail::Reader {
 public:
  Reader(LogTail& tail, std::stop_token stop) : tail_(tail), stop_(std::move(stop)) {}

  // Everything there is now; false when asked to stop.
  bool read_on() {
    if (!reopen_if_replaced()) return true;
    std::array<char, 64 * 1024> buffer;
    while (!stop_.stop_requested()) {
      const ssize_t got = pread(fd_.get(), buffer.data(), buffer.size(), offset_);
      if (got <= 0) return true;
      offset_ += got;
      if (!take(QByteArrayView(buffer.data(), got))) return false;
    }
    return false;
  }

 private:
  // False when there is no file.
  bool reopen_if_replaced() {
    struct stat named {};
    if (stat(tail_.file_.c_str(), &named) != 0 || !S_ISREG(named.st_mode)) return false;
    const bool same = fd_ && named.st_ino == inode_ && named.st_dev == device_;
    if (same && named.st_size >= offset_) {
      skip_backlog(named.st_size);
      return true;
    }
    if (fd_) {
      partial_.clear();
      emit_signal(&LogTail::restarted);
    }
    if (!same) {
      fd_ = Fd(::open(tail_.file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
      if (!fd_) return false;
      inode_ = named.st_ino;
      device_ = named.st_dev;
    }
    offset_ = 0;
    skip_backlog(named.st_size);
    return true;
  }

  void skip_backlog(std::int64_t size) {
    if (size - offset_ <= kMaxBacklog) return;
    offset_ = size - kMaxBacklog;
    partial_.clear();
    // The first line is likely cut: its rest is dropped with it.
    drop_line_ = true;
    emit_signal(&LogTail::skipped);
  }

  bool take(QByteArrayView bytes) {
    QStringList batch;
    while (!bytes.isEmpty()) {
      const qsizetype end = bytes.indexOf('\n');
      const QByteArrayView piece = end < 0 ? bytes : bytes.first(end);
      // Bytes of an endless line beyond the bound are dropped here; the cut is marked when it is
      // cleaned.
      if (partial_.size() <= 4 * kMaxLineLength) partial_.append(piece.data(), piece.size());
      if (end < 0) break;
      if (!drop_line_) batch.append(clean_console_line(partial_));
      drop_line_ = false;
      partial_.clear();
      bytes = bytes.sliced(end + 1);
      if (batch.size() == kMaxBatch && !hand_over(std::exchange(batch, {}))) return false;
    }
    return batch.isEmpty() || hand_over(std::move(batch));
  }

  bool hand_over(QStringList batch) {
    std::unique_lock lock(tail_.mutex_);
    if (!tail_.taken_.wait(lock, stop_, [&] { return !tail_.outstanding_; })) return false;
    tail_.outstanding_ = true;
    lock.unlock();
    QMetaObject::invokeMethod(
        &tail_, [tail = &tail_, batch = std::move(batch)] { Q_EMIT tail->lines(batch); },
        Qt::QueuedConnection);
    return true;
  }

  void emit_signal(void (LogTail::*signal)()) {
    QMetaObject::invokeMethod(
        &tail_,
        [tail = &tail_, signal] {
          Q_EMIT(tail->*signal)
          ();
        },
        Qt::QueuedConnection);
  }

  LogTail& tail_;
  std::stop_token stop_;
  Fd fd_;
  ino_t inode_ = 0;
  dev_t device_ = 0;
  std::int64_t offset_ = 0;
  QByteArray partial_;
  bool drop_line_ = false;
};

LogTail::LogTail(Path file, std::chrono::milliseconds interval, QObject* parent)
    : QObject(parent), file_(std::move(file)) {
  thread_ = std::jthread([this, interval](std::stop_token stop) {
    Reader reader(*this, stop);
    std::mutex mutex;
    std::condition_variable_any wake;
    while (reader.read_on() && !stop.stop_requested()) {
      std::unique_lock lock(mutex);
      wake.wait_for(lock, stop, interval, [] { return false; });
    }
  });
}

LogTail::~LogTail() = default;

void LogTail::acknowledge() {
  std::lock_guard lock(mutex_);
  outstanding_ = false;
  taken_.notify_all();
}

}  // namespace cove::ui
