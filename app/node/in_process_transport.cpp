#include "app/node/in_process_transport.h"

#include <atomic>
#include <mutex>
#include <set>

#include "core/client/wire.h"
#include "core/server/shared_object.h"

namespace cove::node {

using client::ApiError;
using client::ApiResult;
using client::WatchEvent;

namespace {

// Taken from a stream in one go before others on the executor have their turn.
constexpr std::size_t kBatchBytes = client::kMaxStreamPiece;

client::Pairs headers_of(const http::Answer& answer) {
  client::Pairs headers{{"content-type", answer.content_type}};
  for (const auto& [name, value] : answer.headers) {
    std::string low = name;
    for (char& c : low) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    headers.emplace_back(std::move(low), value);
  }
  return headers;
}

// What the server has parsed, or never printed, is not read again.
ApiResult<client::ApiResponse> response_of(const http::Answer& answer,
                                           const std::shared_ptr<const std::string>& body) {
  const api::ObjectPtr object = server::carried_by(body).object;
  ApiResult<client::ApiResponse> response = client::decode_response(
      answer.status, headers_of(answer), body && !object ? *body : std::string());
  if (response && object) {
    response->object = object;
    response->body.reset();
  }
  return response;
}

std::optional<WatchEvent> shared_event(const http::Stream::Piece& piece) {
  const server::CarriedObject carried = server::carried_by(piece);
  if (!carried.object) return std::nullopt;
  return WatchEvent{carried.type == "ADDED"     ? client::WatchEventType::kAdded
                    : carried.type == "DELETED" ? client::WatchEventType::kDeleted
                                                : client::WatchEventType::kModified,
                    carried.object};
}

}  // namespace

// The operations that are open.
class InProcessTransport::Calls {
 public:
  void add(const std::shared_ptr<Call>& call) {
    const std::lock_guard lock(mutex_);
    open_.insert(call);
  }
  void remove(const std::shared_ptr<Call>& call) {
    const std::lock_guard lock(mutex_);
    open_.erase(call);
  }
  std::set<std::shared_ptr<Call>> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(open_, {});
  }

 private:
  std::mutex mutex_;
  std::set<std::shared_ptr<Call>> open_;
};

