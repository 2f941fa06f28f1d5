#include "core/http/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>

namespace cove::http {
namespace {

constexpr unsigned char kSessionContext[] = "coved";

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct X509Deleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

// The server's preference rules; a client that offers neither finds out by itself.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr unsigned char kProtocols[] = "\x02h2\x08http/1.1";
  unsigned char* selected = nullptr;
  const int outcome = SSL_select_next_proto(&selected, size, kProtocols, sizeof kProtocols - 1,
                                            offered, offered_size);
  if (outcome != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *chosen = selected;
  return SSL_TLSEXT_ERR_OK;
}

// All values of one kind in a name, in order, as UTF-8.
std::vector<std::string> entries(const X509_NAME* name, int kind) {
  std::vector<std::string> values;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(name, kind, at)) >= 0;) {
    const ASN1_STRING* const data = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, data);
    if (size < 0) continue;
    values.emplace_back(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
  }
  return values;
}

Error bad(std::string subject, std::string cause) {
  ERR_clear_error();
  return Error{ErrorCode::kCorrupt, "use", std::move(subject), std::move(cause), {}};
}

using Certificate = std::unique_ptr<X509, X509Deleter>;

// Every certificate of a PEM text, in order.
std::vector<Certificate> read_certificates(const std::string& pem) {
  std::vector<Certificate> all;
  std::unique_ptr<BIO, BioDeleter> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (bio) {
    Certificate next(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    all.push_back(std::move(next));
  }
  ERR_clear_error();
  return all;
}

// An encrypted key is an error, never a question on the terminal.
int refuse_password(char*, int, int, void*) {
  return -1;
}

// `whose` is "the server's" or "the client's".
Result<void> use_certificate(SSL_CTX* context, const std::string& certificate_pem,
                             const Secret& key_pem, const std::string& whose) {
  const auto chain = read_certificates(certificate_pem);
  if (chain.empty() || SSL_CTX_use_certificate(context, chain.front().get()) != 1)
    return bad(whose + " certificate", "it is not a certificate in PEM form");
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, chain[i].get()) != 1)
      return bad(whose + " certificate", "its chain is damaged");
  }
  const std::string& pem = key_pem.reveal();
  std::unique_ptr<BIO, BioDeleter> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::unique_ptr<EVP_PKEY, KeyDeleter> key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_password, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return bad(whose + " key", fmt::format("it does not fit {} certificate", whose));
  }
  return {};
}

// Clients with several certificates choose by the authorities that are named to them.
Result<void> trust(SSL_CTX* context, const std::string& pem) {
  const auto authorities = read_certificates(pem);
  if (authorities.empty())
    return bad("the authority's certificate", "it is not a certificate in PEM form");
  for (const Certificate& authority : authorities) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) != 1 ||
        SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      return bad("the authority's certificate", "it cannot be trusted");
    }
  }
  return {};
}

}  // namespace

void TlsContextDeleter::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

Result<TlsContext> make_tls_context(const TlsMaterial& material) {
  TlsContext made(SSL_CTX_new(TLS_server_method()), TlsContextDeleter());
  SSL_CTX* const context = made.get();
  if (context == nullptr) return bad("TLS", "out of memory");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_ciphersuites(context,
                           "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                           "TLS_CHACHA20_POLY1305_SHA256");
  // HTTP/2 forbids what is not both ephemeral and authenticated encryption (RFC 9113
  // section 9.2.2).
  SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets are with the clients
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  COVE_CHECK(use_certificate(context, material.certificate_pem, material.key_pem, "the server's"));
  COVE_CHECK(trust(context, material.ca_certificate_pem));
  SSL_CTX_set_verify(
      context,
      SSL_VERIFY_PEER | (material.certificate_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
      nullptr);
  return made;
}

Result<TlsContext> make_client_tls_context(const ClientTls& settings) {
  TlsContext made(SSL_CTX_new(TLS_client_method()), TlsContextDeleter());
  SSL_CTX* const context = made.get();
  if (context == nullptr) return bad("TLS", "out of memory");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context, 1);
  if (settings.verify) {
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    if (!settings.ca_file.empty()) {
      if (SSL_CTX_load_verify_file(context, settings.ca_file.c_str()) != 1)
        return bad("the file " + settings.ca_file.string(), "it has no certificates in PEM form");
    }
    if (!settings.ca_pem.empty()) COVE_CHECK(trust(context, settings.ca_pem));
  }
  if (!settings.certificate_pem.empty())
    COVE_CHECK(
        use_certificate(context, settings.certificate_pem, settings.key_pem, "the client's"));
  ERR_clear_error();
  return made;
}

bool trusts_system(const ClientTls& settings) {
  return settings.verify && settings.ca_file.empty() &&
         (settings.ca_pem.empty() || settings.system_too);
}

void trust_system(SSL_CTX* context) {
  SSL_CTX_set_default_verify_paths(context);
  ERR_clear_error();
}

std::shared_ptr<const PeerCertificate> read_peer_certificate(SSL* session) {
  std::unique_ptr<X509, X509Deleter> certificate(SSL_get1_peer_certificate(session));
  if (!certificate || SSL_get_verify_result(session) != X509_V_OK) return nullptr;
  auto peer = std::make_shared<PeerCertificate>();
  const X509_NAME* const subject = X509_get_subject_name(certificate.get());
  for (std::string& name : entries(subject, NID_commonName)) peer->common_name = std::move(name);
  peer->organizations = entries(subject, NID_organizationName);
  std::tm broken{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &broken) == 1)
    peer->not_after = std::chrono::system_clock::from_time_t(::timegm(&broken));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size) == 1) {
    for (unsigned int i = 0; i < size; ++i)
      fmt::format_to(std::back_inserter(peer->sha256_fingerprint), "{:02x}", digest[i]);
  }
  return peer;
}

}  // namespace cove::http
