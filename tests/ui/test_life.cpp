// A cluster's whole life by clicks, with a scripted service behind the window.
#include <QAbstractItemModelTester>
#include <QAbstractSlider>
#include <QClipboard>
#include <QDialog>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSet>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <algorithm>

#include "tests/ui/scripted_service.h"
#include "tests/ui/watchdog.h"
#include "ui/views/desktop.h"
#include "ui/widgets/navigation.h"

namespace cove::ui::test {

using provision::Phase;

class LifeTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() {
    home_ = std::make_unique<QTemporaryDir>();
    service_ = std::make_shared<ScriptedService>();
    service_->now = clock_.wall();
  }
  void cleanup() {
    watched().watch(false);
    close_desktop();
    QCOMPARE(service_->calls_from_gui_thread(), 0);
    service_.reset();
    home_.reset();
  }

  void lives_from_welcome_to_welcome() {
    open();
    watched().watch(true);
    click_create();
    QTRY_VERIFY(operation_step("check-host") == provision::StepState::kRunning);
    QVERIFY(text_of_label("operation_title").contains(QStringLiteral("cove")));
    QCOMPARE(service_->last_start()->cpus.value_or(0), 2U);
    QCOMPARE(service_->last_start()->memory_mib.value_or(0), 2048U);
    QCOMPARE(service_->last_start()->disk_gib.value_or(0), 20U);
    service_->release(2);
    QTRY_VERIFY(operation_step("create-disk") == provision::StepState::kRunning);
    QVERIFY(operation_step("create-keys") == provision::StepState::kDone);
    service_->release_all();
    QTRY_COMPARE(phase_text(), QStringLiteral("Running"));

    service_->hold();
    click("action_pause");
    QTRY_COMPARE(phase_text(), QStringLiteral("Pausing"));
    QVERIFY(!action("action_stop")->isEnabled());
    service_->release(1);
    QTRY_COMPARE(phase_text(), QStringLiteral("Paused"));
    QCOMPARE(action("action_start")->text(), QStringLiteral("Resume"));
    service_->release_all();
    click("action_start");
    QTRY_COMPARE(phase_text(), QStringLiteral("Running"));
    click("action_stop");
    QTRY_COMPARE(phase_text(), QStringLiteral("Stopped"));
    QTRY_VERIFY(button("overview_start")->isVisible());
    QTest::mouseClick(button("overview_start"), Qt::LeftButton);
    QTRY_COMPARE(phase_text(), QStringLiteral("Running"));

    click("action_delete");
    QTRY_VERIFY(dialog("delete_dialog"));
    QVERIFY(all_text(dialog("delete_dialog")).contains(QStringLiteral("20 GiB")));
    QTest::mouseClick(button("delete_keep"), Qt::LeftButton);
    QTRY_VERIFY(!dialog("delete_dialog"));
    QCOMPARE(phase_text(), QStringLiteral("Running"));
    click("action_delete");
    QTRY_VERIFY(dialog("delete_dialog"));
    QTest::mouseClick(button("delete_confirm"), Qt::LeftButton);
    QTRY_VERIFY(desktop_->clusters().statuses().empty());
    QTRY_VERIFY(button("create")->isVisible() && button("create")->isEnabled());
    QVERIFY2(
        watched().longest() <= WatchedApplication::kLimit,
        QByteArray::fromStdString(
            watched().culprit() + ": " +
            std::to_string(std::chrono::duration<double, std::milli>(watched().longest()).count()) +
            " ms"));
  }

