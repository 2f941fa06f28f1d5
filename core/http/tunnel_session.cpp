#include "core/http/tunnel_session.h"

#include <boost/asio/post.hpp>

#include "core/http/connection.h"

namespace cove::http {
namespace {

constexpr std::size_t kMaxWaiting = 1024 * 1024;
constexpr std::size_t kMaxInput = 256 * 1024;

Error closed_error(std::string action) {
  return Error{ErrorCode::kCancelled, std::move(action), "the connection", "it is closed", {}};
}

class ConnectionTunnel final : public Tunnel {
 public:
  ConnectionTunnel(std::weak_ptr<Connection> connection, std::shared_ptr<Loop> loop)
      : connection_(std::move(connection)), loop_(std::move(loop)) {}
  ~ConnectionTunnel() override { close(); }

  void read(std::size_t max, Read done) override {
    on_loop([max, done = std::move(done)](TunnelSession* session) mutable {
      if (session == nullptr) {
        done(closed_error("read from"));
      } else {
        session->read(max, std::move(done));
      }
    });
  }

  void write(std::string bytes, Written done) override {
    on_loop([bytes = std::move(bytes), done = std::move(done)](TunnelSession* session) mutable {
      if (session == nullptr) {
        done(closed_error("write to"));
      } else {
        session->write(std::move(bytes), std::move(done));
      }
    });
  }

  void finish() override {
    on_loop([](TunnelSession* session) {
      if (session != nullptr) session->finish();
    });
  }

  void close() override {
    on_loop([](TunnelSession* session) {
      if (session != nullptr) session->close();
    });
  }

 private:
  // Always posted: a callback that starts the next operation must not grow the stack.
  template <class Operation>
  void on_loop(Operation operation) {
    boost::asio::post(loop_->context(),
                      [weak = connection_, operation = std::move(operation)]() mutable {
                        const auto connection = weak.lock();
                        Session* const session = connection ? connection->session() : nullptr;
                        operation(static_cast<TunnelSession*>(session));
                        if (connection) connection->drive();
                      });
  }

  std::weak_ptr<Connection> connection_;
  std::shared_ptr<Loop> loop_;
};

}  // namespace

std::unique_ptr<Tunnel> make_tunnel(std::weak_ptr<Connection> connection,
                                    std::shared_ptr<Loop> loop) {
  return std::make_unique<ConnectionTunnel>(std::move(connection), std::move(loop));
}

TunnelSession::TunnelSession(std::string input, bool winding_down) : input_(std::move(input)) {
  if (winding_down) wind_down();
}

TunnelSession::~TunnelSession() {
  fail_all(closed_error("use"));
}

void TunnelSession::read(std::size_t max, Tunnel::Read done) {
  if (reader_) {
    done(Error{ErrorCode::kConflict, "read from", "the connection", "a read is under way", {}});
    return;
  }
  if (closed_) {
    done(closed_error("read from"));
    return;
  }
  wanted_ = std::max<std::size_t>(max, 1);
  reader_ = std::move(done);
  satisfy();
}

void TunnelSession::write(std::string bytes, Tunnel::Written done) {
  if (closed_ || output_ended_) {
    done(closed_error("write to"));
    return;
  }
  if (waiting_bytes_ > kMaxWaiting) {
    done(Error{ErrorCode::kResourceExhausted,
               "write to",
               "the connection",
               "the client reads too slowly",
               {}});
    return;
  }
  if (bytes.empty()) {
    done({});
    return;
  }
  waiting_bytes_ += bytes.size();
  waiting_.push_back({std::move(bytes), std::move(done)});
}

void TunnelSession::finish() {
  output_ended_ = true;
}

void TunnelSession::close() {
  closed_ = true;
  output_ended_ = true;
  fail_all(closed_error("use"));
}

void TunnelSession::wind_down() {
  // Those who use the tunnel see the end of their input, and no more is sent.
  input_ended();
  output_ended_ = true;
}

void TunnelSession::receive(std::string_view bytes) {
  input_.append(bytes);
  satisfy();
}

void TunnelSession::input_ended() {
  input_ended_ = true;
  satisfy();
}

void TunnelSession::satisfy() {
  if (!reader_ || (input_.empty() && !input_ended_)) return;
  std::string some = input_.substr(0, wanted_);
  input_.erase(0, some.size());
  std::exchange(reader_, nullptr)(std::move(some));
}

void TunnelSession::produce(std::string& out, std::size_t limit) {
  while (!waiting_.empty() && out.size() < limit) {
    Waiting& first = waiting_.front();
    if (out.empty()) {
      out = std::move(first.bytes);
    } else {
      out += first.bytes;
    }
    producing_.push_back(std::move(first.done));
    waiting_.pop_front();
  }
}

void TunnelSession::flushed() {
  waiting_bytes_ = 0;
  for (const Waiting& each : waiting_) waiting_bytes_ += each.bytes.size();
  for (Tunnel::Written& done : std::exchange(producing_, {})) {
    if (done) done({});
  }
}

bool TunnelSession::wants_input() const {
  return !input_ended_ && !closed_ && input_.size() < kMaxInput;
}

bool TunnelSession::finished() const {
  return closed_ || (input_ended_ && output_ended_ && waiting_.empty());
}

void TunnelSession::fail_all(const Error& error) {
  waiting_bytes_ = 0;
  if (const auto reader = std::exchange(reader_, nullptr)) reader(error);
  for (Tunnel::Written& done : std::exchange(producing_, {})) {
    if (done) done(error);
  }
  for (Waiting& each : std::exchange(waiting_, {})) {
    if (each.done) each.done(error);
  }
}

}  // namespace cove::http
