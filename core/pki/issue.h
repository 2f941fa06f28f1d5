// Certificates for keys that exist already. Private to this room: renewal keeps the key, so that
// replacing ONE file renews a certificate and no crash can leave a certificate beside a key that
// does not fit it.
#pragma once

#include "core/pki/openssl.h"
#include "core/pki/pki.h"

namespace cove::pki {

// An address in its one canonical spelling; kInvalidArgument when it is none.
Result<std::string> canonical_ip(const std::string& address);

Result<PkeyPtr> generate_key();
Result<X509Ptr> self_sign(const std::string& common_name, EVP_PKEY* key,
                          std::chrono::hours lifetime, WallTime now);
// The certificate ends with its authority at the latest.
Result<X509Ptr> sign(X509* authority, EVP_PKEY* authority_key, const CertificateRequest& request,
                     EVP_PKEY* key, WallTime now);
Result<CertificateInfo> inspect(X509* certificate);

}  // namespace cove::pki
