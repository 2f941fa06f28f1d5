#include "core/proxy/ingress_certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <memory>

namespace cove::proxy {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* value) const {
    Free(value);
  }
};
using Bio = std::unique_ptr<BIO, Deleter<BIO_free>>;
using Context = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

constexpr std::size_t kMaxPem = 1 << 20;
constexpr int kMaxChain = 20;

Error unusable(std::string cause) {
  const char* const why = ERR_reason_error_string(ERR_peek_last_error());
  if (why != nullptr) cause += std::string(" (") + why + ")";
  ERR_clear_error();
  return {ErrorCode::kInvalidArgument, "use", "a certificate", std::move(cause), {}};
}

int no_password(char*, int, int, void*) {
  return 0;
}

Bio reader(const std::string& text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Result<void> read_chain(SSL_CTX* context, const std::string& pem) {
  const Bio bio = reader(pem);
  const Certificate own(PEM_read_bio_X509_AUX(bio.get(), nullptr, no_password, nullptr));
  if (!own) return unusable("tls.crt has no certificate");
  if (SSL_CTX_use_certificate(context, own.get()) != 1)
    return unusable("its certificate cannot be used");
  for (int i = 0; i < kMaxChain; ++i) {
    const Certificate next(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
    if (!next) {
      const unsigned long error = ERR_peek_last_error();
      const bool end =
          ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
      if (!end) return unusable("tls.crt is damaged");
      ERR_clear_error();
      return {};
    }
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1)
      return unusable("a certificate of its chain cannot be used");
  }
  return unusable("tls.crt has too many certificates");
}

}  // namespace

Result<void> check_certificate(const CertificatePair& pair) {
  ERR_clear_error();
  if (pair.certificate_pem.size() > kMaxPem || pair.key_pem.size() > kMaxPem)
    return unusable("it is too long");
  const Context context(SSL_CTX_new(TLS_server_method()));
  if (!context) return unusable("TLS is not available");
  COVE_CHECK(read_chain(context.get(), pair.certificate_pem));
  const Bio bio = reader(pair.key_pem);
  const Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!key) return unusable("tls.key has no private key");
  if (SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1 ||
      SSL_CTX_check_private_key(context.get()) != 1)
    return unusable("tls.key is not the key of the certificate");
  return {};
}

}  // namespace cove::proxy
