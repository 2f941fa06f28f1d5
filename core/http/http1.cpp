// HTTP/1.1: one request after the other, kept alive, pipelined ones in order.
#include <fmt/format.h>

#include "core/http/body_reader.h"
#include "core/http/request_parser.h"
#include "core/http/session.h"

namespace cove::http {
namespace {

// What a client may send ahead while its request is being served; more waits in its own socket.
constexpr std::size_t kMaxAhead = 16 * 1024;

class Http1Session final : public Session {
 public:
  explicit Http1Session(Link& link)
      : link_(link),
        parser_(link.limits(), [this](const Request& head) { return link_.streams_body(head); }),
        since_(link.now()) {}

  // Nobody is left to read what the stream still gets.
  ~Http1Session() override {
    fail_body("the connection has ended");
    leave();
  }

  void receive(std::string_view bytes) override {
    if (state_ == State::kFinished) return;
    if (body_) {
      since_ = link_.now();
    } else if (state_ != State::kIdle && state_ != State::kReading) {
      input_.append(bytes);
      return;
    }
    if (!input_.empty()) {
      input_.append(bytes);
      const std::string all = std::exchange(input_, {});
      parse(all);
    } else {
      parse(bytes);
    }
  }

  void input_ended() override {
    input_ended_ = true;
    fail_body("the client left before the end of the request's body");
    switch (state_) {
      case State::kIdle:
      case State::kReading: end(); break;
      case State::kStreaming:
        // A client that reads a stream has nothing more to say: this is its goodbye.
        broken_ = true;
        end();
        break;
      case State::kAsking: departure_.request_stop(); break;
      default: break;
    }
  }

  void answer(std::uint64_t ticket, Answer given) override {
    if (ticket != ticket_ || state_ != State::kAsking) return;
    begin_answer(std::move(given));
  }

  void news(std::uint64_t) override {}

  void produce(std::string& out, std::size_t limit) override {
    do {
      // What goes first: "100 Continue", or the header of the answer.
      if (!head_.empty()) {
        out += head_;
        head_.clear();
      }
      if (state_ == State::kSending) produce_body(out, limit);
      if (state_ == State::kStreaming) produce_stream(out, limit);
      // The next pipelined request, if it is here already.
      if (state_ == State::kIdle && !input_.empty()) {
        const std::string all = std::exchange(input_, {});
        parse(all);
      }
    } while (!head_.empty() && out.size() < limit);
  }

  bool wants_input() const override {
    if (input_ended_) return false;
    if (body_) return state_ != State::kFinished && !body_->full();
    if (state_ == State::kIdle || state_ == State::kReading) return true;
    return state_ != State::kFinished && state_ != State::kUpgraded && input_.size() < kMaxAhead;
  }

  bool finished() const override { return state_ == State::kFinished && head_.empty(); }
  bool broken() const override { return broken_; }
  bool lingers() const override { return lingers_; }

  std::optional<SteadyTime> deadline() const override {
    const Limits& limits = link_.limits();
    if (body_ && !body_->full()) return since_ + limits.body;
    switch (state_) {
      case State::kIdle: return since_ + limits.idle;
      case State::kReading: return since_ + (parser_.header_done() ? limits.body : limits.header);
      case State::kStreaming: return stream_end_;
      default: return std::nullopt;
    }
  }

  void expired() override {
    if (body_ && !body_->full()) {
      if (since_ + link_.limits().body <= link_.now())
        fail_body("no more of the request's body came for too long");
      return;
    }
    if (state_ == State::kIdle || state_ == State::kReading) end();
    if (state_ == State::kStreaming) stream_ending_ = true;
  }

  void wind_down() override {
    keep_ = false;
    winding_down_ = true;
    if (state_ == State::kIdle) end();
    if (state_ == State::kReading && !parser_.header_done()) end();
    if (state_ == State::kStreaming) stream_ending_ = true;
  }

  std::optional<Upgrade> take_upgrade() override {
    if (state_ != State::kUpgraded || !head_.empty()) return std::nullopt;
    fail_body("the connection became a tunnel");
    state_ = State::kFinished;
    return Upgrade{std::move(answer_.upgrade), std::move(input_)};
  }

