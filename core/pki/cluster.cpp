#include <fmt/format.h>
#include <openssl/err.h>
#include <sys/stat.h>

#include "core/pki/issue.h"

namespace cove::pki {
namespace {

constexpr std::size_t kMaxFileBytes = 256 * 1024;
constexpr auto kAuthorityLifetime = std::chrono::hours(24 * 365 * 10);
constexpr auto kLeafLifetime = std::chrono::hours(24 * 365);

// One certificate and its key as the folder has them; either may be missing.
struct Stored {
  Path certificate_path;
  Path key_path;
  X509Ptr certificate;
  PkeyPtr key;
  CertificateInfo info;  // of `certificate`, when there is one

  bool complete() const { return certificate && key; }
};

Error corrupt(const Path& path, std::string cause) {
  return Error{
      ErrorCode::kCorrupt, "use", path.string(), std::move(cause),
      "Move the folder away to have new certificates made; clients then need the new kubeconfig."};
}

Result<std::optional<std::string>> read_optional(const Path& path) {
  auto bytes = read_file(path, kMaxFileBytes);
  if (bytes) return std::optional(std::move(*bytes));
  if (bytes.error().code == ErrorCode::kNotFound) return std::optional<std::string>();
  if (bytes.error().code == ErrorCode::kResourceExhausted)
    return corrupt(path, bytes.error().cause);
  return bytes.error();
}

Result<Stored> load(const Path& directory, const std::string& stem) {
  Stored stored{directory / (stem + ".crt"), directory / (stem + ".key"), {}, {}, {}};
  COVE_TRY(const auto certificate, read_optional(stored.certificate_path));
  COVE_TRY(auto key, read_optional(stored.key_path));
  if (certificate) {
    auto parsed = parse_certificate(*certificate, stored.certificate_path.string());
    if (!parsed) return corrupt(stored.certificate_path, parsed.error().cause);
    stored.certificate = std::move(*parsed);
    auto info = inspect(stored.certificate.get());
    if (!info) return corrupt(stored.certificate_path, info.error().cause);
    stored.info = std::move(*info);
  }
  if (key) {
    auto parsed = parse_key(Secret(std::move(*key)), stored.key_path.string());
    if (!parsed) return corrupt(stored.key_path, parsed.error().cause);
    stored.key = std::move(*parsed);
  }
  if (stored.complete() &&
      X509_check_private_key(stored.certificate.get(), stored.key.get()) != 1) {
    ERR_clear_error();
    return corrupt(stored.key_path, fmt::format("the key does not fit {}",
                                                stored.certificate_path.filename().string()));
  }
  return stored;
}

// A leaf whose signature is not by the authority's key was put there by somebody else.
Result<void> check_issuer(const Stored& authority, const Stored& leaf) {
  if (!leaf.certificate) return {};
  EVP_PKEY* const key = authority.key           ? authority.key.get()
                        : authority.certificate ? X509_get0_pubkey(authority.certificate.get())
                                                : nullptr;
  const bool ours = key != nullptr && X509_verify(leaf.certificate.get(), key) == 1;
  ERR_clear_error();
  if (ours) return {};
  return corrupt(leaf.certificate_path, "it was not issued by the authority in this folder");
}

Result<void> save_key(Stored& stored) {
  COVE_TRY(stored.key, generate_key());
  COVE_TRY(const Secret pem, key_to_pem(stored.key.get()));
  return write_file_atomic(stored.key_path, pem.reveal(), 0600);
}

Result<void> save_certificate(Stored& stored, X509Ptr certificate) {
  COVE_TRY(const std::string pem, certificate_to_pem(certificate.get()));
  COVE_TRY(stored.info, inspect(certificate.get()));
  stored.certificate = std::move(certificate);
  return write_file_atomic(stored.certificate_path, pem, 0644);
}

// The key is written first and kept on renewal, so a certificate without its key is never our own
// half-written state, and clients that trust the old authority certificate trust what is issued
// under the new one.
Result<bool> ensure_authority(Stored& authority, WallTime now) {
  if (authority.certificate && !needs_renewal(authority.info, now)) return false;
  if (authority.certificate && !authority.key) {
    return corrupt(authority.key_path, "the authority must be renewed and its key is missing");
  }
  if (!authority.key) COVE_CHECK(save_key(authority));
  const std::string name =
      authority.certificate ? authority.info.common_name : std::string("cove-ca");
  COVE_TRY(X509Ptr certificate, self_sign(name, authority.key.get(), kAuthorityLifetime, now));
  COVE_CHECK(save_certificate(authority, std::move(certificate)));
  return true;
}

Result<void> ensure_leaf(Stored& leaf, const Stored& authority, const CertificateRequest& request,
                         bool wanted, WallTime now) {
  if (leaf.complete() && !wanted && !needs_renewal(leaf.info, now)) return {};
  if (!authority.key)
    return corrupt(authority.key_path,
                   "a certificate must be issued and the authority's key is missing");
  if (!leaf.key) COVE_CHECK(save_key(leaf));
  COVE_TRY(X509Ptr certificate,
           sign(authority.certificate.get(), authority.key.get(), request, leaf.key.get(), now));
  return save_certificate(leaf, std::move(certificate));
}

bool contains_all(std::vector<std::string> have, std::vector<std::string> want) {
  std::ranges::sort(have);
  std::ranges::sort(want);
  return std::ranges::includes(have, want);
}

Result<ServerNames> canonical(ServerNames names) {
  for (std::string& ip : names.ip_addresses) {
    COVE_TRY(ip, canonical_ip(ip));
  }
  const auto unique = [](std::vector<std::string>& list) {
    std::vector<std::string> kept;
    for (std::string& item : list) {
      if (std::ranges::find(kept, item) == kept.end()) kept.push_back(std::move(item));
    }
    list = std::move(kept);
  };
  unique(names.dns_names);
  unique(names.ip_addresses);
  return names;
}

// Nobody else may read what is kept here, whatever mode an older copy or a restored backup has.
Result<void> tighten(const Path& path, mode_t mode) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return {};
    return errno_error(errno, "look at", path.string());
  }
  if ((status.st_mode & 077) == 0) return {};
  if (::chmod(path.c_str(), mode) != 0)
    return errno_error(errno, "set the permissions of", path.string());
  return {};
}

