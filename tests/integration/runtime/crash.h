// The process that is killed in the middle of its work.
#pragma once

namespace cove::runtime {

// Arguments: DIRECTORY RUN CGROUP-ROOT LAYER SEED. Makes, starts, executes and removes containers
// without end.
int run_victim(int argc, char** argv);

}  // namespace cove::runtime
