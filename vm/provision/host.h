// What this computer can give, and whether a wish fits it.
#pragma once

#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/base/result.h"
#include "vm/provision/status.h"

namespace cove::provision {

struct HostCapacity {
  unsigned cpus = 0;
  std::uint64_t memory_mib = 0;
  std::uint64_t memory_available_mib = 0;
  std::uint64_t disk_total_gib = 0;
  std::uint64_t disk_free_mib = 0;
  std::string boot_id;
};

// CPUs this process may use, memory from <proc>/meminfo, disk of the file system that holds `data`.
Result<HostCapacity> read_host(const Path& data, const Path& proc = "/proc");

// Whether the resources fit; `notes` gets sentences about what fits but may hurt.
Result<void> check_resources(const Resources& wanted, const HostCapacity& host,
                             std::vector<std::string>& notes);

}  // namespace cove::provision
