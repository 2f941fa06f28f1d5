#include "core/os/cgroup.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <map>
#include <thread>

#include "core/base/strings.h"

namespace cove::os {
namespace {

constexpr std::size_t kMostBytes = 4 << 20;
constexpr int kMostDepth = 16;
constexpr std::size_t kMostProcesses = 100'000;

std::string text_of(const Path& file) {
  auto text = read_file(file, kMostBytes);
  return text ? std::move(*text) : std::string();
}

// The number at the start of `text`; 0 for "max" and for what is no number.
std::uint64_t number(std::string_view text) {
  text = trim(text);
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::uint64_t number_in(const Path& file) {
  return number(text_of(file));
}

// "name value" lines.
std::map<std::string, std::uint64_t, std::less<>> table_in(const Path& file) {
  std::map<std::string, std::uint64_t, std::less<>> table;
  for (const std::string& line : split(text_of(file), '\n')) {
    const auto space = line.find(' ');
    if (space != std::string::npos)
      table[line.substr(0, space)] = number(std::string_view(line).substr(space + 1));
  }
  return table;
}

std::uint64_t at(const std::map<std::string, std::uint64_t, std::less<>>& table,
                 std::string_view name) {
  const auto found = table.find(name);
  return found == table.end() ? 0 : found->second;
}

// Version 1 says "no limit" by the largest number of whole pages.
std::uint64_t limit_v1(std::uint64_t bytes) {
  return bytes >= (1ULL << 62) ? 0 : bytes;
}

// "8:0 Read 4096" lines and a "Total".
void blkio(const Path& folder, const std::string& file, std::uint64_t& read,
           std::uint64_t& written) {
  std::string text = text_of(folder / (file + "_recursive"));
  if (text.empty()) text = text_of(folder / file);
  for (const std::string& line : split(text, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() != 3) continue;
    if (words[1] == "Read") read += number(words[2]);
    if (words[1] == "Write") written += number(words[2]);
  }
}

// "\040" and its like, as mountinfo has them.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                               (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

Result<void> check(const std::string& group) {
  const auto bad = [&](const char* cause) {
    return Error{ErrorCode::kInvalidArgument, "use the control group", group, cause, {}};
  };
  if (group.size() < 2 || group.front() != '/') return bad("its name has to start with '/'");
  for (const std::string& part : split(std::string_view(group).substr(1), '/')) {
    if (part.empty() || part == "." || part == "..") return bad("its name has an empty part");
  }
  return {};
}

Result<void> write_value(const Path& file, std::string_view value) {
  Fd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return errno_error(errno, "open", file.string());
  if (::write(fd.get(), value.data(), value.size()) < 0)
    return errno_error(errno, "write", file.string());
  return {};
}

// A new cpuset of version 1 holds no processor, and nothing can enter it. Those below it get what
// it has when they are made: each that is told later costs a look at all processors.
void inherit_cpuset(const Path& folder) {
  static_cast<void>(write_value(folder / "cgroup.clone_children", "1"));
  for (const char* file : {"cpuset.cpus", "cpuset.mems"}) {
    if (!trim(text_of(folder / file)).empty()) continue;
    const std::string parents = text_of(folder.parent_path() / file);
    if (!parents.empty()) static_cast<void>(write_value(folder / file, trim(parents)));
  }
}

// Of version 2: what a group has, those below it may have.
void pass_on_controllers(const Path& folder) {
  const auto names_in = [&](const char* file) { return split(trim(text_of(folder / file)), ' '); };
  const auto passed_on = names_in("cgroup.subtree_control");
  for (const std::string& name : names_in("cgroup.controllers")) {
    if (name.empty() || std::find(passed_on.begin(), passed_on.end(), name) != passed_on.end())
      continue;
    // A controller that this kernel keeps for itself does not hinder the others.
    static_cast<void>(write_value(folder / "cgroup.subtree_control", "+" + name));
  }
}

// Removes `folder` and the groups below it; true when none is left.
bool remove_groups(const Path& folder, int depth) {
  std::error_code error;
  if (depth > 0) {
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      if (entry.is_directory(error) && !entry.is_symlink(error))
        remove_groups(entry.path(), depth - 1);
    }
  }
  return ::rmdir(folder.c_str()) == 0 || errno == ENOENT;
}

void collect(const Path& folder, int depth, std::vector<pid_t>& into) {
  for (const std::string& line : split(text_of(folder / "cgroup.procs"), '\n')) {
    const auto pid = static_cast<pid_t>(number(line));
    if (pid > 0 && into.size() < kMostProcesses) into.push_back(pid);
  }
  if (depth == 0) return;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.is_directory(error) && !entry.is_symlink(error))
      collect(entry.path(), depth - 1, into);
  }
}

