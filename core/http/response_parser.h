// ResponseParser: HTTP/1.1 responses out of bytes (RFC 9112). Private to this room.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace cove::http {

struct ResponseBounds {
  std::uint32_t header_bytes = 64 * 1024;
  std::size_t header_fields = 200;
};

// What a response says before its body.
struct ResponseHead {
  int status = 0;
  std::string reason;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, in order
  std::optional<std::uint64_t> content_length;  // nothing: chunked, or up to the connection's end
  bool keeps_alive = false;
  bool ends_with_connection = false;
};

// Reads one response, final or interim. A length that is said twice or in two ways is refused, as
// is any coding of the transfer but chunked.
class ResponseParser {
 public:
  // `no_body`: the answer to HEAD, or a proxy's to CONNECT.
  ResponseParser(const ResponseBounds& bounds, bool no_body);
  ~ResponseParser();

  // Returns how many bytes were used; what is left is to be given again with more behind it.
  // Nothing is used after done(). Pieces of the body are appended to `body`. Errors are kCorrupt
  // and kResourceExhausted, with a cause only.
  Result<std::size_t> put(std::string_view bytes, std::string& body);
  // The connection ended. kUnavailable when that is too early.
  Result<void> put_end();
  bool header_done() const;
  bool done() const;
  // After header_done().
  const ResponseHead& head() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::http
