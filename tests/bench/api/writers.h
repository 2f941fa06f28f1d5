// Many TLS connections that one thread writes the same to: what this machine needs to tell a crowd
// where nothing is decided, as the limit beside a watch's figures.
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/base/fd.h"
#include "core/base/fs.h"

namespace cove::bench {

class Writers {
 public:
  // Takes as many connections as they come; `pki` has server.crt and server.key.
  Writers(std::size_t size, const Path& pki);
  ~Writers();
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  std::uint16_t port() const { return port_; }
  // Has `bytes` written to all of them, and returns at once.
  void write(std::string bytes);
  // What the thread's processor did until now.
  double cpu_seconds() const { return cpu_seconds_; }

 private:
  using Session = std::unique_ptr<SSL, void (*)(SSL*)>;

  void run(std::size_t size);
  bool accept_one();

  Fd listener_;
  std::uint16_t port_ = 0;
  std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context_;
  std::vector<Fd> sockets_;
  std::vector<Session> sessions_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  std::string bytes_;
  bool stop_ = false;
  std::atomic<double> cpu_seconds_ = 0;
  std::jthread thread_;
};

}  // namespace cove::bench
