// Prints how long it takes from the start of the process to the first painted window, beside a bare
// QMainWindow, and what a crowd of pods costs, ten times of it and its memory beside a bare
// window's: medians of alternating runs. `--json` prints the same as JSON; `--once` measures once.
#include <QApplication>
#include <QMainWindow>
#include <QProcess>
#include <QTemporaryDir>
#include <QTimer>
#include <algorithm>
#include <cstdio>
#include <ctime>

#include "tests/bench/desktop/crowd_bench.h"
#include "tests/bench/load/measure.h"
#include "tests/ui/scripted_service.h"
#include "ui/views/desktop.h"

namespace cove::ui::test {
namespace {

constexpr int kRuns = 9;
constexpr int kCrowdRuns = 5;

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

QByteArray output(const QStringList& arguments) {
  QProcess child;
  child.start(QCoreApplication::applicationFilePath(), arguments);
  if (!child.waitForFinished(300'000)) return {};
  return child.readAllStandardOutput().trimmed();
}

double run(const QString& what) {
  return output({QStringLiteral("--show"), what, QString::number(now_ms(), 'f', 3)}).toDouble();
}

struct CrowdRuns {
  std::vector<double> open_ms, open_block, filter_ms, change_block, memory_mb;

  void add(int pods) {
    const auto words = output({QStringLiteral("--crowd"), QString::number(pods)}).split(' ');
    std::vector<double>* const columns[] = {&open_ms, &open_block, &filter_ms, &change_block,
                                            &memory_mb};
    for (int i = 0; i < 5; ++i) columns[i]->push_back(words.value(i, "-1").toDouble());
  }
  CrowdCost cost() const {
    return {bench::median(open_ms), bench::median(open_block), bench::median(filter_ms),
            bench::median(change_block), bench::median(memory_mb)};
  }
};

void compare_crowds(bool json, int runs) {
  std::vector<double> bare;
  CrowdRuns of_1000;
  CrowdRuns of_10000;
  for (int i = 0; i < runs; ++i) {
    bare.push_back(output({QStringLiteral("--bare-memory")}).toDouble());
    of_1000.add(1'000);
    of_10000.add(10'000);
  }
  const CrowdCost one = of_1000.cost();
  const CrowdCost ten = of_10000.cost();
  if (json) {
    std::printf(
        "{\"bench\":\"desktop-crowd\",\"bare_mb\":%.1f,\"mb_1000\":%.1f,\"mb_10000\":%.1f,"
        "\"open_ms_1000\":%.1f,\"open_ms_10000\":%.1f,\"open_block_ms_1000\":%.1f,"
        "\"open_block_ms_10000\":%.1f,\"filter_ms_1000\":%.1f,\"filter_ms_10000\":%.1f,"
        "\"change_block_ms_1000\":%.1f,\"change_block_ms_10000\":%.1f}\n",
        bench::median(bare), one.memory_mb, ten.memory_mb, one.open_ms, ten.open_ms, one.open_block,
        ten.open_block, one.filter_ms, ten.filter_ms, one.change_block, ten.change_block);
    return;
  }
  const auto line = [](const char* what, double small, double great, const char* target) {
    std::printf("  %-44s %8.1f %8.1f   %s\n", what, small, great, target);
  };
  std::printf("the page of pods (median of %d)                   1,000   10,000\n", runs);
  line("opened, all rows painted, ms", one.open_ms, ten.open_ms, "target 200 ms");
  line("longest block of the GUI thread meanwhile, ms", one.open_block, ten.open_block, "");
  line("longest keystroke into the search, painted, ms", one.filter_ms, ten.filter_ms,
       "target 16 ms");
  line("longest block with 500 changes a second, ms", one.change_block, ten.change_block,
       "target 16 ms");
  line("resident memory, MB", one.memory_mb, ten.memory_mb, "target 150 MB with 1,000");
  std::printf("  bare QMainWindow's memory, MB                %8.1f\n", bench::median(bare));
}

int compare(bool json, int runs, int argc, char** argv) {
  QCoreApplication application(argc, argv);
  std::vector<double> bare;
  std::vector<double> cove;
  for (int i = 0; i < runs; ++i) {
    bare.push_back(run(QStringLiteral("bare")));
    cove.push_back(run(QStringLiteral("cove")));
  }
  const double limit = bench::median(bare);
  const double ours = bench::median(cove);
  if (json) {
    std::printf(
        "{\"bench\":\"desktop-first-window\",\"ms\":%.1f,\"bare_ms\":%.1f,\"target_ms\":300}\n",
        ours, limit);
  } else {
    std::printf("process start -> first window painted (median of %d)\n", runs);
    std::printf("  bare QMainWindow  %7.1f ms\n", limit);
    std::printf("  Cove              %7.1f ms   target 300 ms, %.1f x bare\n", ours, ours / limit);
  }
  compare_crowds(json, std::min(runs, kCrowdRuns));
  return 0;
}

}  // namespace
}  // namespace cove::ui::test

int main(int argc, char** argv) {
  if (argc == 4 && qstrcmp(argv[1], "--show") == 0) {
    return cove::ui::test::show(QString::fromLatin1(argv[2]), QByteArray(argv[3]).toDouble(), argc,
                                argv);
  }
  if (argc == 3 && qstrcmp(argv[1], "--crowd") == 0)
    return cove::ui::test::measure_crowd(QByteArray(argv[2]).toInt(), argc, argv);
  if (argc == 2 && qstrcmp(argv[1], "--bare-memory") == 0)
    return cove::ui::test::measure_bare_memory(argc, argv);
  bool json = false;
  int runs = cove::ui::test::kRuns;
  for (int i = 1; i < argc; ++i) {
    if (qstrcmp(argv[i], "--json") == 0) json = true;
    if (qstrcmp(argv[i], "--once") == 0) runs = 1;
  }
  return cove::ui::test::compare(json, runs, argc, argv);
}
