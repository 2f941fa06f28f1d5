#include <unistd.h>

#include <charconv>

#include "core/base/strings.h"
#include "core/runtime/implementation.h"
#include "core/runtime/process_table.h"

namespace cove::runtime {
namespace {

// What all processors have done since the start of the host: the first line of /proc/stat, without
// guests' time, which is in the users' already.
std::uint64_t host_cpu_ns() {
  const auto text = read_file("/proc/stat", 4 << 20);
  if (!text) return 0;
  const auto words = split(std::string_view(*text).substr(0, text->find('\n')), ' ');
  std::uint64_t ticks = 0;
  std::size_t counted = 0;
  for (std::size_t i = 1; i < words.size() && counted < 8; ++i) {
    if (words[i].empty()) continue;
    std::uint64_t value = 0;
    std::from_chars(words[i].data(), words[i].data() + words[i].size(), value);
    ticks += value;
    ++counted;
  }
  return ticks * (1'000'000'000ULL / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
}

}  // namespace

Result<Statistics> Runtime::statistics(const std::string& id) const {
  COVE_TRY(const ContainerPtr container, implementation_->find(id));
  std::string group;
  {
    const std::lock_guard lock(implementation_->mutex_);
    if (container->status.pid == 0)
      return Error{ErrorCode::kConflict, "measure the container", id, "it is not running", {}};
    group = implementation_->cgroup(container->spec);
  }
  COVE_TRY(const os::CgroupUsage usage, implementation_->cgroups_->usage(group));
  Statistics out;
  out.read_at = implementation_->parts_.clock.wall();
  out.cpu_total_ns = usage.cpu_total_ns;
  out.cpu_user_ns = usage.cpu_user_ns;
  out.cpu_system_ns = usage.cpu_system_ns;
  out.host_cpu_ns = host_cpu_ns();
  out.throttled_periods = usage.throttled_periods;
  out.periods = usage.periods;
  out.throttled_ns = usage.throttled_ns;
  out.memory_bytes = usage.memory_bytes;
  out.memory_limit = usage.memory_limit;
  out.memory_peak = usage.memory_peak;
  out.memory_inactive_file = usage.memory_inactive_file;
  out.memory_anon = usage.memory_anon;
  out.memory_rss = usage.memory_anon;
  out.page_faults = usage.page_faults;
  out.major_page_faults = usage.major_page_faults;
  out.pids = usage.pids;
  out.pids_limit = usage.pids_limit;
  out.read_bytes = usage.read_bytes;
  out.written_bytes = usage.written_bytes;
  out.read_ops = usage.read_ops;
  out.write_ops = usage.write_ops;
  out.online_cpus = static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_ONLN));
  return out;
}

Result<std::pair<std::vector<std::string>, std::vector<std::vector<std::string>>>>
Runtime::processes(const std::string& id, const std::vector<std::string>& ps_arguments) const {
  COVE_TRY(const ContainerPtr container, implementation_->find(id));
  std::string group;
  {
    const std::lock_guard lock(implementation_->mutex_);
    if (container->status.pid == 0)
      return Error{ErrorCode::kConflict, "list the processes of", id, "it is not running", {}};
    group = implementation_->cgroup(container->spec);
  }
  COVE_TRY(const auto pids, implementation_->cgroups_->processes(group));
  return process_table(pids, ps_arguments, this_process_host(implementation_->parts_.clock.wall()));
}

}  // namespace cove::runtime
