#include "core/server/streaming/websocket_messages.h"

#include "core/base/base64.h"

namespace cove::server {

void WebSocketMessages::take(std::string_view bytes, const Deliver& deliver) {
  deliver_ = &deliver;
  const bool fine = reader_.put(bytes, *this);
  deliver_ = nullptr;
  if (fine) return;
  wire_->send(websocket_close(kWebSocketBroken));
  wire_->close();
}

std::string WebSocketMessages::encode(int channel, std::string_view bytes) const {
  if (base64_) return websocket_text(std::to_string(channel) + base64_encode(bytes));
  return websocket_binary(std::string(1, static_cast<char>(channel)).append(bytes));
}

void WebSocketMessages::message(std::string_view part, bool first, bool last) {
  if (first) {
    channel_ = -1;
    digits_.clear();
  }
  if (channel_ < 0 && !part.empty()) {
    const auto byte = static_cast<unsigned char>(part.front());
    channel_ = base64_ ? byte - '0' : byte;
    part.remove_prefix(1);
  }
  if (channel_ < 0) return;
  if (!base64_) {
    if (!part.empty()) (*deliver_)(channel_, part);
    return;
  }
  // Digits by fours; the rest waits for more of the message.
  digits_.append(part);
  const std::size_t whole = last ? digits_.size() : digits_.size() / 4 * 4;
  const auto decoded = base64_decode_lenient(std::string_view(digits_).substr(0, whole));
  digits_.erase(0, whole);
  if (!decoded) return wire_->close();
  if (!decoded->empty()) (*deliver_)(channel_, *decoded);
}

void WebSocketMessages::ping(std::string_view payload) {
  wire_->send(websocket_pong(payload));
}

void WebSocketMessages::closed() {
  wire_->send(websocket_close(kWebSocketNormal));
  wire_->close();
}

}  // namespace cove::server
