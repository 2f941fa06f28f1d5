#include "core/http/tls.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace cove::http {
namespace {

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct X509Deleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

struct KeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, KeyDeleter>;

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

// The content of a PEM block, wiped when it is done with.
struct Block {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;

  Block() = default;
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() {
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  }
};

// A key of P-256 in the form that Cove's own keys have (RFC 5958 with RFC 5915, all fields there),
// or nothing. OpenSSL's reader tries every form that it knows of, for millions of instructions.
Key read_usual_key(const std::string& pem) {
  static constexpr std::string_view kBefore(
      "\x30\x81\x87\x02\x01\x00\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce"
      "\x3d\x03\x01\x07\x04\x6d\x30\x6b\x02\x01\x01\x04\x20",
      36);
  static constexpr std::string_view kBetween("\xa1\x44\x03\x42\x00", 5);
  constexpr std::size_t kPrivate = 32;
  constexpr std::size_t kPublic = 65;
  const std::unique_ptr<BIO, BioDeleter> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Block block;
  if (!bio || PEM_read_bio(bio.get(), &block.name, &block.header, &block.data, &block.size) != 1 ||
      std::string_view(block.name) != PEM_STRING_PKCS8INF)
    return nullptr;
  const std::string_view der(reinterpret_cast<const char*>(block.data),
                             static_cast<std::size_t>(block.size));
  if (der.size() != kBefore.size() + kPrivate + kBetween.size() + kPublic ||
      !der.starts_with(kBefore) ||
      der.substr(kBefore.size() + kPrivate, kBetween.size()) != kBetween)
    return nullptr;
  unsigned char* const secret = block.data + kBefore.size();
  unsigned char* const point = secret + kPrivate + kBetween.size();
  // The number as this machine has numbers.
  std::reverse(secret, secret + kPrivate);
  char group[] = SN_X9_62_prime256v1;
  const std::array<OSSL_PARAM, 4> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, secret, kPrivate),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, kPublic),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
      EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr), EVP_PKEY_CTX_free);
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR,
                        const_cast<OSSL_PARAM*>(parameters.data())) != 1)
    return nullptr;
  return Key(key);
}

// Nothing when it is no unencrypted private key in PEM form.
Key read_key(const std::string& pem) {
  if (Key key = read_usual_key(pem)) return key;
  ERR_clear_error();
  const std::unique_ptr<BIO, BioDeleter> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse_password, nullptr));
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
  const Key key = read_key(key_pem.reveal());
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

Result<Tls> read_tls(const TlsMaterial& material) {
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
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets are with the clients
  SSL_CTX_set_num_tickets(context, 1);
  SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
  COVE_CHECK(use_certificate(context, material.certificate_pem, material.key_pem, "the server's"));
  COVE_CHECK(trust(context, material.ca_certificate_pem));
  return Tls{std::move(made), material.certificate_required};
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
