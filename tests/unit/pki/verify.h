// What OpenSSL itself says about a chain, independently of the code under test.
#pragma once

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <memory>
#include <string>

namespace cove::pki {

using TestX509 = std::unique_ptr<X509, decltype(&X509_free)>;

inline TestX509 read_x509(const std::string& pem) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  TestX509 certificate(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr), X509_free);
  BIO_free(bio);
  return certificate;
}

// "" when `leaf` chains to `ca` at `when` for `purpose` (X509_PURPOSE_…), else OpenSSL's reason.
inline std::string verify(const std::string& ca, const std::string& leaf,
                          std::chrono::system_clock::time_point when, int purpose) {
  const TestX509 root = read_x509(ca);
  const TestX509 certificate = read_x509(leaf);
  X509_STORE* store = X509_STORE_new();
  X509_STORE_add_cert(store, root.get());
  X509_STORE_set_flags(store, X509_V_FLAG_X509_STRICT);
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, certificate.get(), nullptr);
  X509_STORE_CTX_set_purpose(context, purpose);
  X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context),
                             std::chrono::system_clock::to_time_t(when));
  const bool good = X509_verify_cert(context) == 1;
  const std::string reason =
      good ? "" : X509_verify_cert_error_string(X509_STORE_CTX_get_error(context));
  X509_STORE_CTX_free(context);
  X509_STORE_free(store);
  return reason;
}

}  // namespace cove::pki
