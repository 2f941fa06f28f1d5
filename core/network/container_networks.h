// Networks of containers on this host: bridges, veth pairs, addresses, masquerade, published ports,
// and names in user-defined networks.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/result.h"

namespace cove::network {

enum class Protocol { kTcp, kUdp };

struct NetworkConfig {
  std::string id;         // 64 hexadecimal digits
  std::string name;       // "bridge", "web"
  std::string subnet;     // "172.18.0.0/16"; empty: the next free one of the pool
  std::string gateway;    // empty: the first address of the subnet
  std::string ip_range;   // addresses are taken from here; empty: the subnet
  std::string bridge;     // interface; empty: "cv-" and the id's first 12 digits
  bool internal = false;  // no way out
  bool names = true;      // containers find each other by name and alias (not on "bridge")
  bool inter_container = true;
  bool masquerade = true;
  // Containers have addresses without a network (/32) and reach everything, each other too, by way
  // of this machine, whose rules see all of it; their addresses stay what they are until a packet
  // leaves the machine. Not for internal networks.
  bool routed = false;
  unsigned mtu = 1500;
};

struct PortMapping {
  Protocol protocol = Protocol::kTcp;
  // An address of this machine; with a PortGate one of the user's computer, and here the port is
  // taken on all addresses.
  std::string host_ip = "0.0.0.0";
  std::uint16_t host_port = 0;  // 0: a free one of 32768…60999
  std::uint16_t container_port = 0;
  bool operator==(const PortMapping&) const = default;
};

struct EndpointConfig {
  std::string network;    // id
  std::string container;  // id
  Path namespace_path;    // of the container's network namespace
  std::string interface = "eth0";
  std::string address;             // wanted, or empty
  std::string mac;                 // wanted, or empty
  std::vector<std::string> names;  // what others may call it: name, short id, aliases
  std::vector<PortMapping> ports;  // published through this endpoint
  bool default_route = true;
  std::vector<std::string> name_servers = {};  // asked for names we do not know; empty: Parts'
};

struct Endpoint {
  std::string id;  // 64 hexadecimal digits
  std::string network, container, interface;
  std::string address;  // "172.17.0.2"
  unsigned prefix_length = 0;
  std::string gateway, mac;
  std::vector<std::string> names;
  std::vector<PortMapping> ports;  // with the host ports that were taken
};

// What lies in front of this machine and has to let a published port through: in a virtual machine
// the host's forwards. Calls block; thread-safe.
class PortGate {
 public:
  virtual ~PortGate() = default;
  // The port is open on the user's computer when this returns, or an Error says who has it.
  virtual Result<void> open(const PortMapping& mapping) = 0;
  virtual void close(const PortMapping& mapping) = 0;
};

// Counters of an endpoint's interface.
struct LinkStatistics {
  std::uint64_t rx_bytes = 0, rx_packets = 0, rx_errors = 0, rx_dropped = 0;
  std::uint64_t tx_bytes = 0, tx_packets = 0, tx_errors = 0, tx_dropped = 0;
};

// Thread-safe; calls block. Everything made carries this instance's mark, so that leftovers of a
// crash are recognised: open() brings the kernel's state to what the records say, and removes what
// no record names. Nothing is made in the kernel before the first endpoint of a network needs it;
// that switches net.ipv4.ip_forward on, which stays on.
//
// The mark is a number made of the directory's path: the group of our links (`ip link show group`)
// and the name of our table ("cove-<mark>"). Instances with different directories do not disturb
// each other. In a network without inter-container traffic, ports published by its containers are
// not reachable from within it where br_netfilter is switched on.
class ContainerNetworks {
 public:
  struct Parts {
    Path directory;  // networks: DIR/networks.json
    Path run;        // pinned namespaces, endpoints: what is gone after a reboot
    std::vector<std::string> pools = {
        "172.17.0.0/16", "172.18.0.0/15", "172.20.0.0/14",
        "172.24.0.0/14", "172.28.0.0/14", "192.168.0.0/16/20"};  // cut into /16, the last into /20
    PortGate* gate = nullptr;
    std::vector<std::string> name_servers = {};  // for names we do not know; empty: resolv.conf's
    Logger& logger;
  };
  static Result<std::unique_ptr<ContainerNetworks>> open(Parts parts);
  // Closes the sockets: reserved ports are free for others and container names are not answered
  // until open() is called again. Everything else in the kernel goes on.
  ~ContainerNetworks();
  // Removes bridges and rules that no endpoint needs; everything, when there are no endpoints.
  Result<void> shut_down();

  // kAlreadyExists for the name; kInvalidArgument for a subnet that overlaps another or the host's
  // routes ("Pool overlaps with other one on this address space").
  Result<NetworkConfig> create(NetworkConfig config);
  // kConflict with endpoints in it.
  Result<void> remove(const std::string& id);
  std::vector<NetworkConfig> list() const;

  // A new network namespace with loopback up, pinned at RUN/<name>; the path of the pin. Pins go
  // with remove_namespace(), with keep_only() for those of the endpoints it removes, and when the
  // machine is restarted. Names do not begin with a dot.
  Result<Path> make_namespace(const std::string& name);
  // Where its pin is or will be.
  Path namespace_path(const std::string& name) const;
  Result<void> remove_namespace(const std::string& name);
  // What is pinned; whoever makes namespaces removes those he does not know after a crash.
  std::vector<std::string> namespaces() const;

  // Plugs a namespace into a network. On an error nothing is left. A taken host port is kConflict:
  // "Bind for 0.0.0.0:8080 failed: port is already allocated" when a container has it, "listen tcp4
  // 0.0.0.0:8080: bind: address already in use" when another program has. kAlreadyExists for a
  // container that is in the network. Ports are not published in internal networks.
  Result<Endpoint> connect(const EndpointConfig& config);
  // kNotFound when it is not in the network.
  Result<void> disconnect(const std::string& network, const std::string& container);
  // Everything of a container.
  Result<void> disconnect_all(const std::string& container);
  // Endpoints whose container is not among these are removed, and their pins (after a crash or a
  // reboot).
  Result<void> keep_only(const std::vector<std::string>& containers);
  std::vector<Endpoint> endpoints() const;
  // Replaces the names in all its networks.
  Result<void> rename(const std::string& container, const std::vector<std::string>& names);

  Result<LinkStatistics> statistics(const Path& namespace_path, const std::string& interface) const;
  // What belongs into the container's /etc/resolv.conf: 127.0.0.11 in networks with names. What is
  // empty is taken from this machine's; a search domain "." means none.
  std::string resolver_configuration(const std::string& container,
                                     const std::vector<std::string>& servers,
                                     const std::vector<std::string>& search,
                                     const std::vector<std::string>& options) const;

 private:
  class Implementation;
  explicit ContainerNetworks(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cove::network
