// Takes the pictures under resources/screenshots from scripted data: every scene in both schemes
// and both languages at 1×, and at 2× in the folder 2x below.
#include <QApplication>
#include <QDialog>
#include <QDir>
#include <QFile>
#include <QFontDatabase>
#include <QLineEdit>
#include <QPainter>
#include <QPainterPath>
#include <QPlainTextEdit>
#include <QProcess>
#include <QPushButton>
#include <QSplitter>
#include <QTabWidget>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "tests/ui/demo_rollout.h"
#include "tests/ui/page_test.h"
#include "tests/ui/picture_palette.h"
#include "tests/ui/sample_api.h"
#include "tests/ui/scripted_engine.h"
#include "tests/ui/scripted_service.h"
#include "ui/bridge/demo_tasks.h"
#include "ui/views/apply_page.h"
#include "ui/views/desktop.h"
#include "ui/views/log_panel.h"
#include "ui/views/yaml_tab.h"
#include "ui/widgets/chart.h"
#include "ui/widgets/segments.h"

namespace cove::ui::test {
namespace {

constexpr QSize kSize(1120, 740);

class Studio {
 public:
  Studio(QDir folder, QString scheme, QString language, std::shared_ptr<SampleApi> sample)
      : folder_(std::move(folder)),
        scheme_(std::move(scheme)),
        language_(std::move(language)),
        sample_(std::move(sample)) {}

  bool take_all() {
    welcome();
    timeline();
    failed();
    overview();
    broken();
    delete_dialog();
    console();
    objects("pods", "worker-6f7b9c5d8-p2nxc", 0);
    logs();
    terminal();
    metrics();
    objects("deployments", "demo", 1);
    objects("services", "demo", 0);
    engine_rows("images", 1);
    engine_rows("containers", 0);
    objects("events", nullptr, 0);
    apply();
    palette();
    yaml();
    diagnostics();
    objects("ingresses", "shop", 0);
    kind("workloads", 0, "statefulsets", "database", 0);
    kind("config", 0, "configmaps", "settings", 0);
    kind("config", 1, "secrets", "database-login", 0);
    kind("storage", 0, "claims", "reports", 0);
    kind("jobs", 0, "jobs", "import-orders", 0);
    kind("jobs", 1, "cronjobs", "nightly-backup", 0);
    objects("custom", "boats.sea.example.com", 0);
    custom_objects();
    objects("nodes", "node", 0);
    rollout();
    foreign();
    secret_yaml();
    demo();
    preferences();
    return ok_;
  }

 private:
  struct Set {
    QTemporaryDir home;
    FakeClock clock;
    std::shared_ptr<ScriptedService> service = std::make_shared<ScriptedService>();
    std::shared_ptr<SampleApi> sample;
    std::unique_ptr<Cluster> cluster;  // one of this scene alone, in the sample's place
    std::unique_ptr<Desktop> desktop;
  };

  std::unique_ptr<Set> open(const std::function<void(Set&)>& prepare) {
    auto set = std::make_unique<Set>();
    set->service->now = set->clock.wall();
    set->service->console_log = Path(set->home.path().toStdString()) / "console.log";
    prepare(*set);
    DesktopOptions options;
    options.settings = Path(set->home.path().toStdString()) / "desktop.ini";
    options.follow_system = false;
    options.autostart = std::make_shared<Autostart>(options.settings.parent_path() / "autostart",
                                                    std::vector<std::string>{"cove-desktop"});
    {
      Preferences preferences(options.settings);
      preferences.set_scheme(scheme_ == QLatin1String("dark") ? SchemeChoice::kDark
                                                              : SchemeChoice::kLight);
      preferences.set_language(language_);
    }
    const Clock* clock = &set->clock;
    if (set->sample) {
      options.api = set->sample;
      clock = &set->sample->clock();
    }
    if (set->cluster) {
      options.api = std::make_shared<TestSource>(std::map<std::string, TestSource::Make>{
          {"cove", [handler = &set->cluster->handler()](Executor& executor) {
             return std::make_unique<node::InProcessTransport>(
                 *handler, executor, node::ClientUser{"admin", {"system:masters"}});
           }}});
      clock = &set->cluster->clock;
    }
    set->desktop = std::make_unique<Desktop>(set->service, *clock, options);
    set->desktop->window().resize(kSize);
    set->desktop->show(false);
    set->desktop->begin();
    wait([&] { return set->desktop->clusters().known(); });
    settle();
    return set;
  }