Result<KeyPair> to_pair(const Stored& stored) {
  KeyPair pair;
  COVE_TRY(pair.certificate_pem, certificate_to_pem(stored.certificate.get()));
  COVE_TRY(pair.key_pem, key_to_pem(stored.key.get()));
  return pair;
}

}  // namespace

Result<ClusterPki> ensure_cluster_pki(const Path& directory, const ServerNames& names,
                                      const Clock& clock) {
  COVE_TRY(const ServerNames wanted, canonical(names));
  // Everything is read and judged before anything is written.
  COVE_TRY(Stored authority, load(directory, "ca"));
  COVE_TRY(Stored server, load(directory, "server"));
  COVE_TRY(Stored admin, load(directory, "admin"));
  if (authority.certificate && !authority.info.is_authority) {
    return corrupt(authority.certificate_path, "it is not an authority's certificate");
  }
  COVE_CHECK(check_issuer(authority, server));
  COVE_CHECK(check_issuer(authority, admin));

  COVE_CHECK(make_directories(directory, 0700));
  COVE_CHECK(tighten(directory, 0700));
  for (const Stored* stored : {&authority, &server, &admin})
    COVE_CHECK(tighten(stored->key_path, 0600));

  const WallTime now = clock.wall();
  COVE_TRY(const bool replaced, ensure_authority(authority, now));
  const CertificateRequest server_request{
      "kube-apiserver", {}, wanted.dns_names, wanted.ip_addresses, Usage::kServer, kLeafLifetime};
  const bool lacks_name =
      server.certificate && (!contains_all(server.info.dns_names, wanted.dns_names) ||
                             !contains_all(server.info.ip_addresses, wanted.ip_addresses));
  COVE_CHECK(ensure_leaf(server, authority, server_request, replaced || lacks_name, now));
  const CertificateRequest admin_request{"kubernetes-admin", {"system:masters"}, {}, {},
                                         Usage::kClient,     kLeafLifetime};
  COVE_CHECK(ensure_leaf(admin, authority, admin_request, replaced, now));

  ClusterPki pki;
  COVE_TRY(pki.ca_certificate_pem, certificate_to_pem(authority.certificate.get()));
  COVE_TRY(pki.server, to_pair(server));
  COVE_TRY(pki.admin, to_pair(admin));
  return pki;
}

}  // namespace cove::pki
