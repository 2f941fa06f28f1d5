// Shells in pods and forwarded ports by clicks.
#include <QClipboard>
#include <QCoreApplication>
#include <QScrollBar>
#include <QSpinBox>
#include <QTcpSocket>
#include <QTest>

#include "tests/ui/page_test.h"
#include "tests/ui/scripted_channels.h"
#include "ui/views/terminal_pane.h"
#include "ui/views/tool_dock.h"

namespace cove::ui::test {

namespace {

QString row(const TerminalScreen& screen, int number) {
  return screen.text(QPoint(0, number), QPoint(screen.columns(), number));
}

const char* const kNoShell =
    R"({"status":"Failure","message":"error executing command in container: executable file `sh` not found in $PATH"})";

}  // namespace

class TerminalTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
  void a_shell_is_opened_typed_into_and_ends() {
    open_shell();
    auto stream = pods_->latest();
    const auto& query = stream->request.query;
    QCOMPARE(query.front(), (std::pair<std::string, std::string>("command", "sh")));
    QVERIFY(std::ranges::count(query, std::pair<std::string, std::string>("tty", "true")) == 1);
    QVERIFY(QString::fromStdString(stream->all(client::kResizeChannel))
                .contains(QStringLiteral("\"Width\":")));
    ScriptedPods::say(stream, client::kOutputChannel, "\x1b[32m/ #\x1b[0m ");
    QTRY_COMPARE(row(view()->screen(), 0), QStringLiteral("/ #"));
    QTRY_VERIFY(view()->hasFocus());
    QTest::keyClicks(view(), QStringLiteral("ls"));
    QTest::keyClick(view(), Qt::Key_Tab);
    QTest::keyClick(view(), Qt::Key_Return);
    QTest::keyClick(view(), Qt::Key_C, Qt::ControlModifier);
    QTest::keyClick(view(), Qt::Key_F5);
    QTest::keyClick(view(), Qt::Key_B, Qt::AltModifier);
    QTRY_COMPARE(QByteArray::fromStdString(stream->all(client::kInputChannel)),
                 QByteArray("ls\t\r\x03\x1b[15~\x1b"
                            "b"));
    stream->forget();
    window().resize(window().width() + 200, window().height() + 40);
    QTRY_VERIFY(!stream->all(client::kResizeChannel).empty());

    // It goes on while another tab is looked at.
    find<QTabWidget>("pods_tabs")->setCurrentIndex(0);
    ScriptedPods::say(stream, client::kOutputChannel, "later");
    find<QTabWidget>("pods_tabs")->setCurrentWidget(tab());
    QTRY_COMPARE(row(view()->screen(), 0), QStringLiteral("/ # later"));

    ScriptedPods::say(
        stream, client::kStatusChannel,
        R"({"status":"Failure","details":{"causes":[{"reason":"ExitCode","message":"3"}]}})");
    ScriptedPods::close(stream);
    QTRY_VERIFY(label("terminal_state").contains(QStringLiteral("exit code 3")));
    QTest::mouseClick(find<QPushButton>("terminal_again"), Qt::LeftButton);
    QTRY_COMPARE(pods_->count(), std::size_t(2));
    ScriptedPods::open(pods_->latest());
    QTRY_VERIFY(label("terminal_state").contains(QStringLiteral("Connected")));
    check_awake();
  }

  void what_is_selected_is_copied_and_pastes_are_safe() {
    open_shell();
    auto stream = pods_->latest();
    ScriptedPods::say(stream, client::kOutputChannel, "one two\r\nthree");
    QTRY_COMPARE(row(view()->screen(), 1), QStringLiteral("three"));
    QWidget* const area = view()->viewport();
    QTest::mousePress(area, Qt::LeftButton, {}, QPoint(8, 8));
    QTest::mouseMove(area, QPoint(8 + 4 * cell(), 8 + 20));
    QTest::mouseRelease(area, Qt::LeftButton, {}, QPoint(8 + 4 * cell(), 8 + 20));
    QTest::keyClick(view(), Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("one two\nthree"));
    QTest::mouseDClick(area, Qt::LeftButton, {}, QPoint(8 + cell(), 8));
    QCOMPARE(view()->selected_text(), QStringLiteral("one"));

    // Lines would be run one by one: they wait for a word.
    QTest::keyClick(view(), Qt::Key_V, Qt::ControlModifier | Qt::ShiftModifier);
    auto* banner = find<Banner>("terminal_paste");
    QTRY_VERIFY(banner->isVisible());
    QVERIFY(banner->title().contains(QStringLiteral("2 lines")));
    QCOMPARE(stream->all(client::kInputChannel), std::string());
    QTest::mouseClick(banner->action(), Qt::LeftButton);
    QTRY_COMPARE(stream->all(client::kInputChannel), std::string("one two\rthree"));
    QVERIFY(!banner->isVisible());

    // A shell that marks pastes gets them at once.
    stream->forget();
    ScriptedPods::say(stream, client::kOutputChannel, "\x1b[?2004h$");
    QTRY_VERIFY(row(view()->screen(), 1).contains(QLatin1Char('$')));
    view()->paste();
    QTRY_COMPARE(stream->all(client::kInputChannel),
                 std::string("\x1b[200~one two\rthree\x1b[201~"));
    view()->paste_text(QString(TerminalView::kMaxPaste + 1, QLatin1Char('x')));
    QVERIFY(banner->isVisible());
    check_awake();
  }

