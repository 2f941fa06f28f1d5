// What a client asks its connection to become.
#pragma once

#include <string_view>

#include "core/http/request.h"

namespace cove::http {

// Whether the client wants another protocol on this connection (RFC 9110 section 7.8), and it is
// this one, in any case of letters.
bool asks_upgrade_to(const Request& request, std::string_view protocol);

}  // namespace cove::http
