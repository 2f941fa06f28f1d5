#include "core/network/nft.h"

#include <linux/icmp.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace cove::network::nft {
namespace {

constexpr std::uint32_t kWord = 4;
constexpr unsigned kWords = 16;
// Elements in one message: the attribute that holds them has 16 bits for its length.
constexpr std::size_t kElementsPerMessage = 256;

struct TypeFact {
  std::uint32_t number;  // of nft's data types
  std::uint32_t bytes;
};

TypeFact fact(Type type) {
  switch (type) {
    case Type::kIpv4Address: return {7, 4};
    case Type::kIpv6Address: return {8, 16};
    case Type::kProtocol: return {12, 1};
    case Type::kPort: return {13, 2};
    case Type::kInterface: return {41, 16};
    case Type::kMark: return {19, 4};
    case Type::kVerdict: return {NFT_DATA_VERDICT, 16};
  }
  return {0, 0};
}

std::uint32_t in_words(std::uint32_t bytes) {
  return (bytes + kWord - 1) / kWord * kWord;
}

// A concatenation's number has six bits for each field; its fields fill whole words.
TypeFact fact(const std::vector<Type>& types) {
  if (types.size() == 1) return fact(types.front());
  TypeFact sum{0, 0};
  for (const Type type : types) {
    sum.number = sum.number << 6 | fact(type).number;
    sum.bytes += in_words(fact(type).bytes);
  }
  return sum;
}

// The nft program reads names of interfaces and marks as numbers of this machine's byte order, if
// told so beside the set (kind 0, 4 bytes, 1: the host's order).
std::string byte_order_note(const std::vector<Type>& key) {
  if (key.size() != 1 || (key.front() != Type::kInterface && key.front() != Type::kMark)) return {};
  return std::string{0, 4} + word_field(1);
}

std::string fill(std::string value) {
  value.resize(in_words(static_cast<std::uint32_t>(value.size())), '\0');
  return value;
}

std::uint32_t register_number(unsigned word) {
  return NFT_REG32_00 + std::min(word, kWords - 1);
}

std::uint16_t message_type(std::uint16_t type) {
  return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | type);
}

nfgenmsg general(TableFamily family) {
  nfgenmsg header{};
  header.nfgen_family = static_cast<std::uint8_t>(family);
  header.version = NFNETLINK_V0;
  return header;
}

AttributeWriter verdict_data(Verdict verdict, const std::string& chain) {
  AttributeWriter inner;
  inner.be32(NFTA_VERDICT_CODE, static_cast<std::uint32_t>(verdict));
  if (!chain.empty()) inner.text(NFTA_VERDICT_CHAIN, chain);
  return AttributeWriter().nested(NFTA_DATA_VERDICT, inner);
}

AttributeWriter value_data(std::string_view value) {
  return AttributeWriter().bytes(NFTA_DATA_VALUE, value);
}

AttributeWriter element_attributes(const Element& element, bool with_value) {
  AttributeWriter attributes;
  attributes.nested(NFTA_SET_ELEM_KEY, value_data(element.key));
  if (element.interval_end) attributes.be32(NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
  if (!with_value) return attributes;
  if (element.verdict)
    attributes.nested(NFTA_SET_ELEM_DATA, verdict_data(*element.verdict, element.chain));
  else if (!element.value.empty())
    attributes.nested(NFTA_SET_ELEM_DATA, value_data(element.value));
  return attributes;
}

Element read_element(std::string_view wire) {
  const AttributeReader attributes(wire);
  Element element;
  element.key = attributes.nested(NFTA_SET_ELEM_KEY).bytes(NFTA_DATA_VALUE);
  element.interval_end =
      (attributes.be32(NFTA_SET_ELEM_FLAGS).value_or(0) & NFT_SET_ELEM_INTERVAL_END) != 0;
  const AttributeReader data = attributes.nested(NFTA_SET_ELEM_DATA);
  element.value = data.bytes(NFTA_DATA_VALUE);
  const AttributeReader verdict = data.nested(NFTA_DATA_VERDICT);
  if (const auto code = verdict.be32(NFTA_VERDICT_CODE)) {
    element.verdict = static_cast<Verdict>(static_cast<std::int32_t>(*code));
    element.chain = verdict.text(NFTA_VERDICT_CHAIN);
  }
  return element;
}

}  // namespace

