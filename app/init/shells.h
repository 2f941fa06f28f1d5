// The shell ports: each a thread that serves one root shell or command at a time.
#pragma once

#include <thread>
#include <vector>

#include "app/init/output.h"
#include "app/init/reaper.h"

namespace cove::init {

// Threads for those shell ports that the machine has. They run until the process ends.
std::vector<std::jthread> serve_shells(Reaper& reaper, Console& console);

}  // namespace cove::init