  void shows_a_failed_step_with_cause_and_remedy_and_tries_again() {
    service_->fail_at("open-ports", Error{ErrorCode::kConflict, "open port", "6443",
                                          "it is taken by nginx (process 812)",
                                          "End nginx or choose another port."});
    service_->release_all();
    open();
    click_create();
    QTRY_VERIFY(button("try_again") && button("try_again")->isVisible());
    QCOMPARE(text_of_label("failure_cause"),
             QStringLiteral("Cannot open port 6443: it is taken by nginx (process 812)."));
    QCOMPARE(text_of_label("failure_remedy"), QStringLiteral("End nginx or choose another port."));
    QVERIFY(operation_step("open-ports") == provision::StepState::kFailed);
    QVERIFY(operation_step("wait-api") == provision::StepState::kPending);
    QTest::mouseClick(button("copy_failure"), Qt::LeftButton);
    QVERIFY(QGuiApplication::clipboard()->text().contains(QStringLiteral("nginx")));
    QCOMPARE(navigation()->badge(row_of_page("activity")), QStringLiteral("!"));
    QTest::mouseClick(button("try_again"), Qt::LeftButton);
    QTRY_COMPARE(phase_text(), QStringLiteral("Running"));
    QVERIFY(navigation()->badge(row_of_page("activity")).isEmpty());
  }

  void goes_back_to_the_settings_after_a_failure() {
    service_->fail_at("check-host", Error{ErrorCode::kResourceExhausted, "give", "2 GiB of memory",
                                          "only 1 GiB is available", "Close programs."});
    service_->release_all();
    open();
    click_create();
    QTRY_VERIFY(button("second_action") && button("second_action")->isVisible());
    service_->forget("cove");
    QTRY_VERIFY(desktop_->clusters().statuses().empty());
    QTest::mouseClick(button("second_action"), Qt::LeftButton);
    QTRY_VERIFY(button("create")->isVisible());
  }

  void cancels() {
    open();
    click_create();
    service_->release(4);
    QTRY_VERIFY(operation_step("boot") == provision::StepState::kRunning);
    QTest::mouseClick(button("cancel_operation"), Qt::LeftButton);
    QTRY_COMPARE(desktop_->activity().at(0).state, OperationState::kCancelled);
    QVERIFY(operation_step("boot") == provision::StepState::kCancelled);
    // What was made so far can be looked at and started.
    QTRY_VERIFY(button("create_back")->isVisible());
    QTest::mouseClick(button("create_back"), Qt::LeftButton);
    QTRY_COMPARE(phase_text(), QStringLiteral("Broken"));
    QVERIFY(action("action_start")->isEnabled());
  }

  void says_why_it_broke_and_heals() {
    auto status = service_->running("cove");
    status.phase = Phase::kBroken;
    status.reason = "QEMU was killed or crashed";
    status.remedy = "Start the cluster again.";
    service_->set_status(status);
    service_->release_all();
    open();
    QTRY_COMPARE(phase_text(), QStringLiteral("Broken"));
    QVERIFY(all_text(window().findChild<QWidget*>(QStringLiteral("trouble")))
                .contains(QStringLiteral("QEMU was killed or crashed")));
    QCOMPARE(navigation()->badge(0), QStringLiteral("!"));
    QTest::mouseClick(button("trouble_action"), Qt::LeftButton);
    QTRY_COMPARE(phase_text(), QStringLiteral("Running"));
    QTRY_VERIFY(navigation()->badge(0).isEmpty());
  }

