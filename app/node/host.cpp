#include "app/node/host.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <charconv>
#include <thread>

#include "core/base/strings.h"

namespace cove::node {
namespace {

constexpr std::size_t kMaxBytes = 256 * 1024;

std::string first_line(const Path& path) {
  const auto bytes = read_file(path, kMaxBytes);
  if (!bytes) return {};
  return std::string(trim(std::string_view(*bytes).substr(0, bytes->find('\n'))));
}

// MemTotal in bytes; the file counts KiB.
std::uint64_t memory(const Path& root) {
  const auto bytes = read_file(root / "proc/meminfo", kMaxBytes);
  if (!bytes) return 0;
  constexpr std::string_view kKey = "MemTotal:";
  const std::size_t at = bytes->find(kKey);
  if (at == std::string::npos) return 0;
  const std::string_view rest = trim(std::string_view(*bytes).substr(at + kKey.size()));
  std::uint64_t kib = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), kib);
  return kib * 1024;
}

std::string os_image(const Path& root) {
  for (const char* file : {"etc/os-release", "usr/lib/os-release"}) {
    const auto bytes = read_file(root / file, kMaxBytes);
    if (!bytes) continue;
    for (const std::string& line : split(*bytes, '\n')) {
      constexpr std::string_view kKey = "PRETTY_NAME=";
      if (!line.starts_with(kKey)) continue;
      std::string_view value = trim(std::string_view(line).substr(kKey.size()));
      if (value.size() >= 2 && (value.front() == '"' || value.front() == '\''))
        value = value.substr(1, value.size() - 2);
      return std::string(value);
    }
  }
  return "Linux";
}

unsigned processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<unsigned>(CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

// The highest number in a list as "0-3" or "0,2-3", plus one.
unsigned count_of(std::string_view list) {
  const std::size_t at = list.find_last_of(",-");
  const std::string_view last = at == std::string_view::npos ? list : list.substr(at + 1);
  unsigned highest = 0;
  const auto end = std::from_chars(last.data(), last.data() + last.size(), highest);
  return end.ec == std::errc() && highest < CPU_SETSIZE ? highest + 1 : 0;
}

// The first address of an interface that is up and not loopback, IPv4 before IPv6; loopback when
// there is nothing else.
std::string own_address() {
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return "127.0.0.1";
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(list, ::freeifaddrs);
  std::string v6;
  for (const ifaddrs* each = list; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0 ||
        (each->ifa_flags & IFF_LOOPBACK) != 0)
      continue;
    char text[INET6_ADDRSTRLEN] = {};
    if (each->ifa_addr->sa_family == AF_INET) {
      const auto* address = reinterpret_cast<const sockaddr_in*>(each->ifa_addr);
      if (::inet_ntop(AF_INET, &address->sin_addr, text, sizeof text) != nullptr) return text;
    }
    if (each->ifa_addr->sa_family == AF_INET6 && v6.empty()) {
      const auto* address = reinterpret_cast<const sockaddr_in6*>(each->ifa_addr);
      if (IN6_IS_ADDR_LINKLOCAL(&address->sin6_addr) == 0 &&
          ::inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof text) != nullptr) {
        v6 = text;
      }
    }
  }
  return v6.empty() ? "127.0.0.1" : v6;
}

bool is_specific(const std::string& address) {
  return !address.starts_with("127.") && address != "0.0.0.0" && address != "::" &&
         address != "::1";
}

}  // namespace

std::string host_name() {
  struct utsname names {};
  return ::uname(&names) == 0 ? names.nodename : "";
}

unsigned processors_present(const Path& root) {
  return count_of(first_line(root / "sys/devices/system/cpu/present"));
}

void bring_processors_online(const Path& root, std::chrono::milliseconds patience) {
  const unsigned present = processors_present(root);
  bool brought = false;
  for (unsigned number = 0; number < present; ++number) {
    const Path file = root / fmt::format("sys/devices/system/cpu/cpu{}/online", number);
    if (first_line(file) != "0") continue;
    const Fd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
    brought = (fd && ::write(fd.get(), "1", 1) == 1) || brought;
  }
  // The kernel lets the processes of a control group have them a moment later.
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (brought && processors() < present && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

server::NodeFacts read_host(const Path& root, const Path& data_dir,
                            const std::string& listen_address) {
  server::NodeFacts facts;
  struct utsname names {};
  ::uname(&names);
  facts.host_name = names.nodename;
  facts.kernel_version = names.release;
  facts.architecture = server::go_architecture(names.machine);
  facts.internal_ip = is_specific(listen_address) ? listen_address : own_address();
  facts.cpus = processors();
  facts.memory_bytes = memory(root);
  if (const auto disk = cove::disk_space(data_dir)) facts.storage_bytes = disk->total_bytes;
  facts.machine_id = first_line(root / "etc/machine-id");
  facts.system_uuid = first_line(root / "sys/class/dmi/id/product_uuid");
  facts.boot_id = first_line(root / "proc/sys/kernel/random/boot_id");
  facts.os_image = os_image(root);
  return facts;
}

}  // namespace cove::node
