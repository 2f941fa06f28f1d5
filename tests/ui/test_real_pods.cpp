// Logs of pods and shells in them by clicks, against coved's own node on this machine. As root in
// namespaces of its own, which main() makes.
#include <QAction>
#include <QTest>

#include "core/client/credentials.h"
#include "core/client/https_transport.h"
#include "core/client/kubeconfig_read.h"
#include "tests/integration/docker/host.h"
#include "tests/support/own_namespaces.h"
#include "tests/ui/page_test.h"
#include "ui/views/log_panel.h"
#include "ui/views/terminal_pane.h"

namespace cove::ui::test {
namespace {

constexpr int kLong = 60'000;  // ms; a container on a slow computer

// A Deployment of two pods that write a line at a time, and a pod whose first run ends.
constexpr const char* kManifest = R"(
apiVersion: apps/v1
kind: Deployment
metadata: {name: talk, namespace: default}
spec:
  replicas: 2
  selector: {matchLabels: {app: talk}}
  template:
    metadata: {labels: {app: talk}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: voice
        image: busybox:1.35
        imagePullPolicy: IfNotPresent
        command: [sh, -c, 'i=0; while true; do i=$((i+1)); echo "INFO $HOSTNAME line $i"; sleep 1; done']
---
apiVersion: v1
kind: Pod
metadata: {name: again, namespace: default}
spec:
  terminationGracePeriodSeconds: 0
  volumes: [{name: memory, emptyDir: {}}]
  containers:
  - name: main
    image: busybox:1.35
    imagePullPolicy: IfNotPresent
    volumeMounts: [{name: memory, mountPath: /memory}]
    command: [sh, -c, 'if [ -e /memory/seen ]; then echo second run; sleep 100000; else touch /memory/seen; echo first run ends; exit 3; fi']
)";

// The API of a kubeconfig that has one context.
class OneContext final : public ApiSource {
 public:
  OneContext(Path file, Spawner& spawner, const Clock& clock)
      : file_(std::move(file)), spawner_(spawner), clock_(clock) {}
  Result<std::unique_ptr<client::Transport>> connect(const std::string&,
                                                     Executor& executor) override {
    auto config = resolve();
    if (!config) return config.error();
    auto credentials = client::make_credential_source(*config, spawner_, clock_);
    auto transport =
        client::HttpsTransport::create(executor, std::move(*config), std::move(credentials));
    if (!transport) return transport.error();
    return std::unique_ptr<client::Transport>(std::move(*transport));
  }
  Result<std::unique_ptr<client::ChannelTransport>> connect_channels(const std::string&,
                                                                     Executor& executor) override {
    auto config = resolve();
    if (!config) return config.error();
    auto credentials = client::make_credential_source(*config, spawner_, clock_);
    return client::make_channel_transport(executor, std::move(*config), std::move(credentials));
  }

