// What is told while nobody looks, and the page of diagnostics.
#include <QAction>
#include <QFile>
#include <QFileDialog>
#include <QMenu>
#include <QTest>

#include "tests/ui/page_test.h"
#include "ui/models/diagnosis_model.h"
#include "ui/models/workload_watch.h"

namespace cove::ui::test {

class WatchTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
  void pods_that_begin_to_fail_are_told_once_and_together() {
    make_pod("old");
    fail("old");
    make_pod("web-1");
    make_pod("web-2");
    open("overview");
    listen();
    QTRY_VERIFY(known("pods"));
    fail("web-1");
    fail("web-2");
    QTRY_COMPARE(told_.size(), 1);
    QVERIFY(told_[0].contains(QStringLiteral("web-1: CrashLoopBackOff")));
    QVERIFY(told_[0].contains(QStringLiteral("web-2: CrashLoopBackOff")));
    QVERIFY(!told_[0].contains(QStringLiteral("old")));
    // Back and forth is no news.
    cluster_->run_pod("web-1");
    fail("web-1");
    make_pod("web-3");
    fail("web-3");
    QTRY_COMPARE(told_.size(), 2);
    QVERIFY(!told_[1].contains(QStringLiteral("web-1")));
    check_awake();
  }

  void rollouts_are_told_when_they_end_or_get_stuck() {
    make_deployment("good");
    make_deployment("bad");
    open("overview");
    listen();
    QTRY_VERIFY(known("deployments"));
    cluster_->patch(
        "deployments.apps", "good",
        R"({"status":{"replicas":1,"updatedReplicas":1,"readyReplicas":1,"availableReplicas":1,
      "observedGeneration":1}})",
        "default", "status");
    QTRY_COMPARE(told_.size(), 1);
    QVERIFY2(told_[0].startsWith(QStringLiteral("good is rolled out")), qPrintable(told_[0]));
    cluster_->patch("deployments.apps", "bad",
                    R"({"status":{"conditions":[{"type":"Progressing","status":"False",
      "reason":"ProgressDeadlineExceeded","message":"timed out"}]}})",
                    "default", "status");
    QTRY_COMPARE(told_.size(), 2);
    QVERIFY(told_[1].contains(QStringLiteral("bad")) &&
            told_[1].contains(QStringLiteral("timed out")));
    check_awake();
  }

  void they_never_flood_and_can_be_switched_off() {
    for (int i = 0; i < 20; ++i) make_deployment(("web-" + std::to_string(i)).c_str());
    open("overview");
    listen();
    QTRY_VERIFY(known("deployments"));
    desktop_->preferences().set_notifications(false);
    finish("web-0");
    QTRY_COMPARE(heard_, 1);
    QVERIFY(told_.isEmpty());
    desktop_->preferences().set_notifications(true);
    for (int i = 1; i < 20; ++i) finish("web-" + std::to_string(i));
    QTRY_VERIFY(known("deployments") && all_done());
    QVERIFY2(heard_ <= WorkloadWatch::kMaxAnHour, QByteArray::number(heard_));
    check_awake();
  }

  void diagnostics_have_a_finding_for_every_check() {
    open("diagnostics");
    auto* table = find<QTableView>("diagnostics_table");
    QAbstractItemModelTester tester(table->model(),
                                    QAbstractItemModelTester::FailureReportingMode::Fatal);
    auto* save = find<QPushButton>("diagnostics_save");
    QTRY_VERIFY_WITH_TIMEOUT(save->isEnabled(), 60'000);
    QCOMPARE(table->model()->rowCount(), static_cast<int>(provision::diagnosis_checks().size()));
    for (int row = 0; row < table->model()->rowCount(); ++row) {
      QVERIFY(!table->model()->index(row, DiagnosisModel::kFinding).data().toString().isEmpty());
      QVERIFY(table->model()->index(row, 0).data(ObjectModel::kState).toInt() !=
              static_cast<int>(ObjectState::kNone));
    }
    QCOMPARE(service_->calls_from_gui_thread(), 0);
    check_awake();
    // Qt's own dialog, which stands in for the desktop's here, looks at folders in this thread.
    watched().watch(false);
    QTest::mouseClick(save, Qt::LeftButton);
    auto* dialog = find<QFileDialog>("diagnostics_file");
    QVERIFY(dialog);
    const QString path = home_->filePath(QStringLiteral("report.txt"));
    Q_EMIT dialog->fileSelected(path);
    dialog->close();
    QTRY_VERIFY(QFile::exists(path));
    QFile report(path);
    QVERIFY(report.open(QIODevice::ReadOnly));
    QVERIFY(report.readAll().contains("virtualization"));
  }

  void shortcuts_are_listed() {
    open("overview");
    QTest::keyClick(&window(), Qt::Key_K, Qt::ControlModifier);
    auto* typed = find<QLineEdit>("palette_typed");
    QTRY_VERIFY(typed && typed->isVisible());
    QTest::keyClicks(typed, QStringLiteral("shortcuts"));
    QTest::keyClick(typed, Qt::Key_Return);
    QTRY_VERIFY(find<QDialog>("shortcuts_dialog"));
    QStringList shown;
    for (const QLabel* label : find<QDialog>("shortcuts_dialog")->findChildren<QLabel*>())
      shown.append(label->text());
    QVERIFY(shown.contains(QStringLiteral("Ctrl+K")));
    find<QDialog>("shortcuts_dialog")->close();
    check_awake();
  }

 private:
  void listen() {
    told_.clear();
    heard_ = 0;
    auto* watch = desktop_->workloads();
    watch->set_gather(std::chrono::milliseconds(300));
    connect(watch, &WorkloadWatch::told, this, [this] { ++heard_; });
    desktop_->set_notifier([this](const QString& title, const QString& text) {
      told_.append(title + QLatin1Char('\n') + text);
    });
    // Nobody looks.
    window().hide();
  }
  bool known(const char* plural) {
    const std::string group = std::string(plural) == "pods" ? "" : "apps";
    return desktop_->api().followed({.resource = {group, "v1", plural}}) != nullptr;
  }
  bool all_done() {
    const auto all = desktop_->api().followed({.resource = {"apps", "v1", "deployments"}});
    for (const auto& [key, object] : all->objects())
      if (api::integer_at(object->document(), {"status", "availableReplicas"}).value_or(0) < 1)
        return false;
    return true;
  }
  void fail(const char* name) {
    cluster_->patch("pods", name, R"({"status":{"phase":"Running","containerStatuses":[{"name":"a",
      "image":"demo:1","imageID":"","ready":false,"restartCount":2,
      "state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}})",
                    "default", "status");
  }
  void finish(const std::string& name) {
    cluster_->patch(
        "deployments.apps", name,
        R"({"status":{"replicas":1,"updatedReplicas":1,"readyReplicas":1,"availableReplicas":1,
      "observedGeneration":1}})",
        "default", "status");
  }
  void make_deployment(const char* name) {
    cluster_->create(
        json::object{{"apiVersion", "apps/v1"},
                     {"kind", "Deployment"},
                     {"metadata", {{"name", name}, {"namespace", "default"}}},
                     {"spec",
                      {{"replicas", 1},
                       {"selector", {{"matchLabels", {{"app", "web"}}}}},
                       {"template",
                        {{"metadata", {{"labels", {{"app", "web"}}}}},
                         {"spec", {{"containers", {{{"name", "a"}, {"image", "demo:1"}}}}}}}}}}});
  }

  QStringList told_;
  int heard_ = 0;
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::WatchTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_watch.moc"
