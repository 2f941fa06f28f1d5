#include "tests/bench/load/load.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <algorithm>
#include <csignal>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "core/base/fd.h"

namespace cove::bench {
namespace {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

struct ContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct X509Deleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct SessionDeleter {
  void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
};
using Bio = std::unique_ptr<BIO, BioDeleter>;
using Context = std::unique_ptr<SSL_CTX, ContextDeleter>;

Error failed(std::string action, std::string cause) {
  return Error{ErrorCode::kUnavailable, std::move(action), "the server", std::move(cause), {}};
}

std::unique_ptr<X509, X509Deleter> read_certificate(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return std::unique_ptr<X509, X509Deleter>(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

Result<Context> make_context(const LoadPlan& plan) {
  Context context(SSL_CTX_new(TLS_client_method()));
  const auto authority = read_certificate(plan.ca_certificate_pem);
  if (!authority) return failed("trust", "its authority's certificate cannot be read");
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), authority.get());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  const std::string protocols = plan.http2 ? "\x02h2" : "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(protocols.data()),
                          static_cast<unsigned>(protocols.size()));
  if (plan.certificate_pem.empty()) return context;
  const auto certificate = read_certificate(plan.certificate_pem);
  const std::string& pem = plan.key_pem.reveal();
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const std::unique_ptr<EVP_PKEY, KeyDeleter> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!certificate || !key || SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
    return failed("show a certificate to", "the client's certificate and key do not fit");
  }
  return context;
}

// Blocking connect and handshake, then non-blocking.
Result<std::pair<Fd, std::unique_ptr<SSL, SslDeleter>>> connect(const LoadPlan& plan,
                                                                SSL_CTX* context) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(plan.port);
  if (::inet_pton(AF_INET, plan.address.c_str(), &address.sin_addr) != 1)
    return failed("connect to", "not an IPv4 address: " + plan.address);
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return errno_error(errno, "connect to", fmt::format("{}:{}", plan.address, plan.port));
  const int yes = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  std::unique_ptr<SSL, SslDeleter> ssl(SSL_new(context));
  SSL_set_fd(ssl.get(), fd.get());
  if (SSL_connect(ssl.get()) != 1) {
    std::array<char, 256> text{};
    ERR_error_string_n(ERR_get_error(), text.data(), text.size());
    return failed("shake hands with", text.data());
  }
  const int flags = ::fcntl(fd.get(), F_GETFL);
  ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK);
  return std::make_pair(std::move(fd), std::move(ssl));
}

// What one thread measures; counting begins when the warm-up is over.
struct Tally {
  const LoadPlan& plan;
  LoadReport report;
  bool counting = false;
  std::size_t next_path = 0;

  void finished(Time began, bool good, std::size_t bytes) {
    if (!counting) return;
    if (!good) {
      ++report.failures;
      return;
    }
    ++report.requests;
    report.body_bytes += bytes;
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
    report.microseconds.push_back(static_cast<std::uint32_t>(took.count()));
  }
  const std::string& path() { return plan.paths[next_path++ % plan.paths.size()]; }
};

// One protocol on one connection: bytes in, bytes out.
class Client {
 public:
  virtual ~Client() = default;
  // Appends what is to be sent.
  virtual void produce(std::string& out) = 0;
  // False when the connection is of no use any more.
  virtual bool receive(std::string_view bytes) = 0;
};

class Http1Client final : public Client {
 public:
  explicit Http1Client(Tally& tally) : tally_(tally) {
    const LoadPlan& plan = tally.plan;
    rest_ = fmt::format(" HTTP/1.1\r\nHost: {}:{}\r\n", plan.address, plan.port);
    for (const auto& [name, value] : plan.headers) rest_ += name + ": " + value + "\r\n";
    if (!plan.body.empty()) rest_ += fmt::format("Content-Length: {}\r\n", plan.body.size());
    rest_ += "\r\n" + plan.body;
  }

  void produce(std::string& out) override {
    if (waiting_) return;
    waiting_ = true;
    out += tally_.plan.method;
    out += ' ';
    out += tally_.path();
    out += rest_;
    began_ = Clock::now();
  }

  bool receive(std::string_view bytes) override {
    while (!bytes.empty()) {
      if (!in_body_) {
        header_ += bytes;
        const std::size_t end = header_.find("\r\n\r\n");
        if (end == std::string::npos) return true;
        const std::size_t of_header = end + 4 - (header_.size() - bytes.size());
        bytes.remove_prefix(of_header);
        header_.resize(end + 2);
        if (!begin_body()) return false;
      }
      const std::size_t some = std::min(left_, bytes.size());
      left_ -= some;
      bytes.remove_prefix(some);
      if (left_ > 0) continue;
      tally_.finished(began_, good_, size_);
      in_body_ = false;
      waiting_ = false;
      header_.clear();
    }
    if (in_body_ && left_ == 0) {
      tally_.finished(began_, good_, size_);
      in_body_ = false;
      waiting_ = false;
      header_.clear();
    }
    return true;
  }

