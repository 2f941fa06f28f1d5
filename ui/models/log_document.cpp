#include "ui/models/log_document.h"

#include <QDateTime>
#include <QElapsedTimer>
#include <QLocale>
#include <algorithm>

namespace cove::ui {
namespace {

constexpr int kSliceMs = 6;
constexpr int kLinesAtOnce = 64;  // between two looks at the clock
constexpr std::size_t kMaxHits = 200;
// Of PCRE2 on one line: a pattern that tries everything ends here, within a few milliseconds.
constexpr char16_t kBound[] = u"(*LIMIT_MATCH=20000)(*LIMIT_DEPTH=20000)(*LIMIT_HEAP=4096)";
constexpr std::size_t kSearched = 16 << 10;  // bytes of a line that a pattern sees

char low(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains(std::string_view line, std::string_view folded) {
  if (folded.size() > line.size()) return false;
  const char first = folded[0];
  const std::size_t last = line.size() - folded.size();
  for (std::size_t at = 0; at <= last; ++at) {
    if (low(line[at]) != first) continue;
    std::size_t i = 1;
    while (i < folded.size() && low(line[at + i]) == folded[i]) ++i;
    if (i == folded.size()) return true;
  }
  return false;
}

bool has_escapes(std::string_view line) {
  return line.find('\x1b') != std::string_view::npos;
}

}  // namespace

LogMatcher::LogMatcher(const QString& needle, bool pattern) : needle_(needle), pattern_(pattern) {
  folded_ = needle.toStdString();
  for (char& c : folded_) c = low(c);
  if (!pattern || needle.isEmpty()) return;
  const QString bound = QString::fromUtf16(kBound);
  expression_ = QRegularExpression(bound + needle, QRegularExpression::CaseInsensitiveOption);
  if (!expression_.isValid()) {
    error_ = tr("%1 (at character %2)")
                 .arg(expression_.errorString())
                 .arg(std::max<qsizetype>(1, expression_.patternErrorOffset() - bound.size() + 1));
  } else {
    expression_.optimize();
  }
}

bool LogMatcher::matches(std::string_view line) const {
  std::string plain;
  if (has_escapes(line)) {
    plain = without_escapes(line);
    line = plain;
  }
  if (!pattern_) return contains(line, folded_);
  line = line.substr(0, kSearched);
  return expression_.match(QString::fromUtf8(line.data(), static_cast<qsizetype>(line.size())))
      .hasMatch();
}

std::vector<LogMatcher::Hit> LogMatcher::hits(const QString& text) const {
  std::vector<Hit> found;
  if (!active()) return found;
  if (pattern_) {
    auto each = expression_.globalMatch(text);
    while (each.hasNext() && found.size() < kMaxHits) {
      const auto match = each.next();
      if (match.capturedLength() > 0)
        found.push_back(
            {static_cast<int>(match.capturedStart()), static_cast<int>(match.capturedLength())});
    }
    return found;
  }
  for (qsizetype at = text.indexOf(needle_, 0, Qt::CaseInsensitive);
       at >= 0 && found.size() < kMaxHits;
       at = text.indexOf(needle_, at + needle_.size(), Qt::CaseInsensitive))
    found.push_back({static_cast<int>(at), static_cast<int>(needle_.size())});
  return found;
}

LogDocument::LogDocument(const Path& folder, const LogLimits& limits, QObject* parent)
    : QObject(parent), store_(folder, limits) {
  later_.setInterval(0);
  connect(&later_, &QTimer::timeout, this, &LogDocument::search_on);
}

std::uint16_t LogDocument::add_source(const QString& name) {
  if (sources_.size() < kMaxSources) {
    sources_.append(name);
    Q_EMIT sources_changed();
  }
  return static_cast<std::uint16_t>(sources_.size() - 1);
}

bool LogDocument::visible(const LogEntry& entry) const {
  if ((entry.flags & LogEntry::kRemark) != 0) return true;
  if (least_ != Severity::kNone) {
    // What does not say is taken for information.
    const Severity said = entry.severity == Severity::kNone ? Severity::kInfo : entry.severity;
    if (said < least_) return false;
  }
  return !shown_sources_ ||
         (entry.source < shown_sources_->size() && (*shown_sources_)[entry.source]);
}

void LogDocument::append(const std::vector<NewLine>& lines) {
  const LogStore::Change change = store_.append(lines);
  for (const LogEntry& gone : change.dropped)
    if ((gone.flags & LogEntry::kMatched) != 0 && visible(gone)) --hits_;
  if (filtered()) {
    while (!rows_.empty() && rows_.front() < store_.dropped()) rows_.pop_front();
    while (!rows_.empty() && rows_.back() >= store_.dropped() + change.first) rows_.pop_back();
    add_rows(change.first);
  }
  if (matcher_.active()) {
    looked_ -= std::min(looked_, change.dropped.size());
    looked_ = std::min(looked_, change.first);
    later_.start();
  }
  Q_EMIT changed();
}

void LogDocument::remark(std::uint16_t source, const QString& text) {
  const std::string bytes = text.toStdString();
  const std::int64_t time = store_.size() > 0 ? store_.at(store_.size() - 1).key.time : 0;
  append({{time, source, Severity::kNone, LogEntry::kRemark, bytes}});
}

void LogDocument::clear() {
  store_.clear();
  rows_.clear();
  looked_ = 0;
  hits_ = 0;
  Q_EMIT changed();
  Q_EMIT search_changed();
}

void LogDocument::set_least(Severity least) {
  if (least == least_) return;
  least_ = least;
  rebuild();
}

void LogDocument::set_shown_sources(std::optional<std::vector<bool>> shown) {
  if (shown == shown_sources_) return;
  shown_sources_ = std::move(shown);
  rebuild();
}

void LogDocument::set_pretty(bool pretty) {
  if (pretty == pretty_) return;
  pretty_ = pretty;
  Q_EMIT changed();
}

void LogDocument::add_rows(std::size_t from) {
  for (std::size_t i = from; i < store_.size(); ++i)
    if (visible(store_.at(i))) rows_.push_back(store_.dropped() + i);
}

void LogDocument::rebuild() {
  rows_.clear();
  if (filtered()) add_rows(0);
  hits_ = 0;
  for (int row = 0; row < rows(); ++row) hits_ += is_hit(row) ? 1 : 0;
  Q_EMIT changed();
  Q_EMIT search_changed();
}

int LogDocument::rows() const {
  return static_cast<int>(filtered() ? rows_.size() : store_.size());
}

std::size_t LogDocument::index_of(int row) const {
  const auto at = static_cast<std::size_t>(row);
  return filtered() ? static_cast<std::size_t>(rows_[at] - store_.dropped()) : at;
}

int LogDocument::row_of(const LogKey& key) const {
  const std::size_t index = store_.row_of(key);
  if (!filtered()) return static_cast<int>(index);
  return static_cast<int>(std::ranges::lower_bound(rows_, store_.dropped() + index) -
                          rows_.begin());
}

ShownText LogDocument::shown(int row) const {
  const std::string_view line = store_.text(index_of(row));
  if (pretty_ && (at(row).flags & LogEntry::kRemark) == 0) {
    if (QString pretty = pretty_json(line); !pretty.isEmpty())
      return {pretty.replace(QLatin1Char('\n'), QChar(QChar::LineSeparator)), {}};
  }
  ShownText shown = shown_text(line.substr(0, 4 * std::size_t{kMaxShown}));
  if (shown.text.size() > kMaxShown || line.size() > 4 * std::size_t{kMaxShown}) {
    shown.text.truncate(kMaxShown);
    std::erase_if(shown.spans, [](const AnsiSpan& span) { return span.from >= kMaxShown; });
    for (AnsiSpan& span : shown.spans) span.length = std::min(span.length, kMaxShown - span.from);
    shown.text += tr(" … (%1 bytes in all)").arg(QLocale().toString(line.size()));
  }
  return shown;
}

QString LogDocument::time_text(int row) const {
  const std::int64_t time = at(row).key.time;
  return QDateTime::fromMSecsSinceEpoch(time / 1'000'000)
      .toString(QStringLiteral("yyyy-MM-dd HH:mm:ss.zzz"));
}

std::string LogDocument::plain(int row, bool with_time, bool with_source) const {
  const std::size_t index = index_of(row);
  const LogEntry& entry = store_.at(index);
  std::string line;
  if (with_time) line += time_text(row).toStdString() + ' ';
  if (with_source && entry.source < sources_.size())
    line += sources_[entry.source].toStdString() + ' ';
  return line + without_escapes(store_.text(index));
}

void LogDocument::search(const QString& needle, bool pattern) {
  matcher_ = LogMatcher(needle, pattern);
  for (std::size_t i = 0; i < store_.size(); ++i)
    store_.set_flags(i, store_.at(i).flags & LogEntry::kRemark);
  looked_ = 0;
  hits_ = 0;
  later_.stop();
  if (matcher_.active()) later_.start();
  Q_EMIT changed();
  Q_EMIT search_changed();
}

void LogDocument::search_on() {
  QElapsedTimer clock;
  clock.start();
  while (looked_ < store_.size() && clock.elapsed() < kSliceMs) {
    for (int i = 0; i < kLinesAtOnce && looked_ < store_.size(); ++i, ++looked_) {
      const LogEntry entry = store_.at(looked_);
      if ((entry.flags & LogEntry::kLooked) != 0) continue;
      const bool hit =
          (entry.flags & LogEntry::kRemark) == 0 && matcher_.matches(store_.text(looked_));
      store_.set_flags(looked_, static_cast<std::uint8_t>(entry.flags | LogEntry::kLooked |
                                                          (hit ? LogEntry::kMatched : 0)));
      if (hit && visible(entry)) ++hits_;
    }
  }
  if (looked_ >= store_.size()) later_.stop();
  Q_EMIT search_changed();
}

int LogDocument::next_hit(int row, bool backwards) const {
  const int count = rows();
  if (hits_ == 0 || count == 0) return -1;
  const int step = backwards ? -1 : 1;
  int at = std::clamp(row, -1, count);
  for (int i = 0; i < count; ++i) {
    at = (at + step + count) % count;
    if (is_hit(at)) return at;
  }
  return -1;
}

}  // namespace cove::ui
