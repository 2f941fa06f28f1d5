// TLS contexts of the server and of the client. Private to this room.
#pragma once

#include <openssl/types.h>

#include <memory>

#include "core/http/client.h"
#include "core/http/server.h"

namespace cove::http {

struct TlsContextDeleter {
  void operator()(SSL_CTX* context) const;
};
using TlsContext = std::shared_ptr<SSL_CTX>;

Result<TlsContext> make_tls_context(const TlsMaterial& material);
// kInvalidArgument when certificates or keys cannot be read.
Result<TlsContext> make_client_tls_context(const ClientTls& settings);

// What the peer showed and what was verified, or nothing.
std::shared_ptr<const PeerCertificate> read_peer_certificate(SSL* session);

}  // namespace cove::http
