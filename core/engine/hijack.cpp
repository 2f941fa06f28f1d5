#include "core/engine/hijack.h"

#include <condition_variable>
#include <mutex>
#include <optional>

namespace cove::engine {
namespace {

constexpr std::size_t kMaxInput = 128 * 1024;
constexpr std::size_t kReadAtOnce = 32 * 1024;
constexpr std::size_t kMaxUnsent = 512 * 1024;

// What the tunnel's callbacks and the worker threads share. The callbacks hold it.
class Shared : public std::enable_shared_from_this<Shared> {
 public:
  Shared(std::unique_ptr<http::Tunnel> tunnel, std::stop_source gone)
      : tunnel_(std::move(tunnel)), gone_(std::move(gone)) {}

  // One read is always under way while there is room, so that a client that leaves is noticed.
  void pump() {
    {
      std::lock_guard lock(mutex_);
      if (reading_ || ended_ || closed_ || input_.size() >= kMaxInput) return;
      reading_ = true;
    }
    tunnel_->read(kReadAtOnce, [self = shared_from_this()](Result<std::string> piece) {
      self->took(std::move(piece));
    });
  }

  std::string read(std::size_t max) {
    std::string some;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !input_.empty() || ended_ || closed_; });
      if (closed_) return {};
      some = input_.substr(0, max);
      input_.erase(0, some.size());
    }
    pump();
    return some;
  }

  bool write(std::string_view bytes) {
    if (bytes.empty()) return !is_closed();
    {
      std::unique_lock lock(mutex_);
      changed_.wait(
          lock, [&] { return closed_ || unsent_ == 0 || unsent_ + bytes.size() <= kMaxUnsent; });
      if (closed_) return false;
      unsent_ += bytes.size();
      // With the lock held, so that the order of two writers is that of their bytes; the callback
      // never comes from inside the call.
      tunnel_->write(std::string(bytes),
                     [self = shared_from_this(), size = bytes.size()](const Result<void>& sent) {
                       self->sent(size, sent.has_value());
                     });
    }
    return true;
  }

  void finish() { tunnel_->finish(); }

  void flush() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return closed_ || unsent_ == 0; });
  }

  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
      changed_.notify_all();
    }
    gone_.request_stop();
    tunnel_->close();
  }

 private:
  bool is_closed() {
    std::lock_guard lock(mutex_);
    return closed_;
  }

  void took(Result<std::string> piece) {
    bool lost = false;
    {
      std::lock_guard lock(mutex_);
      reading_ = false;
      if (!piece) {
        lost = closed_ = true;
      } else if (piece->empty()) {
        ended_ = true;
      } else {
        input_ += *piece;
      }
      changed_.notify_all();
    }
    if (lost) {
      gone_.request_stop();
    } else {
      pump();
    }
  }

  void sent(std::size_t size, bool done) {
    {
      std::lock_guard lock(mutex_);
      unsent_ -= size;
      if (!done) closed_ = true;
      changed_.notify_all();
    }
    if (!done) gone_.request_stop();
  }

  const std::unique_ptr<http::Tunnel> tunnel_;
  std::stop_source gone_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string input_;
  std::size_t unsent_ = 0;
  bool reading_ = false;
  bool ended_ = false;
  bool closed_ = false;
};

class TunnelHijacked final : public Hijacked {
 public:
  TunnelHijacked(std::unique_ptr<http::Tunnel> tunnel, std::stop_source gone, std::stop_token stop)
      : shared_(std::make_shared<Shared>(std::move(tunnel), std::move(gone))),
        on_stop_(std::move(stop), Close{shared_}) {
    shared_->pump();
  }
  ~TunnelHijacked() override {
    shared_->flush();
    shared_->close();
  }

  std::string read(std::size_t max) override { return shared_->read(max); }
  bool write(std::string_view bytes) override { return shared_->write(bytes); }
  void finish() override { shared_->finish(); }
  void flush() override { shared_->flush(); }
  void close() override { shared_->close(); }

 private:
  struct Close {
    std::shared_ptr<Shared> shared;
    void operator()() const { shared->close(); }
  };

  std::shared_ptr<Shared> shared_;
  std::stop_callback<Close> on_stop_;
};

}  // namespace

std::unique_ptr<Hijacked> make_hijacked(std::unique_ptr<http::Tunnel> tunnel, std::stop_source gone,
                                        std::stop_token stop) {
  return std::make_unique<TunnelHijacked>(std::move(tunnel), std::move(gone), std::move(stop));
}

}  // namespace cove::engine
