// Loop: one thread's share of the connections. Private to this room.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <ctime>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "core/http/handler.h"

namespace cove::http {

class Connection;

// A connection lives on one loop from its beginning to its end, so nothing in it needs a lock.
// Posting is thread-safe; the rest belongs to the loop's thread. Whoever may post holds it by
// shared_ptr, so that a late answer finds it even when the server is gone.
class Loop {
 public:
  Loop();

  boost::asio::io_context& context() { return context_; }
  bool on_thread() { return context_.get_executor().running_in_this_thread(); }
  // Thread-safe: has the connection told, while it lives, that there is news for a ticket. What
  // many are told at once costs one posting. Holds no more than one entry for each caller that was
  // not answered by Session::news() yet.
  void tell(std::weak_ptr<Connection> connection, std::uint64_t ticket);
  // Thread-safe: gives the connection its answer, in order with what it is told.
  void give(std::weak_ptr<Connection> connection, std::uint64_t ticket, Answer answer);
  // This second as HTTP writes it (RFC 9110 section 5.6.7).
  std::string_view date();
  // The connection whose turn it is: no other one of this loop may be driven meanwhile.
  const Connection* driven() const { return driven_; }
  void set_driven(const Connection* connection) { driven_ = connection; }
  // Where connections read into; what is to be kept is copied before anything else is read.
  std::array<char, 64 * 1024>& scratch() { return scratch_; }

 private:
  struct News {
    std::weak_ptr<Connection> connection;
    std::uint64_t ticket;
    std::optional<Answer> answer;
  };

  void put(News news);
  void await_bell();
  void deliver();
  static void deliver(News& news);

  std::mutex mutex_;
  std::vector<News> news_;  // not empty: deliver() is on its way
  boost::asio::io_context context_{1};
  // Rung by other threads. Posting to the context wakes the loop while a lock is held that the loop
  // takes first of all, so that it would fall asleep again.
  boost::asio::posix::stream_descriptor bell_;
  const Connection* driven_ = nullptr;
  std::time_t second_ = -1;
  std::array<char, 32> date_{};
  std::size_t date_size_ = 0;
  std::array<char, 64 * 1024> scratch_;
};

}  // namespace cove::http
