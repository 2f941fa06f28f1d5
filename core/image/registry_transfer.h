// What pulls and pushes share: reports of progress, and work in parallel.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "core/base/clock.h"
#include "core/image/registry.h"

namespace cove::image {

// Calls a listener from one thread at a time; of running numbers at most ten a second for each id.
// Thread-safe.
class Reporter {
 public:
  Reporter(const OnProgress& listener, const Clock& clock) : listener_(listener), clock_(clock) {}

  void say(const std::string& id, const std::string& status);
  void say(const std::string& status) { say({}, status); }
  void count(const std::string& id, const std::string& status, std::uint64_t current,
             std::uint64_t total);

 private:
  const OnProgress& listener_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, SteadyTime> counted_;
};

// Calls `work` for 0 … count-1, in this order, on at most `threads` threads. The first error stops
// the others (through their token) and is returned.
Result<void> in_parallel(
    std::size_t count, unsigned threads, const std::stop_token& stop,
    const std::function<Result<void>(std::size_t index, std::stop_token stop)>& work);

}  // namespace cove::image
