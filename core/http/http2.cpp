// HTTP/2: all requests of a connection side by side. nghttp2 does the framing and holds the peer to
// the protocol; what a peer may take is decided here.
#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <deque>

#include "core/http/body_reader.h"
#include "core/http/session.h"

namespace cove::http {
namespace {

constexpr std::int32_t kStreamWindow = 256 * 1024;
constexpr std::int32_t kConnectionWindow = 1024 * 1024;
// Frames that cost nothing to send and move no request: so many at once, so many a second.
constexpr double kIdleFrames = 1000;
constexpr double kIdleFramesPerSecond = 100;
constexpr std::size_t kMaxAcknowledgements = 1000;
constexpr std::size_t kMaxSettings = 32;
constexpr std::size_t kMaxContinuations = 8;

struct SessionDeleter {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};
struct CallbacksDeleter {
  void operator()(nghttp2_session_callbacks* callbacks) const {
    nghttp2_session_callbacks_del(callbacks);
  }
};
struct OptionDeleter {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};

std::string_view text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

nghttp2_nv field(std::string_view name, std::string_view value) {
  // Not written to: nghttp2 copies both.
  auto* const name_bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
  auto* const value_bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
  return {name_bytes, value_bytes, name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

// One request and its answer.
struct Exchange {
  std::int32_t id = 0;
  std::shared_ptr<Request> request = std::make_shared<Request>();
  std::string target;
  std::size_t header_size = 0;
  std::size_t header_fields = 0;
  std::size_t held = 0;  // bytes of the body that count towards the connection's bound
  std::stop_source departure;
  SteadyTime since{};  // the beginning of its header or body, or the last progress of its answer
  std::optional<SteadyTime> stream_end;
  bool header_done = false;
  bool asked = false;
  bool answered = false;
  bool stream_ending = false;
  bool waits_for_news = false;
  bool stalled = false;  // has bytes that the client does not take
  Answer answer;
  BodyReader rest;                   // of a whole body
  std::deque<Stream::Piece> pieces;  // taken and not sent yet
  std::size_t piece_sent = 0;        // of the first of them
  bool stream_finished = false;
  bool stream_cut = false;
};

class Http2Session final : public Session {
 public:
  explicit Http2Session(Link& link)
      : link_(link), since_(link.now()), refilled_(since_), session_(make_session(this)) {
    const std::array<nghttp2_settings_entry, 3> settings{{
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, link.limits().streams},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, link.limits().header_bytes},
    }};
    nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(session_.get(), NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  }

  ~Http2Session() override {
    for (auto& [id, exchange] : exchanges_) depart(*exchange);
  }

  void receive(std::string_view bytes) override {
    if (failed_ || deaf_) return;
    const ssize_t size = nghttp2_session_mem_recv(
        session_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (size < 0) {
      deaf_ = true;
      fail(NGHTTP2_PROTOCOL_ERROR);
    }
  }

  void input_ended() override {
    input_ended_ = true;
    for (auto& [id, exchange] : exchanges_) depart(*exchange);
    failed_ = true;
  }

  void answer(std::uint64_t ticket, Answer given) override {
    --unanswered_;
    Exchange* const exchange = find(static_cast<std::int32_t>(ticket));
    if (exchange == nullptr) {
      if (given.stream) given.stream->abandon();
      return;
    }
    release(*exchange);
    begin_answer(*exchange, std::move(given));
  }

  void news(std::uint64_t ticket) override {
    Exchange* const exchange = find(static_cast<std::int32_t>(ticket));
    if (exchange != nullptr) resume(*exchange);
  }

  void produce(std::string& out, std::size_t limit) override {
    while (out.size() < limit) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
      if (size < 0) failed_ = true;
      if (size <= 0) return;
      out.append(text(bytes, static_cast<std::size_t>(size)));
    }
  }

  bool wants_input() const override {
    return !failed_ && !deaf_ && !input_ended_ && nghttp2_session_want_read(session_.get()) != 0;
  }

  bool finished() const override {
    if (failed_) return true;
    if (nghttp2_session_want_write(session_.get()) != 0) return false;
    if (winding_down_ && exchanges_.empty()) return true;
    return nghttp2_session_want_read(session_.get()) == 0;
  }

  bool lingers() const override { return !input_ended_; }

  std::optional<SteadyTime> deadline() const override {
    const Limits& limits = link_.limits();
    if (exchanges_.empty()) return since_ + limits.idle;
    std::optional<SteadyTime> earliest;
    for (const auto& [id, exchange] : exchanges_) {
      const auto wanted = deadline_of(*exchange);
      if (wanted && (!earliest || *wanted < *earliest)) earliest = wanted;
    }
    return earliest;
  }

  void expired() override {
    const SteadyTime time = link_.now();
    if (exchanges_.empty() && since_ + link_.limits().idle <= time) {
      fail(NGHTTP2_NO_ERROR);
      return;
    }
    for (auto& [id, exchange] : exchanges_) {
      const auto wanted = deadline_of(*exchange);
      if (!wanted || *wanted > time) continue;
      if (exchange->answer.stream && exchange->stream_end && *exchange->stream_end <= time &&
          !exchange->stalled) {
        end_stream(*exchange);
      } else {
        reset(id, NGHTTP2_CANCEL);
        exchange->since = time + link_.limits().idle;  // until the frame is sent
      }
    }
  }

  void wind_down() override {
    if (std::exchange(winding_down_, true)) return;
    nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR,
                          nullptr, 0);
    for (auto& [id, exchange] : exchanges_) {
      if (!exchange->asked) {
        reset(id, NGHTTP2_REFUSED_STREAM);
      } else if (exchange->answer.stream) {
        end_stream(*exchange);
      }
    }
  }

 private:
  using Owned = std::unique_ptr<nghttp2_session, SessionDeleter>;

  static Http2Session& self(void* user) { return *static_cast<Http2Session*>(user); }
  static Owned make_session(Http2Session* owner);

  Exchange* find(std::int32_t id) {
    const auto found = exchanges_.find(id);
    return found == exchanges_.end() ? nullptr : found->second.get();
  }

  void reset(std::int32_t id, std::uint32_t code) {
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, id, code);
  }

