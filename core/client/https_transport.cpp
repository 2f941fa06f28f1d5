#include "core/client/https_transport.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <deque>
#include <unordered_set>

#include "core/client/https_connection.h"
#include "core/client/wire.h"

namespace cove::client {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using ConnectionPtr = std::shared_ptr<HttpsConnection>;

namespace {

constexpr std::uint32_t kMaxHeader = 256 * 1024;
constexpr std::size_t kMaxErrorBytes = 4 << 20;
constexpr std::size_t kPiece = 16 << 10;  // what one record of TLS has at most
constexpr int kMaxRepeats = 10;

struct Head {
  int status = 0;
  Pairs headers;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool clean_header(const std::string& name, const std::string& value) {
  const auto is_token = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  };
  return !name.empty() && std::ranges::all_of(name, is_token) &&
         std::ranges::none_of(value, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool safe_to_repeat(const ApiRequest& request) {
  return request.method == "GET" || request.method == "HEAD";
}

}  // namespace

// One operation. Its callbacks belong to the executor, `attempt` to the network thread.
class HttpsTransport::Call final : public Operation::Impl,
                                   public std::enable_shared_from_this<Call> {
 public:
  enum class Kind { kSend, kWatch, kStream };
  // What the network thread has of an operation while it runs.
  struct Attempt {
    explicit Attempt(asio::io_context& io) : deadline(io), gate(io) {}
    asio::steady_timer deadline;
    asio::steady_timer gate;  // woken when somebody else has done something
    ConnectionPtr connection;
    std::optional<ApiError> aborted;
    bool open = false;      // the gate
    bool answered = false;  // the deadline does not count any more
  };

  Call(std::weak_ptr<Core> core, Executor& executor, ApiRequest for_request)
      : request(std::move(for_request)), core_(std::move(core)), executor_(executor) {}

  void cancel() override;
  bool cancelled() const { return cancelled_; }
  void post(std::function<void(Call&)> task) {
    executor_.post([self = shared_from_this(), work = std::move(task)] {
      if (!self->cancelled_) work(*self);
    });
  }
  void finish_send(ApiResult<ApiResponse> result) {
    post([outcome = std::move(result)](Call& call) {
      const Transport::Callback callback = std::exchange(call.done, nullptr);
      if (callback) callback(outcome);
    });
  }
  void finish_following(std::optional<ApiError> error) {
    post([why = std::move(error)](Call& call) {
      const auto closed = call.kind == Kind::kWatch ? std::exchange(call.callbacks.closed, nullptr)
                                                    : std::exchange(call.stream.closed, nullptr);
      if (closed) closed(why);
    });
  }
  void finish(const ApiError& error) {
    if (follows()) {
      finish_following(error);
    } else {
      finish_send(error);
    }
  }

  // Its connection is its own, and its answer has no end of itself.
  bool follows() const { return kind != Kind::kSend; }

  const ApiRequest request;
  Kind kind = Kind::kSend;
  Transport::Callback done;
  WatchCallbacks callbacks;
  StreamCallbacks stream;
  std::weak_ptr<Attempt> attempt;

 private:
  const std::weak_ptr<Core> core_;
  Executor& executor_;
  std::atomic<bool> cancelled_ = false;
};

class HttpsTransport::Core : public std::enable_shared_from_this<Core> {
 public:
  using CallPtr = std::shared_ptr<Call>;
  using AttemptPtr = std::shared_ptr<Call::Attempt>;

  Core(Executor& executor, ClientConfig config, std::shared_ptr<CredentialSource> credentials,
       const HttpsLimits& limits)
      : executor_(executor),
        config_(std::move(config)),
        source_(std::move(credentials)),
        limits_(limits) {}

  void start() {
    thread_ = std::thread([this] { io_.run(); });
  }
  void shut_down();
  Executor& executor() const { return executor_; }
  asio::io_context& io() { return io_; }
  void begin(const CallPtr& call);
  void abort(const CallPtr& call, const ApiError& why);

