#include "core/client/channel.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_set>

#include "core/client/https_connection.h"
#include "core/client/wire.h"

namespace cove::client {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using ConnectionPtr = std::shared_ptr<HttpsConnection>;

constexpr std::size_t kPiece = 32 * 1024;
constexpr char kEndOfChannel = static_cast<char>(255);

// One stream. Callbacks belong to the executor, what is marked to the network thread, the queue to
// whoever holds the lock.
class Link : public std::enable_shared_from_this<Link> {
  const std::shared_ptr<asio::io_context> io_;  // before the timers, which live on it

 public:
  using Socket = websocket::stream<HttpsConnection::Stream&, false>;

  Link(std::shared_ptr<asio::io_context> io, Executor& executor, ChannelRequest for_request,
       ChannelCallbacks callbacks)
      : io_(std::move(io)),
        request(std::move(for_request)),
        gate(*io_),
        deadline(*io_),
        executor_(executor),
        callbacks_(std::move(callbacks)) {}

  // --- From any thread.
  bool write(std::string message);
  void end(int channel);
  void pause(bool paused);
  void cancel();
  void post(std::function<void(ChannelCallbacks&)> task) {
    executor_.post([self = shared_from_this(), work = std::move(task)] {
      if (!self->cancelled_) work(self->callbacks_);
    });
  }
  void finish(std::optional<ApiError> why);

  // --- Of the network thread.
  void abort(const ApiError& why) {
    if (!aborted) aborted = why;
    gate.cancel();
    deadline.cancel();
    if (connection) connection->close();
  }
  void wake() {
    woken = true;
    gate.cancel();
  }
  asio::awaitable<void> wait();
  void opened(const std::string& protocol);
  static asio::awaitable<void> pump(std::shared_ptr<Link> self);
  static asio::awaitable<std::optional<ApiError>> read(std::shared_ptr<Link> self);

  const ChannelRequest request;
  asio::steady_timer gate;
  asio::steady_timer deadline;
  ConnectionPtr connection;
  std::optional<Socket> socket;
  std::optional<ApiError> aborted;
  bool woken = false;

 private:
  void pump_soon();
  std::optional<std::string> next_message();
  // Nothing that waits in the context may keep the context.
  void on_network(void (*task)(const std::shared_ptr<Link>&)) {
    asio::post(*io_, [weak = weak_from_this(), task] {
      if (const auto link = weak.lock()) task(link);
    });
  }

  Executor& executor_;
  ChannelCallbacks callbacks_;
  std::atomic<bool> cancelled_ = false;
  std::mutex mutex_;
  std::deque<std::string> queue_;
  std::size_t queued_ = 0;  // bytes, with the message that is being sent
  bool full_ = false;       // somebody was sent away
  bool open_ = false;
  bool closes_ = false;  // version 5
  bool pumping_ = false;
  bool ended_ = false;
  bool paused_ = false;
};

class Core {
 public:
  Core(Executor& executor, ClientConfig config, std::shared_ptr<CredentialSource> credentials)
      : executor_(executor), config_(std::move(config)), source_(std::move(credentials)) {}

  void start() {
    thread_ = std::thread([this] { io_->run(); });
  }
  void shut_down() {
    stop_.request_stop();
    helpers_.join();
    asio::post(*io_, [this] {
      const ApiError gone =
          no_answer(ErrorCode::kCancelled, "the connection to the cluster was closed");
      for (const auto& link : std::unordered_set<LinkPtr>(links_)) {
        link->finish(gone);
        link->abort(gone);
      }
      work_.reset();
    });
    thread_.join();
  }
  std::shared_ptr<Link> open(ChannelRequest request, ChannelCallbacks callbacks) {
    const auto link =
        std::make_shared<Link>(io_, executor_, std::move(request), std::move(callbacks));
    asio::post(*io_, [this, link] {
      if (link->aborted) return;
      links_.insert(link);
      asio::co_spawn(*io_, run(link), [](std::exception_ptr bug) {
        if (bug) std::rethrow_exception(bug);
      });
    });
    return link;
  }

