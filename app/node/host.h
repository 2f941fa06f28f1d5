// What the running kernel and the host say about this machine.
#pragma once

#include <string>

#include "core/base/fs.h"
#include "core/server/node.h"

namespace cove::node {

std::string host_name();

// Fills in everything but the identity and the time of readiness. `root` is where /proc, /sys and
// /etc are looked for
// ("/" but in tests). What cannot be read stays empty or 0. `address`, when not loopback or
// unspecified, is the node's.
server::NodeFacts read_host(const Path& root, const Path& data_dir,
                            const std::string& listen_address);

}  // namespace cove::node
