#include "core/http/stream.h"

namespace cove::http {

// With the lock held.
std::function<void()> Stream::news_if_awaited() {
  return std::exchange(awaited_, false) ? news_ : nullptr;
}

bool Stream::push(std::string piece) {
  return push(std::make_shared<const std::string>(std::move(piece)));
}

bool Stream::push(Piece piece) {
  std::function<void()> news;
  std::function<void()> gone;
  bool taken = false;
  {
    std::lock_guard lock(mutex_);
    if (closed_ || cut_) return false;
    if (!piece || piece->empty()) return true;
    if (piece->size() > max_bytes_ - waiting_bytes_) {
      cut_ = true;
      waiting_.clear();
      waiting_bytes_ = 0;
      gone = std::exchange(gone_, nullptr);
    } else {
      waiting_bytes_ += piece->size();
      waiting_.push_back(std::move(piece));
      taken = true;
    }
    news = news_if_awaited();
  }
  if (news) news();
  if (gone) gone();
  return taken;
}

void Stream::close() {
  std::function<void()> news;
  std::function<void()> gone;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    gone = std::exchange(gone_, nullptr);  // dropped, not called
    news = news_if_awaited();
  }
  if (news) news();
}

void Stream::on_abandon(std::function<void()> gone) {
  {
    std::lock_guard lock(mutex_);
    if (!abandoned_ && !cut_) {
      if (!closed_) gone_ = std::move(gone);
      return;
    }
  }
  gone();
}

Stream::Taken Stream::take(std::size_t limit) {
  std::lock_guard lock(mutex_);
  Taken taken;
  std::size_t size = 0;
  while (!waiting_.empty() && (taken.pieces.empty() || size < limit)) {
    size += waiting_.front()->size();
    taken.pieces.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  waiting_bytes_ -= size;
  taken.finished = (closed_ || cut_) && waiting_.empty();
  taken.cut = cut_;
  awaited_ = taken.pieces.empty() && !taken.finished;
  return taken;
}

void Stream::on_news(std::function<void()> news) {
  std::lock_guard lock(mutex_);
  news_ = std::move(news);
}

void Stream::abandon() {
  std::function<void()> gone;
  std::function<void()> news;  // released outside the lock: it may hold the reader
  {
    std::lock_guard lock(mutex_);
    abandoned_ = !closed_ && !cut_;
    closed_ = true;
    waiting_.clear();
    waiting_bytes_ = 0;
    std::swap(news, news_);
    gone = std::exchange(gone_, nullptr);
  }
  if (gone) gone();
}

}  // namespace cove::http