  void wait(const std::function<bool()>& done) {
    if (!QTest::qWaitFor(done, 10'000)) {
      std::fputs("a scene did not come about\n", stderr);
      ok_ = false;
    }
  }
  static void settle() {
    for (int i = 0; i < 5; ++i) QCoreApplication::processEvents();
    QTest::qWait(30);
  }

  void save(QImage image, const QString& scene) {
    image.setDevicePixelRatio(1);
    const QString name = QStringLiteral("%1-%2-%3.png").arg(scene, scheme_, language_.left(2));
    ok_ = with_palette(image).save(folder_.filePath(name), "PNG", 0) && ok_;
  }
  void shoot(Set& set, const QString& scene) {
    settle();
    save(set.desktop->window().grab().toImage(), scene);
  }

  void welcome() {
    auto set = open([](Set&) {});
    wait([&] {
      auto* create = set->desktop->window().findChild<QPushButton*>(QStringLiteral("create"));
      return create && create->isEnabled();
    });
    shoot(*set, QStringLiteral("welcome"));
  }

  void timeline() {
    auto set = open([](Set& s) {
      using std::chrono::milliseconds;
      s.service->set_elapsed("check-host", milliseconds(120));
      s.service->set_elapsed("create-keys", milliseconds(90));
      s.service->set_elapsed("create-disk", milliseconds(240));
      s.service->set_elapsed("define-machine", milliseconds(310));
      s.service->set_elapsed("boot", milliseconds(3400));
      s.service->set_elapsed("wait-api", milliseconds(1200));
      s.service->set_elapsed("wait-node", milliseconds(800));
      s.service->set_elapsed("write-kubeconfig", milliseconds(100));
      s.service->set_detail("boot", "KVM, 2 CPUs, 2 GiB");
      s.service->set_detail("create-disk", "20 GiB, grows as needed");
    });
    QPushButton* create = nullptr;
    wait([&] {
      create = set->desktop->window().findChild<QPushButton*>(QStringLiteral("create"));
      return create && create->isEnabled();
    });
    create->click();
    set->service->release(4);
    wait([&] {
      const auto& activity = set->desktop->activity();
      return activity.rowCount() > 0 && activity.at(0).steps.size() > 4 &&
             activity.at(0).steps[4].state == provision::StepState::kRunning;
    });
    set->clock.advance(std::chrono::milliseconds(2100));
    QTest::qWait(250);
    shoot(*set, QStringLiteral("timeline"));
  }

  void failed() {
    auto set = open([](Set& s) {
      s.service->fail_at(
          "open-ports",
          Error{ErrorCode::kConflict, "open port", "6443 for kubernetes-api",
                "it is taken by nginx (process 812)", "Free that port and try again."});
      s.service->release(6);
    });
    QPushButton* create = nullptr;
    wait([&] {
      create = set->desktop->window().findChild<QPushButton*>(QStringLiteral("create"));
      return create && create->isEnabled();
    });
    create->click();
    wait([&] {
      const auto& activity = set->desktop->activity();
      return activity.rowCount() > 0 && activity.at(0).steps.size() > 6 &&
             activity.at(0).steps[6].state == provision::StepState::kRunning;
    });
    set->clock.advance(7 * ScriptedService::kStepTime);
    set->service->release(1);
    wait([&] {
      const auto& activity = set->desktop->activity();
      return activity.rowCount() > 0 && activity.at(0).state == OperationState::kFailed;
    });
    shoot(*set, QStringLiteral("failed"));
  }

  void overview() {
    auto set = open([&](Set& s) {
      s.service->set_status(s.service->running("cove"));
      s.sample = sample_;
    });
    MainWindow& window = set->desktop->window();
    auto* failing = window.findChild<QTableView*>(QStringLiteral("overview_failing"));
    wait([&] { return failing->model()->rowCount() >= 2 && failing->isVisible(); });
    fill(*window.findChild<Chart*>(QStringLiteral("usage_cpu")), 0.4);
    fill(*window.findChild<Chart*>(QStringLiteral("usage_memory")), 9e8);
    QTest::qWait(400);
    shoot(*set, QStringLiteral("overview"));
  }

  void broken() {
    auto set = open([](Set& s) {
      auto status = s.service->running("cove");
      status.phase = provision::Phase::kBroken;
      status.api_ready = status.node_ready = false;
      status.reason = "its virtual machine ended: QEMU was killed or crashed";
      status.remedy = "Run 'cove start'; the cluster's data is kept.";
      s.service->set_status(status);
    });
    shoot(*set, QStringLiteral("broken"));
  }

  void delete_dialog() {
    auto set = open([](Set& s) { s.service->set_status(s.service->running("cove")); });
    MainWindow& window = set->desktop->window();
    window.findChild<QToolButton*>(QStringLiteral("action_delete"))->click();
    QDialog* dialog = nullptr;
    wait([&] {
      dialog = window.findChild<QDialog*>(QStringLiteral("delete_dialog"));
      return dialog && dialog->isVisible();
    });
    settle();
    save_both(window, *dialog, QStringLiteral("delete"));
    dialog->close();
  }

  // The two windows as a desktop would show them.
  void save_both(MainWindow& window, QDialog& dialog, const QString& scene) {
    QImage picture = window.grab().toImage();
    QPainter painter(&picture);
    const QRect place(
        QPoint((kSize.width() - dialog.width()) / 2, (kSize.height() - dialog.height()) / 2),
        dialog.size());
    QPainterPath shape;
    shape.addRoundedRect(place, 12, 12);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setClipPath(shape);
    painter.drawPixmap(place.topLeft(), dialog.grab());
    painter.end();
    save(picture, scene);
  }

  // A machine of before its wish was changed, under the system image of before.
  void preferences() {
    auto set = open([](Set& s) {
      auto status = s.service->running("cove");
      status.wish.resources = {4, 4096, 40};
      status.wish.registry_mirrors = {"https://mirror.example.com"};
      status.wish.proxy = {"http://ada:secret@proxy.example.com:3128",
                           "http://ada:secret@proxy.example.com:3128", "example.com,10.0.0.0/8"};
      status.image_version = "0.0.9";
      status.image_digest = "sha256:8f14e45fceea167a5a36dedd4bea2543";
      s.service->set_status(status);
    });
    MainWindow& window = set->desktop->window();
    for (const char* section :
         {"general", "cluster", "startup", "registries", "proxy", "shortcuts", "image"}) {
      window.show_preferences(QLatin1String(section));
      auto* dialog = window.findChild<QDialog*>(QStringLiteral("preferences"));
      wait([&] { return dialog->isVisible(); });
      QTest::qWait(60);
      settle();
      save(dialog->grab().toImage(), QStringLiteral("preferences-%1").arg(QLatin1String(section)));
    }
  }

  std::unique_ptr<Set> open_sample() {
    return open([&](Set& s) {
      s.service->set_status(s.service->running("cove"));
      s.sample = sample_;
    });
  }

  void apply() {
    auto set = open_sample();
    const QString file = set->home.filePath(QStringLiteral("shop.yaml"));
    QFile manifest(file);
    ok_ = manifest.open(QIODevice::WriteOnly) && ok_;
    manifest.write(R"(apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: demo, namespace: default}
spec:
  type: NodePort
  selector: {app: demo}
  ports:
  - {name: web, port: 80, targetPort: 8080, nodePort: 30080}
  - {name: metrics, port: 9090, targetPort: 9090}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  replicas: -1
  selector: {matchLabels: {app: cart}}
  template:
    metadata: {labels: {app: cart}}
    spec: {containers: [{name: web, image: "cart:1.0"}]}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: default}
data: {color: blue, size: large}
)");
    manifest.close();
    MainWindow& window = set->desktop->window();
    window.go_to(QStringLiteral("apply"));
    auto* page = window.findChild<ApplyPage*>();
    page->take_paths({file});
    wait([&] { return page->plan().phase() == ApplyPlan::Phase::kChecked; });
    for (int row = 0; row < page->plan().rowCount(); ++row) {
      if (page->plan().at(row).kind == QLatin1String("ConfigMap"))
        window.findChild<QTableView*>(QStringLiteral("apply_table"))->selectRow(row);
    }
    shoot(*set, QStringLiteral("apply"));
  }

