#include "core/http/client_connection.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>

#include "core/base/base64.h"
#include "core/http/response_parser.h"

namespace cove::http {
namespace {

using Status = Transport::Status;

struct AddressesDeleter {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, AddressesDeleter>;

void ring(int event) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(event, &one, sizeof one);
}

// A look-up blocks in the C library for as long as name servers are silent, so it has a thread of
// its own that whoever asked may leave behind.
struct LookUp {
  std::mutex mutex;
  int failure = 0;
  Addresses found;
  Fd done;
};

Result<Addresses> resolve(const std::string& host, std::uint16_t port,
                          const std::shared_ptr<ClientConnection::LookUps>& look_ups,
                          const Waiter& waiter, SteadyTime deadline, const std::string& subject) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const std::string service = std::to_string(port);
  if (::getaddrinfo(host.c_str(), service.c_str(), &hints, &list) == 0) return Addresses(list);

  auto look_up = std::make_shared<LookUp>();
  look_up->done = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!look_up->done || !look_ups->begin()) {
    return Error{
        ErrorCode::kResourceExhausted, "reach", subject, "too many names are being looked up", {}};
  }
  std::thread([look_up, look_ups, host, service] {
    addrinfo wish{};
    wish.ai_socktype = SOCK_STREAM;
    wish.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
    addrinfo* answer = nullptr;
    const int failure = ::getaddrinfo(host.c_str(), service.c_str(), &wish, &answer);
    {
      std::lock_guard lock(look_up->mutex);
      look_up->failure = failure;
      if (failure == 0) look_up->found.reset(answer);
    }
    ring(look_up->done.get());
    look_ups->end();
  }).detach();
  switch (waiter.wait(look_up->done.get(), POLLIN, deadline)) {
    case Waiter::Woke::kStopped:
      return Error{ErrorCode::kCancelled, "reach", subject, "it was cancelled", {}};
    case Waiter::Woke::kTimeout:
      return Error{ErrorCode::kTimeout, "reach", subject,
                   fmt::format("the look-up of the name '{}' takes too long", host),
                   "Check the network and its name servers."};
    case Waiter::Woke::kReady: break;
  }
  std::lock_guard lock(look_up->mutex);
  if (look_up->failure != 0) {
    const bool unknown = look_up->failure == EAI_NONAME || look_up->failure == EAI_NODATA;
    return Error{unknown ? ErrorCode::kNotFound : ErrorCode::kUnavailable, "reach", subject,
                 unknown ? fmt::format("lookup {}: no such host", host)
                         : fmt::format("lookup {}: {}", host, ::gai_strerror(look_up->failure)),
                 "Check the name and the network."};
  }
  return std::move(look_up->found);
}

// A peer that vanished without a word is noticed within a minute, though nothing is sent.
constexpr KeepAlive kKeepAlive{.idle = 15, .interval = 10, .count = 3};

std::string words(int error) {
  return error == ECONNREFUSED ? "connection refused" : std::generic_category().message(error);
}

std::string authority(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", v6 ? "[" : "", host, v6 ? "]" : "", port);
}

}  // namespace

void Waiter::Ring::operator()() const {
  ring(event);
}

Waiter::Waiter(std::stop_token stop, Fd event)
    : stop_(std::move(stop)), event_(std::move(event)), callback_(stop_, Ring{event_.get()}) {}

Result<std::unique_ptr<Waiter>> Waiter::create(std::stop_token stop) {
  Fd event;
  if (stop.stop_possible()) {
    event = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!event) return errno_error(errno, "make", "an event descriptor");
  }
  return std::unique_ptr<Waiter>(new Waiter(std::move(stop), std::move(event)));
}

Waiter::Woke Waiter::wait(int fd, short events, std::optional<SteadyTime> deadline) const {
  std::array<pollfd, 2> watched{{{fd, events, 0}, {event_.get(), POLLIN, 0}}};
  while (true) {
    if (stop_.stop_requested()) return Woke::kStopped;
    int timeout = -1;
    if (deadline) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          *deadline - std::chrono::steady_clock::now());
      constexpr std::chrono::milliseconds kLongest = std::chrono::hours(1);
      timeout = static_cast<int>(std::clamp(left, std::chrono::milliseconds(0), kLongest).count());
    }
    const int ready = ::poll(watched.data(), watched.size(), timeout);
    if (stop_.stop_requested()) return Woke::kStopped;
    if (ready > 0 && watched[0].revents != 0) return Woke::kReady;
    if (ready == 0 && deadline && std::chrono::steady_clock::now() >= *deadline)
      return Woke::kTimeout;
  }
}

bool ClientConnection::LookUps::begin() {
  if (under_way_.fetch_add(1) < kMost) return true;
  under_way_.fetch_sub(1);
  return false;
}

void ClientConnection::LookUps::end() {
  under_way_.fetch_sub(1);
}

std::string Route::subject() const {
  return unix_socket.empty() ? authority(host, port) : unix_socket.string();
}

