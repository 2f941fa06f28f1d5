#include "core/server/streaming/wire.h"

#include <chrono>
#include <utility>

namespace cove::server {
namespace {

constexpr std::size_t kPiece = 32 * 1024;
constexpr std::size_t kMaxUnsent = 256 * 1024;
constexpr std::chrono::seconds kDrainTime{10};

}  // namespace

void Wire::start(Receiver receiver) {
  receiver_ = std::make_shared<Receiver>(std::move(receiver));
  read();
}

void Wire::read() {
  tunnel_->read(kPiece, [self = shared_from_this()](Result<std::string> piece) {
    self->took(std::move(piece));
  });
}

void Wire::took(Result<std::string> piece) {
  if (!piece || piece->empty()) return end();
  std::shared_ptr<Receiver> receiver;
  {
    const std::lock_guard lock(mutex_);
    receiver = receiver_;
    resumed_ = false;
  }
  if (!receiver) return;
  const bool more = receiver->bytes(*piece);
  {
    const std::lock_guard lock(mutex_);
    paused_ = !more && !resumed_;
    if (paused_ && !closed_) return;
  }
  read();
}

void Wire::resume() {
  {
    const std::lock_guard lock(mutex_);
    resumed_ = true;
    if (!std::exchange(paused_, false)) return;
  }
  read();
}

// With the lock held, so that bytes leave in the order of the calls; the callback never comes from
// inside of the call.
void Wire::put(std::string bytes) {
  unsent_ += bytes.size();
  const std::size_t size = bytes.size();
  tunnel_->write(std::move(bytes), [self = shared_from_this(), size](const Result<void>& done) {
    self->sent(size, done.has_value());
  });
}

bool Wire::write(std::string bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return closed_ || unsent_ < kMaxUnsent; });
  if (closed_) return false;
  if (!bytes.empty()) put(std::move(bytes));
  return true;
}

void Wire::send(std::string bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || bytes.empty()) return;
    if (unsent_ < 2 * kMaxUnsent) return put(std::move(bytes));
  }
  close();
}

void Wire::sent(std::size_t size, bool done) {
  {
    const std::lock_guard lock(mutex_);
    unsent_ -= size;
    changed_.notify_all();
  }
  if (!done) close();
}

void Wire::drain_and_close() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kDrainTime, [&] { return closed_ || unsent_ == 0; });
  }
  close();
}

void Wire::await_end_and_close() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, kDrainTime, [&] { return closed_; });
  }
  close();
}

void Wire::close() {
  bool waiting = false;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) return;
    changed_.notify_all();
    waiting = std::exchange(paused_, false);
  }
  tunnel_->close();
  // The read that is under way is told of it; where there is none, this one is.
  if (waiting) read();
}

void Wire::end() {
  std::shared_ptr<Receiver> receiver;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
    std::swap(receiver, receiver_);
  }
  tunnel_->close();
  if (receiver) receiver->ended();
}

}  // namespace cove::server