Path below(const Path& mount, const std::string& group) {
  return mount / group.substr(1);
}

struct MountLine {
  Path point;
  std::string type;
  std::vector<std::string> options;
};

std::vector<MountLine> cgroup_mounts(const Path& root) {
  std::vector<MountLine> lines;
  for (const std::string& line : split(text_of(root / "proc/self/mountinfo"), '\n')) {
    const auto dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const auto before = split(std::string_view(line).substr(0, dash), ' ');
    const auto after = split(std::string_view(line).substr(dash + 3), ' ');
    if (before.size() < 6 || after.size() < 3) continue;
    if (after[0] != "cgroup" && after[0] != "cgroup2") continue;
    const std::string point = unescape(before[4]);
    lines.push_back(
        {root / point.substr(point.find_first_not_of('/')), after[0], split(after[2], ',')});
  }
  return lines;
}

}  // namespace

Result<std::unique_ptr<Cgroups>> Cgroups::find(const Path& root) {
  std::vector<Hierarchy> first, second;
  bool controllers = false;
  for (const MountLine& line : cgroup_mounts(root)) {
    Hierarchy hierarchy;
    hierarchy.mount = line.point;
    if (line.type == "cgroup2") {
      second.push_back(hierarchy);
      continue;
    }
    for (const std::string& option : line.options) {
      if (option == "rw" || option == "ro" || option == "xattr" || option == "clone_children")
        continue;
      if (option.starts_with("release_agent=") || option == "none") continue;
      hierarchy.controllers.push_back(option);
      controllers = controllers || !option.starts_with("name=");
    }
    const bool known = std::any_of(first.begin(), first.end(), [&](const Hierarchy& other) {
      return other.controllers == hierarchy.controllers;
    });
    if (!known) first.push_back(std::move(hierarchy));
  }
  auto found = std::unique_ptr<Cgroups>(new Cgroups());
  if (controllers) {
    found->version_ = CgroupVersion::kV1;
    found->hybrid_ = !second.empty();
    found->hierarchies_ = std::move(first);
    found->stray_ = root / "sys/fs/cgroup/unified";
  } else if (!second.empty()) {
    found->hierarchies_ = {second.front()};
  } else {
    return Error{ErrorCode::kUnsupported, "use", "control groups", "none is mounted",
                 "Mount cgroup2 at /sys/fs/cgroup."};
  }
  for (const std::string& line : split(text_of(root / "proc/self/cgroup"), '\n')) {
    const auto one = line.find(':');
    const auto two = one == std::string::npos ? one : line.find(':', one + 1);
    if (two == std::string::npos) continue;
    auto names = split(std::string_view(line).substr(one + 1, two - one - 1), ',');
    if (names.size() == 1 && names[0].empty()) names.clear();
    for (Hierarchy& hierarchy : found->hierarchies_) {
      if (hierarchy.controllers == names) hierarchy.at_top = line.substr(two + 1) == "/";
    }
  }
  return found;
}

const Path* Cgroups::mount_of(std::string_view controller) const {
  for (const Hierarchy& hierarchy : hierarchies_) {
    if (version_ == CgroupVersion::kV2) return &hierarchy.mount;
    const auto& names = hierarchy.controllers;
    if (std::find(names.begin(), names.end(), controller) != names.end()) return &hierarchy.mount;
  }
  return nullptr;
}

bool Cgroups::accounts_for_swap() const {
  if (version_ == CgroupVersion::kV2) return true;
  const Path* mount = mount_of("memory");
  return mount != nullptr && ::access((*mount / "memory.memsw.limit_in_bytes").c_str(), F_OK) == 0;
}

std::vector<Path> Cgroups::folders(const std::string& group) const {
  std::vector<Path> out;
  for (const Hierarchy& hierarchy : hierarchies_) out.push_back(below(hierarchy.mount, group));
  return out;
}