// One operation; everything but cancel(), answer() and what a stream tells runs on the executor.
// The server may answer, and the caller cancel, when the transport and its executor are gone.
class InProcessTransport::Call final : public client::Operation::Impl,
                                       public std::enable_shared_from_this<Call> {
 public:
  Call(Executor& executor, std::shared_ptr<Calls> calls, std::chrono::milliseconds timeout)
      : executor_(executor), calls_(std::move(calls)), timeout_(timeout) {}

  void arm() { arm_timer(timeout_, ErrorCode::kTimeout, "the server did not answer in time"); }
  void answer(http::Answer answer) {
    const std::shared_ptr<http::Stream> stream = answer.stream;
    const bool posted =
        post([self = shared_from_this(), given = std::move(answer)] { self->take(given); });
    if (!posted && stream) stream->abandon();
  }
  void cancel() override {
    if (ended_.exchange(true)) return;
    post([self = shared_from_this()] { self->clear(); });
  }
  void end(const ApiError& error) {
    post([self = shared_from_this(), error] { self->finish(error); });
  }
  // Nothing more comes to the executor from then on, from any thread.
  void part() {
    const std::lock_guard lock(gate_);
    parted_ = true;
  }
  std::stop_token departure() const { return departure_.get_token(); }

  bool is_watch = false;
  bool is_stream = false;
  client::Transport::Callback done;
  client::WatchCallbacks callbacks;
  client::StreamCallbacks pouring;

 private:
  // False when the executor may be gone.
  bool post(std::function<void()> task) {
    const std::lock_guard lock(gate_);
    if (!parted_) executor_.post(std::move(task));
    return !parted_;
  }
  void take(const http::Answer& answer) {
    if (ended_) {
      if (answer.stream) answer.stream->abandon();
      return;
    }
    disarm();
    if (!answer.stream) {
      const auto body = http::whole_body(answer);
      ApiResult<client::ApiResponse> result = response_of(answer, body);
      if (!is_watch && !is_stream) return finish_send(std::move(result));
      if (is_stream && result) {
        if (pouring.opened) pouring.opened();
        if (body) rest_ = *body;
        last_ = true;
        return pour();
      }
      return finish(result ? client::no_answer(ErrorCode::kUnavailable,
                                               "the server did not answer with a stream")
                           : result.error());
    }
    stream_ = answer.stream;
    if (!is_watch && !is_stream) {
      return finish_send(
          client::no_answer(ErrorCode::kUnsupported, "the server answered with a stream"));
    }
    if (answer.stream_lifetime.count() > 0) {
      timer_ = executor_.after(answer.stream_lifetime,
                               [self = shared_from_this()] { self->finish(std::nullopt); });
    }
    if (const auto& opened = is_watch ? callbacks.opened : pouring.opened) opened();
    if (ended_) return;
    stream_->on_news([weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      self->post([weak] {
        if (const auto alive = weak.lock()) alive->drain();
      });
    });
    drain();
  }

  void drain() {
    if (ended_) return;
    if (is_stream) return pour();
    const http::Stream::Taken taken = stream_->take(kBatchBytes);
    std::vector<WatchEvent> events;
    std::optional<ApiError> broken = read(taken, events);
    if (!events.empty()) callbacks.events(std::move(events));
    if (ended_) return;
    if (broken) return finish(std::move(broken));
    if (taken.cut)
      return finish(client::no_answer(ErrorCode::kUnavailable, "the watch was too slow"));
    if (taken.finished) return finish(std::nullopt);
    if (taken.pieces.empty()) return;
    executor_.post([self = shared_from_this()] { self->drain(); });
  }
  // One piece is with the reader at a time: a piece of the server's may be longer than what a
  // reader takes at once, so what is left waits here.
  void pour() {
    if (lent_) return;
    if (rest_.empty() && !last_) {
      const http::Stream::Taken taken = stream_->take(kBatchBytes);
      for (const auto& piece : taken.pieces) rest_ += *piece;
      last_ = taken.finished || taken.cut;
      cut_ = taken.cut;
    }
    if (rest_.empty()) {
      if (!last_) return;
      if (!cut_) return finish(std::nullopt);
      return finish(client::no_answer(ErrorCode::kUnavailable, "the stream was cut"));
    }
    std::string piece = rest_.substr(0, kBatchBytes);
    rest_.erase(0, kBatchBytes);
    lent_ = true;
    pouring.bytes(std::move(piece), [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      self->post([weak] {
        const auto alive = weak.lock();
        if (!alive || !std::exchange(alive->lent_, false) || alive->ended_) return;
        alive->pour();
      });
    });
  }
  std::optional<ApiError> read(const http::Stream::Taken& taken, std::vector<WatchEvent>& events) {
    for (const auto& piece : taken.pieces) {
      if (auto shared = splitter_.partial() ? std::nullopt : shared_event(piece)) {
        events.push_back(std::move(*shared));
        continue;
      }
      const ApiResult<std::vector<std::string>> lines = splitter_.put(*piece);
      if (!lines) return lines.error();
      for (const std::string& line : *lines) {
        ApiResult<WatchEvent> event = client::decode_event(line);
        if (!event) return event.error();
        events.push_back(std::move(*event));
      }
    }
    return std::nullopt;
  }

  void finish_send(ApiResult<client::ApiResponse> result) {
    if (ended_.exchange(true)) return;
    const client::Transport::Callback callback = std::move(done);
    clear();
    callback(std::move(result));
  }
  void finish(std::optional<ApiError> error) {
    if (!is_watch && !is_stream) return finish_send(*error);
    if (ended_.exchange(true)) return;
    const auto closed = std::move(is_watch ? callbacks.closed : pouring.closed);
    clear();
    closed(error);
  }
  void clear() {
    disarm();
    departure_.request_stop();
    if (stream_) {
      stream_->abandon();
    }
    done = nullptr;
    callbacks = {};
    pouring = {};
    calls_->remove(shared_from_this());
    part();
  }
  void arm_timer(std::chrono::nanoseconds time, ErrorCode code, std::string message) {
    timer_ = executor_.after(time, [self = shared_from_this(), code, text = std::move(message)] {
      self->finish(client::no_answer(code, text));
    });
  }
  void disarm() {
    if (timer_ != 0) executor_.cancel(std::exchange(timer_, 0));
  }

  Executor& executor_;
  std::mutex gate_;
  bool parted_ = false;
  const std::shared_ptr<Calls> calls_;
  const std::chrono::milliseconds timeout_;
  std::atomic<bool> ended_ = false;
  std::stop_source departure_;
  std::shared_ptr<http::Stream> stream_;
  std::string rest_;   // of a stream: taken from the server, not handed on yet
  bool lent_ = false;  // a piece is with the reader
  bool last_ = false;  // nothing follows rest_
  bool cut_ = false;
  client::LineSplitter splitter_{client::kMaxEventBytes};
  Executor::TimerId timer_ = 0;
};

