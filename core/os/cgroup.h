// Control groups, version 1, 2 and hybrid hosts alike (Linux Documentation/admin-guide/cgroup-v1,
// cgroup-v2.rst).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
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

// What is not set stays as it is.
struct CgroupLimits {
  std::optional<std::int64_t> memory_bytes;
  std::optional<std::uint64_t> cpu_shares;   // 2…262144; becomes cpu.weight on version 2
  std::optional<std::int64_t> cpu_quota_us;  // negative: none
  std::optional<std::uint64_t> cpu_period_us;
  std::optional<std::int64_t> pids;                 // negative: none
  std::map<std::string, std::uint64_t> huge_pages;  // bytes by size "2MB"
};

// Thread-safe. Paths are below the host's mount ("/cove/3f2a…").
class Cgroups {
 public:
  // Looks at the mounts of this process under `root` ("/" but in tests). On a hybrid host the v1
  // controllers are used. kUnsupported when there is no usable hierarchy.
  static Result<std::unique_ptr<Cgroups>> find(const Path& root = "/");

  CgroupVersion version() const { return version_; }
  // Both hierarchies are mounted. crun before 1.9 refuses such a host when version 2 has
  // controllers.
  bool hybrid() const { return hybrid_; }
  // False where version 1 was booted without it; its bound on swap cannot be set then.
  bool accounts_for_swap() const;
  // Makes the group (with controllers enabled down to it on v2).
  Result<void> make(const std::string& group);
  // Bounds a group that exists with all that is below it. A bound whose controller this host has
  // not is left out.
  Result<void> limit(const std::string& group, const CgroupLimits& limits) const;
  // Moves a process in, in those hierarchies where this process itself is not at the top: who is
  // at the top has no group that could be killed or bounded.
  Result<void> enter(const std::string& group, pid_t pid) const;
  // Removes the group and what is below it; processes in it are killed first. Absent is success.
  Result<void> remove(const std::string& group);
  // Removes the group where neither a process nor a group is in it.
  void release(const std::string& group) const;
  Result<std::vector<pid_t>> processes(const std::string& group) const;
  Result<CgroupUsage> usage(const std::string& group) const;
  // Its processes are stopped, or about to be.
  bool frozen(const std::string& group) const;
  // Processes of the group that the kernel has killed for want of memory.
  Result<std::uint64_t> oom_kills(const std::string& group) const;
  std::vector<std::string> children(const std::string& group) const;

 private:
  Cgroups() = default;
  struct Hierarchy {
    std::vector<std::string> controllers;  // v1: "cpu", "name=systemd"
    Path mount;
    bool at_top = true;  // this process is in its root group
  };
  const Path* mount_of(std::string_view controller) const;
  Result<void> make_in(const Hierarchy& hierarchy, const std::string& group, bool parent_is_ready);
  std::vector<Path> folders(const std::string& group) const;
  std::vector<pid_t> all_processes(const std::string& group) const;
  void kill_all(const std::string& group) const;
  CgroupUsage usage_v1(const std::string& group) const;
  CgroupUsage usage_v2(const std::string& group) const;

  CgroupVersion version_ = CgroupVersion::kV2;
  bool hybrid_ = false;
  // v2: exactly one, without controllers.
  std::vector<Hierarchy> hierarchies_;
  // Where crun makes folders as if version 2 were mounted, though it is not.
  Path stray_;
  std::mutex mutex_;
  // Groups whose children have what they need as soon as they are made; until they are removed.
  std::set<std::string> ready_;
};

}  // namespace cove::os
