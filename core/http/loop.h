// Loop: one thread's share of the connections. Private to this room.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <ctime>
#include <string_view>

namespace cove::http {

// A connection lives on one loop from its beginning to its end, so nothing in it needs a lock.
// Posting is thread-safe; the rest belongs to the loop's thread. Whoever may post holds it by
// shared_ptr, so that a late answer finds it even when the server is gone.
class Loop {
 public:
  boost::asio::io_context& context() { return context_; }
  bool on_thread() { return context_.get_executor().running_in_this_thread(); }
  // This second as HTTP writes it (RFC 9110 section 5.6.7).
  std::string_view date();
  // Where connections read into; what is to be kept is copied before anything else is read.
  std::array<char, 64 * 1024>& scratch() { return scratch_; }

 private:
  boost::asio::io_context context_{1};
  std::time_t second_ = -1;
  std::array<char, 32> date_{};
  std::size_t date_size_ = 0;
  std::array<char, 64 * 1024> scratch_;
};

}  // namespace cove::http
