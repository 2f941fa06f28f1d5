#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <charconv>
#include <fstream>

#include "core/base/strings.h"
#include "vm/forward/forward.h"

namespace cove::vm {
namespace {

// Bounds for what a strange /proc may hold.
constexpr std::size_t kMaxSockets = 1'000'000;
constexpr std::size_t kMaxDescriptors = 4'000'000;

// Every address as IPv6; IPv4 as ::ffff:a.b.c.d.
using Address = std::array<unsigned char, 16>;
constexpr std::size_t kMappedPrefix = 12;

bool is_mapped(const Address& address) {
  static constexpr std::array<unsigned char, kMappedPrefix> kPrefix{0, 0, 0, 0, 0,    0,
                                                                    0, 0, 0, 0, 0xff, 0xff};
  return std::equal(kPrefix.begin(), kPrefix.end(), address.begin());
}

bool all_zero(const Address& address, std::size_t from) {
  return std::all_of(address.begin() + static_cast<std::ptrdiff_t>(from), address.end(),
                     [](unsigned char byte) { return byte == 0; });
}

bool is_any6(const Address& address) {
  return all_zero(address, 0);
}
bool is_any4(const Address& address) {
  return is_mapped(address) && all_zero(address, kMappedPrefix);
}

bool collide(const Address& a, const Address& b) {
  if (a == b || is_any6(a) || is_any6(b)) return true;
  return (is_any4(a) && is_mapped(b)) || (is_any4(b) && is_mapped(a));
}

Address mapped(const void* four_bytes) {
  Address address{};
  address[10] = address[11] = 0xff;
  std::memcpy(address.data() + kMappedPrefix, four_bytes, 4);
  return address;
}

std::optional<Address> parse_address(const std::string& text) {
  in_addr four{};
  if (::inet_pton(AF_INET, text.c_str(), &four) == 1) return mapped(&four);
  Address six{};
  if (::inet_pton(AF_INET6, text.c_str(), six.data()) == 1) return six;
  return std::nullopt;
}

template <class Number>
bool parse_hex(std::string_view text, Number& number) {
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return status == std::errc{} && end == text.data() + text.size();
}

// The kernel prints an address as 32-bit words in the host's byte order, so their bytes in memory
// are the address.
std::optional<Address> parse_kernel_address(std::string_view text) {
  std::array<std::uint32_t, 4> words{};
  if (text.size() != 8 && text.size() != 32) return std::nullopt;
  for (std::size_t i = 0; i * 8 < text.size(); ++i) {
    if (!parse_hex(text.substr(i * 8, 8), words[i])) return std::nullopt;
  }
  if (text.size() == 8) return mapped(words.data());
  Address address{};
  std::memcpy(address.data(), words.data(), address.size());
  return address;
}

struct Socket {
  Address address{};
  std::uint16_t port = 0;
  unsigned state = 0;
  std::uint64_t inode = 0;
};

// A line of /proc/net/tcp and its like: proc(5). Nothing for the heading and whatever else is no
// socket.
std::optional<Socket> parse_line(const std::string& line) {
  std::vector<std::string_view> words;
  std::string_view rest = line;
  while (words.size() < 10) {
    const std::size_t begin = rest.find_first_not_of(' ');
    if (begin == std::string_view::npos) return std::nullopt;
    const std::size_t end = std::min(rest.find(' ', begin), rest.size());
    words.push_back(rest.substr(begin, end - begin));
    rest.remove_prefix(end);
  }
  const std::size_t colon = words[1].find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<Address> address = parse_kernel_address(words[1].substr(0, colon));
  Socket socket;
  if (!address || !parse_hex(words[1].substr(colon + 1), socket.port) ||
      !parse_hex(words[3], socket.state)) {
    return std::nullopt;
  }
  socket.address = *address;
  const auto [end, status] =
      std::from_chars(words[9].data(), words[9].data() + words[9].size(), socket.inode);
  if (status != std::errc{} || end != words[9].data() + words[9].size()) return std::nullopt;
  return socket;
}

// The inode of a socket that holds the port; nothing when none does.
std::optional<std::uint64_t> holding_inode(const Path& file, Protocol protocol,
                                           const Address& address, std::uint16_t port) {
  constexpr unsigned kListen = 0x0A;
  std::ifstream stream(file);
  std::string line;
  for (std::size_t n = 0; n < kMaxSockets && std::getline(stream, line); ++n) {
    const std::optional<Socket> socket = parse_line(line);
    if (!socket || socket->port != port || !collide(socket->address, address)) continue;
    // UDP has no listeners: every bound socket holds its port.
    if (protocol == Protocol::kUdp || socket->state == kListen) return socket->inode;
  }
  return std::nullopt;
}

std::vector<pid_t> processes(const Path& proc) {
  std::vector<pid_t> pids;
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(proc, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    const std::string name = it->path().filename();
    pid_t pid = 0;
    const auto [end, status] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (status == std::errc{} && end == name.data() + name.size() && pid > 0) pids.push_back(pid);
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

// Whether the process has the socket open. False as well when its descriptors are not ours to see.
bool has_open(const Path& process, const std::string& socket, std::size_t& budget) {
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(process / "fd", error);
       !error && it != std::filesystem::directory_iterator() && budget > 0;
       it.increment(error), --budget) {
    std::error_code gone;
    if (std::filesystem::read_symlink(it->path(), gone) == socket && !gone) return true;
  }
  return false;
}

// The oldest process that has the socket: of a server with workers, the server.
PortHolder name_holder(std::uint64_t inode, const Path& proc) {
  const std::string socket = fmt::format("socket:[{}]", inode);
  std::size_t budget = kMaxDescriptors;
  for (const pid_t pid : processes(proc)) {
    const Path process = proc / std::to_string(pid);
    if (!has_open(process, socket, budget)) continue;
    auto name = read_file(process / "comm", 256);
    const std::string program = name ? escape_control(trim(*name)) : std::string();
    return {pid, program.empty() ? "a program" : program};
  }
  return {0, "a program of another user"};
}

}  // namespace

std::optional<PortHolder> port_holder(Protocol protocol, const std::string& address,
                                      std::uint16_t port, const Path& proc) {
  const std::optional<Address> wanted = parse_address(address);
  if (!wanted) return std::nullopt;
  const char* name = protocol == Protocol::kTcp ? "tcp" : "udp";
  for (const std::string& file : {std::string(name), std::string(name) + "6"}) {
    if (auto inode = holding_inode(proc / "net" / file, protocol, *wanted, port))
      return name_holder(*inode, proc);
  }
  return std::nullopt;
}

}  // namespace cove::vm
