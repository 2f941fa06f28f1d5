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
    if (waiting_bytes_ + piece->size() > max_bytes_) {
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

bool Stream::push_wait(std::string piece, std::stop_token stop) {
  std::function<void()> news;
  {
    std::unique_lock lock(mutex_);
    const bool may = room_.wait(lock, stop, [&] {
      return closed_ || cut_ || waiting_bytes_ == 0 || piece.size() + waiting_bytes_ <= max_bytes_;
    });
    if (!may || closed_ || cut_) return false;
    if (piece.empty()) return true;
    waiting_bytes_ += piece.size();
    waiting_.push_back(std::make_shared<const std::string>(std::move(piece)));
    news = news_if_awaited();
  }
  if (news) news();
  return true;
}

void Stream::close() {
  std::function<void()> news;
  std::function<void()> gone;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    room_.notify_all();
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
  if (size > 0) room_.notify_all();
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
    room_.notify_all();
    std::swap(news, news_);
    gone = std::exchange(gone_, nullptr);
  }
  if (gone) gone();
}

}  // namespace cove::http
