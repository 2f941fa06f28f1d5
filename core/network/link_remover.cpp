#include "core/network/link_remover.h"

#include <chrono>
#include <system_error>

#include "core/network/links.h"

namespace cove::network {
namespace {

constexpr std::size_t kMostFreeing = 16;
// Between two looks whether it is out of sight. A look waits by itself while links are changed.
constexpr std::chrono::microseconds kLook{200};

bool is_ready(const std::future<Result<void>>& removal) {
  return removal.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

Result<void> remove_link(const std::string& name) {
  COVE_TRY(auto links, Links::open());
  return links.remove(name);
}

}  // namespace

Result<void> LinkRemover::remove(const std::string& name) {
  COVE_TRY(auto links, Links::open());
  std::future<Result<void>> removal;
  try {
    removal = std::async(std::launch::async, remove_link, name);
  } catch (const std::system_error&) {
    return links.remove(name);  // no thread is to be had
  }
  while (removal.wait_for(kLook) == std::future_status::timeout) {
    const auto found = links.find(name);
    if (!found || *found) continue;
    keep(std::move(removal));
    return {};
  }
  return removal.get();
}

void LinkRemover::keep(std::future<Result<void>> removal) {
  std::future<Result<void>> first;
  {
    const std::lock_guard lock(mutex_);
    while (!freeing_.empty() && is_ready(freeing_.front())) freeing_.pop_front();
    freeing_.push_back(std::move(removal));
    if (freeing_.size() > kMostFreeing) {
      first = std::move(freeing_.front());
      freeing_.pop_front();
    }
  }
  if (first.valid()) first.wait();
}

}  // namespace cove::network
