#include "core/network/connections.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "core/network/netlink.h"

namespace cove::network {
namespace {

// Flows forgotten at once; further ones end by their own timeout.
constexpr std::size_t kMaxFlows = 4096;
constexpr std::size_t kFlowsAtOnce = 32;

std::uint16_t type_of(int message) {
  return static_cast<std::uint16_t>(NFNL_SUBSYS_CTNETLINK << 8 | message);
}

nfgenmsg general() {
  nfgenmsg header{};
  header.nfgen_family = AF_INET;
  header.version = NFNETLINK_V0;
  return header;
}

std::optional<Address> ipv4_of(std::string_view bytes) {
  if (bytes.size() != 4) return std::nullopt;
  std::uint32_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return Address::from_ipv4(value);
}

std::optional<std::uint16_t> port_of(std::string_view bytes) {
  if (bytes.size() != 2) return std::nullopt;
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[0]) << 8 |
                                    static_cast<unsigned char>(bytes[1]));
}

std::optional<UdpFlow> read_udp_flow(const AttributeReader& flow) {
  const AttributeReader original = flow.nested(CTA_TUPLE_ORIG),
                        reply = flow.nested(CTA_TUPLE_REPLY);
  const std::string_view protocol = original.nested(CTA_TUPLE_PROTO).bytes(CTA_PROTO_NUM);
  if (protocol.size() != 1 || protocol[0] != IPPROTO_UDP) return std::nullopt;
  const auto destination = ipv4_of(original.nested(CTA_TUPLE_IP).bytes(CTA_IP_V4_DST));
  const auto receiver = ipv4_of(reply.nested(CTA_TUPLE_IP).bytes(CTA_IP_V4_SRC));
  const auto port = port_of(original.nested(CTA_TUPLE_PROTO).bytes(CTA_PROTO_DST_PORT));
  const auto receiver_port = port_of(reply.nested(CTA_TUPLE_PROTO).bytes(CTA_PROTO_SRC_PORT));
  if (!destination || !receiver || !port || !receiver_port) return std::nullopt;
  return UdpFlow{*destination, *port, *receiver, *receiver_port};
}

}  // namespace

Result<void> forget_udp_flows(const Address& container, const std::vector<std::uint16_t>& ports) {
  return forget_udp_flows([&](const UdpFlow& flow) {
    return flow.receiver == container ||
           std::find(ports.begin(), ports.end(), flow.port) != ports.end();
  });
}

Result<void> forget_udp_flows(const std::function<bool(const UdpFlow& flow)>& wanted) {
  COVE_TRY(auto socket, NetlinkSocket::open(NETLINK_NETFILTER));
  std::vector<NetlinkMessage> deletions;
  COVE_CHECK(socket.query(make_message(type_of(IPCTNL_MSG_CT_GET), NLM_F_DUMP, general()),
                          "list connections", [&](std::uint16_t, std::string_view payload) {
                            if (payload.size() < sizeof(nfgenmsg) || deletions.size() >= kMaxFlows)
                              return;
                            const AttributeReader flow(payload.substr(sizeof(nfgenmsg)));
                            const auto udp = read_udp_flow(flow);
                            if (!udp || !wanted(*udp)) return;
                            AttributeWriter which;
                            which.bytes(CTA_TUPLE_ORIG | NLA_F_NESTED, flow.bytes(CTA_TUPLE_ORIG));
                            if (flow.has(CTA_ID)) which.bytes(CTA_ID, flow.bytes(CTA_ID));
                            deletions.push_back(
                                make_message(type_of(IPCTNL_MSG_CT_DELETE), 0, general(), which));
                          }));
  for (std::size_t at = 0; at < deletions.size(); at += kFlowsAtOnce) {
    const std::vector<NetlinkMessage> some(
        deletions.begin() + static_cast<std::ptrdiff_t>(at),
        deletions.begin() +
            static_cast<std::ptrdiff_t>(std::min(deletions.size(), at + kFlowsAtOnce)));
    COVE_CHECK(socket.perform(some, "forget", "connections", {ENOENT}));
  }
  return {};
}

}  // namespace cove::network
