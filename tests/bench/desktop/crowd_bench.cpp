#include "tests/bench/desktop/crowd_bench.h"

#include <QDeadlineTimer>
#include <QLineEdit>
#include <QMainWindow>
#include <QTest>
#include <cstdio>

#include "tests/bench/load/measure.h"
#include "tests/ui/crowd.h"

namespace cove::ui::test {
namespace {

constexpr int kPatience = 60'000;  // ms
constexpr int kSettled = 1'000;    // ms: what a window does after its start is done
constexpr int kPulse = 20;         // ms
constexpr int kAtPulse = 10;       // changes: 500 a second
constexpr int kPulses = 250;
constexpr double kMb = 1.048576;  // of a MiB

double ms(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1e3;
}

}  // namespace

int measure_bare_memory(int argc, char** argv) {
  QApplication application(argc, argv);
  QMainWindow window;
  window.resize(1120, 760);
  window.show();
  if (!QTest::qWaitForWindowExposed(&window)) return 1;
  std::printf("%.1f\n", bench::resident_mib() * kMb);
  return 0;
}

int measure_crowd(int pods, int argc, char** argv) {
  WatchedApplication application(argc, argv);
  init_resources();
  QTemporaryDir home;
  SystemClock clock;
  const auto crowd = Crowd::of(pods);
  const auto service = std::make_shared<ScriptedService>();
  auto status = service->running("crowd");
  status.context = "crowd";
  status.host = "127.0.0.1";
  service->set_status(status);
  DesktopOptions options;
  options.settings = Path(home.path().toStdString()) / "desktop.ini";
  options.follow_system = false;
  options.profile = QStringLiteral("crowd");
  options.api = std::make_shared<TestSource>(std::map<std::string, TestSource::Make>{
      {"crowd",
       [crowd](Executor& executor) { return std::make_unique<CrowdTransport>(executor, crowd); }}});
  Desktop desktop(service, clock, std::move(options));
  MainWindow& window = desktop.window();
  desktop.show(false);
  desktop.begin();
  if (!QTest::qWaitFor([&] { return desktop.clusters().known(); }, kPatience)) return 1;
  QTest::qWait(kSettled);
  CrowdCost cost;
  const auto begin = std::chrono::steady_clock::now();
  application.watch(true);
  act([&] { window.go_to(QStringLiteral("pods")); });
  const auto* table = window.findChild<QTableView*>(QStringLiteral("pods_table"));
  const QDeadlineTimer patience(kPatience);
  while (table->model()->rowCount() < pods) {
    if (patience.hasExpired()) return 1;
    QCoreApplication::processEvents(QEventLoop::AllEvents | QEventLoop::WaitForMoreEvents);
  }
  window.repaint();
  cost.open_ms = ms(std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin));
  cost.open_block = ms(application.longest());
  QTest::qWait(300);
  auto* search = window.findChild<QLineEdit*>(QStringLiteral("pods_search"));
  application.watch(true);
  const auto keys = {Qt::Key_D,         Qt::Key_Minus,     Qt::Key_9,         Qt::Key_9,
                     Qt::Key_Backspace, Qt::Key_Backspace, Qt::Key_Backspace, Qt::Key_Backspace};
  for (const Qt::Key key : keys) {
    act([&] {
      QTest::keyClick(search, key);
      window.repaint();
    });
  }
  cost.filter_ms = ms(application.longest());
  QTest::qWait(300);
  application.watch(true);
  for (int pulse = 0; pulse < kPulses; ++pulse) {
    crowd->restarted(pulse * 37, kAtPulse, pulse + 1);
    QTest::qWait(kPulse);
  }
  cost.change_block = ms(application.longest());
  cost.memory_mb = bench::resident_mib() * kMb;
  std::printf("%.1f %.1f %.1f %.1f %.1f\n", cost.open_ms, cost.open_block, cost.filter_ms,
              cost.change_block, cost.memory_mb);
  return 0;
}

}  // namespace cove::ui::test
