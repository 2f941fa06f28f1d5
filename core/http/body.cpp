#include "core/http/body.h"

namespace cove::http {

Result<std::string> BodyStream::read(std::size_t max, std::stop_token stop) {
  std::string taken;
  std::function<void()> room;
  {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, stop, [this] { return !waiting_.empty() || ended_ || error_; });
    if (waiting_.empty()) {
      if (error_) return *error_;
      if (ended_) return std::string();
      return Error{ErrorCode::kCancelled, "read", "the request's body", "it was given up", {}};
    }
    const bool was_full = waiting_.size() >= max_bytes_;
    if (max >= waiting_.size()) {
      taken = std::exchange(waiting_, {});
    } else {
      taken = waiting_.substr(0, max);
      waiting_.erase(0, max);
    }
    if (was_full && waiting_.size() < max_bytes_) room = room_;
  }
  if (room) room();
  return taken;
}

void BodyStream::on_room(std::function<void()> room) {
  std::lock_guard lock(mutex_);
  room_ = std::move(room);
}

void BodyStream::put(std::string_view bytes) {
  std::lock_guard lock(mutex_);
  if (ended_ || error_) return;
  waiting_.append(bytes);
  wake_.notify_one();
}

bool BodyStream::full() const {
  std::lock_guard lock(mutex_);
  return waiting_.size() >= max_bytes_;
}

void BodyStream::end() {
  std::lock_guard lock(mutex_);
  ended_ = true;
  wake_.notify_one();
}

void BodyStream::fail(Error error) {
  std::lock_guard lock(mutex_);
  if (ended_ || error_) return;
  error_ = std::move(error);
  wake_.notify_one();
}

}  // namespace cove::http
