// Authentication by client certificate and what an authenticated user may do.
#pragma once

#include "core/server/request.h"

namespace cove::server {

// The user a verified client certificate stands for: CN is the name, every O a group. Without a
// certificate (null), or with one that has no CN, the anonymous user.
User user_of_certificate(const http::PeerCertificate* certificate);

enum class Verdict { kAllow, kUnauthenticated, kForbid };

// Health and version are everybody's; all else is system:masters' alone.
Verdict authorize(const User& user, const Request& request);

}  // namespace cove::server
