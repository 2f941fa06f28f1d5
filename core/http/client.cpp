#include "core/http/client.h"

#include <fmt/format.h>

#include <array>
#include <mutex>

#include "core/base/base64.h"
#include "core/http/client_connection.h"
#include "core/http/response_parser.h"
#include "core/http/session.h"

namespace cove::http {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr int kMaxInterim = 8;

bool asks_to_do(const std::string& method) {
  return method == "POST" || method == "PATCH";
}

SteadyTime from_now(std::chrono::milliseconds duration) {
  return std::chrono::steady_clock::now() + duration;
}

bool is_ours(std::string_view name) {
  for (const std::string_view ours :
       {"host", "user-agent", "content-length", "transfer-encoding"}) {
    if (std::ranges::equal(name, ours, [](char a, char b) { return ::tolower(a) == b; }))
      return true;
  }
  return false;
}

class ConnectionStream final : public RawStream {
 public:
  ConnectionStream(std::unique_ptr<ClientConnection> connection, std::string received)
      : connection_(std::move(connection)), received_(std::move(received)) {}

  Result<std::string> read(std::size_t max, std::stop_token stop) override {
    if (!received_.empty()) {
      std::string piece = received_.substr(0, max);
      received_.erase(0, piece.size());
      return piece;
    }
    COVE_TRY(const auto waiter, Waiter::create(std::move(stop)));
    std::string piece(std::min(max, kPiece), '\0');
    while (true) {
      const Transport::Outcome outcome = locked([&](Transport& t) { return t.read(piece); });
      switch (outcome.status) {
        case Transport::Status::kDone: piece.resize(outcome.bytes); return piece;
        case Transport::Status::kEnd: return std::string();
        case Transport::Status::kFailed: return connection_->broke();
        case Transport::Status::kWantRead:
        case Transport::Status::kWantWrite: COVE_CHECK(wait(*waiter, outcome.status));
      }
    }
  }

  Result<void> write(std::string_view bytes, std::stop_token stop) override {
    COVE_TRY(const auto waiter, Waiter::create(std::move(stop)));
    while (!bytes.empty()) {
      const Transport::Outcome outcome = locked([&](Transport& t) { return t.write(bytes); });
      switch (outcome.status) {
        case Transport::Status::kDone: bytes.remove_prefix(outcome.bytes); break;
        case Transport::Status::kEnd:
        case Transport::Status::kFailed: return connection_->broke();
        case Transport::Status::kWantRead:
        case Transport::Status::kWantWrite: COVE_CHECK(wait(*waiter, outcome.status));
      }
    }
    return {};
  }

  void finish() override {
    locked([](Transport& transport) {
      transport.finish();
      return Transport::Outcome{};
    });
  }

 private:
  template <class Step>
  Transport::Outcome locked(const Step& step) {
    std::lock_guard lock(mutex_);
    return step(connection_->transport());
  }

  Result<void> wait(const Waiter& waiter, Transport::Status wish) {
    const short events = wish == Transport::Status::kWantRead ? POLLIN : POLLOUT;
    if (waiter.wait(connection_->fd(), events, std::nullopt) == Waiter::Woke::kStopped)
      return connection_->failed(ErrorCode::kCancelled, "it was cancelled");
    return {};
  }

  std::mutex mutex_;
  std::unique_ptr<ClientConnection> connection_;
  std::string received_;
};

}  // namespace

class Client::Implementation {
 public:
  Implementation(ClientOptions options, TlsContext tls)
      : options_(std::move(options)), tls_(std::move(tls)) {}

  const ClientOptions& options() const { return options_; }

  Result<std::unique_ptr<ClientConnection>> open(Route route, const Waiter& waiter) {
    if (route.tls && trusts_system(options_.tls))
      std::call_once(system_trusted_, [this] { trust_system(tls_.get()); });
    return ClientConnection::open(std::move(route), options_, tls_.get(), look_ups_, waiter);
  }

