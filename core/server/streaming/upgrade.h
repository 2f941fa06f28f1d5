// What a request asks to be upgraded to, and the answer that does it (RFC 9110 section 7.8, RFC
// 6455 section 4.2, kubernetes.io "Remote command protocols"). Private to this room.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/server/refusal.h"
#include "core/server/request.h"

namespace cove::server {

struct Upgrade {
  enum class To { kWebSocket, kSpdy };
  To to = To::kWebSocket;
  std::vector<std::string> protocols;  // that the client speaks, the one it likes best first
  std::string accept;                  // of a WebSocket
};

Outcome<Upgrade> read_upgrade(const Request& request);

// The first of the client's that is among `known`; "" when it names none.
Outcome<std::string> choose_protocol(const Upgrade& upgrade,
                                     std::span<const std::string_view> known);

// 101 without its `upgrade`.
Answer upgrade_answer(const Upgrade& upgrade, const std::string& protocol);

}  // namespace cove::server
