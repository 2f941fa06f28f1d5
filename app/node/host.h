// What the running kernel and the host say about this machine.
#pragma once

#include <chrono>
#include <string>

#include "core/base/fs.h"
#include "core/server/node.h"

namespace cove::node {

std::string host_name();

// How many processors the machine has, those that are not online counted too; 0 when it does not
// say.
unsigned processors_present(const Path& root);

// Brings every processor of Cove's own machine online, whose kernel may have begun with one, and
// waits until this process may use them, for at most `patience`. One that does not come is left
// out.
void bring_processors_online(const Path& root, std::chrono::milliseconds patience);

// Fills in everything but the identity and the time of readiness. `root` is where /proc, /sys and
// /etc are looked for
// ("/" but in tests). What cannot be read stays empty or 0. `address`, when not loopback or
// unspecified, is the node's.
server::NodeFacts read_host(const Path& root, const Path& data_dir,
                            const std::string& listen_address);

}  // namespace cove::node
