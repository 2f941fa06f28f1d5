#include "app/node/standby.h"

#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "core/pki/openssl.h"

namespace cove::node {
namespace {

constexpr std::size_t kMaxArguments = 64 * 1024;

using ContextPtr = std::unique_ptr<SSL_CTX, pki::Deleter<SSL_CTX_free>>;

// What the library finds out once, and nothing that a start does not need: an emulated processor
// has no time to spare before it either.
void set_tls_up() {
  // There is no configuration of it in the machine.
  ::OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  const ContextPtr context(SSL_CTX_new(TLS_server_method()));
}

}  // namespace

Preparation load_what_is_slow() {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  Preparation preparation{std::jthread(set_tls_up), begin_api_kinds(std::launch::deferred)};
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return preparation;
}

std::vector<std::string> await_arguments(int fd) {
  std::string bytes;
  char buffer[4096];
  while (true) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return {};
    if (n == 0) break;
    bytes.append(buffer, static_cast<std::size_t>(n));
    if (bytes.size() > kMaxArguments) return {};
  }
  std::vector<std::string> arguments;
  if (bytes.empty() || bytes.back() != '\0') return {};
  for (std::size_t at = 0; at < bytes.size();) {
    arguments.emplace_back(bytes.c_str() + at);
    at += arguments.back().size() + 1;
  }
  return arguments;
}

}  // namespace cove::node
