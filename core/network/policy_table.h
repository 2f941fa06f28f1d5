// PolicyTable: who may reach whom among what this machine forwards, as one nftables table
// "cove-pol-<mark>" (kubernetes.io "Network Policies").
//
// A permission is looked at for the first packet of a connection; answers and what goes on pass.
// What this machine itself sends to containers, and what they send to it, always passes, as does
// what a container sends to itself.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/base/result.h"
#include "core/network/address.h"
#include "core/network/nft.h"
#include "core/network/ranges.h"
#include "core/network/service_table.h"

namespace cove::network {

struct PolicyPort {
  std::uint8_t protocol = 0;
  std::uint16_t first = 0, last = 65535;
  auto operator<=>(const PolicyPort&) const = default;
};

// One permission: one of the peers, to one of the ports.
struct PolicyRule {
  bool any_peer = false;
  std::set<Address> peers;
  std::vector<AddressRange> blocks;  // neither overlapping nor touching, in order
  bool any_port = false;
  std::set<PolicyPort> ports;
  std::set<ServiceFrontend> named_ports;  // of the one who is asked, whose address stands in it
  bool operator==(const PolicyRule&) const = default;
};

// One direction.
struct PolicySide {
  std::map<std::string, std::vector<PolicyRule>> policies;  // by any name that stays
  // Containers that policies choose: they may do what one of these permits and nothing else.
  std::map<Address, std::set<std::string>> chosen;
  bool operator==(const PolicySide&) const = default;
};

struct PolicyRules {
  PolicySide ingress, egress;
  bool operator==(const PolicyRules&) const = default;
};

// For one thread at a time; in the network namespace of the thread that opened it. The rules stay
// when this goes.
class PolicyTable {
 public:
  static Result<PolicyTable> open(const Path& directory);

  // What has changed since the last call, in one transaction; the first call replaces what a former
  // instance has left. Without policies there is no table.
  Result<void> apply(const PolicyRules& wanted);
  // Makes the table anew if somebody else has removed or emptied it; true when that was so.
  Result<bool> heal();
  const std::string& name() const { return name_; }
  // How often the table was made as a whole.
  unsigned times_made() const { return times_made_; }

 private:
  // A table as it stands in the kernel.
  struct Model {
    std::map<std::string, nft::Set> sets;
    std::map<std::string, std::map<std::string, nft::Element>> elements;  // by set, by key
    std::map<std::string, std::vector<AttributeWriter>> chains;           // their rules
  };

  PolicyTable(nft::Nftables nftables, std::string name)
      : nftables_(std::move(nftables)), name_(std::move(name)) {}
  static Model model_of(const PolicyRules& rules);
  static void add_side(Model& model, const PolicySide& side, bool ingress);
  static void add_policy(Model& model, const std::string& policy,
                         const std::vector<PolicyRule>& rules, bool ingress);
  static void add_permission(Model& model, const std::string& chain, const std::string& name,
                             const PolicyRule& rule, bool ingress);
  Result<void> install(Model wanted);
  nft::Transaction difference(const Model& wanted) const;

  nft::Nftables nftables_;
  std::string name_;
  Model model_;  // wanted, and installed if that is true
  bool installed_ = false;
  std::uint32_t seen_generation_ = 0;
  unsigned times_made_ = 0;
};

}  // namespace cove::network
