// The processes of a container as ps(1) would print them, for the forms people ask `docker top`.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fs.h"

namespace cove::runtime {

using ProcessTable = std::pair<std::vector<std::string>, std::vector<std::vector<std::string>>>;

// What is asked of the machine; a test has its own.
struct ProcessHost {
  Path proc = "/proc";
  Path passwd = "/etc/passwd";
  WallTime now{};
  std::uint64_t ticks = 100;       // a second
  std::uint64_t memory_bytes = 0;  // of the machine
  std::uint64_t page_bytes = 4096;
  std::chrono::minutes zone{0};  // of local time
};
ProcessHost this_process_host(WallTime now);

// Understood: nothing or "-ef", "-eF"'s columns without F; "aux"; and "-o"/"-eo"/"o" with a list
// of columns. kInvalidArgument else.
Result<ProcessTable> process_table(const std::vector<pid_t>& pids,
                                   const std::vector<std::string>& ps_arguments,
                                   const ProcessHost& host);

}  // namespace cove::runtime