 private:
  asio::awaitable<void> run(CallPtr call, AttemptPtr attempt);
  asio::awaitable<ApiResult<ApiResponse>> send_patiently(CallPtr call, AttemptPtr attempt);
  asio::awaitable<ApiResult<ApiResponse>> send_once(CallPtr call, AttemptPtr attempt,
                                                    bool* repeatable);
  asio::awaitable<std::optional<ApiError>> open_and_follow(CallPtr call, AttemptPtr attempt);
  asio::awaitable<ApiResult<ConnectionPtr>> connect(AttemptPtr attempt, bool fresh);
  asio::awaitable<ApiResult<void>> authenticate(AttemptPtr attempt);
  asio::awaitable<bool> wait(AttemptPtr attempt, std::chrono::nanoseconds time);

  using Parser = http::response_parser<http::buffer_body>;
  struct Reading {
    Parser parser;
    boost::beast::flat_buffer buffer{kMaxHeader};
  };
  asio::awaitable<ApiResult<Head>> request_head(CallPtr call, AttemptPtr attempt,
                                                std::shared_ptr<Reading> reading);
  asio::awaitable<ApiResult<std::string>> read_some(AttemptPtr attempt,
                                                    std::shared_ptr<Reading> reading);
  asio::awaitable<ApiResult<std::string>> read_all(AttemptPtr attempt,
                                                   std::shared_ptr<Reading> reading,
                                                   std::size_t bound);
  asio::awaitable<std::optional<ApiError>> follow(CallPtr call, AttemptPtr attempt,
                                                  std::shared_ptr<Reading> reading);
  asio::awaitable<std::optional<ApiError>> hand_over(CallPtr call, AttemptPtr attempt,
                                                     std::vector<std::string> lines);
  // What of a stream is on its way to the reader.
  struct Hand {
    std::string waiting;  // at most kMaxStreamPiece
    bool lent = false;    // the reader has a piece
  };
  asio::awaitable<std::optional<ApiError>> pour(CallPtr call, AttemptPtr attempt,
                                                std::shared_ptr<Reading> reading);
  void lend(const CallPtr& call, const AttemptPtr& attempt, const std::shared_ptr<Hand>& hand);
  asio::awaitable<std::optional<ApiError>> until_taken(AttemptPtr attempt);

  ApiResult<http::request<http::string_body>> message_of(const ApiRequest& request) const;
  static void open_gate(const std::weak_ptr<Call::Attempt>& weak);
  ConnectionPtr take_kept();
  void keep(const AttemptPtr& attempt);
  void arm_deadline(const CallPtr& call, const AttemptPtr& attempt);
  void next_waiting();
  void launch(const CallPtr& call, const AttemptPtr& attempt);
  ApiError broken(const AttemptPtr& attempt, const Error& error) const {
    return attempt->aborted ? *attempt->aborted : no_answer(error);
  }

  Executor& executor_;
  const ClientConfig config_;
  const std::shared_ptr<CredentialSource> source_;
  const HttpsLimits limits_;
  // Of the network thread.
  Credentials credentials_;
  TlsContext tls_;
  std::deque<ConnectionPtr> kept_;
  std::deque<std::pair<CallPtr, AttemptPtr>> waiting_;
  std::unordered_set<CallPtr> open_;
  std::size_t requests_ = 0;
  std::size_t watches_ = 0;