  std::unique_ptr<ClientConnection> take_idle(const std::string& key) {
    std::vector<std::unique_ptr<ClientConnection>> dead;
    std::lock_guard lock(mutex_);
    const auto oldest = std::chrono::steady_clock::now() - options_.timeouts.idle;
    for (auto at = idle_.size(); at-- > 0;) {
      if (idle_[at]->route().key() != key) continue;
      auto found = std::move(idle_[at]);
      idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(at));
      if (found->kept_since >= oldest && found->quiet()) return found;
      dead.push_back(std::move(found));
    }
    return nullptr;
  }

  void keep(std::unique_ptr<ClientConnection> connection) {
    std::unique_ptr<ClientConnection> dropped;
    std::lock_guard lock(mutex_);
    connection->kept_since = std::chrono::steady_clock::now();
    idle_.push_back(std::move(connection));
    if (idle_.size() <= options_.idle_connections) return;
    dropped = std::move(idle_.front());
    idle_.erase(idle_.begin());
  }

  void close_idle() {
    std::vector<std::unique_ptr<ClientConnection>> dropped;
    std::lock_guard lock(mutex_);
    dropped.swap(idle_);
  }

 private:
  const ClientOptions options_;
  const TlsContext tls_;
  std::once_flag system_trusted_;
  const std::shared_ptr<ClientConnection::LookUps> look_ups_ =
      std::make_shared<ClientConnection::LookUps>();
  std::mutex mutex_;
  std::vector<std::unique_ptr<ClientConnection>> idle_;  // the one kept last at the end
};

class ClientResponse::Implementation {
 public:
  Implementation(std::shared_ptr<Client::Implementation> client, std::unique_ptr<Waiter> waiter,
                 std::unique_ptr<ClientConnection> connection, bool no_body)
      : client_(std::move(client)),
        waiter_(std::move(waiter)),
        connection_(std::move(connection)),
        no_body_(no_body) {
    renew_parser();
  }

  // What came while the request was still being sent.
  bool received_early() {
    const std::size_t size = connection_->read_ready(space_);
    if (size > 0) received_.append(space_.data(), size);
    return size > 0;
  }

  Result<void> read_header(SteadyTime deadline) {
    for (int interim = 0; interim <= kMaxInterim;) {
      COVE_CHECK(step(deadline));
      if (!parser_->header_done()) continue;
      const int status = parser_->head().status;
      if (status / 100 != 1 || status == 101) {
        release_if_done();
        return {};
      }
      ++interim;
      renew_parser();
    }
    return connection_->failed(ErrorCode::kCorrupt, "its answer is not HTTP: it does not begin");
  }

  Result<std::string> read(std::size_t max) {
    while (body_.empty() && !parser_->done()) {
      if (!connection_) return Error{ErrorCode::kConflict, "read", "an answer", "it was cut", {}};
      const auto stepped = step(from_now(client_->options().timeouts.stall));
      if (!stepped) {
        connection_.reset();
        return stepped.error();
      }
      release_if_done();
    }
    std::string piece;
    if (body_.size() <= max) {
      piece.swap(body_);
    } else {
      piece = body_.substr(0, max);
      body_.erase(0, max);
    }
    return piece;
  }

  Result<std::unique_ptr<RawStream>> take_stream() {
    const ResponseHead& head = parser_->head();
    const bool endless = head.status == 200 && head.ends_with_connection && !no_body_;
    if (!connection_ || (head.status != 101 && !endless)) {
      return Error{ErrorCode::kConflict,
                   "take over",
                   "a connection",
                   fmt::format("the answer is {} {}", head.status, head.reason),
                   {}};
    }
    return std::make_unique<ConnectionStream>(std::move(connection_), std::move(body_) + received_);
  }

  const ResponseHead& head() const { return parser_->head(); }
  const Waiter& waiter() const { return *waiter_; }
  ClientConnection& connection() { return *connection_; }
  bool received_any() const { return received_any_ || !received_.empty(); }
  std::unique_ptr<Waiter> take_waiter() { return std::move(waiter_); }

  bool whole_request_sent = false;

 private:
  void renew_parser() {
    const ClientOptions& options = client_->options();
    parser_ = std::make_unique<ResponseParser>(
        ResponseBounds{options.header_bytes, options.header_fields}, no_body_);
  }

  // Gives the parser what is there, or else what comes next.
  Result<void> step(SteadyTime deadline) {
    if (received_.empty()) {
      COVE_TRY(const std::size_t size, connection_->read(space_, *waiter_, deadline));
      if (size == 0) {
        if (const auto ended = parser_->put_end(); !ended)
          return connection_->failed(ended.error().code, ended.error().cause);
        return {};
      }
      received_any_ = true;
      return put({space_.data(), size});
    }
    received_any_ = true;
    const std::string waiting = std::exchange(received_, {});
    COVE_CHECK(put(waiting));
    // What the parser left is the beginning of something that needs more.
    if (received_.size() != waiting.size()) return {};
    COVE_TRY(const std::size_t size, connection_->read(space_, *waiter_, deadline));
    if (size == 0)
      return connection_->failed(ErrorCode::kUnavailable,
                                 "the connection ended in the middle of the answer");
    received_.append(space_.data(), size);
    return {};
  }

