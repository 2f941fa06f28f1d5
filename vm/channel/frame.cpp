#include "vm/channel/frame.h"

#include <array>

namespace cove::channel {
namespace {

constexpr char kEnd = static_cast<char>(0xC0);
constexpr char kEscape = static_cast<char>(0xDB);
constexpr char kEscapedEnd = static_cast<char>(0xDC);
constexpr char kEscapedEscape = static_cast<char>(0xDD);
constexpr std::size_t kHeader = 1 + 8;
constexpr std::size_t kChecksum = 4;
constexpr std::size_t kMaxBody = kHeader + kMaxPayload + kChecksum;

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value & 1) != 0 ? 0xEDB88320U ^ (value >> 1) : value >> 1;
    table[i] = value;
  }
  return table;
}
constexpr auto kTable = make_table();

std::uint32_t update(std::uint32_t crc, std::string_view bytes) {
  for (const char c : bytes)
    crc = kTable[(crc ^ static_cast<unsigned char>(c)) & 0xFF] ^ (crc >> 8);
  return crc;
}

// The length of the run at the start of `bytes` that needs no stuffing.
std::size_t plain_run(std::string_view bytes) {
  std::size_t n = 0;
  while (n < bytes.size() && bytes[n] != kEnd && bytes[n] != kEscape) ++n;
  return n;
}

void stuff(std::string& out, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t run = plain_run(bytes);
    out.append(bytes.substr(0, run));
    bytes.remove_prefix(run);
    if (bytes.empty()) return;
    out += kEscape;
    out += bytes.front() == kEnd ? kEscapedEnd : kEscapedEscape;
    bytes.remove_prefix(1);
  }
}

bool known(std::uint8_t type) {
  return (type >= static_cast<std::uint8_t>(FrameType::kHello) &&
          type <= static_cast<std::uint8_t>(FrameType::kPortsAll)) ||
         (type >= static_cast<std::uint8_t>(FrameType::kShellOpen) &&
          type <= static_cast<std::uint8_t>(FrameType::kShellBye));
}

}  // namespace

std::uint32_t crc32(std::string_view bytes) {
  return ~update(0xFFFFFFFFU, bytes);
}

void put_u16(std::string& out, std::uint16_t value) {
  out += static_cast<char>(value & 0xFF);
  out += static_cast<char>(value >> 8);
}

void put_u32(std::string& out, std::uint32_t value) {
  put_u16(out, static_cast<std::uint16_t>(value & 0xFFFF));
  put_u16(out, static_cast<std::uint16_t>(value >> 16));
}

std::uint16_t get_u16(std::string_view bytes, std::size_t offset) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[offset]) |
                                    (static_cast<unsigned char>(bytes[offset + 1]) << 8));
}

std::uint32_t get_u32(std::string_view bytes, std::size_t offset) {
  return get_u16(bytes, offset) | (static_cast<std::uint32_t>(get_u16(bytes, offset + 2)) << 16);
}

std::string encode_frame(FrameType type, std::uint64_t session, std::string_view payload) {
  std::string header(1, static_cast<char>(type));
  put_u32(header, static_cast<std::uint32_t>(session & 0xFFFFFFFFU));
  put_u32(header, static_cast<std::uint32_t>(session >> 32));
  std::string checksum;
  put_u32(checksum, ~update(update(0xFFFFFFFFU, header), payload));
  std::string out;
  out.reserve(payload.size() + payload.size() / 64 + 32);
  out += kEnd;
  stuff(out, header);
  stuff(out, payload);
  stuff(out, checksum);
  out += kEnd;
  return out;
}

void FrameDecoder::reset() {
  body_.clear();
  escaped_ = false;
  damaged_ = false;
}

void FrameDecoder::append(std::string_view bytes) {
  if (damaged_) return;
  if (body_.size() + bytes.size() > kMaxBody) {
    damaged_ = true;
    body_ = std::string();
    return;
  }
  body_.append(bytes);
}

void FrameDecoder::finish(const std::function<void(Frame)>& receive) {
  const bool nothing = body_.empty() && !damaged_ && !escaped_;
  bool whole = !damaged_ && !escaped_ && body_.size() >= kHeader + kChecksum;
  const std::string_view body = body_;
  if (whole) {
    const std::size_t end = body.size() - kChecksum;
    whole = crc32(body.substr(0, end)) == get_u32(body, end) &&
            known(static_cast<std::uint8_t>(body[0]));
  }
  if (!whole) {
    if (!nothing) ++dropped_;
    reset();
    return;
  }
  Frame frame;
  frame.type = static_cast<FrameType>(body[0]);
  frame.session = get_u32(body, 1) | (static_cast<std::uint64_t>(get_u32(body, 5)) << 32);
  frame.payload = body.substr(kHeader, body.size() - kHeader - kChecksum);
  reset();
  receive(std::move(frame));
}

void FrameDecoder::push(std::string_view bytes, const std::function<void(Frame)>& receive) {
  while (!bytes.empty()) {
    if (escaped_ && bytes.front() != kEnd) {
      escaped_ = false;
      const char c = bytes.front();
      if (c == kEscapedEnd || c == kEscapedEscape) {
        append(std::string_view(c == kEscapedEnd ? &kEnd : &kEscape, 1));
      } else {
        damaged_ = true;
      }
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t run = plain_run(bytes);
    append(bytes.substr(0, run));
    bytes.remove_prefix(run);
    if (bytes.empty()) return;
    if (bytes.front() == kEscape) {
      escaped_ = true;
    } else {
      finish(receive);
    }
    bytes.remove_prefix(1);
  }
}

}  // namespace cove::channel
