// The console log: following a file that grows, shrinks and is replaced, and showing a lot of it.
#include <QFile>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBlock>

#include "tests/ui/watchdog.h"
#include "ui/bridge/log_tail.h"
#include "ui/widgets/log_view.h"

namespace cove::ui::test {

class ConsoleTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() {
    home_ = std::make_unique<QTemporaryDir>();
    seen_.clear();
    restarts_ = skips_ = 0;
  }
  void cleanup() {
    watched().watch(false);
    tail_.reset();
  }

  void cleans_lines() {
    QCOMPARE(clean_console_line("\x1b[1;32mgreen\x1b[0m text"), QStringLiteral("green text"));
    QCOMPARE(clean_console_line("old\rnew"), QStringLiteral("new"));
    QCOMPARE(clean_console_line("dos\r"), QStringLiteral("dos"));
    QCOMPARE(clean_console_line("bell\x07 and\ttab"), QStringLiteral("bell and\ttab"));
    QCOMPARE(clean_console_line("\x1b"), QString());
    QCOMPARE(clean_console_line("\x1b["), QString());
    QCOMPARE(clean_console_line("caf\xc3\xa9"), QStringLiteral("café"));
    QCOMPARE(clean_console_line(QByteArray(10'000, 'x')).size(), LogTail::kMaxLineLength + 1);
  }

  void follows_a_file_from_before_it_exists() {
    follow();
    append("one\ntw");
    QTRY_COMPARE(seen_, QStringList{QStringLiteral("one")});
    append("o\n");
    QTRY_COMPARE(seen_, (QStringList{QStringLiteral("one"), QStringLiteral("two")}));
  }

  void starts_anew_when_the_file_shrinks() {
    append("a long first line\n");
    follow();
    QTRY_COMPARE(seen_.size(), 1);
    QFile(file()).resize(0);
    QTRY_COMPARE(restarts_, 1);
    append("new\n");
    QTRY_COMPARE(seen_.last(), QStringLiteral("new"));
  }

  void starts_anew_when_the_file_is_replaced() {
    append("first\n");
    follow();
    QTRY_COMPARE(seen_.size(), 1);
    QVERIFY(QFile::rename(file(), file() + QStringLiteral(".1")));
    append("second is longer than the first\n");
    QTRY_COMPARE(seen_.last(), QStringLiteral("second is longer than the first"));
    QCOMPARE(restarts_, 1);
  }

  void skips_what_is_too_far_behind() {
    QByteArray bulk;
    for (int i = 0; bulk.size() < LogTail::kMaxBacklog + (1 << 20); ++i) {
      bulk += "line " + QByteArray::number(i) + QByteArray(200, '.') + '\n';
    }
    append(bulk);
    follow();
    QTRY_COMPARE(skips_, 1);
    const QString last = QString::fromLatin1(bulk.trimmed().split('\n').last());
    QTRY_VERIFY_WITH_TIMEOUT(!seen_.isEmpty() && seen_.last() == last, 20'000);
    // The line at the cut is not shown as if it were whole.
    QVERIFY(seen_.first().startsWith(QLatin1String("line ")));
  }

  void shows_a_hundred_thousand_lines_without_holding_up_the_window() {
    QByteArray bulk;
    for (int i = 1; i <= 100'000; ++i)
      bulk += "[" + QByteArray::number(i) + "] kernel: something\n";
    append(bulk);
    Theme theme;
    LogView view(theme, nullptr);
    view.resize(800, 600);
    view.show();
    follow(&view);
    watched().watch(true);
    QTRY_VERIFY_WITH_TIMEOUT(
        view.document()->lastBlock().text().startsWith(QLatin1String("[100000]")), 60'000);
    QCOMPARE(view.blockCount(), LogView::kCapacity);
    QCOMPARE(view.document()->firstBlock().text(), QStringLiteral("[80001] kernel: something"));
    QCOMPARE(view.verticalScrollBar()->value(), view.verticalScrollBar()->maximum());
    QVERIFY2(watched().longest() <= WatchedApplication::kLimit,
             QByteArray::fromStdString(watched().culprit() + " " +
                                       std::to_string(watched().longest().count()) + " us"));
  }

  void keeps_the_readers_place_while_it_grows() {
    Theme theme;
    LogView view(theme, nullptr);
    view.resize(800, 300);
    view.show();
    QStringList lines;
    for (int i = 0; i < LogView::kCapacity; ++i) lines.append(QString::number(i));
    view.append_lines(lines);
    QVERIFY(view.following());
    QTest::keyClick(&view, Qt::Key_PageUp);
    QVERIFY(!view.following());
    view.verticalScrollBar()->setValue(10'000);
    const QString before = view.cursorForPosition(QPoint(20, 20)).block().text();
    view.append_lines({QStringLiteral("x"), QStringLiteral("y"), QStringLiteral("z")});
    QCOMPARE(view.cursorForPosition(QPoint(20, 20)).block().text(), before);
    view.set_following(true);
    QCOMPARE(view.verticalScrollBar()->value(), view.verticalScrollBar()->maximum());
  }

  void searches_around_the_end() {
    Theme theme;
    LogView view(theme, nullptr);
    view.append_lines({QStringLiteral("alpha"), QStringLiteral("beta"), QStringLiteral("ALPHA")});
    view.search(QStringLiteral("alpha"));
    QVERIFY(view.find_next(false));
    const int first = view.textCursor().blockNumber();
    QVERIFY(view.find_next(false));
    QVERIFY(view.textCursor().blockNumber() != first);
    QVERIFY(view.find_next(false));
    QCOMPARE(view.textCursor().blockNumber(), first);
    view.search(QStringLiteral("gamma"));
    QVERIFY(!view.find_next(false));
  }

 private:
  static WatchedApplication& watched() { return *static_cast<WatchedApplication*>(qApp); }
  QString file() const { return home_->filePath(QStringLiteral("console.log")); }
  void append(const QByteArray& bytes) {
    QFile out(file());
    QVERIFY(out.open(QIODevice::Append));
    QCOMPARE(out.write(bytes), bytes.size());
  }
  void follow(LogView* view = nullptr) {
    tail_ = std::make_unique<LogTail>(file().toStdString(), std::chrono::milliseconds(10));
    connect(tail_.get(), &LogTail::lines, this, [this, view](const QStringList& lines) {
      if (view) {
        view->append_lines(lines);
      } else {
        seen_ += lines;
      }
      tail_->acknowledge();
    });
    connect(tail_.get(), &LogTail::restarted, this, [this] { ++restarts_; });
    connect(tail_.get(), &LogTail::skipped, this, [this] { ++skips_; });
  }

  std::unique_ptr<QTemporaryDir> home_;
  std::unique_ptr<LogTail> tail_;
  QStringList seen_;
  int restarts_ = 0;
  int skips_ = 0;
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::test::ConsoleTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_console.moc"