  void palette() {
    auto set = open_sample();
    MainWindow& window = set->desktop->window();
    window.go_to(QStringLiteral("pods"));
    wait([&] {
      auto* table = window.findChild<QTableView*>(QStringLiteral("pods_table"));
      return table && table->model()->rowCount() > 5;
    });
    QTest::keyClick(&window, Qt::Key_K, Qt::ControlModifier);
    QDialog* dialog = nullptr;
    wait([&] {
      dialog = window.findChild<QDialog*>(QStringLiteral("palette"));
      return dialog && dialog->isVisible();
    });
    dialog->findChild<QLineEdit*>()->setText(QStringLiteral("de"));
    QTest::qWait(150);
    save_both(window, *dialog, QStringLiteral("palette"));
    dialog->close();
  }

  void yaml() {
    auto set = open_sample();
    MainWindow& window = set->desktop->window();
    window.go_to(QStringLiteral("deployments"));
    auto* table = window.findChild<QTableView*>(QStringLiteral("deployments_table"));
    wait([&] { return table->model()->rowCount() > 0; });
    table->selectRow(0);
    auto* tabs = window.findChild<QTabWidget*>(QStringLiteral("deployments_tabs"));
    tabs->setCurrentWidget(tabs->findChild<YamlTab*>());
    QTest::qWait(50);
    window.findChild<QPushButton*>(QStringLiteral("deployments_yaml_edit"))->click();
    QTest::qWait(150);
    shoot(*set, QStringLiteral("yaml"));
  }

