#include "app/node/standby.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
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

void set_tls_up() {
  const ContextPtr context(SSL_CTX_new(TLS_server_method()));
  const pki::PkeyPtr key(EVP_EC_gen("P-256"));
  const pki::BioPtr memory(BIO_new(BIO_s_mem()));
  if (!context || !key || !memory) return;
  if (PEM_write_bio_PKCS8PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1)
    return;
  const pki::PkeyPtr read(PEM_read_bio_PrivateKey(memory.get(), nullptr, nullptr, nullptr));
  if (read) SSL_CTX_use_PrivateKey(context.get(), read.get());
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