Result<void> Cgroups::make_in(const Hierarchy& hierarchy, const std::string& group,
                              bool parent_is_ready) {
  // A parent that has vanished all the same is made again below.
  if (parent_is_ready &&
      (::mkdir(below(hierarchy.mount, group).c_str(), 0755) == 0 || errno == EEXIST))
    return {};
  Path folder = hierarchy.mount;
  const auto& names = hierarchy.controllers;
  const bool cpuset = std::find(names.begin(), names.end(), "cpuset") != names.end();
  for (const std::string& part : split(std::string_view(group).substr(1), '/')) {
    if (version_ == CgroupVersion::kV2) pass_on_controllers(folder);
    folder /= part;
    if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST)
      return errno_error(errno, "make the control group", folder.string());
    if (cpuset) inherit_cpuset(folder);
  }
  return {};
}

Result<void> Cgroups::make(const std::string& group) {
  COVE_CHECK(check(group));
  const std::string parent = group.substr(0, group.rfind('/'));
  bool ready = false;
  {
    const std::lock_guard lock(mutex_);
    ready = ready_.contains(parent);
  }
  for (const Hierarchy& hierarchy : hierarchies_) COVE_CHECK(make_in(hierarchy, group, ready));
  if (ready || parent.empty()) return {};
  const std::lock_guard lock(mutex_);
  ready_.insert(parent);
  return {};
}