  Result<void> put(std::string_view bytes) {
    const auto used = parser_->put(bytes, body_);
    if (!used) return connection_->failed(used.error().code, used.error().cause);
    received_.assign(bytes.substr(*used));
    return {};
  }

  void release_if_done() {
    if (!parser_->done() || !connection_ || parser_->head().status == 101) return;
    const bool reusable = whole_request_sent && received_.empty() && parser_->head().keeps_alive &&
                          !connection_->holds_input();
    if (reusable) {
      client_->keep(std::move(connection_));
    } else {
      connection_.reset();
    }
  }

  std::shared_ptr<Client::Implementation> client_;
  std::unique_ptr<Waiter> waiter_;
  std::unique_ptr<ClientConnection> connection_;
  std::unique_ptr<ResponseParser> parser_;
  std::vector<char> space_ = std::vector<char>(kPiece);
  std::string received_;  // not parsed yet
  std::string body_;      // not read yet; at most what one read of the connection gave
  bool no_body_;
  bool received_any_ = false;
};

namespace {

using Exchange = ClientResponse::Implementation;

// Sends one request; false when the peer answered before the end.
class Sender {
 public:
  Sender(ClientRequest& request, const ClientOptions& options, Exchange& exchange)
      : request_(request), options_(options), exchange_(exchange) {}

  Result<bool> run() {
    std::string first = header();
    if (!request_.source) {
      const std::string_view body = request_.body;
      const std::size_t with = std::min(body.size(), kPiece);
      first += body.substr(0, with);
      COVE_TRY(const bool on, send(first));
      if (!on) return false;
      return send(body.substr(with));
    }
    COVE_TRY(const bool on, send(first));
    return on ? send_source() : Result<bool>(false);
  }

  bool source_asked() const { return source_asked_; }
  // What run() failed with is the source's error, not the connection's.
  bool source_failed() const { return source_failed_; }

 private:
  std::string header() const {
    const Route& route = exchange_.connection().route();
    const bool absolute = route.proxy && !route.tls;
    std::string out =
        fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\n", request_.method,
                    absolute ? request_.url.text() : request_.url.target,
                    request_.host.empty() ? request_.url.authority() : request_.host,
                    request_.user_agent.empty() ? options_.user_agent : request_.user_agent);
    if (absolute && !route.proxy->user_info.empty()) {
      out += fmt::format("Proxy-Authorization: Basic {}\r\n",
                         base64_encode(route.proxy->user_info.reveal()));
    }
    for (const auto& [name, value] : request_.headers)
      fmt::format_to(std::back_inserter(out), "{}: {}\r\n", name, value);
    const bool may_have_body = request_.method != "GET" && request_.method != "HEAD";
    if (request_.source && !request_.source_length) {
      out += "Transfer-Encoding: chunked\r\n";
    } else if (request_.source) {
      out += fmt::format("Content-Length: {}\r\n", *request_.source_length);
    } else if (may_have_body || !request_.body.empty()) {
      out += fmt::format("Content-Length: {}\r\n", request_.body.size());
    }
    return out + "\r\n";
  }

  Result<bool> send(std::string_view bytes) {
    while (!bytes.empty()) {
      COVE_TRY(const std::size_t sent,
               exchange_.connection().write(bytes, exchange_.waiter(),
                                            from_now(options_.timeouts.stall), true));
      bytes.remove_prefix(sent);
      if (sent == 0 && exchange_.received_early()) return false;
    }
    return true;
  }

  Error wrong_length() {
    source_failed_ = true;
    return Error{ErrorCode::kInvalidArgument,
                 "send",
                 "the body of a request",
                 "its source has another length than was said",
                 {}};
  }

  Result<bool> send_source() {
    const bool chunked = !request_.source_length;
    std::uint64_t left = request_.source_length.value_or(0);
    while (chunked || left > 0) {
      // An answer now is most often a refusal: what is left need not travel.
      if (exchange_.received_early()) return false;
      source_asked_ = true;
      Result<std::string> asked = request_.source(kPiece);
      source_failed_ = !asked;
      COVE_TRY(std::string piece, std::move(asked));
      if (piece.empty()) {
        if (!chunked) return wrong_length();
        return send("0\r\n\r\n");
      }
      if (chunked) {
        piece.insert(0, fmt::format("{:x}\r\n", piece.size()));
        piece += "\r\n";
      } else if (piece.size() > left) {
        return wrong_length();
      } else {
        left -= piece.size();
      }
      COVE_TRY(const bool on, send(piece));
      if (!on) return false;
    }
    return true;
  }