 private:
  enum class State {
    kIdle,       // between requests
    kReading,    // a request has begun
    kAsking,     // the handler has it
    kSending,    // a whole body
    kStreaming,  // a body in pieces
    kUpgraded,
    kFinished,
  };

  void parse(std::string_view bytes) {
    if (bytes.empty()) return;
    if (state_ == State::kIdle) {
      // An empty line before a request is passed over (RFC 9112 section 2.2).
      while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
      if (bytes.empty()) return;
      state_ = State::kReading;
      since_ = link_.now();
    }
    const bool header_before = parser_.header_done();
    const RequestParser::Outcome outcome = parser_.put(bytes);
    bytes.remove_prefix(outcome.consumed);
    if (outcome.refusal) {
      if (body_) {
        fail_body(outcome.refusal->message);
      } else {
        refuse(*outcome.refusal);
      }
      return;
    }
    input_ = bytes;
    if (body_) {
      if (parser_.done()) end_body();
    } else if (parser_.header_done() && parser_.body_stream()) {
      begin_body(bytes.empty());
    } else if (parser_.done()) {
      ask();
      parser_.reset();
    } else if (parser_.header_done() && !header_before) {
      since_ = link_.now();
      if (parser_.expects_continue() && bytes.empty()) head_ += "HTTP/1.1 100 Continue\r\n\r\n";
    }
  }

  // The handler gets the request now, and the rest of it as it comes.
  void begin_body(bool waits) {
    if (parser_.expects_continue() && waits && !parser_.done())
      head_ += "HTTP/1.1 100 Continue\r\n\r\n";
    if (!parser_.done()) {
      body_ = parser_.body_stream();
      since_ = link_.now();
    }
    const bool done = parser_.done();
    ask();
    if (body_) body_->on_room(link_.notifier(ticket_));
    if (done) parser_.reset();
  }

  void end_body() {
    body_->on_room(nullptr);
    body_ = nullptr;
    parser_.reset();
  }

  // Where the next request would begin is unknown from here on.
  void fail_body(std::string cause) {
    if (!body_) return;
    body_->fail({ErrorCode::kUnavailable, "read", "the request's body", std::move(cause), {}});
    body_->on_room(nullptr);
    body_ = nullptr;
    keep_ = false;
    lingers_ = true;
    input_.clear();
  }

  void refuse(const RequestParser::Refusal& refusal) {
    lingers_ = true;
    keep_ = false;
    head_request_ = false;
    http10_ = false;
    begin_answer(link_.refuse(refusal.status, refusal.message));
  }

  void ask() {
    keep_ = parser_.keeps_alive() && !winding_down_;
    http10_ = parser_.is_http10();
    const std::shared_ptr<Request> request = parser_.take();
    head_request_ = request->method == "HEAD";
    request->local_endpoint = link_.origin().local_endpoint;
    request->remote_address = link_.origin().remote_address;
    request->certificate = link_.origin().certificate;
    departure_ = std::stop_source();
    request->departure = departure_.get_token();
    state_ = State::kAsking;
    link_.ask(++ticket_, request);
  }

  void begin_answer(Answer given) {
    answer_ = std::move(given);
    // An answer before the end of the request: the connection is no use for another one.
    if (body_) {
      keep_ = false;
      lingers_ = true;
    }
    const bool bodiless = answer_.status < 200 || answer_.status == 204 || answer_.status == 304;
    if (answer_.upgrade) {
      keep_ = false;
    } else if (answer_.stream && http10_) {
      keep_ = false;  // the end of the connection ends the body
    }
    if (input_ended_) keep_ = false;
    rest_.begin(answer_);
    write_head(bodiless);
    if (answer_.upgrade) {
      state_ = State::kUpgraded;
    } else if (answer_.stream && !head_request_ && !bodiless) {
      begin_stream();
    } else {
      if (answer_.stream) answer_.stream->abandon();
      if (head_request_ || bodiless) rest_.end();
      state_ = State::kSending;
    }
  }

