#include "core/http/connection.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/chunk_encode.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <ctime>
#include <sstream>

#include "core/http/tls.h"

namespace cove::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using asio::ip::tcp;
using beast::error_code;

constexpr std::chrono::milliseconds kCloseTime{2000};
constexpr std::chrono::milliseconds kHurriedCloseTime{100};
constexpr std::size_t kMaxDrained = 8 * 1024 * 1024;

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm broken{};
  ::gmtime_r(&now, &broken);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &broken);
  return std::string(text, size);
}

// The answer to a request that could not be read, or nothing when there is nobody to answer.
std::optional<Answer> refusal(const error_code& error, const Limits& limits,
                              const Handler& handler) {
  if (error == bhttp::error::header_limit || error == bhttp::error::buffer_overflow) {
    return handler.refuse(
        431, fmt::format("the request's header is longer than {} bytes", limits.header_bytes));
  }
  if (error == bhttp::error::body_limit) {
    return handler.refuse(413, fmt::format("limit is {}", limits.body_bytes));
  }
  if (error == bhttp::error::end_of_stream || error == bhttp::error::partial_message)
    return std::nullopt;
  if (error.category() == bhttp::make_error_code(bhttp::error::bad_method).category()) {
    return handler.refuse(400, fmt::format("the request is not HTTP/1.1: {}", error.message()));
  }
  return std::nullopt;
}

class TlsConnection final : public Connection, public std::enable_shared_from_this<TlsConnection> {
 public:
  TlsConnection(tcp::socket socket, std::shared_ptr<asio::ssl::context> tls,
                const ConnectionContext& context)
      : tls_(std::move(tls)),
        context_(context),
        stream_(beast::tcp_stream(std::move(socket)), *tls_),
        wake_(stream_.get_executor()),
        buffer_(context.limits.header_bytes + std::size_t{64 * 1024}) {}

  void finish() override {
    asio::post(stream_.get_executor(), [self = shared_from_this()] {
      self->finishing_ = true;
      if (self->interruptible_) self->lowest().cancel();
      self->wake_.cancel();
    });
  }

  asio::any_io_executor executor() { return stream_.get_executor(); }

  asio::awaitable<void> run() {
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    lowest().expires_after(context_.limits.handshake);
    interruptible_ = true;
    co_await stream_.async_handshake(asio::ssl::stream_base::server, token);
    interruptible_ = false;
    if (error.category() == asio::error::get_ssl_category()) {
      co_await drain();  // the alert says why, and must arrive
    }
    if (error) co_return;
    const auto local = lowest().socket().local_endpoint(error);
    local_endpoint_ = (std::ostringstream() << local).str();
    certificate_ = peer_certificate(stream_.native_handle());
    while (!finishing_) {
      const bool more = co_await serve_one();
      if (!more) break;
    }
    if (drained_) co_return;
    lowest().expires_after(finishing_ ? kHurriedCloseTime : kCloseTime);
    co_await stream_.async_shutdown(token);
  }

 private:
  using Parser = bhttp::request_parser<bhttp::string_body>;

  beast::tcp_stream& lowest() { return stream_.next_layer(); }

  // False when the connection is to be closed.
  asio::awaitable<bool> serve_one() {
    const bool something = co_await wait_for_request();
    if (!something) co_return false;
    auto parser = std::make_unique<Parser>();
    parser->header_limit(context_.limits.header_bytes);
    parser->body_limit(context_.limits.body_bytes);
    const error_code error = co_await read(parser.get());
    if (error) {
      std::optional<Answer> answer = refusal(error, context_.limits, *context_.handler);
      if (answer) {
        co_await send(&*answer, false, false);
        co_await drain();
      }
      co_return false;
    }
    const auto& message = parser->get();
    const bool head = message.method() == bhttp::verb::head;
    bool keep = message.keep_alive() && !finishing_;
    auto request = std::make_shared<Request>();
    const Result<void> understood = translate(*parser, *request);
    Answer answer;
    if (!understood) {
      answer = context_.handler->refuse(400, understood.error().message());
      keep = false;
    } else {
      answer = co_await ask(request);
    }
    if (answer.stream && !head) {
      co_await send_stream(&answer);
      co_return false;
    }
    const bool sent = co_await send(&answer, keep && !finishing_, head);
    co_return sent&& keep;
  }

