// Starting a program that outlives this one.
#pragma once

#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove {

// Starts `argv` in a session of its own with /dev/null as its standard streams and leaves it alone.
// Fails when the program cannot be executed.
Result<void> launch_detached(const std::vector<std::string>& argv);

// `name` in the folder of this program, else in PATH.
std::optional<Path> find_beside(const std::string& name);

}  // namespace cove
