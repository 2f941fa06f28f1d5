// The command line as a whole.
#pragma once

#include <string>
#include <vector>

#include "app/cli/completion.h"
#include "app/cli/context.h"

namespace cove::cli {

// Parses `arguments` (without the program's name), runs the command and returns the exit code.
int run(const std::vector<std::string>& arguments, World& world);

// The whole command tree, for completion and tests.
CommandTree command_tree();

}  // namespace cove::cli
