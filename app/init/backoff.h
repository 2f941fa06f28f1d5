// Backoff: how long to wait before the next start of a program that keeps ending.
#pragma once

#include <chrono>

#include "core/base/clock.h"

namespace cove::init {

// 100 ms, doubled at every end up to 10 s; a program that ran for a minute starts again from 100
// ms.
class Backoff {
 public:
  static constexpr std::chrono::milliseconds kFirst{100};
  static constexpr std::chrono::milliseconds kMost{10'000};
  static constexpr std::chrono::seconds kHealthy{60};

  std::chrono::milliseconds next(SteadyTime started, SteadyTime ended) {
    if (ended - started >= kHealthy) delay_ = kFirst;
    const auto now = delay_;
    delay_ = std::min(delay_ * 2, kMost);
    return now;
  }

 private:
  std::chrono::milliseconds delay_ = kFirst;
};

}  // namespace cove::init
