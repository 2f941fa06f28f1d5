#include "core/image/registry_transfer.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace cove::image {
namespace {

constexpr std::chrono::milliseconds kBetweenCounts{100};

}  // namespace

void Reporter::say(const std::string& id, const std::string& status) {
  if (!listener_) return;
  std::lock_guard lock(mutex_);
  counted_.erase(id);
  listener_({id, status});
}

void Reporter::count(const std::string& id, const std::string& status, std::uint64_t current,
                     std::uint64_t total) {
  if (!listener_) return;
  std::lock_guard lock(mutex_);
  const SteadyTime now = clock_.steady();
  const auto before = counted_.find(id);
  if (before != counted_.end() && now - before->second < kBetweenCounts && current != total) return;
  counted_.insert_or_assign(id, now);
  listener_({id, status, current, total});
}

Result<void> in_parallel(
    std::size_t count, unsigned threads, const std::stop_token& stop,
    const std::function<Result<void>(std::size_t index, std::stop_token stop)>& work) {
  std::stop_source inner;
  const std::stop_callback pass_on(stop, [&] { inner.request_stop(); });
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::optional<Error> first;
  const auto run = [&] {
    while (!inner.stop_requested()) {
      const std::size_t index = next++;
      if (index >= count) return;
      const auto done = work(index, inner.get_token());
      if (done) continue;
      {
        std::lock_guard lock(mutex);
        if (!first) first = done.error();
      }
      inner.request_stop();
    }
  };
  {
    std::vector<std::jthread> helpers;
    const std::size_t most = std::min<std::size_t>(std::max(threads, 1U), count);
    for (std::size_t i = 1; i < most; ++i) helpers.emplace_back(run);
    run();
  }
  if (first) return *first;
  if (stop.stop_requested())
    return Error{ErrorCode::kCancelled, "transfer", "an image", "it was cancelled", {}};
  return {};
}

}  // namespace cove::image
