#include "core/http/tls.h"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <ctime>

namespace cove::http {
namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

constexpr unsigned char kSessionContext[] = "coved";

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct X509Deleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

// HTTP/1.1 is what is spoken; a client that offers it is told so, any other finds out by itself.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr unsigned char kProtocols[] = "\x08http/1.1";
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

Error bad(std::string subject, const error_code& error) {
  return Error{ErrorCode::kCorrupt, "use", std::move(subject), error.message(), {}};
}

}  // namespace

Result<std::shared_ptr<ssl::context>> make_tls_context(const TlsMaterial& material) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_id_context(native, kSessionContext, sizeof kSessionContext - 1);
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  error_code error;
  context->use_certificate_chain(boost::asio::buffer(material.certificate_pem), error);
  if (error) return bad("the server's certificate", error);
  context->use_private_key(boost::asio::buffer(material.key_pem.reveal()), ssl::context::pem,
                           error);
  if (!error && SSL_CTX_check_private_key(native) != 1)
    error = boost::asio::error::invalid_argument;
  if (error) {
    ERR_clear_error();
    return Error{ErrorCode::kCorrupt,
                 "use",
                 "the server's key",
                 "it does not fit the server's certificate",
                 {}};
  }
  context->add_certificate_authority(boost::asio::buffer(material.ca_certificate_pem), error);
  if (error) return bad("the authority's certificate", error);
  // Clients with several certificates choose by the authorities that are named to them.
  std::unique_ptr<BIO, BioDeleter> bio(BIO_new_mem_buf(
      material.ca_certificate_pem.data(), static_cast<int>(material.ca_certificate_pem.size())));
  std::unique_ptr<X509, X509Deleter> authority(
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (authority) SSL_CTX_add_client_CA(native, authority.get());
  context->set_verify_mode(ssl::verify_peer, error);
  return context;
}

std::shared_ptr<const PeerCertificate> peer_certificate(SSL* session) {
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
