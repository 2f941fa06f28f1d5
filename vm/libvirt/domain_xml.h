// Machines as libvirt domain XML (libvirt.org/formatdomain.html), and what Cove notes in their
// metadata.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "vm/backend/backend.h"

namespace cove::vm::libvirt {

inline constexpr const char* kMetadataNamespace = "https://cove.dev/xmlns/1";

// Where the guest sits in the NAT network; fixed for the machine's life.
struct NatAddress {
  std::string address;
  unsigned prefix_length = 24;
  std::string gateway;
  bool operator==(const NatAddress&) const = default;
};

// What a domain of ours carries beside the definition.
struct Metadata {
  std::string owner;        // the user id of who made it
  std::string fingerprint;  // of the spec it was made from
  NetworkMode network = NetworkMode::kUser;
  std::optional<NatAddress> nat;
};

// How the hypervisor at hand wants things written.
struct Flavor {
  std::string domain_type;  // "kvm", "qemu" or "test"
  // The host's ends of channels are sockets where the spec says; else libvirt chooses the place.
  bool own_sockets = true;
  // Which disks (by index) can be opened past the host's page cache.
  std::vector<bool> direct_io;
  std::string nat_network;  // libvirt's name of the NAT network
  // "+<user id>:+<group id>": under what account QEMU runs; empty leaves it to libvirt.
  std::string account = {};
  // The file of a firmware other than QEMU's usual one; empty takes that.
  std::string firmware = {};
};

// Equal for equal specs, stable across versions of Cove.
std::string fingerprint(const MachineSpec& spec);

// The whole document. Every string is escaped; the spec has passed validate().
std::string domain_xml(const MachineSpec& spec, const Metadata& metadata, const Flavor& flavor);

// The metadata element as virDomainGetMetadata gives it; kCorrupt when it is not what domain_xml()
// writes.
Result<Metadata> parse_metadata(const std::string& xml);

// A snapshot of all writable qcow2 disks; kUnsupported when the domain has none.
Result<std::string> snapshot_xml(const std::string& name, const std::string& domain_xml);
// When the snapshot was taken, in Unix seconds; 0 when it does not say.
std::int64_t snapshot_time(const std::string& xml);

// Whether the domain has an interface in that libvirt network.
bool uses_network(const std::string& domain_xml, const std::string& network);

}  // namespace cove::vm::libvirt
