// Certificates of tests' own ends of TLS connections.
#pragma once

#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <string>

namespace cove::testing {

// Shows `certificate_pem`. Texts that cannot be read make handshakes fail.
inline void use_identity(SSL_CTX* context, const std::string& certificate_pem,
                         const std::string& key_pem) {
  const auto open = [](const std::string& pem) {
    return BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  };
  BIO* bio = open(certificate_pem);
  X509* const certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  bio = open(key_pem);
  EVP_PKEY* const key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  SSL_CTX_use_certificate(context, certificate);
  SSL_CTX_use_PrivateKey(context, key);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

}  // namespace cove::testing
