// The whole way by clicks against a coved of this machine, as root in namespaces of its own. That
// of a virtual machine, which is made and removed as well, is test_real_life.cpp's.
#include <QTemporaryDir>
#include <QTest>

#include "app/desktop/world.h"
#include "tests/integration/docker/host.h"
#include "tests/support/own_namespaces.h"
#include "tests/ui/journey.h"
#include "tests/ui/scripted_service.h"
#include "tests/ui/watchdog.h"

namespace cove::ui::test {

class JourneyTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    host_ = std::make_unique<testing::EngineHost>();
    QVERIFY2(host_->start(), host_->trouble().c_str());
    const std::string home = home_.path().toStdString();
    auto paths =
        provision::default_paths([home](const std::string& name) -> std::optional<std::string> {
          if (name == "HOME") return home;
          if (name == "XDG_RUNTIME_DIR") return home + "/run";
          return std::nullopt;
        });
    QVERIFY(paths.has_value());
    paths->kubeconfig = host_->kubeconfig();
    world_ = std::make_unique<desktop::World>(*paths);
    // In place of a virtual machine's life.
    service_ = std::make_shared<ScriptedService>();
    auto status = service_->running("cove");
    status.engine = "tcp://127.0.0.1:2376";
    status.engine_client = host_->folder().parent_path() / "certificates";
    service_->set_status(status);
    const Path settings = Path(home) / "desktop.ini";
    Preferences(settings).set_language(QStringLiteral("en"));
    DesktopOptions options;
    options.settings = settings;
    options.follow_system = false;
    options.api = world_->make_api_source();
    options.open_url = [this](const QUrl& url) { opened_ = url; };
    desktop_ = std::make_unique<Desktop>(service_, world_->clock(), options);
    desktop_->show(false);
    QVERIFY(QTest::qWaitForWindowExposed(&desktop_->window()));
    desktop_->begin();
    QTRY_VERIFY_WITH_TIMEOUT(desktop_->engine().synced(), 30'000);
  }

  void from_a_folder_to_a_pod_that_is_replaced() {
    auto& application = *static_cast<WatchedApplication*>(qApp);
    application.watch(true);
    Journey(*desktop_, home_.path().toStdString(), opened_).run();
    application.watch(false);
    QVERIFY2(application.stayed_awake(), application.told().c_str());
  }

  void cleanupTestCase() {
    desktop_.reset();
    service_.reset();
    world_.reset();
    host_.reset();
  }

 private:
  QTemporaryDir home_;
  std::unique_ptr<testing::EngineHost> host_;
  std::unique_ptr<desktop::World> world_;
  std::shared_ptr<ScriptedService> service_;
  std::unique_ptr<Desktop> desktop_;
  QUrl opened_;
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  if (const auto code = cove::test::enter_namespaces(argc, argv)) return *code;
  cove::desktop::keep_event_loops_apart();
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::JourneyTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_journey.moc"
