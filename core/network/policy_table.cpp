#include "core/network/policy_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/network/checks.h"

namespace cove::network {
namespace {

using nft::Element;
using nft::Meta;
using nft::Rule;
using nft::Type;
using nft::Verdict;

constexpr const char* kForward = "forward";
constexpr const char* kSelf = "self";            // address . address
constexpr const char* kReceivers = "receivers";  // address : goto what it may be sent
constexpr const char* kSenders = "senders";      // address : goto what it may send
constexpr const char* kReceive = "receive";      // the chain of what is allowed to be sent
constexpr std::int32_t kPriority = nft::kFilter - 4;

std::string hash(const std::string& text) {
  std::uint64_t value = 14695981039346656037ULL;  // FNV-1a
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return fmt::format("{:016x}", value);
}

Element plain(std::string key) {
  return {std::move(key), "", std::nullopt, "", false};
}

// Words 0 to 2.
Rule& load_target(Rule& rule) {
  return rule.destination_ipv4(0).meta(Meta::kProtocol, 1).destination_port(2);
}

void add_port(Rule& rule, const PolicyPort& port) {
  rule.meta(Meta::kProtocol, 0).equals(0, std::string(1, static_cast<char>(port.protocol)));
  if (port.first == 0 && port.last == 65535) return;
  rule.destination_port(0);
  if (port.first == port.last) {
    rule.equals(0, nft::port_value(port.first));
  } else {
    rule.at_least(0, nft::port_value(port.first)).at_most(0, nft::port_value(port.last));
  }
}

std::string profile_of(const std::set<std::string>& policies, const char* prefix) {
  std::string all;
  for (const auto& policy : policies) all += policy + '\n';
  return prefix + hash(all);
}

}  // namespace

Result<PolicyTable> PolicyTable::open(const Path& directory) {
  COVE_TRY(auto nftables, nft::Nftables::open());
  return PolicyTable(std::move(nftables), fmt::format("cove-pol-{:08x}", mark_of(directory)));
}

// -- The model ------------------------------------------------------------------------------------

void PolicyTable::add_permission(Model& model, const std::string& chain, const std::string& name,
                                 const PolicyRule& rule, bool ingress) {
  // Each way to match is a rule of its own: all of these peers times all of these ports.
  std::vector<std::string> peers;
  const auto add_set = [&](const nft::Set& set) -> std::map<std::string, Element>& {
    model.sets.emplace(set.name, set);
    return model.elements[set.name];
  };
  if (!rule.any_peer && !rule.peers.empty()) {
    peers.push_back("peers-" + name);
    auto& elements = add_set({peers.back(), {Type::kIpv4Address}});
    for (const Address& address : rule.peers) {
      const std::string key = nft::address_field(address);
      elements.emplace(key, plain(key));
    }
  }
  if (!rule.any_peer && !rule.blocks.empty()) {
    // Named by what is in it, so that it never changes.
    std::vector<Element> ends;
    std::string content;
    for (const AddressRange& block : rule.blocks)
      for (Element& end : nft::interval(block.first, block.last)) {
        content += end.key + (end.interval_end ? '-' : '+');
        ends.push_back(std::move(end));
      }
    peers.push_back("blocks-" + hash(content));
    auto& elements = add_set({peers.back(), {Type::kIpv4Address}, {}, true});
    for (Element& end : ends) elements.emplace(end.key, std::move(end));
  }
  const auto add = [&](const std::string& set, const auto& load_port) {
    Rule match;
    if (!set.empty()) (ingress ? match.source_ipv4(0) : match.destination_ipv4(0)).in(set, 0);
    load_port(match);
    match.verdict(ingress ? Verdict::kAccept : Verdict::kGoto, ingress ? "" : kReceive);
    model.chains[chain].push_back(match.expressions());
  };
  if (rule.any_peer) peers = {""};
  for (const std::string& set : peers) {
    if (rule.any_port) {
      add(set, [](Rule&) {});
      continue;
    }
    for (const PolicyPort& port : rule.ports) add(set, [&](Rule& match) { add_port(match, port); });
    if (rule.named_ports.empty()) continue;
    const std::string named = "ports-" + name;
    auto& elements = add_set({named, {Type::kIpv4Address, Type::kProtocol, Type::kPort}});
    for (const ServiceFrontend& port : rule.named_ports) {
      const std::string key = nft::address_field(port.address.value_or(Address())) +
                              nft::protocol_field(port.protocol) + nft::port_field(port.port);
      elements.emplace(key, plain(key));
    }
    add(set, [&](Rule& match) { load_target(match).in(named, 0); });
  }
}

void PolicyTable::add_policy(Model& model, const std::string& policy,
                             const std::vector<PolicyRule>& rules, bool ingress) {
  const std::string chain = (ingress ? "in-" : "out-") + hash(policy);
  model.chains[chain];
  for (std::size_t i = 0; i < rules.size(); ++i)
    add_permission(model, chain, hash(fmt::format("{} {} {}", policy, ingress, i)), rules[i],
                   ingress);
}

void PolicyTable::add_side(Model& model, const PolicySide& side, bool ingress) {
  for (const auto& [name, rules] : side.policies) add_policy(model, name, rules, ingress);
  const char* map = ingress ? kReceivers : kSenders;
  for (const auto& [address, policies] : side.chosen) {
    const std::string profile = profile_of(policies, ingress ? "of-in-" : "of-out-");
    const std::string key = nft::address_field(address);
    model.elements[map][key] = {key, "", Verdict::kGoto, profile, false};
    model.elements[kSelf][key + key] = plain(key + key);
    auto& rules = model.chains[profile];
    if (!rules.empty()) continue;
    for (const auto& policy : policies)
      rules.push_back(
          Rule().verdict(Verdict::kJump, (ingress ? "in-" : "out-") + hash(policy)).expressions());
    rules.push_back(Rule().verdict(Verdict::kDrop).expressions());
  }
}

PolicyTable::Model PolicyTable::model_of(const PolicyRules& rules) {
  Model model;
  if (rules.ingress.chosen.empty() && rules.egress.chosen.empty()) return model;
  model.sets[kSelf] = {kSelf, {Type::kIpv4Address, Type::kIpv4Address}};
  for (const char* map : {kReceivers, kSenders})
    model.sets[map] = {map, {Type::kIpv4Address}, {Type::kVerdict}};
  add_side(model, rules.ingress, true);
  add_side(model, rules.egress, false);
  Rule self, sender, receiver, last;
  model.chains[kForward] = {
      Rule()
          .connection_state(nft::kEstablished | nft::kRelated)
          .verdict(Verdict::kAccept)
          .expressions(),
      self.source_ipv4(0).destination_ipv4(1).in(kSelf, 0).verdict(Verdict::kAccept).expressions(),
      sender.source_ipv4(0).verdict_map(kSenders, 0).expressions(),
      Rule().verdict(Verdict::kGoto, kReceive).expressions()};
  model.chains[kReceive] = {receiver.destination_ipv4(0).verdict_map(kReceivers, 0).expressions(),
                            last.verdict(Verdict::kAccept).expressions()};
  return model;
}

// -- The kernel -----------------------------------------------------------------------------------

namespace {

bool same(const std::vector<AttributeWriter>& a, const std::vector<AttributeWriter>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto& x, const auto& y) { return x.wire() == y.wire(); });
}

