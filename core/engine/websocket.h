// A WebSocket as a connection that a client took over. Private to this room.
#pragma once

#include <memory>

#include "core/engine/exchange.h"

namespace cove::engine {

enum class WebSocketMessage { kBinary, kText };

// What is written goes out as messages of that kind; what is read is what messages of either kind
// hold. `raw` is past the handshake. Somebody has to read: it is how pings are answered and a
// client that closes or is gone is noticed, which closes the connection. finish() closes it in the
// protocol's way.
std::unique_ptr<Hijacked> make_websocket(std::unique_ptr<Hijacked> raw, WebSocketMessage kind);

}  // namespace cove::engine
