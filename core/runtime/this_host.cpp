#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>

#include <algorithm>
#include <charconv>
#include <mutex>

#include "core/base/strings.h"
#include "core/runtime/oci_config.h"

namespace cove::runtime {
namespace {

constexpr std::size_t kMostDevices = 4096;

std::optional<DeviceNode> device_node(const Path& path) {
  struct stat node {};
  if (::stat(path.c_str(), &node) != 0) return std::nullopt;
  if (!S_ISCHR(node.st_mode) && !S_ISBLK(node.st_mode)) return std::nullopt;
  return DeviceNode{S_ISCHR(node.st_mode) ? 'c' : 'b',
                    major(node.st_rdev),
                    minor(node.st_rdev),
                    node.st_mode & 07777,
                    node.st_uid,
                    node.st_gid};
}

// Without what every container has of its own: terminals, shared memory, queues, its console.
std::vector<Path> device_nodes(const Path& folder) {
  std::vector<Path> nodes;
  std::error_code error;
  std::filesystem::recursive_directory_iterator at(folder, error), end;
  while (!error && at != end && nodes.size() < kMostDevices) {
    const std::string name = at->path().filename();
    if (at->is_symlink(error)) {
      // A second name of a node that has one.
    } else if (at->is_directory(error)) {
      if (name == "pts" || name == "shm" || name == "mqueue" || name == "fd" || name == "net")
        at.disable_recursion_pending();
      else if (at.depth() > 8)
        at.disable_recursion_pending();
      if (name == "net") {
        if (device_node(at->path() / "tun")) nodes.push_back(at->path() / "tun");
      }
    } else if (name != "console" && device_node(at->path())) {
      nodes.push_back(at->path());
    }
    at.increment(error);
  }
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

std::optional<std::uint64_t> hard_limit(const std::string& type) {
  static const std::map<std::string, int> resources = {{"RLIMIT_AS", RLIMIT_AS},
                                                       {"RLIMIT_CORE", RLIMIT_CORE},
                                                       {"RLIMIT_CPU", RLIMIT_CPU},
                                                       {"RLIMIT_DATA", RLIMIT_DATA},
                                                       {"RLIMIT_FSIZE", RLIMIT_FSIZE},
                                                       {"RLIMIT_LOCKS", RLIMIT_LOCKS},
                                                       {"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
                                                       {"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
                                                       {"RLIMIT_NICE", RLIMIT_NICE},
                                                       {"RLIMIT_NOFILE", RLIMIT_NOFILE},
                                                       {"RLIMIT_NPROC", RLIMIT_NPROC},
                                                       {"RLIMIT_RSS", RLIMIT_RSS},
                                                       {"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
                                                       {"RLIMIT_RTTIME", RLIMIT_RTTIME},
                                                       {"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
                                                       {"RLIMIT_STACK", RLIMIT_STACK}};
  const auto found = resources.find(type);
  struct rlimit limit {};
  if (found == resources.end() ||
      ::getrlimit(static_cast<__rlimit_resource>(found->second), &limit) != 0)
    return std::nullopt;
  return limit.rlim_max;
}

// The bits of "CapPrm:" in this process' status.
std::set<std::string> own_capabilities() {
  std::set<std::string> out;
  const auto text = read_file("/proc/self/status", 1 << 16);
  if (!text) return out;
  std::uint64_t bits = 0;
  for (const std::string& line : split(*text, '\n')) {
    if (!line.starts_with("CapPrm:")) continue;
    const std::string_view digits = trim(std::string_view(line).substr(7));
    std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
  }
  const auto& names = all_capabilities();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if ((bits >> i & 1) != 0) out.insert(names[i]);
  }
  return out;
}

std::string_view architecture(std::string_view machine) {
  if (machine == "x86_64") return "amd64";
  if (machine == "aarch64") return "arm64";
  return machine;
}

}  // namespace

ConfigHost this_host(const os::Cgroups& cgroups, std::function<void(const std::string&)> reduced) {
  ConfigHost host;
  host.cgroups = cgroups.version();
  host.capabilities = own_capabilities();
  host.raises_limits = host.capabilities.contains("CAP_SYS_RESOURCE");
  if (auto text = read_file("/proc/self/oom_score_adj", 64)) {
    const std::string_view digits = trim(*text);
    std::from_chars(digits.data(), digits.data() + digits.size(), host.oom_score_adj);
  }
  host.swap_accounting = cgroups.accounts_for_swap();
  std::error_code error;
  host.shared_memory = std::filesystem::is_directory("/dev/shm", error);
  struct utsname system {};
  ::uname(&system);
  host.seccomp.architecture = architecture(system.machine);
  const auto version = split(system.release, '.');
  const auto number = [&](std::size_t i) {
    unsigned value = 0;
    if (i < version.size())
      std::from_chars(version[i].data(), version[i].data() + version[i].size(), value);
    return value;
  };
  host.seccomp.kernel_major = number(0);
  host.seccomp.kernel_minor = number(1);
  host.device = device_node;
  host.devices = device_nodes;
  host.hard_limit = hard_limit;
  host.reduced = std::move(reduced);
  return host;
}

}  // namespace cove::runtime