// Those of `a` that are not the same in `b`.
std::vector<Element> missing(const std::map<std::string, Element>& a,
                             const std::map<std::string, Element>& b) {
  std::vector<Element> elements;
  for (const auto& [key, element] : a) {
    const auto other = b.find(key);
    if (other == b.end() || !(other->second == element)) elements.push_back(element);
  }
  return elements;
}

}  // namespace

// What is referred to is there before and goes after what refers to it.
nft::Transaction PolicyTable::difference(const Model& wanted) const {
  nft::Transaction transaction(nft::TableFamily::kIpv4, name_);
  static const std::map<std::string, Element> kNone;
  const auto elements_in = [&](const Model& model, const std::string& set) -> const auto& {
    const auto found = model.elements.find(set);
    return found == model.elements.end() ? kNone : found->second;
  };
  for (const auto& [name, set] : wanted.sets)
    if (!model_.sets.contains(name)) transaction.add_set(set);
  for (const auto& [name, rules] : wanted.chains) {
    if (model_.chains.contains(name)) continue;
    if (name == kForward) {
      transaction.add_chain({kForward, "filter", nft::Hook::kForward, kPriority});
    } else {
      transaction.add_chain(name);
    }
  }
  for (const auto& [name, set] : model_.sets)
    if (wanted.sets.contains(name))
      transaction.delete_elements(name,
                                  missing(elements_in(model_, name), elements_in(wanted, name)));
  for (const auto& [name, rules] : model_.chains) {
    const auto found = wanted.chains.find(name);
    if (!rules.empty() && (found == wanted.chains.end() || !same(found->second, rules)))
      transaction.flush_chain(name);
  }
  for (const auto& [name, rules] : wanted.chains) {
    const auto found = model_.chains.find(name);
    if (found != model_.chains.end() && same(found->second, rules)) continue;
    for (const auto& rule : rules) transaction.add_rule(name, rule);
  }
  for (const auto& [name, set] : wanted.sets)
    transaction.add_elements(name, missing(elements_in(wanted, name), elements_in(model_, name)));
  for (const auto& [name, rules] : model_.chains)
    if (!wanted.chains.contains(name)) transaction.delete_chain(name);
  for (const auto& [name, set] : model_.sets)
    if (!wanted.sets.contains(name)) transaction.delete_set(name);
  return transaction;
}

Result<void> PolicyTable::install(Model wanted) {
  const bool there = !wanted.chains.empty();
  nft::Transaction transaction(nft::TableFamily::kIpv4, name_);
  transaction.add_table().delete_table();
  model_ = {};
  if (there) transaction.add_table().append(difference(wanted));
  model_ = std::move(wanted);
  installed_ = false;
  ++times_made_;
  COVE_CHECK(nftables_.commit(transaction));
  installed_ = true;
  return {};
}

Result<void> PolicyTable::apply(const PolicyRules& rules) {
  Model wanted = model_of(rules);
  if (!installed_ || model_.chains.empty() || wanted.chains.empty()) {
    if (installed_ && model_.chains.empty() && wanted.chains.empty()) return {};
    return install(std::move(wanted));
  }
  const nft::Transaction transaction = difference(wanted);
  if (transaction.empty()) return {};
  if (!nftables_.commit(transaction)) return install(std::move(wanted));
  model_ = std::move(wanted);
  return {};
}

Result<bool> PolicyTable::heal() {
  if (!installed_) {
    COVE_CHECK(install(std::move(model_)));
    return true;
  }
  if (model_.chains.empty()) return false;
  COVE_TRY(const std::uint32_t generation, nftables_.generation());
  if (generation == seen_generation_) return false;
  std::size_t expected = 0;
  for (const auto& [name, rules] : model_.chains) expected += rules.size();
  COVE_TRY(const auto rules, nftables_.rules(nft::TableFamily::kIpv4, name_));
  if (rules && *rules == expected) {
    seen_generation_ = generation;
    return false;
  }
  COVE_CHECK(install(std::move(model_)));
  return true;
}

}  // namespace cove::network