  void diagnostics() {
    auto set = open_sample();
    MainWindow& window = set->desktop->window();
    window.go_to(QStringLiteral("diagnostics"));
    auto* save = window.findChild<QPushButton*>(QStringLiteral("diagnostics_save"));
    wait([&] { return save->isEnabled(); });
    shoot(*set, QStringLiteral("diagnostics"));
  }

  void console() {
    auto set = open([](Set& s) {
      s.service->set_status(s.service->running("cove"));
      QFile::copy(QStringLiteral(COVE_CONSOLE_SAMPLE),
                  QString::fromStdString(s.service->console_log.string()));
    });
    MainWindow& window = set->desktop->window();
    window.go_to(QStringLiteral("console"));
    auto* log = window.findChild<QPlainTextEdit*>(QStringLiteral("console_log"));
    wait([&] { return log->blockCount() > 20; });
    window.findChild<QLineEdit*>(QStringLiteral("console_search"))
        ->setText(QStringLiteral("coved"));
    QTest::qWait(120);
    shoot(*set, QStringLiteral("console"));
  }

  // A page of API objects, with an object of it chosen and a tab of its details.
  void objects(const char* page, const char* name, int tab) {
    auto set = open([&](Set& s) {
      s.service->set_status(s.service->running("cove"));
      s.sample = sample_;
    });
    MainWindow& window = set->desktop->window();
    const QString id = QString::fromLatin1(page);
    window.go_to(id);
    auto* table = window.findChild<QTableView*>(id + QStringLiteral("_table"));
    const auto row_of = [&] {
      for (int row = 0; row < table->model()->rowCount(); ++row) {
        const QString shown = table->model()->index(row, 0).data().toString();
        if (name == nullptr || shown == QLatin1String(name)) return row;
      }
      return -1;
    };
    wait([&] { return row_of() >= 0; });
    QTest::qWait(150);
    if (name != nullptr) {
      table->selectRow(row_of());
      window.findChild<QTabWidget*>(id + QStringLiteral("_tabs"))->setCurrentIndex(tab);
    }
    if (auto* history = window.findChild<QTableView*>(QStringLiteral("history_table"))) {
      wait([&] { return history->model()->rowCount() == 3; });
      history->selectRow(1);
    }
    QTest::qWait(150);
    shoot(*set, id);
  }

