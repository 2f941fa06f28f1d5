// A real cluster's life by clicks: the window over libvirt, QEMU and the system image, and what
// runs in it. Takes minutes where there is no KVM.
#include <unistd.h>

#include <QAbstractSlider>
#include <QApplication>
#include <QDialog>
#include <QLabel>
#include <QNetworkAccessManager>
#include <QNetworkReply>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <filesystem>

#include "app/desktop/world.h"
#include "ui/views/desktop.h"
#include "vm/image/image.h"

namespace cove::ui::test {

class RealLifeTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    if (::geteuid() == 0) QSKIP("a cluster belongs to an ordinary user; run this test as one");
    QVERIFY2(std::filesystem::exists(vm::default_system_image_directory() / "manifest.json"),
             "there is no system image; run 'installers/dev build'");
    home_ = std::make_unique<QTemporaryDir>(QStringLiteral("/tmp/cove-ui-XXXXXX"));
    const std::string home = home_->path().toStdString();
    const provision::Environment environment =
        [home](const std::string& name) -> std::optional<std::string> {
      if (name == "HOME") return home;
      if (name == "XDG_RUNTIME_DIR") return home + "/run";
      return std::nullopt;
    };
    QVERIFY(make_directories(home + "/run", 0700).has_value());
    // `cove` serves the published ports; it stands beside cove-desktop.
    qputenv("PATH", (QCoreApplication::applicationDirPath() + QStringLiteral("/../bin:") +
                     qEnvironmentVariable("PATH"))
                        .toUtf8());
    // libvirt's session daemon and its files belong to this test alone, and `cove`, which serves
    // the published ports, finds the same folders as this process.
    for (const char* folder : {"XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"})
      qunsetenv(folder);
    qputenv("HOME", QByteArray::fromStdString(home));
    qputenv("XDG_RUNTIME_DIR", QByteArray::fromStdString(home + "/run"));
    auto paths = provision::default_paths(environment);
    QVERIFY(paths.has_value());
    paths_ = *paths;
    world_ = std::make_unique<desktop::World>(*paths_);
    Preferences(Path(home) / "desktop.ini").set_language(QStringLiteral("en"));
    desktop_ = std::make_unique<Desktop>(
        world_->make_service(), world_->clock(),
        DesktopOptions{.settings = Path(home) / "desktop.ini",
                       .profile = {},
                       .follow_system = false,
                       .api = world_->make_api_source(),
                       .open_url = [this](const QUrl& url) { opened_ = url; }});
    desktop_->show(false);
    desktop_->begin();
  }

  void creates() {
    QTRY_VERIFY_WITH_TIMEOUT(button("create") && button("create")->isEnabled(), 60'000);
    find<QAbstractSlider>("cpus")->setValue(1);
    find<QAbstractSlider>("memory")->setValue(find<QAbstractSlider>("memory")->minimum());
    QTest::mouseClick(button("create"), Qt::LeftButton);
    QTRY_VERIFY(desktop_->activity().rowCount() == 1);
    reaches("Running");
    const auto* status = desktop_->current().status();
    QTRY_VERIFY_WITH_TIMEOUT(status && status->node_ready, 30'000);
    QVERIFY(std::filesystem::exists(paths_->kubeconfig));
  }

  void shows_what_runs() {
    kubectl("create deployment web --image=cove/web:1.22 --replicas=2");
    kubectl("expose deployment web --type=NodePort --port=80");
    desktop_->window().go_to(QStringLiteral("deployments"));
    QTRY_COMPARE_WITH_TIMEOUT(cells("deployments", "web").value(2), QStringLiteral("2/2"), 120'000);

    desktop_->window().go_to(QStringLiteral("pods"));
    QTRY_COMPARE_WITH_TIMEOUT(running_pods().size(), 2, 30'000);
    const QString chosen = running_pods().first();
    find<QTableView>("pods_table")->selectRow(row_of("pods", chosen));
    QTRY_VERIFY(find<QPushButton>("pod_delete")->isVisible());
    QTest::mouseClick(find<QPushButton>("pod_delete"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(row_of("pods", chosen) < 0, 60'000);
    QTRY_COMPARE_WITH_TIMEOUT(running_pods().size(), 2, 60'000);

    desktop_->window().go_to(QStringLiteral("services"));
    QTRY_VERIFY_WITH_TIMEOUT(row_of("services", QStringLiteral("kubernetes")) >= 0, 30'000);
    QTRY_COMPARE_WITH_TIMEOUT(cells("services", "web").value(1), QStringLiteral("2/2"), 30'000);
    find<QTableView>("services_table")->selectRow(row_of("services", QStringLiteral("web")));
    QTRY_VERIFY(find<QPushButton>("service_open")->isVisible());
    QTest::mouseClick(find<QPushButton>("service_open"), Qt::LeftButton);
    QTRY_VERIFY(opened_.isValid());
    QTRY_VERIFY_WITH_TIMEOUT(answers(opened_), 60'000);
    desktop_->window().go_to(QStringLiteral("overview"));
  }

  void shows_the_console() {
    desktop_->window().go_to(QStringLiteral("console"));
    auto* log = desktop_->window().findChild<QPlainTextEdit*>(QStringLiteral("console_log"));
    QTRY_VERIFY(log && log->blockCount() > 3);
    desktop_->window().go_to(QStringLiteral("overview"));
  }

  void pauses_and_resumes() {
    click("action_pause");
    reaches("Paused");
    click("action_start");
    reaches("Running");
  }

  void stops_and_starts() {
    click("action_stop");
    reaches("Stopped");
    click("action_start");
    reaches("Running");
  }

  void deletes() {
    click("action_delete");
    QTRY_VERIFY(button("delete_confirm"));
    QTest::mouseClick(button("delete_confirm"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(desktop_->activity().running() == 0, 60'000);
    QVERIFY(desktop_->activity().at(0).state == OperationState::kSucceeded);
    QTRY_VERIFY(button("create")->isVisible());
    QVERIFY(!std::filesystem::exists(paths_->cluster("cove")));
  }

  void cleanupTestCase() {
    desktop_.reset();
    world_.reset();
  }

 private:
  template <class Widget>
  Widget* find(const char* name) {
    return desktop_->window().findChild<Widget*>(QString::fromLatin1(name));
  }
  QPushButton* button(const char* name) { return find<QPushButton>(name); }
  void click(const char* name) {
    QTRY_VERIFY2(find<QToolButton>(name)->isEnabled(), name);
    QTest::mouseClick(find<QToolButton>(name), Qt::LeftButton);
  }
  // Waits for the operation's end, and says its error when it failed.
  void reaches(const char* phase) {
    QTRY_VERIFY_WITH_TIMEOUT(desktop_->activity().running() == 0, 240'000);
    const Operation& operation = desktop_->activity().at(0);
    QVERIFY2(operation.state == OperationState::kSucceeded,
             operation.error ? operation.error->message().c_str() : "cancelled");
    QTRY_COMPARE_WITH_TIMEOUT(find<QLabel>("phase") ? find<QLabel>("phase")->text() : QString(),
                              QString::fromLatin1(phase), 10'000);
  }

  void kubectl(const char* arguments) {
    QProcess process;
    process.setProgram(qEnvironmentVariable("COVE_SOURCE_DIR") +
                       QStringLiteral("/build/clients/kubectl/usr/bin/kubectl"));
    process.setArguments(QProcess::splitCommand(QString::fromLatin1(arguments)));
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("KUBECONFIG"),
                       QString::fromStdString(paths_->kubeconfig.string()));
    process.setProcessEnvironment(environment);
    process.start();
    QVERIFY2(process.waitForFinished(60'000) && process.exitCode() == 0,
             process.readAllStandardError().constData());
  }
  int row_of(const char* page, const QString& name) {
    const auto* table = find<QTableView>((std::string(page) + "_table").c_str());
    for (int row = 0; table != nullptr && row < table->model()->rowCount(); ++row)
      if (table->model()->index(row, 0).data().toString() == name) return row;
    return -1;
  }
  // Of the object's row; empty when there is none.
  QStringList cells(const char* page, const char* name) {
    QStringList texts;
    const int row = row_of(page, QString::fromLatin1(name));
    if (row < 0) return texts;
    const auto* model = find<QTableView>((std::string(page) + "_table").c_str())->model();
    for (int column = 0; column < model->columnCount(); ++column)
      texts.append(model->index(row, column).data().toString());
    return texts;
  }
  QStringList running_pods() {
    QStringList names;
    const auto* model = find<QTableView>("pods_table")->model();
    for (int row = 0; row < model->rowCount(); ++row) {
      if (model->index(row, 2).data().toString() == QStringLiteral("Running"))
        names.append(model->index(row, 0).data().toString());
    }
    return names;
  }
  static bool answers(const QUrl& url) {
    QNetworkAccessManager browser;
    const std::unique_ptr<QNetworkReply> reply(browser.get(QNetworkRequest(url)));
    if (!QTest::qWaitFor([&] { return reply->isFinished(); }, 10'000)) return false;
    return reply->error() == QNetworkReply::NoError && !reply->readAll().isEmpty();
  }

  std::unique_ptr<QTemporaryDir> home_;
  QUrl opened_;
  std::optional<provision::Paths> paths_;
  std::unique_ptr<desktop::World> world_;
  std::unique_ptr<Desktop> desktop_;
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::desktop::keep_event_loops_apart();
  QApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::RealLifeTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_real_life.moc"
