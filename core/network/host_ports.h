// Ports of this machine, reserved by bound sockets, so that nobody else's program takes them and
// that taken ones are noticed. What arrives is led away by the packet rules before it reaches them.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>
#include <vector>

#include "core/base/fd.h"
#include "core/base/result.h"
#include "core/network/container_networks.h"

namespace cove::network {

// Thread-safe.
class HostPorts {
 public:
  // With `any_address` every port is taken on all addresses of this machine, whatever the mapping
  // says: its address is one of the user's computer.
  explicit HostPorts(bool any_address) : any_address_(any_address) {}

  // Chooses a port where it is 0: upwards from 32768, from where it last stopped. All or none.
  Result<std::vector<PortMapping>> reserve(std::vector<PortMapping> wanted);
  void release(const std::vector<PortMapping>& mappings);
  // Takes it into the books even if another program has it meanwhile (false then).
  bool restore(const PortMapping& mapping);

 private:
  using Key = std::tuple<Protocol, std::uint16_t, std::string>;  // and address
  Result<void> reserve_one(PortMapping& mapping);
  bool is_ours(const PortMapping& mapping) const;
  Key key_of(const PortMapping& mapping) const;

  const bool any_address_;
  std::mutex mutex_;
  std::map<Key, Fd> taken_;
  std::map<Protocol, std::uint16_t> next_;
};

}  // namespace cove::network