std::string protocol_field(std::uint8_t protocol) {
  return fill(std::string(1, static_cast<char>(protocol)));
}
std::string port_value(std::uint16_t port) {
  return {static_cast<char>(port >> 8), static_cast<char>(port & 255)};
}
std::string port_field(std::uint16_t port) {
  return fill(port_value(port));
}
std::string address_field(const Address& address) {
  return std::string(address.bytes());
}
std::string interface_field(std::string_view name) {
  std::string field(name.substr(0, 15));
  field.resize(16, '\0');
  return field;
}
std::string word_field(std::uint32_t value) {
  return std::string(header_bytes(value));
}

Rule& Rule::add(std::string_view name, const AttributeWriter& data) {
  expressions_.nested(NFTA_LIST_ELEM,
                      AttributeWriter().text(NFTA_EXPR_NAME, name).nested(NFTA_EXPR_DATA, data));
  return *this;
}

Rule& Rule::meta(Meta key, unsigned word) {
  return add("meta", AttributeWriter()
                         .be32(NFTA_META_KEY, static_cast<std::uint32_t>(key))
                         .be32(NFTA_META_DREG, register_number(word)));
}

Rule& Rule::payload(Header header, std::uint32_t offset, std::uint32_t length, unsigned word) {
  return add("payload", AttributeWriter()
                            .be32(NFTA_PAYLOAD_DREG, register_number(word))
                            .be32(NFTA_PAYLOAD_BASE, static_cast<std::uint32_t>(header))
                            .be32(NFTA_PAYLOAD_OFFSET, offset)
                            .be32(NFTA_PAYLOAD_LEN, length));
}

Rule& Rule::random_number(std::uint32_t modulus, unsigned word) {
  return add("numgen", AttributeWriter()
                           .be32(NFTA_NG_DREG, register_number(word))
                           .be32(NFTA_NG_MODULUS, modulus)
                           .be32(NFTA_NG_TYPE, NFT_NG_RANDOM));
}

Rule& Rule::load(unsigned word, std::string_view value) {
  return add("immediate", AttributeWriter()
                              .be32(NFTA_IMMEDIATE_DREG, register_number(word))
                              .nested(NFTA_IMMEDIATE_DATA, value_data(value)));
}

Rule& Rule::equals(unsigned word, std::string_view value) {
  return compare(word, value, NFT_CMP_EQ);
}
Rule& Rule::differs(unsigned word, std::string_view value) {
  return compare(word, value, NFT_CMP_NEQ);
}
Rule& Rule::at_least(unsigned word, std::string_view value) {
  return compare(word, value, NFT_CMP_GTE);
}
Rule& Rule::at_most(unsigned word, std::string_view value) {
  return compare(word, value, NFT_CMP_LTE);
}

Rule& Rule::compare(unsigned word, std::string_view value, std::uint32_t operation) {
  return add("cmp", AttributeWriter()
                        .be32(NFTA_CMP_SREG, register_number(word))
                        .be32(NFTA_CMP_OP, operation)
                        .nested(NFTA_CMP_DATA, value_data(value)));
}

Rule& Rule::load_connection(std::uint32_t key) {
  return add("ct", AttributeWriter().be32(NFTA_CT_DREG, register_number(0)).be32(NFTA_CT_KEY, key));
}

Rule& Rule::any_bit_of(std::uint32_t bits) {
  const std::string none = word_field(0);
  add("bitwise", AttributeWriter()
                     .be32(NFTA_BITWISE_SREG, register_number(0))
                     .be32(NFTA_BITWISE_DREG, register_number(0))
                     .be32(NFTA_BITWISE_LEN, kWord)
                     .nested(NFTA_BITWISE_MASK, value_data(word_field(bits)))
                     .nested(NFTA_BITWISE_XOR, value_data(none)));
  return differs(0, none);
}

Rule& Rule::connection_state(std::uint32_t bits) {
  return load_connection(NFT_CT_STATE).any_bit_of(bits);
}
Rule& Rule::connection_status(std::uint32_t bits) {
  return load_connection(NFT_CT_STATUS).any_bit_of(bits);
}

Rule& Rule::destination_is_local() {
  add("fib", AttributeWriter()
                 .be32(NFTA_FIB_DREG, register_number(0))
                 .be32(NFTA_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE)
                 .be32(NFTA_FIB_FLAGS, NFTA_FIB_F_DADDR));
  return equals(0, word_field(RTN_LOCAL));
}