 private:
  using LinkPtr = std::shared_ptr<Link>;

  asio::awaitable<void> run(LinkPtr link);
  asio::awaitable<std::optional<ApiError>> connect(LinkPtr link);
  asio::awaitable<ApiResult<Credentials>> authenticate(LinkPtr link);
  asio::awaitable<std::optional<ApiError>> shake_hands(LinkPtr link, Credentials credentials);

  Executor& executor_;
  const ClientConfig config_;
  const std::shared_ptr<CredentialSource> source_;
  std::stop_source stop_;
  const std::shared_ptr<asio::io_context> io_ = std::make_shared<asio::io_context>(1);
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_->get_executor()};
  asio::thread_pool helpers_{1};
  std::unordered_set<LinkPtr> links_;  // of the network thread
  std::thread thread_;
};

bool Link::write(std::string message) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return false;
    if (queued_ + message.size() > ChannelStream::kMaxQueued) {
      full_ = true;
      return false;
    }
    queued_ += message.size();
    queue_.push_back(std::move(message));
  }
  pump_soon();
  return true;
}

// Before the connection is open it is not known yet whether the server understands it: the message
// waits with the others, and pump() leaves it out.
void Link::end(int channel) {
  write({kEndOfChannel, static_cast<char>(channel)});
}

void Link::pause(bool paused) {
  {
    const std::lock_guard lock(mutex_);
    paused_ = paused;
  }
  if (!paused) on_network([](const std::shared_ptr<Link>& link) { link->wake(); });
}

void Link::cancel() {
  if (cancelled_.exchange(true)) return;
  executor_.post([self = shared_from_this()] { self->callbacks_ = {}; });
  asio::post(*io_, [weak = weak_from_this()] {
    const auto link = weak.lock();
    if (link) link->abort(no_answer(ErrorCode::kCancelled, "it was cancelled"));
  });
}

void Link::finish(std::optional<ApiError> why) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(ended_, true)) return;
    queue_.clear();
  }
  post([why = std::move(why)](ChannelCallbacks& callbacks) {
    const auto closed = std::exchange(callbacks.closed, nullptr);
    if (closed) closed(why);
  });
}

// Until something has happened.
asio::awaitable<void> Link::wait() {
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  if (!woken && !aborted) {
    gate.expires_after(std::chrono::hours(24));
    co_await gate.async_wait(token);
  }
  woken = false;
}

void Link::opened(const std::string& protocol) {
  {
    const std::lock_guard lock(mutex_);
    open_ = true;
    closes_ = protocol.starts_with("v5");
  }
  post([protocol](ChannelCallbacks& callbacks) {
    if (callbacks.opened) callbacks.opened(protocol);
  });
  pump_soon();
}

void Link::pump_soon() {
  {
    const std::lock_guard lock(mutex_);
    if (!open_ || pumping_ || queue_.empty()) return;
    pumping_ = true;
  }
  on_network([](const std::shared_ptr<Link>& link) {
    asio::co_spawn(*link->io_, pump(link), [](std::exception_ptr bug) {
      if (bug) std::rethrow_exception(bug);
    });
  });
}

std::optional<std::string> Link::next_message() {
  const std::lock_guard lock(mutex_);
  while (!queue_.empty() && queue_.front().front() == kEndOfChannel && !closes_) {
    queued_ -= queue_.front().size();
    queue_.pop_front();
  }
  if (queue_.empty() || ended_) {
    pumping_ = false;
    return std::nullopt;
  }
  std::string message = std::move(queue_.front());
  queue_.pop_front();
  return message;
}

