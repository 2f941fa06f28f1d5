// The text of stages that are built at the same time, as if they came one after the other.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace cove::image::dockerfile {

// Thread-safe. The first stage that is not finished writes through; the others' texts are kept, and
// a stage that has kept kMaxKept bytes waits for its turn. Stages wait for earlier ones only, so
// somebody always goes on.
class Output {
 public:
  static constexpr std::size_t kMaxKept = 1 << 20;
  using Sink = std::function<void(std::string_view text)>;

  Output(Sink sink, std::size_t stages) : sink_(std::move(sink)), lanes_(stages) {}
  void write(std::size_t stage, std::string_view text, std::stop_token stop);
  void finish(std::size_t stage);
  // Once no stage runs any more: shows what a failed stage and those before it still keep, and
  // drops the rest.
  void close(std::size_t last);
  // Calls `report` while nothing else is shown.
  void apart(const std::function<void()>& report);

 private:
  struct Lane {
    std::string kept;
    bool finished = false;
  };
  void show(std::string_view text) {
    if (sink_ && !text.empty()) sink_(text);
  }

  Sink sink_;
  std::mutex mutex_;
  std::condition_variable_any turn_;
  std::size_t current_ = 0;
  std::vector<Lane> lanes_;
};

}  // namespace cove::image::dockerfile
