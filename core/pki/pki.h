// A cluster's own certificate authority: ECDSA P-256 keys, X.509 v3 certificates (RFC 5280), made
// with OpenSSL.
//
// Shapes on disk (all PEM): ca.crt ca.key server.crt server.key admin.crt admin.key; keys are 0600,
// the folder 0700.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/result.h"

namespace cove::pki {

struct KeyPair {
  std::string certificate_pem;
  Secret key_pem;  // PKCS#8
};

enum class Usage { kServer, kClient, kServerAndClient };

struct CertificateRequest {
  std::string common_name;
  std::vector<std::string> organizations{};  // Kubernetes groups for a client certificate
  std::vector<std::string> dns_names{};
  std::vector<std::string> ip_addresses{};
  Usage usage = Usage::kClient;
  std::chrono::hours lifetime{24 * 365};
};

struct CertificateInfo {
  std::string common_name;
  std::vector<std::string> organizations;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  bool is_authority = false;
  WallTime not_before;
  WallTime not_after;
};

// Valid from a day before now (peers' clocks may lag) for `lifetime` from now.
Result<KeyPair> create_authority(const std::string& common_name, std::chrono::hours lifetime,
                                 const Clock& clock);
Result<KeyPair> issue(const KeyPair& authority, const CertificateRequest& request,
                      const Clock& clock);
Result<CertificateInfo> inspect(const std::string& certificate_pem);

// Whether a certificate should be replaced now: a fifth or less of its life is left, or it is not
// valid yet.
bool needs_renewal(const CertificateInfo& info, WallTime now);

struct ClusterPki {
  std::string ca_certificate_pem;
  KeyPair server;  // what the API server shows
  KeyPair admin;   // CN=kubernetes-admin, O=system:masters
};

struct ServerNames {
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  bool operator==(const ServerNames&) const = default;
};

// Loads `directory`, or makes what is missing. Certificates near expiry or lacking a wanted server
// name are issued anew from the same authority, so old clients keep trusting the server; an
// authority near expiry is replaced with everything under it. Renewal keeps the keys, so clients
// that hold the old authority's certificate go on trusting the server, and no crash can leave a
// certificate beside a key that does not fit. Every file is written atomically; a half-written
// folder is completed. A file that is there but cannot be parsed, or a key that does
// not fit its certificate, is kCorrupt and nothing is changed.
Result<ClusterPki> ensure_cluster_pki(const Path& directory, const ServerNames& names,
                                      const Clock& clock);

}  // namespace cove::pki
