#include "core/network/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace cove::network {
namespace {

Error malformed(std::string_view text, std::string_view what) {
  return Error{ErrorCode::kInvalidArgument, "use", std::string(text),
               "it is not " + std::string(what), ""};
}

// Clears (or sets) all bits behind the prefix.
Address with_host_bits(const Address& address, unsigned prefix_length, bool set) {
  std::string bytes(address.bytes());
  for (unsigned bit = prefix_length; bit < address.bits(); ++bit) {
    const auto mask = static_cast<unsigned char>(0x80U >> (bit % 8));
    auto& byte = bytes[bit / 8];
    byte = static_cast<char>(set ? static_cast<unsigned char>(byte) | mask
                                 : static_cast<unsigned char>(byte) & ~mask);
  }
  char text[INET6_ADDRSTRLEN];
  ::inet_ntop(address.family() == Family::kIpv4 ? AF_INET : AF_INET6, bytes.data(), text,
              sizeof text);
  return *Address::parse(text);
}

}  // namespace

Result<Address> Address::parse(std::string_view text) {
  Address address;
  const std::string terminated(text);
  if (terminated.find('\0') != std::string::npos) return malformed("", "an address");
  if (::inet_pton(AF_INET, terminated.c_str(), address.bytes_.data()) == 1) return address;
  address.family_ = Family::kIpv6;
  if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes_.data()) == 1) return address;
  return malformed(text, "an IP address");
}

Address Address::from_ipv4(std::uint32_t value) {
  Address address;
  const std::uint32_t wire = htonl(value);
  std::memcpy(address.bytes_.data(), &wire, sizeof wire);
  return address;
}

std::uint32_t Address::ipv4() const {
  std::uint32_t wire = 0;
  std::memcpy(&wire, bytes_.data(), sizeof wire);
  return ntohl(wire);
}

std::string_view Address::bytes() const {
  return {bytes_.data(), bits() / 8};
}

std::string Address::text() const {
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(family_ == Family::kIpv4 ? AF_INET : AF_INET6, bytes_.data(), text, sizeof text);
  return text;
}

bool Address::is_any() const {
  return std::all_of(bytes_.begin(), bytes_.end(), [](char byte) { return byte == 0; });
}

bool Address::is_loopback() const {
  if (family_ == Family::kIpv4) return bytes_[0] == 127;
  return bytes_.back() == 1 &&
         std::all_of(bytes_.begin(), bytes_.end() - 1, [](char byte) { return byte == 0; });
}

Result<Subnet> Subnet::parse(std::string_view text, bool strict) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return malformed(text, "a subnet as 172.18.0.0/16");
  const auto address = Address::parse(text.substr(0, slash));
  unsigned length = 0;
  const std::string_view digits = text.substr(slash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (!address || error != std::errc() || end != digits.data() + digits.size() ||
      length > address->bits())
    return malformed(text, "a subnet as 172.18.0.0/16");
  const Subnet subnet = around(*address, length);
  if (strict && subnet.base != *address)
    return Error{ErrorCode::kInvalidArgument, "use", std::string(text),
                 "it has bits behind its prefix; " + subnet.text() + " is meant", ""};
  return subnet;
}

Subnet Subnet::around(const Address& address, unsigned prefix_length) {
  return {with_host_bits(address, prefix_length, false), prefix_length};
}

std::string Subnet::text() const {
  return base.text() + "/" + std::to_string(prefix_length);
}

bool Subnet::contains(const Address& address) const {
  return address.family() == base.family() && around(address, prefix_length).base == base;
}

bool Subnet::contains(const Subnet& other) const {
  return other.prefix_length >= prefix_length && contains(other.base);
}

bool Subnet::overlaps(const Subnet& other) const {
  return contains(other.base) || other.contains(base);
}

Address Subnet::last() const {
  return with_host_bits(base, prefix_length, true);
}

}  // namespace cove::network
