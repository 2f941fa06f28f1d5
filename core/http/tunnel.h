// Tunnel: what is left of a connection after a protocol upgrade (RFC 9110 section 7.8): bytes both
// ways.
#pragma once

#include <functional>
#include <string>

#include "core/base/result.h"

namespace cove::http {

// Thread-safe. Destroying it closes it. Callbacks run on the connection's thread, each once, and
// must not block; after close() the outstanding ones are called with kCancelled.
class Tunnel {
 public:
  using Read = std::function<void(Result<std::string>)>;
  using Written = std::function<void(Result<void>)>;

  virtual ~Tunnel() = default;

  // The next bytes, at most `max`; "" once the peer has said that it sends no more. One at a time:
  // a second one meanwhile fails with kConflict.
  virtual void read(std::size_t max, Read done) = 0;
  // Appends to what is to be sent; `done` when the operating system has taken it. Fails with
  // kResourceExhausted, sending nothing, while more than the tunnel's bound waits (1 MiB): write
  // again when earlier ones are done.
  virtual void write(std::string bytes, Written done) = 0;
  // Says after what was written that nothing follows; reading goes on.
  virtual void finish() = 0;
  // Drops what was not sent yet.
  virtual void close() = 0;
};

}  // namespace cove::http
