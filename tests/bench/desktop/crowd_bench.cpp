#include "tests/bench/desktop/crowd_bench.h"

#include <unistd.h>

#include <QDeadlineTimer>
#include <QLineEdit>
#include <QMainWindow>
#include <QTest>
#include <cstdio>
#include <fstream>

#include "tests/ui/crowd.h"

namespace cove::ui::test {
namespace {

constexpr int kPatience = 60'000;  // ms
constexpr int kSettled = 1'000;    // ms: what a window does after its start is done
constexpr int kPulse = 20;         // ms
constexpr int kAtPulse = 10;       // changes: 500 a second
constexpr int kPulses = 250;

double resident_mb() {
  std::ifstream file("/proc/self/statm");
  long size = 0;
  long resident = 0;
  file >> size >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

double ms(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1e3;
}

// What a person does, as an event: so it is watched.
class Person final : public QObject {
 public:
  explicit Person(std::function<void()> deed) : deed_(std::move(deed)) {}
  bool event(QEvent* event) override {
    if (event->type() != QEvent::User) return QObject::event(event);
    deed_();
    return true;
  }
  static void does(std::function<void()> deed) {
    Person person(std::move(deed));
    QEvent event(QEvent::User);
    QCoreApplication::sendEvent(&person, &event);
  }

 private:
  const std::function<void()> deed_;
};

}  // namespace

int measure_bare_memory(int argc, char** argv) {
  QApplication application(argc, argv);
  QMainWindow window;
  window.resize(1120, 760);
  window.show();
  if (!QTest::qWaitForWindowExposed(&window)) return 1;
  std::printf("%.1f\n", resident_mb());
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
  Person::does([&] { window.go_to(QStringLiteral("pods")); });
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
    Person::does([&] {
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
  cost.memory_mb = resident_mb();
  std::fprintf(stderr, "%s\n", application.told().c_str());
  std::printf("%.1f %.1f %.1f %.1f %.1f\n", cost.open_ms, cost.open_block, cost.filter_ms,
              cost.change_block, cost.memory_mb);
  return 0;
}

}  // namespace cove::ui::test
