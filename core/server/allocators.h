// Addresses and ports of Services (kubernetes.io "Service", "Service ClusterIP allocation"): which
// are in use is read off the Services themselves; there is no second record that could differ.
// IPv4, one family. On the state thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/api/metadata.h"
#include "core/server/admission.h"
#include "core/server/storage.h"

namespace cove::server {

// "10.96.0.0/12".
struct Ipv4Range {
  std::uint32_t network = 0;
  int prefix = 32;

  // kInvalidArgument unless it is a network in CIDR form with a prefix from 12 to 30.
  static Result<Ipv4Range> parse(std::string_view text);
  std::uint32_t size() const { return prefix == 0 ? 0 : std::uint32_t{1} << (32 - prefix); }
  std::uint32_t first() const { return network + 1; }  // the API server's own Service
  std::uint32_t last() const {
    return network + (size() - 2);
  }  // the broadcast address is left out
  bool contains(std::uint32_t address) const { return address >= first() && address <= last(); }
  std::string text() const;
};
std::optional<std::uint32_t> parse_ipv4(std::string_view text);
std::string format_ipv4(std::uint32_t address);

struct ServiceNetwork {
  Ipv4Range addresses;
  int first_port = 30000;
  int last_port = 32767;
};

// Gives Services what they ask for or lack: clusterIP and clusterIPs, ipFamilies and
// ipFamilyPolicy, nodePorts, healthCheckNodePort; and takes back what another type does not have.
// `storage` must outlive it.
std::unique_ptr<AdmissionPlugin> service_allocator(Storage& storage, ServiceNetwork network,
                                                   api::Random random);

}  // namespace cove::server
