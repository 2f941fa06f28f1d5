// Clock: time as a dependency, so that tests advance it instead of sleeping.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>

namespace cove {

using WallTime = std::chrono::system_clock::time_point;
using SteadyTime = std::chrono::steady_clock::time_point;

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual SteadyTime steady() const = 0;
  // Waits for `duration` or until `stop` is requested; true when the whole time passed.
  virtual bool sleep(std::chrono::nanoseconds duration, std::stop_token stop = {}) = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime wall() const override;
  SteadyTime steady() const override;
  bool sleep(std::chrono::nanoseconds duration, std::stop_token stop = {}) override;
};

// Stands still until told to advance. sleep() advances the clock itself and returns at once, so
// code under test runs through its waits in the order it asked for them.
class FakeClock final : public Clock {
 public:
  explicit FakeClock(WallTime start = WallTime(std::chrono::seconds(1'700'000'000)))
      : wall_(start) {}
  WallTime wall() const override;
  SteadyTime steady() const override;
  bool sleep(std::chrono::nanoseconds duration, std::stop_token stop = {}) override;
  void advance(std::chrono::nanoseconds duration);

 private:
  mutable std::mutex mutex_;
  WallTime wall_;
  SteadyTime steady_{std::chrono::hours(1)};
};

// RFC 3339 in UTC with seconds, "2026-01-02T03:04:05Z": Kubernetes' metav1.Time.
std::string rfc3339(WallTime time);

}  // namespace cove
