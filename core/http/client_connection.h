// ClientConnection: one connection of a client, perhaps through a proxy and under TLS; what waits
// in it ends on time or when a stop is requested. Private to this room.
#pragma once

#include <poll.h>

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/http/client.h"
#include "core/http/tls.h"
#include "core/http/transport.h"

namespace cove::http {

// Waits for descriptors, and is woken by a stop token. One thread at a time.
class Waiter {
 public:
  enum class Woke { kReady, kStopped, kTimeout };

  static Result<std::unique_ptr<Waiter>> create(std::stop_token stop);
  // Nothing as `deadline`: without bound.
  Woke wait(int fd, short events, std::optional<SteadyTime> deadline) const;
  bool stopped() const { return stop_.stop_requested(); }
  const std::stop_token& token() const { return stop_; }

 private:
  struct Ring {
    int event;
    void operator()() const;
  };

  Waiter(std::stop_token stop, Fd event);

  std::stop_token stop_;
  Fd event_;
  std::stop_callback<Ring> callback_;
};

// Where a connection goes.
struct Route {
  bool tls = false;
  std::string host;
  std::uint16_t port = 0;
  Path unix_socket = {};
  std::optional<Url> proxy = std::nullopt;

  // "registry.example:5000", "/run/cove.sock": what errors name.
  std::string subject() const;
  // Requests of the same key may use one another's connections.
  std::string key() const;
};

class ClientConnection {
 public:
  // What is under way in other threads on behalf of cancelled look-ups of names is bounded by this.
  class LookUps;

  static Result<std::unique_ptr<ClientConnection>> open(Route route, const ClientOptions& options,
                                                        SSL_CTX* tls,
                                                        const std::shared_ptr<LookUps>& look_ups,
                                                        const Waiter& waiter);

  using Deadline = std::optional<SteadyTime>;
  // At least a byte; 0 at the end.
  Result<std::size_t> read(std::span<char> space, const Waiter& waiter, Deadline deadline);
  // What is there without waiting; 0 when nothing is, also at the end or on a failure, which the
  // next read() tells.
  std::size_t read_ready(std::span<char> space);
  // One step: how many bytes went, perhaps 0 with `input_first` when something came meanwhile.
  Result<std::size_t> write(std::string_view bytes, const Waiter& waiter, Deadline deadline,
                            bool input_first);
  void finish() { transport_->finish(); }
  // Nothing came and nothing ended while it was kept.
  bool quiet() const;
  bool holds_input() const { return transport_->holds_input(); }

  Transport& transport() { return *transport_; }
  int fd() const { return fd_.get(); }
  const Route& route() const { return route_; }
  Error failed(ErrorCode code, std::string cause, std::string remedy = {}) const;
  Error broke() const;

  SteadyTime kept_since{};

 private:
  explicit ClientConnection(Route route) : route_(std::move(route)) {}
  Result<void> connect_unix();
  Result<void> connect_tcp(const std::string& host, std::uint16_t port,
                           std::chrono::milliseconds timeout,
                           const std::shared_ptr<LookUps>& look_ups, const Waiter& waiter);
  Result<void> ask_proxy(const ClientOptions& options, const Waiter& waiter);
  Result<void> shake_hands(const ClientOptions& options, SSL_CTX* tls, const Waiter& waiter);
  Result<void> settle(Waiter::Woke woke, std::string_view late) const;

  Route route_;
  Fd fd_;
  std::unique_ptr<Transport> transport_;
};

// How many look-ups of names may be under way at once.
class ClientConnection::LookUps {
 public:
  bool begin();
  void end();

 private:
  static constexpr int kMost = 64;
  std::atomic<int> under_way_{0};
};

}  // namespace cove::http