 private:
  bool begin_body() {
    good_ = header_.size() > 12 && header_[9] == '2';
    std::ranges::transform(header_, header_.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    constexpr std::string_view kLength = "\r\ncontent-length:";
    const std::size_t at = header_.find(kLength);
    if (at == std::string::npos) return false;
    left_ = size_ = std::strtoull(header_.c_str() + at + kLength.size(), nullptr, 10);
    in_body_ = true;
    return true;
  }

  Tally& tally_;
  std::string rest_;
  std::string header_;
  Time began_{};
  bool waiting_ = false;
  bool in_body_ = false;
  bool good_ = false;
  std::size_t left_ = 0;
  std::size_t size_ = 0;
};

class Http2Client final : public Client {
 public:
  explicit Http2Client(Tally& tally) : tally_(tally) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(
        callbacks, [](nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_size, const std::uint8_t* value, std::size_t, std::uint8_t,
                      void* user) {
          auto& self = *static_cast<Http2Client*>(user);
          if (name_size == 7 && std::memcmp(name, ":status", 7) == 0)
            self.running_[frame->hd.stream_id].good = value[0] == '2';
          return 0;
        });
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(
        callbacks, [](nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t*,
                      std::size_t size, void* user) {
          static_cast<Http2Client*>(user)->running_[id].size += size;
          return 0;
        });
    nghttp2_session_callbacks_set_on_stream_close_callback(
        callbacks, [](nghttp2_session*, std::int32_t id, std::uint32_t code, void* user) {
          auto& self = *static_cast<Http2Client*>(user);
          const Running& one = self.running_[id];
          self.tally_.finished(one.began, one.good && code == NGHTTP2_NO_ERROR, one.size);
          self.running_.erase(id);
          return 0;
        });
    nghttp2_session* session = nullptr;
    nghttp2_session_client_new(&session, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    session_.reset(session);
    const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 24};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, &window, 1);
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, 1 << 24);
    authority_ = fmt::format("{}:{}", tally.plan.address, tally.plan.port);
  }

  void produce(std::string& out) override {
    while (running_.size() < tally_.plan.streams) {
      if (!submit()) break;
    }
    for (;;) {
      const std::uint8_t* bytes = nullptr;
      const ssize_t size = nghttp2_session_mem_send(session_.get(), &bytes);
      if (size <= 0) return;
      out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
  }

  bool receive(std::string_view bytes) override {
    return nghttp2_session_mem_recv(session_.get(),
                                    reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                    bytes.size()) >= 0 &&
           nghttp2_session_want_read(session_.get()) != 0;
  }

 private:
  struct Running {
    Time began{};
    bool good = false;
    std::size_t size = 0;
    std::size_t sent = 0;
  };

  static nghttp2_nv field(const std::string& name, const std::string& value) {
    auto* const name_bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data()));
    auto* const value_bytes = reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data()));
    return {name_bytes, value_bytes, name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
  }

  bool submit() {
    static const std::array<std::string, 5> names{":method", ":scheme", ":authority", ":path",
                                                  "https"};
    const LoadPlan& plan = tally_.plan;
    std::vector<nghttp2_nv> fields{field(names[0], plan.method), field(names[1], names[4]),
                                   field(names[2], authority_), field(names[3], tally_.path())};
    for (const auto& [name, value] : plan.headers) fields.push_back(field(name, value));
    nghttp2_data_provider body{};
    body.read_callback = [](nghttp2_session*, std::int32_t id, std::uint8_t* space,
                            std::size_t size, std::uint32_t* flags, nghttp2_data_source*,
                            void* user) {
      auto& self = *static_cast<Http2Client*>(user);
      Running& one = self.running_[id];
      const std::string& all = self.tally_.plan.body;
      const std::size_t some = std::min(size, all.size() - one.sent);
      std::memcpy(space, all.data() + one.sent, some);
      one.sent += some;
      if (one.sent == all.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
      return static_cast<ssize_t>(some);
    };
    const std::int32_t id =
        nghttp2_submit_request(session_.get(), nullptr, fields.data(), fields.size(),
                               plan.body.empty() ? nullptr : &body, nullptr);
    if (id < 0) return false;
    running_[id].began = Clock::now();
    return true;
  }

  Tally& tally_;
  std::string authority_;
  std::unordered_map<std::int32_t, Running> running_;
  std::unique_ptr<nghttp2_session, SessionDeleter> session_;
};

class Connection {
 public:
  Connection(Fd fd, std::unique_ptr<SSL, SslDeleter> ssl, std::unique_ptr<Client> client)
      : fd_(std::move(fd)), ssl_(std::move(ssl)), client_(std::move(client)) {}

