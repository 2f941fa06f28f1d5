#include "app/init/network.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/fd.h"

namespace cove::init {
namespace {

// One request with a fixed header and a few attributes.
class Request {
 public:
  template <class Header>
  Request(std::uint16_t type, std::uint16_t flags, const Header& header) {
    message_.resize(NLMSG_HDRLEN);
    append(&header, sizeof header);
    auto* head = reinterpret_cast<nlmsghdr*>(message_.data());
    head->nlmsg_type = type;
    head->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  }

  void attribute(std::uint16_t type, const void* data, std::size_t size) {
    rtattr attribute{};
    attribute.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(size));
    attribute.rta_type = type;
    append(&attribute, sizeof attribute);
    append(data, size);
  }

  // Returns once the kernel has acknowledged.
  Result<void> perform(const std::string& action, const std::string& subject, int tolerated) {
    reinterpret_cast<nlmsghdr*>(message_.data())->nlmsg_len =
        static_cast<std::uint32_t>(message_.size());
    const Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    alignas(nlmsghdr) std::array<char, 8192> answer{};
    if (!socket || ::send(socket.get(), message_.data(), message_.size(), 0) < 0) {
      return errno_error(errno, action, subject);
    }
    const ssize_t n = ::recv(socket.get(), answer.data(), answer.size(), 0);
    const auto* head = reinterpret_cast<const nlmsghdr*>(answer.data());
    if (n < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(nlmsgerr))) ||
        head->nlmsg_type != NLMSG_ERROR) {
      return errno_error(n < 0 ? errno : EBADMSG, action, subject);
    }
    const int error = -static_cast<const nlmsgerr*>(NLMSG_DATA(head))->error;
    if (error != 0 && error != tolerated) return errno_error(error, action, subject);
    return {};
  }

 private:
  void append(const void* data, std::size_t size) {
    message_.append(static_cast<const char*>(data), size);
    message_.resize(NLMSG_ALIGN(message_.size()));
  }
  std::string message_;
};

Result<void> bring_up(int index, const std::string& interface) {
  ifinfomsg link{};
  link.ifi_family = AF_UNSPEC;
  link.ifi_index = index;
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  return Request(RTM_NEWLINK, 0, link).perform("bring up", interface, 0);
}

Result<void> change_address(int index, const std::string& interface, std::uint16_t type,
                            const std::string& text, unsigned prefix_length) {
  in_addr address{};
  if (::inet_pton(AF_INET, text.c_str(), &address) != 1) {
    return Error{ErrorCode::kInvalidArgument, "configure", interface,
                 "'" + text + "' is no IPv4 address", ""};
  }
  ifaddrmsg header{};
  header.ifa_family = AF_INET;
  header.ifa_prefixlen = static_cast<std::uint8_t>(prefix_length);
  header.ifa_index = static_cast<unsigned>(index);
  const bool add = type == RTM_NEWADDR;
  Request request(type, add ? NLM_F_CREATE | NLM_F_EXCL : 0, header);
  request.attribute(IFA_LOCAL, &address, sizeof address);
  request.attribute(IFA_ADDRESS, &address, sizeof address);
  return request.perform(add ? "give an address to" : "take the address of", interface,
                         add ? EEXIST : EADDRNOTAVAIL);
}

Result<void> route_to(int index, const std::string& interface, const std::string& text) {
  in_addr gateway{};
  if (::inet_pton(AF_INET, text.c_str(), &gateway) != 1) {
    return Error{ErrorCode::kInvalidArgument, "configure", interface,
                 "'" + text + "' is no IPv4 address", ""};
  }
  rtmsg header{};
  header.rtm_family = AF_INET;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_BOOT;
  header.rtm_scope = RT_SCOPE_UNIVERSE;
  header.rtm_type = RTN_UNICAST;
  Request request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, header);
  request.attribute(RTA_GATEWAY, &gateway, sizeof gateway);
  request.attribute(RTA_OIF, &index, sizeof index);
  return request.perform("set the gateway of", interface, 0);
}

Result<int> index_of(const std::string& interface) {
  const unsigned index = ::if_nametoindex(interface.c_str());
  if (index == 0) return errno_error(errno, "find", "the network interface " + interface);
  return static_cast<int>(index);
}

}  // namespace

Result<void> bring_up_loopback() {
  COVE_TRY(const int index, index_of("lo"));
  return bring_up(index, "lo");
}

Result<void> configure_interface(const std::string& interface, const std::string& address,
                                 unsigned prefix_length, const std::string& gateway,
                                 const std::string& former_address) {
  COVE_TRY(const int index, index_of(interface));
  if (!former_address.empty() && former_address != address) {
    COVE_CHECK(change_address(index, interface, RTM_DELADDR, former_address, prefix_length));
  }
  COVE_CHECK(bring_up(index, interface));
  COVE_CHECK(change_address(index, interface, RTM_NEWADDR, address, prefix_length));
  if (!gateway.empty()) return route_to(index, interface, gateway);
  return {};
}

}  // namespace cove::init
