// Frames of HTTP/2 by hand (RFC 9113, RFC 7541 without its tables), for servers that tests script.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/scripted_server.h"

namespace cove::test {

inline constexpr int kEndStream = 1, kEndHeaders = 4;
inline constexpr int kDataFrame = 0, kHeadersFrame = 1, kResetFrame = 3, kSettingsFrame = 4;

inline std::string http2_frame(int type, int flags, int stream, std::string_view payload) {
  std::string out;
  for (const int shift : {16, 8, 0}) out += static_cast<char>((payload.size() >> shift) & 0xff);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>((stream >> shift) & 0xff);
  return out.append(payload);
}

// Names and values are shorter than 127 bytes.
inline std::string http2_fields(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    out += '\0';
    out += static_cast<char>(name.size());
    out += name;
    out += static_cast<char>(value.size());
    out += value;
  }
  return out;
}

// Reads the preface and the first request; its body.
inline std::string read_http2_request(ScriptedPeer& peer) {
  peer.read_exactly(24);
  std::string body;
  while (true) {
    const std::string head = peer.read_exactly(9);
    if (head.size() < 9) return body;
    std::size_t size = 0;
    for (int i = 0; i < 3; ++i) size = size << 8 | static_cast<unsigned char>(head[i]);
    const std::string payload = peer.read_exactly(size);
    if (head[3] == kDataFrame) body += payload;
    const bool of_request = head[3] == kDataFrame || head[3] == kHeadersFrame;
    if (of_request && (head[4] & kEndStream) != 0) return body;
  }
}

// The answer to the first request: header, body, and trailers when there are some.
inline void answer_http2(ScriptedPeer& peer, const std::string& status, const std::string& body,
                         const std::vector<std::pair<std::string, std::string>>& trailers) {
  peer.send(http2_frame(kSettingsFrame, 0, 0, {}) +
            http2_frame(kHeadersFrame, kEndHeaders, 1, http2_fields({{":status", status}})) +
            http2_frame(kDataFrame, trailers.empty() ? kEndStream : 0, 1, body) +
            (trailers.empty() ? std::string()
                              : http2_frame(kHeadersFrame, kEndHeaders | kEndStream, 1,
                                            http2_fields(trailers))));
}

}  // namespace cove::test
