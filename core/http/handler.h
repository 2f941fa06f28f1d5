// Answer and Handler: what those who serve requests implement.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/http/joined_body.h"
#include "core/http/request.h"
#include "core/http/stream.h"
#include "core/http/tunnel.h"

namespace cove::http {

struct Answer {
  int status = 200;
  std::string content_type = "application/json";  // none is sent when empty
  // Besides Content-Type, Content-Length, Date, Transfer-Encoding and Connection, which the
  // transport sets. One whose name or value could end the line is left out.
  std::vector<std::pair<std::string, std::string>> headers;
  std::shared_ptr<const std::string> body;   // whole, or
  std::shared_ptr<const JoinedBody> joined;  // whole too, in parts, or
  std::shared_ptr<Stream> stream;            // piece by piece
  std::chrono::seconds stream_lifetime{0};   // the stream is ended after this
  // A whole body of 128 KiB or more may be sent with gzip to a client that accepts it.
  bool compressible = false;
  // HTTP/1.1 only: after this answer's header (status 101, or 200 as Docker's hijack has it; with
  // the Upgrade header among `headers`) the connection is the tunnel's. Called on the connection's
  // thread. Over HTTP/2 the request ends with HTTP_1_1_REQUIRED instead.
  std::function<void(std::unique_ptr<Tunnel>)> upgrade;
};

// Of a whole body; 0 when there is none.
std::size_t body_size(const Answer& answer);
// In one piece; null when there is none.
std::shared_ptr<const std::string> whole_body(const Answer& answer);

// Decides what to answer. Called from several threads at once; must not block for long, since other
// connections wait on the same thread.
class Handler {
 public:
  using Respond = std::function<void(Answer)>;

  virtual ~Handler() = default;
  // Calls `respond` once, now or later, from any thread; also when the server has been stopped or
  // destroyed meanwhile (the answer is dropped then). A `respond` destroyed without a call answers
  // 500. Whether anybody still waits is said by `request->departure`.
  virtual void handle(std::shared_ptr<const Request> request, Respond respond) = 0;
  // Whether the body of a request with this header is handed over as it arrives, unbounded, in
  // `body_stream`, and handle() is called without waiting for its end. HTTP/1.1 only: over HTTP/2
  // bodies are whole. Called on the connection's thread.
  virtual bool streams_body(const Request& head) const;
  // The answer to a request that the transport refuses by itself: 400, 408, 413, 414, 431, 500,
  // 501.
  virtual Answer refuse(int status, std::string_view message) const;
};

}  // namespace cove::http
