// Netlink messages and sockets: rtnetlink(7) for links, addresses and routes, nfnetlink for rules
// and connections. No child process, no library.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/fd.h"
#include "core/base/result.h"

namespace cove::network {

// Attributes in their wire form, nested ones included. Not thread-safe.
class AttributeWriter {
 public:
  AttributeWriter& bytes(std::uint16_t type, std::string_view value);
  AttributeWriter& text(std::uint16_t type, std::string_view value);  // with its NUL
  AttributeWriter& u8(std::uint16_t type, std::uint8_t value);
  AttributeWriter& u16(std::uint16_t type, std::uint16_t value);
  AttributeWriter& u32(std::uint16_t type, std::uint32_t value);
  AttributeWriter& be16(std::uint16_t type, std::uint16_t value);  // network byte order
  AttributeWriter& be32(std::uint16_t type, std::uint32_t value);
  AttributeWriter& be64(std::uint16_t type, std::uint64_t value);
  AttributeWriter& nested(std::uint16_t type, const AttributeWriter& inner);
  // A nested attribute that begins with a fixed header (IFLA's peer).
  AttributeWriter& nested(std::uint16_t type, std::string_view header,
                          const AttributeWriter& inner);
  const std::string& wire() const { return wire_; }

 private:
  std::string wire_;
};

// Attributes of a message that came in; views into it. Broken lengths end the list.
class AttributeReader {
 public:
  explicit AttributeReader(std::string_view wire);
  bool has(std::uint16_t type) const { return values_.contains(type); }
  std::string_view bytes(std::uint16_t type) const;  // empty when absent
  std::string_view text(std::uint16_t type) const;   // without its NUL
  std::optional<std::uint32_t> u32(std::uint16_t type) const;
  std::optional<std::uint32_t> be32(std::uint16_t type) const;
  AttributeReader nested(std::uint16_t type) const { return AttributeReader(bytes(type)); }
  static void each(std::string_view wire,
                   const std::function<void(std::uint16_t type, std::string_view value)>& value);

 private:
  std::map<std::uint16_t, std::string_view> values_;
};

struct NetlinkMessage {
  std::uint16_t type = 0;
  std::uint16_t flags = 0;  // NLM_F_REQUEST is added
  std::string payload;      // fixed header and attributes
};

template <class Header>
std::string_view header_bytes(const Header& header) {
  return {reinterpret_cast<const char*>(&header), sizeof header};
}
template <class Header>
NetlinkMessage make_message(std::uint16_t type, std::uint16_t flags, const Header& header,
                            const AttributeWriter& attributes = {}) {
  return {type, flags, std::string(header_bytes(header)) + attributes.wire()};
}

// What the kernel refused: which message, errno and its own sentence if it had one.
struct NetlinkFailure {
  std::size_t index = 0;
  int error = 0;
  std::string text;
};

// One socket; for one thread at a time.
class NetlinkSocket {
 public:
  // In the calling thread's network namespace. `protocol`: NETLINK_ROUTE, NETLINK_NETFILTER.
  static Result<NetlinkSocket> open(int protocol);

  // Sends all in one system call and waits for every acknowledgement; the first failure counts,
  // but for errors in `tolerated`. Messages behind a failed one have been carried out all the same
  // (rtnetlink has no transactions). At most 32 messages.
  Result<void> perform(const std::vector<NetlinkMessage>& messages, const std::string& action,
                       const std::string& subject, std::initializer_list<int> tolerated = {});
  // An nfnetlink batch: all or nothing.
  std::optional<NetlinkFailure> batch(const std::vector<NetlinkMessage>& messages,
                                      std::uint16_t subsystem);
  // A request with answers: `each` sees type and payload.
  Result<void> query(const NetlinkMessage& message, const std::string& action,
                     const std::function<void(std::uint16_t type, std::string_view payload)>& each);

 private:
  explicit NetlinkSocket(Fd fd) : fd_(std::move(fd)) {}
  std::string frame(const NetlinkMessage& message, std::uint16_t flags);
  // Reads one datagram; errno in the error.
  Result<std::string_view> receive(int flags, int& error);

  Fd fd_;
  std::uint32_t sequence_ = 1;
  std::string buffer_;
};

}  // namespace cove::network