  std::unique_ptr<Set> on_page(const char* page) {
    auto set = open([&](Set& s) {
      s.service->set_status(s.service->running("cove"));
      s.sample = sample_;
    });
    set->desktop->window().go_to(QString::fromLatin1(page));
    return set;
  }

  void choose(MainWindow& window, const QString& list, const char* name, int tab) {
    auto* table = window.findChild<QTableView*>(list + QStringLiteral("_table"));
    wait([&] {
      for (int row = 0; row < table->model()->rowCount(); ++row) {
        if (table->model()->index(row, 0).data().toString() != QLatin1String(name)) continue;
        table->selectRow(row);
        return true;
      }
      return false;
    });
    window.findChild<QTabWidget*>(list + QStringLiteral("_tabs"))->setCurrentIndex(tab);
    QTest::qWait(300);
  }

  // One kind of a page that has several.
  void kind(const char* page, int index, const char* list, const char* name, int tab) {
    auto set = on_page(page);
    MainWindow& window = set->desktop->window();
    for (Segments* each : window.findChildren<Segments*>())
      if (each->isVisible()) each->setCurrentIndex(index);
    choose(window, QString::fromLatin1(list), name, tab);
    shoot(*set, QString::fromLatin1(list));
  }

  void custom_objects() {
    auto set = on_page("custom");
    MainWindow& window = set->desktop->window();
    choose(window, QStringLiteral("custom"), "boats.sea.example.com", 0);
    window.findChild<QPushButton*>(QStringLiteral("custom_show"))->click();
    choose(window, QStringLiteral("custom_objects"), "anna", 0);
    shoot(*set, QStringLiteral("custom-objects"));
  }

  void rollout() {
    auto set = on_page("deployments");
    MainWindow& window = set->desktop->window();
    choose(window, QStringLiteral("deployments"), "checkout", 0);
    auto* tabs = window.findChild<QTabWidget*>(QStringLiteral("deployments_tabs"));
    tabs->setCurrentWidget(window.findChild<QWidget*>(QStringLiteral("rollout")));
    QTest::qWait(300);
    shoot(*set, QStringLiteral("rollout"));
  }

  void foreign() {
    auto set = on_page("overview");
    set->desktop->window().show_context(QStringLiteral("staging"));
    wait([&] {
      const auto* state =
          set->desktop->window().findChild<QLabel*>(QStringLiteral("context_state"));
      return state != nullptr && set->desktop->contexts().known();
    });
    QTest::qWait(400);
    shoot(*set, QStringLiteral("context"));
  }

