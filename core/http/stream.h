// Stream: a response body that is written piece by piece, from the one who makes the pieces to one
// connection.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

namespace cove::http {

// Thread-safe. At its bound the reader counts as too slow: the stream is cut and the connection
// (with HTTP/2 the one request) ends in a way that the client can tell from a whole answer, so that
// a client that does not read never costs more than `max_bytes`. Callbacks are called without a
// lock held, on the thread that causes them.
class Stream {
 public:
  using Piece = std::shared_ptr<const std::string>;

  explicit Stream(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // Shares the bytes: one piece can go to any number of streams. False once nobody reads any more
  // (closed, cut, or the reader has gone); an empty piece changes nothing.
  bool push(Piece piece);
  bool push(std::string piece);
  // The same, but waits while the reader has not taken what would be too much with it: for
  // producers that may block. False also when `stop` was requested meanwhile.
  bool push_wait(std::string piece, std::stop_token stop = {});
  // What was pushed is still sent.
  void close();
  // Calls `gone` once, when the reader leaves before the stream's end (the client went away, was
  // too slow, or the server stops): at once if it has left already. One producer.
  void on_abandon(std::function<void()> gone);

  struct Taken {
    std::vector<Piece> pieces;  // in order
    bool finished = false;      // nothing follows
    bool cut = false;           // pieces were lost: the answer must not end as if it were whole
  };
  // Whole pieces: at least one if any waits, and no more once `limit` bytes are reached.
  Taken take(std::size_t limit = SIZE_MAX);
  // Called when there is something to take after a take() that found nothing, or that left the end
  // unseen. One reader.
  void on_news(std::function<void()> news);
  // The reader has gone: pushes fail from now on.
  void abandon();

 private:
  std::function<void()> news_if_awaited();

  std::mutex mutex_;
  std::condition_variable_any room_;
  std::deque<Piece> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::size_t max_bytes_;
  bool closed_ = false;
  bool cut_ = false;
  bool abandoned_ = false;
  bool awaited_ = true;  // the reader is to be told of news
  std::function<void()> news_;
  std::function<void()> gone_;
};

}  // namespace cove::http
