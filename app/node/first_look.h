// FirstLook: lets whoever waited for READY look first. What begins then on all processors at once
// would make its first answer the slowest of all.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>

#include "core/http/handler.h"

namespace cove::node {

// Thread-safe. Passes every request on; until wait() has returned it counts them too.
class FirstLook final : public http::Handler {
 public:
  explicit FirstLook(http::Handler& behind);

  // Until requests have been answered and none has come for a moment; at most `patience`. Once.
  void wait(std::chrono::milliseconds patience);

  void handle(std::shared_ptr<const http::Request> request, Respond respond) override;
  bool streams_body(const http::Request& head) const override;
  http::Answer refuse(int status, std::string_view message) const override;

 private:
  struct Count;

  http::Handler& behind_;
  std::atomic<bool> looking_ = true;
  const std::shared_ptr<Count> count_;
};

}  // namespace cove::node
