// The driver names that tutorials for minikube use, and what they mean here.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "vm/backend/backend.h"

namespace cove::cli {

// Every name accepted by --driver, in the order shown.
const std::vector<std::string>& known_drivers();

// kInvalidArgument listing what is known. Case does not matter.
Result<void> check_driver(const std::string& name);

// One sentence saying what the named driver is taken as; empty for "auto". `host` is what this host
// has, null while it is not known.
std::string explain_driver(const std::string& name, const vm::BackendInfo* host);

}  // namespace cove::cli
