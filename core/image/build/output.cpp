#include "core/image/build/output.h"

#include <algorithm>

namespace cove::image::dockerfile {

void Output::write(std::size_t stage, std::string_view text, std::stop_token stop) {
  std::unique_lock lock(mutex_);
  Lane& lane = lanes_[stage];
  if (stage != current_ && lane.kept.size() + text.size() > kMaxKept) {
    turn_.wait(lock, stop, [&] { return stage == current_; });
  }
  if (stage == current_) {
    show(text);
  } else if (lane.kept.size() < kMaxKept) {
    lane.kept.append(text.substr(0, kMaxKept - lane.kept.size()));  // it was told to stop
  }
}

void Output::finish(std::size_t stage) {
  const std::lock_guard lock(mutex_);
  lanes_[stage].finished = true;
  while (current_ < lanes_.size() && lanes_[current_].finished) {
    ++current_;
    if (current_ < lanes_.size()) {
      show(lanes_[current_].kept);
      lanes_[current_].kept.clear();
    }
  }
  turn_.notify_all();
}

void Output::close(std::size_t last) {
  const std::lock_guard lock(mutex_);
  for (; current_ <= last && current_ < lanes_.size(); ++current_) show(lanes_[current_].kept);
  current_ = lanes_.size();
}

void Output::apart(const std::function<void()>& report) {
  const std::lock_guard lock(mutex_);
  report();
}

}  // namespace cove::image::dockerfile
