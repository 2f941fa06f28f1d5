#include "core/client/port_forwarder.h"

#include <fmt/format.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <set>
#include <thread>

namespace cove::client {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t kPiece = 32 * 1024;
constexpr std::size_t kMaxWhy = 4096;
// For answers to a peer that has said all it wants to: the protocol cannot pass that on.
constexpr std::chrono::seconds kAfterEnd{30};

// One connection; everything on the forwarder's thread but for the stream's callbacks, which only
// come over to it.
class Pair : public std::enable_shared_from_this<Pair> {
 public:
  using Done = std::function<void(const std::shared_ptr<Pair>&, std::optional<ApiError> why)>;

  Pair(std::shared_ptr<asio::io_context> io, tcp::socket socket, Done done)
      : io_(std::move(io)), socket_(std::move(socket)), linger_(*io_), done_(std::move(done)) {}

  void begin(ChannelTransport& transport, const PortForward& forward) {
    // A callback may be under way while the stream is dropped: it keeps the context.
    const auto here = [weak = weak_from_this(), io = io_](auto task) {
      asio::post(*io, [weak, task = std::move(task)]() mutable {
        if (const auto pair = weak.lock(); pair && !pair->ended_) task(*pair);
      });
    };
    stream_ = transport.open(
        port_forward_request(forward.namespace_name, forward.pod, forward.port),
        {.opened = {},
         .received =
             [here](int channel, std::string bytes) {
               here([channel, piece = std::move(bytes)](Pair& pair) { pair.take(channel, piece); });
             },
         .drained = [here] { here([](Pair& pair) { pair.send(); }); },
         .closed =
             [here](std::optional<ApiError> why) {
               here([reason = std::move(why)](Pair& pair) { pair.finish(reason); });
             }});
    read();
  }

  void end(std::optional<ApiError> why) {
    if (std::exchange(ended_, true)) return;
    error_code ignored;
    socket_.close(ignored);
    linger_.cancel();
    stream_.reset();
    const Done done = std::exchange(done_, nullptr);
    if (done) done(shared_from_this(), std::move(why));
  }

 private:
  // --- To the pod.
  void read() {
    piece_.resize(kPiece);
    socket_.async_read_some(asio::buffer(piece_),
                            [self = shared_from_this()](error_code error, std::size_t got) {
                              if (self->ended_) return;
                              if (error) return self->said_all();
                              self->piece_.resize(got);
                              self->send();
                            });
  }
  // False was said before: drained() comes here again.
  void send() {
    if (piece_.empty() || !stream_ || !stream_->write(kForwardData, piece_)) return;
    piece_.clear();
    read();
  }
  void said_all() {
    piece_.clear();
    linger_.expires_after(kAfterEnd);
    linger_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->end(std::nullopt);
    });
  }

  // --- From the pod.
  void take(int channel, std::string_view bytes) {
    if (channel != kForwardData && channel != kForwardError) return;
    // Both channels begin with the port.
    std::size_t& head = head_[channel];
    const std::size_t skip = std::min(head, bytes.size());
    head -= skip;
    bytes.remove_prefix(skip);
    if (channel == kForwardError) {
      why_.append(bytes.substr(0, kMaxWhy - std::min(kMaxWhy, why_.size())));
      return;
    }
    out_ += bytes;
    if (out_.size() > PortForwarder::kMaxWaiting && !std::exchange(paused_, true))
      stream_->pause(true);
    write();
  }
  void write() {
    if (writing_) return;
    if (out_.empty()) {
      if (finished_) end(result_);
      return;
    }
    writing_ = true;
    going_ = std::exchange(out_, {});
    if (std::exchange(paused_, false)) stream_->pause(false);
    asio::async_write(socket_, asio::buffer(going_),
                      [self = shared_from_this()](error_code error, std::size_t) {
                        self->writing_ = false;
                        if (self->ended_) return;
                        if (error) return self->end(std::nullopt);
                        self->write();
                      });
  }
  void finish(std::optional<ApiError> why) {
    finished_ = true;
    result_ = std::move(why);
    if (!result_ && !why_.empty()) result_ = no_answer(ErrorCode::kUnavailable, why_);
    write();
  }

  const std::shared_ptr<asio::io_context> io_;
  tcp::socket socket_;
  asio::steady_timer linger_;
  Done done_;
  std::unique_ptr<ChannelStream> stream_;
  std::string piece_;
  std::string out_;
  std::string going_;
  std::string why_;
  std::size_t head_[2] = {2, 2};
  bool paused_ = false;
  bool writing_ = false;
  bool finished_ = false;
  bool ended_ = false;
  std::optional<ApiError> result_;
};

}  // namespace

