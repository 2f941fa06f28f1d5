#include "core/http/websocket.h"

#include <openssl/sha.h>

#include <algorithm>
#include <utility>

#include "core/base/base64.h"

namespace cove::http {
namespace {

constexpr unsigned char kContinuation = 0x0;
constexpr unsigned char kText = 0x1;
constexpr unsigned char kBinary = 0x2;
constexpr unsigned char kClose = 0x8;
constexpr unsigned char kPing = 0x9;
constexpr unsigned char kPong = 0xA;
constexpr std::size_t kMostControl = 125;
constexpr std::string_view kMagic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

unsigned char byte(char c) {
  return static_cast<unsigned char>(c);
}

std::string frame(unsigned char opcode, std::string_view payload) {
  std::string out;
  out.reserve(payload.size() + 10);
  out.push_back(static_cast<char>(0x80 | opcode));
  if (payload.size() <= kMostControl) {
    out.push_back(static_cast<char>(payload.size()));
  } else {
    const int bytes = payload.size() <= 0xffff ? 2 : 8;
    out.push_back(static_cast<char>(bytes == 2 ? 126 : 127));
    for (int i = bytes - 1; i >= 0; --i)
      out.push_back(static_cast<char>(payload.size() >> (8 * i)));
  }
  return out.append(payload);
}

}  // namespace

bool WebSocketReader::put(std::string_view bytes, WebSocketEvents& events) {
  while (!broken_) {
    if (!in_frame_) {
      if (!header(bytes)) return !broken_;
      if (!begin()) break;
    }
    if (!payload(bytes, events)) break;
    if (in_frame_ || (bytes.empty() && head_.empty())) return true;
  }
  broken_ = true;
  return false;
}

// True once a whole header is there.
bool WebSocketReader::header(std::string_view& bytes) {
  while (true) {
    std::size_t need = 2;
    if (head_.size() >= 2) {
      const unsigned char length = byte(head_[1]) & 0x7f;
      if ((byte(head_[1]) & 0x80) == 0) {
        broken_ = true;  // a client masks what it sends
        return false;
      }
      need = 6u + (length == 126 ? 2u : length == 127 ? 8u : 0u);
      if (head_.size() == need) return true;
    }
    if (bytes.empty()) return false;
    const std::size_t some = std::min(bytes.size(), need - head_.size());
    head_.append(bytes.substr(0, some));
    bytes.remove_prefix(some);
  }
}

bool WebSocketReader::begin() {
  const unsigned char first = byte(head_[0]);
  const std::size_t mask = head_.size() - 4;
  left_ = byte(head_[1]) & 0x7f;
  if (mask > 2) {
    left_ = 0;
    for (std::size_t i = 2; i < mask; ++i) left_ = left_ << 8 | byte(head_[i]);
  }
  for (std::size_t i = 0; i < 4; ++i) mask_[i] = byte(head_[mask + i]);
  head_.clear();
  at_ = 0;
  opcode_ = first & 0x0f;
  final_ = (first & 0x80) != 0;
  in_frame_ = true;
  if ((first & 0x70) != 0 || left_ >> 63 != 0) return false;  // no extension was agreed on
  switch (opcode_) {
    case kContinuation: first_ = false; return in_message_;
    case kText:
    case kBinary: first_ = true; return !std::exchange(in_message_, true);
    case kClose:
    case kPing:
    case kPong: control_.clear(); return final_ && left_ <= kMostControl;
    default: return false;
  }
}

bool WebSocketReader::payload(std::string_view& bytes, WebSocketEvents& events) {
  const auto some = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  unmasked_.resize(some);
  for (std::size_t i = 0; i < some; ++i)
    unmasked_[i] = static_cast<char>(byte(bytes[i]) ^ mask_[(at_ + i) % 4]);
  at_ += some;
  left_ -= some;
  bytes.remove_prefix(some);
  in_frame_ = left_ > 0;
  if (opcode_ >= kClose) {
    control_ += unmasked_;
    return in_frame_ || control(events);
  }
  const bool last = !in_frame_ && final_;
  if (some > 0 || last || (first_ && !in_frame_)) {
    events.message(unmasked_, first_, last);
    first_ = false;
  }
  if (last) in_message_ = false;
  return true;
}

bool WebSocketReader::control(WebSocketEvents& events) const {
  if (opcode_ == kPing) events.ping(control_);
  if (opcode_ != kClose) return true;
  events.closed();
  return control_.size() != 1;
}

std::string websocket_binary(std::string_view payload) {
  return frame(kBinary, payload);
}

std::string websocket_text(std::string_view payload) {
  return frame(kText, payload);
}

std::string websocket_pong(std::string_view payload) {
  return frame(kPong, payload);
}

std::string websocket_close(std::uint16_t code) {
  return frame(kClose, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)});
}

std::optional<std::string> websocket_accept(std::string_view key) {
  const auto decoded = base64_decode(key);
  if (!decoded || decoded->size() != 16) return std::nullopt;
  const std::string text = std::string(key).append(kMagic);
  unsigned char digest[SHA_DIGEST_LENGTH];
  ::SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return base64_encode({reinterpret_cast<const char*>(digest), sizeof digest});
}

Result<std::string> accept_websocket(const Request& request) {
  const auto refuse = [](std::string cause) {
    return Error{ErrorCode::kInvalidArgument, "open", "a WebSocket", std::move(cause), {}};
  };
  if (request.header("sec-websocket-version") != "13")
    return refuse("the only version of WebSocket understood is 13");
  auto accept = websocket_accept(request.header("sec-websocket-key"));
  if (!accept) return refuse("Sec-WebSocket-Key is not valid");
  return std::move(*accept);
}

}  // namespace cove::http
