// Stream: a response body that is written piece by piece, from the one who makes the pieces to one
// connection.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

namespace cove::server {

// Thread-safe. At its bound the reader counts as too slow: the stream is cut and the connection
// closed, so that a client that does not read never costs more than `max_bytes`.
class Stream {
 public:
  explicit Stream(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // False once nobody reads any more (closed, cut, or the peer has gone).
  bool push(std::string piece);
  // What was pushed is still sent.
  void close();

  struct Taken {
    std::string bytes;      // everything that waits, in order
    bool finished = false;  // nothing follows
    bool cut = false;       // pieces were lost: the connection must not end as if it were whole
  };
  Taken take();
  // Called, from any thread, whenever take() has news. One reader.
  void on_news(std::function<void()> news);
  // The reader has gone: pushes fail from now on.
  void abandon();

 private:
  std::mutex mutex_;
  std::string waiting_;
  std::size_t max_bytes_;
  bool closed_ = false;
  bool cut_ = false;
  std::function<void()> news_;
};

}  // namespace cove::server
