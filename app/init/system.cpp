#include "app/init/system.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/base/strings.h"

namespace cove::init {
namespace {

Result<void> mount_at(const char* source, const char* target, const char* type, unsigned long flags,
                      const char* options) {
  if (::mkdir(target, 0755) != 0 && errno != EEXIST) return errno_error(errno, "make", target);
  if (::mount(source, target, type, flags, options) != 0 && errno != EBUSY) {
    return errno_error(errno, "mount", target);
  }
  return {};
}

bool write_value(const std::string& file, std::string_view value) {
  const Fd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return fd && ::write(fd.get(), value.data(), value.size()) == static_cast<ssize_t>(value.size());
}

// Everything a cgroup can hand down to its children.
void delegate(const std::string& cgroup) {
  const auto controllers = read_file(cgroup + "/cgroup.controllers", 4096);
  if (controllers.has_error()) return;
  const std::string file = cgroup + "/cgroup.subtree_control";
  const std::vector<std::string> names = split(trim(*controllers), ' ');
  // At once, since every write is a walk through all of the tree; one by one when the kernel does
  // not hand down some of them.
  std::string all;
  for (const std::string& name : names) all += "+" + name + " ";
  if (write_value(file, all)) return;
  for (const std::string& name : names) write_value(file, "+" + name);
}

constexpr unsigned long kPlain = MS_NOSUID | MS_NODEV | MS_NOEXEC;

}  // namespace

Result<void> mount_early() {
  COVE_CHECK(mount_at("dev", "/dev", "devtmpfs", MS_NOSUID, "mode=0755"));
  COVE_CHECK(mount_at("proc", "/proc", "proc", kPlain, ""));
  return mount_at("sys", "/sys", "sysfs", kPlain, "");
}

Result<void> enter_system(const Path& device) {
  COVE_CHECK(mount_at(device.c_str(), "/system", "erofs", MS_RDONLY, ""));
  for (const char* name : {"dev", "proc", "sys"}) {
    const std::string from = std::string("/") + name;
    if (::mount(from.c_str(), ("/system" + from).c_str(), nullptr, MS_MOVE, nullptr) != 0) {
      return errno_error(errno, "move", from);
    }
  }
  std::error_code ignored;
  std::filesystem::remove_all("/modules", ignored);
  std::filesystem::remove("/init", ignored);
  if (::chdir("/system") != 0 || ::mount(".", "/", nullptr, MS_MOVE, nullptr) != 0 ||
      ::chroot(".") != 0 || ::chdir("/") != 0) {
    return errno_error(errno, "change to", "the system disk");
  }
  return {};
}

Result<void> mount_late() {
  COVE_CHECK(mount_at("run", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=64m"));
  COVE_CHECK(mount_at("tmp", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777,size=25%"));
  COVE_CHECK(mount_at("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
                      "ptmxmode=0666,mode=0620,gid=5"));
  COVE_CHECK(mount_at("shm", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"));
  COVE_CHECK(mount_at("mqueue", "/dev/mqueue", "mqueue", kPlain, ""));
  COVE_CHECK(mount_at("cgroup", "/sys/fs/cgroup", "cgroup2", kPlain, "nsdelegate"));
  // Containers need mounts that spread into their namespaces and back (mount propagation of the
  // kubelet's folders).
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) != 0)
    return errno_error(errno, "share", "/");
  delegate("/sys/fs/cgroup");
  if (::mkdir(kSlice, 0755) != 0 && errno != EEXIST) return errno_error(errno, "make", kSlice);
  delegate(kSlice);
  for (const char* folder : {"/run/cove", "/run/cove/pki", "/run/root", "/run/lock"}) {
    COVE_CHECK(make_directories(folder, 0755));
  }
  ::chmod("/run/cove/pki", 0700);
  ::chmod("/run/root", 0700);
  return {};
}

std::vector<std::string> apply_sysctls() {
  struct Setting {
    const char* name;
    const char* value;
  };
  constexpr std::array kSettings{
      Setting{"net/ipv4/ip_forward", "1"},  // pods talk to the outside
      Setting{"net/core/somaxconn", "4096"},
      Setting{"net/ipv4/neigh/default/gc_thresh3", "8192"},
      Setting{"vm/overcommit_memory", "1"},  // the kubelet's expectation
      Setting{"vm/panic_on_oom", "0"},
      Setting{"vm/min_free_kbytes", "16384"},  // huge pages would set 45 MB aside
      Setting{"vm/max_map_count", "262144"},   // databases ask for it
      Setting{"kernel/panic", "10"},
      Setting{"kernel/panic_on_oops", "1"},
      Setting{"kernel/keys/root_maxkeys", "1000000"},
      Setting{"kernel/keys/root_maxbytes", "25000000"},
      Setting{"kernel/pid_max", "4194304"},
      Setting{"fs/inotify/max_user_instances", "8192"},
      Setting{"fs/inotify/max_user_watches", "524288"},
  };
  std::vector<std::string> missing;
  for (const Setting& setting : kSettings) {
    if (!write_value(std::string("/proc/sys/") + setting.name, setting.value))
      missing.emplace_back(setting.name);
  }
  return missing;
}

Result<Fd> make_cgroup(const std::string& name) {
  const std::string folder = std::string(kSlice) + "/" + name;
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
    return errno_error(errno, "make", folder);
  Fd fd(::open((folder + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return errno_error(errno, "open", folder + "/cgroup.procs");
  return fd;
}

void kill_cgroup(const std::string& name) {
  write_value(std::string(kSlice) + "/" + name + "/cgroup.kill", "1");
}

void remove_cgroup(const std::string& name) {
  ::rmdir((std::string(kSlice) + "/" + name).c_str());
}

void unmount_tree(const Path& target) {
  const auto text = read_file("/proc/self/mountinfo", 16 << 20);
  if (text.has_error()) return;
  std::vector<std::string> points;
  for (const std::string& line : split(*text, '\n')) {
    const auto fields = split(line, ' ');
    if (fields.size() < 5) continue;
    if (fields[4] == target.string() || fields[4].starts_with(target.string() + "/"))
      points.push_back(fields[4]);
  }
  for (auto point = points.rbegin(); point != points.rend(); ++point) {
    if (::umount2(point->c_str(), 0) == 0) continue;
    ::mount(nullptr, point->c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr);
    ::umount2(point->c_str(), MNT_DETACH);
  }
}

Memory parse_memory(std::string_view meminfo) {
  std::map<std::string, std::uint64_t, std::less<>> values;
  for (const std::string& line : split(meminfo, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string number(trim(std::string_view(line).substr(colon + 1)));
    values[line.substr(0, colon)] = std::strtoull(number.c_str(), nullptr, 10) * 1024;
  }
  const std::uint64_t total = values["MemTotal"];
  const std::uint64_t free =
      values["MemFree"] + values["Buffers"] + values["Cached"] + values["SReclaimable"];
  // Shared memory counts as cached but cannot be dropped.
  return {total, total - std::min(total, free) + std::min(total, values["Shmem"])};
}

double uptime() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace cove::init
