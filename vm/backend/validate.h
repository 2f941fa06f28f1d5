// What every backend refuses before it asks its hypervisor.
#pragma once

#include <string>

#include "vm/backend/backend.h"

namespace cove::vm {

// kInvalidArgument unless: name 1-63 of [A-Za-z0-9._-] beginning with a letter or digit; uuid in
// RFC 4122 text form; 1-256 cpus; 128 MiB-16 TiB of memory; absolute paths without control
// characters; at most 16 disks with distinct serials of at most 20 characters of [A-Za-z0-9_-]; at
// most 16 channels with distinct names of 1-64 of [A-Za-z0-9._-] and sockets of at most 100 bytes;
// a unicast mac; title and command line without control characters and of at most 256 and 2048
// bytes.
Result<void> validate(const MachineSpec& spec);

// kInvalidArgument unless both ports are above 0 and the address is an IPv4 address.
Result<void> validate(const ForwardRule& rule);

// 1-63 of [A-Za-z0-9._-] beginning with a letter or digit.
Result<void> validate_snapshot_name(const std::string& name);

}  // namespace cove::vm
