// RequestParser: HTTP/1.1 requests out of bytes (RFC 9112). Private to this room.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/http/server.h"

namespace cove::http {

// Reads one request at a time. Stricter than the specification where leniency lets two servers
// disagree about where a request ends: both Content-Length and Transfer-Encoding, any coding but
// chunked, several Host fields and bare line feeds are refused.
class RequestParser {
 public:
  struct Refusal {
    int status = 400;
    std::string message;
  };
  struct Outcome {
    std::size_t consumed = 0;
    std::optional<Refusal> refusal;  // the connection cannot go on
  };

  explicit RequestParser(const Limits& limits);
  ~RequestParser();

  // Begins the next request.
  void reset();
  // What is not consumed is to be given again with more behind it; nothing is consumed after
  // done().
  Outcome put(std::string_view bytes);
  bool header_done() const;
  bool done() const;
  // After header_done().
  bool keeps_alive() const;
  bool is_http10() const;
  bool expects_continue() const;
  // After done(): the request without what the connection knows.
  std::shared_ptr<Request> take();

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::http