Rule& Rule::lookup(const std::string& set, unsigned word, std::optional<unsigned> result,
                   bool inverted) {
  AttributeWriter data;
  data.text(NFTA_LOOKUP_SET, set).be32(NFTA_LOOKUP_SREG, register_number(word));
  if (result) data.be32(NFTA_LOOKUP_DREG, register_number(*result));
  if (inverted) data.be32(NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
  return add("lookup", data);
}

Rule& Rule::verdict(Verdict verdict, const std::string& chain) {
  return add("immediate", AttributeWriter()
                              .be32(NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT)
                              .nested(NFTA_IMMEDIATE_DATA, verdict_data(verdict, chain)));
}

Rule& Rule::verdict_map(const std::string& name, unsigned word) {
  return add("lookup", AttributeWriter()
                           .text(NFTA_LOOKUP_SET, name)
                           .be32(NFTA_LOOKUP_SREG, register_number(word))
                           .be32(NFTA_LOOKUP_DREG, NFT_REG_VERDICT));
}

Rule& Rule::destination_nat(Family family, unsigned address_word,
                            std::optional<unsigned> port_word) {
  AttributeWriter data;
  data.be32(NFTA_NAT_TYPE, NFT_NAT_DNAT)
      .be32(NFTA_NAT_FAMILY, family == Family::kIpv4 ? NFPROTO_IPV4 : NFPROTO_IPV6)
      .be32(NFTA_NAT_REG_ADDR_MIN, register_number(address_word));
  if (port_word) data.be32(NFTA_NAT_REG_PROTO_MIN, register_number(*port_word));
  return add("nat", data);
}

Rule& Rule::masquerade() {
  return add("masq", {});
}

Rule& Rule::reject_unreachable() {
  return add("reject", AttributeWriter()
                           .be32(NFTA_REJECT_TYPE, NFT_REJECT_ICMP_UNREACH)
                           .u8(NFTA_REJECT_ICMP_CODE, ICMP_PORT_UNREACH));
}

Rule& Rule::reject_reset() {
  return add(
      "reject",
      AttributeWriter().be32(NFTA_REJECT_TYPE, NFT_REJECT_TCP_RST).u8(NFTA_REJECT_ICMP_CODE, 0));
}

Rule& Rule::remember(const std::string& set, unsigned word, std::chrono::milliseconds timeout) {
  return add("dynset", AttributeWriter()
                           .text(NFTA_DYNSET_SET_NAME, set)
                           .be32(NFTA_DYNSET_OP, NFT_DYNSET_OP_UPDATE)
                           .be32(NFTA_DYNSET_SREG_KEY, register_number(word))
                           .be64(NFTA_DYNSET_TIMEOUT, static_cast<std::uint64_t>(timeout.count())));
}

Rule& Rule::counter() {
  return add("counter", {});
}

Transaction::Transaction(TableFamily family, std::string table)
    : family_(family), table_(std::move(table)) {}

Transaction& Transaction::add(std::uint16_t type, std::uint16_t flags,
                              const AttributeWriter& attributes) {
  messages_.push_back(make_message(message_type(type), flags, general(family_), attributes));
  return *this;
}

Transaction& Transaction::add_table() {
  return add(NFT_MSG_NEWTABLE, NLM_F_CREATE,
             AttributeWriter().text(NFTA_TABLE_NAME, table_).be32(NFTA_TABLE_FLAGS, 0));
}

Transaction& Transaction::delete_table() {
  return add(NFT_MSG_DELTABLE, 0, AttributeWriter().text(NFTA_TABLE_NAME, table_));
}

Transaction& Transaction::add_chain(const std::string& name) {
  return add(NFT_MSG_NEWCHAIN, NLM_F_CREATE,
             AttributeWriter().text(NFTA_CHAIN_TABLE, table_).text(NFTA_CHAIN_NAME, name));
}

Transaction& Transaction::add_chain(const BaseChain& chain) {
  AttributeWriter hook;
  hook.be32(NFTA_HOOK_HOOKNUM, static_cast<std::uint32_t>(chain.hook))
      .be32(NFTA_HOOK_PRIORITY, static_cast<std::uint32_t>(chain.priority));
  return add(NFT_MSG_NEWCHAIN, NLM_F_CREATE,
             AttributeWriter()
                 .text(NFTA_CHAIN_TABLE, table_)
                 .text(NFTA_CHAIN_NAME, chain.name)
                 .nested(NFTA_CHAIN_HOOK, hook)
                 .be32(NFTA_CHAIN_POLICY, static_cast<std::uint32_t>(chain.policy))
                 .text(NFTA_CHAIN_TYPE, chain.type));
}

Transaction& Transaction::flush_chain(const std::string& name) {
  return add(NFT_MSG_DELRULE, 0,
             AttributeWriter().text(NFTA_RULE_TABLE, table_).text(NFTA_RULE_CHAIN, name));
}

Transaction& Transaction::delete_chain(const std::string& name) {
  return add(NFT_MSG_DELCHAIN, 0,
             AttributeWriter().text(NFTA_CHAIN_TABLE, table_).text(NFTA_CHAIN_NAME, name));
}

Transaction& Transaction::add_rule(const std::string& chain, const Rule& rule) {
  return add_rule(chain, rule.expressions());
}

Transaction& Transaction::add_rule(const std::string& chain, const AttributeWriter& expressions) {
  return add(NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND,
             AttributeWriter()
                 .text(NFTA_RULE_TABLE, table_)
                 .text(NFTA_RULE_CHAIN, chain)
                 .nested(NFTA_RULE_EXPRESSIONS, expressions));
}

Transaction& Transaction::add_set(const Set& set) {
  const TypeFact key = fact(set.key);
  std::uint32_t flags = set.intervals ? NFT_SET_INTERVAL : 0;
  if (!set.value.empty()) flags |= NFT_SET_MAP;
  if (set.dynamic) flags |= NFT_SET_EVAL | NFT_SET_TIMEOUT;
  AttributeWriter attributes;
  attributes.text(NFTA_SET_TABLE, table_)
      .text(NFTA_SET_NAME, set.name)
      .be32(NFTA_SET_ID, next_set_++);
  if (set.intervals && set.key.size() > 1) {
    flags |= NFT_SET_CONCAT;
    AttributeWriter fields;
    for (const Type type : set.key)
      fields.nested(NFTA_LIST_ELEM, AttributeWriter().be32(NFTA_SET_FIELD_LEN, fact(type).bytes));
    attributes.nested(NFTA_SET_DESC, AttributeWriter().nested(NFTA_SET_DESC_CONCAT, fields));
  } else if (set.size > 0) {
    attributes.nested(NFTA_SET_DESC, AttributeWriter().be32(NFTA_SET_DESC_SIZE, set.size));
  }
  attributes.be32(NFTA_SET_FLAGS, flags)
      .be32(NFTA_SET_KEY_TYPE, key.number)
      .be32(NFTA_SET_KEY_LEN, key.bytes);
  if (!set.value.empty()) {
    const TypeFact value = fact(set.value);
    attributes.be32(NFTA_SET_DATA_TYPE, value.number).be32(NFTA_SET_DATA_LEN, value.bytes);
  }
  if (const std::string note = byte_order_note(set.key); !note.empty())
    attributes.bytes(NFTA_SET_USERDATA, note);
  return add(NFT_MSG_NEWSET, NLM_F_CREATE, attributes);
}

Transaction& Transaction::delete_set(const std::string& name) {
  return add(NFT_MSG_DELSET, 0,
             AttributeWriter().text(NFTA_SET_TABLE, table_).text(NFTA_SET_NAME, name));
}

Transaction& Transaction::change_elements(std::uint16_t type, std::uint16_t flags,
                                          const std::string& set,
                                          const std::vector<Element>& elements) {
  for (std::size_t at = 0; at < elements.size(); at += kElementsPerMessage) {
    AttributeWriter list;
    for (std::size_t i = at; i < std::min(elements.size(), at + kElementsPerMessage); ++i)
      list.nested(NFTA_LIST_ELEM, element_attributes(elements[i], type == NFT_MSG_NEWSETELEM));
    add(type, flags,
        AttributeWriter()
            .text(NFTA_SET_ELEM_LIST_TABLE, table_)
            .text(NFTA_SET_ELEM_LIST_SET, set)
            .nested(NFTA_SET_ELEM_LIST_ELEMENTS, list));
  }
  return *this;
}

Transaction& Transaction::add_elements(const std::string& set,
                                       const std::vector<Element>& elements) {
  return change_elements(NFT_MSG_NEWSETELEM, NLM_F_CREATE, set, elements);
}

Transaction& Transaction::delete_elements(const std::string& set,
                                          const std::vector<Element>& elements) {
  return change_elements(NFT_MSG_DELSETELEM, 0, set, elements);
}

Transaction& Transaction::append(const Transaction& other) {
  messages_.insert(messages_.end(), other.messages_.begin(), other.messages_.end());
  return *this;
}

std::size_t Transaction::bytes() const {
  std::size_t sum = 0;
  for (const auto& message : messages_) sum += NLMSG_SPACE(message.payload.size());
  return sum;
}

std::vector<Element> interval(const Subnet& subnet) {
  return interval(subnet.base, subnet.last());
}

std::vector<Element> interval(const Address& first, const Address& last) {
  std::string end(last.bytes());
  // The first address behind; at the very end of all addresses there is none.
  for (auto byte = end.rbegin(); byte != end.rend(); ++byte) {
    *byte = static_cast<char>(static_cast<unsigned char>(*byte) + 1);
    if (*byte != 0) break;
  }
  std::vector<Element> elements{{std::string(first.bytes()), "", std::nullopt, "", false}};
  if (end.find_first_not_of('\0') != std::string::npos)
    elements.push_back({std::move(end), "", std::nullopt, "", true});
  return elements;
}

Result<Nftables> Nftables::open() {
  COVE_TRY(auto socket, NetlinkSocket::open(NETLINK_NETFILTER));
  return Nftables(std::move(socket));
}

Result<void> Nftables::commit(const Transaction& transaction) {
  const auto failure = socket_.batch(transaction.messages(), NFNL_SUBSYS_NFTABLES);
  if (!failure) return {};
  Error error = errno_error(failure->error, "change the packet rules of", transaction.table());
  if (failure->index < transaction.messages().size()) {
    error.cause += " (at change " + std::to_string(failure->index + 1) + " of " +
                   std::to_string(transaction.messages().size()) + ", kind " +
                   std::to_string(transaction.messages()[failure->index].type & 255) + ")";
  }
  if (!failure->text.empty()) error.cause += ": " + failure->text;
  return error;
}

Result<std::vector<std::string>> Nftables::tables(TableFamily family) {
  std::vector<std::string> names;
  COVE_CHECK(socket_.query(
      make_message(message_type(NFT_MSG_GETTABLE), NLM_F_DUMP, general(family)), "list tables",
      [&](std::uint16_t type, std::string_view payload) {
        if (type != message_type(NFT_MSG_NEWTABLE) || payload.size() < sizeof(nfgenmsg)) return;
        const AttributeReader attributes(payload.substr(sizeof(nfgenmsg)));
        names.emplace_back(attributes.text(NFTA_TABLE_NAME));
      }));
  return names;
}

Result<std::vector<Element>> Nftables::elements(TableFamily family, const std::string& table,
                                                const std::string& set) {
  std::vector<Element> elements;
  COVE_CHECK(socket_.query(
      make_message(message_type(NFT_MSG_GETSETELEM), NLM_F_DUMP, general(family),
                   AttributeWriter()
                       .text(NFTA_SET_ELEM_LIST_TABLE, table)
                       .text(NFTA_SET_ELEM_LIST_SET, set)),
      "list the elements of " + set, [&](std::uint16_t type, std::string_view payload) {
        if (type != message_type(NFT_MSG_NEWSETELEM) || payload.size() < sizeof(nfgenmsg)) return;
        const AttributeReader attributes(payload.substr(sizeof(nfgenmsg)));
        AttributeReader::each(attributes.bytes(NFTA_SET_ELEM_LIST_ELEMENTS),
                              [&](std::uint16_t, std::string_view element) {
                                elements.push_back(read_element(element));
                              });
      }));
  return elements;
}

Result<std::uint32_t> Nftables::generation() {
  std::uint32_t generation = 0;
  COVE_CHECK(socket_.query(
      make_message(message_type(NFT_MSG_GETGEN), 0, nfgenmsg{}), "read the rules' generation",
      [&](std::uint16_t, std::string_view payload) {
        if (payload.size() < sizeof(nfgenmsg)) return;
        generation =
            AttributeReader(payload.substr(sizeof(nfgenmsg))).be32(NFTA_GEN_ID).value_or(0);
      }));
  return generation;
}

Result<std::optional<std::size_t>> Nftables::rules(TableFamily family, const std::string& table) {
  COVE_TRY(const auto names, tables(family));
  if (std::find(names.begin(), names.end(), table) == names.end())
    return std::optional<std::size_t>();
  std::size_t count = 0;
  COVE_CHECK(socket_.query(
      make_message(message_type(NFT_MSG_GETRULE), NLM_F_DUMP, general(family),
                   AttributeWriter().text(NFTA_RULE_TABLE, table)),
      "list the rules of " + table, [&](std::uint16_t type, std::string_view payload) {
        if (type != message_type(NFT_MSG_NEWRULE) || payload.size() < sizeof(nfgenmsg)) return;
        const AttributeReader rule(payload.substr(sizeof(nfgenmsg)));
        if (rule.text(NFTA_RULE_TABLE) == table) ++count;
      }));
  return std::optional<std::size_t>(count);
}

}  // namespace cove::network::nft
