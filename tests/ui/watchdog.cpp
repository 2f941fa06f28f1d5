#include "tests/ui/watchdog.h"

#include <QEvent>
#include <cstdio>

namespace cove::ui::test {
namespace {

// Nanoseconds this thread was runnable without a processor; 0 where the kernel does not tell.
std::uint64_t waited_for_processor() {
  std::uint64_t ran = 0;
  std::uint64_t waited = 0;
  if (std::FILE* file = std::fopen("/proc/thread-self/schedstat", "re")) {
    if (std::fscanf(file, "%lu %lu", &ran, &waited) != 2) waited = 0;
    std::fclose(file);
  }
  return waited;
}

}  // namespace

void WatchedApplication::watch(bool on) {
  watching_ = on;
  if (on) {
    longest_ = {};
    culprit_.clear();
  }
}

std::string WatchedApplication::told() const {
  const double longest = std::chrono::duration<double, std::milli>(longest_).count();
  return culprit_ + ": " + std::to_string(longest) + " ms";
}

bool WatchedApplication::notify(QObject* receiver, QEvent* event) {
  if (!watching_ || depth_ > 0) return QApplication::notify(receiver, event);
  const std::string what = std::string(receiver->metaObject()->className()) + ", event " +
                           std::to_string(static_cast<int>(event->type()));
  ++depth_;
  const auto begin = std::chrono::steady_clock::now();
  const std::uint64_t waited = waited_for_processor();
  const bool result = QApplication::notify(receiver, event);
  const auto ready = std::chrono::nanoseconds(waited_for_processor() - waited);
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begin - ready);
  --depth_;
  if (took > longest_) {
    longest_ = took;
    culprit_ = what;
  }
  return result;
}

}  // namespace cove::ui::test
