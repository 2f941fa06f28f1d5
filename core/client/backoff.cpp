#include "core/client/backoff.h"

#include <random>

namespace cove::client {

double system_random() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(generator);
}

std::chrono::nanoseconds Backoff::next(const Random& random) {
  const auto wait = next_ * (1.0 + limits_.jitter * random());
  next_ =
      std::min<std::chrono::duration<double, std::milli>>(next_ * limits_.factor, limits_.longest);
  return std::chrono::duration_cast<std::chrono::nanoseconds>(wait);
}

}  // namespace cove::client
