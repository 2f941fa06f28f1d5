#include "core/network/service_table.h"

#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>

#include "core/network/checks.h"
#include "core/network/connections.h"

namespace cove::network {
namespace {

using nft::Element;
using nft::Header;
using nft::Meta;
using nft::Rule;
using nft::Type;
using nft::Verdict;

constexpr const char* kServices = "services";             // address . protocol . port : number
constexpr const char* kNodePorts = "node_ports";          // protocol . port : number
constexpr const char* kChoices = "choices";               // number : goto a chain that chooses
constexpr const char* kEndpoints = "endpoints";           // number . index : address . port
constexpr const char* kMembers = "members";               // number . address . port, of affinity
constexpr const char* kAffinity = "affinity";             // number . sender : address . port
constexpr const char* kTurnedAround = "turned_around";    // address . address
constexpr const char* kRejected = "rejected";             // address . protocol . port
constexpr const char* kDropped = "dropped";               // the same
constexpr const char* kRejectedPorts = "rejected_ports";  // protocol . port
constexpr const char* kDroppedPorts = "dropped_ports";    // the same
constexpr const char* kServiceSubnet = "service_subnet";
constexpr const char* kPods = "pods";  // their subnet

constexpr std::size_t kMaxEndpoints = 4096;
constexpr std::uint32_t kMaxRemembered = 65536;
// Before others' filters, which might drop what is to be rejected.
constexpr std::int32_t kEarlyFilter = nft::kFilter - 5;

Element element(std::string key, std::string value = {}) {
  return {std::move(key), std::move(value), std::nullopt, "", false};
}

std::string key_of(const ServiceFrontend& frontend) {
  const std::string tail = nft::protocol_field(frontend.protocol) + nft::port_field(frontend.port);
  return frontend.address ? nft::address_field(*frontend.address) + tail : tail;
}

std::string value_of(const ServiceEndpoint& endpoint) {
  return nft::address_field(endpoint.address) + nft::port_field(endpoint.port);
}

std::string slot_key(std::uint32_t id, std::size_t index) {
  return nft::word_field(id) + nft::word_field(static_cast<std::uint32_t>(index));
}

// Words 0…2 are the packet's destination; its number is loaded to `result`.
Rule& number_of_service(Rule& rule, unsigned result) {
  return rule.destination_ipv4(0)
      .meta(Meta::kProtocol, 1)
      .destination_port(2)
      .map(kServices, 0, result);
}
Rule& number_of_node_port(Rule& rule, unsigned result) {
  return rule.meta(Meta::kProtocol, 0).destination_port(1).map(kNodePorts, 0, result);
}

Rule not_loopback_interface() {
  return Rule().meta(Meta::kOutInterface, 0).differs(0, nft::interface_field("lo"));
}

}  // namespace

ServiceTable::ServiceTable(nft::Nftables nftables, const Parts& parts)
    : nftables_(std::move(nftables)),
      name_(fmt::format("cove-svc-{:08x}", mark_of(parts.directory))),
      service_subnet_(parts.service_subnet),
      pod_subnet_(parts.pod_subnet) {}

Result<ServiceTable> ServiceTable::open(const Parts& parts) {
  COVE_TRY(auto nftables, nft::Nftables::open());
  return ServiceTable(std::move(nftables), parts);
}

// -- The frame ------------------------------------------------------------------------------------

void ServiceTable::add_rule(nft::Transaction& transaction, const std::string& chain,
                            const Rule& rule) {
  transaction.add_rule(chain, rule);
  ++rules_;
}

void ServiceTable::add_frame(nft::Transaction& transaction) {
  const std::vector<Type> frontend{Type::kIpv4Address, Type::kProtocol, Type::kPort};
  const std::vector<Type> port{Type::kProtocol, Type::kPort};
  const std::vector<Type> target{Type::kIpv4Address, Type::kPort};
  transaction.replace_table()
      .add_set({kServices, frontend, {Type::kMark}})
      .add_set({kNodePorts, port, {Type::kMark}})
      .add_set({kChoices, {Type::kMark}, {Type::kVerdict}})
      .add_set({kEndpoints, {Type::kMark, Type::kMark}, target})
      .add_set({kMembers, {Type::kMark, Type::kIpv4Address, Type::kPort}})
      .add_set({.name = kAffinity,
                .key = {Type::kMark, Type::kIpv4Address},
                .value = target,
                .dynamic = true,
                .size = kMaxRemembered})
      .add_set({kTurnedAround, {Type::kIpv4Address, Type::kIpv4Address}})
      .add_set({kRejected, frontend})
      .add_set({kDropped, frontend})
      .add_set({kRejectedPorts, port})
      .add_set({kDroppedPorts, port})
      .add_set({kServiceSubnet, {Type::kIpv4Address}, {}, true})
      .add_set({kPods, {Type::kIpv4Address}, {}, true});

  transaction.add_chain("choose");
  Rule service, node_port;
  add_rule(transaction, "choose", number_of_service(service, 4).verdict_map(kChoices, 4));
  add_rule(transaction, "choose",
           number_of_node_port(node_port.destination_is_local(), 4).verdict_map(kChoices, 4));
  transaction.add_chain({"prerouting", "nat", nft::Hook::kPrerouting, nft::kDestinationNat})
      .add_chain({"output", "nat", nft::Hook::kOutput, nft::kDestinationNat});
  // Nobody outside reaches 127.0.0.0/8, by no way.
  add_rule(transaction, "prerouting",
           Rule().payload(Header::kNetwork, 16, 1, 0).equals(0, "\x7f").verdict(Verdict::kReturn));
  for (const char* chain : {"prerouting", "output"})
    add_rule(transaction, chain, Rule().verdict(Verdict::kJump, "choose"));
  add_masquerade(transaction);
  add_rejection(transaction);
  transaction.add_elements(kServiceSubnet, nft::interval(service_subnet_))
      .add_elements(kPods, nft::interval(pod_subnet_));
}

void ServiceTable::add_masquerade(nft::Transaction& transaction) {
  transaction.add_chain({"postrouting", "nat", nft::Hook::kPostrouting, nft::kSourceNat});
  const auto translated = [] {
    return not_loopback_interface().connection_status(nft::kStatusDnat);
  };
  add_rule(transaction, "postrouting",
           translated().source_ipv4(0).destination_ipv4(1).in(kTurnedAround, 0).masquerade());
  add_rule(transaction, "postrouting",
           translated().payload(Header::kNetwork, 12, 1, 0).equals(0, "\x7f").masquerade());
  // Others would answer the sender directly, who knows nothing of them.
  const auto elsewhere = [&] { return translated().destination_ipv4(0).not_in(kPods, 0); };
  add_rule(transaction, "postrouting",
           elsewhere()
               .original_destination_ipv4(0)
               .meta(Meta::kProtocol, 1)
               .original_destination_port(2)
               .map(kServices, 0, 4)
               .masquerade());
  add_rule(transaction, "postrouting",
           elsewhere()
               .meta(Meta::kProtocol, 0)
               .original_destination_port(1)
               .map(kNodePorts, 0, 4)
               .masquerade());
}

void ServiceTable::add_rejection(nft::Transaction& transaction) {
  transaction.add_chain("reject");
  add_rule(transaction, "reject",
           Rule()
               .meta(Meta::kProtocol, 0)
               .equals(0, std::string(1, static_cast<char>(IPPROTO_TCP)))
               .reject_reset());
  add_rule(transaction, "reject", Rule().reject_unreachable());
  const auto add = [&](const char* chain, nft::Hook hook) {
    transaction.add_chain({chain, "filter", hook, kEarlyFilter});
    for (const auto& [set, verdict] :
         {std::pair{kRejected, Verdict::kGoto}, {kDropped, Verdict::kDrop}})
      add_rule(transaction, chain,
               Rule()
                   .destination_ipv4(0)
                   .meta(Meta::kProtocol, 1)
                   .destination_port(2)
                   .in(set, 0)
                   .verdict(verdict, verdict == Verdict::kGoto ? "reject" : ""));
  };
  add("forward", nft::Hook::kForward);
  add("local_output", nft::Hook::kOutput);
  add("input", nft::Hook::kInput);
  for (const char* chain : {"forward", "local_output"})
    add_rule(transaction, chain,
             Rule().destination_ipv4(0).in(kServiceSubnet, 0).verdict(Verdict::kGoto, "reject"));
  // Programs of this machine may use the same number for what they ask others.
  const auto asked = [](const char* set) {
    return Rule()
        .connection_state(nft::kNew)
        .meta(Meta::kProtocol, 0)
        .destination_port(1)
        .in(set, 0);
  };
  add_rule(transaction, "input", asked(kRejectedPorts).verdict(Verdict::kGoto, "reject"));
  add_rule(transaction, "input", asked(kDroppedPorts).verdict(Verdict::kDrop));
}

// -- Chains that choose an endpoint ---------------------------------------------------------------

std::string ServiceTable::chain_of(const Installed& installed) const {
  if (installed.slots.empty()) return {};
  if (installed.port.affinity.count() == 0) return fmt::format("of-{}", installed.slots.size());
  return fmt::format("of-{}-for-{}", installed.slots.size(), installed.port.affinity.count());
}

// Rules read the packet's number anew: what one rule loads, another must not rely on. The index is
// random, and 0 as a last resort: while elements change a packet may see some old and some new.
void ServiceTable::ensure_chain(const std::string& chain, const Installed& installed,
                                nft::Transaction& transaction) {
  if (!chains_.insert(chain).second) return;
  transaction.add_chain(chain);
  const auto count = static_cast<std::uint32_t>(installed.slots.size());
  const auto timeout = std::chrono::milliseconds(installed.port.affinity);
  for (const auto& number : {number_of_service, number_of_node_port}) {
    if (timeout.count() > 0) {
      // Words 3 and 4 are number and sender, 7…9 number and the endpoint he had.
      const auto known = [&](Rule& rule) -> Rule& {
        return number(rule, 3).source_ipv4(4).map(kAffinity, 3, 8);
      };
      Rule still, stale, fresh;
      number(known(still), 7);
      add_rule(transaction, chain,
               still.in(kMembers, 7)
                   .remember(kAffinity, 3, 8, timeout)
                   .destination_nat(Family::kIpv4, 8, 9));
      add_rule(transaction, chain, known(stale).forget(kAffinity, 3, 8));
      number(number(fresh, 3).source_ipv4(4), 6);
      add_rule(transaction, chain,
               fresh.random_number(count, 7)
                   .map(kEndpoints, 6, 8)
                   .remember(kAffinity, 3, 8, timeout)
                   .destination_nat(Family::kIpv4, 8, 9));
    }
    Rule chosen, first;
    add_rule(transaction, chain,
             number(chosen, 6)
                 .random_number(count, 7)
                 .map(kEndpoints, 6, 8)
                 .destination_nat(Family::kIpv4, 8, 9));
    add_rule(transaction, chain,
             number(first, 6)
                 .load(7, nft::word_field(0))
                 .map(kEndpoints, 6, 8)
                 .destination_nat(Family::kIpv4, 8, 9));
  }
}

// -- Changes --------------------------------------------------------------------------------------

ServiceTable::Placement ServiceTable::placement_of(const ServiceFrontend& frontend) const {
  const auto claim = claims_.find(frontend);
  if (claim == claims_.end()) return {};
  const Installed& owner = ports_.at(*claim->second.begin());
  if (!owner.slots.empty()) return {Placement::Kind::kServed, owner.id};
  return {owner.port.drop ? Placement::Kind::kDropped : Placement::Kind::kRejected, 0};
}

void ServiceTable::count_turned_around(const std::vector<ServiceEndpoint>& endpoints, int by,
                                       Elements& elements) {
  std::set<Address> addresses;
  for (const auto& endpoint : endpoints) addresses.insert(endpoint.address);
  for (const Address& address : addresses) {
    int& count = turned_around_[address];
    const bool before = count > 0;
    count += by;
    const std::string field = nft::address_field(address);
    if (!before && count > 0) elements.added[kTurnedAround].push_back(element(field + field));
    if (before && count == 0) elements.removed[kTurnedAround].push_back(element(field + field));
    if (count == 0) turned_around_.erase(address);
  }
}

void ServiceTable::change_members(const Installed& installed, const ServicePort& wanted,
                                  Elements& elements) {
  const auto members = [&](const ServicePort& port) {
    return port.affinity.count() > 0
               ? std::set<ServiceEndpoint>(port.endpoints.begin(), port.endpoints.end())
               : std::set<ServiceEndpoint>();
  };
  const auto before = members(installed.port), after = members(wanted);
  const std::string id = nft::word_field(installed.id);
  for (const auto& endpoint : before)
    if (!after.contains(endpoint))
      elements.removed[kMembers].push_back(element(id + value_of(endpoint)));
  for (const auto& endpoint : after)
    if (!before.contains(endpoint))
      elements.added[kMembers].push_back(element(id + value_of(endpoint)));
}

// Endpoints that stay keep their index; new ones, and then the last ones, fill the gaps.
void ServiceTable::change_endpoints(Installed& installed, const ServicePort& wanted,
                                    nft::Transaction& transaction, Elements& elements) {
  const std::vector<ServiceEndpoint> before = installed.slots;
  const std::string chain_before = chain_of(installed);
  std::set<ServiceEndpoint> fresh(wanted.endpoints.begin(), wanted.endpoints.end());
  std::vector<std::optional<ServiceEndpoint>> slots;
  for (const auto& endpoint : before) {
    const bool stays = fresh.erase(endpoint) > 0;
    slots.push_back(stays ? std::optional(endpoint) : std::nullopt);
  }
  for (auto& slot : slots)
    if (!slot && !fresh.empty()) slot = fresh.extract(fresh.begin()).value();
  for (const auto& endpoint : fresh) slots.emplace_back(endpoint);
  for (std::size_t i = 0; i < slots.size();) {
    if (!slots.back()) {
      slots.pop_back();
    } else if (slots[i]) {
      ++i;
    } else {
      slots[i] = slots.back();
      slots.pop_back();
    }
  }
  change_members(installed, wanted, elements);
  installed.port = wanted;
  installed.slots.clear();
  for (const auto& slot : slots) installed.slots.push_back(*slot);

  const auto& after = installed.slots;
  for (std::size_t i = 0; i < std::max(before.size(), after.size()); ++i) {
    if (i < before.size() && i < after.size() && before[i] == after[i]) continue;
    const std::string key = slot_key(installed.id, i);
    if (i < before.size())
      elements.removed[kEndpoints].push_back(element(key, value_of(before[i])));
    if (i < after.size()) elements.added[kEndpoints].push_back(element(key, value_of(after[i])));
  }
  count_turned_around(after, 1, elements);
  count_turned_around(before, -1, elements);
  const std::string chain = chain_of(installed), key = nft::word_field(installed.id);
  if (chain == chain_before) return;
  if (!chain_before.empty())
    elements.removed[kChoices].push_back({key, "", Verdict::kGoto, chain_before, false});
  if (chain.empty()) return;
  ensure_chain(chain, installed, transaction);
  elements.added[kChoices].push_back({key, "", Verdict::kGoto, chain, false});
}

void ServiceTable::change_one(const std::string& name, const std::optional<ServicePort>& wanted,
                              nft::Transaction& transaction, Elements& elements) {
  const auto found = ports_.find(name);
  if (found == ports_.end() && !wanted) return;
  if (found != ports_.end() && wanted && found->second.port == *wanted) return;
  std::set<ServiceFrontend> touched;
  if (wanted) touched.insert(wanted->frontends.begin(), wanted->frontends.end());
  if (found != ports_.end())
    touched.insert(found->second.port.frontends.begin(), found->second.port.frontends.end());
  std::map<ServiceFrontend, Placement> before;
  for (const auto& frontend : touched) before[frontend] = placement_of(frontend);

  Installed& installed = ports_[name];
  if (installed.id == 0) installed.id = next_id_++;
  for (const auto& frontend : installed.port.frontends) {
    const auto claim = claims_.find(frontend);
    if (claim == claims_.end()) continue;
    claim->second.erase(name);
    if (claim->second.empty()) claims_.erase(claim);
  }
  ServicePort port = wanted.value_or(ServicePort());
  if (port.endpoints.size() > kMaxEndpoints) port.endpoints.resize(kMaxEndpoints);
  change_endpoints(installed, port, transaction, elements);
  for (const auto& frontend : port.frontends) claims_[frontend].insert(name);
  if (!wanted) ports_.erase(name);

  const auto set_of = [](const ServiceFrontend& frontend, Placement::Kind kind) {
    switch (kind) {
      case Placement::Kind::kServed: return frontend.address ? kServices : kNodePorts;
      case Placement::Kind::kRejected: return frontend.address ? kRejected : kRejectedPorts;
      default: return frontend.address ? kDropped : kDroppedPorts;
    }
  };
  for (const auto& [frontend, was] : before) {
    const Placement is = placement_of(frontend);
    if (is == was) continue;
    const std::string key = key_of(frontend);
    const auto value = [](const Placement& placement) {
      return placement.kind == Placement::Kind::kServed ? nft::word_field(placement.id)
                                                        : std::string();
    };
    if (was.kind != Placement::Kind::kNone)
      elements.removed[set_of(frontend, was.kind)].push_back(element(key, value(was)));
    if (is.kind != Placement::Kind::kNone)
      elements.added[set_of(frontend, is.kind)].push_back(element(key, value(is)));
  }
}

namespace {

// Several changes of one element in one transaction become one, which removes before it adds.
void fold(std::vector<Element>& removed, std::vector<Element>& added) {
  std::map<std::string, std::pair<std::vector<Element>, std::vector<Element>>> by_key;
  for (auto& each : removed) by_key[each.key].first.push_back(std::move(each));
  for (auto& each : added) by_key[each.key].second.push_back(std::move(each));
  removed.clear();
  added.clear();
  for (auto& [key, changes] : by_key) {
    // They alternate. As many of both, each pair alike: it came and went.
    auto& [gone, come] = changes;
    if (gone == come) continue;
    if (gone.size() == come.size() && gone.front() == come.back()) continue;
    if (gone.size() >= come.size()) removed.push_back(std::move(gone.front()));
    if (come.size() >= gone.size()) added.push_back(std::move(come.back()));
  }
}

}  // namespace

Result<void> ServiceTable::commit(const nft::Transaction& transaction) {
  last_bytes_ = transaction.bytes();
  if (transaction.empty()) return {};
  return nftables_.commit(transaction);
}

Result<void> ServiceTable::replace(const ServicePorts& all) {
  COVE_CHECK(install(all));
  std::set<ServiceFrontend> touched;
  for (const auto& [name, port] : all) touched.insert(port.frontends.begin(), port.frontends.end());
  return forget_flows(touched);
}

Result<void> ServiceTable::rebuild() {
  ServicePorts all;
  for (auto& [name, installed] : ports_) all.emplace(name, std::move(installed.port));
  return install(all);
}

Result<void> ServiceTable::install(const ServicePorts& all) {
  ports_.clear();
  claims_.clear();
  turned_around_.clear();
  chains_.clear();
  rules_ = 0;
  installed_ = false;
  nft::Transaction transaction(nft::TableFamily::kIpv4, name_);
  add_frame(transaction);
  // In the order of names every frontend is its owner's at once: nothing is removed.
  Elements elements;
  for (const auto& [name, port] : all) change_one(name, port, transaction, elements);
  for (const auto& [set, added] : elements.added) transaction.add_elements(set, added);
  COVE_CHECK(commit(transaction));
  installed_ = true;
  return {};
}

Result<void> ServiceTable::change(
    const std::map<std::string, std::optional<ServicePort>>& changes) {
  std::set<ServiceFrontend> touched;
  for (const auto& [name, wanted] : changes) {
    if (wanted) touched.insert(wanted->frontends.begin(), wanted->frontends.end());
    if (const auto found = ports_.find(name); found != ports_.end())
      touched.insert(found->second.port.frontends.begin(), found->second.port.frontends.end());
  }
  nft::Transaction chains(nft::TableFamily::kIpv4, name_);
  Elements elements;
  for (const auto& [name, wanted] : changes) change_one(name, wanted, chains, elements);
  std::set<std::string> sets;
  for (const auto& [set, removed] : elements.removed) sets.insert(set);
  for (const auto& [set, added] : elements.added) sets.insert(set);
  nft::Transaction transaction(nft::TableFamily::kIpv4, name_);
  for (const auto& set : sets) {
    fold(elements.removed[set], elements.added[set]);
    transaction.delete_elements(set, elements.removed[set]);
  }
  transaction.append(chains);
  for (const auto& set : sets) transaction.add_elements(set, elements.added[set]);
  if (!installed_ || !commit(transaction)) COVE_CHECK(rebuild());
  return forget_flows(touched);
}

Result<bool> ServiceTable::heal() {
  if (!installed_) {
    COVE_CHECK(rebuild());
    return true;
  }
  COVE_TRY(const std::uint32_t generation, nftables_.generation());
  if (generation == seen_generation_) return false;
  COVE_TRY(const auto rules, nftables_.rules(nft::TableFamily::kIpv4, name_));
  if (rules && *rules == rules_) {
    seen_generation_ = generation;
    return false;
  }
  COVE_CHECK(rebuild());
  return true;
}

Result<void> ServiceTable::forget_flows(const std::set<ServiceFrontend>& touched) {
  std::set<ServiceFrontend> udp;
  for (const auto& frontend : touched)
    if (frontend.protocol == IPPROTO_UDP) udp.insert(frontend);
  if (udp.empty()) return {};
  const auto owner_of = [&](const ServiceFrontend& frontend) -> const Installed* {
    const auto claim = claims_.find(frontend);
    return claim == claims_.end() ? nullptr : &ports_.at(*claim->second.begin());
  };
  return forget_udp_flows([&](const UdpFlow& flow) {
    ServiceFrontend frontend{IPPROTO_UDP, flow.destination, flow.port};
    if (!udp.contains(frontend)) frontend.address.reset();
    if (!udp.contains(frontend)) return false;
    const Installed* owner = owner_of(frontend);
    const ServiceEndpoint receiver{flow.receiver, flow.receiver_port};
    return owner == nullptr ||
           std::find(owner->slots.begin(), owner->slots.end(), receiver) == owner->slots.end();
  });
}

}  // namespace cove::network