  ClientRequest& request_;
  const ClientOptions& options_;
  Exchange& exchange_;
  bool source_asked_ = false;
  bool source_failed_ = false;
};

Result<void> check(const ClientRequest& request) {
  const auto refuse = [&](std::string why) {
    return Error{ErrorCode::kInvalidArgument,
                 "send a request to",
                 request.url.authority(),
                 std::move(why),
                 {}};
  };
  if (!is_token(request.method)) return refuse("the method is not one");
  if (!request.url.target.starts_with('/') ||
      !std::ranges::all_of(request.url.target, [](char c) { return c > 0x20 && c < 0x7f; }))
    return refuse("the path is not one of a URL");
  if (!is_field("Host", request.host) || !is_field("User-Agent", request.user_agent))
    return refuse("its host or user agent is no value of a header field");
  for (const auto& [name, value] : request.headers) {
    if (!is_field(name, value) || is_ours(name))
      return refuse(fmt::format("the header field '{}' may not be sent", name));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Client>> Client::create(ClientOptions options) {
  COVE_TRY(TlsContext tls, make_client_tls_context(options.tls));
  return std::unique_ptr<Client>(
      new Client(std::make_shared<Implementation>(std::move(options), std::move(tls))));
}

Client::Client(std::shared_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

Client::~Client() {
  implementation_->close_idle();
}

void Client::close_idle() {
  implementation_->close_idle();
}

Result<ClientResponse> Client::send(ClientRequest request, std::stop_token stop) {
  COVE_CHECK(check(request));
  const ClientOptions& options = implementation_->options();
  Route route{request.url.scheme == "https", request.url.host, request.url.port,
              options.unix_socket};
  if (route.unix_socket.empty()) {
    COVE_TRY(route.proxy, proxy_for(options.proxies, request.url));
  }
  COVE_TRY(auto waiter, Waiter::create(std::move(stop)));
  while (true) {
    auto connection = implementation_->take_idle(route.key());
    const bool kept = connection != nullptr;
    if (!kept) {
      COVE_TRY(connection, implementation_->open(route, *waiter));
    }
    auto exchange = std::make_unique<Exchange>(implementation_, std::move(waiter),
                                               std::move(connection), request.method == "HEAD");
    Sender sender(request, options, *exchange);
    const auto sent = sender.run();
    // The reason why a peer stopped reading is in what it said before.
    const bool broke =
        !sent && sent.error().code == ErrorCode::kUnavailable && !sender.source_failed();
    if (!sent && !broke) return sent.error();
    exchange->whole_request_sent = sent && *sent;
    const auto header = exchange->read_header(from_now(options.timeouts.header));
    if (header) return ClientResponse(std::move(exchange));
    const bool lost = header.error().code == ErrorCode::kUnavailable && !exchange->received_any();
    if (!kept || !lost || asks_to_do(request.method) || sender.source_asked())
      return broke ? sent.error() : header.error();
    waiter = exchange->take_waiter();
  }
}

ClientResponse::ClientResponse(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
ClientResponse::ClientResponse(ClientResponse&&) noexcept = default;
ClientResponse& ClientResponse::operator=(ClientResponse&&) noexcept = default;
ClientResponse::~ClientResponse() = default;

int ClientResponse::status() const {
  return implementation_->head().status;
}

const std::string& ClientResponse::reason() const {
  return implementation_->head().reason;
}

const std::vector<std::pair<std::string, std::string>>& ClientResponse::headers() const {
  return implementation_->head().headers;
}

std::string_view ClientResponse::header(std::string_view name) const {
  for (const auto& [key, value] : headers()) {
    if (key == name) return value;
  }
  return {};
}

bool ClientResponse::has_header(std::string_view name) const {
  return std::ranges::any_of(headers(), [&](const auto& field) { return field.first == name; });
}

std::optional<std::uint64_t> ClientResponse::content_length() const {
  return implementation_->head().content_length;
}

Result<std::string> ClientResponse::read(std::size_t max) {
  return implementation_->read(max);
}

Result<std::string> ClientResponse::read_all(std::size_t max_bytes) {
  std::string all;
  while (true) {
    COVE_TRY(const std::string piece, read(kPiece));
    if (piece.empty()) return all;
    if (piece.size() > max_bytes - all.size()) {
      return Error{ErrorCode::kResourceExhausted,
                   "read",
                   "an answer",
                   fmt::format("it is longer than {} bytes", max_bytes),
                   {}};
    }
    all += piece;
  }
}

Result<std::unique_ptr<RawStream>> ClientResponse::take_stream() {
  return implementation_->take_stream();
}

}  // namespace cove::http
