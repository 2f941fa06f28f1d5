// DNS messages (RFC 1035 section 4, RFC 3596, RFC 6891). Bytes from outside are hostile: names
// cannot loop, lengths cannot lie, counts cannot promise more than is there.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/network/address.h"

namespace cove::network::dns {

enum Type : std::uint16_t {
  kA = 1,
  kNs = 2,
  kCname = 5,
  kSoa = 6,
  kPtr = 12,
  kMx = 15,
  kTxt = 16,
  kAaaa = 28,
  kSrv = 33,
  kOpt = 41,
  kAny = 255,
};
constexpr std::uint16_t kInternet = 1;  // the class

enum class ResponseCode : std::uint8_t {
  kNoError = 0,
  kFormatError = 1,
  kServerFailure = 2,
  kNameError = 3,  // NXDOMAIN
  kNotImplemented = 4,
  kRefused = 5,
};

constexpr std::size_t kMaxMessage = 65535;
constexpr std::size_t kPlainUdpMessage = 512;  // without EDNS
// A message with more records in one section is refused.
constexpr std::size_t kMaxRecords = 4096;

// Names are text without the final dot, in lower case; the root is "". A dot, a backslash and bytes
// that are not printable stand inside a label as "\." or "\046".
struct Question {
  std::string name;
  std::uint16_t type = kA;
  std::uint16_t klass = kInternet;
  bool operator==(const Question&) const = default;
};

struct Record {
  std::string name;
  std::uint16_t type = kA;
  std::uint16_t klass = kInternet;
  std::uint32_t ttl = 0;
  std::string data;  // wire form, names in it written out
  bool operator==(const Record&) const = default;
};

struct Message {
  std::uint16_t id = 0;
  bool response = false;
  std::uint8_t opcode = 0;
  bool authoritative = false, truncated = false;
  bool recursion_desired = false, recursion_available = false;
  bool authentic = false, checking_disabled = false;
  std::uint8_t code = 0;  // four bits; EDNS' further ones are in the OPT record
  std::vector<Question> questions;
  std::vector<Record> answers, authorities, additionals;
  bool operator==(const Message&) const = default;
};

// kInvalidArgument for what is no DNS message; bytes behind the last record are refused too.
Result<Message> parse(std::string_view wire);
// Header and questions alone, for answers that are passed on as they are.
Result<Message> parse_head(std::string_view wire);

// Names are compressed. When it does not fit, sections are cut from the end at whole records and
// the truncated bit is set (an OPT record stays).
std::string encode(const Message& message, std::size_t max_bytes);

// The text form of a name as users write it, checked: labels of 1…63 bytes, 255 in all.
Result<std::string> normalize_name(std::string_view text);
// The wire form, uncompressed. An empty string when the name is not as normalize_name() returns it.
std::string wire_name(std::string_view name);

// The bytes an asker takes by UDP: EDNS' figure within 512…4096.
std::size_t udp_limit(const Message& query);

// An answer to `query` with its id, question and (if it had one) an OPT record.
Message answer_to(const Message& query, ResponseCode code);
Record address_record(const std::string& name, std::uint32_t ttl, const Address& address);
Record name_record(const std::string& name, std::uint16_t type, std::uint32_t ttl,
                   const std::string& target);  // PTR, CNAME, NS
Record text_record(const std::string& name, std::uint32_t ttl, const std::string& text);
// SOA of a zone; its TTL and minimum are `ttl`.
Record authority_record(const std::string& zone, std::uint32_t ttl, const std::string& server,
                        const std::string& mailbox, std::uint32_t serial);
// How long a record that is not there may be believed not to be: the last field of an SOA.
std::optional<std::uint32_t> negative_ttl(const Record& authority);
Record service_record(const std::string& name, std::uint32_t ttl, std::uint16_t priority,
                      std::uint16_t weight, std::uint16_t port, const std::string& target);

// "2.0.17.172.in-addr.arpa" to 172.17.0.2, and back; nothing for other names.
std::optional<Address> address_of_reverse(std::string_view name);
std::string reverse_name(const Address& address);

}  // namespace cove::network::dns
