// `coved backup` and `coved restore`: what coved does besides serving.
#pragma once

#include <optional>

namespace cove::node {

// Runs the command that the first argument names and returns its exit code (ExitCode); nothing when
// it names none. One sentence on standard output when it worked, on standard error when not.
std::optional<int> run_command(int argc, const char* const* argv);

}  // namespace cove::node