Result<void> Cgroups::limit(const std::string& group, const CgroupLimits& limits) const {
  COVE_CHECK(check(group));
  const bool v2 = version_ == CgroupVersion::kV2;
  // Files are those of version 1 and of version 2.
  const auto set = [&](std::string_view controller, const std::string& first,
                       const std::string& second, const std::string& value) -> Result<void> {
    const Path* const mount = mount_of(controller);
    if (mount == nullptr) return {};
    const Path file = below(*mount, group) / (v2 ? second : first);
    if (::access(file.c_str(), F_OK) != 0) return {};
    return write_value(file, value);
  };
  if (limits.cpu_shares) {
    const std::uint64_t shares = std::clamp<std::uint64_t>(*limits.cpu_shares, 2, 262'144);
    const std::uint64_t weight = 1 + (shares - 2) * 9'999 / 262'142;
    COVE_CHECK(set("cpu", "cpu.shares", "cpu.weight", fmt::format("{}", v2 ? weight : shares)));
  }
  const std::uint64_t period = limits.cpu_period_us.value_or(100'000);
  if (v2 && limits.cpu_quota_us) {
    const std::string quota =
        *limits.cpu_quota_us > 0 ? fmt::format("{}", *limits.cpu_quota_us) : "max";
    COVE_CHECK(set("cpu", "", "cpu.max", fmt::format("{} {}", quota, period)));
  } else if (limits.cpu_quota_us) {
    if (*limits.cpu_quota_us > 0)
      COVE_CHECK(set("cpu", "cpu.cfs_period_us", "", fmt::format("{}", period)));
    COVE_CHECK(set("cpu", "cpu.cfs_quota_us", "",
                   fmt::format("{}", *limits.cpu_quota_us > 0 ? *limits.cpu_quota_us : -1)));
  }
  if (limits.memory_bytes) {
    const bool bounded = *limits.memory_bytes > 0;
    COVE_CHECK(set("memory", "memory.limit_in_bytes", "memory.max",
                   bounded ? fmt::format("{}", *limits.memory_bytes)
                   : v2    ? "max"
                           : "-1"));
  }
  if (limits.pids)
    COVE_CHECK(set("pids", "pids.max", "pids.max",
                   *limits.pids >= 0 ? fmt::format("{}", *limits.pids) : "max"));
  for (const auto& [size, bytes] : limits.huge_pages)
    COVE_CHECK(set("hugetlb", "hugetlb." + size + ".limit_in_bytes", "hugetlb." + size + ".max",
                   fmt::format("{}", bytes)));
  return {};
}

Result<void> Cgroups::enter(const std::string& group, pid_t pid) const {
  COVE_CHECK(check(group));
  for (const Hierarchy& hierarchy : hierarchies_) {
    if (hierarchy.at_top) continue;
    COVE_CHECK(write_value(below(hierarchy.mount, group) / "cgroup.procs", fmt::format("{}", pid)));
  }
  return {};
}

std::vector<pid_t> Cgroups::all_processes(const std::string& group) const {
  std::vector<pid_t> pids;
  for (const Path& folder : folders(group)) collect(folder, kMostDepth, pids);
  std::sort(pids.begin(), pids.end());
  pids.erase(std::unique(pids.begin(), pids.end()), pids.end());
  return pids;
}

// The frozen die only once they thaw, and who forks meanwhile is found in the next round.
void Cgroups::kill_all(const std::string& group) const {
  if (version_ == CgroupVersion::kV2) {
    const Path folder = below(hierarchies_.front().mount, group);
    if (write_value(folder / "cgroup.kill", "1")) return;
    static_cast<void>(write_value(folder / "cgroup.freeze", "0"));
  }
  for (const pid_t pid : all_processes(group)) {
    if (pid != ::getpid()) ::kill(pid, SIGKILL);
  }
  if (const Path* freezer = mount_of("freezer"); freezer && version_ == CgroupVersion::kV1)
    static_cast<void>(write_value(below(*freezer, group) / "freezer.state", "THAWED"));
}

Result<void> Cgroups::remove(const std::string& group) {
  COVE_CHECK(check(group));
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(ready_, [&](const std::string& each) {
      return each == group || each.starts_with(group + "/");
    });
  }
  constexpr auto kPatience = std::chrono::seconds(5);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  auto all = folders(group);
  if (!stray_.empty()) {
    struct statfs system {};
    const Path stray = below(stray_, group);
    if (::statfs(stray.c_str(), &system) == 0 && system.f_type == CGROUP2_SUPER_MAGIC) {
      all.push_back(stray);
    } else {
      COVE_CHECK(remove_tree(stray));
    }
  }
  auto wait = std::chrono::microseconds(200);
  while (true) {
    bool gone = true;
    for (const Path& folder : all) gone = remove_groups(folder, kMostDepth) && gone;
    if (gone) return {};
    kill_all(group);
    if (std::chrono::steady_clock::now() >= deadline) {
      return Error{
          ErrorCode::kTimeout, "remove the control group", group, "processes in it do not end", {}};
    }
    // There is no event for the end of a version 1 group's last process.
    std::this_thread::sleep_for(wait);
    wait = std::min(wait * 2, std::chrono::microseconds(20'000));
  }
}

void Cgroups::release(const std::string& group) const {
  if (!check(group)) return;
  for (const Path& folder : folders(group)) static_cast<void>(::rmdir(folder.c_str()));
}

Result<std::vector<pid_t>> Cgroups::processes(const std::string& group) const {
  COVE_CHECK(check(group));
  const Path* mount = mount_of("pids");
  if (mount == nullptr) mount = &hierarchies_.front().mount;
  const Path folder = below(*mount, group);
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error))
    return errno_error(ENOENT, "read the control group", group);
  std::vector<pid_t> pids;
  collect(folder, kMostDepth, pids);
  std::sort(pids.begin(), pids.end());
  return pids;
}

CgroupUsage Cgroups::usage_v1(const std::string& group) const {
  CgroupUsage usage;
  if (const Path* mount = mount_of("cpuacct")) {
    const Path folder = below(*mount, group);
    usage.cpu_total_ns = number_in(folder / "cpuacct.usage");
    const auto stat = table_in(folder / "cpuacct.stat");
    const auto tick = 1'000'000'000ULL / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    usage.cpu_user_ns = at(stat, "user") * tick;
    usage.cpu_system_ns = at(stat, "system") * tick;
  }
  if (const Path* mount = mount_of("cpu")) {
    const auto stat = table_in(below(*mount, group) / "cpu.stat");
    usage.periods = at(stat, "nr_periods");
    usage.throttled_periods = at(stat, "nr_throttled");
    usage.throttled_ns = at(stat, "throttled_time");
  }
  if (const Path* mount = mount_of("memory")) {
    const Path folder = below(*mount, group);
    usage.memory_bytes = number_in(folder / "memory.usage_in_bytes");
    usage.memory_limit = limit_v1(number_in(folder / "memory.limit_in_bytes"));
    usage.memory_peak = number_in(folder / "memory.max_usage_in_bytes");
    const auto stat = table_in(folder / "memory.stat");
    usage.memory_inactive_file = at(stat, "total_inactive_file");
    usage.memory_anon = at(stat, "total_rss");
    usage.page_faults = at(stat, "total_pgfault");
    usage.major_page_faults = at(stat, "total_pgmajfault");
    usage.oom_kills = at(table_in(folder / "memory.oom_control"), "oom_kill");
  }
  if (const Path* mount = mount_of("pids")) {
    usage.pids = number_in(below(*mount, group) / "pids.current");
    usage.pids_limit = number_in(below(*mount, group) / "pids.max");
  }
  if (const Path* mount = mount_of("blkio")) {
    const Path folder = below(*mount, group);
    blkio(folder, "blkio.throttle.io_service_bytes", usage.read_bytes, usage.written_bytes);
    blkio(folder, "blkio.throttle.io_serviced", usage.read_ops, usage.write_ops);
  }
  return usage;
}

CgroupUsage Cgroups::usage_v2(const std::string& group) const {
  CgroupUsage usage;
  const Path folder = below(hierarchies_.front().mount, group);
  const auto cpu = table_in(folder / "cpu.stat");
  usage.cpu_total_ns = at(cpu, "usage_usec") * 1000;
  usage.cpu_user_ns = at(cpu, "user_usec") * 1000;
  usage.cpu_system_ns = at(cpu, "system_usec") * 1000;
  usage.periods = at(cpu, "nr_periods");
  usage.throttled_periods = at(cpu, "nr_throttled");
  usage.throttled_ns = at(cpu, "throttled_usec") * 1000;
  usage.memory_bytes = number_in(folder / "memory.current");
  usage.memory_limit = number_in(folder / "memory.max");
  usage.memory_peak = number_in(folder / "memory.peak");
  const auto memory = table_in(folder / "memory.stat");
  usage.memory_inactive_file = at(memory, "inactive_file");
  usage.memory_anon = at(memory, "anon");
  usage.page_faults = at(memory, "pgfault");
  usage.major_page_faults = at(memory, "pgmajfault");
  usage.oom_kills = at(table_in(folder / "memory.events"), "oom_kill");
  usage.pids = number_in(folder / "pids.current");
  usage.pids_limit = number_in(folder / "pids.max");
  for (const std::string& line : split(text_of(folder / "io.stat"), '\n')) {
    for (const std::string& word : split(line, ' ')) {
      const auto equal = word.find('=');
      if (equal == std::string::npos) continue;
      const std::string_view name = std::string_view(word).substr(0, equal);
      const std::uint64_t value = number(std::string_view(word).substr(equal + 1));
      if (name == "rbytes") usage.read_bytes += value;
      if (name == "wbytes") usage.written_bytes += value;
      if (name == "rios") usage.read_ops += value;
      if (name == "wios") usage.write_ops += value;
    }
  }
  return usage;
}

Result<CgroupUsage> Cgroups::usage(const std::string& group) const {
  COVE_CHECK(check(group));
  std::error_code error;
  const auto all = folders(group);
  const bool exists = std::any_of(all.begin(), all.end(), [&](const Path& folder) {
    return std::filesystem::is_directory(folder, error);
  });
  if (!exists) return errno_error(ENOENT, "read the control group", group);
  return version_ == CgroupVersion::kV1 ? usage_v1(group) : usage_v2(group);
}

bool Cgroups::frozen(const std::string& group) const {
  const Path* mount = mount_of("freezer");
  if (!check(group) || mount == nullptr) return false;
  const Path folder = below(*mount, group);
  if (version_ == CgroupVersion::kV2) return trim(text_of(folder / "cgroup.freeze")) == "1";
  const std::string state = text_of(folder / "freezer.state");
  return !state.empty() && trim(state) != "THAWED";
}

Result<std::uint64_t> Cgroups::oom_kills(const std::string& group) const {
  COVE_CHECK(check(group));
  const Path* mount = mount_of("memory");
  if (mount == nullptr) return std::uint64_t{0};
  const Path folder = below(*mount, group);
  const Path file =
      folder / (version_ == CgroupVersion::kV1 ? "memory.oom_control" : "memory.events");
  if (::access(file.c_str(), R_OK) != 0) return errno_error(errno, "read", file.string());
  return at(table_in(file), "oom_kill");
}

std::vector<std::string> Cgroups::children(const std::string& group) const {
  std::vector<std::string> names;
  if (!check(group)) return names;
  for (const Path& folder : folders(group)) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      if (entry.is_directory(error)) names.push_back(entry.path().filename());
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace cove::os
