// The node's own interfaces by rtnetlink (rtnetlink(7)): no child process, a few system calls.
#pragma once

#include <string>

#include "core/base/result.h"

namespace cove::init {

Result<void> bring_up_loopback();

// Gives `interface` the address, brings it up and routes everything else to `gateway` (empty: no
// route). Repeating it with the same values changes nothing; another address replaces the one
// before.
Result<void> configure_interface(const std::string& interface, const std::string& address,
                                 unsigned prefix_length, const std::string& gateway,
                                 const std::string& former_address);

}  // namespace cove::init
