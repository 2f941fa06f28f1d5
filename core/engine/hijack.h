// Hijack: a tunnel of the HTTP server as blocking reads and writes. Private to this room.
#pragma once

#include <memory>
#include <stop_token>

#include "core/engine/exchange.h"
#include "core/http/tunnel.h"

namespace cove::engine {

// At most 128 KiB wait to be read and about 512 KiB to be sent. `gone` is requested once the client
// cannot be reached any more; `stop` makes everything that waits return. Destruction sends what was
// written before it closes.
std::unique_ptr<Hijacked> make_hijacked(std::unique_ptr<http::Tunnel> tunnel, std::stop_source gone,
                                        std::stop_token stop);

}  // namespace cove::engine