ClientUser service_account(std::string_view name) {
  return {"system:serviceaccount:kube-system:" + std::string(name),
          {"system:serviceaccounts", "system:serviceaccounts:kube-system"}};
}

InProcessTransport::InProcessTransport(http::Handler& handler, Executor& executor,
                                       const ClientUser& user)
    : handler_(handler), executor_(executor), calls_(std::make_shared<Calls>()) {
  http::PeerCertificate certificate;
  certificate.common_name = user.name;
  certificate.organizations = user.groups;
  certificate.not_after = WallTime::max();
  certificate_ = std::make_shared<const http::PeerCertificate>(std::move(certificate));
}

InProcessTransport::~InProcessTransport() {
  for (const auto& call : calls_->take()) {
    call->end(client::no_answer(ErrorCode::kCancelled, "the client was closed"));
    call->part();
  }
}

client::Operation InProcessTransport::begin(const std::shared_ptr<Call>& call,
                                            const client::ApiRequest& request) {
  calls_->add(call);
  client::Operation operation{call};
  auto made = std::make_shared<http::Request>();
  made->method = request.method;
  made->protocol = "in-process";
  made->certificate = certificate_;
  made->departure = call->departure();
  made->headers = {{"accept", request.accept}, {"user-agent", "cove"}};
  if (request.body) {
    made->headers.emplace_back("content-type", request.content_type);
    made->body = *request.body;
  }
  for (auto [name, value] : request.headers) {
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    made->headers.emplace_back(std::move(name), value);
  }
  const ApiResult<std::string> target = client::target_of(request);
  if (!target) {
    call->end(target.error());
    return operation;
  }
  if (const auto parsed = http::parse_target(*target, *made); !parsed) {
    call->end(client::no_answer(parsed.error()));
    return operation;
  }
  // On the executor, so that the answer finds the timer armed.
  executor_.post([call, made, &handler = handler_] {
    if (made->cancelled()) return;
    call->arm();
    handler.handle(made, [call](http::Answer answer) { call->answer(std::move(answer)); });
  });
  return operation;
}

client::Operation InProcessTransport::send(client::ApiRequest request, Callback done) {
  const auto call = std::make_shared<Call>(executor_, calls_, request.timeout);
  call->done = std::move(done);
  return begin(call, request);
}

client::Operation InProcessTransport::watch(client::ApiRequest request,
                                            client::WatchCallbacks callbacks) {
  const auto call = std::make_shared<Call>(executor_, calls_, request.timeout);
  call->is_watch = true;
  call->callbacks = std::move(callbacks);
  return begin(call, request);
}

client::Operation InProcessTransport::stream(client::ApiRequest request,
                                             client::StreamCallbacks callbacks) {
  const auto call = std::make_shared<Call>(executor_, calls_, request.timeout);
  call->is_stream = true;
  call->pouring = std::move(callbacks);
  return begin(call, request);
}

}  // namespace cove::node