 private:
  Result<client::ClientConfig> resolve() const {
    const auto kubeconfig = client::Kubeconfig::load({file_});
    if (!kubeconfig) return kubeconfig.error();
    return kubeconfig->resolve(kubeconfig->contexts().begin()->first);
  }
  const Path file_;
  Spawner& spawner_;
  const Clock& clock_;
};

}  // namespace

class RealPodsTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    host_ = std::make_unique<testing::EngineHost>();
    QVERIFY2(host_->start(), host_->trouble().c_str());
    QVERIFY(write_file_atomic(host_->folder() / "pods.yaml", kManifest, 0644).has_value());
    const auto applied = kubectl("apply -f pods.yaml");
    QVERIFY2(applied.exit_code == 0, applied.standard_error.c_str());
  }
  void cleanupTestCase() {
    desktop_.reset();
    if (host_) kubectl("delete deployment,pod --all --wait --timeout 30s --grace-period 0");
    host_.reset();
  }
  void init() { PageTest::init(); }
  void cleanup() { PageTest::cleanup(); }

  void two_pods_are_followed_in_one_log() {
    show("deployments");
    QTRY_VERIFY_WITH_TIMEOUT(row_of("talk") >= 0 && cell(row_of("talk"), 2) == QLatin1String("2/2"),
                             kLong);
    choose("talk");
    show_log("deployments_tabs");
    QTRY_VERIFY_WITH_TIMEOUT(speakers().size() == 2, kLong);
    const std::size_t before = panel()->document().lines();
    QTRY_VERIFY_WITH_TIMEOUT(panel()->document().lines() >= before + 4, kLong);
    // In the order of time, and none twice.
    std::map<std::string, int> last;
    for (int row = 0; row < panel()->document().rows(); ++row) {
      const std::string line = panel()->document().plain(row, false, false);
      const auto space = line.rfind(' ');
      int& number = last[line.substr(0, space)];
      QCOMPARE(std::stoi(line.substr(space + 1)), number + 1);
      ++number;
    }
    QCOMPARE(last.size(), std::size_t{2});
  }

  void the_run_before_is_read() {
    show("pods");
    QTRY_VERIFY_WITH_TIMEOUT(row_of("again") >= 0 && cell(row_of("again"), 3) == QLatin1String("1"),
                             kLong);
    choose("again");
    show_log("pods_tabs");
    QTRY_COMPARE_WITH_TIMEOUT(only_line(), std::string("second run"), kLong);
    find<QAction>("log_before")->setChecked(true);
    QTRY_COMPARE_WITH_TIMEOUT(only_line(), std::string("first run ends"), kLong);
  }

  void a_shell_answers_and_knows_its_size() {
    show("pods");
    QTRY_VERIFY_WITH_TIMEOUT(row_of("again") >= 0 && cell(row_of("again"), 3) == QLatin1String("1"),
                             kLong);
    choose("again");
    find<QTabWidget>("pods_tabs")
        ->setCurrentWidget(find<QComboBox>("terminal_container")->parentWidget());
    QTRY_VERIFY_WITH_TIMEOUT(find<QPushButton>("terminal_open")->isVisible(), kLong);
    QTest::mouseClick(find<QPushButton>("terminal_open"), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(label("terminal_state").contains(QLatin1String("Connected")), kLong);
    type("echo $((6*7))-$0; cat /memory/seen && echo th''ere\n");
    QTRY_VERIFY2_WITH_TIMEOUT(
        screen().contains(QLatin1String("42-")) && screen().contains(QLatin1String("there")),
        qPrintable(screen()), kLong);
    for (const QSize size : {QSize(1300, 900), QSize(1000, 640)}) {
      const auto& shown = find<TerminalView>("terminal")->screen();
      const int before = shown.rows();
      window().resize(size);
      QTRY_VERIFY(shown.rows() != before);
      type("clear; stty size\n");
      QTRY_VERIFY2_WITH_TIMEOUT(
          screen().contains(QStringLiteral("\n%1 %2\n").arg(shown.rows()).arg(shown.columns())),
          qPrintable(screen()), kLong);
    }
    type("exit 3\n");
    QTRY_VERIFY_WITH_TIMEOUT(label("terminal_state").contains(QLatin1String("exit code 3")), kLong);
  }

 private:
  Completed kubectl(const std::string& what) const {
    return host_->shell("docker", "kubectl " + what, std::chrono::seconds(60));
  }
  // As PageTest::open() does it, with the clock and the API of coved.
  void show(const char* page) {
    page_ = page;
    service_->set_status(running("cove"));
    DesktopOptions options;
    options.settings = Path(home_->path().toStdString()) / "desktop.ini";
    options.follow_system = false;
    options.profile = QStringLiteral("cove");
    const auto where = host_->shell("docker", "printf %s \"$KUBECONFIG\"");
    options.api = std::make_shared<OneContext>(where.standard_output, *spawner_, clock_);
    Preferences(options.settings).set_language(QStringLiteral("en"));
    desktop_ = std::make_unique<Desktop>(service_, clock_, options);
    desktop_->show(false);
    QVERIFY(QTest::qWaitForWindowExposed(&window()));
    desktop_->begin();
    QTRY_VERIFY(desktop_->clusters().known());
    PageTest::go_to(page);
  }
  void show_log(const char* tabs) {
    find<QTabWidget>(tabs)->setCurrentWidget(find<QWidget>("log_tab"));
    QTRY_VERIFY(panel() != nullptr);
  }
  LogPanel* panel() { return window().findChild<LogPanel*>(); }
  // Of the lines there are, without their numbers.
  std::set<std::string> speakers() {
    std::set<std::string> all;
    for (int row = 0; row < panel()->document().rows(); ++row) {
      const std::string line = panel()->document().plain(row, false, false);
      all.insert(line.substr(0, line.rfind(' ')));
    }
    return all;
  }
  std::string only_line() {
    return panel()->document().rows() == 1 ? panel()->document().plain(0, false, false)
                                           : std::string();
  }
  void type(const char* keys) {
    QTest::keyClicks(find<TerminalView>("terminal"), QString::fromLatin1(keys).trimmed());
    QTest::keyClick(find<TerminalView>("terminal"), Qt::Key_Return);
  }
  // Every line between two line breaks.
  QString screen() {
    const auto& screen = find<TerminalView>("terminal")->screen();
    return QLatin1Char('\n') +
           screen.text(QPoint(0, 0), QPoint(screen.columns(), screen.lines() - 1)) +
           QLatin1Char('\n');
  }

  std::unique_ptr<testing::EngineHost> host_;
  SystemClock clock_;
  std::unique_ptr<Spawner> spawner_ = make_spawner();
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  if (const auto code = cove::test::enter_namespaces(argc, argv)) return *code;
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::RealPodsTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_real_pods.moc"
