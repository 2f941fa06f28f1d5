#include "core/http/server.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <condition_variable>

#include "core/http/connection.h"
#include "core/http/listener.h"
#include "core/http/tls.h"

namespace cove::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kPauseWhenExhausted = std::chrono::milliseconds(100);
constexpr auto kComplainEvery = std::chrono::seconds(10);
constexpr int kAcceptedAtOnce = 64;

// The socket that connections come in by, while the server runs.
struct Door {
  Door(Loop& loop, int fd) : socket(loop.context(), fd), pause(loop.context()) {}
  asio::posix::stream_descriptor socket;
  asio::steady_timer pause;
};

}  // namespace

class Server::Implementation {
 public:
  Implementation(Handler& handler, Logger& logger, const Limits& limits)
      : context_{&handler, &logger, limits, nullptr} {}

  Result<void> listen_on(const std::string& address, std::uint16_t port, bool absent_too) {
    COVE_TRY(listener_, listen_tcp(address, port, absent_too));
    port_ = port_of(listener_);
    return {};
  }

  Result<void> listen_on(const Path& path) {
    COVE_TRY(UnixListener made, listen_unix_socket(path));
    listener_ = std::move(made.fd);
    file_ = std::move(made.file);
    path_ = path.string();
    return {};
  }

  std::uint16_t port() const { return port_; }

  void reload(Tls tls) {
    std::lock_guard lock(mutex_);
    tls_ = std::move(tls);
  }

  void start(unsigned threads) {
    context_.pool = std::make_shared<asio::thread_pool>(1);
    for (unsigned i = 0; i < std::max(threads, 1u); ++i) loops_.push_back(std::make_shared<Loop>());
    door_ = std::make_unique<Door>(*loops_.front(), listener_.release());
    wait_for_callers();
    for (const auto& loop : loops_) {
      threads_.emplace_back([this, loop] {
        const auto guard = asio::make_work_guard(loop->context());
        while (!halted_) {
          try {
            loop->context().run();
          } catch (const std::exception& bug) {
            context_.logger->error("serving was interrupted by a bug", {{"what", bug.what()}});
          }
        }
      });
    }
  }

  void stop(std::chrono::milliseconds grace) {
    if (stopping_.exchange(true)) return;
    file_.reset();
    if (loops_.empty()) return;
    asio::post(loops_.front()->context(), [this] { close_door(); });
    {
      std::unique_lock lock(mutex_);
      for (const auto& [key, connection] : connections_) connection->finish();
      ended_.wait_for(lock, grace, [&] { return connections_.empty(); });
    }
    context_.pool->stop();
    context_.pool->join();
    halted_ = true;
    for (const auto& loop : loops_) loop->context().stop();
    threads_.clear();
    clear_away();
  }

 private:
  // No thread runs any more: what is left is ended on this one.
  void clear_away() {
    close_door();
    std::vector<std::shared_ptr<Connection>> left;
    {
      std::lock_guard lock(mutex_);
      for (const auto& [key, connection] : connections_) left.push_back(connection);
    }
    for (const auto& connection : left) connection->abort();
    left.clear();
    for (const auto& loop : loops_) {
      loop->context().restart();
      loop->context().poll();
    }
    door_.reset();
  }

  void close_door() {
    error_code ignored;
    door_->socket.close(ignored);
    door_->pause.cancel();
  }

  void wait_for_callers() {
    door_->socket.async_wait(asio::posix::stream_descriptor::wait_read,
                             [this](const error_code& error) {
                               if (!error && !stopping_) admit_callers();
                             });
  }

  void admit_callers() {
    for (int i = 0; i < kAcceptedAtOnce; ++i) {
      Accepted caller = accept_one(door_->socket.native_handle());
      if (caller.failure != 0) {
        // Out of descriptors or memory: what is served now goes on, the rest waits a little.
        complain(fmt::format("cannot accept a connection: {}", std::strerror(caller.failure)));
        door_->pause.expires_after(kPauseWhenExhausted);
        door_->pause.async_wait([this](const error_code& error) {
          if (!error && !stopping_) wait_for_callers();
        });
        return;
      }
      if (!caller.fd) break;
      admit(std::move(caller));
    }
    wait_for_callers();
  }

