#include "core/proxy/health_ports.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/base/strings.h"

namespace cove::proxy {
namespace {

constexpr std::size_t kMaxRequest = 4096, kMaxConnections = 64;
constexpr std::chrono::seconds kPatience{5};

Result<Fd> listen_on(std::uint16_t port) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(port);
  if (!fd || ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0 ||
      ::listen(fd.get(), 16) != 0)
    return errno_error(errno, "listen on the health check port", std::to_string(port));
  return fd;
}

}  // namespace

Result<std::unique_ptr<HealthPorts>> HealthPorts::start(Logger& logger) {
  Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return errno_error(errno, "start", "the health check ports");
  std::unique_ptr<HealthPorts> ports(new HealthPorts(std::move(wake), logger));
  ports->thread_ = std::thread([self = ports.get()] { self->run(); });
  return ports;
}

HealthPorts::~HealthPorts() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_up();
  thread_.join();
}

void HealthPorts::wake_up() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake_.get(), &one, sizeof one);
}

void HealthPorts::set(const std::string& service, const std::optional<HealthPort>& wanted) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = listeners_.find(service);
    if (found != listeners_.end() && wanted && found->second.wanted.port == wanted->port) {
      found->second.wanted = *wanted;
      return;
    }
    if (found == listeners_.end() && !wanted) return;
    if (found != listeners_.end()) listeners_.erase(found);
    if (wanted) {
      auto fd = listen_on(wanted->port);
      if (fd) {
        listeners_[service] = {std::move(*fd), *wanted};
      } else {
        logger_.warn("a Service has no health check port",
                     {{"service", service}, {"cause", fd.error().message()}});
      }
    }
  }
  wake_up();
}

std::string HealthPorts::answer_for(const std::string& service) const {
  const auto found = listeners_.find(service);
  const std::size_t count = found == listeners_.end() ? 0 : found->second.wanted.local_endpoints;
  const auto slash = service.find('/');
  const std::string body = fmt::format(
      "{{\n\t\"service\": {{\n\t\t\"namespace\": {},\n\t\t\"name\": {}\n\t}},\n"
      "\t\"localEndpoints\": {},\n\t\"serviceProxyHealthy\": true\n}}",
      json_quote(service.substr(0, slash)), json_quote(service.substr(slash + 1)), count);
  return fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n"
      "X-Load-Balancing-Endpoint-Weight: {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
      count > 0 ? "200 OK" : "503 Service Unavailable", count, body.size(), body);
}

void HealthPorts::accept_from(const std::string& service) {
  Fd fd(::accept4(listeners_.at(service).fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd || connections_.size() >= kMaxConnections) return;
  connections_.push_back(
      {std::move(fd), service, "", std::chrono::steady_clock::now() + kPatience});
}

bool HealthPorts::serve(Connection& connection) {
  std::array<char, 1024> buffer{};
  const ssize_t got = ::recv(connection.fd.get(), buffer.data(), buffer.size(), 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  connection.request.append(buffer.data(), static_cast<std::size_t>(got));
  if (connection.request.find("\r\n\r\n") == std::string::npos)
    return connection.request.size() < kMaxRequest;
  // Smaller than any socket's buffer: it goes out at once or not at all.
  const std::string answer = answer_for(connection.service);
  [[maybe_unused]] const auto sent =
      ::send(connection.fd.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  ::shutdown(connection.fd.get(), SHUT_WR);
  return false;
}

void HealthPorts::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    std::vector<pollfd> fds{{wake_.get(), POLLIN, 0}};
    std::vector<std::string> services;
    for (const auto& [service, listener] : listeners_) {
      services.push_back(service);
      fds.push_back({listener.fd.get(), POLLIN, 0});
    }
    const std::size_t first = fds.size();
    for (const auto& connection : connections_) fds.push_back({connection.fd.get(), POLLIN, 0});
    lock.unlock();
    ::poll(fds.data(), fds.size(), connections_.empty() ? -1 : 500);
    lock.lock();
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake_.get(), &count, sizeof count);
    const auto now = std::chrono::steady_clock::now();
    for (std::size_t i = connections_.size(); i-- > 0;) {
      const bool ready = fds[first + i].revents != 0;
      if ((ready && !serve(connections_[i])) || now > connections_[i].deadline)
        connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    for (std::size_t i = 0; i < services.size(); ++i)
      if (fds[1 + i].revents != 0 && listeners_.contains(services[i])) accept_from(services[i]);
  }
}

}  // namespace cove::proxy
