// Proxies of pulls and builds: from a file or the environment.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/base/fs.h"
#include "core/base/result.h"
#include "core/http/url.h"
#include "core/server/allocators.h"

namespace cove::node {

// `file` has lines HTTP_PROXY=…, HTTPS_PROXY=… and NO_PROXY=…; where it is empty, the environment
// has these names in capitals or in small letters, which count first. What is of the cluster itself
// is excepted as well: Services, pods and their names.
Result<http::Proxies> read_proxies(
    const Path& file, const server::Ipv4Range& services,
    const std::function<std::optional<std::string>(const std::string& name)>& environment);

}  // namespace cove::node