  std::stop_source stop_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  asio::thread_pool helpers_{1};
  std::thread thread_;
};

void HttpsTransport::Call::cancel() {
  if (cancelled_.exchange(true)) return;
  executor_.post([self = shared_from_this()] {
    self->done = nullptr;
    self->callbacks = {};
    self->stream = {};
  });
  if (const auto core = core_.lock()) {
    asio::post(core->io(), [raw = core.get(), self = shared_from_this()] {
      raw->abort(self, no_answer(ErrorCode::kCancelled, "it was cancelled"));
    });
  }
}

void HttpsTransport::Core::shut_down() {
  stop_.request_stop();
  asio::post(io_, [this] {
    const ApiError gone = no_answer(ErrorCode::kCancelled, "the client was closed");
    for (const auto& [call, attempt] : std::exchange(waiting_, {})) call->finish(gone);
    for (const CallPtr& call : std::unordered_set<CallPtr>(open_)) call->finish(gone);
    io_.stop();
  });
  thread_.join();
  helpers_.join();
  kept_.clear();  // before the context that they live on
}

void HttpsTransport::Core::begin(const CallPtr& call) {
  if (call->cancelled()) return;
  if (call->follows() ? watches_ >= limits_.watches : waiting_.size() >= limits_.waiting) {
    return call->finish(
        no_answer(ErrorCode::kResourceExhausted, "too many requests to the server are under way"));
  }
  const auto attempt = std::make_shared<Call::Attempt>(io_);
  call->attempt = attempt;
  arm_deadline(call, attempt);
  if (call->follows()) {
    ++watches_;
    return launch(call, attempt);
  }
  waiting_.emplace_back(call, attempt);
  next_waiting();
}

void HttpsTransport::Core::next_waiting() {
  while (requests_ < limits_.connections && !waiting_.empty()) {
    const auto [call, attempt] = std::move(waiting_.front());
    waiting_.pop_front();
    ++requests_;
    launch(call, attempt);
  }
}

void HttpsTransport::Core::launch(const CallPtr& call, const AttemptPtr& attempt) {
  open_.insert(call);
  asio::co_spawn(io_, run(call, attempt), [](std::exception_ptr bug) {
    if (bug) std::rethrow_exception(bug);
  });
}

void HttpsTransport::Core::arm_deadline(const CallPtr& call, const AttemptPtr& attempt) {
  attempt->deadline.expires_after(call->request.timeout);
  attempt->deadline.async_wait([this, call, weak = std::weak_ptr(attempt)](error_code error) {
    const AttemptPtr living = weak.lock();
    if (error || !living || living->answered) return;
    abort(call, no_answer(ErrorCode::kTimeout,
                          fmt::format("no answer within {} ms", call->request.timeout.count())));
  });
}

void HttpsTransport::Core::abort(const CallPtr& call, const ApiError& why) {
  const auto attempt = call->attempt.lock();
  if (!attempt || attempt->aborted) return;
  attempt->aborted = why;
  attempt->gate.cancel();
  if (attempt->connection) attempt->connection->close();
  if (open_.contains(call)) return;
  std::erase_if(waiting_, [&](const auto& each) { return each.first == call; });
  call->finish(why);
}

void HttpsTransport::Core::open_gate(const std::weak_ptr<Call::Attempt>& weak) {
  const AttemptPtr attempt = weak.lock();
  if (!attempt) return;
  attempt->open = true;
  attempt->gate.cancel();
}

// Until the gate is opened (true), the time has passed or the attempt was aborted.
asio::awaitable<bool> HttpsTransport::Core::wait(AttemptPtr attempt,
                                                 std::chrono::nanoseconds time) {
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  if (!attempt->open && !attempt->aborted) {
    attempt->gate.expires_after(std::chrono::duration_cast<asio::steady_timer::duration>(time));
    co_await attempt->gate.async_wait(token);
  }
  co_return std::exchange(attempt->open, false);
}

asio::awaitable<void> HttpsTransport::Core::run(CallPtr call, AttemptPtr attempt) {
  if (call->follows()) {
    std::optional<ApiError> ended = co_await open_and_follow(call, attempt);
    --watches_;
    call->finish_following(std::move(ended));
    if (attempt->connection) attempt->connection->close();
  } else {
    ApiResult<ApiResponse> result = co_await send_patiently(call, attempt);
    --requests_;
    call->finish_send(std::move(result));
    next_waiting();
  }
  attempt->answered = true;
  attempt->deadline.cancel();
  open_.erase(call);
}

asio::awaitable<ApiResult<ApiResponse>> HttpsTransport::Core::send_patiently(CallPtr call,
                                                                             AttemptPtr attempt) {
  bool refreshed = false;
  bool reconnected = false;
  for (int repeats = 0;;) {
    bool lost = false;  // a kept connection, before any answer
    ApiResult<ApiResponse> result = co_await send_once(call, attempt, &lost);
    if (attempt->aborted) co_return *attempt->aborted;
    if (result) co_return result;
    const ApiError& error = result.error();
    if (lost && !reconnected && safe_to_repeat(call->request)) {
      reconnected = true;
      for (const ConnectionPtr& old : std::exchange(kept_, {})) old->close();
      continue;
    }
    if (error.is_unauthorized() && !refreshed && source_->rejected()) {
      refreshed = true;
      continue;
    }
    const bool asked = error.retry_after && (error.code == 429 || error.code >= 500);
    if (!asked || ++repeats > kMaxRepeats) co_return result;
    co_await wait(attempt, *error.retry_after);
    if (attempt->aborted) co_return result;
  }
}

asio::awaitable<ApiResult<ApiResponse>> HttpsTransport::Core::send_once(CallPtr call,
                                                                        AttemptPtr attempt,
                                                                        bool* lost) {
  attempt->connection.reset();
  ApiResult<void> known = co_await authenticate(attempt);
  if (!known) co_return known.error();
  ApiResult<ConnectionPtr> connection = co_await connect(attempt, false);
  if (!connection) co_return connection.error();
  const bool reused = (*connection)->used;
  auto reading = std::make_shared<Reading>();
  ApiResult<Head> head = co_await request_head(call, attempt, reading);
  if (!head) {
    *lost = reused && head.error().is_unanswered();
    co_return head.error();
  }
  const std::size_t bound = head->status / 100 == 2 ? limits_.answer_bytes : kMaxErrorBytes;
  ApiResult<std::string> body = co_await read_all(attempt, reading, bound);
  if (!body) co_return body.error();
  if (reading->parser.keep_alive() && reading->buffer.size() == 0) keep(attempt);
  co_return decode_response(head->status, head->headers, std::move(*body));
}

asio::awaitable<ApiResult<void>> HttpsTransport::Core::authenticate(AttemptPtr attempt) {
  std::optional<Credentials> now = source_->ready();
  if (!now) {
    auto found = std::make_shared<std::optional<Result<Credentials>>>();
    asio::post(helpers_, [this, found, weak = std::weak_ptr(attempt)] {
      Result<Credentials> result = source_->get(stop_.get_token());
      asio::post(io_, [found, weak, outcome = std::move(result)]() mutable {
        *found = std::move(outcome);
        open_gate(weak);
      });
    });
    co_await wait(attempt, std::chrono::hours(1));
    if (attempt->aborted) co_return *attempt->aborted;
    if (!*found) co_return no_answer(ErrorCode::kTimeout, "credentials were not found out in time");
    if (!**found) co_return no_answer((*found)->error());
    now = std::move(***found);
  }
  const bool same_certificate = now->certificate_pem == credentials_.certificate_pem &&
                                now->key_pem.reveal() == credentials_.key_pem.reveal();
  if (!tls_ || !same_certificate) {
    Result<TlsContext> context = make_tls_context(config_, *now);
    if (!context) co_return no_answer(context.error());
    tls_ = std::move(*context);
    kept_.clear();
  }
  credentials_ = std::move(*now);
  co_return ApiResult<void>();
}

asio::awaitable<ApiResult<ConnectionPtr>> HttpsTransport::Core::connect(AttemptPtr attempt,
                                                                        bool fresh) {
  if (ConnectionPtr kept = fresh ? nullptr : take_kept()) {
    attempt->connection = kept;
    co_return kept;
  }
  ConnectionPtr connection = std::make_shared<HttpsConnection>(io_, config_, tls_);
  attempt->connection = connection;
  // Slow peers are given up before the request's own time is over.
  auto slow = std::make_shared<bool>(false);
  asio::steady_timer limit(io_, limits_.connect);
  limit.async_wait([slow, weak = std::weak_ptr(connection)](error_code error) {
    const ConnectionPtr late = weak.lock();
    if (error || !late) return;
    *slow = true;
    late->close();
  });
  Result<void> opened = co_await HttpsConnection::open(connection);
  limit.cancel();
  if (attempt->aborted) co_return *attempt->aborted;
  if (*slow)
    co_return no_answer(connection->failed(
        ErrorCode::kTimeout, fmt::format("no connection within {} ms", limits_.connect.count())));
  if (!opened) co_return no_answer(opened.error());
  co_return connection;
}

ConnectionPtr HttpsTransport::Core::take_kept() {
  const auto oldest = std::chrono::steady_clock::now() - limits_.idle;
  while (!kept_.empty()) {
    ConnectionPtr connection = std::move(kept_.back());
    kept_.pop_back();
    if (connection->tls() == tls_ && connection->kept_since > oldest && connection->quiet())
      return connection;
  }
  return nullptr;
}

void HttpsTransport::Core::keep(const AttemptPtr& attempt) {
  ConnectionPtr connection = std::exchange(attempt->connection, nullptr);
  if (attempt->aborted || connection->tls() != tls_) return;
  connection->used = true;
  connection->kept_since = std::chrono::steady_clock::now();
  kept_.push_back(std::move(connection));
}

ApiResult<http::request<http::string_body>> HttpsTransport::Core::message_of(
    const ApiRequest& request) const {
  COVE_TRY(std::string target, target_of(request));
  http::request<http::string_body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(config_.path_prefix + target);
  message.set(http::field::host, authority_of(config_.host, config_.port));
  message.set(http::field::user_agent, "cove");
  message.set(http::field::accept, request.accept);
  Pairs headers = request.headers;
  std::ranges::move(identity_headers(config_, credentials_), std::back_inserter(headers));
  for (const auto& [name, value] : headers) {
    if (!clean_header(name, value))
      return no_answer(ErrorCode::kInvalidArgument, "a header's name or value cannot be sent");
    message.insert(name, value);
  }
  if (request.body) {
    message.set(http::field::content_type, request.content_type);
    message.body() = *request.body;
  }
  message.prepare_payload();
  return message;
}

// Sends the request and reads the answer's header.
asio::awaitable<ApiResult<Head>> HttpsTransport::Core::request_head(
    CallPtr call, AttemptPtr attempt, std::shared_ptr<Reading> reading) {
  ApiResult<http::request<http::string_body>> message = message_of(call->request);
  if (!message) co_return message.error();
  const ConnectionPtr connection = attempt->connection;
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await http::async_write(connection->stream(), *message, token);
  // A server that refuses us may have hung up by now; why is in what it sent before.
  const error_code unsent = error;
  reading->parser.header_limit(kMaxHeader);
  reading->parser.body_limit(boost::none);
  co_await http::async_read_header(connection->stream(), reading->buffer, reading->parser, token);
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    co_return no_answer(connection->failed(ErrorCode::kResourceExhausted,
                                           "the header of its answer is longer than 256 KiB"));
  }
  if (error) {
    const bool told = error.category() == asio::error::get_ssl_category();
    const bool nonsense =
        error.category() == http::make_error_code(http::error::end_of_stream).category() &&
        error != http::error::end_of_stream;
    if (nonsense) {
      co_return broken(
          attempt, connection->failed(ErrorCode::kUnavailable,
                                      fmt::format("its answer is not HTTP: {}", error.message())));
    }
    co_return broken(
        attempt, connection->describe(unsent && !told ? unsent : error, "the connection broke"));
  }
  Head head;
  head.status = static_cast<int>(reading->parser.get().result_int());
  for (const auto& field : reading->parser.get())
    head.headers.emplace_back(lower(field.name_string()), field.value());
  co_return head;
}

// What has come, at least one byte; nothing once the body is complete.
asio::awaitable<ApiResult<std::string>> HttpsTransport::Core::read_some(
    AttemptPtr attempt, std::shared_ptr<Reading> reading) {
  std::string piece(kPiece, '\0');
  auto& body = reading->parser.get().body();
  while (!reading->parser.is_done()) {
    body.data = piece.data();
    body.size = piece.size();
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await http::async_read_some(attempt->connection->stream(), reading->buffer, reading->parser,
                                   token);
    if (error && error != http::error::need_buffer) {
      co_return broken(attempt, attempt->connection->describe(error, "the connection broke"));
    }
    if (attempt->aborted) co_return *attempt->aborted;
    if (const std::size_t got = piece.size() - body.size; got > 0) {
      piece.resize(got);
      co_return piece;
    }
  }
  co_return std::string();
}

asio::awaitable<ApiResult<std::string>> HttpsTransport::Core::read_all(
    AttemptPtr attempt, std::shared_ptr<Reading> reading, std::size_t bound) {
  std::string all;
  while (true) {
    ApiResult<std::string> piece = co_await read_some(attempt, reading);
    if (!piece) co_return piece.error();
    if (piece->empty()) co_return all;
    if (all.size() + piece->size() > bound) {
      co_return no_answer(attempt->connection->failed(
          ErrorCode::kResourceExhausted, fmt::format("its answer is longer than {} bytes", bound)));
    }
    all += *piece;
  }
}

asio::awaitable<std::optional<ApiError>> HttpsTransport::Core::open_and_follow(CallPtr call,
                                                                               AttemptPtr attempt) {
  for (bool refreshed = false;; refreshed = true) {
    ApiResult<void> known = co_await authenticate(attempt);
    if (!known) co_return known.error();
    // Never a kept connection: they are for requests, and this one does not come back.
    ApiResult<ConnectionPtr> connection = co_await connect(attempt, true);
    if (!connection) co_return connection.error();
    auto reading = std::make_shared<Reading>();
    ApiResult<Head> head = co_await request_head(call, attempt, reading);
    if (!head) co_return head.error();
    if (head->status == 200) {
      attempt->answered = true;
      attempt->deadline.cancel();
      const bool watches = call->kind == Call::Kind::kWatch;
      call->post([watches](Call& of) {
        const auto& opened = watches ? of.callbacks.opened : of.stream.opened;
        if (opened) opened();
      });
      if (watches) co_return co_await follow(call, attempt, reading);
      co_return co_await pour(call, attempt, reading);
    }
    ApiResult<std::string> body = co_await read_all(attempt, reading, kMaxErrorBytes);
    if (!body) co_return body.error();
    ApiResult<ApiResponse> refusal = decode_response(head->status, head->headers, std::move(*body));
    if (refusal)
      co_return no_answer(ErrorCode::kUnavailable, "the server did not answer with a stream");
    if (!refusal.error().is_unauthorized() || refreshed || !source_->rejected())
      co_return refusal.error();
  }
}

asio::awaitable<std::optional<ApiError>> HttpsTransport::Core::follow(
    CallPtr call, AttemptPtr attempt, std::shared_ptr<Reading> reading) {
  LineSplitter splitter(limits_.event_bytes);
  while (true) {
    ApiResult<std::string> piece = co_await read_some(attempt, reading);
    if (!piece) co_return piece.error();
    if (piece->empty()) {
      if (splitter.partial())
        co_return no_answer(ErrorCode::kUnavailable, "the watch ended within an event");
      co_return std::nullopt;
    }
    ApiResult<std::vector<std::string>> lines = splitter.put(*piece);
    if (!lines) co_return lines.error();
    if (lines->empty()) continue;
    std::optional<ApiError> ended = co_await hand_over(call, attempt, std::move(*lines));
    if (ended) co_return ended;
  }
}

// To the executor, and until it has taken them.
asio::awaitable<std::optional<ApiError>> HttpsTransport::Core::hand_over(
    CallPtr call, AttemptPtr attempt, std::vector<std::string> lines) {
  std::vector<WatchEvent> events;
  std::optional<ApiError> ended;
  for (const std::string& line : lines) {
    ApiResult<WatchEvent> event = decode_event(line);
    if (!event) {
      ended = event.error();
      break;
    }
    events.push_back(std::move(*event));
  }
  if (!events.empty()) {
    call->post([weak = weak_from_this(), waiting = std::weak_ptr(attempt),
                batch = std::move(events)](Call& of) {
      of.callbacks.events(batch);
      const auto core = weak.lock();
      if (core) asio::post(core->io_, [waiting] { open_gate(waiting); });
    });
    const std::optional<ApiError> aborted = co_await until_taken(attempt);
    if (aborted) co_return aborted;
  }
  co_return ended;
}

// As bytes, each piece once the one before has been taken. What comes meanwhile is one piece more,
// so that the connection and the reader work at the same time.
asio::awaitable<std::optional<ApiError>> HttpsTransport::Core::pour(
    CallPtr call, AttemptPtr attempt, std::shared_ptr<Reading> reading) {
  const auto hand = std::make_shared<Hand>();
  std::optional<ApiError> ended;
  for (bool more = true; more;) {
    ApiResult<std::string> piece = co_await read_some(attempt, reading);
    more = piece && !piece->empty();
    if (!piece) ended = piece.error();
    if (more) hand->waiting += *piece;
    lend(call, attempt, hand);
    while (hand->lent && (!more || hand->waiting.size() + kPiece > kMaxStreamPiece)) {
      const std::optional<ApiError> aborted = co_await until_taken(attempt);
      if (aborted) co_return aborted;
    }
  }
  co_return ended;
}

// What waits, unless the reader still has what came before.
void HttpsTransport::Core::lend(const CallPtr& call, const AttemptPtr& attempt,
                                const std::shared_ptr<Hand>& hand) {
  if (hand->lent || hand->waiting.empty()) return;
  hand->lent = true;
  auto taken = [weak = weak_from_this(), call = std::weak_ptr(call),
                waiting = std::weak_ptr(attempt), hand] {
    const auto core = weak.lock();
    if (!core) return;
    asio::post(core->io_, [raw = core.get(), call, waiting, hand] {
      const auto living = call.lock();
      const auto under_way = waiting.lock();
      if (!living || !under_way || !std::exchange(hand->lent, false)) return;
      raw->lend(living, under_way, hand);
      open_gate(waiting);
    });
  };
  call->post([taken = std::move(taken), bytes = std::exchange(hand->waiting, {})](Call& of) {
    of.stream.bytes(bytes, taken);
  });
}

asio::awaitable<std::optional<ApiError>> HttpsTransport::Core::until_taken(AttemptPtr attempt) {
  bool taken = false;
  while (!taken && !attempt->aborted) taken = co_await wait(attempt, std::chrono::hours(24));
  co_return attempt->aborted;
}

HttpsTransport::HttpsTransport(std::shared_ptr<Core> core) : core_(std::move(core)) {
  core_->start();
}

HttpsTransport::~HttpsTransport() {
  core_->shut_down();
}

Result<std::unique_ptr<HttpsTransport>> HttpsTransport::create(
    Executor& executor, ClientConfig config, std::shared_ptr<CredentialSource> credentials,
    const HttpsLimits& limits) {
  if (const auto known = credentials->ready()) COVE_CHECK(make_tls_context(config, *known));
  return std::unique_ptr<HttpsTransport>(new HttpsTransport(
      std::make_shared<Core>(executor, std::move(config), std::move(credentials), limits)));
}

Operation HttpsTransport::begin(const std::shared_ptr<Call>& call) {
  asio::post(core_->io(), [core = core_.get(), call] { core->begin(call); });
  return Operation(call);
}

Operation HttpsTransport::send(ApiRequest request, Callback done) {
  const auto call = std::make_shared<Call>(core_, core_->executor(), std::move(request));
  call->done = std::move(done);
  return begin(call);
}

Operation HttpsTransport::watch(ApiRequest request, WatchCallbacks callbacks) {
  const auto call = std::make_shared<Call>(core_, core_->executor(), std::move(request));
  call->kind = Call::Kind::kWatch;
  call->callbacks = std::move(callbacks);
  return begin(call);
}

Operation HttpsTransport::stream(ApiRequest request, StreamCallbacks callbacks) {
  const auto call = std::make_shared<Call>(core_, core_->executor(), std::move(request));
  call->kind = Call::Kind::kStream;
  call->stream = std::move(callbacks);
  return begin(call);
}

Executor& HttpsTransport::executor() {
  return core_->executor();
}

}  // namespace cove::client
