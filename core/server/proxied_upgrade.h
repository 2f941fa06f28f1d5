// What follows an upgrade that was passed on (WebSocket, mostly): bytes both ways between a client
// of this server and what it asked for. Private to this room.
#pragma once

#include <memory>
#include <stop_token>

#include "core/http/client.h"
#include "core/http/tunnel.h"

namespace cove::server {

// Blocks until either side has ended or `stop` is requested; a thread of its own carries what the
// client sends. At most 256 KiB wait on the way in either direction, then the sender waits.
void pass_bytes(std::unique_ptr<http::Tunnel> client, http::RawStream& other, std::stop_token stop);

}  // namespace cove::server
