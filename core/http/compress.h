// gzip for large answers (RFC 1952). Private to this room.
#pragma once

#include <string_view>

#include "core/http/handler.h"

namespace cove::http {

// Reads an Accept-Encoding field (RFC 9110 section 12.5.3).
bool accepts_gzip(std::string_view accept_encoding);
bool worth_compressing(const Answer& answer);
// Replaces the body by its compressed form, quickly rather than well, and says so in the headers.
// Without memory for it the answer stays as it is.
void compress(Answer& answer);

}  // namespace cove::http