std::string Route::key() const {
  if (!unix_socket.empty()) return "unix " + unix_socket.string();
  const std::string through = proxy ? " by " + proxy->authority() : "";
  // A proxy that is asked for whole URLs serves them all on one connection.
  if (proxy && !tls) return through;
  return (tls ? "tls " : "tcp ") + authority(host, port) + through;
}

Error ClientConnection::failed(ErrorCode code, std::string cause, std::string remedy) const {
  return Error{code, "reach", route_.subject(), std::move(cause), std::move(remedy)};
}

Result<std::unique_ptr<ClientConnection>> ClientConnection::open(
    Route route, const ClientOptions& options, SSL_CTX* tls,
    const std::shared_ptr<LookUps>& look_ups, const Waiter& waiter) {
  std::unique_ptr<ClientConnection> made(new ClientConnection(std::move(route)));
  const Route& where = made->route_;
  if (!where.unix_socket.empty()) {
    COVE_CHECK(made->connect_unix());
  } else {
    const std::string& host = where.proxy ? where.proxy->host : where.host;
    const std::uint16_t port = where.proxy ? where.proxy->port : where.port;
    COVE_CHECK(made->connect_tcp(host, port, options.timeouts.connect, look_ups, waiter));
  }
  made->transport_ = make_plain_transport(made->fd_.get());
  if (!where.tls) return made;
  if (where.proxy) COVE_CHECK(made->ask_proxy(options, waiter));
  COVE_CHECK(made->shake_hands(options, tls, waiter));
  return made;
}

Result<void> ClientConnection::connect_unix() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& path = route_.unix_socket.native();
  if (path.size() >= sizeof address.sun_path)
    return failed(ErrorCode::kInvalidArgument, "the path is too long for a socket");
  std::memcpy(address.sun_path, path.c_str(), path.size());
  fd_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd_ ||
      ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    const bool denied = error == EACCES || error == EPERM;
    return failed(denied ? ErrorCode::kPermissionDenied : ErrorCode::kUnavailable, words(error));
  }
  return {};
}

