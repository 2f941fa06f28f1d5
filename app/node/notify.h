// The service manager's readiness protocol (sd_notify(3)).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cove::node {

// Sends one datagram ("READY=1") to `socket`, the value of $NOTIFY_SOCKET: a path, or '@' and an
// abstract name. Nothing listening, or no socket named, is no error.
void notify_manager(const std::optional<std::string>& socket, std::string_view message);

}  // namespace cove::node
