#include "vm/provision/host.h"

#include <fmt/format.h>
#include <sched.h>

#include <charconv>

#include "core/base/strings.h"

namespace cove::provision {
namespace {

constexpr std::uint64_t kMinMemoryMib = 512;
constexpr std::uint64_t kMinDiskGib = 2;
// A new cluster's disk and logs take some tens of MiB; less room than this is a failure a minute
// later.
constexpr std::uint64_t kMinFreeMib = 256;

std::uint64_t meminfo_mib(const std::string& text, std::string_view name) {
  for (const std::string& line : split(text, '\n')) {
    if (!line.starts_with(name)) continue;
    const std::string_view digits = trim(std::string_view(line).substr(name.size()));
    std::uint64_t kib = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), kib);
    return kib / 1024;
  }
  return 0;
}

}  // namespace

Result<HostCapacity> read_host(const Path& data, const Path& proc) {
  HostCapacity host;
  cpu_set_t set;
  CPU_ZERO(&set);
  host.cpus = ::sched_getaffinity(0, sizeof set, &set) == 0 ? static_cast<unsigned>(CPU_COUNT(&set))
                                                            : std::thread::hardware_concurrency();
  COVE_TRY(const std::string meminfo, read_file(proc / "meminfo", 64 * 1024));
  host.memory_mib = meminfo_mib(meminfo, "MemTotal:");
  host.memory_available_mib = meminfo_mib(meminfo, "MemAvailable:");
  COVE_TRY(const SpaceInfo disk, disk_space(data));
  host.disk_total_gib = disk.total_bytes >> 30;
  host.disk_free_mib = disk.available_bytes >> 20;
  if (auto id = read_file(proc / "sys/kernel/random/boot_id", 128))
    host.boot_id = std::string(trim(*id));
  return host;
}

Result<void> check_resources(const Resources& wanted, const HostCapacity& host,
                             std::vector<std::string>& notes) {
  const auto refuse = [](ErrorCode code, std::string subject, std::string cause,
                         std::string remedy) {
    return Error{code, "give the cluster", std::move(subject), std::move(cause), std::move(remedy)};
  };
  if (wanted.cpus < 1 || wanted.cpus > host.cpus) {
    return refuse(ErrorCode::kInvalidArgument, fmt::format("{} CPUs", wanted.cpus),
                  fmt::format("this computer has {}", host.cpus),
                  fmt::format("Choose 1 to {}.", host.cpus));
  }
  if (wanted.memory_mib < kMinMemoryMib) {
    return refuse(ErrorCode::kInvalidArgument, fmt::format("{} MiB of memory", wanted.memory_mib),
                  fmt::format("a cluster needs at least {} MiB", kMinMemoryMib),
                  "Choose more memory.");
  }
  if (wanted.memory_mib > host.memory_mib) {
    return refuse(ErrorCode::kInvalidArgument, fmt::format("{} MiB of memory", wanted.memory_mib),
                  fmt::format("this computer has {} MiB", host.memory_mib), "Choose less memory.");
  }
  if (wanted.memory_mib > host.memory_available_mib) {
    notes.push_back(
        fmt::format("only {} MiB of memory are free now; the cluster may take up to {} MiB",
                    host.memory_available_mib, wanted.memory_mib));
  }
  if (wanted.disk_gib < kMinDiskGib) {
    return refuse(ErrorCode::kInvalidArgument, fmt::format("a disk of {} GiB", wanted.disk_gib),
                  fmt::format("a cluster needs at least {} GiB", kMinDiskGib),
                  "Choose a larger disk.");
  }
  if (host.disk_free_mib < kMinFreeMib) {
    return refuse(
        ErrorCode::kResourceExhausted, "a disk",
        fmt::format("only {} MiB are free where clusters are kept, {} MiB are needed to begin",
                    host.disk_free_mib, kMinFreeMib),
        "Free some disk space, or set XDG_DATA_HOME to a folder on a larger disk.");
  }
  if (wanted.disk_gib * 1024 > host.disk_free_mib) {
    notes.push_back(fmt::format("the disk may grow to {} GiB but only {} are free now",
                                wanted.disk_gib, format_size(host.disk_free_mib << 20)));
  }
  return {};
}

}  // namespace cove::provision
