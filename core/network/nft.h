// nftables over nfnetlink: transactions of tables, chains, sets, maps and rules, without the nft
// program. Wire format: linux/netfilter/nf_tables.h.
//
// Registers are 32-bit words 0…15. A concatenated key stands in consecutive words, every field
// filled up to whole words: proto . address . port is 3 words, a name of an interface 4.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/network/address.h"
#include "core/network/netlink.h"

namespace cove::network::nft {

enum class TableFamily : std::uint8_t { kInet = 1, kIpv4 = 2, kBridge = 7, kIpv6 = 10 };

// Fields of keys and values, with the number and size that `nft list` knows them by.
enum class Type { kIpv4Address, kIpv6Address, kProtocol, kPort, kInterface, kMark, kVerdict };

enum class Verdict : std::int32_t {
  kDrop = 0,
  kAccept = 1,
  kJump = -3,
  kGoto = -4,
  kReturn = -5,
};

// Encoders of key and value fields, each a whole number of words.
std::string protocol_field(std::uint8_t protocol);
std::string port_field(std::uint16_t port);
std::string port_value(std::uint16_t port);  // alone: not filled up
std::string address_field(const Address& address);
std::string interface_field(std::string_view name);  // at most 15 bytes count
std::string word_field(std::uint32_t value);         // host byte order: marks, numgen

struct Element {
  std::string key;
  std::string value;               // maps to data
  std::optional<Verdict> verdict;  // verdict maps
  std::string chain;               // of kJump and kGoto
  bool interval_end = false;       // sets with intervals: this key is the first behind it
  bool operator==(const Element&) const = default;
};

struct Set {
  std::string name;
  std::vector<Type> key;
  std::vector<Type> value = {};  // empty: a set; {kVerdict}: a verdict map
  bool intervals = false;
  // Rules add elements, at most `size` of them; each goes after its own time.
  bool dynamic = false;
  std::uint32_t size = 0;  // 0: without a bound
};

enum class Hook : std::uint32_t {
  kPrerouting = 0,
  kInput = 1,
  kForward = 2,
  kOutput = 3,
  kPostrouting = 4,
};
// Priorities as nft names them.
constexpr std::int32_t kRaw = -300, kDestinationNat = -100, kFilter = 0, kSourceNat = 100;

struct BaseChain {
  std::string name;
  std::string type;  // "filter", "nat"
  Hook hook = Hook::kPrerouting;
  std::int32_t priority = 0;
  Verdict policy = Verdict::kAccept;
};

enum class Meta : std::uint32_t { kMark = 3, kInInterface = 6, kOutInterface = 7, kProtocol = 16 };
enum class Header : std::uint32_t { kNetwork = 1, kTransport = 2 };

// Bits of `ct state` and `ct status`.
constexpr std::uint32_t kInvalid = 1, kEstablished = 2, kRelated = 4, kNew = 8;
constexpr std::uint32_t kStatusDnat = 32;

// Expressions in order; one that does not match ends the rule.
class Rule {
 public:
  // Loads.
  Rule& meta(Meta key, unsigned word);
  Rule& payload(Header header, std::uint32_t offset, std::uint32_t length, unsigned word);
  Rule& source_ipv4(unsigned word) { return payload(Header::kNetwork, 12, 4, word); }
  Rule& destination_ipv4(unsigned word) { return payload(Header::kNetwork, 16, 4, word); }
  Rule& destination_port(unsigned word) { return payload(Header::kTransport, 2, 2, word); }

  Rule& random_number(std::uint32_t modulus, unsigned word);  // 0…modulus-1
  Rule& load(unsigned word, std::string_view value);

  // Conditions.
  Rule& equals(unsigned word, std::string_view value);
  Rule& differs(unsigned word, std::string_view value);
  // In the order of the network's bytes.
  Rule& at_least(unsigned word, std::string_view value);
  Rule& at_most(unsigned word, std::string_view value);
  // Any of the bits.
  Rule& connection_state(std::uint32_t bits);
  Rule& connection_status(std::uint32_t bits);
  Rule& destination_is_local();  // fib daddr type local
  Rule& in(const std::string& set, unsigned word) { return lookup(set, word, {}, false); }
  Rule& not_in(const std::string& set, unsigned word) { return lookup(set, word, {}, true); }
  // The packet's value is looked up into words from `result` on; no element: no match.
  Rule& map(const std::string& name, unsigned word, unsigned result) {
    return lookup(name, word, result, false);
  }

