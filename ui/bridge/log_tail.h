// LogTail: follows a growing text file from a thread of its own.
#pragma once

#include <QObject>
#include <QStringList>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>

#include "core/base/fs.h"

namespace cove::ui {

// GUI thread. Reading, splitting and cleaning happen in the thread; it waits for acknowledge()
// after each batch, so a fast writer cannot flood the event loop. A file that is absent is waited
// for; one that shrank or was replaced is read from its start after restarted(). Beyond
// `kMaxBacklog` unread bytes the oldest are skipped.
class LogTail : public QObject {
  Q_OBJECT
 public:
  static constexpr std::int64_t kMaxBacklog = 4 << 20;
  static constexpr qsizetype kMaxBatch = 400;        // lines
  static constexpr qsizetype kMaxLineLength = 4096;  // characters; longer lines are cut

  explicit LogTail(Path file, std::chrono::milliseconds interval = std::chrono::milliseconds(250),
                   QObject* parent = nullptr);
  ~LogTail() override;
  const Path& file() const { return file_; }
  // The last lines() were taken; the next may come.
  void acknowledge();

 Q_SIGNALS:
  // Without line ends, escape sequences and control characters.
  void lines(const QStringList& lines);
  // What was shown is of a file that is no more.
  void restarted();
  // Older bytes were left out.
  void skipped();

 private:
  class Reader;

  const Path file_;
  std::mutex mutex_;
  std::condition_variable_any taken_;
  bool outstanding_ = false;
  std::jthread thread_;
};

// A console line as text: ANSI escape sequences and control characters removed, tabs kept, a
// carriage return restarts the line, at most LogTail::kMaxLineLength characters.
QString clean_console_line(QByteArrayView bytes);

}  // namespace cove::ui
