// Remote: what a URL of an import, an ADD or a build context leads to.
#pragma once

#include <stop_token>
#include <string>

#include "core/http/client.h"

namespace cove::engine {

// GET over at most five redirects. kNotFound and the like for anything but 200; the cause names the
// URL without its user.
Result<http::ClientResponse> fetch(http::Client& web, const std::string& url,
                                   std::stop_token stop = {});

}  // namespace cove::engine
