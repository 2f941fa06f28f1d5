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

// kInvalidArgument when certificates or keys cannot be read. The system's authorities are not in it
// yet where trusts_system() says that they belong there.
Result<TlsContext> make_client_tls_context(const ClientTls& settings);

bool trusts_system(const ClientTls& settings);
// Reads the system's authorities, all of them: more than a hundred certificates, which take more
// time and memory than everything else of a client. Before the context's first connection.
void trust_system(SSL_CTX* context);

// What the peer showed and what was verified, or nothing.
std::shared_ptr<const PeerCertificate> read_peer_certificate(SSL* session);

}  // namespace cove::http
