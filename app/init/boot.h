// From the kernel's first call to a running node, and back to power-off.
#pragma once

namespace cove::init {

// PID 1: never returns. Whatever fails is said on the console and to the host; the kernel must not
// see init end.
[[noreturn]] void boot();

}  // namespace cove::init
