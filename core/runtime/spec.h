// What a container is to be: the part of the OCI runtime-spec v1.0 that we use, by our own types.
// Neither Docker nor Kubernetes is known here.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::runtime {

struct Root {
  std::vector<Path> lower;  // unpacked layers, topmost first; empty: an empty root
  bool read_only = false;
};

struct Bind {
  std::string type = "bind";  // "bind", "tmpfs", "proc", "sysfs", "mqueue", "cgroup", "devpts"
  std::string source;         // absolute host path, or the type
  std::string destination;    // absolute, inside
  std::vector<std::string> options;  // of mount(8): "ro", "rprivate", "size=64m" …
};

// A namespace: a new one, the host's, or that which `path` pins ("/proc/812/ns/net", a bind mount).
struct Namespace {
  enum class From { kNew, kHost, kPath };
  From from = From::kNew;
  Path path = {};
};

struct IdMap {
  std::uint32_t inside = 0, outside = 0, count = 0;
};

struct Namespaces {
  Namespace pid, network, ipc, uts, cgroup;
  std::vector<IdMap> users;  // empty: no user namespace
  std::vector<IdMap> groups;
};

struct ResourceLimits {
  std::optional<std::int64_t> memory_bytes, memory_swap_bytes, memory_reservation_bytes;
  std::optional<std::uint64_t> cpu_shares;  // 2…262144; becomes cpu.weight on cgroup v2
  std::optional<std::int64_t> cpu_quota_us;
  std::optional<std::uint64_t> cpu_period_us;
  std::string cpuset_cpus, cpuset_mems;
  std::optional<std::int64_t> pids;  // -1: no limit
  std::optional<std::uint16_t> io_weight;
  std::map<std::string, std::uint64_t> huge_pages;  // by size "2MB", bytes
  bool oom_kill_disable = false;
};

struct Device {
  Path host;
  std::string inside;
  std::string permissions = "rwm";
};

struct ResourceLimit {  // setrlimit
  std::string type;     // "RLIMIT_NOFILE"
  std::uint64_t soft = 0, hard = 0;
};

enum class SeccompMode { kDefault, kUnconfined, kProfile };

struct Security {
  // "CAP_CHOWN": bounding, effective and permitted; default_capabilities(). What the host itself
  // has not is left out.
  std::vector<std::string> capabilities;
  std::vector<std::string> ambient;  // and inheritable: for a user other than root
  SeccompMode seccomp = SeccompMode::kDefault;
  std::string seccomp_profile;  // JSON, Docker's form, for kProfile
  bool no_new_privileges = false;
  bool privileged = false;                   // all capabilities, all devices, no masks, no seccomp
  std::vector<std::string> masked_paths;     // default_masked_paths()
  std::vector<std::string> read_only_paths;  // default_read_only_paths()
};
const std::vector<std::string>& default_capabilities();  // Docker's fourteen
const std::vector<std::string>& all_capabilities();      // that this kernel has
const std::vector<std::string>& default_masked_paths();
const std::vector<std::string>& default_read_only_paths();

struct Process {
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::string working_dir = "/";
  bool terminal = false;
  std::uint32_t uid = 0, gid = 0;
  std::vector<std::uint32_t> groups;
  std::vector<ResourceLimit> limits;
  std::optional<int> oom_score_adj;
  unsigned rows = 0, columns = 0;  // of the terminal, 0: unknown
};

struct LogPolicy {
  Path file;  // CRI format: "<time> stdout|stderr F|P <text>"
  // 0: unbounded; else a new file is begun and the old ones are FILE.1 … FILE.<max_files - 1>,
  // newest first (FILE.now is a second name of FILE meanwhile). When much is written at once, an
  // old file may be missing; the newest never is.
  std::uint64_t max_bytes = 0;
  unsigned max_files = 1;
};

struct ContainerSpec {
  std::string id;  // [a-zA-Z0-9][a-zA-Z0-9_.-]+
  Root root;
  Process process;
  Namespaces namespaces;
  Security security;
  ResourceLimits resources;
  std::vector<Bind> mounts;  // besides the default ones: /proc, /dev, /dev/pts, /dev/shm, /sys …
  std::uint64_t shm_bytes = 64 << 20;
  std::vector<Device> devices;
  std::vector<std::string> device_cgroup_rules;
  std::map<std::string, std::string> sysctls;
  std::string hostname, domainname;
  std::string cgroup_parent;  // below our own tree; "" is its top
  bool open_stdin = false;    // else /dev/null
  bool stdin_once = false;    // closed when the first who attached leaves
  bool init = false;          // a small process 1 that reaps and passes signals on
  LogPolicy log;
  std::map<std::string, std::string> annotations;
};

// A user as images and people name them ("0", "nginx", "1000:1000", "app:www"), looked up in the
// root's own /etc/passwd and /etc/group, which are hostile: bounded, and never followed out of the
// root.
struct UserIdentity {
  std::uint32_t uid = 0, gid = 0;
  std::vector<std::uint32_t> groups;
  std::string home;
};
Result<UserIdentity> resolve_user(const Path& mounted_root, const std::string& user,
                                  const std::vector<std::string>& extra_groups = {});

// The same by the files' text, for a root that is not mounted.
struct UserFiles {
  std::string passwd, group;
};
Result<UserIdentity> resolve_user(const UserFiles& files, const std::string& user,
                                  const std::vector<std::string>& extra_groups = {});

}  // namespace cove::runtime
