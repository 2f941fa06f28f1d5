#include "core/engine/websocket.h"

#include <mutex>

#include "core/http/websocket.h"

namespace cove::engine {
namespace {

class WebSocket final : public Hijacked, private http::WebSocketEvents {
 public:
  WebSocket(std::unique_ptr<Hijacked> raw, WebSocketMessage kind)
      : raw_(std::move(raw)), kind_(kind) {}

  std::string read(std::size_t max) override {
    while (input_.empty() && !over_) {
      const std::string bytes = raw_->read(max);
      if (bytes.empty()) {
        // Gone without a word: nobody else would notice.
        over_ = true;
        raw_->close();
        return {};
      }
      if (!reader_.put(bytes, *this)) leave(http::kWebSocketBroken);
    }
    return std::exchange(input_, {});
  }

  bool write(std::string_view bytes) override {
    if (bytes.empty()) return raw_->write({});
    return send(kind_ == WebSocketMessage::kText ? http::websocket_text(bytes)
                                                 : http::websocket_binary(bytes));
  }
  void finish() override {
    say_goodbye(http::kWebSocketNormal);
    raw_->finish();
  }
  void flush() override { raw_->flush(); }
  void close() override { raw_->close(); }
  bool wants_reader() const override { return true; }

 private:
  // Frames are no larger than what was read at once, so `input_` is not either.
  void message(std::string_view part, bool, bool) override { input_ += part; }
  void ping(std::string_view payload) override { send(http::websocket_pong(payload)); }
  void closed() override { leave(http::kWebSocketNormal); }

  bool send(const std::string& frame) {
    // Held while a slow client is waited for: nothing may follow the frame that closes.
    const std::lock_guard lock(mutex_);
    return !closing_ && raw_->write(frame);
  }
  void say_goodbye(std::uint16_t code) {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(closing_, true)) raw_->write(http::websocket_close(code));
  }
  void leave(std::uint16_t code) {
    over_ = true;
    say_goodbye(code);
    raw_->flush();
    raw_->close();
  }

  const std::unique_ptr<Hijacked> raw_;
  const WebSocketMessage kind_;
  // Of the thread that reads.
  http::WebSocketReader reader_;
  std::string input_;
  bool over_ = false;

  std::mutex mutex_;
  bool closing_ = false;
};

}  // namespace

std::unique_ptr<Hijacked> make_websocket(std::unique_ptr<Hijacked> raw, WebSocketMessage kind) {
  return std::make_unique<WebSocket>(std::move(raw), kind);
}

}  // namespace cove::engine