  asio::awaitable<bool> wait_for_request() {
    if (buffer_.size() > 0) co_return true;
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    lowest().expires_after(context_.limits.idle);
    interruptible_ = true;
    auto space = buffer_.prepare(4096);
    const std::size_t size = co_await stream_.async_read_some(space, token);
    interruptible_ = false;
    buffer_.commit(size);
    co_return !error;
  }

  asio::awaitable<error_code> read(Parser* parser) {
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    lowest().expires_after(context_.limits.header);
    interruptible_ = true;
    co_await bhttp::async_read_header(stream_, buffer_, *parser, token);
    interruptible_ = false;
    if (error) co_return error;
    lowest().expires_after(context_.limits.body);
    if (beast::iequals(parser->get()[bhttp::field::expect], "100-continue") && !parser->is_done()) {
      bhttp::response<bhttp::empty_body> go_on(bhttp::status::continue_, 11);
      co_await bhttp::async_write(stream_, go_on, token);
      if (error) co_return error;
    }
    if (!parser->is_done()) co_await bhttp::async_read(stream_, buffer_, *parser, token);
    co_return error;
  }

  Result<void> translate(Parser& parser, Request& request) const {
    auto& message = parser.get();
    request.method = std::string(message.method_string());
    COVE_CHECK(parse_target({message.target().data(), message.target().size()}, request));
    for (const auto& field : message) {
      std::string name(field.name_string());
      std::ranges::transform(name, name.begin(),
                             [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      request.headers.emplace_back(std::move(name), std::string(field.value()));
    }
    request.body = std::move(message.body());
    request.certificate = certificate_;
    request.local_endpoint = local_endpoint_;
    return {};
  }

  // Hands the request over and comes back to this strand with the answer.
  asio::awaitable<Answer> ask(std::shared_ptr<const Request> request) {
    lowest().expires_never();
    auto initiate = [handler = context_.handler, request, executor = executor()](auto completion) {
      // std::function needs something that can be copied.
      auto shared = std::make_shared<decltype(completion)>(std::move(completion));
      Handler::Respond respond = [shared, executor](Answer answer) {
        asio::post(executor, [shared, answer = std::move(answer)]() mutable {
          (*shared)(std::move(answer));
        });
      };
      handler->handle(request, std::move(respond));
    };
    Answer answer = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Answer)>(
        initiate, asio::use_awaitable);
    co_return answer;
  }

  template <class Body>
  void set_fields(bhttp::response<Body>& response, const Answer& answer, bool keep) {
    response.set(bhttp::field::content_type, answer.content_type);
    response.set(bhttp::field::cache_control, "no-cache, private");
    response.set(bhttp::field::date, http_date());
    for (const auto& [name, value] : answer.headers) response.set(name, value);
    response.keep_alive(keep);
  }

  // `answer` outlives the call: it is in the frame of serve_one().
  asio::awaitable<bool> send(const Answer* answer, bool keep, bool head) {
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    static const std::string kNothing;
    const std::string& body = answer->body ? *answer->body : kNothing;
    const auto status = static_cast<unsigned>(answer->status);
    lowest().expires_after(context_.limits.write);
    if (head) {
      bhttp::response<bhttp::empty_body> response(bhttp::int_to_status(status), 11);
      set_fields(response, *answer, keep);
      response.content_length(body.size());
      bhttp::response_serializer<bhttp::empty_body> serializer(response);
      co_await bhttp::async_write_header(stream_, serializer, token);
    } else {
      bhttp::response<bhttp::span_body<const char>> response(bhttp::int_to_status(status), 11);
      set_fields(response, *answer, keep);
      response.body() = beast::span<const char>(body.data(), body.size());
      response.content_length(body.size());
      co_await bhttp::async_write(stream_, response, token);
    }
    co_return !error;
  }

  asio::awaitable<void> send_stream(const Answer* answer) {
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    bhttp::response<bhttp::empty_body> response(
        bhttp::int_to_status(static_cast<unsigned>(answer->status)), 11);
    set_fields(response, *answer, false);
    response.chunked(true);
    bhttp::response_serializer<bhttp::empty_body> serializer(response);
    lowest().expires_after(context_.limits.write);
    co_await bhttp::async_write_header(stream_, serializer, token);
    const std::shared_ptr<Stream> source = answer->stream;
    // Also when the frame is destroyed in the middle: nobody may call into a connection that is
    // gone.
    const std::unique_ptr<Stream, void (*)(Stream*)> leave(
        source.get(), [](Stream* stream) { stream->abandon(); });
    if (!error) {
      listen_to(source);
      notice_departure();
      co_await pump(source, std::chrono::steady_clock::now() + answer->stream_lifetime);
    }
  }

  void listen_to(const std::shared_ptr<Stream>& source) {
    source->on_news([weak = weak_from_this(), executor = executor()] {
      asio::post(executor, [weak] {
        if (const auto self = weak.lock()) {
          self->news_ = true;
          self->wake_.cancel();
        }
      });
    });
  }

  // A client that reads a stream has nothing more to say: anything that arrives is its goodbye. The
  // wait may also end for bytes that were read long ago, so the socket itself is asked.
  void notice_departure() {
    lowest().socket().async_wait(
        tcp::socket::wait_read, [weak = weak_from_this()](const error_code& error) {
          const auto self = weak.lock();
          if (!self) return;
          char byte = 0;
          const int fd = self->lowest().socket().native_handle();
          if (!error && ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
              (errno == EAGAIN || errno == EINTR)) {
            self->notice_departure();
            return;
          }
          self->departed_ = true;
          self->wake_.cancel();
        });
  }

  asio::awaitable<void> pump(std::shared_ptr<Stream> source,
                             std::chrono::steady_clock::time_point until) {
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    bool whole = true;
    while (!departed_) {
      news_ = false;
      const Stream::Taken taken = source->take();
      whole = !taken.cut;
      std::string bytes;
      for (const Stream::Piece& piece : taken.pieces) bytes += *piece;
      if (!bytes.empty()) {
        const auto chunk = bhttp::make_chunk(asio::buffer(bytes));
        lowest().expires_after(context_.limits.write);
        co_await asio::async_write(stream_, chunk, token);
        if (error) co_return;
        continue;
      }
      if (taken.finished || finishing_ || std::chrono::steady_clock::now() >= until) break;
      lowest().expires_never();
      wake_.expires_at(until);
      error_code woken;
      auto wait_token = asio::redirect_error(asio::use_awaitable, woken);
      if (!news_) co_await wake_.async_wait(wait_token);
    }
    if (departed_ || !whole) co_return;
    const auto last = bhttp::make_chunk_last();
    lowest().expires_after(context_.limits.write);
    co_await asio::async_write(stream_, last, token);
  }

  // Says that nothing follows and reads what is still on its way: closing at once would destroy the
  // answer in the peer's receive buffer.
  asio::awaitable<void> drain() {
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    error_code ignored;
    lowest().socket().shutdown(tcp::socket::shutdown_send, ignored);
    lowest().expires_after(kCloseTime);
    std::array<char, 16 * 1024> scrap;
    const auto space = asio::buffer(scrap);
    for (std::size_t total = 0; !error && total < kMaxDrained;) {
      total += co_await lowest().async_read_some(space, token);
    }
    drained_ = true;
  }

  std::shared_ptr<asio::ssl::context> tls_;
  ConnectionContext context_;
  beast::ssl_stream<beast::tcp_stream> stream_;
  asio::steady_timer wake_;
  beast::flat_buffer buffer_;
  std::shared_ptr<const PeerCertificate> certificate_;
  std::string local_endpoint_;
  bool interruptible_ = false;  // waiting for the client to begin: finish() need not wait for it
  bool finishing_ = false;
  bool drained_ = false;
  bool news_ = false;
  bool departed_ = false;
};

asio::awaitable<void> run(std::shared_ptr<TlsConnection> connection) {
  co_await connection->run();
}

}  // namespace

std::shared_ptr<Connection> start_connection(tcp::socket socket,
                                             std::shared_ptr<asio::ssl::context> tls,
                                             const ConnectionContext& context,
                                             std::function<void(const Connection*)> ended) {
  auto connection = std::make_shared<TlsConnection>(std::move(socket), std::move(tls), context);
  asio::co_spawn(
      connection->executor(), run(connection),
      [connection, ended = std::move(ended), logger = context.logger](std::exception_ptr bug) {
        if (bug) {
          try {
            std::rethrow_exception(bug);
          } catch (const std::exception& error) {
            logger->error("a connection ended by a bug", {{"what", error.what()}});
          }
        }
        ended(connection.get());
      });
  return connection;
}

}  // namespace cove::http
