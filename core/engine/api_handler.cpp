#include "core/engine/api_handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <utility>

#include "core/engine/hijack.h"
#include "core/engine/websocket.h"
#include "core/http/upgrade.h"
#include "core/http/websocket.h"

namespace cove::engine {
namespace {

constexpr std::size_t kStreamBytes = 1 << 20;
constexpr std::size_t kPieceBytes = 256 * 1024;
constexpr unsigned kOldestBinaryWebSocket = 28;

using Headers = std::vector<std::pair<std::string, std::string>>;

std::string error_body(std::string_view message) {
  return boost::json::serialize(boost::json::object{{"message", message}}) + "\n";
}

class HttpAnswerStream final : public Exchange::Stream {
 public:
  HttpAnswerStream(std::shared_ptr<http::Stream> stream, std::stop_token gone)
      : stream_(std::move(stream)), gone_(std::move(gone)) {}
  ~HttpAnswerStream() override { stream_->close(); }

  bool write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const std::string_view piece = bytes.substr(0, kPieceBytes);
      if (!stream_->push_wait(std::string(piece), gone_)) return false;
      bytes.remove_prefix(piece.size());
    }
    return !gone_.stop_requested();
  }
  // A piece that is larger than the stream's bound cuts it.
  void cut() override { stream_->push(std::string(kStreamBytes + 1, '\0')); }

 private:
  const std::shared_ptr<http::Stream> stream_;
  const std::stop_token gone_;
};

// Carries the tunnel from the connection's thread to the worker; dropped without a call, the
// connection is gone.
class TunnelPromise {
 public:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::unique_ptr<http::Tunnel> tunnel;
    bool settled = false;
  };

  explicit TunnelPromise(std::shared_ptr<State> state) : state_(std::move(state)) {}
  ~TunnelPromise() { settle(nullptr); }
  TunnelPromise(const TunnelPromise&) = delete;
  TunnelPromise& operator=(const TunnelPromise&) = delete;

  void settle(std::unique_ptr<http::Tunnel> tunnel) {
    std::lock_guard lock(state_->mutex);
    if (std::exchange(state_->settled, true)) return;
    state_->tunnel = std::move(tunnel);
    state_->changed.notify_all();
  }

 private:
  const std::shared_ptr<State> state_;
};

}  // namespace

class ApiHandler::Running final : public Exchange {
 public:
  Running(ApiHandler& handler, std::shared_ptr<const http::Request> request, Respond respond,
          Router::Match match)
      : handler_(handler),
        request_(std::move(request)),
        respond_(std::move(respond)),
        match_(std::move(match)),
        on_departure_(request_->departure, RequestStop{gone_}),
        on_stop_(handler.stopping_.get_token(), RequestStop{gone_}) {}

  void run() {
    Outcome<> outcome = ApiError{500, "internal error"};
    try {
      outcome = match_.route->handle(*this);
    } catch (const std::exception& bug) {
      handler_.logger_.error(
          "a request of the engine's API failed by a bug",
          {{"method", request_->method}, {"path", request_->path}, {"what", bug.what()}});
    }
    if (outcome.has_error()) fail(outcome.error());
  }

  const http::Request& request() const override { return *request_; }
  unsigned api() const override { return match_.api; }
  const std::string& path(std::string_view name) const override {
    static const std::string kNone;
    const auto found = match_.names.find(std::string(name));
    return found == match_.names.end() ? kNone : found->second;
  }
  std::stop_token gone() const override { return gone_.get_token(); }

  Result<std::string> read_body(std::size_t max) override {
    if (request_->body_stream) return request_->body_stream->read(max, gone());
    std::string piece = request_->body.substr(read_, max);
    read_ += piece.size();
    return piece;
  }

  void text(int status, std::string body, std::string content_type, Headers headers) override {
    http::Answer answer = begin(status, std::move(content_type), std::move(headers));
    answer.body = std::make_shared<const std::string>(std::move(body));
    respond(std::move(answer));
  }

  std::unique_ptr<Stream> stream(std::string content_type, Headers headers) override {
    http::Answer answer = begin(200, std::move(content_type), std::move(headers));
    const auto stream = std::make_shared<http::Stream>(kStreamBytes);
    answer.stream = stream;
    respond(std::move(answer));
    return std::make_unique<HttpAnswerStream>(stream, gone());
  }

  Result<std::unique_ptr<Hijacked>> hijack(std::string content_type) override {
    const std::string_view wanted = request_->header("upgrade");
    http::Answer answer = begin(wanted.empty() ? 200 : 101, std::move(content_type), {});
    if (!wanted.empty()) answer.headers.emplace_back("Upgrade", wanted);
    return take_over(std::move(answer));
  }

