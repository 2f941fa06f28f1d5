// LogDocument: lines of several containers as a view shows them: filtered, searched, in the order
// of time.
#pragma once

#include <QCoreApplication>
#include <QObject>
#include <QRegularExpression>
#include <QStringList>
#include <QTimer>
#include <deque>
#include <optional>

#include "ui/models/log_store.h"

namespace cove::ui {

// What a search looks for: words as they stand (letters of ASCII in either case), or a pattern of
// PCRE2. Bounded: a line on which a pattern takes too many steps does not match.
class LogMatcher {
  Q_DECLARE_TR_FUNCTIONS(LogMatcher)
 public:
  LogMatcher() = default;
  LogMatcher(const QString& needle, bool pattern);

  bool active() const { return !needle_.isEmpty() && error_.isEmpty(); }
  // Why it is no pattern, and where.
  const QString& error() const { return error_; }
  bool matches(std::string_view line) const;
  struct Hit {
    int from;
    int length;
  };
  // In what is shown of one line; at most 200.
  std::vector<Hit> hits(const QString& text) const;

 private:
  QString needle_;
  std::string folded_;  // UTF-8, lower case
  bool pattern_ = false;
  QString error_;
  QRegularExpression expression_;
};

// GUI thread. What takes long (a search through everything) goes on in slices of a few milliseconds
// between other events.
class LogDocument : public QObject {
  Q_OBJECT
 public:
  static constexpr std::uint16_t kMaxSources = 1000;  // more share the last one's name
  static constexpr int kMaxShown = 4096;  // characters of a line; what is more is only copied

  explicit LogDocument(const Path& folder, const LogLimits& limits = {}, QObject* parent = nullptr);

  std::uint16_t add_source(const QString& name);
  const QStringList& sources() const { return sources_; }
  void append(const std::vector<NewLine>& lines);
  // A line of ours after the newest.
  void remark(std::uint16_t source, const QString& text);
  // Lines go, sources stay.
  void clear();

  // What is shown.
  void set_least(Severity least);
  // Nothing: all of them.
  void set_shown_sources(std::optional<std::vector<bool>> shown);
  void set_pretty(bool pretty);
  bool pretty() const { return pretty_; }

  int rows() const;
  const LogEntry& at(int row) const { return store_.at(index_of(row)); }
  // The first row whose key is not less.
  int row_of(const LogKey& key) const;
  // Line breaks are U+2028.
  ShownText shown(int row) const;
  // One line as it is copied and saved.
  std::string plain(int row, bool with_time, bool with_source) const;
  QString time_text(int row) const;

  std::size_t lines() const { return store_.size(); }
  std::uint64_t dropped() const { return store_.dropped(); }
  const LogStore& store() const { return store_; }

  void search(const QString& needle, bool pattern);
  const LogMatcher& matcher() const { return matcher_; }
  int hits() const { return hits_; }
  bool searching() const { return later_.isActive(); }
  bool is_hit(int row) const { return (at(row).flags & LogEntry::kMatched) != 0; }
  // The nearest hit after (before) a row, around the end; -1: there is none.
  int next_hit(int row, bool backwards) const;

 Q_SIGNALS:
  // Rows came, went or look different.
  void changed();
  void sources_changed();
  void search_changed();

 private:
  std::size_t index_of(int row) const;
  bool visible(const LogEntry& entry) const;
  bool filtered() const { return least_ != Severity::kNone || shown_sources_.has_value(); }
  void rebuild();
  void add_rows(std::size_t from);
  void search_on();

  LogStore store_;
  QStringList sources_;
  Severity least_ = Severity::kNone;
  std::optional<std::vector<bool>> shown_sources_;
  bool pretty_ = false;
  // While something is filtered out: indexes counted from the first line there ever was.
  std::deque<std::uint64_t> rows_;

  LogMatcher matcher_;
  QTimer later_;
  std::size_t looked_ = 0;  // every line before it was searched
  int hits_ = 0;
};

}  // namespace cove::ui
