// Backoff: how long to wait before the next attempt. Exponential with jitter, so that many who
// failed together do not come back together.
#pragma once

#include <chrono>
#include <functional>

namespace cove::client {

// A number in [0, 1). Called on the thread of who asks.
using Random = std::function<double()>;
// Seeded by the operating system; thread-safe.
double system_random();

struct BackoffLimits {
  std::chrono::milliseconds first{800};
  std::chrono::milliseconds longest{30'000};
  double factor = 2.0;
  double jitter = 1.0;  // up to this share is added
};

// Not thread-safe.
class Backoff {
 public:
  explicit Backoff(BackoffLimits limits) : limits_(limits), next_(limits.first) {}
  std::chrono::nanoseconds next(const Random& random);
  void reset() { next_ = limits_.first; }

 private:
  BackoffLimits limits_;
  std::chrono::duration<double, std::milli> next_;
};

}  // namespace cove::client
