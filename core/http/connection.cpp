#include "core/http/connection.h"

#include <sys/socket.h>

#include <boost/asio/post.hpp>

#include "core/http/compress.h"
#include "core/http/tunnel_session.h"

namespace cove::http {
namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;
using boost::system::error_code;
using Status = Transport::Status;

constexpr std::chrono::milliseconds kCloseTime{2000};
constexpr std::chrono::milliseconds kHurriedCloseTime{100};
constexpr std::size_t kMaxDrained = 8 * 1024 * 1024;
constexpr std::size_t kOutputAtOnce = 64 * 1024;
constexpr std::size_t kMuch = 4096;
// What one connection may do before the others of its loop have their turn.
constexpr int kTurns = 16;

// Carries one answer from wherever it is given to the connection's thread.
class Responder {
 public:
  Responder(std::shared_ptr<Loop> loop, std::weak_ptr<Connection> connection, std::uint64_t ticket,
            std::shared_ptr<asio::thread_pool> pool)
      : loop_(std::move(loop)),
        connection_(std::move(connection)),
        ticket_(ticket),
        pool_(std::move(pool)) {}
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;

  ~Responder() {
    if (given_) return;
    Answer answer;
    answer.status = 500;
    answer.content_type = "";
    deliver(std::move(answer));
  }

  void give(Answer answer) {
    if (given_.exchange(true)) return;
    if (pool_ && worth_compressing(answer)) {
      // The pool's thread needs nothing of this object.
      asio::post(*pool_, [loop = loop_, connection = connection_, ticket = ticket_,
                          answer = std::move(answer)]() mutable {
        compress(answer);
        loop->give(std::move(connection), ticket, std::move(answer));
      });
      return;
    }
    deliver(std::move(answer));
  }

 private:
  void deliver(Answer answer) {
    const auto self = loop_->on_thread() ? connection_.lock() : nullptr;
    // During another one's turn it has to wait: that one still reads from the loop's scratch.
    if (self && (loop_->driven() == nullptr || loop_->driven() == self.get())) {
      self->answered(ticket_, std::move(answer));
    } else {
      loop_->give(connection_, ticket_, std::move(answer));
    }
  }

  std::shared_ptr<Loop> loop_;
  std::weak_ptr<Connection> connection_;
  std::uint64_t ticket_;
  std::shared_ptr<asio::thread_pool> pool_;  // null when the client does not accept gzip
  std::atomic<bool> given_ = false;
};

}  // namespace

Connection::Connection(std::shared_ptr<Loop> loop, Fd socket, std::unique_ptr<Transport> transport,
                       Origin origin, const ServerContext& context, Ended ended)
    : loop_(std::move(loop)),
      context_(context),
      origin_(std::move(origin)),
      ended_(std::move(ended)),
      socket_(loop_->context(), socket.release()),
      timer_(loop_->context()),
      transport_(std::move(transport)) {}

Connection::~Connection() = default;

void Connection::start() {
  stage_deadline_ = now() + context_.limits.handshake;
  readable_ = true;
  drive();
}

void Connection::finish() {
  asio::post(loop_->context(), [self = shared_from_this()] {
    self->finishing_ = true;
    if (self->stage_ == Stage::kHandshake) self->begin_closing();
    if (self->stage_ == Stage::kServing) self->session_->wind_down();
    if (self->stage_ == Stage::kClosing) self->stage_deadline_ = self->now() + kHurriedCloseTime;
    self->drive();
  });
}

void Connection::abort() {
  end();
}

void Connection::ask(std::uint64_t ticket, std::shared_ptr<const Request> request) {
  const bool zips = request->header("accept-encoding").find("gzip") != std::string_view::npos &&
                    accepts_gzip(request->header_list("accept-encoding"));
  auto responder =
      std::make_shared<Responder>(loop_, weak_from_this(), ticket, zips ? context_.pool : nullptr);
  Handler::Respond respond = [responder = std::move(responder)](Answer answer) {
    responder->give(std::move(answer));
  };
  try {
    context_.handler->handle(std::move(request), std::move(respond));
  } catch (const std::exception& bug) {
    // Its copy of `respond` went with it, which answers.
    context_.logger->error("answering a request ended by a bug", {{"what", bug.what()}});
  }
}

