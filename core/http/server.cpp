#include "core/http/server.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>

#include "core/http/connection.h"
#include "core/http/tls.h"

namespace cove::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kPauseWhenExhausted = std::chrono::milliseconds(100);
constexpr auto kComplainEvery = std::chrono::seconds(10);

}  // namespace

class Server::Implementation {
 public:
  Implementation(Handler& handler, Logger& logger, const Limits& limits)
      : context_{&handler, &logger, limits} {}

  Result<void> listen(const std::string& address, std::uint16_t port) {
    const std::string subject = fmt::format("{}:{}", address, port);
    error_code error;
    const auto ip = asio::ip::make_address(address, error);
    if (error) {
      return Error{ErrorCode::kInvalidArgument,
                   "listen on",
                   subject,
                   "the address is not an IP address",
                   {}};
    }
    const tcp::endpoint endpoint(ip, port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error)
      return errno_error(error.value(), "listen on", subject, "Choose another port with --listen.");
    return {};
  }

  std::uint16_t port() const {
    error_code error;
    return acceptor_.local_endpoint(error).port();
  }

  Result<void> reload(const TlsMaterial& material) {
    COVE_TRY(auto tls, make_tls_context(material));
    std::lock_guard lock(mutex_);
    tls_ = std::move(tls);
    return {};
  }

  void start(unsigned threads) {
    asio::co_spawn(acceptor_.get_executor(), accept(),
                   [logger = context_.logger](std::exception_ptr bug) {
                     if (bug) logger->error("accepting connections ended by a bug");
                   });
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { io_.run(); });
  }

  void stop(std::chrono::milliseconds grace) {
    stopping_ = true;
    asio::post(acceptor_.get_executor(), [this] {
      error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    });
    {
      std::unique_lock lock(mutex_);
      for (const auto& [key, connection] : connections_) connection->finish();
      ended_.wait_for(lock, grace, [&] { return connections_.empty(); });
    }
    guard_.reset();
    io_.stop();
    threads_.clear();
  }

 private:
  asio::awaitable<void> accept() {
    error_code error;
    auto token = asio::redirect_error(asio::use_awaitable, error);
    while (!stopping_) {
      auto strand = asio::make_strand(io_);
      tcp::socket socket(strand);
      co_await acceptor_.async_accept(socket, token);
      if (stopping_) break;
      if (error) {
        // Out of descriptors or memory: what is served now goes on, the rest waits a little.
        complain(fmt::format("cannot accept a connection: {}", error.message()));
        pause_.expires_after(kPauseWhenExhausted);
        co_await pause_.async_wait(token);
        continue;
      }
      admit(std::move(socket));
    }
  }

  void admit(tcp::socket socket) {
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (connections_.size() >= context_.limits.connections) {
      complain(fmt::format("refusing connections: {} are open", connections_.size()));
      return;
    }
    auto connection =
        start_connection(std::move(socket), tls_, context_, [this](const Connection* key) {
          std::lock_guard guard(mutex_);
          connections_.erase(key);
          if (connections_.empty()) ended_.notify_all();
        });
    connections_.emplace(connection.get(), connection);
  }

  // At most one line in a while: a flood of connections must not become a flood of log.
  void complain(const std::string& message) {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_complaint_) return;
    next_complaint_ = now + kComplainEvery;
    context_.logger->warn(message);
  }

  ConnectionContext context_;
  std::shared_ptr<asio::ssl::context> tls_;
  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::condition_variable ended_;
  std::chrono::steady_clock::time_point next_complaint_{};
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> guard_ = asio::make_work_guard(io_);
  tcp::acceptor acceptor_{asio::make_strand(io_)};
  asio::steady_timer pause_{acceptor_.get_executor()};
  std::unordered_map<const Connection*, std::shared_ptr<Connection>> connections_;
  std::vector<std::jthread> threads_;
};

Server::Server(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

Server::~Server() {
  if (implementation_) implementation_->stop(std::chrono::milliseconds(0));
}

Result<std::unique_ptr<Server>> Server::listen_tls(const std::string& address, std::uint16_t port,
                                                   const TlsMaterial& material, Handler& handler,
                                                   Logger& logger, const Limits& limits) {
  auto implementation = std::make_unique<Implementation>(handler, logger, limits);
  COVE_CHECK(implementation->reload(material));
  COVE_CHECK(implementation->listen(address, port));
  return std::unique_ptr<Server>(new Server(std::move(implementation)));
}

std::uint16_t Server::port() const {
  return implementation_->port();
}

Result<void> Server::reload(const TlsMaterial& material) {
  return implementation_->reload(material);
}

void Server::start(unsigned threads) {
  implementation_->start(threads);
}

void Server::stop(std::chrono::milliseconds grace) {
  implementation_->stop(grace);
}

}  // namespace cove::http
