// Files of variables in volumes, for fileKeyRef (kubernetes.io "Define Environment Variable Values
// Using An Init Container").
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/node/volumes.h"

namespace cove::node {

// The value of `key` among lines KEY=VALUE; the last one counts. A value may stand in ' or ", where
// it may have several lines. Empty lines and those that begin with '#' are left out.
std::optional<std::string> variable_in(std::string_view text, std::string_view key);

// What a fileKeyRef names; nothing when it is optional and not there. Links are followed as long as
// they stay in the volume. The file is at most 1 MiB.
Result<std::optional<std::string>> variable_of_file(const boost::json::object& reference,
                                                    const MountedVolumes& volumes);

}  // namespace cove::node