Answer Connection::refuse(int status, std::string_view message) {
  return context_.handler->refuse(status, message);
}

std::function<void()> Connection::notifier(std::uint64_t ticket) {
  // Copied for every call: the counters of what all share would wander between processors.
  struct Target {
    std::shared_ptr<Loop> loop;
    std::weak_ptr<Connection> connection;
    std::uint64_t ticket;
  };
  return [target = std::make_shared<const Target>(Target{loop_, weak_from_this(), ticket})] {
    target->loop->tell(target->connection, target->ticket);
  };
}

void Connection::answered(std::uint64_t ticket, Answer answer) {
  if (!session_ || stage_ != Stage::kServing) {
    if (answer.stream) answer.stream->abandon();
    return;
  }
  session_->answer(ticket, std::move(answer));
  drive();
}

// Everything that can happen at once happens here, however it was woken.
void Connection::drive() {
  if (driving_) {
    again_ = true;
    return;
  }
  if (stage_ == Stage::kEnded) return;
  const auto self = shared_from_this();
  driving_ = true;
  again_ = true;
  loop_->set_driven(this);
  for (int turn = 0; again_ && stage_ != Stage::kEnded; ++turn) {
    again_ = false;
    if (turn == kTurns) {
      asio::post(loop_->context(), [self] { self->drive(); });
      break;
    }
    advance();
  }
  driving_ = false;
  loop_->set_driven(nullptr);
  if (stage_ != Stage::kEnded) watch_deadline();
}

void Connection::advance() {
  if (stage_ == Stage::kHandshake) shake_hands();
  if (stage_ == Stage::kServing) {
    const bool wrote = write_some() || produce_some();
    if (stage_ != Stage::kServing) return;
    if (auto upgrade = session_->take_upgrade()) begin_tunnel(std::move(*upgrade));
    const bool read = read_some();
    if (stage_ != Stage::kServing) return;
    if (wrote || read) {
      again_ = true;
      return;
    }
    if (out_.empty() && session_->finished()) {
      begin_closing();
    } else {
      await(session_->wants_input() || write_wants_read_, !out_.empty() && !write_wants_read_);
    }
  }
  if (stage_ == Stage::kClosing) linger();
}

void Connection::shake_hands() {
  switch (transport_->handshake().status) {
    case Status::kDone:
      origin_.certificate = transport_->peer_certificate();
      // A resumed session may be older than the end of its certificate.
      if (origin_.certificate &&
          origin_.certificate->not_after < std::chrono::system_clock::now()) {
        end();
        return;
      }
      session_ = transport_->chose_http2() ? make_http2_session(*this) : make_http1_session(*this);
      stage_ = Stage::kServing;
      stage_deadline_.reset();
      readable_ = false;
      break;
    case Status::kWantRead:
      readable_ = false;
      await(true, false);
      break;
    case Status::kWantWrite:
      writable_ = false;
      await(false, true);
      break;
    case Status::kEnd: end(); break;
    case Status::kFailed: begin_closing(); break;  // the alert says why, and must arrive
  }
}

// Whether anything moved.
bool Connection::write_some() {
  bool moved = false;
  while (sent_ < out_.size() && (writable_ || (write_wants_read_ && readable_))) {
    const Transport::Outcome outcome = transport_->write(std::string_view(out_).substr(sent_));
    write_wants_read_ = outcome.status == Status::kWantRead;
    if (outcome.status == Status::kDone) {
      sent_ += outcome.bytes;
      moved = true;
      stage_deadline_.reset();
    } else if (outcome.status == Status::kFailed || outcome.status == Status::kEnd) {
      end();
      return false;
    } else {
      if (write_wants_read_) {
        readable_ = false;
      } else {
        writable_ = false;
      }
      if (!stage_deadline_ && !session_->may_stall())
        stage_deadline_ = now() + context_.limits.write;
      return moved;
    }
  }
  if (moved && sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
    // What a large answer needed is not kept for a small one.
    if (out_.capacity() > 2 * kOutputAtOnce) out_.shrink_to_fit();
    session_->flushed();
  }
  return moved;
}

bool Connection::produce_some() {
  if (!out_.empty()) return false;
  session_->produce(out_, kOutputAtOnce);
  if (out_.empty()) {
    if (session_->output_ended() && !std::exchange(told_end_, true)) transport_->finish();
    return false;
  }
  return write_some();
}