  // Ends.
  Rule& verdict(Verdict verdict, const std::string& chain = {});
  Rule& verdict_map(const std::string& name, unsigned word);
  Rule& destination_nat(Family family, unsigned address_word, std::optional<unsigned> port_word);
  Rule& masquerade();
  Rule& reject_unreachable();  // ICMP port unreachable
  Rule& reject_reset();        // of TCP
  Rule& counter();
  // In a dynamic set, or for longer if it is there; one that is full is no match.
  Rule& remember(const std::string& set, unsigned word, std::chrono::milliseconds timeout);

  const AttributeWriter& expressions() const { return expressions_; }

 private:
  Rule& add(std::string_view name, const AttributeWriter& data);
  Rule& compare(unsigned word, std::string_view value, std::uint32_t operation);
  Rule& lookup(const std::string& set, unsigned word, std::optional<unsigned> result,
               bool inverted);
  Rule& any_bit_of(std::uint32_t bits);
  Rule& load_connection(std::uint32_t key);
  AttributeWriter expressions_;
};

// Changes of one table, committed together or not at all. Order counts.
class Transaction {
 public:
  Transaction(TableFamily family, std::string table);

  Transaction& add_table();     // fine when it exists
  Transaction& delete_table();  // with everything in it; must exist
  // Whatever was there before is gone.
  Transaction& replace_table() { return add_table().delete_table().add_table(); }
  Transaction& add_chain(const std::string& name);
  Transaction& add_chain(const BaseChain& chain);
  Transaction& flush_chain(const std::string& name);
  Transaction& delete_chain(const std::string& name);
  Transaction& add_rule(const std::string& chain, const Rule& rule);
  Transaction& add_rule(const std::string& chain, const AttributeWriter& expressions);
  Transaction& add_set(const Set& set);
  Transaction& delete_set(const std::string& name);
  // An element that is there with the same value is fine, with another one EEXIST.
  Transaction& add_elements(const std::string& set, const std::vector<Element>& elements);
  // Must be there.
  Transaction& delete_elements(const std::string& set, const std::vector<Element>& elements);

  // What another one of the same table does, afterwards.
  Transaction& append(const Transaction& other);

  bool empty() const { return messages_.empty(); }
  const std::vector<NetlinkMessage>& messages() const { return messages_; }
  std::size_t bytes() const;  // on the wire, without the batch's own frame
  const std::string& table() const { return table_; }

 private:
  Transaction& add(std::uint16_t type, std::uint16_t flags, const AttributeWriter& attributes);
  Transaction& change_elements(std::uint16_t type, std::uint16_t flags, const std::string& set,
                               const std::vector<Element>& elements);
  TableFamily family_;
  std::string table_;
  std::uint32_t next_set_ = 1;
  std::vector<NetlinkMessage> messages_;
};

// Both ends count. What does not overlap or touch another one may stand in one set.
std::vector<Element> interval(const Address& first, const Address& last);
// The two elements of a subnet in a set with intervals.
std::vector<Element> interval(const Subnet& subnet);

// The rules of one network namespace. For one thread at a time.
class Nftables {
 public:
  static Result<Nftables> open();  // the calling thread's namespace

  // kNotFound and kAlreadyExists as the kernel says it.
  Result<void> commit(const Transaction& transaction);
  Result<std::vector<std::string>> tables(TableFamily family);
  Result<std::vector<Element>> elements(TableFamily family, const std::string& table,
                                        const std::string& set);
  // Counts every transaction of this namespace, whoever makes it.
  Result<std::uint32_t> generation();
  // The number of rules in the table; none when there is no such table.
  Result<std::optional<std::size_t>> rules(TableFamily family, const std::string& table);

 private:
  explicit Nftables(NetlinkSocket socket) : socket_(std::move(socket)) {}
  NetlinkSocket socket_;
};

}  // namespace cove::network::nft