  void fail(std::uint32_t code) { nghttp2_session_terminate_session(session_.get(), code); }

  // Nobody waits for this exchange any more.
  static void depart(Exchange& exchange) {
    exchange.departure.request_stop();
    if (const auto stream = std::exchange(exchange.answer.stream, nullptr)) stream->abandon();
  }

  std::optional<SteadyTime> deadline_of(const Exchange& exchange) const {
    const Limits& limits = link_.limits();
    if (!exchange.asked && !exchange.answered)
      return exchange.since + (exchange.header_done ? limits.body : limits.header);
    std::optional<SteadyTime> wanted;
    if (exchange.answered && exchange.stalled) wanted = exchange.since + limits.write;
    if (exchange.stream_end && !exchange.stream_ending &&
        (!wanted || *exchange.stream_end < *wanted)) {
      wanted = exchange.stream_end;
    }
    return wanted;
  }

  int begin_headers(const nghttp2_frame& frame);
  int header(const nghttp2_frame& frame, std::string_view name, std::string_view value);
  int frame_received(const nghttp2_frame& frame);
  int data(std::int32_t id, std::string_view bytes);
  int frame_sent(const nghttp2_frame& frame);
  void closed(std::int32_t id);
  ssize_t provide(std::int32_t id, std::span<std::uint8_t> space, std::uint32_t& flags);

  bool spend_idle_frame();
  void header_complete(Exchange& exchange);
  void ask(Exchange& exchange);
  void refuse(Exchange& exchange, int status, std::string_view message);
  void begin_answer(Exchange& exchange, Answer given);
  void submit(Exchange& exchange, bool with_body);
  void resume(Exchange& exchange);
  void end_stream(Exchange& exchange);
  std::size_t copy_pieces(Exchange& exchange, std::span<std::uint8_t> space);
  void hold(Exchange& exchange, std::size_t size);
  void release(Exchange& exchange);
  void grant();