  void scrolling_back_keeps_the_place() {
    open_shell();
    auto stream = pods_->latest();
    std::string lines;
    for (int i = 0; i < 500; ++i) lines += "line " + std::to_string(i) + "\r\n";
    ScriptedPods::say(stream, client::kOutputChannel, lines);
    auto* bar = view()->verticalScrollBar();
    QTRY_VERIFY(bar->maximum() > 300);
    QCOMPARE(bar->value(), bar->maximum());
    QTest::keyClick(view(), Qt::Key_PageUp, Qt::ShiftModifier);
    const int place = bar->value();
    QVERIFY(place < bar->maximum());
    const int before = bar->maximum();
    ScriptedPods::say(stream, client::kOutputChannel, "more\r\nmore\r\n");
    QTRY_COMPARE(bar->maximum(), before + 2);
    QCOMPARE(bar->value(), place);
    QTest::keyClick(view(), Qt::Key_A);
    QCOMPARE(bar->value(), bar->maximum());
    check_awake();
  }

  void the_dock_keeps_it_open() {
    open_shell();
    auto stream = pods_->latest();
    QTest::mouseClick(find<QPushButton>("terminal_keep"), Qt::LeftButton);
    auto* dock = find<ToolDock>("tools");
    QTRY_COMPARE(dock->count(), 1);
    go_to("events");
    QVERIFY(view()->isVisible());
    ScriptedPods::say(stream, client::kOutputChannel, "still here");
    QTRY_COMPARE(row(view()->screen(), 0), QStringLiteral("still here"));
    go_to("pods");
    // Asking for it again shows the one in the dock.
    QTest::mouseClick(find<QPushButton>("terminal_open"), Qt::LeftButton);
    QCOMPARE(pods_->count(), std::size_t(1));
    check_awake();
  }

  void a_full_dock_leaves_the_shell_where_it_is() {
    open_shell();
    auto* dock = find<ToolDock>("tools");
    for (int i = 0; i < ToolDock::kMaxTools; ++i)
      dock->open(QString::number(i), QStringLiteral("tool"), QStringLiteral("console"),
                 new QWidget);
    QVERIFY(!find<Banner>("tools_full")->isVisible());
    QTest::mouseClick(find<QPushButton>("terminal_keep"), Qt::LeftButton);
    QVERIFY(find<Banner>("tools_full")->isVisible());
    QCOMPARE(dock->count(), ToolDock::kMaxTools);
    ScriptedPods::say(pods_->latest(), client::kOutputChannel, "still here");
    QTRY_COMPARE(row(view()->screen(), 0), QStringLiteral("still here"));
    QVERIFY(view()->isVisible());
    QVERIFY(pods_->latest()->alive);
    dock->close_tool(QStringLiteral("3"));
    QTest::mouseClick(find<QPushButton>("terminal_keep"), Qt::LeftButton);
    QCOMPARE(dock->count(), ToolDock::kMaxTools);
    QVERIFY(pods_->latest()->alive);
    check_awake();
  }

