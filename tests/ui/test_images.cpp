// The pages of images and containers by clicks, against a scripted engine behind a real socket.
#include <QDialog>
#include <QDragEnterEvent>
#include <QMimeData>
#include <QRadioButton>
#include <QTest>

#include "tests/ui/page_test.h"
#include "tests/ui/scripted_engine.h"
#include "ui/bridge/release_tasks.h"
#include "ui/views/engine_page.h"
#include "ui/widgets/log_view.h"

namespace cove::ui::test {

class ImagesTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
  void init() {
    PageTest::init();
    engine_ = std::make_unique<ScriptedEngine>();
  }
  void cleanup() {
    PageTest::cleanup();
    engine_.reset();
  }

  void lists_images_and_who_uses_them() {
    make_pod("web-1");
    engine_->set_images({image("aa", {"demo:1", "demo:latest"}, 9'000'000), image("bb", {}, 1'000),
                         image("cc", {"nginx:1.25"}, 50'000'000)});
    engine_->set_containers({container("box", "cc", "running", "Up 5 minutes")});
    open_engine("images");
    QTRY_COMPARE(table()->model()->rowCount(), 4);
    QTRY_COMPARE(used_by("demo", "1"), QStringLiteral("1 pod"));
    QCOMPARE(used_by("nginx", "1.25"), QStringLiteral("1 container"));
    QCOMPARE(row("(no name)", "") >= 0, true);
    act([&] { table()->selectRow(row("demo", "1")); });
    QTRY_VERIFY(find<QWidget>("images_details")->isVisible());

    // What happens in the engine shows by itself.
    engine_->set_images({image("cc", {"nginx:1.25"}, 50'000'000)});
    QTRY_COMPARE(table()->model()->rowCount(), 1);
    QVERIFY(!find<QWidget>("images_details")->isVisible());
    check_awake();
  }

  void images_to_roll_out_are_those_of_now() {
    cluster_->create(R"({"apiVersion":"apps/v1","kind":"Deployment",
        "metadata":{"name":"web","namespace":"default"},"spec":{"selector":{"matchLabels":{"a":"b"}},
        "template":{"metadata":{"labels":{"a":"b"}},
        "spec":{"containers":[{"name":"web","image":"demo:1"}]}}}})");
    engine_->set_images({image("aa", {"demo:1"}, 9'000)});
    open_engine("deployments");
    QTRY_VERIFY(row_of("web") >= 0);
    QTRY_COMPARE(desktop_->engine().images().size(), std::size_t{1});
    choose("web");
    QTest::mouseClick(find<QPushButton>("deployment_set_image"), Qt::LeftButton);
    auto* offered = find<QComboBox>("set_image_image");
    QTRY_VERIFY(offered && offered->isVisible());
    QCOMPARE(offered->count(), 1);
    offered->setEditText(QStringLiteral("demo:2-by-hand"));
    engine_->set_images({image("aa", {"demo:1"}, 9'000), image("dd", {"demo:2"}, 9'000)});
    QTRY_COMPARE(offered->count(), 2);
    QCOMPARE(offered->itemText(1), QStringLiteral("demo:2"));
    QCOMPARE(offered->currentText(), QStringLiteral("demo:2-by-hand"));
    QTest::mouseClick(find<QPushButton>("set_image_cancel"), Qt::LeftButton);
    check_awake();
  }

  void builds_a_folder_by_clicks() {
    engine_->set_build({"Step 1/2 : FROM cove/web", " ---> Using cache", " ---> 012345",
                        "Step 2/2 : COPY . /", "Successfully built"});
    open_engine("images");
    QTRY_VERIFY(find<QPushButton>("images_build")->isEnabled());
    QTest::mouseClick(find<QPushButton>("images_build"), Qt::LeftButton);
    auto* folder = find<QLineEdit>("build_folder");
    QVERIFY(folder);
    auto* ok = find<QPushButton>("build_ok");
    QVERIFY(!ok->isEnabled());
    folder->setText(QStringLiteral("/nowhere"));
    QVERIFY(!label("build_problem").isEmpty());
    const Path made = make_folder("My Site", "FROM cove/web\nCOPY . /\n");
    folder->setText(QString::fromStdString(made.string()));
    QCOMPARE(label("build_problem"), QString());
    QCOMPARE(find<QLineEdit>("build_tag")->text(), QStringLiteral("my-site:latest"));
    find<QLineEdit>("build_tag")->setText(QStringLiteral("site:0.1"));
    find<QPlainTextEdit>("build_arguments")->setPlainText(QStringLiteral("VERSION"));
    QVERIFY(!ok->isEnabled());
    find<QPlainTextEdit>("build_arguments")->setPlainText(QStringLiteral("VERSION=0.1"));
    QTest::mouseClick(ok, Qt::LeftButton);
    QTRY_COMPARE(row("site", "0.1"), 0);
    QTRY_COMPARE(last().state, OperationState::kSucceeded);
    QVERIFY(engine_->was_asked("POST /build?dockerfile=Dockerfile&buildargs=%7B%22VERSION"));
    // Cache hits are counted and marked.
    QCOMPARE(last().steps.front().detail, std::string("step 2/2, 1 from the cache"));
    QVERIFY(last().log.contains(QStringLiteral(" ✓ from the cache")));
    auto* log = find<LogView>("operation_log");
    QTRY_VERIFY(log && log->toPlainText().contains(QLatin1String("Successfully built")));
    check_awake();
  }

  void an_error_shows_its_line() {
    engine_->set_build({"Step 1/2 : FROM cove/web", "!Dockerfile:2: unknown instruction: COPI"});
    open_engine("images");
    QTRY_VERIFY(find<QPushButton>("images_build")->isEnabled());
    const Path made = make_folder("site", "FROM cove/web\nCOPI . /\n");
    drop(made);
    QTRY_VERIFY(find<QPushButton>("build_ok"));
    QTest::mouseClick(find<QPushButton>("build_ok"), Qt::LeftButton);
    QTRY_COMPARE(last_state(), OperationState::kFailed);
    QVERIFY(last().log.join(QLatin1Char('\n')).contains(QLatin1String(">    2 | COPI . /")));
    auto* cause =
        find<QWidget>("images_operation")->findChild<QLabel*>(QStringLiteral("failure_cause"));
    QVERIFY(cause->text().contains(QLatin1String("Dockerfile:2: unknown instruction: COPI")));
  }

  void what_is_in_use_is_not_removed() {
    make_pod("web-1");
    engine_->set_images({image("aa", {"demo:1"}, 9'000), image("bb", {"old:1"}, 9'000)});
    open_engine("images");
    QTRY_COMPARE(used_by("demo", "1"), QStringLiteral("1 pod"));
    act([&] { table()->selectRow(row("demo", "1")); });
    QTest::mouseClick(find<QPushButton>("image_remove"), Qt::LeftButton);
    QVERIFY(find<Banner>("images_refusal")->isVisible());
    QVERIFY(find<Banner>("images_refusal")->text().contains(QLatin1String("default/web-1")));
    QVERIFY(!engine_->was_asked("DELETE"));
    act([&] { table()->selectRow(row("old", "1")); });
    QVERIFY(!find<Banner>("images_refusal")->isVisible());
    QTest::mouseClick(find<QPushButton>("image_remove"), Qt::LeftButton);
    QTRY_COMPARE(table()->model()->rowCount(), 1);
    engine_->deny("DELETE /images/x:1", 409, "a stopped container uses it");
    engine_->set_images({image("cc", {"x:1"}, 9'000)});
    QTRY_VERIFY(row("x", "1") >= 0);
    act([&] { table()->selectRow(row("x", "1")); });
    QTest::mouseClick(find<QPushButton>("image_remove"), Qt::LeftButton);
    QTRY_VERIFY(find<Banner>("images_refusal")->isVisible());
    QVERIFY(find<Banner>("images_refusal")->text().contains(QLatin1String("a stopped container")));
  }

  void tags_pulls_and_shows_layers() {
    engine_->set_images({image("aa", {"demo:1"}, 9'000)});
    open_engine("images");
    QTRY_COMPARE(table()->model()->rowCount(), 1);
    act([&] { table()->selectRow(0); });
    QTest::mouseClick(find<QPushButton>("image_tag"), Qt::LeftButton);
    find<QLineEdit>("tag_dialog_text")->setText(QStringLiteral("demo:2"));
    QTest::mouseClick(find<QPushButton>("tag_dialog_ok"), Qt::LeftButton);
    QTRY_COMPARE(table()->model()->rowCount(), 2);
    find<QTabWidget>("images_tabs")->setCurrentIndex(1);
    auto* history = find<QTableView>("image_history");
    QTRY_COMPARE(history->model()->rowCount(), 2);
    QVERIFY(history->model()->index(1, 1).data().toString().contains(QLatin1String("apt-get")));
    QTest::mouseClick(find<QPushButton>("images_pull"), Qt::LeftButton);
    QVERIFY(!find<QPushButton>("pull_dialog_ok")->isEnabled());
    QTest::keyClicks(find<QLineEdit>("pull_dialog_text"), QStringLiteral("nginx:1.25"));
    QTest::keyClick(find<QLineEdit>("pull_dialog_text"), Qt::Key_Return);
    QTRY_VERIFY(engine_->was_asked("POST /images/create?fromImage=nginx&tag=1.25"));
    QTRY_COMPARE(last_state(), OperationState::kSucceeded);
  }

  void prune_says_first_what_it_frees() {
    make_pod("web-1");
    engine_->set_images({image("aa", {"demo:1"}, 9'000), image("bb", {}, 3 << 20),
                         image("cc", {"old:1"}, 5 << 20)});
    engine_->set_own_sizes({{"sha256:bb", 2 << 20}, {"sha256:cc", 5 << 20}});
    open_engine("images");
    QTRY_COMPARE(used_by("demo", "1"), QStringLiteral("1 pod"));
    QTest::mouseClick(find<QPushButton>("images_prune"), Qt::LeftButton);
    QTRY_COMPARE(label("prune_frees"), QStringLiteral("1 image; this frees at least 2.0 MiB."));
    QTRY_VERIFY(find<QRadioButton>("prune_all")->isEnabled());
    find<QRadioButton>("prune_all")->setChecked(true);
    QCOMPARE(label("prune_frees"), QStringLiteral("2 images; this frees at least 7.0 MiB."));
    QTest::mouseClick(find<QPushButton>("prune_ok"), Qt::LeftButton);
    QTRY_COMPARE(table()->model()->rowCount(), 1);
    QVERIFY(!engine_->was_asked("DELETE /images/sha256:aa"));
  }

  void containers_are_acted_on() {
    auto box = container("box", "cc", "running", "Up 5 minutes");
    box.ports = {{"0.0.0.0", 8080, 80, "tcp"}, {"::", 8080, 80, "tcp"}};
    engine_->set_containers({box, container("job", "cc", "exited", "Exited (3) 1 minute ago")});
    engine_->set_log("hello\nfrom the box\n");
    open_engine("containers");
    QTRY_COMPARE(table()->model()->rowCount(), 2);
    QCOMPARE(cell(0, 2), QStringLiteral("Running"));
    QCOMPARE(state(0, 2), ObjectState::kGood);
    QCOMPARE(cell(0, 3), QStringLiteral("8080 → 80/tcp"));
    QCOMPARE(cell(1, 2), QStringLiteral("Exited with code 3"));
    QCOMPARE(state(1, 2), ObjectState::kBad);
    QVERIFY(label("containers_hint").contains(QLatin1String("Pods page")));
    act([&] { table()->selectRow(1); });
    QVERIFY(!find<QPushButton>("container_stop")->isVisible());
    QTest::mouseClick(find<QPushButton>("container_start"), Qt::LeftButton);
    QTRY_VERIFY(engine_->was_asked("POST /containers/job-id/start"));
    act([&] { table()->selectRow(0); });
    QTest::mouseClick(find<QPushButton>("container_restart"), Qt::LeftButton);
    QTRY_VERIFY(engine_->was_asked("POST /containers/box-id/restart"));
    engine_->deny("POST /containers/box-id/stop", 500, "it does not listen");
    QTest::mouseClick(find<QPushButton>("container_stop"), Qt::LeftButton);
    QTRY_VERIFY(find<Banner>("containers_refusal")->isVisible());
    find<QTabWidget>("containers_tabs")->setCurrentIndex(1);
    auto* log = find<LogView>("container_log");
    QTRY_VERIFY(log->toPlainText().startsWith(QLatin1String("hello\nfrom the box")));
    find<QTabWidget>("containers_tabs")->setCurrentIndex(2);
    QTRY_VERIFY(engine_->was_asked("GET /containers/box-id/stats"));
    QTest::mouseClick(find<QPushButton>("container_remove"), Qt::LeftButton);
    QTest::mouseClick(find<QPushButton>("container_remove_ok"), Qt::LeftButton);
    QTRY_VERIFY(engine_->was_asked("DELETE /containers/box-id?force=1"));
    check_awake();
  }

  void a_lost_engine_is_said_and_healed() {
    engine_->set_images({image("aa", {"demo:1"}, 9'000)});
    open_engine("images");
    QTRY_COMPARE(table()->model()->rowCount(), 1);
    engine_->cut();
    QTRY_VERIFY(find<Banner>("images_health")->isVisible());
    QCOMPARE(table()->model()->rowCount(), 1);  // as it was last known, and said so
    engine_->set_images({image("aa", {"demo:1"}, 9'000), image("bb", {"demo:2"}, 9'000)});
    engine_->mend();
    QTRY_COMPARE(table()->model()->rowCount(), 2);
    QVERIFY(!find<Banner>("images_health")->isVisible());
    check_awake();
  }

  void a_release_sets_the_image_and_waits() {
    make_deployment();
    engine_->set_images({image("aa", {"demo:2"}, 9'000)});
    open_engine("deployments");
    QTRY_COMPARE(table()->model()->rowCount(), 1);
    QTRY_COMPARE(desktop_->engine().images().size(), std::size_t(1));
    act([&] { table()->selectRow(0); });
    QTest::mouseClick(find<QPushButton>("deployment_set_image"), Qt::LeftButton);
    auto* chosen = find<QComboBox>("set_image_image");
    QCOMPARE(chosen->currentText(), QStringLiteral("demo:1"));
    QVERIFY(!find<QPushButton>("set_image_ok")->isEnabled());
    chosen->setCurrentIndex(chosen->findText(QStringLiteral("demo:2")));
    QTest::keyClicks(find<QLineEdit>("set_image_cause"), QStringLiteral("the second"));
    QTest::mouseClick(find<QPushButton>("set_image_ok"), Qt::LeftButton);
    QTRY_COMPARE(image_of_deployment(), QStringLiteral("demo:2"));
    QCOMPARE(cause_of_deployment(), QStringLiteral("the second"));
    QCOMPARE(last_state(), OperationState::kRunning);
    roll_out();
    QTRY_COMPARE(last_state(), OperationState::kSucceeded);
    check_awake();
  }

  void a_folder_is_built_and_rolled_out() {
    make_deployment();
    engine_->set_build({"Step 1/1 : FROM cove/web"});
    open_engine("deployments");
    QTRY_COMPARE(table()->model()->rowCount(), 1);
    act([&] { table()->selectRow(0); });
    QTRY_VERIFY(find<QPushButton>("deployment_build")->isEnabled());
    QTest::mouseClick(find<QPushButton>("deployment_build"), Qt::LeftButton);
    QCOMPARE(find<QLineEdit>("build_tag")->text(), QStringLiteral("demo:2"));
    find<QLineEdit>("build_folder")
        ->setText(QString::fromStdString(make_folder("site", "FROM cove/web\n").string()));
    QTest::mouseClick(find<QPushButton>("build_ok"), Qt::LeftButton);
    QTRY_COMPARE(image_of_deployment(), QStringLiteral("demo:2"));
    QCOMPARE(cause_of_deployment(), QStringLiteral("demo:2, built from site"));
    cluster_->patch("deployments.apps", "web",
                    R"({"status":{"observedGeneration":2,"conditions":[{"type":"Progressing",
                        "status":"False","message":"it has timed out progressing"}]}})",
                    "default", "status");
    QTRY_COMPARE(last_state(), OperationState::kFailed);
    QCOMPARE(last().steps.size(), std::size_t(3));
    QCOMPARE(last().error->cause, std::string("it has timed out progressing"));
  }

  void a_release_is_for_the_cluster_that_was_asked_about() {
    Cluster& other = another();
    make_deployment();
    other.create(kDeployment);
    open_engine("deployments", {{"far", to(other)}});
    QTRY_COMPARE(table()->model()->rowCount(), 1);
    table()->selectRow(0);
    QTest::mouseClick(find<QPushButton>("deployment_set_image"), Qt::LeftButton);
    find<QComboBox>("set_image_image")->setEditText(QStringLiteral("demo:2"));
    window().show_context(QStringLiteral("far"));
    QTRY_COMPARE(desktop_->api().context(), std::string("far"));
    QTest::mouseClick(find<QPushButton>("set_image_ok"), Qt::LeftButton);
    QTRY_COMPARE(last_state(), OperationState::kCancelled);
    QCOMPARE(image_of_deployment(), QStringLiteral("demo:1"));
    QCOMPARE(image_of_deployment(other), QStringLiteral("demo:1"));
    check_awake();
  }

  void the_next_tag_counts_on() {
    QCOMPARE(next_image("demo:0.1"), std::string("demo:0.2"));
    QCOMPARE(next_image("r:5000/a/demo:v9-rc"), std::string("r:5000/a/demo:v10-rc"));
    QCOMPARE(next_image("r:5000/demo"), std::string("r:5000/demo:2"));
    QCOMPARE(next_image("demo:latest"), std::string("demo:2"));
    QCOMPARE(next_image("demo@sha256:00"), std::string("demo:2"));
  }

  void a_cluster_without_an_engine_says_so() {
    open("images");
    QTRY_COMPARE(label("images_empty"), QStringLiteral("This cluster has no container engine"));
    QVERIFY(!find<QPushButton>("images_build")->isEnabled());
  }

 private:
  static constexpr const char* kDeployment = R"({"apiVersion":"apps/v1","kind":"Deployment",
      "metadata":{"name":"web","namespace":"default"},
      "spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},
        "template":{"metadata":{"labels":{"app":"web"}},
          "spec":{"containers":[{"name":"a","image":"demo:1"}]}}}})";
  void make_deployment() { QVERIFY(cluster_->create(kDeployment)); }
  void roll_out() {
    cluster_->patch("deployments.apps", "web",
                    R"({"status":{"observedGeneration":2,"replicas":2,"updatedReplicas":2,
                        "readyReplicas":2,"availableReplicas":2}})",
                    "default", "status");
  }
  QString image_of_deployment() { return image_of_deployment(*cluster_); }
  static QString image_of_deployment(Cluster& cluster) {
    const auto deployment = cluster.get("deployments.apps", "web");
    const auto* containers =
        api::array_at(deployment->document(), {"spec", "template", "spec", "containers"});
    return QString::fromStdString(
        std::string(api::text_at(containers->front().get_object(), {"image"})));
  }
  QString cause_of_deployment() {
    const auto deployment = cluster_->get("deployments.apps", "web");
    return QString::fromStdString(std::string(api::text_at(
        deployment->document(), {"metadata", "annotations", "kubernetes.io/change-cause"})));
  }
  void open_engine(const char* page, std::map<std::string, TestSource::Make> more = {}) {
    open(page, "cove", std::move(more));
    for (EnginePage* made : window().findChildren<EnginePage*>()) {
      for (QAbstractItemModel* model : {static_cast<QAbstractItemModel*>(&made->model()),
                                        static_cast<QAbstractItemModel*>(&made->filter())}) {
        testers_.push_back(std::make_unique<QAbstractItemModelTester>(
            model, QAbstractItemModelTester::FailureReportingMode::Fatal));
      }
    }
    auto status = running("cove");
    status.engine = engine_->address().host;
    service_->set_status(status);
    QTRY_VERIFY(desktop_->engine().has_engine());
  }
  int row(const char* repository, const char* tag) {
    for (int at = 0; at < table()->model()->rowCount(); ++at)
      if (cell(at, 0) == QLatin1String(repository) && cell(at, 1) == QLatin1String(tag)) return at;
    return -1;
  }
  QString used_by(const char* repository, const char* tag) {
    const int at = row(repository, tag);
    return at < 0 ? QString() : cell(at, 3);
  }
  const Operation& last() { return desktop_->activity().at(0); }
  OperationState last_state() {
    return desktop_->activity().rowCount() == 0 ? OperationState::kRunning : last().state;
  }
  Path make_folder(const char* name, const char* dockerfile) {
    const Path folder = Path(home_->path().toStdString()) / name;
    if (!make_directories(folder, 0755) ||
        !write_file_atomic(folder / "Dockerfile", dockerfile, 0644))
      qFatal("no folder");
    return folder;
  }
  void drop(const Path& folder) {
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(QString::fromStdString(folder.string()))});
    auto* page = window().findChild<EnginePage*>();
    QDragEnterEvent enter(QPoint(9, 9), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(page, &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent dropped(QPointF(9, 9), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(page, &dropped);
  }

  std::unique_ptr<ScriptedEngine> engine_;
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::ImagesTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_images.moc"
