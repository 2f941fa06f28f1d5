// The WebSocket protocol as a server speaks it (RFC 6455): the handshake and frames.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/http/request.h"

namespace cove::http {

inline constexpr std::uint16_t kWebSocketNormal = 1000;
inline constexpr std::uint16_t kWebSocketBroken = 1002;

class WebSocketEvents {
 public:
  virtual ~WebSocketEvents() = default;
  // A part of a text or binary message, however it was cut into frames. Empty messages have one
  // empty part.
  virtual void message(std::string_view part, bool first, bool last) = 0;
  virtual void ping(std::string_view payload) = 0;
  virtual void closed() = 0;
};

// Keeps at most a frame's header and a control frame's 125 bytes.
class WebSocketReader {
 public:
  // False when the peer breaks the protocol; nothing is understood from then on.
  bool put(std::string_view bytes, WebSocketEvents& events);

 private:
  bool header(std::string_view& bytes);
  bool begin();
  bool payload(std::string_view& bytes, WebSocketEvents& events);
  bool control(WebSocketEvents& events) const;

  std::string head_;
  std::string control_;
  std::string unmasked_;
  bool in_frame_ = false;
  bool in_message_ = false;
  bool first_ = false;
  bool final_ = false;
  bool broken_ = false;
  unsigned char opcode_ = 0;
  unsigned char mask_[4] = {};
  std::uint64_t left_ = 0;
  std::uint64_t at_ = 0;
};

std::string websocket_binary(std::string_view payload);
std::string websocket_text(std::string_view payload);
std::string websocket_pong(std::string_view payload);
std::string websocket_close(std::uint16_t code);

// Sec-WebSocket-Accept for a Sec-WebSocket-Key; nothing when that is no base 64 of 16 bytes.
std::optional<std::string> websocket_accept(std::string_view key);
// The same for a request that asks for a WebSocket (section 4.2.1); kInvalidArgument when it asks
// for another version, or its key is none.
Result<std::string> accept_websocket(const Request& request);

}  // namespace cove::http
