// Prints how long it takes from the start of the process to the first painted window, beside a bare
// QMainWindow: medians of alternating runs. `--json` prints the same as JSON; `--once` measures
// once.
#include <QApplication>
#include <QMainWindow>
#include <QProcess>
#include <QTemporaryDir>
#include <QTimer>
#include <algorithm>
#include <cstdio>
#include <ctime>

#include "tests/ui/scripted_service.h"
#include "ui/views/desktop.h"

namespace cove::ui::test {
namespace {

constexpr int kRuns = 9;

double now_ms() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

// Ends the program when the window it watches was painted, and prints the time since `began`.
class FirstPaint : public QObject {
 public:
  explicit FirstPaint(double began) : began_(began) {}

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override {
    if (event->type() != QEvent::Paint) return false;
    // Behind the paint itself.
    QTimer::singleShot(0, this, [this] {
      std::printf("%.2f\n", now_ms() - began_);
      std::fflush(stdout);
      std::_Exit(0);
    });
    watched->removeEventFilter(this);
    return false;
  }

 private:
  double began_;
};

int show(const QString& what, double began, int argc, char** argv) {
  QApplication application(argc, argv);
  FirstPaint paint(began);
  if (what == QLatin1String("bare")) {
    QMainWindow window;
    window.installEventFilter(&paint);
    window.resize(1120, 760);
    window.show();
    return QApplication::exec();
  }
  QTemporaryDir home;
  SystemClock clock;
  init_resources();
  Desktop desktop(std::make_shared<ScriptedService>(), clock,
                  {.settings = Path(home.path().toStdString()) / "desktop.ini",
                   .profile = {},
                   .follow_system = false});
  desktop.window().installEventFilter(&paint);
  desktop.show(false);
  QTimer::singleShot(0, &desktop, &Desktop::begin);
  return QApplication::exec();
}

double run(const QString& self, const QString& what) {
  QProcess child;
  child.start(self, {QStringLiteral("--show"), what, QString::number(now_ms(), 'f', 3)});
  if (!child.waitForFinished(20'000)) return -1;
  return child.readAllStandardOutput().trimmed().toDouble();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int compare(bool json, int runs, int argc, char** argv) {
  QCoreApplication application(argc, argv);
  std::vector<double> bare;
  std::vector<double> cove;
  for (int i = 0; i < runs; ++i) {
    bare.push_back(run(QCoreApplication::applicationFilePath(), QStringLiteral("bare")));
    cove.push_back(run(QCoreApplication::applicationFilePath(), QStringLiteral("cove")));
  }
  const double limit = median(bare);
  const double ours = median(cove);
  if (json) {
    std::printf(
        "{\"bench\":\"desktop-first-window\",\"ms\":%.1f,\"bare_ms\":%.1f,\"target_ms\":300}\n",
        ours, limit);
  } else {
    std::printf("process start -> first window painted (median of %d)\n", runs);
    std::printf("  bare QMainWindow  %7.1f ms\n", limit);
    std::printf("  Cove              %7.1f ms   target 300 ms, %.1f x bare\n", ours, ours / limit);
  }
  return 0;
}

}  // namespace
}  // namespace cove::ui::test

int main(int argc, char** argv) {
  if (argc == 4 && qstrcmp(argv[1], "--show") == 0) {
    return cove::ui::test::show(QString::fromLatin1(argv[2]), QByteArray(argv[3]).toDouble(), argc,
                                argv);
  }
  bool json = false;
  int runs = cove::ui::test::kRuns;
  for (int i = 1; i < argc; ++i) {
    if (qstrcmp(argv[i], "--json") == 0) json = true;
    if (qstrcmp(argv[i], "--once") == 0) runs = 1;
  }
  return cove::ui::test::compare(json, runs, argc, argv);
}
