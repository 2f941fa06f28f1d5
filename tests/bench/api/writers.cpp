#include "tests/bench/api/writers.h"

#include <netinet/tcp.h>

#include <ctime>
#include <stdexcept>
#include <utility>

#include "tests/support/loopback.h"

namespace cove::bench {

Writers::Writers(std::size_t size, const Path& pki)
    : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
  std::tie(listener_, port_) = testing::bound_to_loopback();
  if (SSL_CTX_use_certificate_chain_file(context_.get(), (pki / "server.crt").c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context_.get(), (pki / "server.key").c_str(), SSL_FILETYPE_PEM) !=
          1 ||
      ::listen(listener_.get(), 64) != 0)
    throw std::runtime_error("nothing can be written to a crowd");
  thread_ = std::jthread([this, size] { run(size); });
}

Writers::~Writers() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wanted_.notify_one();
  ::shutdown(listener_.get(), SHUT_RDWR);
}

void Writers::write(std::string bytes) {
  {
    const std::lock_guard lock(mutex_);
    bytes_ = std::move(bytes);
  }
  wanted_.notify_one();
}

bool Writers::accept_one() {
  Fd socket(::accept(listener_.get(), nullptr, nullptr));
  if (!socket) return false;
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  Session session(SSL_new(context_.get()), SSL_free);
  SSL_set_fd(session.get(), socket.get());
  if (SSL_accept(session.get()) != 1) return false;
  sockets_.push_back(std::move(socket));
  sessions_.push_back(std::move(session));
  return true;
}

void Writers::run(std::size_t size) {
  while (sessions_.size() < size) {
    if (!accept_one()) return;
  }
  std::unique_lock lock(mutex_);
  while (true) {
    wanted_.wait(lock, [this] { return stop_ || !bytes_.empty(); });
    if (stop_) return;
    const std::string bytes = std::exchange(bytes_, {});
    lock.unlock();
    for (const Session& session : sessions_)
      SSL_write(session.get(), bytes.data(), static_cast<int>(bytes.size()));
    timespec used{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    cpu_seconds_ = static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
    lock.lock();
  }
}

}  // namespace cove::bench
