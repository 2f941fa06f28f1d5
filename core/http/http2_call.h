// One request over HTTP/2 without TLS, to a server that is known to speak it (RFC 9113
// section 3.3): what gRPC's calls travel by.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace cove::http {

struct Http2Call {
  std::string host;
  std::uint16_t port = 0;
  std::string method = "POST";
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers = {};  // names in lower case
  std::string body = {};
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds answer{10'000};  // from the connection to the answer's end
  std::size_t max_bytes = 64 * 1024;         // of the answer's body
};
struct Http2Answer {
  int status = 0;
  std::map<std::string, std::string> headers, trailers;
  std::string body;
};
// Blocks. On a connection of its own, which ends with the answer. kUnavailable, also when the
// server ended the request without an answer; kTimeout, with the action "connect to" before there
// is a connection; kCancelled; kCorrupt when it is not HTTP/2; kResourceExhausted when it is too
// much.
Result<Http2Answer> call_http2(const Http2Call& call, std::stop_token stop = {});

}  // namespace cove::http
