// ServiceTable: virtual addresses and ports of this machine that lead to one of several endpoints
// (kubernetes.io "Virtual IPs and Service Proxies"), as one nftables table "cove-svc-<mark>".
//
// A frontend is looked up to a chain that is shared by all that have as many endpoints; it looks
// the frontend and a random index up to an endpoint. So a change of one service port is a
// transaction of a few elements, whatever else is in the table. Service ports with affinity have
// chains of their own, and so have those that certain senders alone may ask.
//
// The sender's address is kept: only an endpoint that asks for itself, this machine's loopback
// addresses, and what goes to endpoints that are no pods of this machine are masqueraded. Frontends
// without endpoints, and the rest of the service subnet, are rejected: TCP by a reset, others by
// ICMP "port unreachable".
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/fs.h"
#include "core/base/result.h"
#include "core/network/address.h"
#include "core/network/nft.h"
#include "core/network/ranges.h"

namespace cove::network {

struct ServiceEndpoint {
  Address address;
  std::uint16_t port = 0;
  auto operator<=>(const ServiceEndpoint&) const = default;
};

// Where a service port is asked.
struct ServiceFrontend {
  std::uint8_t protocol = 0;       // IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP
  std::optional<Address> address;  // none: all addresses of this machine
  std::uint16_t port = 0;
  auto operator<=>(const ServiceFrontend&) const = default;
};

struct ServicePort {
  std::vector<ServiceFrontend> frontends;
  std::vector<ServiceEndpoint> endpoints;  // the first 4,096 count
  std::chrono::seconds affinity{0};        // of a sender's address to an endpoint; 0: none
  bool drop = false;                       // without endpoints: silently
  // Those of its frontends (with an address) that only these senders reach; from elsewhere packets
  // to them are dropped. The ranges are merged(); none: nobody.
  std::vector<ServiceFrontend> guarded = {};
  std::vector<AddressRange> sources = {};
  bool operator==(const ServicePort&) const = default;
};
// By any name that stays.
using ServicePorts = std::map<std::string, ServicePort>;

// For one thread at a time; in the network namespace of the thread that opened it. The rules stay
// when this goes. Endpoints are IPv4.
//
// Of several service ports that want one frontend, that with the smallest name has it. Senders that
// are remembered by affinity: 65,536 an endpoint; more get an endpoint at random.
class ServiceTable {
 public:
  struct Parts {
    Path directory;  // its path makes the mark
    Subnet service_subnet;
    Subnet pod_subnet;
  };
  static Result<ServiceTable> open(const Parts& parts);

  // Everything, in the place of whatever was there: a former instance's rules go in the same
  // transaction.
  Result<void> replace(const ServicePorts& all);
  // What changed since; none: it is gone. When the table is not what it was, it is made anew. What
  // an error hinders is done by the next call of anything.
  Result<void> change(const std::map<std::string, std::optional<ServicePort>>& changes);
  // Makes the table anew if somebody else has removed it or emptied it; true when that was so.
  // Cheap while nobody changes rules of this machine.
  Result<bool> heal();

  const std::string& name() const { return name_; }
  std::size_t last_transaction_bytes() const { return last_bytes_; }
  // How often the table was made as a whole.
  unsigned times_made() const { return times_made_; }

 private:
  struct Installed {
    std::uint32_t id = 0;
    std::uint32_t guard = 0;  // other sources are another one
    ServicePort port;
    std::vector<ServiceEndpoint> slots;  // by index, as the kernel has them
    bool sticky() const { return port.affinity.count() > 0; }
    bool guarded() const { return !port.guarded.empty(); }
  };
  // What the kernel does with a frontend.
  struct Placement {
    enum class Kind { kNone, kServed, kRejected, kDropped } kind = Kind::kNone;
    std::string chain = {};                   // of kServed
    std::vector<ServiceEndpoint> slots = {};  // that the chain looks up by the frontend
    std::string guard = {};                   // the chain that says who may; empty: everybody
    bool operator==(const Placement&) const = default;
  };
  // What a change takes: elements that go, new chains, elements that come, chains that nothing
  // leads to any more; in this order.
  struct Steps {
    explicit Steps(const std::string& table)
        : chains(nft::TableFamily::kIpv4, table), last(nft::TableFamily::kIpv4, table) {}
    std::map<std::string, std::vector<nft::Element>> removed, added;  // by set
    nft::Transaction chains, last;
  };

  ServiceTable(nft::Nftables nftables, const Parts& parts);
  Result<void> rebuild();
  Result<void> install(const ServicePorts& all);
  Result<void> commit(const nft::Transaction& transaction);
  Placement placement_of(const ServiceFrontend& frontend) const;
  void change_one(const std::string& name, const std::optional<ServicePort>& wanted, Steps& steps);
  void change_frontend(const ServiceFrontend& frontend, const Placement& before,
                       const Placement& after, Steps& steps);
  void count_endpoints(const Installed& installed, int by, Steps& steps);
  void change_sticky_chains(const Installed& before, const Installed& after, Steps& steps);
  void change_guard(const Installed& before, Installed& after, Steps& steps);
  void add_sticky_endpoint(const Installed& installed, const ServiceEndpoint& endpoint,
                           Steps& steps);
  void ensure_chain(const std::string& chain, std::size_t count, bool node_port, Steps& steps);
  void add_rule(nft::Transaction& transaction, const std::string& chain, const nft::Rule& rule);
  void add_frame(nft::Transaction& transaction);
  void add_masquerade(nft::Transaction& transaction);
  void add_rejection(nft::Transaction& transaction);
  void add_guards(nft::Transaction& transaction);
  Result<void> forget_flows(const std::set<ServiceFrontend>& touched);

  nft::Nftables nftables_;
  std::string name_;
  Subnet service_subnet_, pod_subnet_;
  std::unordered_map<std::string, Installed> ports_;
  std::map<ServiceFrontend, std::set<std::string>> claims_;
  std::map<std::pair<std::string, std::string>, int> counted_;  // elements of sets, by users
  std::set<std::string> chains_;  // shared ones that choose an endpoint
  std::uint32_t next_id_ = 1;
  bool installed_ = false;  // the kernel has what the members above say
  std::size_t rules_ = 0;   // of the table
  std::uint32_t seen_generation_ = 0;
  std::size_t last_bytes_ = 0;
  unsigned times_made_ = 0;
};

}  // namespace cove::network
