// Messages of the channel protocols: the first byte of a WebSocket message is the channel, the rest
// its bytes; or a digit and base 64. Private to this room.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/http/websocket.h"
#include "core/server/streaming/wire.h"

namespace cove::server {

using http::kWebSocketBroken;
using http::kWebSocketNormal;
using http::websocket_binary;
using http::websocket_close;
using http::websocket_pong;
using http::websocket_text;
using http::WebSocketEvents;
using http::WebSocketReader;

enum class WebSocketCoding { kBinary, kBase64 };

class WebSocketMessages final : private WebSocketEvents {
 public:
  using Deliver = std::function<void(int channel, std::string_view bytes)>;

  WebSocketMessages(std::shared_ptr<Wire> wire, WebSocketCoding coding)
      : wire_(std::move(wire)), base64_(coding == WebSocketCoding::kBase64) {}

  // What has come, a message in as many parts as it came in. Answers pings; closes the wire when
  // the client does or breaks the protocol. On the connection's thread.
  void take(std::string_view bytes, const Deliver& deliver);
  // Thread-safe.
  std::string encode(int channel, std::string_view bytes) const;

 private:
  void message(std::string_view part, bool first, bool last) override;
  void ping(std::string_view payload) override;
  void closed() override;

  const std::shared_ptr<Wire> wire_;
  const bool base64_;
  WebSocketReader reader_;
  const Deliver* deliver_ = nullptr;
  int channel_ = -1;
  std::string digits_;
};

}  // namespace cove::server
