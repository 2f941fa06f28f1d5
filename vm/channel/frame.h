// The wire form of vm/channel: frames that a reader can always find again.
//
//   C0 | stuffed( type:1 session:8 payload:0…1 MiB crc32:4 ) | C0        integers little-endian
//
// Stuffing is that of SLIP (RFC 1055): C0 becomes DB DC and DB becomes DB DD, so C0 stands only
// between frames. Whatever a dead peer left behind ends at the next C0 and fails its checksum; the
// frame after it is whole.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace cove::channel {

inline constexpr std::size_t kMaxPayload = 1 << 20;

enum class FrameType : std::uint8_t {
  // Control. Payloads are JSON documents; see message.h.
  kHello = 1,  // host: starts a session with this frame's session id
  kHelloReply = 2,
  kRequest = 3,
  kResponse = 4,
  // Published ports; requests and responses as above.
  kPortsAll = 5,  // guest: all that are to be open, as JSON
  // Shell. One command a session.
  kShellOpen = 16,      // host: a ShellRequest as JSON
  kShellOpened = 17,    // guest: the command runs
  kShellRefused = 18,   // guest: it does not; an Error as JSON
  kShellData = 19,      // stream:1 bytes
  kShellEnd = 20,       // stream:1; no more data follows
  kShellCredit = 21,    // stream:1 bytes:4; the reader has room for so many more
  kShellResize = 22,    // rows:2 columns:2
  kShellExit = 23,      // guest: code:4, after all data
  kShellUnwanted = 24,  // host: stream:1; nobody reads this output any more
  kShellBye = 25,       // host: kill the command
};

struct Frame {
  FrameType type{};
  std::uint64_t session = 0;
  std::string payload;
};

// The stuffed frame with both delimiters. `payload` is at most kMaxPayload.
std::string encode_frame(FrameType type, std::uint64_t session, std::string_view payload);

// IEEE 802.3.
std::uint32_t crc32(std::string_view bytes);

void put_u16(std::string& out, std::uint16_t value);
void put_u32(std::string& out, std::uint32_t value);
// Little-endian at `offset`; the caller has checked the length.
std::uint16_t get_u16(std::string_view bytes, std::size_t offset);
std::uint32_t get_u32(std::string_view bytes, std::size_t offset);

// Finds frames in a stream of untrusted bytes. Holds at most one frame's bytes; what is longer, cut
// or damaged is dropped and counted. Not thread-safe.
class FrameDecoder {
 public:
  void push(std::string_view bytes, const std::function<void(Frame)>& receive);
  // Forgets a frame that has begun.
  void reset();
  std::size_t dropped() const { return dropped_; }

 private:
  void append(std::string_view bytes);
  void finish(const std::function<void(Frame)>& receive);

  std::string body_;
  bool escaped_ = false;
  bool damaged_ = false;
  std::size_t dropped_ = 0;
};

}  // namespace cove::channel
