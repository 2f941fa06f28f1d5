// LinkRemover: takes links away without waiting until the kernel has freed them.
#pragma once

#include <deque>
#include <future>
#include <mutex>
#include <string>

#include "core/base/result.h"

namespace cove::network {

// Thread-safe. Nobody sees a link any more within a millisecond or two; that the kernel answers
// takes some twenty, until all processors have stopped to look at what was taken away. Threads wait
// for that, of which there are a bounded number; who comes when all of them wait does so too.
class LinkRemover {
 public:
  LinkRemover() = default;
  LinkRemover(const LinkRemover&) = delete;
  // Waits for the kernel.
  ~LinkRemover() = default;

  // In the calling thread's network namespace. The link is out of sight when this returns; one that
  // is not there is no error.
  Result<void> remove(const std::string& name);

 private:
  void keep(std::future<Result<void>> removal);

  std::mutex mutex_;
  std::deque<std::future<Result<void>>> freeing_;
};

}  // namespace cove::network
