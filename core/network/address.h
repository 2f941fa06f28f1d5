// Addresses and subnets as values. The family is part of every value; what is served is IPv4.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cove::network {

enum class Family : std::uint8_t { kIpv4, kIpv6 };

class Address {
 public:
  Address() = default;  // 0.0.0.0
  // "172.17.0.2" or "fe80::1", in no other notation.
  static Result<Address> parse(std::string_view text);
  static Address from_ipv4(std::uint32_t value);  // 0x7f000001 is 127.0.0.1

  Family family() const { return family_; }
  unsigned bits() const { return family_ == Family::kIpv4 ? 32 : 128; }
  std::uint32_t ipv4() const;
  // Network byte order, 4 or 16 bytes.
  std::string_view bytes() const;
  std::string text() const;
  bool is_any() const;
  bool is_loopback() const;
  auto operator<=>(const Address&) const = default;

 private:
  Family family_ = Family::kIpv4;
  std::array<char, 16> bytes_{};
};

// An address block whose host bits are zero.
struct Subnet {
  Address base;
  unsigned prefix_length = 0;

  // "172.18.0.0/16"; `strict` refuses host bits that are set, otherwise they are cleared.
  static Result<Subnet> parse(std::string_view text, bool strict = false);
  static Subnet around(const Address& address, unsigned prefix_length);

  std::string text() const;
  bool contains(const Address& address) const;
  bool contains(const Subnet& other) const;
  bool overlaps(const Subnet& other) const;
  Address last() const;
  auto operator<=>(const Subnet&) const = default;
};

}  // namespace cove::network
