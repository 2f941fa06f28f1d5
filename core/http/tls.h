// The TLS context of the server. Private to this room.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "core/http/server.h"

namespace cove::http {

Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const TlsMaterial& material);

// What the peer showed and what was verified, or nothing.
std::shared_ptr<const PeerCertificate> peer_certificate(SSL* session);

}  // namespace cove::http
