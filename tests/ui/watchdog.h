// WatchedApplication: notices when the GUI thread is busy or waits inside one event.
#pragma once

#include <QApplication>
#include <chrono>
#include <functional>
#include <string>

namespace cove::ui::test {

// Counts, for every outermost event, the time from its begin to its end minus the time the thread
// was ready to run but the machine ran others, and minus what it slept while other threads of the
// program, one of which it may have waited for, were ready in vain: so a waiting call or long work
// shows, and a loaded machine does not: there, work over the limit counts by its share.
class WatchedApplication : public QApplication {
 public:
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  static constexpr std::chrono::milliseconds kLimit{500};
#else
  static constexpr std::chrono::milliseconds kLimit{50};
#endif
  WatchedApplication(int& argc, char** argv) : QApplication(argc, argv) {}
  bool notify(QObject* receiver, QEvent* event) override;

  // Watching is off until then: making the first window is not an event.
  void watch(bool on);
  std::chrono::microseconds longest() const { return longest_; }
  // No event took longer than a person notices.
  bool stayed_awake() const { return longest_ <= kLimit; }
  // "cove::ui::MainWindow, event 43: 1200.5 ms"
  std::string told() const;
  // What it was at: class and event type.
  const std::string& culprit() const { return culprit_; }

 private:
  bool watching_ = false;
  int depth_ = 0;
  std::chrono::microseconds longest_{0};
  std::string culprit_;
};

// Does it inside an event, as what a person does is: so it is watched.
void act(const std::function<void()>& deed);

}  // namespace cove::ui::test
