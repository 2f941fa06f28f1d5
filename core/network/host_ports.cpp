#include "core/network/host_ports.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "core/network/address.h"

namespace cove::network {
namespace {

constexpr std::uint16_t kFirst = 32768, kLast = 60999;

const char* name(Protocol protocol) {
  return protocol == Protocol::kTcp ? "tcp" : "udp";
}

std::string subject(const PortMapping& mapping) {
  return fmt::format("port {}/{}", mapping.container_port, name(mapping.protocol));
}

// Bound without SO_REUSEADDR, so that no other bind succeeds, but made with it, so that closed
// connections of an earlier user of the port do not stand in the way.
Result<Fd> bind_port(const PortMapping& mapping, const Address& address) {
  const bool tcp = mapping.protocol == Protocol::kTcp;
  Fd fd(::socket(AF_INET, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
  if (!fd) return errno_error(errno, "publish", subject(mapping));
  const int on = 1, off = 0;
  if (tcp) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  } else {
    // Nothing is ever read from it.
    sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
    const sock_fprog program{.len = 1, .filter = &drop};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
  }
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(mapping.host_port);
  std::memcpy(&in.sin_addr, address.bytes().data(), sizeof in.sin_addr);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in) != 0) {
    Error error = errno_error(errno, "publish", subject(mapping));
    error.cause = fmt::format("listen {}4 {}:{}: bind: {}", name(mapping.protocol), mapping.host_ip,
                              mapping.host_port,
                              errno == EADDRINUSE      ? "address already in use"
                              : errno == EADDRNOTAVAIL ? "cannot assign requested address"
                                                       : std::strerror(errno));
    return error;
  }
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &off, sizeof off);
  return fd;
}

Error already_allocated(const PortMapping& mapping) {
  return Error{ErrorCode::kConflict, "publish", subject(mapping),
               fmt::format("Bind for {}:{} failed: port is already allocated", mapping.host_ip,
                           mapping.host_port),
               ""};
}

}  // namespace

HostPorts::Key HostPorts::key_of(const PortMapping& mapping) const {
  return {mapping.protocol, mapping.host_port, any_address_ ? "0.0.0.0" : mapping.host_ip};
}

// The same address, or all addresses on one of both sides.
bool HostPorts::is_ours(const PortMapping& mapping) const {
  const Key key = key_of(mapping);
  const auto first = taken_.lower_bound({mapping.protocol, mapping.host_port, ""});
  for (auto entry = first; entry != taken_.end(); ++entry) {
    const auto& [protocol, port, address] = entry->first;
    if (protocol != mapping.protocol || port != mapping.host_port) break;
    if (address == std::get<2>(key) || address == "0.0.0.0" || std::get<2>(key) == "0.0.0.0")
      return true;
  }
  return false;
}

Result<void> HostPorts::reserve_one(PortMapping& mapping) {
  if (mapping.host_ip.empty()) mapping.host_ip = "0.0.0.0";
  COVE_TRY(Address address, Address::parse(mapping.host_ip));
  if (address.family() != Family::kIpv4)
    return Error{ErrorCode::kUnsupported, "publish", subject(mapping),
                 "ports are published on IPv4 addresses", ""};
  if (mapping.container_port == 0)
    return Error{ErrorCode::kInvalidArgument, "publish", subject(mapping),
                 "a container has no port 0", ""};
  mapping.host_ip = address.text();
  if (any_address_) address = Address();
  if (mapping.host_port != 0) {
    if (is_ours(mapping)) return already_allocated(mapping);
    COVE_TRY(Fd fd, bind_port(mapping, address));
    taken_.emplace(key_of(mapping), std::move(fd));
    return {};
  }
  std::uint16_t& next = next_.try_emplace(mapping.protocol, kFirst).first->second;
  for (unsigned tries = 0; tries <= kLast - kFirst; ++tries) {
    mapping.host_port = next;
    next = next == kLast ? kFirst : static_cast<std::uint16_t>(next + 1);
    if (is_ours(mapping)) continue;
    auto fd = bind_port(mapping, address);
    if (!fd && fd.error().code != ErrorCode::kConflict) return fd.error();
    if (!fd) continue;
    taken_.emplace(key_of(mapping), std::move(*fd));
    return {};
  }
  mapping.host_port = 0;
  return Error{ErrorCode::kResourceExhausted, "publish", subject(mapping),
               "all ports are allocated", ""};
}

Result<std::vector<PortMapping>> HostPorts::reserve(std::vector<PortMapping> wanted) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (auto reserved = reserve_one(wanted[i]); !reserved) {
      for (std::size_t k = 0; k < i; ++k) taken_.erase(key_of(wanted[k]));
      return reserved.error();
    }
  }
  return wanted;
}

void HostPorts::release(const std::vector<PortMapping>& mappings) {
  const std::lock_guard lock(mutex_);
  for (const auto& mapping : mappings) taken_.erase(key_of(mapping));
}

bool HostPorts::restore(const PortMapping& mapping) {
  const std::lock_guard lock(mutex_);
  const auto address = Address::parse(any_address_ ? "0.0.0.0" : mapping.host_ip);
  if (!address) return false;
  auto fd = bind_port(mapping, *address);
  taken_.emplace(key_of(mapping), fd ? std::move(*fd) : Fd());
  return fd.has_value();
}

}  // namespace cove::network
