#include "app/init/network.h"

#include "core/network/links.h"

namespace cove::init {
namespace {

using network::Address;
using network::Links;

Result<network::Link> existing(Links& links, const std::string& interface) {
  COVE_TRY(auto link, links.find(interface));
  if (!link)
    return Error{ErrorCode::kNotFound, "find", "the network interface " + interface,
                 "there is none of this name", ""};
  return std::move(*link);
}

}  // namespace

Result<void> bring_up_loopback() {
  COVE_TRY(auto links, Links::open());
  COVE_TRY(const auto link, existing(links, "lo"));
  return links.set_up(link.index, link.name);
}

Result<void> configure_interface(const std::string& interface, const std::string& address,
                                 unsigned prefix_length, const std::string& gateway,
                                 const std::string& former_address) {
  COVE_TRY(const Address own, Address::parse(address));
  COVE_TRY(auto links, Links::open());
  COVE_TRY(const auto link, existing(links, interface));
  if (!former_address.empty() && former_address != address) {
    COVE_TRY(const Address former, Address::parse(former_address));
    COVE_CHECK(links.remove_address(link.index, interface, former, prefix_length));
  }
  COVE_CHECK(links.set_up(link.index, interface));
  COVE_CHECK(links.add_address(link.index, interface, own, prefix_length));
  if (gateway.empty()) return {};
  COVE_TRY(const Address far, Address::parse(gateway));
  return links.set_default_route(link.index, interface, far);
}

}  // namespace cove::init