  Link& link_;
  SteadyTime since_;  // the last time that there was an exchange
  std::unordered_map<std::int32_t, std::unique_ptr<Exchange>> exchanges_;
  std::size_t unanswered_ = 0;  // by the handler, given up by the client or not
  std::size_t held_ = 0;        // bytes of bodies in memory
  std::size_t ungranted_ = 0;   // bytes received that the client may not replace yet
  double idle_frames_ = kIdleFrames;
  SteadyTime refilled_;
  bool input_ended_ = false;
  bool winding_down_ = false;
  bool deaf_ = false;    // the client does not keep to the protocol; it is being told
  bool failed_ = false;  // nothing more can be said
  Owned session_;
};

// Callbacks have C's shape; each goes straight to the member of its name.
Http2Session::Owned Http2Session::make_session(Http2Session* owner) {
  nghttp2_session_callbacks* raw_callbacks = nullptr;
  nghttp2_option* raw_option = nullptr;
  if (nghttp2_session_callbacks_new(&raw_callbacks) != 0 || nghttp2_option_new(&raw_option) != 0)
    throw std::bad_alloc();
  const std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter> callbacks(raw_callbacks);
  const std::unique_ptr<nghttp2_option, OptionDeleter> option(raw_option);
  nghttp2_session_callbacks_set_on_begin_headers_callback(
      raw_callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        return self(user).begin_headers(*frame);
      });
  nghttp2_session_callbacks_set_on_header_callback(
      raw_callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                        std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                        std::uint8_t, void* user) {
        return self(user).header(*frame, text(name, name_size), text(value, value_size));
      });
  nghttp2_session_callbacks_set_on_frame_recv_callback(
      raw_callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        return self(user).frame_received(*frame);
      });
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
      raw_callbacks,
      [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
         std::size_t size, void* user) { return self(user).data(id, text(bytes, size)); });
  nghttp2_session_callbacks_set_on_frame_send_callback(
      raw_callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
        return self(user).frame_sent(*frame);
      });
  nghttp2_session_callbacks_set_on_stream_close_callback(
      raw_callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
        self(user).closed(id);
        return 0;
      });
  const Limits& limits = owner->link_.limits();
  nghttp2_option_set_no_auto_window_update(raw_option, 1);
  nghttp2_option_set_max_outbound_ack(raw_option, kMaxAcknowledgements);
  nghttp2_option_set_max_settings(raw_option, kMaxSettings);
  nghttp2_option_set_max_continuations(raw_option, kMaxContinuations);
  nghttp2_option_set_stream_reset_rate_limit(raw_option, limits.resets, limits.resets / 60 + 1);
  nghttp2_option_set_no_closed_streams(raw_option, 1);
  nghttp2_session* session = nullptr;
  if (nghttp2_session_server_new2(&session, raw_callbacks, owner, raw_option) != 0)
    throw std::bad_alloc();
  return Owned(session);
}