  void admit(Accepted caller) {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (connections_.size() >= context_.limits.connections) {
      complain(fmt::format("refusing connections: {} are open", connections_.size()));
      return;
    }
    const int fd = caller.fd.get();
    auto transport = tls_.context ? make_tls_transport(fd, tls_) : make_plain_transport(fd);
    Origin origin{path_.empty() ? std::move(caller.local) : path_, std::move(caller.remote),
                  nullptr};
    const auto& loop = loops_[next_loop_++ % loops_.size()];
    auto connection =
        std::make_shared<Connection>(loop, std::move(caller.fd), std::move(transport),
                                     std::move(origin), context_, [this](Connection* key) {
                                       std::lock_guard guard(mutex_);
                                       connections_.erase(key);
                                       if (connections_.empty()) ended_.notify_all();
                                     });
    connections_.emplace(connection.get(), connection);
    asio::post(loop->context(), [connection] { connection->start(); });
  }

  // At most one line in a while: a flood of connections must not become a flood of log.
  void complain(const std::string& message) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_complaint_) return;
    next_complaint_ = now + kComplainEvery;
    context_.logger->warn(message);
  }

  ServerContext context_;
  Fd listener_;
  std::uint16_t port_ = 0;
  std::string path_;
  std::unique_ptr<SocketFile> file_;
  Tls tls_;  // none on a unix socket
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> halted_ = false;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::chrono::steady_clock::time_point next_complaint_{};
  std::size_t next_loop_ = 0;
  std::vector<std::shared_ptr<Loop>> loops_;
  std::unique_ptr<Door> door_;
  std::unordered_map<const Connection*, std::shared_ptr<Connection>> connections_;
  std::vector<std::jthread> threads_;
};

Server::Server(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

Server::~Server() {
  if (implementation_) implementation_->stop(std::chrono::milliseconds(0));
}

Result<std::unique_ptr<Server>> Server::listen_tls(const std::string& address, std::uint16_t port,
                                                   Tls tls, Handler& handler, Logger& logger,
                                                   const Limits& limits, bool absent_too) {
  auto implementation = std::make_unique<Implementation>(handler, logger, limits);
  implementation->reload(std::move(tls));
  COVE_CHECK(implementation->listen_on(address, port, absent_too));
  return std::unique_ptr<Server>(new Server(std::move(implementation)));
}

Result<std::unique_ptr<Server>> Server::listen_tls(const std::string& address, std::uint16_t port,
                                                   const TlsMaterial& material, Handler& handler,
                                                   Logger& logger, const Limits& limits,
                                                   bool absent_too) {
  COVE_TRY(Tls tls, read_tls(material));
  return listen_tls(address, port, std::move(tls), handler, logger, limits, absent_too);
}

Result<std::unique_ptr<Server>> Server::listen_unix(const Path& path, Handler& handler,
                                                    Logger& logger, const Limits& limits) {
  auto implementation = std::make_unique<Implementation>(handler, logger, limits);
  COVE_CHECK(implementation->listen_on(path));
  return std::unique_ptr<Server>(new Server(std::move(implementation)));
}

std::uint16_t Server::port() const {
  return implementation_->port();
}

void Server::reload(Tls tls) {
  implementation_->reload(std::move(tls));
}

Result<void> Server::reload(const TlsMaterial& material) {
  COVE_TRY(Tls tls, read_tls(material));
  reload(std::move(tls));
  return {};
}

void Server::start(unsigned threads) {
  implementation_->start(threads);
}

void Server::stop(std::chrono::milliseconds grace) {
  implementation_->stop(grace);
}

}  // namespace cove::http
