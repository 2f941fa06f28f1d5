// BodyStream: a request's body as it arrives, from one connection to one blocking reader.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cove::http {

// Thread-safe. Holds at most `max_bytes` and one read of the socket: at the bound the connection
// stops reading until the reader has taken some, so the client waits.
class BodyStream {
 public:
  explicit BodyStream(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // The next bytes, at most `max`; "" at the body's end. Blocks. kUnavailable when the client left
  // or stalled before the end, kCancelled when `stop` is requested. One reader.
  Result<std::string> read(std::size_t max, std::stop_token stop = {});

  // The connection's side. `room` is called, without a lock held, when a full stream has room
  // again.
  void on_room(std::function<void()> room);
  void put(std::string_view bytes);
  bool full() const;
  void end();
  // What was put is still read; then the error comes. After end() it changes nothing.
  void fail(Error error);

 private:
  const std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::string waiting_;
  bool ended_ = false;
  std::optional<Error> error_;
  std::function<void()> room_;
};

}  // namespace cove::http
