#include "core/pki/openssl.h"

#include <openssl/err.h>
#include <openssl/pem.h>

namespace cove::pki {
namespace {

Result<BioPtr> memory_reader(std::string_view bytes, const std::string& subject) {
  BioPtr bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  if (!bio) return openssl_error(ErrorCode::kInternal, "read", subject);
  return bio;
}

std::string contents(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return size > 0 ? std::string(bytes, static_cast<std::size_t>(size)) : std::string();
}

int refuse_password(char*, int, int, void*) {
  return -1;
}

}  // namespace

Error openssl_error(ErrorCode code, std::string action, std::string subject) {
  const unsigned long last = ERR_peek_last_error();
  const char* reason = last != 0 ? ERR_reason_error_string(last) : nullptr;
  ERR_clear_error();
  return Error{code,
               std::move(action),
               std::move(subject),
               reason != nullptr ? std::string(reason) : std::string("OpenSSL refused it"),
               {}};
}

Result<X509Ptr> parse_certificate(std::string_view pem, const std::string& subject) {
  COVE_TRY(BioPtr bio, memory_reader(pem, subject));
  X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, refuse_password, nullptr));
  if (!certificate) {
    ERR_clear_error();
    return Error{ErrorCode::kCorrupt, "read", subject, "it is not a certificate in PEM form", {}};
  }
  return certificate;
}

Result<PkeyPtr> parse_key(const Secret& pem, const std::string& subject) {
  COVE_TRY(BioPtr bio, memory_reader(pem.reveal(), subject));
  PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_password, nullptr));
  if (!key) {
    ERR_clear_error();
    return Error{ErrorCode::kCorrupt,
                 "read",
                 subject,
                 "it is not an unencrypted private key in PEM form",
                 {}};
  }
  return key;
}

Result<std::string> certificate_to_pem(X509* certificate) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  if (!bio || PEM_write_bio_X509(bio.get(), certificate) != 1) {
    return openssl_error(ErrorCode::kInternal, "encode", "a certificate");
  }
  return contents(bio.get());
}

Result<Secret> key_to_pem(EVP_PKEY* key) {
  BioPtr bio(BIO_new(BIO_s_secmem()));
  if (!bio ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return openssl_error(ErrorCode::kInternal, "encode", "a private key");
  }
  return Secret(contents(bio.get()));
}

}  // namespace cove::pki