int Http2Session::begin_headers(const nghttp2_frame& frame) {
  if (frame.hd.type != NGHTTP2_HEADERS || frame.headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
  // Giving requests up does not free the handler of them: a client that does so on purpose waits.
  if (winding_down_ || unanswered_ >= 2 * std::size_t{link_.limits().streams}) {
    reset(frame.hd.stream_id, NGHTTP2_REFUSED_STREAM);
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }
  auto exchange = std::make_unique<Exchange>();
  exchange->id = frame.hd.stream_id;
  exchange->since = link_.now();
  exchange->request->protocol = "HTTP/2.0";
  exchanges_.insert_or_assign(frame.hd.stream_id, std::move(exchange));
  return 0;
}

int Http2Session::header(const nghttp2_frame& frame, std::string_view name,
                         std::string_view value) {
  Exchange* const exchange = find(frame.hd.stream_id);
  if (exchange == nullptr || exchange->header_done) return 0;  // trailers
  const Limits& limits = link_.limits();
  constexpr std::size_t kOverhead = 32;  // as RFC 9113 section 6.5.2 counts
  exchange->header_size += name.size() + value.size() + kOverhead;
  Request& request = *exchange->request;
  // The rest of such a header is read and forgotten; header_complete() answers.
  if (!name.starts_with(':')) ++exchange->header_fields;
  if (exchange->header_size > limits.header_bytes || exchange->header_fields > limits.header_fields)
    return 0;
  if (name == ":method") {
    request.method = value;
  } else if (name == ":path") {
    exchange->target = value;
  } else if (name == ":authority") {
    request.headers.emplace_back("host", value);
  } else if (!name.starts_with(':') && !(name == "host" && request.has_header("host"))) {
    request.headers.emplace_back(name, value);
  }
  return 0;
}

bool Http2Session::spend_idle_frame() {
  const SteadyTime time = link_.now();
  const std::chrono::duration<double> passed = time - refilled_;
  refilled_ = time;
  idle_frames_ = std::min(kIdleFrames, idle_frames_ + passed.count() * kIdleFramesPerSecond);
  idle_frames_ -= 1;
  if (idle_frames_ > 0) return true;
  fail(NGHTTP2_ENHANCE_YOUR_CALM);
  return false;
}

int Http2Session::frame_received(const nghttp2_frame& frame) {
  switch (frame.hd.type) {
    case NGHTTP2_PING:
    case NGHTTP2_SETTINGS:
    case NGHTTP2_PRIORITY: spend_idle_frame(); return 0;
    case NGHTTP2_DATA:
      if (frame.hd.length == 0 && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0)
        spend_idle_frame();
      break;
    case NGHTTP2_HEADERS: break;
    default: return 0;
  }
  Exchange* const exchange = find(frame.hd.stream_id);
  if (exchange == nullptr) return 0;
  if (frame.hd.type == NGHTTP2_HEADERS && !exchange->header_done) header_complete(*exchange);
  const bool complete = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (complete && !exchange->asked && !exchange->answered) ask(*exchange);
  return 0;
}

void Http2Session::header_complete(Exchange& exchange) {
  const Limits& limits = link_.limits();
  exchange.header_done = true;
  exchange.since = link_.now();
  if (exchange.header_size > limits.header_bytes) {
    refuse(exchange, 431,
           fmt::format("the request's header is longer than {} bytes", limits.header_bytes));
  } else if (exchange.header_fields > limits.header_fields) {
    refuse(exchange, 431,
           fmt::format("the request's header has more than {} fields", limits.header_fields));
  } else if (const auto read = parse_target(exchange.target, *exchange.request); !read) {
    refuse(exchange, 400, read.error().message());
  }
}

int Http2Session::data(std::int32_t id, std::string_view bytes) {
  Exchange* const exchange = find(id);
  nghttp2_session_consume_stream(session_.get(), id, bytes.size());
  if (exchange == nullptr || exchange->answered) {
    nghttp2_session_consume_connection(session_.get(), bytes.size());
    return 0;
  }
  hold(*exchange, bytes.size());
  const std::uint64_t limit = link_.limits().body_bytes;
  if (exchange->request->body.size() + bytes.size() > limit) {
    exchange->request->body = {};
    release(*exchange);
    refuse(*exchange, 413, fmt::format("limit is {}", limit));
    return 0;
  }
  exchange->request->body.append(bytes);
  return 0;
}

void Http2Session::hold(Exchange& exchange, std::size_t size) {
  exchange.held += size;
  held_ += size;
  ungranted_ += size;
  grant();
}

void Http2Session::release(Exchange& exchange) {
  held_ -= std::exchange(exchange.held, 0);
  grant();
}

// While too much is held the client is not told that it may send more.
void Http2Session::grant() {
  if (ungranted_ == 0 || held_ > link_.limits().buffered_bytes) return;
  nghttp2_session_consume_connection(session_.get(), std::exchange(ungranted_, 0));
}

void Http2Session::ask(Exchange& exchange) {
  exchange.asked = true;
  ++unanswered_;
  Request& request = *exchange.request;
  request.local_endpoint = link_.origin().local_endpoint;
  request.remote_address = link_.origin().remote_address;
  request.certificate = link_.origin().certificate;
  request.departure = exchange.departure.get_token();
  const std::shared_ptr<const Request> given = exchange.request;
  link_.ask(static_cast<std::uint64_t>(exchange.id), given);
}

void Http2Session::refuse(Exchange& exchange, int status, std::string_view message) {
  if (!exchange.answered) begin_answer(exchange, link_.refuse(status, message));
}

void Http2Session::begin_answer(Exchange& exchange, Answer given) {
  if (exchange.answered) return;
  exchange.answered = true;
  exchange.since = link_.now();
  if (given.upgrade) {
    reset(exchange.id, NGHTTP2_HTTP_1_1_REQUIRED);
    return;
  }
  exchange.answer = std::move(given);
  Answer& answer = exchange.answer;
  const bool bodiless = exchange.request->method == "HEAD" || answer.status == 204 ||
                        answer.status == 304 || answer.status < 200;
  submit(exchange, !bodiless);
  if (!answer.stream) return;
  if (bodiless) {
    answer.stream->abandon();
    answer.stream = nullptr;
    return;
  }
  if (answer.stream_lifetime.count() > 0)
    exchange.stream_end = link_.now() + answer.stream_lifetime;
  answer.stream->on_news(link_.notifier(static_cast<std::uint64_t>(exchange.id)));
  exchange.stream_ending = winding_down_;
}

void Http2Session::submit(Exchange& exchange, bool with_body) {
  const Answer& answer = exchange.answer;
  const std::string status = std::to_string(answer.status);
  std::vector<std::string> lower;  // names; not moved once fields point to them
  lower.reserve(answer.headers.size());
  std::vector<nghttp2_nv> fields;
  fields.reserve(answer.headers.size() + 4);
  fields.push_back(field(":status", status));
  if (!answer.content_type.empty() && may_send("x", answer.content_type))
    fields.push_back(field("content-type", answer.content_type));
  for (const auto& [name, value] : answer.headers) {
    if (!may_send(name, value)) continue;
    std::string& small = lower.emplace_back(name);
    std::ranges::transform(small, small.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    // Of the connection, which has none in HTTP/2 (RFC 9113 section 8.2.2).
    if (small == "keep-alive" || small == "upgrade" || small == "proxy-connection") continue;
    fields.push_back(field(small, value));
  }
  const std::string date(link_.date());
  fields.push_back(field("date", date));
  std::string length;
  if (!answer.stream && answer.status != 204 && answer.status != 304) {
    length = std::to_string(body_size(answer));
    fields.push_back(field("content-length", length));
  }
  nghttp2_data_provider provider{};
  provider.source.ptr = nullptr;
  provider.read_callback = [](nghttp2_session*, std::int32_t id, std::uint8_t* space,
                              std::size_t size, std::uint32_t* flags, nghttp2_data_source*,
                              void* user) {
    return self(user).provide(id, {space, size}, *flags);
  };
  const bool body = with_body && (answer.stream || body_size(answer) > 0);
  if (body && !answer.stream) exchange.rest.begin(answer);
  if (nghttp2_submit_response(session_.get(), exchange.id, fields.data(), fields.size(),
                              body ? &provider : nullptr) != 0) {
    reset(exchange.id, NGHTTP2_INTERNAL_ERROR);
  }
  exchange.stalled = body && !answer.stream;
}

ssize_t Http2Session::provide(std::int32_t id, std::span<std::uint8_t> space,
                              std::uint32_t& flags) {
  Exchange* const exchange = find(id);
  if (exchange == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  exchange->since = link_.now();
  if (!exchange->answer.stream) {
    std::size_t size = 0;
    while (size < space.size() && exchange->rest.left() > 0) {
      const std::string_view bytes = exchange->rest.next(space.size() - size);
      std::memcpy(space.data() + size, bytes.data(), bytes.size());
      size += bytes.size();
    }
    exchange->stalled = exchange->rest.left() > 0;
    if (!exchange->stalled) flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }
  const std::size_t size = copy_pieces(*exchange, space);
  exchange->stalled = !exchange->pieces.empty();
  if (exchange->pieces.empty() && exchange->stream_finished) {
    if (exchange->stream_cut) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }
  if (size > 0) return static_cast<ssize_t>(size);
  exchange->waits_for_news = true;
  return NGHTTP2_ERR_DEFERRED;
}

std::size_t Http2Session::copy_pieces(Exchange& exchange, std::span<std::uint8_t> space) {
  std::size_t size = 0;
  while (size < space.size()) {
    if (exchange.pieces.empty()) {
      if (exchange.stream_finished) break;
      const Stream::Taken taken = exchange.answer.stream->take(space.size() - size);
      exchange.pieces.assign(taken.pieces.begin(), taken.pieces.end());
      exchange.stream_cut = taken.cut;
      exchange.stream_finished = taken.finished || (exchange.stream_ending && taken.pieces.empty());
      if (taken.pieces.empty()) break;
    }
    const std::string& first = *exchange.pieces.front();
    const std::size_t some = std::min(space.size() - size, first.size() - exchange.piece_sent);
    std::memcpy(space.data() + size, first.data() + exchange.piece_sent, some);
    size += some;
    exchange.piece_sent += some;
    if (exchange.piece_sent == first.size()) {
      exchange.pieces.pop_front();
      exchange.piece_sent = 0;
    }
  }
  return size;
}

void Http2Session::resume(Exchange& exchange) {
  if (!std::exchange(exchange.waits_for_news, false)) return;
  exchange.since = link_.now();
  nghttp2_session_resume_data(session_.get(), exchange.id);
}

void Http2Session::end_stream(Exchange& exchange) {
  exchange.stream_ending = true;
  resume(exchange);
}

int Http2Session::frame_sent(const nghttp2_frame& frame) {
  // An answer that did not wait for the whole request: the client need not send the rest
  // (RFC 9113 section 8.1).
  const bool ends = (frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS) &&
                    (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  if (ends && nghttp2_session_get_stream_remote_close(session_.get(), frame.hd.stream_id) == 0)
    reset(frame.hd.stream_id, NGHTTP2_NO_ERROR);
  return 0;
}

void Http2Session::closed(std::int32_t id) {
  const auto found = exchanges_.find(id);
  if (found == exchanges_.end()) return;
  const std::unique_ptr<Exchange> exchange = std::move(found->second);
  exchanges_.erase(found);
  since_ = link_.now();
  release(*exchange);
  depart(*exchange);
}

}  // namespace

std::unique_ptr<Session> make_http2_session(Link& link) {
  return std::make_unique<Http2Session>(link);
}

}  // namespace cove::http