  int fd() const { return fd_.get(); }
  bool blocked() const { return !out_.empty(); }
  // Whether blocked() is another than when this was asked last.
  bool changed() { return std::exchange(was_blocked_, blocked()) != blocked(); }

  // Everything that can happen now; false when the connection is over.
  bool drive() {
    for (;;) {
      if (!send()) return false;
      std::size_t size = 0;
      ERR_clear_error();
      const int result = SSL_read_ex(ssl_.get(), buffer_.data(), buffer_.size(), &size);
      if (result != 1) {
        const int why = SSL_get_error(ssl_.get(), result);
        return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE;
      }
      if (!client_->receive({buffer_.data(), size})) return false;
      if (SSL_has_pending(ssl_.get()) == 0) return send();
    }
  }

 private:
  bool send() {
    client_->produce(out_);
    while (!out_.empty()) {
      std::size_t size = 0;
      ERR_clear_error();
      const int result = SSL_write_ex(ssl_.get(), out_.data(), out_.size(), &size);
      if (result != 1) return SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_WRITE;
      out_.erase(0, size);
    }
    return true;
  }

  Fd fd_;
  std::unique_ptr<SSL, SslDeleter> ssl_;
  std::unique_ptr<Client> client_;
  std::string out_;
  bool was_blocked_ = true;
  std::array<char, 64 * 1024> buffer_;
};

Result<LoadReport> run_thread(const LoadPlan& plan, SSL_CTX* context, unsigned connections) {
  Tally tally{plan, {}, false, 0};
  tally.report.microseconds.reserve(1 << 20);
  const Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
  std::vector<std::unique_ptr<Connection>> all;
  for (unsigned i = 0; i < connections; ++i) {
    COVE_TRY(auto made, connect(plan, context));
    std::unique_ptr<Client> client;
    if (plan.http2) {
      client = std::make_unique<Http2Client>(tally);
    } else {
      client = std::make_unique<Http1Client>(tally);
    }
    all.push_back(std::make_unique<Connection>(std::move(made.first), std::move(made.second),
                                               std::move(client)));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT;
    event.data.ptr = all.back().get();
    ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, all.back()->fd(), &event);
  }
  const Time start = Clock::now();
  Time counted = start;
  std::array<epoll_event, 64> events{};
  for (;;) {
    const Time now = Clock::now();
    if (!tally.counting && now - start >= plan.warm_up) {
      tally.counting = true;
      counted = now;
    }
    if (now - start >= plan.warm_up + plan.duration) {
      tally.report.seconds = std::chrono::duration<double>(now - counted).count();
      return std::move(tally.report);
    }
    const int count = ::epoll_wait(epoll.get(), events.data(), events.size(), 100);
    for (int i = 0; i < count; ++i) {
      auto* const connection = static_cast<Connection*>(events[static_cast<unsigned>(i)].data.ptr);
      if (connection->drive()) {
        if (!connection->changed()) continue;
        epoll_event event{};
        event.events = connection->blocked() ? EPOLLIN | EPOLLOUT : EPOLLIN;
        event.data.ptr = connection;
        ::epoll_ctl(epoll.get(), EPOLL_CTL_MOD, connection->fd(), &event);
        continue;
      }
      ++tally.report.failures;
      ::epoll_ctl(epoll.get(), EPOLL_CTL_DEL, connection->fd(), nullptr);
    }
  }
}

}  // namespace

double LoadReport::latency(double quantile) const {
  if (microseconds.empty()) return 0;
  const double at = quantile * static_cast<double>(microseconds.size() - 1);
  return microseconds[static_cast<std::size_t>(at)] / 1000.0;
}

Result<LoadReport> run_load(const LoadPlan& plan) {
  ::signal(SIGPIPE, SIG_IGN);
  COVE_TRY(const Context context, make_context(plan));
  const unsigned threads = std::clamp(plan.threads, 1u, std::max(plan.connections, 1u));
  std::mutex mutex;
  LoadReport sum;
  std::optional<Error> failure;
  {
    std::vector<std::jthread> workers;
    for (unsigned i = 0; i < threads; ++i) {
      const unsigned share = plan.connections / threads + (i < plan.connections % threads ? 1 : 0);
      workers.emplace_back([&, share] {
        auto report = run_thread(plan, context.get(), share);
        std::lock_guard lock(mutex);
        if (!report) {
          failure = report.error();
          return;
        }
        sum.requests += report->requests;
        sum.failures += report->failures;
        sum.body_bytes += report->body_bytes;
        sum.seconds = std::max(sum.seconds, report->seconds);
        sum.microseconds.insert(sum.microseconds.end(), report->microseconds.begin(),
                                report->microseconds.end());
      });
    }
  }
  if (failure) return *failure;
  std::ranges::sort(sum.microseconds);
  return sum;
}

}  // namespace cove::bench