// Whether anything came.
bool Connection::read_some() {
  if (!session_->wants_input() || !(readable_ || transport_->holds_input())) return false;
  std::span<char> space = loop_->scratch();
  const Transport::Outcome outcome = transport_->read(space);
  switch (outcome.status) {
    case Status::kDone:
      // After little the socket is asked again only when it says so: asking in vain costs more.
      readable_ = outcome.bytes >= kMuch;
      session_->receive({space.data(), outcome.bytes});
      return true;
    case Status::kWantWrite:
    case Status::kWantRead: readable_ = false; return false;
    case Status::kEnd: session_->input_ended(); return true;
    case Status::kFailed: end(); return false;
  }
  return false;
}

void Connection::begin_tunnel(Upgrade upgrade) {
  auto session = std::make_unique<TunnelSession>(std::move(upgrade.input), finishing_);
  session_ = std::move(session);
  upgrade.begin(make_tunnel(weak_from_this(), loop_));
  again_ = true;
}

void Connection::begin_closing() {
  const bool broken = session_ && session_->broken();
  const bool lingers = !session_ || session_->lingers();
  if (broken) {
    end();
    return;
  }
  stage_ = Stage::kClosing;
  if (!told_end_) transport_->finish();
  told_end_ = true;
  ::shutdown(socket_.native_handle(), SHUT_WR);
  if (!lingers) {
    end();
    return;
  }
  stage_deadline_ = now() + (finishing_ ? kHurriedCloseTime : kCloseTime);
  readable_ = true;
  again_ = true;
}

// Says that nothing follows and reads what is still on its way: closing at once would destroy the
// answer in the peer's receive buffer.
void Connection::linger() {
  if (!readable_) {
    await(true, false);
    return;
  }
  std::span<char> space = loop_->scratch();
  const ssize_t n = ::recv(socket_.native_handle(), space.data(), space.size(), 0);
  if (n > 0) {
    drained_ += static_cast<std::size_t>(n);
    again_ = true;
  } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
    readable_ = false;
    await(true, false);
    return;
  }
  if (n <= 0 || drained_ > kMaxDrained) end();
}

void Connection::end() {
  if (stage_ == Stage::kEnded) return;
  stage_ = Stage::kEnded;
  timer_.cancel();
  // The session may be on the stack above: it goes when that has been left.
  asio::post(loop_->context(), [self = shared_from_this()] {
    self->session_.reset();
    self->transport_.reset();
    error_code error;
    self->socket_.close(error);
    if (const auto ended = std::exchange(self->ended_, nullptr)) ended(self.get());
  });
}

void Connection::await(bool read, bool write) {
  if (read && !readable_) await_one(stream_descriptor::wait_read, awaiting_read_, readable_);
  if (write && !writable_) await_one(stream_descriptor::wait_write, awaiting_write_, writable_);
}

void Connection::await_one(stream_descriptor::wait_type what, bool& awaiting, bool& ready) {
  if (std::exchange(awaiting, true)) return;
  socket_.async_wait(what, [self = shared_from_this(), &awaiting, &ready](const error_code& error) {
    awaiting = false;
    if (error) return;
    ready = true;
    self->drive();
  });
}

// The timer is set again only when it would ring too late; one that rings too early looks again.
void Connection::watch_deadline() {
  std::optional<SteadyTime> deadline = stage_deadline_;
  if (stage_ == Stage::kServing) {
    const auto wanted = session_->deadline();
    if (wanted && (!deadline || *wanted < *deadline)) deadline = wanted;
  }
  if (!deadline || (timer_at_ && *timer_at_ <= *deadline)) return;
  timer_at_ = deadline;
  timer_.expires_at(*deadline);
  timer_.async_wait([self = shared_from_this()](const error_code& error) {
    if (error) return;
    self->timer_at_.reset();
    self->deadline_passed();
  });
}

void Connection::deadline_passed() {
  if (stage_ == Stage::kEnded) return;
  const SteadyTime time = now();
  if (stage_deadline_ && *stage_deadline_ <= time) {
    end();
    return;
  }
  if (stage_ == Stage::kServing) {
    const auto wanted = session_->deadline();
    if (wanted && *wanted <= time) session_->expired();
  }
  drive();
}

}  // namespace cove::http
