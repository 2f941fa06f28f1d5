// Frames of SPDY/3.1 (the Chromium projects' "SPDY Protocol - Draft 3.1") as far as Kubernetes'
// clients speak it. Private to this room.
//
// There is no flow control by windows: those clients neither send WINDOW_UPDATE nor wait for it, so
// waiting for theirs would be for ever. TCP's own does it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cove::server {

using SpdyHeaders = std::vector<std::pair<std::string, std::string>>;  // names in lower case

class SpdyEvents {
 public:
  virtual ~SpdyEvents() = default;
  // `last`: the client sends nothing on it.
  virtual void opened(std::uint32_t stream, const SpdyHeaders& headers, bool last) = 0;
  virtual void data(std::uint32_t stream, std::string_view part, bool last) = 0;
  virtual void reset(std::uint32_t stream) = 0;
  virtual void ping(std::uint32_t id) = 0;
  virtual void going_away() = 0;
};

// Keeps at most one control frame of 64 KiB, and 64 KiB of its headers.
class SpdyReader {
 public:
  SpdyReader();
  ~SpdyReader();
  // False when the peer breaks the protocol; nothing is understood from then on.
  bool put(std::string_view bytes, SpdyEvents& events);

 private:
  bool begin();
  bool finish_control(SpdyEvents& events);
  bool open_stream(SpdyEvents& events);

  class Inflater;
  std::unique_ptr<Inflater> inflater_;
  std::string head_;
  std::string control_;
  bool in_frame_ = false;
  bool is_control_ = false;
  bool broken_ = false;
  std::uint16_t type_ = 0;
  std::uint8_t flags_ = 0;
  std::uint32_t stream_ = 0;
  std::uint32_t left_ = 0;
};

// The frames with headers share one compressed stream: their order is that of the calls.
class SpdyReplies {
 public:
  SpdyReplies();
  ~SpdyReplies();
  // SYN_REPLY without headers.
  std::string reply(std::uint32_t stream);

 private:
  class Deflater;
  std::unique_ptr<Deflater> deflater_;
};

std::string spdy_data(std::uint32_t stream, std::string_view bytes, bool last);
enum class SpdyReset : std::uint32_t { kProtocolError = 1, kRefused = 3, kCancel = 5 };
std::string spdy_reset(std::uint32_t stream, SpdyReset why);
// A server's own have even numbers. Go's clients (spdystream) may look at what follows a reply
// before the reply, and lose it then: nothing is sent on a stream until a ping after its reply came
// back.
std::string spdy_ping(std::uint32_t id);

// What both sides' compressors begin with (section 2.6.10.1).
const std::string& spdy_dictionary();

}  // namespace cove::server
