// A real cluster's life by clicks: the window over libvirt, QEMU and the system image, and what
// runs in it. Takes minutes where there is no KVM.
#include <unistd.h>

#include <QAbstractSlider>
#include <QApplication>
#include <QDialog>
#include <QLabel>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <filesystem>

#include "app/desktop/world.h"
#include "tests/ui/journey.h"
#include "tests/ui/watchdog.h"
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
    QVERIFY2(home_->isValid(), qPrintable(home_->errorString()));
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
    for (const char* name : {"XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "KUBECONFIG"})
      qunsetenv(name);
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
    const auto offered = [this] { return button("create") && button("create")->isEnabled(); };
    QVERIFY2(QTest::qWaitFor(offered, 60'000), qPrintable(words_shown()));
    find<QAbstractSlider>("cpus")->setValue(1);
    find<QAbstractSlider>("memory")->setValue(find<QAbstractSlider>("memory")->minimum());
    QTest::mouseClick(button("create"), Qt::LeftButton);
    QTRY_VERIFY(desktop_->activity().rowCount() == 1);
    reaches("Running");
    const auto* status = desktop_->current().status();
    QTRY_VERIFY_WITH_TIMEOUT(status && status->node_ready, 30'000);
    QVERIFY(std::filesystem::exists(paths_->kubeconfig));
  }

  void is_used_by_clicks() {
    auto& application = *static_cast<WatchedApplication*>(qApp);
    application.watch(true);
    Journey(*desktop_, home_->path().toStdString(), opened_).run();
    application.watch(false);
    QVERIFY2(application.stayed_awake(), application.told().c_str());
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
    const bool began = desktop_ != nullptr;
    desktop_.reset();
    world_.reset();
    // A run that failed in the middle leaves no machine behind. Only one that began works in its
    // own home.
    if (!began) return;
    const int code =
        QProcess::execute(QCoreApplication::applicationDirPath() + QStringLiteral("/../bin/cove"),
                          {QStringLiteral("delete"), QStringLiteral("--all")});
    QVERIFY2(code == 0, "a virtual machine may be left behind");
  }

 private:
  template <class Widget>
  Widget* find(const char* name) {
    return desktop_->window().findChild<Widget*>(QString::fromLatin1(name));
  }
  QPushButton* button(const char* name) { return find<QPushButton>(name); }
  // Why something is not offered stands on the page.
  QString words_shown() {
    QStringList out;
    for (const QLabel* label : desktop_->window().findChildren<QLabel*>())
      if (label->isVisible() && !label->text().isEmpty()) out << label->text();
    return out.join(QStringLiteral(" | "));
  }
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

  std::unique_ptr<QTemporaryDir> home_;
  QUrl opened_;
  std::optional<provision::Paths> paths_;
  std::unique_ptr<desktop::World> world_;
  std::unique_ptr<Desktop> desktop_;
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::desktop::keep_event_loops_apart();
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::RealLifeTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_real_life.moc"
