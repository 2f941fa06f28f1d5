#include "core/http/http2_call.h"

#include <nghttp2/nghttp2.h>

#include <array>
#include <charconv>
#include <memory>

#include "core/http/client_connection.h"

namespace cove::http {
namespace {

constexpr std::uint32_t kMaxHeaderBytes = 64 * 1024;
constexpr std::size_t kMaxFields = 200;

struct SessionDeleter {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};
struct CallbacksDeleter {
  void operator()(nghttp2_session_callbacks* callbacks) const {
    nghttp2_session_callbacks_del(callbacks);
  }
};

nghttp2_nv field(std::string_view name, std::string_view value) {
  // Not written to: nghttp2 copies both.
  auto* const name_bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
  auto* const value_bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
  return {name_bytes, value_bytes, name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

std::string_view text(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

class Caller {
 public:
  Caller(const Http2Call& call, ClientConnection& connection)
      : call_(call), connection_(connection), session_(make_session(this)) {}

  Result<Http2Answer> run(const Waiter& waiter) {
    const SteadyTime deadline = std::chrono::steady_clock::now() + call_.answer;
    submit();
    std::array<char, 16 * 1024> space{};
    while (!closed_) {
      COVE_CHECK(send(waiter, deadline));
      if (closed_) break;
      // nghttp2 takes nothing more from a peer that broke the protocol.
      if (nghttp2_session_want_read(session_.get()) == 0)
        return failed(ErrorCode::kCorrupt, "its answer is not HTTP/2");
      COVE_TRY(const std::size_t size, connection_.read(space, waiter, deadline));
      if (size == 0)
        return failed(ErrorCode::kUnavailable, "the connection ended before the answer");
      const auto taken = nghttp2_session_mem_recv(
          session_.get(), reinterpret_cast<const std::uint8_t*>(space.data()), size);
      if (taken < 0) return failed(ErrorCode::kCorrupt, "its answer is not HTTP/2");
    }
    if (too_much_) return failed(ErrorCode::kResourceExhausted, "its answer is too long");
    if (!complete_)
      return failed(ErrorCode::kUnavailable, "the server ended the request without an answer");
    return std::move(answer_);
  }

 private:
  using Owned = std::unique_ptr<nghttp2_session, SessionDeleter>;

  static Caller& self(void* user) { return *static_cast<Caller*>(user); }

  static Owned make_session(Caller* owner) {
    nghttp2_session_callbacks* made = nullptr;
    nghttp2_session_callbacks_new(&made);
    const std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter> callbacks(made);
    nghttp2_session_callbacks_set_on_header_callback(
        made, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                 std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                 std::uint8_t, void* user) {
          return self(user).header(*frame, text(name, name_size), text(value, value_size));
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        made, [](nghttp2_session* session, std::uint8_t, std::int32_t id, const std::uint8_t* bytes,
                 std::size_t size, void* user) {
          self(user).data(session, id, text(bytes, size));
          return 0;
        });
    nghttp2_session_callbacks_set_on_frame_recv_callback(
        made, [](nghttp2_session*, const nghttp2_frame* frame, void* user) {
          Caller& caller = self(user);
          const bool ends = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
          const bool of_answer =
              frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
          if (of_answer && ends && frame->hd.stream_id == caller.stream_) caller.complete_ = true;
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        made, [](nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
          Caller& caller = self(user);
          if (id == caller.stream_) caller.closed_ = true;
          return 0;
        });
    nghttp2_session* session = nullptr;
    nghttp2_session_client_new(&session, made, owner);
    return Owned(session);
  }

  void submit() {
    const std::array<nghttp2_settings_entry, 2> settings{
        {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
         {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, kMaxHeaderBytes}}};
    nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    const std::string authority = connection_.route().subject();
    std::vector<nghttp2_nv> fields = {field(":method", call_.method), field(":scheme", "http"),
                                      field(":authority", authority), field(":path", call_.path)};
    for (const auto& [name, value] : call_.headers) fields.push_back(field(name, value));
    nghttp2_data_provider body{};
    body.source.ptr = this;
    body.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* space, std::size_t size,
                            std::uint32_t* flags, nghttp2_data_source* source, void*) -> ssize_t {
      Caller& caller = *static_cast<Caller*>(source->ptr);
      const std::size_t count =
          caller.call_.body.copy(reinterpret_cast<char*>(space), size, caller.body_sent_);
      caller.body_sent_ += count;
      if (caller.body_sent_ == caller.call_.body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
      return static_cast<ssize_t>(count);
    };
    stream_ = nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(),
                                     call_.body.empty() ? nullptr : &body, nullptr);
    // A header that may not be sent: there is nothing to wait for.
    if (stream_ < 0) closed_ = true;
  }

  Result<void> send(const Waiter& waiter, SteadyTime deadline) {
    while (true) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
      if (size < 0) return failed(ErrorCode::kCorrupt, "it does not speak HTTP/2 as it should");
      if (size == 0) return {};
      for (auto rest = text(bytes, static_cast<std::size_t>(size)); !rest.empty();) {
        COVE_TRY(const std::size_t sent, connection_.write(rest, waiter, deadline, false));
        rest.remove_prefix(sent);
      }
    }
  }

  int header(const nghttp2_frame& frame, std::string_view name, std::string_view value) {
    if (frame.hd.stream_id != stream_) return 0;
    if (++fields_ > kMaxFields || (header_bytes_ += name.size() + value.size()) > kMaxHeaderBytes) {
      too_much_ = true;
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    if (name == ":status") {
      answer_.status = 0;
      std::from_chars(value.data(), value.data() + value.size(), answer_.status);
      // What an interim answer said is not this one's.
      answer_.headers.clear();
      return 0;
    }
    auto& where = frame.headers.cat == NGHTTP2_HCAT_HEADERS && answer_.status >= 200
                      ? answer_.trailers
                      : answer_.headers;
    where.emplace(name, value);
    return 0;
  }

  void data(nghttp2_session* session, std::int32_t id, std::string_view bytes) {
    if (id != stream_) return;
    if (answer_.body.size() + bytes.size() > call_.max_bytes) {
      too_much_ = true;
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
      return;
    }
    answer_.body += bytes;
  }

  Error failed(ErrorCode code, std::string cause) const {
    return connection_.failed(code, std::move(cause));
  }

  const Http2Call& call_;
  ClientConnection& connection_;
  Owned session_;
  std::int32_t stream_ = -1;
  std::size_t body_sent_ = 0, fields_ = 0, header_bytes_ = 0;
  bool closed_ = false, complete_ = false, too_much_ = false;
  Http2Answer answer_;
};

}  // namespace

Result<Http2Answer> call_http2(const Http2Call& call, std::stop_token stop) {
  COVE_TRY(const auto waiter, Waiter::create(std::move(stop)));
  ClientOptions options;
  options.timeouts.connect = call.connect;
  Route route;
  route.host = call.host;
  route.port = call.port;
  auto connection = ClientConnection::open(std::move(route), options, nullptr,
                                           std::make_shared<ClientConnection::LookUps>(), *waiter);
  if (!connection) {
    Error error = connection.error();
    error.action = "connect to";
    return error;
  }
  return Caller(call, **connection).run(*waiter);
}

}  // namespace cove::http
