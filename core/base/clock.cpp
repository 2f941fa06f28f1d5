#include "core/base/clock.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace cove {

WallTime SystemClock::wall() const {
  return std::chrono::system_clock::now();
}
SteadyTime SystemClock::steady() const {
  return std::chrono::steady_clock::now();
}

bool SystemClock::sleep(std::chrono::nanoseconds duration, std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

WallTime FakeClock::wall() const {
  std::lock_guard lock(mutex_);
  return wall_;
}

SteadyTime FakeClock::steady() const {
  std::lock_guard lock(mutex_);
  return steady_;
}

bool FakeClock::sleep(std::chrono::nanoseconds duration, std::stop_token stop) {
  if (stop.stop_requested()) return false;
  advance(duration);
  return !stop.stop_requested();
}

void FakeClock::advance(std::chrono::nanoseconds duration) {
  std::lock_guard lock(mutex_);
  wall_ += std::chrono::duration_cast<WallTime::duration>(duration);
  steady_ += duration;
}

std::string rfc3339(WallTime time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace cove