  void much_output_is_shown_whole_and_the_pod_waits() {
    open_shell();
    auto stream = pods_->latest();
    std::string lines;
    for (int i = 0; i < 40'000; ++i) lines += "0123456789 0123456789 " + std::to_string(i) + "\r\n";
    for (std::size_t at = 0; at < lines.size(); at += 32 * 1024)
      ScriptedPods::say(stream, client::kOutputChannel, lines.substr(at, 32 * 1024));
    QTRY_VERIFY_WITH_TIMEOUT(
        row(view()->screen(), view()->screen().lines() - 2).contains(QStringLiteral("39999")),
        20'000);
    check_awake();
  }

  void a_port_is_forwarded_until_the_pod_goes() {
    cluster_->create(R"({"apiVersion":"v1","kind":"Pod",
        "metadata":{"name":"web","namespace":"default"},"spec":{"containers":[{"name":"a",
        "image":"demo:1","ports":[{"containerPort":8080},{"containerPort":53,"protocol":"UDP"}]}]}})");
    cluster_->run_pod("web");
    show_pods();
    auto* port = find<QComboBox>("ports_port");
    find<QTabWidget>("pods_tabs")->setCurrentWidget(port->parentWidget());
    QCOMPARE(port->count(), 1);
    QCOMPARE(port->currentText(), QStringLiteral("8080"));
    QTest::mouseClick(find<QPushButton>("ports_start"), Qt::LeftButton);
    QTRY_VERIFY(find<QToolButton>("ports_open"));
    QTest::mouseClick(find<QToolButton>("ports_open"), Qt::LeftButton);
    const int local = opened_.port();
    QVERIFY(local > 0);
    QTest::mouseClick(find<QToolButton>("ports_copy"), Qt::LeftButton);
    QCOMPARE(QGuiApplication::clipboard()->text(), opened_.toString());

    QTcpSocket browser;
    browser.connectToHost(QStringLiteral("127.0.0.1"), static_cast<quint16>(local));
    QTRY_COMPARE(pods_->count(), std::size_t(1));
    QCOMPARE(pods_->latest()->request.path,
             std::string("/api/v1/namespaces/default/pods/web/portforward"));
    browser.write("GET /");
    QTRY_COMPARE(pods_->latest()->all(client::kForwardData), std::string("GET /"));
    ScriptedPods::say(pods_->latest(), client::kForwardData, std::string("\x90\x1f", 2));
    ScriptedPods::say(pods_->latest(), client::kForwardData, "hello");
    QTRY_COMPARE(browser.bytesAvailable(), qint64(5));

    // The port is taken by now, and by whom is said.
    find<QSpinBox>("ports_local")->setValue(local);
    QTest::mouseClick(find<QPushButton>("ports_start"), Qt::LeftButton);
    QTRY_VERIFY(find<QLabel>("ports_why") &&
                label("ports_why").contains(QStringLiteral("taken by")));
    QVERIFY(label("ports_why").contains(QString::number(QCoreApplication::applicationPid())));
    go_to("events");
    go_to("pods");
    QTRY_VERIFY(browser.state() == QAbstractSocket::ConnectedState);
    client::DeleteOptions now;
    now.grace_seconds = 0;
    cluster_->remove("pods", "web", "default", now);
    QTRY_COMPARE(browser.state(), QAbstractSocket::UnconnectedState);
    QTRY_VERIFY(std::ranges::any_of(
        window().findChildren<QLabel*>(QStringLiteral("ports_why")),
        [](const QLabel* why) { return why->text().contains(QStringLiteral("pod is gone")); }));
    check_awake();
  }

  void it_says_why_it_cannot() {
    make_pod("web");
    show_pods();
    QVERIFY(label("terminal_why_not").contains(QStringLiteral("not been started")));
    QVERIFY(!find<QPushButton>("terminal_open")->isVisible());
    cluster_->run_pod("web");
    QTRY_VERIFY(find<QPushButton>("terminal_open")->isVisible());
    QTest::mouseClick(find<QPushButton>("terminal_open"), Qt::LeftButton);
    QTRY_COMPARE(pods_->count(), std::size_t(1));
    ScriptedPods::close(pods_->latest(), client::from_http_status(403, "not you"));
    QTRY_VERIFY(label("terminal_state").contains(QStringLiteral("may not")));
    QTest::mouseClick(find<QPushButton>("terminal_again"), Qt::LeftButton);
    QTRY_COMPARE(pods_->count(), std::size_t(2));
    ScriptedPods::open(pods_->latest());
    ScriptedPods::say(pods_->latest(), client::kStatusChannel, kNoShell);
    ScriptedPods::close(pods_->latest());
    QTRY_VERIFY(label("terminal_state").contains(QStringLiteral("no shell")));
    QTest::mouseClick(find<QPushButton>("terminal_again"), Qt::LeftButton);
    QTRY_COMPARE(pods_->count(), std::size_t(3));
    ScriptedPods::close(pods_->latest(), Line::broken());
    QTRY_VERIFY(label("terminal_state").contains(QStringLiteral("the line is cut")));
    check_awake();
  }

 private:
  QWidget* tab() { return find<QComboBox>("terminal_container")->parentWidget(); }
  TerminalView* view() { return find<TerminalView>("terminal"); }
  int cell() { return (view()->viewport()->width() - 12) / view()->screen().columns(); }
  void show_pods() {
    pods_ = std::make_unique<ScriptedPods>();
    channels_ = [this](Executor& executor) { return pods_->connect(executor); };
    open("pods");
    QTRY_COMPARE(table()->model()->rowCount(), 1);
    choose("web");
    find<QTabWidget>("pods_tabs")->setCurrentWidget(tab());
  }
  void open_shell() {
    make_pod("web");
    cluster_->run_pod("web");
    show_pods();
    QTRY_VERIFY(find<QPushButton>("terminal_open")->isVisible());
    QTest::mouseClick(find<QPushButton>("terminal_open"), Qt::LeftButton);
    QTRY_COMPARE(pods_->count(), std::size_t(1));
    ScriptedPods::open(pods_->latest());
    QTRY_VERIFY(label("terminal_state").contains(QStringLiteral("Connected")));
    QTRY_VERIFY(!pods_->latest()->all(client::kResizeChannel).empty());
  }

  std::unique_ptr<ScriptedPods> pods_;
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::TerminalTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_terminal.moc"
