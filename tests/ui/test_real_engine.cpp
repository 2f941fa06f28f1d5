// The pages of images and containers by clicks, against coved's own engine on this machine. As root
// in namespaces of its own.
#include <QTest>

#include "tests/integration/docker/host.h"
#include "tests/support/own_namespaces.h"
#include "tests/ui/page_test.h"
#include "ui/views/engine_page.h"
#include "ui/widgets/log_view.h"

namespace cove::ui::test {

class RealEngineTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    host_ = std::make_unique<testing::EngineHost>();
    QVERIFY2(host_->start(), host_->trouble().c_str());
  }
  void cleanupTestCase() { host_.reset(); }
  void init() { PageTest::init(); }
  void cleanup() { PageTest::cleanup(); }

  void a_folder_becomes_an_image_that_runs_and_goes() {
    open_engine("images");
    QTRY_VERIFY_WITH_TIMEOUT(row("cove/web") >= 0, 30'000);
    build("FROM cove/web\nCOPY index.html /usr/share/nginx/html/\n");
    QTRY_COMPARE_WITH_TIMEOUT(last_state(), OperationState::kSucceeded, 60'000);
    QTRY_VERIFY(row("site") >= 0);
    QVERIFY(last().log.join(QLatin1Char('\n')).contains(QLatin1String("Successfully built")));

    // The same again comes from the cache, and says so.
    build("FROM cove/web\nCOPY index.html /usr/share/nginx/html/\n");
    QTRY_COMPARE_WITH_TIMEOUT(last_state(), OperationState::kSucceeded, 60'000);
    QCOMPARE(last().steps.front().detail, std::string("step 2/2, 1 from the cache"));

    act([&] { table()->selectRow(row("site")); });
    find<QTabWidget>("images_tabs")->setCurrentIndex(1);
    auto* history = find<QTableView>("image_history");
    QTRY_VERIFY(history->model()->rowCount() > 1);
    QVERIFY(history->model()->index(0, 1).data().toString().contains(QLatin1String("COPY")));

    const auto ran = host_->shell("docker",
                                  "docker run -d --name box -p 127.0.0.1:8080:80 site:0.1 && "
                                  "curl -sf --retry 20 --retry-connrefused http://127.0.0.1:8080/");
    QVERIFY2(ran.exit_code == 0, ran.standard_error.c_str());
    QVERIFY(ran.standard_output.find("hello from a click") != std::string::npos);
    QTRY_COMPARE(cell(row("site"), 3), QStringLiteral("1 container"));
    QTest::mouseClick(find<QPushButton>("image_remove"), Qt::LeftButton);
    QVERIFY(find<Banner>("images_refusal")->isVisible());
    QVERIFY(find<Banner>("images_refusal")->text().contains(QLatin1String("box")));

    go("containers");
    QTRY_COMPARE(table()->model()->rowCount(), 1);
    QTRY_COMPARE(cell(0, 2), QStringLiteral("Running"));
    QTRY_COMPARE(cell(0, 3), QStringLiteral("8080 → 80/tcp"));
    act([&] { table()->selectRow(0); });
    find<QTabWidget>("containers_tabs")->setCurrentIndex(1);
    QTRY_VERIFY(!find<LogView>("container_log")->toPlainText().isEmpty());
    QTest::mouseClick(find<QPushButton>("container_kill"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(cell(0, 2), QStringLiteral("Exited with code 137"), 20'000);
    QTest::mouseClick(find<QPushButton>("container_start"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(cell(0, 2), QStringLiteral("Running"), 20'000);
    QTest::mouseClick(find<QPushButton>("container_remove"), Qt::LeftButton);
    QTest::mouseClick(find<QPushButton>("container_remove_ok"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(table()->model()->rowCount(), 0, 20'000);

    go("images");
    QTRY_COMPARE(cell(row("site"), 3), QString());
    act([&] { table()->selectRow(row("site")); });
    QTest::mouseClick(find<QPushButton>("image_remove"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(row("site") < 0, 20'000);
  }

  void a_wrong_line_is_shown() {
    open_engine("images");
    QTRY_VERIFY_WITH_TIMEOUT(row("cove/web") >= 0, 30'000);
    build("FROM cove/web\nCOPI index.html /\n");
    QTRY_COMPARE_WITH_TIMEOUT(last_state(), OperationState::kFailed, 60'000);
    const QString log = last().log.join(QLatin1Char('\n'));
    QVERIFY2(log.contains(QLatin1String(">    2 | COPI index.html /")),
             (last().error->message() + log.toStdString()).c_str());
  }

  void an_image_is_pulled_from_where_it_is() {
    open_engine("images");
    QTRY_VERIFY_WITH_TIMEOUT(row("cove/web") >= 0, 30'000);
    QTest::mouseClick(find<QPushButton>("images_pull"), Qt::LeftButton);
    find<QLineEdit>("pull_dialog_text")->setText(QStringLiteral("hello-world"));
    QTest::mouseClick(find<QPushButton>("pull_dialog_ok"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(last_state() != OperationState::kRunning, 60'000);
    QVERIFY2(!last().error, last().error ? last().error->message().c_str() : "");
    QTRY_VERIFY(row("hello-world") >= 0);
    QTest::mouseClick(find<QPushButton>("images_pull"), Qt::LeftButton);
    find<QLineEdit>("pull_dialog_text")->setText(QStringLiteral("no-such-image:9"));
    QTest::mouseClick(find<QPushButton>("pull_dialog_ok"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(last_state(), OperationState::kFailed, 60'000);
  }

 private:
  void open_engine(const char* page) {
    open(page);
    for (EnginePage* made : window().findChildren<EnginePage*>()) {
      testers_.push_back(std::make_unique<QAbstractItemModelTester>(
          &made->filter(), QAbstractItemModelTester::FailureReportingMode::Fatal));
    }
    auto status = running("cove");
    status.engine = "tcp://127.0.0.1:2376";
    status.engine_client = host_->folder().parent_path() / "certificates";
    service_->set_status(status);
    QTRY_VERIFY2_WITH_TIMEOUT(desktop_->engine().synced(),
                              desktop_->engine().problem()
                                  ? desktop_->engine().problem()->message().c_str()
                                  : "no answer",
                              30'000);
  }
  void go(const char* page) {
    page_ = page;
    PageTest::go_to(page);
  }
  void build(const char* dockerfile) {
    const Path folder = Path(home_->path().toStdString()) / "site";
    QVERIFY(make_directories(folder, 0755).has_value());
    QVERIFY(write_file_atomic(folder / "Dockerfile", dockerfile, 0644).has_value());
    QVERIFY(write_file_atomic(folder / "index.html", "hello from a click\n", 0644).has_value());
    QTest::mouseClick(find<QPushButton>("images_build"), Qt::LeftButton);
    find<QLineEdit>("build_folder")->setText(QString::fromStdString(folder.string()));
    find<QLineEdit>("build_tag")->setText(QStringLiteral("site:0.1"));
    const int before = desktop_->activity().rowCount();
    QTest::mouseClick(find<QPushButton>("build_ok"), Qt::LeftButton);
    QTRY_COMPARE(desktop_->activity().rowCount(), before + 1);
    // The dialog goes with the next turn of the event loop: another one has the same names.
    QTRY_VERIFY(find<QPushButton>("build_ok") == nullptr);
  }
  int row(const char* repository) {
    for (int at = 0; at < table()->model()->rowCount(); ++at)
      if (cell(at, 0) == QLatin1String(repository)) return at;
    return -1;
  }
  const Operation& last() { return desktop_->activity().at(0); }
  OperationState last_state() { return last().state; }

  std::unique_ptr<testing::EngineHost> host_;
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  if (const auto code = cove::test::enter_namespaces(argc, argv)) return *code;
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::RealEngineTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_real_engine.moc"
