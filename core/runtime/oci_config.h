// The bundle's config.json of a container (OCI runtime-spec v1.0.2).
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "core/os/cgroup.h"
#include "core/runtime/seccomp.h"
#include "core/runtime/spec.h"

namespace cove::runtime {

struct DeviceNode {
  char type = 'c';  // 'c', 'b'
  std::uint32_t major = 0, minor = 0;
  std::uint32_t mode = 0, uid = 0, gid = 0;
};

// What this host is and may. What it may not is left out of a container instead of failing it; each
// such thing is told to `reduced` in words.
struct ConfigHost {
  os::CgroupVersion cgroups = os::CgroupVersion::kV2;
  std::set<std::string> capabilities;  // that can be given
  bool raises_limits = true;           // CAP_SYS_RESOURCE
  int oom_score_adj = 0;               // the least that can be given without it
  bool swap_accounting = true;
  bool shared_memory = true;  // it has a /dev/shm
  Path init = {};             // Runtime::Parts::init
  SeccompHost seccomp;
  // Of a device node; nothing when there is none.
  std::function<std::optional<DeviceNode>(const Path&)> device;
  // Device nodes below a folder.
  std::function<std::vector<Path>(const Path&)> devices;
  // The hard limit of a resource ("RLIMIT_CORE"), nothing when unknown.
  std::function<std::optional<std::uint64_t>(const std::string&)> hard_limit;
  std::function<void(const std::string&)> reduced;
};

// Fails with kInvalidArgument on what no check of the spec alone can see: a device that does not
// exist, a broken seccomp profile; with kUnsupported on what this host has not.
Result<boost::json::object> oci_config(const ContainerSpec& spec, const Path& root,
                                       const std::string& cgroup, const ConfigHost& host);
// The `process` part, for a process beside the container's.
boost::json::object oci_process(const Process& process, const Security& security,
                                const ConfigHost& host);
boost::json::object oci_resources(const ResourceLimits& limits, const ConfigHost& host);

// This process' own host.
ConfigHost this_host(const os::Cgroups& cgroups, std::function<void(const std::string&)> reduced);

}  // namespace cove::runtime