  Result<std::unique_ptr<Hijacked>> hijack_websocket() override {
    if (!http::asks_upgrade_to(*request_, "websocket")) {
      return Error{ErrorCode::kInvalidArgument,
                   "open",
                   "a WebSocket",
                   "this endpoint is a WebSocket: ask for an upgrade to it",
                   {}};
    }
    COVE_TRY(std::string accept, http::accept_websocket(*request_));
    http::Answer answer = begin(101, {}, {});
    answer.headers.emplace_back("Upgrade", "websocket");
    answer.headers.emplace_back("Sec-WebSocket-Accept", std::move(accept));
    COVE_TRY(auto raw, take_over(std::move(answer)));
    return make_websocket(std::move(raw), api() >= kOldestBinaryWebSocket
                                              ? WebSocketMessage::kBinary
                                              : WebSocketMessage::kText);
  }

 private:
  struct RequestStop {
    mutable std::stop_source source;
    void operator()() const { source.request_stop(); }
  };

  // Blocks until the connection is ours.
  Result<std::unique_ptr<Hijacked>> take_over(http::Answer answer) {
    const auto state = std::make_shared<TunnelPromise::State>();
    answer.upgrade =
        [promise = std::make_shared<TunnelPromise>(state)](std::unique_ptr<http::Tunnel> tunnel) {
          promise->settle(std::move(tunnel));
        };
    respond(std::move(answer));
    std::unique_lock lock(state->mutex);
    state->changed.wait(lock, [&] { return state->settled; });
    if (!state->tunnel) {
      gone_.request_stop();
      return Error{
          ErrorCode::kUnavailable, "take over", "the connection", "the client has gone", {}};
    }
    return make_hijacked(std::move(state->tunnel), gone_, handler_.stopping_.get_token());
  }

  http::Answer begin(int status, std::string content_type, Headers headers) const {
    http::Answer answer;
    answer.status = status;
    answer.content_type = std::move(content_type);
    answer.headers = handler_.headers_;
    std::ranges::move(headers, std::back_inserter(answer.headers));
    return answer;
  }

  void respond(http::Answer answer) {
    if (const auto respond = std::exchange(respond_, nullptr)) respond(std::move(answer));
  }

  void fail(const ApiError& error) {
    if (error.status >= 500) {
      handler_.logger_.warn("a request of the engine's API failed",
                            {{"method", request_->method},
                             {"path", request_->path},
                             {"status", std::to_string(error.status)},
                             {"why", error.message}});
    }
    respond(handler_.error_answer(error));
  }

  ApiHandler& handler_;
  const std::shared_ptr<const http::Request> request_;
  Respond respond_;
  const Router::Match match_;
  std::size_t read_ = 0;
  std::stop_source gone_;
  std::stop_callback<RequestStop> on_departure_;
  std::stop_callback<RequestStop> on_stop_;
};

ApiHandler::ApiHandler(Parts parts)
    : router_(std::move(parts.routes)),
      headers_{{"Api-Version", fmt::format("1.{}", kNewestApi)},
               {"Docker-Experimental", "false"},
               {"Ostype", "linux"},
               {"Server", "Cove/" + parts.version}},
      logger_(parts.logger),
      pool_(parts.workers) {}

ApiHandler::~ApiHandler() {
  stop();
}

void ApiHandler::handle(std::shared_ptr<const http::Request> request, Respond respond) {
  auto match = router_.match(request->method, request->path);
  if (!match) {
    respond(error_answer(match.error()));
    return;
  }
  const auto running =
      std::make_shared<Running>(*this, std::move(request), respond, std::move(*match));
  if (pool_.run([running] { running->run(); })) return;
  respond(error_answer({503, stopping_.stop_requested()
                                 ? "the engine is stopping"
                                 : "the engine is serving as many requests as it can: try again "
                                   "when some of them have ended"}));
}

bool ApiHandler::streams_body(const http::Request& head) const {
  const auto match = router_.match(head.method, head.path);
  return match.has_value() && match->route->streams_body;
}

http::Answer ApiHandler::refuse(int status, std::string_view message) const {
  return error_answer({status, std::string(message)});
}

void ApiHandler::stop() {
  stopping_.request_stop();
  pool_.stop();
}

http::Answer ApiHandler::error_answer(const ApiError& error) const {
  http::Answer answer;
  answer.status = error.status;
  answer.headers = headers_;
  answer.body = std::make_shared<const std::string>(error_body(error.message));
  return answer;
}

}  // namespace cove::engine
