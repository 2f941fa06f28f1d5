#include "tests/ui/watchdog.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <QEvent>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <thread>

#include "core/base/fd.h"

namespace cove::ui::test {
namespace {

using std::chrono::nanoseconds;

// Nanoseconds a thread was runnable without a processor; 0 where the kernel does not tell.
std::int64_t waited_in(int file) {
  char text[96] = {};
  if (::pread(file, text, sizeof(text) - 1, 0) <= 0) return 0;
  char* end = nullptr;
  std::strtoll(text, &end, 10);  // what it ran
  return std::strtoll(end, nullptr, 10);
}

nanoseconds processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

// Threads of the machine that want to run now, for each of its processors; at least 1.
double crowding() {
  double running = 0;
  if (std::FILE* file = std::fopen("/proc/loadavg", "re")) {
    if (std::fscanf(file, "%*s %*s %*s %lf", &running) != 1) running = 0;
    std::fclose(file);
  }
  return std::max(1.0, running / std::max(1U, std::thread::hardware_concurrency()));
}

// The program's threads but for the one that asks.
class Others {
 public:
  // Looked for now and then.
  void find() {
    const auto now = std::chrono::steady_clock::now();
    if (now - listed_ < std::chrono::milliseconds(100)) return;
    list();
    listed_ = now;
  }
  std::int64_t waited() const {
    std::int64_t sum = 0;
    for (const auto& [thread, file] : files_) sum += waited_in(file.get());
    return sum;
  }

 private:
  void list() {
    std::map<int, Fd> found;
    DIR* const folder = ::opendir("/proc/self/task");
    if (folder == nullptr) return;
    while (const dirent* entry = ::readdir(folder)) {
      const int thread = std::atoi(entry->d_name);
      if (thread == 0 || thread == ::gettid()) continue;
      if (auto known = files_.extract(thread)) {
        found.insert(std::move(known));
        continue;
      }
      const std::string path = "/proc/self/task/" + std::to_string(thread) + "/schedstat";
      const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
      if (file >= 0) found.emplace(thread, Fd(file));
    }
    ::closedir(folder);
    files_ = std::move(found);
  }

  std::map<int, Fd> files_;
  std::chrono::steady_clock::time_point listed_;
};

class Deed final : public QObject {
 public:
  explicit Deed(const std::function<void()>& done) : done_(done) {}
  bool event(QEvent* event) override {
    if (event->type() != QEvent::User) return QObject::event(event);
    done_();
    return true;
  }

 private:
  const std::function<void()>& done_;
};

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
  static const Fd own(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC));
  static Others others;
  const std::string what = std::string(receiver->metaObject()->className()) + ", event " +
                           std::to_string(static_cast<int>(event->type()));
  ++depth_;
  others.find();
  const std::int64_t others_waited = others.waited();
  const std::int64_t waited = waited_in(own.get());
  const auto begin = std::chrono::steady_clock::now();
  const nanoseconds worked = processor_time();
  const bool result = QApplication::notify(receiver, event);
  const nanoseconds ran = processor_time() - worked;
  const nanoseconds took = std::chrono::steady_clock::now() - begin;
  --depth_;
  const nanoseconds slept = took - ran - nanoseconds(waited_in(own.get()) - waited);
  const nanoseconds in_vain(std::max<std::int64_t>(0, others.waited() - others_waited));
  const auto busy = std::chrono::duration_cast<std::chrono::microseconds>(
      ran + std::max(nanoseconds(0), slept - in_vain));
  if (busy > longest_) {
    // Crowds share caches and cores: the same work takes so much longer.
    const auto alone =
        busy > kLimit
            ? std::chrono::duration_cast<std::chrono::microseconds>(busy - ran + ran / crowding())
            : busy;
    if (alone <= longest_) return result;
    longest_ = alone;
    culprit_ = what;
  }
  return result;
}

void act(const std::function<void()>& deed) {
  Deed doer(deed);
  QEvent event(QEvent::User);
  QCoreApplication::sendEvent(&doer, &event);
}

}  // namespace cove::ui::test