class PortForwarder::Core {
 public:
  Core(std::weak_ptr<ChannelTransport> transport, PortForward forward,
       PortForwardCallbacks callbacks)
      : transport_(std::move(transport)),
        forward_(std::move(forward)),
        callbacks_(std::move(callbacks)) {}

  ~Core() {
    if (!thread_.joinable()) return;
    asio::post(*io_, [this] {
      error_code ignored;
      acceptor_.close(ignored);
      for (const auto& pair : std::set<std::shared_ptr<Pair>>(pairs_)) pair->end(std::nullopt);
      work_.reset();
    });
    thread_.join();
  }

  Result<void> listen() {
    const tcp::endpoint here(asio::ip::address_v4::loopback(), forward_.local_port);
    error_code error;
    acceptor_.open(here.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(here, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      const ErrorCode code = error == asio::error::address_in_use  ? ErrorCode::kAlreadyExists
                             : error == asio::error::access_denied ? ErrorCode::kPermissionDenied
                                                                   : ErrorCode::kUnavailable;
      return Error{code,
                   "open",
                   fmt::format("port {} of this machine", forward_.local_port),
                   error.message(),
                   {}};
    }
    port_ = acceptor_.local_endpoint().port();
    accept();
    thread_ = std::thread([io = io_] { io->run(); });
    return {};
  }
  std::uint16_t port() const { return port_; }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) take(std::move(socket));
      accept();
    });
  }
  void take(tcp::socket socket) {
    const auto transport = transport_.lock();
    if (!transport || pairs_.size() >= kMaxConnections) {
      if (!transport)
        fail(no_answer(ErrorCode::kUnavailable, "the cluster is not reached any more"));
      return;
    }
    const auto pair = std::make_shared<Pair>(
        io_, std::move(socket),
        [this](const std::shared_ptr<Pair>& ended, std::optional<ApiError> why) {
          pairs_.erase(ended);
          if (why) fail(*why);
        });
    pairs_.insert(pair);
    pair->begin(*transport, forward_);
  }
  void fail(const ApiError& why) {
    if (callbacks_.failed) callbacks_.failed(why);
  }

  const std::weak_ptr<ChannelTransport> transport_;
  const PortForward forward_;
  const PortForwardCallbacks callbacks_;
  // Callbacks of streams that were dropped may still come over to it.
  const std::shared_ptr<asio::io_context> io_ = std::make_shared<asio::io_context>(1);
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_->get_executor()};
  tcp::acceptor acceptor_{*io_};
  std::set<std::shared_ptr<Pair>> pairs_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

PortForwarder::PortForwarder(std::unique_ptr<Core> core) : core_(std::move(core)) {}
PortForwarder::~PortForwarder() = default;

Result<std::unique_ptr<PortForwarder>> PortForwarder::start(
    std::weak_ptr<ChannelTransport> transport, PortForward forward,
    PortForwardCallbacks callbacks) {
  auto core =
      std::make_unique<Core>(std::move(transport), std::move(forward), std::move(callbacks));
  COVE_CHECK(core->listen());
  return std::unique_ptr<PortForwarder>(new PortForwarder(std::move(core)));
}

std::uint16_t PortForwarder::local_port() const {
  return core_->port();
}

}  // namespace cove::client
