// Logs in the desktop by clicks: pods of a real API server in this process, their logs as a script
// writes them.
#include <fmt/format.h>

#include <QFile>
#include <QMenu>
#include <QPointer>
#include <QScrollBar>
#include <QSplitter>
#include <QTabBar>

#include "tests/ui/log_server.h"
#include "ui/views/activity_dock.h"
#include "ui/views/log_panel.h"
#include "ui/views/tool_dock.h"

namespace cove::ui::test {

// Line `text` at second `second` of a minute.
std::string at(int second, const std::string& text) {
  return fmt::format("2026-01-02T03:04:{:02}.000000000Z {}\n", second, text);
}

class LogsTest : public PageTest {
  Q_OBJECT

  std::shared_ptr<LogServer> logs_;

  void make_labelled(const std::string& name,
                     json::array containers = {{{"name", "app"}, {"image", "demo:1"}}}) {
    QVERIFY(cluster_->create(json::object{
        {"apiVersion", "v1"},
        {"kind", "Pod"},
        {"metadata", {{"name", name}, {"namespace", "default"}, {"labels", {{"app", "web"}}}}},
        {"spec", {{"containers", std::move(containers)}}}}));
  }
  void make_deployment() {
    QVERIFY(cluster_->create(R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: default}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: app, image: "demo:1"}]}
)"));
  }
  void open_logs(const char* page, const char* name) {
    logs_ = std::make_shared<LogServer>();
    const auto inner = to(*cluster_);
    open(page, "cove", {{"cove", [inner, logs = logs_](Executor& executor) {
                           return std::make_unique<LogTransport>(inner(executor), logs);
                         }}});
    QTRY_VERIFY(row_of(name) >= 0);
    choose(name);
    auto* tabs = find<QTabWidget>((page_ + "_tabs").c_str());
    tabs->setCurrentWidget(find<QWidget>("log_tab"));
    QTRY_VERIFY(panel() != nullptr);
  }
  LogPanel* panel() { return window().findChild<LogPanel*>(); }
  LogDocument& document() { return panel()->document(); }
  std::vector<std::string> lines(bool with_source = false) {
    std::vector<std::string> all;
    for (int row = 0; row < document().rows(); ++row)
      all.push_back(document().plain(row, false, with_source));
    return all;
  }
  using Lines = std::vector<std::string>;
  QString notice() {
    auto* banner = find<Banner>("log_notice");
    return banner->isVisible() ? banner->title() + QLatin1Char('|') + banner->text() : QString();
  }
  LogServer::StreamPtr stream_of(const std::string& pod, int number = 1) {
    if (!QTest::qWaitFor([&] { return logs_->count(pod) >= number; }, 10'000)) qFatal("no stream");
    return logs_->last(pod);
  }

 private Q_SLOTS:
  void all_pods_of_a_deployment_in_one_log() {
    make_deployment();
    for (const char* name : {"web-1", "web-2"}) {
      make_labelled(name);
      cluster_->run_pod(name);
    }
    open_logs("deployments", "web");
    const auto one = stream_of("web-1");
    const auto two = stream_of("web-2");
    QCOMPARE(one->parameter("container"), std::string("app"));
    QCOMPARE(one->parameter("follow"), std::string("true"));
    QCOMPARE(one->parameter("timestamps"), std::string("true"));
    logs_->write(one, at(1, "one a") + at(5, "one b"));
    QTRY_COMPARE(document().rows(), 2);
    logs_->write(two, at(3, "two a") + at(7, "two b").substr(0, 20));
    QTRY_COMPARE(lines(true), (Lines{"web-1/app one a", "web-2/app two a", "web-1/app one b"}));
    logs_->write(two, at(7, "two b").substr(20));
    QTRY_COMPARE(document().rows(), 4);

    // Pods come, and go.
    make_labelled("web-3");
    cluster_->run_pod("web-3");
    logs_->write(stream_of("web-3"), at(9, "three"));
    QTRY_COMPARE(document().rows(), 5);
    cluster_->remove("pods", "web-1", "default", {.grace_seconds = 0});
    cluster_->finish_deletions();
    QTRY_VERIFY(lines().back() == "web-1/app has gone");
    logs_->write(one, at(8, "last words"));
    logs_->end(one);
    QTRY_COMPARE(lines()[4], std::string("last words"));

    // One of them alone.
    auto* containers = find<QComboBox>("log_containers");
    const int index = containers->findText(QStringLiteral("web-2"));
    QVERIFY(index > 0);
    containers->setCurrentIndex(index);
    Q_EMIT containers->activated(index);
    QCOMPARE(document().rows(), 3);  // and what was remarked
    check_awake();
  }

  void one_slow_answer_of_the_cluster_takes_nothing_away() {
    make_pod("web");
    cluster_->run_pod("web");
    open_logs("pods", "web");
    logs_->write(stream_of("web"), at(1, "still here"));
    QTRY_COMPARE(document().rows(), 1);
    const QPointer<LogPanel> shown = panel();
    auto status = running("cove");
    status.phase = provision::Phase::kBroken;
    status.reason = "the Kubernetes API does not answer: no answer within 3 s";
    status.api_ready = status.node_ready = false;
    status.unanswered = true;
    service_->set_status(status);
    const auto phase = [this] { return desktop_->current().status()->phase; };
    QTRY_COMPARE(phase(), provision::Phase::kBroken);
    QCOMPARE(panel(), shown.data());
    QCOMPARE(lines(), Lines{"still here"});
    // A machine that has gone is another thing.
    status.unanswered = false;
    status.reason = "its virtual machine turned itself off";
    service_->set_status(status);
    QTRY_VERIFY(shown.isNull());
    check_awake();
  }

  void the_end_is_followed_until_one_scrolls() {
    make_pod("web");
    cluster_->run_pod("web");
    open_logs("pods", "web");
    const auto stream = stream_of("web");
    std::string text;
    for (int i = 0; i < 500; ++i) text += at(i / 10, "line " + std::to_string(i));
    logs_->write(stream, text);
    QTRY_COMPARE(document().rows(), 500);
    LogCanvas& canvas = panel()->canvas();
    QVERIFY(canvas.following());
    QCOMPARE(canvas.verticalScrollBar()->value(), canvas.verticalScrollBar()->maximum());
    QVERIFY(canvas.visible_text().contains(QStringLiteral("line 499")));
    canvas.setFocus();
    QTest::keyClick(&canvas, Qt::Key_PageUp);
    QVERIFY(!canvas.following());
    QVERIFY(!find<QToolButton>("log_follow")->isChecked());
    const QString seen = canvas.visible_text();
    logs_->write(stream, at(55, "newer"));
    QTRY_COMPARE(document().rows(), 501);
    QCOMPARE(canvas.visible_text(), seen);
    QTest::mouseClick(find<QToolButton>("log_follow"), Qt::LeftButton);
    QVERIFY(canvas.visible_text().contains(QStringLiteral("newer")));
    // Wrapped, too.
    find<QAction>("log_wrap")->setChecked(true);
    logs_->write(stream, at(56, std::string(3000, 'w') + " end"));
    QTRY_COMPARE(document().rows(), 502);
    QVERIFY(canvas.following());
    QTest::keyClick(&canvas, Qt::Key_Home);
    QCOMPARE(canvas.first_row(), 0);
    QTest::keyClick(&canvas, Qt::Key_End);
    QVERIFY(canvas.following());
    check_awake();
  }

  void a_stream_that_breaks_goes_on_without_a_gap() {
    make_pod("web");
    cluster_->run_pod("web");
    open_logs("pods", "web");
    const auto first = stream_of("web");
    QVERIFY(first->parameter("sinceTime").empty());
    logs_->write(first, at(1, "a") + at(2, "b") + at(2, "c") + at(3, "cut off").substr(0, 33));
    QTRY_COMPARE(lines(), (Lines{"a", "b", "c"}));
    logs_->end(first, Line::broken());
    const auto second = stream_of("web", 2);
    QCOMPARE(second->parameter("sinceTime"), std::string("2026-01-02T03:04:02Z"));
    QVERIFY(second->parameter("tailLines").empty());
    // The server knows seconds alone: what was read comes again, and one more of the same time.
    logs_->write(second, at(2, "b") + at(2, "c") + at(2, "d") + at(3, "cut off"));
    QTRY_COMPARE(lines(), (Lines{"a", "b", "c", "d", "cut off"}));
    // It ended as if it were whole, and the container runs on.
    logs_->end(second);
    const auto third = stream_of("web", 3);
    QCOMPARE(third->parameter("sinceTime"), std::string("2026-01-02T03:04:03Z"));
    logs_->write(third, at(3, "cut off") + at(4, "e"));
    QTRY_COMPARE(lines(), (Lines{"a", "b", "c", "d", "cut off", "e"}));
    // The container ends: the last line has no end, and nobody asks again.
    cluster_->end_pod("web", 0);
    QTRY_VERIFY(cell(0, 2) != QStringLiteral("Running"));
    logs_->write(third, "2026-01-02T03:04:05.000000000Z bye");
    logs_->end(third);
    QTRY_COMPARE(lines().back(), std::string("bye"));
    check_awake();
  }

  void what_keeps_lines_from_coming_is_said() {
    make_pod("web");
    open_logs("pods", "web");
    QTRY_COMPARE(notice(), QStringLiteral("web/a is waiting to start|"));
    cluster_->patch("pods", "web", R"({"status":{"phase":"Pending","containerStatuses":[{"name":"a",
      "ready":false,"restartCount":0,"image":"demo:1","imageID":"","state":{"waiting":
      {"reason":"ImagePullBackOff","message":"no such image"}}}]}})",
                    "default", "status");
    QTRY_COMPARE(notice(),
                 QStringLiteral("web/a is waiting to start: ImagePullBackOff|no such image"));
    QCOMPARE(logs_->count("web"), 0);
    cluster_->run_pod("web");
    const auto stream = stream_of("web");
    QTRY_COMPARE(notice(), QString());
    client::ApiError forbidden =
        client::no_answer(ErrorCode::kPermissionDenied, "pods/log is forbidden");
    forbidden.code = 403;
    logs_->end(stream, forbidden);
    QTRY_VERIFY(notice().startsWith(QStringLiteral("You may not read this log|")));
    QVERIFY(notice().contains(QStringLiteral("pods/log is forbidden")));
    QCOMPARE(logs_->count("web"), 1);
    QTest::mouseClick(find<Banner>("log_notice")->action(), Qt::LeftButton);
    const auto again = stream_of("web", 2);
    QTRY_COMPARE(notice(), QString());
    logs_->end(again, client::no_answer(ErrorCode::kUnavailable, "the wire is cut"));
    QTRY_VERIFY(logs_->count("web") >= 3);
    cluster_->remove("pods", "web", "default", {.grace_seconds = 0});
    cluster_->finish_deletions();
    QTRY_VERIFY(table()->model()->rowCount() == 0);
    check_awake();
  }

  void search_levels_and_json() {
    make_pod("web");
    cluster_->run_pod("web");
    open_logs("pods", "web");
    const auto stream = stream_of("web");
    logs_->write(stream, at(1, "INFO it begins") + at(2, R"({"level":"error","msg":"it breaks"})") +
                             at(3, "WARN it smells") + at(4, "    at stack.trace") +
                             at(5, "\x1b[32mDEBUG\x1b[0m it hides"));
    QTRY_COMPARE(document().rows(), 5);
    auto* search = find<QLineEdit>("log_search");
    panel()->canvas().setFocus();
    QTest::keyClick(&panel()->canvas(), Qt::Key_F, Qt::ControlModifier);
    QTRY_VERIFY(search->hasFocus());
    QTest::keyClicks(search, QStringLiteral("IT "));
    QTRY_COMPARE(label("log_count"), QStringLiteral("4 lines"));
    panel()->canvas().go_to(0);
    QTest::mouseClick(find<QToolButton>("log_next_hit"), Qt::LeftButton);
    QCOMPARE(panel()->canvas().current_row(), 1);
    QTest::keyClick(search, Qt::Key_F3, Qt::ShiftModifier);
    QCOMPARE(panel()->canvas().current_row(), 0);
    QTest::keyClick(search, Qt::Key_F3, Qt::ShiftModifier);
    QCOMPARE(panel()->canvas().current_row(), 4);
    find<QToolButton>("log_pattern")->click();
    search->setText(QStringLiteral("it (b|s)"));
    QTRY_COMPARE(label("log_count"), QStringLiteral("3 lines"));
    search->setText(QStringLiteral("it ("));
    QTRY_COMPARE(label("log_count"), QStringLiteral("Not a pattern"));
    search->clear();
    auto* level = find<QComboBox>("log_level");
    level->setCurrentIndex(2);
    QCOMPARE(document().rows(), 3);  // the trace belongs to the warning
    level->setCurrentIndex(3);
    QCOMPARE(lines(), (Lines{R"({"level":"error","msg":"it breaks"})"}));
    find<QAction>("log_pretty")->setChecked(true);
    QCOMPARE(document().shown(0).text.count(QChar(QChar::LineSeparator)), 3);
    level->setCurrentIndex(0);
    QCOMPARE(document().shown(4).text, QStringLiteral("DEBUG it hides"));
    check_awake();
  }

  void the_run_before_and_since_when_are_asked_of_the_server() {
    make_pod("web");
    cluster_->run_pod("web");
    open_logs("pods", "web");
    QCOMPARE(stream_of("web")->parameter("tailLines"), std::string("1000000"));
    auto* since = find<QComboBox>("log_since");
    since->setCurrentIndex(1);
    Q_EMIT since->activated(1);
    QCOMPARE(stream_of("web", 2)->parameter("sinceSeconds"), std::string("300"));
    find<QAction>("log_before")->setChecked(true);
    QTRY_COMPARE(notice(), QStringLiteral("web/a has not run before|"));
    cluster_->patch("pods", "web", R"({"status":{"containerStatuses":[{"name":"a","ready":true,
      "restartCount":1,"image":"demo:1","imageID":"x","state":{"running":{}},
      "lastState":{"terminated":{"exitCode":1,"containerID":"cove://1"}}}]}})",
                    "default", "status");
    const auto before = stream_of("web", 3);
    QCOMPARE(before->parameter("previous"), std::string("true"));
    QVERIFY(before->parameter("follow").empty());
    logs_->write(before, at(1, "dying"));
    logs_->end(before);
    QTRY_COMPARE(lines(), (Lines{"dying"}));
    check_awake();
  }

  void selected_copied_cleared_and_saved() {
    make_pod("web");
    cluster_->run_pod("web");
    open_logs("pods", "web");
    logs_->write(stream_of("web"),
                 at(1, "\x1b[31mfirst\x1b[0m") + at(2, "second") + at(3, "third"));
    QTRY_COMPARE(document().rows(), 3);
    LogCanvas& canvas = panel()->canvas();
    canvas.go_to(0);
    canvas.setFocus();
    QTest::keyClick(&canvas, Qt::Key_Down, Qt::ShiftModifier);
    QTest::keyClick(&canvas, Qt::Key_Down, Qt::ShiftModifier);
    QCOMPARE(canvas.selected_text(), QStringLiteral("first\nsecond\n"));
    QTest::keyClick(&canvas, Qt::Key_A, Qt::ControlModifier);
    QCOMPARE(canvas.selected_text(), QStringLiteral("first\nsecond\nthird"));
    QTest::mouseDClick(canvas.viewport(), Qt::LeftButton, {}, QPoint(40, 10));
    QCOMPARE(canvas.selected_text(), QStringLiteral("first"));
    const QString path = home_->filePath(QStringLiteral("saved.log"));
    panel()->save_to(path);
    QTRY_VERIFY(!panel()->saving());
    QFile saved(path);
    QVERIFY(saved.open(QIODevice::ReadOnly));
    QCOMPARE(saved.readAll(), QByteArray("first\nsecond\nthird\n"));
    QVERIFY(find<Banner>("log_told")->title().contains(path));
    find<QAction>("log_clear")->trigger();
    QCOMPARE(document().rows(), 0);
    panel()->save_to(QStringLiteral("/nonexistent/x.log"));
    QVERIFY(find<Banner>("log_told")->title().startsWith(QStringLiteral("It could not be saved")));
    check_awake();
  }

  void kept_open_while_pages_change() {
    make_pod("web");
    cluster_->run_pod("web");
    open_logs("pods", "web");
    auto* tools = window().findChild<ToolDock*>();
    QVERIFY(!tools->isVisible());
    QTest::mouseClick(find<QToolButton>("log_keep"), Qt::LeftButton);
    QTRY_VERIFY(tools->isVisible());
    QTRY_VERIFY2(tools->height() >= 250, "an open log is read, not only shown");
    const auto kept = stream_of("web", 2);
    QTest::mouseClick(find<QToolButton>("log_keep"), Qt::LeftButton);
    QCOMPARE(tools->count(), 1);
    go_to("services");
    auto* panel = tools->findChild<LogPanel*>();
    logs_->write(kept, at(1, "still here"));
    QTRY_COMPARE(panel->document().rows(), 1);
    for (int i = 1; i < ToolDock::kMaxTools; ++i)
      tools->open(QString::number(i), QStringLiteral("tool & %1").arg(i), QStringLiteral("log"),
                  new QWidget(tools));
    QCOMPARE(tools->count(), ToolDock::kMaxTools);
    tools->open(QStringLiteral("more"), QStringLiteral("more"), QStringLiteral("log"),
                new QWidget(tools));
    QCOMPARE(tools->count(), ToolDock::kMaxTools);
    QVERIFY(find<Banner>("tools_full")->isVisible());
    // A low window has room for one of the docks at its bottom.
    auto* activity = window().findChild<ActivityDock*>();
    auto* toggle = find<QToolButton>("dock_toggle");
    window().resize(1120, 760);
    QTest::mouseClick(toggle, Qt::LeftButton);
    QVERIFY(activity->is_open() && tools->folded());
    QTest::mouseClick(find<QToolButton>("tools_fold"), Qt::LeftButton);
    QVERIFY(!activity->is_open() && !tools->folded());
    // It keeps the height that it was given by hand, and is as high again when it unfolds.
    auto* middle = qobject_cast<QSplitter*>(tools->parentWidget());
    QTRY_VERIFY(tools->height() >= 250);
    QTest::mouseClick(find<QToolButton>("tools_fold"), Qt::LeftButton);
    QTest::mouseClick(find<QToolButton>("tools_fold"), Qt::LeftButton);
    QTRY_VERIFY(tools->height() >= 250);
    QVERIFY(middle->height() - tools->height() >= 300);
    window().resize(1120, 1040);
    QTest::mouseClick(toggle, Qt::LeftButton);
    QVERIFY(activity->is_open() && !tools->folded());
    window().resize(1120, 760);
    QVERIFY(!activity->is_open() && !tools->folded());
    QTest::mouseClick(find<QToolButton>("tools_fold"), Qt::LeftButton);
    QVERIFY(tools->folded());
    QVERIFY(!panel->isVisible());
    QVERIFY(tools->show_tool(QStringLiteral("1")));
    QVERIFY(!tools->folded());
    for (int i = 1; i < ToolDock::kMaxTools; ++i) tools->close_tool(QString::number(i));
    QTRY_COMPARE(tools->findChildren<QToolButton*>(QStringLiteral("tools_close")).size(), 1);
    tools->findChild<QToolButton*>(QStringLiteral("tools_close"))->click();
    QCOMPARE(tools->count(), 0);
    QVERIFY(!tools->isVisible());
    QTRY_VERIFY(kept->cancelled);
    check_awake();
  }

  void a_million_lines_scroll() {
    make_pod("web");
    cluster_->run_pod("web");
    open_logs("pods", "web");
    constexpr int kLines = 1'050'000;
    const long before = resident_mib();
    const auto stream = stream_of("web");
    logs_->pour(stream, [next = 0]() mutable {
      std::string piece;
      for (int i = 0; i < 600 && next < kLines; ++i, ++next)
        piece += fmt::format("2026-01-02T03:04:05.{:09}Z {} a line of some length number {}\n",
                             next, next % 100 == 0 ? "ERROR" : "INFO", next);
      return piece;
    });
    QTRY_COMPARE_WITH_TIMEOUT(document().lines() + document().dropped(), std::uint64_t{kLines},
                              120'000);
    QCOMPARE(document().lines(), std::size_t{1'000'000});
    QVERIFY(find<QLabel>("log_dropped")->isVisible());
    // 32 bytes a line and 16 MiB of text; the rest is on the disk.
    QVERIFY2(resident_mib() - before < 120, qPrintable(QString::number(resident_mib() - before)));
    LogCanvas& canvas = panel()->canvas();
    canvas.setFocus();
    QTest::keyClick(&canvas, Qt::Key_Home);
    QVERIFY(canvas.visible_text().contains(QStringLiteral("number 50000\n")));
    for (int i = 0; i <= 50; ++i) {
      canvas.verticalScrollBar()->setValue(canvas.verticalScrollBar()->maximum() / 50 * i);
      QCoreApplication::processEvents();
    }
    auto* search = find<QLineEdit>("log_search");
    search->setText(QStringLiteral("number 777777"));
    QTRY_COMPARE_WITH_TIMEOUT(label("log_count"), QStringLiteral("1 lines"), 60'000);
    QTest::mouseClick(find<QToolButton>("log_next_hit"), Qt::LeftButton);
    QVERIFY(canvas.visible_text().contains(QStringLiteral("number 777777\n")));
    find<QComboBox>("log_level")->setCurrentIndex(3);
    QCOMPARE(document().rows(), 10'000);
    check_awake();
  }

 private:
  static long resident_mib() {
    QFile statm(QStringLiteral("/proc/self/statm"));
    if (!statm.open(QIODevice::ReadOnly)) return 0;
    return statm.readAll().split(' ')[1].toLong() * 4096 / (1 << 20);
  }
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::LogsTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_logs.moc"
