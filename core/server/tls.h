// The TLS context of the server. Private to this room.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "core/server/https_server.h"

namespace cove::server {

Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const TlsMaterial& material);

// The certificate that the peer showed and that was verified, or "".
std::string peer_certificate(SSL* session);

}  // namespace cove::server
