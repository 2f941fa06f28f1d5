// Owning types for OpenSSL's objects and PEM in both directions, for this room and for whoever else
// signs.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/base/log.h"
#include "core/base/result.h"

namespace cove::pki {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

inline void free_general_names(GENERAL_NAMES* names) {
  GENERAL_NAMES_free(names);
}
inline void free_openssl(void* bytes) {
  OPENSSL_free(bytes);
}

using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using PkeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Deleter<X509_free>>;
using NamePtr = std::unique_ptr<X509_NAME, Deleter<X509_NAME_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using GeneralNamePtr = std::unique_ptr<GENERAL_NAME, Deleter<GENERAL_NAME_free>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Deleter<free_general_names>>;
using OctetStringPtr = std::unique_ptr<ASN1_OCTET_STRING, Deleter<ASN1_OCTET_STRING_free>>;
using Ia5StringPtr = std::unique_ptr<ASN1_IA5STRING, Deleter<ASN1_IA5STRING_free>>;
using OpensslBytes = std::unique_ptr<unsigned char, Deleter<free_openssl>>;

// The newest reason in OpenSSL's queue as an Error; the queue is empty afterwards.
Error openssl_error(ErrorCode code, std::string action, std::string subject);

Result<X509Ptr> parse_certificate(std::string_view pem, const std::string& subject);
// An encrypted key is an error, never a question on the terminal.
Result<PkeyPtr> parse_key(const Secret& pem, const std::string& subject);
Result<std::string> certificate_to_pem(X509* certificate);
Result<Secret> key_to_pem(EVP_PKEY* key);

}  // namespace cove::pki
