// Answers and watch events out of bytes, for those who write transports.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/client/transport.h"

namespace cove::client {

// What a transport makes of an answer's header and whole body. Names of `headers` in lower case.
// An answer that is not 2xx, and one that says it is JSON and is not, is an error.
ApiResult<ApiResponse> decode_response(int status, const Pairs& headers, std::string body);

// A server's object as a response or an event carries it: `document` is not copied.
api::ObjectPtr make_object(boost::json::object document);

// One line of a watch: an event, or the Status of an ERROR event, or what is wrong with the line.
ApiResult<WatchEvent> decode_event(std::string_view line);

// Cuts a stream into lines. A line longer than the bound is an error and the end.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t max_line) : max_line_(max_line) {}
  // Whole lines that `bytes` complete, without their ends and without empty ones.
  ApiResult<std::vector<std::string>> put(std::string_view bytes);
  // Whether a line has begun and not ended.
  bool partial() const { return !rest_.empty(); }

 private:
  std::size_t max_line_;
  std::string rest_;
};

// The longest event and the longest answer that are read.
inline constexpr std::size_t kMaxEventBytes = 8 << 20;
inline constexpr std::size_t kMaxAnswerBytes = 64 << 20;

// "/path?a=b": the query percent-encoded (RFC 3986). kInvalidArgument when the path could end the
// request's line or does not start with '/'.
ApiResult<std::string> target_of(const ApiRequest& request);
// One segment of a path, percent-encoded.
std::string encode_segment(std::string_view text);

}  // namespace cove::client