asio::awaitable<void> Link::pump(std::shared_ptr<Link> self) {
  while (std::optional<std::string> message = self->next_message()) {
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    if (!self->aborted) co_await self->socket->async_write(asio::buffer(*message), token);
    // What broke is told by who reads.
    bool room = false;
    {
      const std::lock_guard lock(self->mutex_);
      self->queued_ -= message->size();
      room = self->full_ && self->queued_ <= ChannelStream::kMaxQueued / 2;
      if (room) self->full_ = false;
    }
    if (room && !error) {
      self->post([](ChannelCallbacks& callbacks) {
        if (callbacks.drained) callbacks.drained();
      });
    }
  }
}

asio::awaitable<std::optional<ApiError>> Link::read(std::shared_ptr<Link> self) {
  int channel = -1;
  std::string piece;
  while (true) {
    piece.resize(kPiece);
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    const std::size_t got = co_await self->socket->async_read_some(asio::buffer(piece), token);
    if (self->aborted) co_return self->aborted;
    // Known as well when the server did not wait for the answer to its end.
    const auto& reason = self->socket->reason();
    if (error == websocket::error::closed ||
        (error && reason.code != websocket::close_code::none)) {
      if (reason.code == websocket::close_code::normal ||
          reason.code == websocket::close_code::none)
        co_return std::nullopt;
      co_return no_answer(
          ErrorCode::kUnavailable,
          fmt::format("the server ended the connection ({}): {}", reason.code,
                      std::string_view(reason.reason.data(), reason.reason.size())));
    }
    if (error) co_return no_answer(self->connection->describe(error, "the connection broke"));
    piece.resize(got);
    std::size_t begin = 0;
    if (channel < 0 && !piece.empty()) {
      channel = static_cast<unsigned char>(piece.front());
      begin = 1;
    }
    const int of = channel;
    if (self->socket->is_message_done()) channel = -1;
    if (piece.size() <= begin) continue;
    self->post([weak = self->weak_from_this(), of,
                bytes = piece.substr(begin)](ChannelCallbacks& callbacks) {
      callbacks.received(of, bytes);
      const auto link = weak.lock();
      if (link) link->on_network([](const std::shared_ptr<Link>& of_it) { of_it->wake(); });
    });
    co_await self->wait();
    while (!self->aborted) {
      {
        const std::lock_guard lock(self->mutex_);
        if (!self->paused_) break;
      }
      co_await self->wait();
    }
    if (self->aborted) co_return self->aborted;
  }
}

asio::awaitable<void> Core::run(LinkPtr link) {
  link->deadline.expires_after(link->request.timeout);
  link->deadline.async_wait([weak = std::weak_ptr(link)](error_code error) {
    const LinkPtr late = weak.lock();
    if (error || !late) return;
    late->abort(no_answer(ErrorCode::kTimeout,
                          fmt::format("no answer within {} ms", late->request.timeout.count())));
  });
  std::optional<ApiError> ended = co_await connect(link);
  link->deadline.cancel();
  if (!ended) ended = co_await Link::read(link);
  link->finish(std::move(ended));
  if (link->connection) link->connection->close();
  links_.erase(link);
}

asio::awaitable<std::optional<ApiError>> Core::connect(LinkPtr link) {
  for (bool refreshed = false;; refreshed = true) {
    ApiResult<Credentials> known = co_await authenticate(link);
    if (!known) co_return known.error();
    std::optional<ApiError> refused = co_await shake_hands(link, *known);
    if (link->aborted) co_return link->aborted;
    if (!refused || !refused->is_unauthorized() || refreshed || !source_->rejected())
      co_return refused;
  }
}

asio::awaitable<ApiResult<Credentials>> Core::authenticate(LinkPtr link) {
  if (auto now = source_->ready()) co_return std::move(*now);
  auto found = std::make_shared<std::optional<Result<Credentials>>>();
  asio::post(helpers_, [this, found, link] {
    Result<Credentials> result = source_->get(stop_.get_token());
    asio::post(*io_, [found, link, outcome = std::move(result)]() mutable {
      *found = std::move(outcome);
      link->wake();
    });
  });
  while (!*found && !link->aborted) co_await link->wait();
  if (link->aborted) co_return *link->aborted;
  if (!**found) co_return no_answer((*found)->error());
  co_return std::move(***found);
}

