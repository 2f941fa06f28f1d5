// RequestParser: HTTP/1.1 requests out of bytes (RFC 9112). Private to this room.
#pragma once

#include <functional>
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

  // Whether a request's body is to go into a stream, asked once its header is known.
  using Streams = std::function<bool(const Request& head)>;

  RequestParser(const Limits& limits, Streams streams);
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
  // After done(), or after header_done() when the body goes into a stream: the request without what
  // the connection knows.
  std::shared_ptr<Request> take();
  // Where the body goes, if into a stream; also after take().
  const std::shared_ptr<BodyStream>& body_stream() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::http
