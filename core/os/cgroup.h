// Control groups, version 1, 2 and hybrid hosts alike (Linux Documentation/admin-guide/cgroup-v1,
// cgroup-v2.rst).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::os {

enum class CgroupVersion { kV1, kV2 };

struct CgroupUsage {
  std::uint64_t cpu_total_ns = 0, cpu_user_ns = 0, cpu_system_ns = 0;
  std::uint64_t periods = 0, throttled_periods = 0, throttled_ns = 0;
  std::uint64_t memory_bytes = 0, memory_limit = 0, memory_peak = 0;  // limit 0: none
  std::uint64_t memory_inactive_file = 0, memory_anon = 0;
  std::uint64_t page_faults = 0, major_page_faults = 0;
  std::uint64_t pids = 0, pids_limit = 0;
  std::uint64_t read_bytes = 0, written_bytes = 0, read_ops = 0, write_ops = 0;
  std::uint64_t oom_kills = 0;
};

// Thread-safe. Paths are below the host's mount ("/cove/3f2a…").
class Cgroups {
 public:
  // Looks at the mounts of this process under `root` ("/" but in tests). On a hybrid host the v1
  // controllers are used. kUnsupported when there is no usable hierarchy.
  static Result<std::unique_ptr<Cgroups>> find(const Path& root = "/");

  CgroupVersion version() const { return version_; }
  // Makes the group (with controllers enabled down to it on v2).
  Result<void> make(const std::string& group);
  // Removes the group and what is below it; processes in it are killed first. Absent is success.
  Result<void> remove(const std::string& group);
  Result<std::vector<pid_t>> processes(const std::string& group) const;
  Result<CgroupUsage> usage(const std::string& group) const;
  // Readable (poll: POLLPRI on v2, POLLIN on v1's eventfd) when the group may have met its memory
  // bound.
  Result<std::uint64_t> oom_kills(const std::string& group) const;
  std::vector<std::string> children(const std::string& group) const;

 private:
  Cgroups() = default;
  CgroupVersion version_ = CgroupVersion::kV2;
  Path unified_;
  std::vector<std::pair<std::string, Path>> controllers_;  // v1
};

}  // namespace cove::os