asio::awaitable<std::optional<ApiError>> Core::shake_hands(LinkPtr link, Credentials credentials) {
  ApiRequest plain;
  plain.path = link->request.path;
  plain.query = link->request.query;
  ApiResult<std::string> target = target_of(plain);
  if (!target) co_return target.error();
  Result<TlsContext> tls = make_tls_context(config_, credentials);
  if (!tls) co_return no_answer(tls.error());
  link->socket.reset();
  link->connection = std::make_shared<HttpsConnection>(*io_, config_, std::move(*tls));
  Result<void> opened = co_await HttpsConnection::open(link->connection);
  if (!opened) co_return no_answer(opened.error());
  link->socket.emplace(link->connection->stream());
  Link::Socket& socket = *link->socket;
  socket.binary(true);
  socket.read_message_max(0);  // messages are read in pieces
  socket.set_option(websocket::stream_base::timeout{.handshake_timeout = link->request.timeout,
                                                    .idle_timeout = websocket::stream_base::none(),
                                                    .keep_alive_pings = false});
  const std::string protocols = fmt::format("{}", fmt::join(link->request.protocols, ", "));
  socket.set_option(websocket::stream_base::decorator(
      [protocols,
       headers = identity_headers(config_, credentials)](websocket::request_type& request) {
        request.set(http::field::sec_websocket_protocol, protocols);
        request.set(http::field::user_agent, "cove");
        for (const auto& [name, value] : headers) request.insert(name, value);
      }));
  websocket::response_type response;
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  const std::string host = authority_of(config_.host, config_.port);
  const std::string whole = config_.path_prefix + *target;
  co_await socket.async_handshake(response, host, whole, token);
  if (error == websocket::error::upgrade_declined) {
    Pairs headers{{"content-type", std::string(response[http::field::content_type])}};
    ApiResult<ApiResponse> refusal =
        decode_response(static_cast<int>(response.result_int()), headers, response.body());
    if (!refusal) co_return refusal.error();
  }
  if (error) co_return no_answer(link->connection->describe(error, "no WebSocket came about"));
  const std::string chosen(response[http::field::sec_websocket_protocol]);
  if (std::ranges::find(link->request.protocols, chosen) == link->request.protocols.end()) {
    co_return no_answer(link->connection->failed(ErrorCode::kUnsupported,
                                                 fmt::format("it speaks none of {}", protocols)));
  }
  link->opened(chosen);
  co_return std::nullopt;
}

class Stream final : public ChannelStream {
 public:
  explicit Stream(std::shared_ptr<Link> link) : link_(std::move(link)) {}
  ~Stream() override { link_->cancel(); }
  bool write(int channel, std::string_view bytes) override {
    std::string message(1, static_cast<char>(channel));
    return link_->write(message.append(bytes));
  }
  void end(int channel) override { link_->end(channel); }
  void pause(bool paused) override { link_->pause(paused); }

 private:
  const std::shared_ptr<Link> link_;
};

class HttpsChannels final : public ChannelTransport {
 public:
  explicit HttpsChannels(std::unique_ptr<Core> core) : core_(std::move(core)) { core_->start(); }
  ~HttpsChannels() override { core_->shut_down(); }
  std::unique_ptr<ChannelStream> open(ChannelRequest request, ChannelCallbacks callbacks) override {
    return std::make_unique<Stream>(core_->open(std::move(request), std::move(callbacks)));
  }

 private:
  const std::unique_ptr<Core> core_;
};

}  // namespace

std::unique_ptr<ChannelTransport> make_channel_transport(
    Executor& executor, ClientConfig config, std::shared_ptr<CredentialSource> credentials) {
  return std::make_unique<HttpsChannels>(
      std::make_unique<Core>(executor, std::move(config), std::move(credentials)));
}

}  // namespace cove::client
