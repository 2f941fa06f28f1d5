#include "core/server/stream.h"

namespace cove::server {

bool Stream::push(std::string piece) {
  std::function<void()> news;
  bool taken = false;
  {
    std::lock_guard lock(mutex_);
    if (closed_ || cut_) return false;
    if (waiting_.size() + piece.size() > max_bytes_) {
      cut_ = true;
      waiting_.clear();
    } else {
      waiting_ += piece;
      taken = true;
    }
    news = news_;
  }
  if (news) news();
  return taken;
}

void Stream::close() {
  std::function<void()> news;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    news = news_;
  }
  if (news) news();
}

Stream::Taken Stream::take() {
  std::lock_guard lock(mutex_);
  return {std::exchange(waiting_, {}), closed_ || cut_, cut_};
}

void Stream::on_news(std::function<void()> news) {
  std::lock_guard lock(mutex_);
  news_ = std::move(news);
}

void Stream::abandon() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  waiting_.clear();
  news_ = nullptr;
}

}  // namespace cove::server
