// One client's connection, from the handshake to its end. Private to this room.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "core/base/fd.h"
#include "core/http/loop.h"
#include "core/http/session.h"
#include "core/http/transport.h"

namespace cove::http {

struct ServerContext {
  Handler* handler;
  Logger* logger;
  Limits limits;
  std::shared_ptr<boost::asio::thread_pool>
      pool;  // for what would keep a loop from its connections
};

// Lives on its loop's thread; finish() and the functions given out may be called from any.
class Connection final : public std::enable_shared_from_this<Connection>, private Link {
 public:
  using Ended = std::function<void(Connection*)>;

  // `ended` is called once, when nothing of the connection runs any more.
  Connection(std::shared_ptr<Loop> loop, Fd socket, std::unique_ptr<Transport> transport,
             Origin origin, const ServerContext& context, Ended ended);
  ~Connection() override;

  void start();
  // Thread-safe: ends now if idle, else after the requests at hand; streams are ended.
  void finish();
  // Ends at once.
  void abort();

  // For those who reached this thread by posting to the loop.
  void answered(std::uint64_t ticket, Answer answer);
  void drive();
  Session* session() { return session_.get(); }
  const std::shared_ptr<Loop>& loop() const { return loop_; }

 private:
  enum class Stage { kHandshake, kServing, kClosing, kEnded };

  const Limits& limits() const override { return context_.limits; }
  const Origin& origin() const override { return origin_; }
  SteadyTime now() const override { return std::chrono::steady_clock::now(); }
  std::string_view date() override { return loop_->date(); }
  void ask(std::uint64_t ticket, std::shared_ptr<const Request> request) override;
  bool streams_body(const Request& head) override { return context_.handler->streams_body(head); }
  Answer refuse(int status, std::string_view message) override;
  std::function<void()> notifier(std::uint64_t ticket) override;

  void advance();
  void shake_hands();
  bool write_some();
  bool produce_some();
  bool read_some();
  void begin_tunnel(Upgrade upgrade);
  void begin_closing();
  void linger();
  void end();
  void await(bool read, bool write);
  void await_one(boost::asio::posix::stream_descriptor::wait_type what, bool& awaiting,
                 bool& ready);
  void watch_deadline();
  void deadline_passed();

  std::shared_ptr<Loop> loop_;
  ServerContext context_;
  Origin origin_;
  Ended ended_;
  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer timer_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Session> session_;
  Stage stage_ = Stage::kHandshake;
  std::string out_;
  std::size_t sent_ = 0;
  std::size_t drained_ = 0;
  std::optional<SteadyTime> stage_deadline_;  // of the handshake, of a write, of closing
  std::optional<SteadyTime> timer_at_;
  bool driving_ = false;
  bool again_ = false;
  bool readable_ = false;
  bool writable_ = true;
  bool awaiting_read_ = false;
  bool awaiting_write_ = false;
  bool write_wants_read_ = false;
  bool told_end_ = false;
  bool finishing_ = false;
};

}  // namespace cove::http
