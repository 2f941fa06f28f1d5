// Loop: one thread's share of the connections. Private to this room.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <ctime>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace cove::http {

class Connection;

// A connection lives on one loop from its beginning to its end, so nothing in it needs a lock.
// Posting is thread-safe; the rest belongs to the loop's thread. Whoever may post holds it by
// shared_ptr, so that a late answer finds it even when the server is gone.
class Loop {
 public:
  boost::asio::io_context& context() { return context_; }
  bool on_thread() { return context_.get_executor().running_in_this_thread(); }
  // Thread-safe: has the connection told, while it lives, that there is news for a ticket. What
  // many are told at once costs one posting. Holds no more than one entry for each caller that was
  // not answered by Session::news() yet.
  void tell(std::weak_ptr<Connection> connection, std::uint64_t ticket);
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
  };

  void deliver();

  std::mutex mutex_;
  std::vector<News> news_;  // not empty: deliver() is posted
  boost::asio::io_context context_{1};
  const Connection* driven_ = nullptr;
  std::time_t second_ = -1;
  std::array<char, 32> date_{};
  std::size_t date_size_ = 0;
  std::array<char, 64 * 1024> scratch_;
};

}  // namespace cove::http