  // The tour before it begins, where a step failed, while its pods come up, and at its end.
  void demo() {
    ScriptedEngine engine;
    engine.set_build({"Step 1/3 : FROM cove/web", "Step 2/3 : ARG VERSION=0.1",
                      "Step 3/3 : COPY $VERSION/ /usr/share/nginx/html/", "Successfully built"});
    auto set = open([&](Set& s) {
      auto status = s.service->running("cove");
      status.engine = engine.address().host;
      s.service->set_status(status);
      s.cluster = std::make_unique<Cluster>();
    });
    MainWindow& window = set->desktop->window();
    window.go_to(QStringLiteral("demo"));
    auto* start = window.findChild<QPushButton*>(QStringLiteral("demo_start"));
    wait([&] { return start->isEnabled(); });
    shoot(*set, QStringLiteral("demo"));
    const auto& activity = set->desktop->activity();
    engine.deny("POST /build", 500, "cannot write the layer: no space left on device");
    start->click();
    wait(
        [&] { return activity.rowCount() > 0 && activity.at(0).state == OperationState::kFailed; });
    QTest::qWait(200);
    shoot(*set, QStringLiteral("demo-failed"));
    engine.allow("POST /build");
    start->click();
    wait([&] {
      return activity.rowCount() > 0 && activity.at(0).steps.size() > 3 &&
             activity.at(0).steps[3].state == provision::StepState::kRunning;
    });
    roll_out(*set->cluster, 1, 7, true);
    QTest::qWait(900);
    shoot(*set, QStringLiteral("demo-rollout"));
    window.findChild<QWidget*>(QStringLiteral("demo_timeline"))
        ->findChild<QPushButton*>(QStringLiteral("cancel_operation"))
        ->click();
    wait([&] { return activity.running() == 0 && start->isVisible(); });
    set->cluster->patch("deployments.apps", demo::kName,
                        R"({"metadata":{"annotations":{"kubernetes.io/change-cause":
                        "k8s-demo:0.2, the next version"}},"spec":{"template":{"spec":{"containers":
                        [{"name":"k8s-demo","image":"k8s-demo:0.2"}]}}}})");
    roll_out(*set->cluster, 2, 10, true);
    set->desktop.reset();
    auto later = open([&](Set& s) {
      auto status = s.service->running("cove");
      status.engine = engine.address().host;
      s.service->set_status(status);
      s.cluster = std::move(set->cluster);
    });
    later->desktop->window().go_to(QStringLiteral("demo"));
    auto* undo = later->desktop->window().findChild<QPushButton*>(QStringLiteral("demo_undo"));
    wait([&] { return undo->isVisible(); });
    QTest::qWait(300);
    shoot(*later, QStringLiteral("demo-undo"));
  }

  // An hour of a measure.
  static void fill(Chart& chart, double base) {
    const WallTime begin{std::chrono::seconds(1'700'000'000)};
    for (int i = 0; i < 240; ++i) {
      const double wave = std::sin(i / 9.0) * 0.3 + std::sin(i / 2.3) * 0.08;
      chart.add(begin + std::chrono::seconds(15) * i, base * (1 + wave));
    }
  }

  // The details of one pod, with the tab that has the widget of that name.
  std::unique_ptr<Set> pod(const char* name, const char* inside) {
    auto set = open([&](Set& s) {
      s.service->set_status(s.service->running("cove"));
      s.sample = sample_;
    });
    MainWindow& window = set->desktop->window();
    window.go_to(QStringLiteral("pods"));
    auto* table = window.findChild<QTableView*>(QStringLiteral("pods_table"));
    wait([&] { return table->model()->rowCount() > 5; });
    for (int row = 0; row < table->model()->rowCount(); ++row) {
      if (table->model()->index(row, 0).data().toString() == QLatin1String(name))
        table->selectRow(row);
    }
    auto* tabs = window.findChild<QTabWidget*>(QStringLiteral("pods_tabs"));
    auto* wanted = window.findChild<QWidget*>(QString::fromLatin1(inside));
    for (int i = 0; i < tabs->count(); ++i)
      if (tabs->widget(i)->isAncestorOf(wanted)) tabs->setCurrentIndex(i);
    QTest::qWait(100);
    return set;
  }

  // All pods of a Deployment in one.
  void logs() {
    auto set = on_page("deployments");
    MainWindow& window = set->desktop->window();
    choose(window, QStringLiteral("deployments"), "demo", 0);
    window.findChild<QTabWidget*>(QStringLiteral("deployments_tabs"))
        ->setCurrentWidget(window.findChild<QWidget*>(QStringLiteral("log_tab")));
    LogPanel* panel = nullptr;
    wait([&] {
      panel = window.findChild<LogPanel*>();
      return panel != nullptr && panel->document().lines() >= 60;
    });
    // As a tool at the bottom there is room for whole lines.
    window.findChild<QToolButton*>(QStringLiteral("log_keep"))->click();
    window.findChild<QTableView*>(QStringLiteral("deployments_table"))->clearSelection();
    auto* dock = window.findChild<QWidget*>(QStringLiteral("tools"));
    qobject_cast<QSplitter*>(dock->parentWidget())->setSizes({100, 900});
    QTest::qWait(300);
    for (LogPanel* each : window.findChildren<LogPanel*>())
      each->findChild<QLineEdit*>(QStringLiteral("log_search"))->setText(QStringLiteral("orders"));
    QTest::qWait(400);
    shoot(*set, QStringLiteral("logs"));
  }

  void secret_yaml() {
    auto set = on_page("config");
    MainWindow& window = set->desktop->window();
    for (Segments* each : window.findChildren<Segments*>())
      if (each->isVisible()) each->setCurrentIndex(1);
    choose(window, QStringLiteral("secrets"), "database-login", 0);
    auto* tabs = window.findChild<QTabWidget*>(QStringLiteral("secrets_tabs"));
    tabs->setCurrentWidget(tabs->findChild<YamlTab*>());
    QTest::qWait(100);
    shoot(*set, QStringLiteral("secret-yaml"));
  }

  void terminal() {
    auto set = pod("demo-7c9d5b8f64-2kx8p", "terminal_container");
    MainWindow& window = set->desktop->window();
    const std::size_t before = sample_->shells().count();
    window.findChild<QPushButton*>(QStringLiteral("terminal_open"))->click();
    wait([&] { return sample_->shells().count() > before; });
    const auto shell = sample_->shells().latest();
    ScriptedPods::open(shell);
    ScriptedPods::say(shell, client::kOutputChannel,
                      "\x1b[1;32m/app\x1b[0m $ ls --color\r\n\x1b[1;34mconf\x1b[0m  "
                      "\x1b[1;34mlogs\x1b[0m  main.py  \x1b[1;32mrun.sh\x1b[0m\r\n"
                      "\x1b[1;32m/app\x1b[0m $ ./run.sh --check\r\n"
                      "\x1b[32m✔\x1b[0m 配置 conf/app.yaml\r\n\x1b[33m!\x1b[0m cache is cold\r\n"
                      "\x1b[31m✘\x1b[0m redis:6379 \x1b[2mrefused\x1b[0m\r\n"
                      "\x1b[30;42m OK \x1b[0m\x1b[37;41m FAIL \x1b[0m\x1b[7m reverse \x1b[0m "
                      "\x1b[4munderlined\x1b[0m \x1b[38;5;208m256\x1b[0m "
                      "\x1b[38;2;120;90;220mRGB\x1b[0m\r\n"
                      "\x1b[1;32m/app\x1b[0m $ ");
    QTest::qWait(200);
    window.findChild<QPushButton*>(QStringLiteral("terminal_keep"))->click();
    window.activateWindow();
    QTest::qWait(300);
    shoot(*set, QStringLiteral("terminal"));
  }

  void metrics() {
    auto set = pod("demo-7c9d5b8f64-2kx8p", "metrics_cpu");
    MainWindow& window = set->desktop->window();
    auto* cpu = window.findChild<Chart*>(QStringLiteral("metrics_cpu"));
    auto* memory = window.findChild<Chart*>(QStringLiteral("metrics_memory"));
    fill(*cpu, 0.18);
    fill(*memory, 7.4e7);
    cpu->set_limits({{QStringLiteral("Limit"), 0.25, Tone::kBad}});
    QTest::qWait(100);
    shoot(*set, QStringLiteral("metrics"));
  }

  static docker::ImageSummary image(const char* id, const char* tag, std::int64_t created,
                                    std::uint64_t size) {
    docker::ImageSummary made;
    made.id = "sha256:" + std::string(id) + std::string(52, '0');
    if (*tag != '\0') made.tags = {tag};
    made.created = created;
    made.size = size;
    return made;
  }
  static docker::ContainerSummary container(const char* name, const char* image_name,
                                            const char* state, const char* status,
                                            std::int64_t created) {
    docker::ContainerSummary made;
    made.id = std::string(name) + "-4f1c27ab90de";
    made.name = name;
    made.image = image_name;
    made.command = "/docker-entrypoint.sh nginx -g 'daemon off;'";
    made.state = state;
    made.status = status;
    made.created = created;
    if (made.state == "running") made.ports = {{"127.0.0.1", 8080, 80, "tcp"}};
    return made;
  }

  void engine_rows(const char* page, int row) {
    ScriptedEngine engine;
    auto set = open([&](Set& s) {
      auto status = s.service->running("cove");
      status.engine = engine.address().host;
      s.service->set_status(status);
      s.sample = sample_;
    });
    const std::int64_t now =
        std::chrono::duration_cast<std::chrono::seconds>(sample_->clock().wall().time_since_epoch())
            .count();
    engine.set_images(
        {image("6d0f2a11c3e4", "demo:0.1", now - 90'000, 23'400'000),
         image("b18e5c0a7712", "demo:0.2", now - 3'600, 23'500'000),
         image("0c7e99d1f2aa", "cove/web:latest", now - 900'000, 22'900'000),
         image("4c1d2b77e005", "", now - 7'200, 23'400'000),
         image("e20f31b6c9d8", "registry.example.com/team/shop:1.4.2", now - 40'000, 181'000'000)});
    engine.set_containers(
        {container("compose-web-1", "cove/web:latest", "running", "Up 3 hours", now - 10'800),
         container("migrate", "registry.example.com/team/shop:1.4.2", "exited",
                   "Exited (3) 20 minutes ago", now - 1'400),
         container("scratch", "demo:0.1", "created", "Created", now - 60)});
    MainWindow& window = set->desktop->window();
    const QString id = QString::fromLatin1(page);
    window.go_to(id);
    auto* table = window.findChild<QTableView*>(id + QStringLiteral("_table"));
    wait([&] { return table->model()->rowCount() >= 3; });
    table->selectRow(row);
    QTest::qWait(150);
    shoot(*set, id);
  }

  QDir folder_;
  QString scheme_;
  QString language_;
  std::shared_ptr<SampleApi> sample_;
  bool ok_ = true;
};

}  // namespace
}  // namespace cove::ui::test

namespace {

// A process has one scale; each is taken by one of its own.
int take_both(const char* program, const QString& folder) {
  for (const auto& [scale, below] :
       {std::pair("1", QString()), std::pair("2", QStringLiteral("/2x"))}) {
    if (!QDir().mkpath(folder + below)) return 1;
    const int code = QProcess::execute(QString::fromLocal8Bit(program),
                                       {folder + below, QString::fromLatin1(scale)});
    if (code != 0) return 1;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view scale = argc == 3 ? argv[2] : "";
  if (argc < 2 || argc > 3 || (argc == 3 && scale != "1" && scale != "2")) {
    std::fputs("usage: ui_screenshots FOLDER [1|2]\n", stderr);
    return 2;
  }
  if (argc == 2) return take_both(argv[0], QString::fromLocal8Bit(argv[1]));
  qputenv("QT_SCALE_FACTOR", argv[2]);
  QApplication application(argc, argv);
  cove::ui::init_resources();
  QApplication::setCursorFlashTime(0);
  // Pictures do not depend on whose desktop they are taken on.
  const QStringList available = QFontDatabase::families();
  QStringList families;
  for (const char* family : {"Inter", "Noto Sans", "Noto Sans CJK SC", "DejaVu Sans"}) {
    if (available.contains(QString::fromLatin1(family))) {
      families.append(QString::fromLatin1(family));
    }
  }
  QFont font(families);
  font.setPointSizeF(10);
  QApplication::setFont(font);
  bool ok = true;
  const auto sample = std::make_shared<cove::ui::test::SampleApi>();
  for (const char* scheme : {"light", "dark"}) {
    for (const char* language : {"en", "zh_CN"}) {
      cove::ui::test::Studio studio(QDir(QString::fromLocal8Bit(argv[1])),
                                    QString::fromLatin1(scheme), QString::fromLatin1(language),
                                    sample);
      ok = studio.take_all() && ok;
    }
  }
  return ok ? 0 : 1;
}