  void write_head(bool bodiless) {
    head_.reserve(head_.size() + 256);
    const auto out = std::back_inserter(head_);
    fmt::format_to(out, "HTTP/1.1 {} {}\r\n", answer_.status, reason_of(answer_.status));
    if (!answer_.content_type.empty() && may_send("x", answer_.content_type) &&
        (!bodiless || answer_.upgrade))
      fmt::format_to(out, "Content-Type: {}\r\n", answer_.content_type);
    for (const auto& [name, value] : answer_.headers) {
      if (may_send(name, value)) fmt::format_to(out, "{}: {}\r\n", name, value);
    }
    fmt::format_to(out, "Date: {}\r\n", link_.date());
    if (answer_.upgrade) {
      head_ += answer_.status == 101 ? "Connection: Upgrade\r\n\r\n" : "Connection: close\r\n\r\n";
      return;
    }
    if (answer_.stream && !bodiless) {
      if (!http10_) head_ += "Transfer-Encoding: chunked\r\n";
    } else if (!bodiless) {
      fmt::format_to(out, "Content-Length: {}\r\n", rest_.left());
    }
    if (!keep_) {
      head_ += "Connection: close\r\n";
    } else if (http10_) {
      head_ += "Connection: keep-alive\r\n";
    }
    head_ += "\r\n";
  }

  void begin_stream() {
    state_ = State::kStreaming;
    stream_ending_ = winding_down_;
    stream_end_.reset();
    if (answer_.stream_lifetime.count() > 0) stream_end_ = link_.now() + answer_.stream_lifetime;
    answer_.stream->on_news(link_.notifier(ticket_));
    if (input_ended_) input_ended();
  }

  void produce_body(std::string& out, std::size_t limit) {
    while (rest_.left() > 0 && out.size() < limit) out += rest_.next(limit - out.size());
    if (rest_.left() == 0) answer_done();
  }

  void produce_stream(std::string& out, std::size_t limit) {
    while (out.size() < limit) {
      const Stream::Taken taken = answer_.stream->take(limit - out.size());
      append_chunk(out, taken.pieces);
      if (taken.cut) {
        broken_ = true;
        end();
        return;
      }
      if (taken.finished || (stream_ending_ && taken.pieces.empty())) {
        if (!http10_) out += "0\r\n\r\n";
        answer_done();
        return;
      }
      if (taken.pieces.empty()) return;
    }
  }

  void append_chunk(std::string& out, const std::vector<Stream::Piece>& pieces) const {
    std::size_t size = 0;
    for (const Stream::Piece& piece : pieces) size += piece->size();
    if (size == 0) return;
    if (!http10_) fmt::format_to(std::back_inserter(out), "{:x}\r\n", size);
    for (const Stream::Piece& piece : pieces) out += *piece;
    if (!http10_) out += "\r\n";
  }

  void answer_done() {
    fail_body("it was answered");
    leave();
    answer_ = Answer();
    rest_.end();
    if (!keep_) {
      state_ = State::kFinished;
      return;
    }
    state_ = State::kIdle;
    since_ = link_.now();
  }

  void end() {
    state_ = State::kFinished;
    fail_body("the connection has ended");
    departure_.request_stop();
    leave();
  }

  void leave() {
    if (const auto stream = std::exchange(answer_.stream, nullptr)) stream->abandon();
    if (state_ == State::kAsking) departure_.request_stop();
  }

  Link& link_;
  RequestParser parser_;
  State state_ = State::kIdle;
  SteadyTime since_;  // the beginning of the state, or of the body
  std::string input_;
  std::string head_;
  std::uint64_t ticket_ = 0;
  std::stop_source departure_;
  Answer answer_;
  BodyReader rest_;  // of the answer's whole body
  std::optional<SteadyTime> stream_end_;
  bool stream_ending_ = false;
  bool keep_ = true;
  bool head_request_ = false;
  bool http10_ = false;
  bool input_ended_ = false;
  bool winding_down_ = false;
  bool lingers_ = false;
  std::shared_ptr<BodyStream> body_;  // of the request being served, while it still arrives
  bool broken_ = false;
};

}  // namespace

std::unique_ptr<Session> make_http1_session(Link& link) {
  return std::make_unique<Http1Session>(link);
}

}  // namespace cove::http