Result<void> ClientConnection::connect_tcp(const std::string& host, std::uint16_t port,
                                           std::chrono::milliseconds timeout,
                                           const std::shared_ptr<LookUps>& look_ups,
                                           const Waiter& waiter) {
  const auto begin = std::chrono::steady_clock::now();
  COVE_TRY(const Addresses found,
           resolve(host, port, look_ups, waiter, begin + timeout, route_.subject()));
  Error last = failed(ErrorCode::kUnavailable, "it has no address");
  for (const addrinfo* at = found.get(); at != nullptr; at = at->ai_next) {
    fd_ = Fd(::socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    int error = 0;
    if (!fd_) {
      error = errno;
    } else if (::connect(fd_.get(), at->ai_addr, at->ai_addrlen) != 0) {
      error = errno;
      if (error == EINPROGRESS) {
        const auto woke =
            waiter.wait(fd_.get(), POLLOUT, std::chrono::steady_clock::now() + timeout);
        if (woke == Waiter::Woke::kStopped) return settle(woke, {});
        socklen_t size = sizeof error;
        error = ETIMEDOUT;
        if (woke == Waiter::Woke::kReady)
          ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      }
    }
    if (error == 0) {
      tune(fd_.get(), kKeepAlive);
      return {};
    }
    last =
        failed(error == ETIMEDOUT ? ErrorCode::kTimeout : ErrorCode::kUnavailable,
               route_.proxy ? fmt::format("the proxy {}: {}", authority(host, port), words(error))
                            : words(error));
  }
  return last;
}

Result<void> ClientConnection::settle(Waiter::Woke woke, std::string_view late) const {
  switch (woke) {
    case Waiter::Woke::kStopped: return failed(ErrorCode::kCancelled, "it was cancelled");
    case Waiter::Woke::kTimeout: return failed(ErrorCode::kTimeout, std::string(late));
    case Waiter::Woke::kReady: break;
  }
  return {};
}

Result<void> ClientConnection::ask_proxy(const ClientOptions& options, const Waiter& waiter) {
  const std::string target = authority(route_.host, route_.port);
  std::string request = fmt::format("CONNECT {} HTTP/1.1\r\nHost: {}\r\n", target, target);
  if (!route_.proxy->user_info.empty()) {
    request += fmt::format("Proxy-Authorization: Basic {}\r\n",
                           base64_encode(route_.proxy->user_info.reveal()));
  }
  request += "\r\n";
  const auto deadline = std::chrono::steady_clock::now() + options.timeouts.handshake;
  const auto about_proxy = [&](Error error) {
    if (error.code == ErrorCode::kCancelled) return error;
    error.cause = fmt::format("the proxy {}: {}", route_.proxy->authority(), error.cause);
    return error;
  };
  for (std::string_view rest = request; !rest.empty();) {
    const auto sent = write(rest, waiter, deadline, false);
    if (!sent) return about_proxy(sent.error());
    rest.remove_prefix(*sent);
  }
  ResponseParser parser({options.header_bytes, options.header_fields}, true);
  // Nothing may follow the header before we speak, and nothing of it may be lost.
  std::string received;
  std::string body;
  std::array<char, 4096> space{};
  while (!parser.done()) {
    const auto size = read(space, waiter, deadline);
    if (!size) return about_proxy(size.error());
    if (*size == 0) {
      const auto early = parser.put_end();
      if (!early) return about_proxy(failed(ErrorCode::kUnavailable, early.error().cause));
      break;
    }
    received.append(space.data(), *size);
    const auto used = parser.put(received, body);
    if (!used) return about_proxy(failed(used.error().code, used.error().cause));
    received.erase(0, *used);
  }
  const int status = parser.head().status;
  if (status / 100 != 2 || !received.empty()) {
    const bool denied = status == 407 || status == 403;
    return about_proxy(failed(denied ? ErrorCode::kPermissionDenied : ErrorCode::kUnavailable,
                              fmt::format("it answered {} {}", status, parser.head().reason)));
  }
  return {};
}

Result<void> ClientConnection::shake_hands(const ClientOptions& options, SSL_CTX* tls,
                                           const Waiter& waiter) {
  const std::string& name = options.tls.server_name.empty() ? route_.host : options.tls.server_name;
  transport_ = make_tls_client_transport(fd_.get(), tls, name);
  if (!transport_)
    return failed(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' is no host name or address", name));
  const auto deadline = std::chrono::steady_clock::now() + options.timeouts.handshake;
  while (true) {
    const auto outcome = transport_->handshake();
    if (outcome.status == Status::kDone) return {};
    if (outcome.status == Status::kWantRead || outcome.status == Status::kWantWrite) {
      const short events = outcome.status == Status::kWantRead ? POLLIN : POLLOUT;
      COVE_CHECK(settle(waiter.wait(fd_.get(), events, deadline),
                        "it does not answer the TLS handshake in time"));
      continue;
    }
    if (outcome.status == Status::kEnd)
      return failed(ErrorCode::kUnavailable, "the connection ended during the TLS handshake");
    const Transport::Failure failure = transport_->failure();
    if (failure.untrusted) {
      return failed(ErrorCode::kPermissionDenied,
                    fmt::format("its certificate is not trusted: {}", failure.cause));
    }
    if (failure.refused)
      return failed(ErrorCode::kPermissionDenied, fmt::format("it refused us: {}", failure.cause));
    return failed(ErrorCode::kUnavailable,
                  fmt::format("it does not speak TLS as expected: {}", failure.cause));
  }
}

Error ClientConnection::broke() const {
  const Transport::Failure failure = transport_->failure();
  if (failure.refused)
    return failed(ErrorCode::kPermissionDenied, fmt::format("it refused us: {}", failure.cause));
  return failed(ErrorCode::kUnavailable, fmt::format("the connection broke: {}", failure.cause));
}

Result<std::size_t> ClientConnection::read(std::span<char> space, const Waiter& waiter,
                                           Deadline deadline) {
  while (true) {
    const auto outcome = transport_->read(space);
    switch (outcome.status) {
      case Status::kDone: return outcome.bytes;
      case Status::kEnd: return std::size_t{0};
      case Status::kFailed: return broke();
      case Status::kWantRead:
      case Status::kWantWrite: break;
    }
    const short events = outcome.status == Status::kWantRead ? POLLIN : POLLOUT;
    COVE_CHECK(settle(waiter.wait(fd_.get(), events, deadline), "it has stopped sending"));
  }
}

std::size_t ClientConnection::read_ready(std::span<char> space) {
  const auto outcome = transport_->read(space);
  return outcome.status == Status::kDone ? outcome.bytes : 0;
}

Result<std::size_t> ClientConnection::write(std::string_view bytes, const Waiter& waiter,
                                            Deadline deadline, bool input_first) {
  while (true) {
    if (waiter.stopped()) return failed(ErrorCode::kCancelled, "it was cancelled");
    const auto outcome = transport_->write(bytes);
    if (outcome.status == Status::kDone) return outcome.bytes;
    if (outcome.status == Status::kEnd || outcome.status == Status::kFailed) return broke();
    short events = outcome.status == Status::kWantRead ? POLLIN : POLLOUT;
    if (input_first) events |= POLLIN;
    COVE_CHECK(settle(waiter.wait(fd_.get(), events, deadline), "it has stopped reading"));
    if (!input_first) continue;
    pollfd state{fd_.get(), POLLIN, 0};
    if (::poll(&state, 1, 0) > 0) return std::size_t{0};
  }
}

bool ClientConnection::quiet() const {
  pollfd state{fd_.get(), POLLIN | POLLRDHUP, 0};
  return ::poll(&state, 1, 0) == 0;
}

}  // namespace cove::http
