// Standard output and error on one connection (Docker Engine API, "Stream format" of attach).
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "core/runtime/runtime.h"

namespace cove::engine {

// The eight bytes before a piece of `size` bytes.
inline std::string frame_header(runtime::Streams::Channel channel, std::size_t size) {
  const auto byte = [&](int shift) { return static_cast<char>((size >> shift) & 0xff); };
  const char stream = channel == runtime::Streams::Channel::kOut ? 1 : 2;
  return {stream, 0, 0, 0, byte(24), byte(16), byte(8), byte(0)};
}

inline std::string frame(runtime::Streams::Channel channel, std::string_view bytes) {
  std::string framed = frame_header(channel, bytes.size());
  framed += bytes;
  return framed;
}

inline constexpr const char* kRawStream = "application/vnd.docker.raw-stream";
inline constexpr const char* kMultiplexedStream = "application/vnd.docker.multiplexed-stream";
inline const char* stream_type(bool terminal, unsigned api) {
  return terminal || api < 42 ? kRawStream : kMultiplexedStream;
}

}  // namespace cove::engine
