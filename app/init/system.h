// The file systems and kernel settings of the node.
#pragma once

#include <functional>
#include <string>

#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::init {

// /dev, /proc and /sys of the initramfs.
Result<void> mount_early();

// Mounts the system disk read-only, makes it the root and frees the initramfs.
Result<void> enter_system(const Path& device);

// /dev/pts, /dev/shm, /run, /tmp and cgroup v2 with its controllers handed down to children.
Result<void> mount_late();

// What Kubernetes nodes set. Returns the names of those the kernel does not have.
std::vector<std::string> apply_sysctls();

// Makes /sys/fs/cgroup/cove.slice/<name>; its cgroup.procs opened for writing.
inline constexpr const char* kSlice = "/sys/fs/cgroup/cove.slice";
Result<Fd> make_cgroup(const std::string& name);
// Kills everything in it.
void kill_cgroup(const std::string& name);
void remove_cgroup(const std::string& name);

// Unmounts everything at or below `target`, deepest first; what stays busy becomes read-only.
void unmount_tree(const Path& target);

struct Memory {
  std::uint64_t total_bytes = 0;
  std::uint64_t used_bytes = 0;  // total without what is free and what the kernel drops when asked
};
// Of the text of /proc/meminfo.
Memory parse_memory(std::string_view meminfo);

// Seconds since the kernel started.
double uptime();

}  // namespace cove::init