  void copies_the_endpoint() {
    service_->set_status(service_->running("cove"));
    open();
    QTRY_COMPARE(phase_text(), QStringLiteral("Running"));
    click("copy_endpoint");
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("https://127.0.0.1:6443"));
    click("copy_context");
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("cove"));
  }

  void leaves_a_cluster_alone_that_another_program_works_on() {
    auto status = service_->running("cove");
    status.phase = Phase::kStopping;
    status.busy = "cove (process 123) is at 'stop'";
    service_->set_status(status);
    open();
    QTRY_COMPARE(phase_text(), QStringLiteral("Stopping"));
    for (const char* name : {"action_start", "action_pause", "action_stop", "action_delete"}) {
      QVERIFY2(!action(name)->isEnabled(), name);
    }
  }

  void refuses_what_the_computer_cannot_give() {
    open();
    QTRY_VERIFY(slider("memory")->isEnabled());
    QVERIFY(button("create")->isEnabled());
    slider("cpus")->setValue(slider("cpus")->maximum());
    QVERIFY(!button("create")->isEnabled());
    slider("cpus")->setValue(1);
    auto* name = window().findChild<QLineEdit*>(QStringLiteral("cluster_name"));
    for (const char* bad : {"", "Cove", "2nd", "with space", "under_score", "dash-"}) {
      name->setText(QString::fromLatin1(bad));
      QVERIFY2(!button("create")->isEnabled(), bad);
    }
    name->setText(QStringLiteral("cove-2"));
    QVERIFY(button("create")->isEnabled());
    auto* mirrors = window().findChild<QPlainTextEdit*>(QStringLiteral("mirrors"));
    mirrors->setPlainText(QStringLiteral("not an address"));
    QVERIFY(!button("create")->isEnabled());
    mirrors->setPlainText(QStringLiteral("https://mirror.example.com\n\nhttp://10.0.0.1:5000"));
    QVERIFY(button("create")->isEnabled());
  }

  void warns_of_what_is_short_now_and_leaves_the_choice() {
    service_->facts.memory_available_mib = 1536;
    service_->facts.disk_free_gib = 7;
    open();
    QTRY_VERIFY(slider("memory")->isEnabled());
    QVERIFY(all_text(slider("memory")->parentWidget()).contains(QStringLiteral("Only 1.5 GiB")));
    QVERIFY(all_text(slider("disk")->parentWidget()).contains(QStringLiteral("Only 7 GiB")));
    QCOMPARE(slider("disk")->value(), 20);
    QVERIFY2(button("create")->isEnabled(), "a start takes what `cove start` takes");
    slider("memory")->setValue(slider("memory")->minimum());
    QVERIFY(!all_text(slider("memory")->parentWidget()).contains(QStringLiteral("Only")));
    service_->release_all();
    QTest::mouseClick(button("create"), Qt::LeftButton);
    QTRY_VERIFY(service_->last_start().has_value());
  }

  void asks_the_host_again_for_another_network_and_after_a_failure() {
    service_->host_error = Error{ErrorCode::kUnavailable, "connect to", "libvirt",
                                 "it is not installed", "Install libvirt-daemon."};
    open();
    auto* banner = window().findChild<QWidget*>(QStringLiteral("acceleration"));
    QTRY_VERIFY(all_text(banner).contains(QStringLiteral("it is not installed")));
    QVERIFY(!button("create")->isEnabled());
    service_->host_error.reset();
    QTest::mouseClick(banner->findChild<QPushButton*>(), Qt::LeftButton);
    QTRY_VERIFY(button("create")->isEnabled());
    window().findChild<QRadioButton*>(QStringLiteral("network_nat"))->setChecked(true);
    QVERIFY(!button("create")->isEnabled());
    QTRY_VERIFY(button("create")->isEnabled());
    service_->release_all();
    QTest::mouseClick(button("create"), Qt::LeftButton);
    QTRY_VERIFY(service_->last_start().has_value());
    QVERIFY(service_->last_start()->network == vm::NetworkMode::kNat);
  }

  void tells_once_that_the_cluster_keeps_running() {
    service_->set_status(service_->running("cove"));
    open();
    QTRY_COMPARE(phase_text(), QStringLiteral("Running"));
    QSignalSpy finished(desktop_.get(), &Desktop::finished);
    window().close();
    QTRY_VERIFY(dialog("close_dialog"));
    QVERIFY(window().isVisible());
    QTest::mouseClick(button("close_keep"), Qt::LeftButton);
    QTRY_COMPARE(finished.count(), 1);
    close_desktop();
    open();
    QTRY_COMPARE(phase_text(), QStringLiteral("Running"));
    QSignalSpy again(desktop_.get(), &Desktop::finished);
    window().close();
    QTRY_COMPARE(again.count(), 1);
  }

  void stops_first_when_asked_to() {
    service_->set_status(service_->running("cove"));
    service_->release_all();
    open();
    QTRY_COMPARE(phase_text(), QStringLiteral("Running"));
    QSignalSpy finished(desktop_.get(), &Desktop::finished);
    window().close();
    QTRY_VERIFY(dialog("close_dialog"));
    QTest::mouseClick(button("close_stop"), Qt::LeftButton);
    QTRY_COMPARE(finished.count(), 1);
    QVERIFY(desktop_->activity().at(0).request.kind == OperationKind::kStop);
  }

  void asks_before_it_interrupts_work() {
    service_->set_status(service_->running("cove"));
    open();
    QTRY_COMPARE(phase_text(), QStringLiteral("Running"));
    click("action_stop");
    QTRY_VERIFY(operation_step("shutdown") == provision::StepState::kRunning);
    QSignalSpy finished(desktop_.get(), &Desktop::finished);
    window().close();
    QTRY_VERIFY(dialog("quit_dialog"));
    QCOMPARE(finished.count(), 0);
    QTest::mouseClick(button("quit_wait"), Qt::LeftButton);
    QTRY_VERIFY(!dialog("quit_dialog"));
    window().close();
    QTRY_VERIFY(dialog("quit_dialog"));
    QTest::mouseClick(button("quit_anyway"), Qt::LeftButton);
    QTRY_COMPARE(finished.count(), 1);
  }

  void hides_into_the_tray() {
    open();
    window().set_in_tray(true);
    QSignalSpy finished(desktop_.get(), &Desktop::finished);
    window().close();
    QVERIFY(!window().isVisible());
    QCOMPARE(finished.count(), 0);
    desktop_->raise_window({});
    QVERIFY(window().isVisible());
  }

  void remembers_window_cluster_and_page() {
    service_->set_status(service_->running("alpha"));
    service_->set_status(service_->running("beta"));
    open();
    QTRY_COMPARE(desktop_->current().profile(), "alpha");
    window().show_cluster(QStringLiteral("beta"));
    window().go_to(QStringLiteral("activity"));
    window().resize(1000, 640);
    QTest::mouseClick(window().findChild<QToolButton*>(QStringLiteral("dock_toggle")),
                      Qt::LeftButton);
    desktop_->preferences().set_close_told(true);
    window().close();
    close_desktop();
    open();
    QTRY_COMPARE(desktop_->current().profile(), "beta");
    QCOMPARE(window().size(), QSize(1000, 640));
    QCOMPARE(navigation()->currentRow(), row_of_page("activity"));
    QVERIFY(desktop_->preferences().activity_open());
  }

  void forgets_a_remembered_cluster_that_is_gone() {
    service_->set_status(service_->running("alpha"));
    {
      Preferences preferences(settings());
      preferences.set_cluster(QStringLiteral("gone"));
    }
    open();
    QTRY_COMPARE(desktop_->current().profile(), "alpha");
    QTRY_COMPARE(phase_text(), QStringLiteral("Running"));
  }

  void welcomes_a_cluster_that_another_program_makes() {
    open();
    QTRY_VERIFY(window().findChild<QLineEdit*>(QStringLiteral("cluster_name")));
    service_->set_status(service_->running("alpha"));
    QTRY_COMPARE(desktop_->current().profile(), "alpha");
    QTRY_COMPARE(phase_text(), QStringLiteral("Running"));
    QTRY_VERIFY(!window().findChild<QLineEdit*>(QStringLiteral("cluster_name"))->isVisible());
  }

  void offers_to_make_a_profile_asked_for_by_name() {
    service_->set_status(service_->running("alpha"));
    profile_ = QStringLiteral("work");
    open();
    profile_.clear();
    QTRY_VERIFY(window().findChild<QLineEdit*>(QStringLiteral("cluster_name")));
    QTRY_COMPARE(window().findChild<QLineEdit*>(QStringLiteral("cluster_name"))->text(),
                 QStringLiteral("work"));
  }

  void notifies_when_nobody_looks() {
    service_->set_status(service_->running("cove"));
    service_->release_all();
    open();
    QStringList said;
    desktop_->set_notifier([&](const QString& title, const QString&) { said.append(title); });
    QTRY_COMPARE(phase_text(), QStringLiteral("Running"));
    window().hide();
    service_->fail_at("save-memory",
                      Error{ErrorCode::kResourceExhausted, "save", {}, "the disk is full", {}});
    action("action_pause")->defaultAction()->trigger();
    QTRY_COMPARE(said.size(), 1);
    QCOMPARE(said.at(0), QStringLiteral("cove could not be paused"));
    service_->set_status(service_->running("cove"));
    QTRY_VERIFY(action("action_stop")->isEnabled());
    action("action_stop")->defaultAction()->trigger();
    QTRY_COMPARE(said.size(), 2);
    QCOMPARE(said.at(1), QStringLiteral("cove is stopped"));
  }

  void names_every_control_and_reaches_it_by_keyboard() {
    service_->set_status(service_->running("cove"));
    open();
    QTRY_COMPARE(phase_text(), QStringLiteral("Running"));
    for (const PageEntry& page : pages()) {
      window().go_to(QString::fromLatin1(page.id));
      check_controls();
    }
    window().new_cluster();
    QTRY_VERIFY(button("create") && button("create")->isEnabled());
    check_controls();
  }

  void changes_scheme_and_language_while_it_runs() {
    service_->set_status(service_->running("cove"));
    open();
    QTRY_COMPARE(phase_text(), QStringLiteral("Running"));
    desktop_->theme().set_choice(SchemeChoice::kDark);
    QCOMPARE(qApp->palette().color(QPalette::Window), dark_palette().window);
    desktop_->language().use(QStringLiteral("zh_CN"));
    QTRY_COMPARE(phase_text(), QStringLiteral("运行中"));
    QCOMPARE(navigation()->item(0)->text(), QStringLiteral("概览"));
    desktop_->language().use(QStringLiteral("en"));
    desktop_->theme().set_choice(SchemeChoice::kLight);
    QTRY_COMPARE(phase_text(), QStringLiteral("Running"));
  }

  void watchdog_sees_a_waiting_call() {
    QTimer::singleShot(0, this, [] { QThread::msleep(10 * WatchedApplication::kLimit.count()); });
    watched().watch(true);
    QTest::qWait(10);
    QVERIFY(watched().longest() > WatchedApplication::kLimit);
  }

 private:
  static WatchedApplication& watched() { return *static_cast<WatchedApplication*>(qApp); }
  Path settings() const { return Path(home_->path().toStdString()) / "desktop.ini"; }

  void open() {
    {
      Preferences preferences(settings());
      preferences.set_language(QStringLiteral("en"));
    }
    DesktopOptions options;
    options.settings = settings();
    options.profile = profile_;
    options.follow_system = false;
    desktop_ = std::make_unique<Desktop>(service_, clock_, options);
    clusters_tester_ = std::make_unique<QAbstractItemModelTester>(
        &desktop_->clusters(), QAbstractItemModelTester::FailureReportingMode::Fatal);
    activity_tester_ = std::make_unique<QAbstractItemModelTester>(
        &desktop_->activity(), QAbstractItemModelTester::FailureReportingMode::Fatal);
    desktop_->show(false);
    QVERIFY(QTest::qWaitForWindowExposed(&window()));
    desktop_->begin();
    QTRY_VERIFY(desktop_->clusters().known());
  }
  void close_desktop() {
    clusters_tester_.reset();
    activity_tester_.reset();
    desktop_.reset();
  }
  MainWindow& window() { return desktop_->window(); }
  Navigation* navigation() { return window().findChild<Navigation*>(); }
  static int row_of_page(std::string_view id) {
    const auto page = std::ranges::find(pages(), id, &PageEntry::id);
    return static_cast<int>(page - pages().begin());
  }
  // The visible one where several pages have it.
  template <class Widget>
  Widget* find(const char* name) {
    Widget* any = nullptr;
    for (Widget* widget : window().findChildren<Widget*>(QString::fromLatin1(name))) {
      any = widget;
      if (widget->isVisible()) return widget;
    }
    return any;
  }
  QPushButton* button(const char* name) { return find<QPushButton>(name); }
  QToolButton* action(const char* name) { return find<QToolButton>(name); }
  QAbstractSlider* slider(const char* name) { return find<QAbstractSlider>(name); }
  void click(const char* name) {
    QToolButton* found = action(name);
    QVERIFY2(found, name);
    // What it did before may still be ending.
    QTRY_VERIFY2(found->isVisible() && found->isEnabled(), name);
    QTest::mouseClick(found, Qt::LeftButton);
  }
  void click_create() {
    QTRY_VERIFY(button("create") && button("create")->isEnabled());
    QTest::mouseClick(button("create"), Qt::LeftButton);
    QTRY_VERIFY(desktop_->activity().rowCount() > 0);
  }
  QString phase_text() {
    auto* label = window().findChild<QLabel*>(QStringLiteral("phase"));
    return label && label->isVisible() ? label->text() : QString();
  }
  QString text_of_label(const char* name) {
    QLabel* label = find<QLabel>(name);
    return label ? label->text() : QString();
  }
  QDialog* dialog(const char* name) {
    QDialog* found = window().findChild<QDialog*>(QString::fromLatin1(name));
    return found && found->isVisible() ? found : nullptr;
  }
  std::optional<provision::StepState> operation_step(const char* id) {
    if (desktop_->activity().rowCount() == 0) return std::nullopt;
    for (const auto& step : desktop_->activity().at(0).steps) {
      if (step.id == id) return step.state;
    }
    return std::nullopt;
  }
  static QString all_text(QWidget* widget) {
    QStringList texts;
    for (const QLabel* label : widget->findChildren<QLabel*>())
      if (label->isVisible()) texts.append(label->text());
    return texts.join(QLatin1Char('\n'));
  }
  void check_controls() {
    QSet<QWidget*> reached;
    QWidget* walker = &window();
    do {
      reached.insert(walker);
      walker = walker->nextInFocusChain();
    } while (walker != &window() && reached.size() < 5000);
    int checked = 0;
    for (QWidget* widget : window().findChildren<QWidget*>()) {
      const bool control =
          qobject_cast<QAbstractButton*>(widget) || qobject_cast<QLineEdit*>(widget) ||
          qobject_cast<QPlainTextEdit*>(widget) || qobject_cast<QAbstractSlider*>(widget) ||
          qobject_cast<Navigation*>(widget);
      if (!control || !widget->isVisible()) continue;
      if (widget->inherits("QScrollBar") || qobject_cast<QLineEdit*>(widget->parentWidget())) {
        continue;
      }
      ++checked;
      const auto* as_button = qobject_cast<QAbstractButton*>(widget);
      const bool named =
          !widget->accessibleName().isEmpty() || (as_button && !as_button->text().isEmpty());
      QVERIFY2(named,
               qPrintable(widget->objectName() + QLatin1String(widget->metaObject()->className())));
      QVERIFY2(widget->focusPolicy() & Qt::TabFocus, qPrintable(widget->objectName()));
      QVERIFY2(reached.contains(widget), qPrintable(widget->objectName()));
    }
    QVERIFY(checked > 5);
  }

  FakeClock clock_;
  QString profile_;
  std::unique_ptr<QTemporaryDir> home_;
  std::shared_ptr<ScriptedService> service_;
  std::unique_ptr<Desktop> desktop_;
  std::unique_ptr<QAbstractItemModelTester> clusters_tester_;
  std::unique_ptr<QAbstractItemModelTester> activity_tester_;
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::LifeTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_life.moc"
