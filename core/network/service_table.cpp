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

constexpr const char* kServices = "services";             // address . protocol . port : goto
constexpr const char* kNodePorts = "node_ports";          // protocol . port : goto
constexpr const char* kEndpoints = "endpoints";           // frontend . index : address . port
constexpr const char* kPortEndpoints = "port_endpoints";  // node port . index : address . port
constexpr const char* kTurnedAround = "turned_around";    // address . address
constexpr const char* kFar = "far";                       // address . protocol . port: no pods
constexpr const char* kRejected = "rejected";             // address . protocol . port
constexpr const char* kDropped = "dropped";               // the same
constexpr const char* kRejectedPorts = "rejected_ports";  // protocol . port
constexpr const char* kDroppedPorts = "dropped_ports";    // the same
constexpr const char* kGuarded = "guarded";               // address . protocol . port : goto
constexpr const char* kServiceSubnet = "service_subnet";

constexpr std::size_t kMaxEndpoints = 4096;
constexpr std::uint32_t kMaxRemembered = 65536;
// Before others' filters, which might drop what is to be rejected.
constexpr std::int32_t kEarlyFilter = nft::kFilter - 5;
// While a packet still names the service.
constexpr std::int32_t kGuard = nft::kDestinationNat - 10;

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

// Words 0 to 2.
Rule& load_service(Rule& rule) {
  return rule.destination_ipv4(0).meta(Meta::kProtocol, 1).destination_port(2);
}
// Words 0 and 1.
Rule& load_node_port(Rule& rule) {
  return rule.meta(Meta::kProtocol, 0).destination_port(1);
}

// Of a service port with affinity: where senders get an endpoint; and of one endpoint of it, the
// chain that leads there and the set of those who shall.
std::string sticky_chain(std::uint32_t id) {
  return fmt::format("for-{}", id);
}
std::string sticky_endpoint(std::uint32_t id, const ServiceEndpoint& endpoint) {
  return fmt::format("for-{}-{}-{}", id, endpoint.address.text(), endpoint.port);
}

// Of a service port with sources: the chain that lets those through, and the set of them.
std::string guard_chain(std::uint32_t guard) {
  return fmt::format("only-{}", guard);
}
std::string guard_sources(std::uint32_t guard) {
  return fmt::format("from-{}", guard);
}
constexpr std::size_t kGuardRules = 2;

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
      .add_set({kServices, frontend, {Type::kVerdict}})
      .add_set({kNodePorts, port, {Type::kVerdict}})
      .add_set(
          {kEndpoints, {Type::kIpv4Address, Type::kProtocol, Type::kPort, Type::kMark}, target})
      .add_set({kPortEndpoints, {Type::kProtocol, Type::kPort, Type::kMark}, target})
      .add_set({kTurnedAround, {Type::kIpv4Address, Type::kIpv4Address}})
      .add_set({kFar, frontend})
      .add_set({kRejected, frontend})
      .add_set({kDropped, frontend})
      .add_set({kRejectedPorts, port})
      .add_set({kDroppedPorts, port})
      .add_set({kGuarded, frontend, {Type::kVerdict}})
      .add_set({kServiceSubnet, {Type::kIpv4Address}, {}, true});

  transaction.add_chain("choose");
  Rule service, node_port;
  add_rule(transaction, "choose", load_service(service).verdict_map(kServices, 0));
  add_rule(transaction, "choose",
           load_node_port(node_port.destination_is_local()).verdict_map(kNodePorts, 0));
  transaction.add_chain({"prerouting", "nat", nft::Hook::kPrerouting, nft::kDestinationNat})
      .add_chain({"output", "nat", nft::Hook::kOutput, nft::kDestinationNat});
  // Nobody outside reaches 127.0.0.0/8, by no way.
  add_rule(transaction, "prerouting",
           Rule().payload(Header::kNetwork, 16, 1, 0).equals(0, "\x7f").verdict(Verdict::kReturn));
  for (const char* chain : {"prerouting", "output"})
    add_rule(transaction, chain, Rule().verdict(Verdict::kJump, "choose"));
  add_masquerade(transaction);
  add_rejection(transaction);
  add_guards(transaction);
  transaction.add_elements(kServiceSubnet, nft::interval(service_subnet_));
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
  Rule far = translated();
  add_rule(transaction, "postrouting", load_service(far).in(kFar, 0).masquerade());
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

void ServiceTable::add_guards(nft::Transaction& transaction) {
  for (const auto& [chain, hook] :
       {std::pair{"guard", nft::Hook::kPrerouting}, {"local_guard", nft::Hook::kOutput}}) {
    transaction.add_chain({chain, "filter", hook, kGuard});
    Rule begins;
    begins.connection_state(nft::kNew);
    add_rule(transaction, chain, load_service(begins).verdict_map(kGuarded, 0));
  }
}

// -- Chains that choose an endpoint ---------------------------------------------------------------

// The index is random, and 0 as a last resort: while elements change, a packet may see some old and
// some new.
void ServiceTable::ensure_chain(const std::string& chain, std::size_t count, bool node_port,
                                Steps& steps) {
  if (!chains_.insert(chain).second) return;
  steps.chains.add_chain(chain);
  const char* map = node_port ? kPortEndpoints : kEndpoints;
  const unsigned index = node_port ? 2 : 3;
  for (const bool random : {true, false}) {
    Rule rule;
    node_port ? load_node_port(rule) : load_service(rule);
    if (random) {
      rule.random_number(static_cast<std::uint32_t>(count), index);
    } else {
      rule.load(index, nft::word_field(0));
    }
    add_rule(steps.chains, chain, rule.map(map, 0, 8).destination_nat(Family::kIpv4, 8, 9));
  }
}

// A sender who cannot be remembered because the set is full gets there all the same.
void ServiceTable::add_sticky_endpoint(const Installed& installed, const ServiceEndpoint& endpoint,
                                       Steps& steps) {
  const std::string name = sticky_endpoint(installed.id, endpoint);
  steps.chains.add_set(
      {.name = name, .key = {Type::kIpv4Address}, .dynamic = true, .size = kMaxRemembered});
  steps.chains.add_chain(name);
  add_rule(
      steps.chains, name,
      Rule().source_ipv4(0).remember(name, 0, std::chrono::milliseconds(installed.port.affinity)));
  add_rule(steps.chains, name,
           Rule()
               .load(8, nft::address_field(endpoint.address))
               .load(9, nft::port_value(endpoint.port))
               .destination_nat(Family::kIpv4, 8, 9));
}

void ServiceTable::change_sticky_chains(const Installed& before, const Installed& after,
                                        Steps& steps) {
  const bool had = before.sticky() && !before.slots.empty(),
             has = after.sticky() && !after.slots.empty(), same = before.id == after.id;
  const std::set<ServiceEndpoint> old_ones(before.slots.begin(), before.slots.end()),
      new_ones(after.slots.begin(), after.slots.end());
  if (has) {
    for (const auto& endpoint : new_ones)
      if (!had || !same || !old_ones.contains(endpoint))
        add_sticky_endpoint(after, endpoint, steps);
    const std::string chain = sticky_chain(after.id);
    if (had && same) {
      steps.chains.flush_chain(chain);
      rules_ -= 2 * before.slots.size();
    } else {
      steps.chains.add_chain(chain);
    }
    for (const auto& endpoint : after.slots) {
      const std::string name = sticky_endpoint(after.id, endpoint);
      add_rule(steps.chains, chain,
               Rule().source_ipv4(0).in(name, 0).verdict(Verdict::kGoto, name));
    }
    // Of those who remain each with the same chance.
    for (std::size_t i = 0; i < after.slots.size(); ++i)
      add_rule(steps.chains, chain,
               Rule()
                   .random_number(static_cast<std::uint32_t>(after.slots.size() - i), 0)
                   .equals(0, nft::word_field(0))
                   .verdict(Verdict::kGoto, sticky_endpoint(after.id, after.slots[i])));
  }
  if (!had) return;
  if (!has || !same) {
    steps.last.flush_chain(sticky_chain(before.id)).delete_chain(sticky_chain(before.id));
    rules_ -= 2 * before.slots.size();
  }
  for (const auto& endpoint : old_ones) {
    if (has && same && new_ones.contains(endpoint)) continue;
    const std::string name = sticky_endpoint(before.id, endpoint);
    steps.last.flush_chain(name).delete_chain(name).delete_set(name);
    rules_ -= 2;
  }
}

void ServiceTable::change_guard(const Installed& before, Installed& after, Steps& steps) {
  if (before.guarded() && after.guarded() && before.port.sources == after.port.sources) {
    after.guard = before.guard;
    return;
  }
  if (after.guarded()) {
    after.guard = next_id_++;
    const std::string chain = guard_chain(after.guard), sources = guard_sources(after.guard);
    std::vector<Element> elements;
    for (const AddressRange& each : after.port.sources)
      for (Element& end : nft::interval(each.first, each.last)) elements.push_back(std::move(end));
    steps.chains.add_set({sources, {Type::kIpv4Address}, {}, true})
        .add_elements(sources, elements)
        .add_chain(chain);
    add_rule(steps.chains, chain, Rule().source_ipv4(0).in(sources, 0).verdict(Verdict::kReturn));
    add_rule(steps.chains, chain, Rule().verdict(Verdict::kDrop));
  }
  if (before.guarded()) {
    const std::string chain = guard_chain(before.guard);
    steps.last.flush_chain(chain).delete_chain(chain).delete_set(guard_sources(before.guard));
    rules_ -= kGuardRules;
  }
}

// -- Changes --------------------------------------------------------------------------------------

ServiceTable::Placement ServiceTable::placement_of(const ServiceFrontend& frontend) const {
  const auto claim = claims_.find(frontend);
  if (claim == claims_.end()) return {};
  const Installed& owner = ports_.at(*claim->second.begin());
  Placement placement;
  if (frontend.address &&
      std::ranges::find(owner.port.guarded, frontend) != owner.port.guarded.end())
    placement.guard = guard_chain(owner.guard);
  if (owner.slots.empty()) {
    placement.kind = owner.port.drop ? Placement::Kind::kDropped : Placement::Kind::kRejected;
    return placement;
  }
  placement.kind = Placement::Kind::kServed;
  if (owner.sticky()) {
    placement.chain = sticky_chain(owner.id);
  } else {
    placement.chain = fmt::format("{}of-{}", frontend.address ? "" : "port-", owner.slots.size());
    placement.slots = owner.slots;
  }
  return placement;
}

void ServiceTable::change_frontend(const ServiceFrontend& frontend, const Placement& before,
                                   const Placement& after, Steps& steps) {
  const auto set_of = [&](Placement::Kind kind) {
    switch (kind) {
      case Placement::Kind::kServed: return frontend.address ? kServices : kNodePorts;
      case Placement::Kind::kRejected: return frontend.address ? kRejected : kRejectedPorts;
      default: return frontend.address ? kDropped : kDroppedPorts;
    }
  };
  const std::string key = key_of(frontend);
  const auto entry = [&](const Placement& placement) -> Element {
    if (placement.kind != Placement::Kind::kServed) return element(key);
    return {key, "", Verdict::kGoto, placement.chain, false};
  };
  if (before.kind != after.kind || before.chain != after.chain) {
    if (before.kind != Placement::Kind::kNone)
      steps.removed[set_of(before.kind)].push_back(entry(before));
    if (after.kind != Placement::Kind::kNone)
      steps.added[set_of(after.kind)].push_back(entry(after));
  }
  if (before.guard != after.guard) {
    const auto guard = [&](const std::string& chain) {
      return Element{key, "", Verdict::kGoto, chain, false};
    };
    if (!before.guard.empty()) steps.removed[kGuarded].push_back(guard(before.guard));
    if (!after.guard.empty()) steps.added[kGuarded].push_back(guard(after.guard));
  }
  if (!after.slots.empty()) ensure_chain(after.chain, after.slots.size(), !frontend.address, steps);
  const char* endpoints = frontend.address ? kEndpoints : kPortEndpoints;
  for (std::size_t i = 0; i < std::max(before.slots.size(), after.slots.size()); ++i) {
    const bool was = i < before.slots.size(), is = i < after.slots.size();
    if (was && is && before.slots[i] == after.slots[i]) continue;
    const std::string slot = key + nft::word_field(static_cast<std::uint32_t>(i));
    if (was) steps.removed[endpoints].push_back(element(slot, value_of(before.slots[i])));
    if (is) steps.added[endpoints].push_back(element(slot, value_of(after.slots[i])));
  }
}

void ServiceTable::count_endpoints(const Installed& installed, int by, Steps& steps) {
  std::set<std::pair<std::string, std::string>> used;
  for (const auto& endpoint : installed.slots) {
    const std::string address = nft::address_field(endpoint.address);
    used.insert({kTurnedAround, address + address});
    if (pod_subnet_.contains(endpoint.address)) continue;
    for (const auto& frontend : installed.port.frontends)
      used.insert({kFar, address + nft::protocol_field(frontend.protocol) +
                             nft::port_field(endpoint.port)});
  }
  for (const auto& item : used) {
    int& count = counted_[item];
    const bool before = count > 0;
    count += by;
    if (!before && count > 0) steps.added[item.first].push_back(element(item.second));
    if (before && count == 0) steps.removed[item.first].push_back(element(item.second));
    if (count == 0) counted_.erase(item);
  }
}

namespace {

// Endpoints that stay keep their index; new ones, and then the last ones, fill the gaps.
std::vector<ServiceEndpoint> arrange(const std::vector<ServiceEndpoint>& before,
                                     const std::vector<ServiceEndpoint>& wanted) {
  std::set<ServiceEndpoint> fresh(wanted.begin(), wanted.end());
  std::vector<std::optional<ServiceEndpoint>> slots;
  for (const auto& endpoint : before) {
    const bool stays = fresh.erase(endpoint) > 0;
    slots.push_back(stays ? std::optional(endpoint) : std::nullopt);
  }
  for (auto& slot : slots)
    if (!slot && !fresh.empty()) slot = fresh.extract(fresh.begin()).value();
  for (const auto& endpoint : fresh) slots.emplace_back(endpoint);
  std::vector<ServiceEndpoint> after;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    while (slots.size() > i && !slots.back()) slots.pop_back();
    if (i >= slots.size()) break;
    if (!slots[i]) {
      slots[i] = slots.back();
      slots.pop_back();
    }
    after.push_back(*slots[i]);
  }
  return after;
}

}  // namespace

void ServiceTable::change_one(const std::string& name, const std::optional<ServicePort>& wanted,
                              Steps& steps) {
  const auto found = ports_.find(name);
  if (found == ports_.end() && !wanted) return;
  if (found != ports_.end() && wanted && found->second.port == *wanted) return;
  std::set<ServiceFrontend> touched;
  if (wanted) touched.insert(wanted->frontends.begin(), wanted->frontends.end());
  if (found != ports_.end())
    touched.insert(found->second.port.frontends.begin(), found->second.port.frontends.end());
  std::map<ServiceFrontend, Placement> placements;
  for (const auto& frontend : touched) placements[frontend] = placement_of(frontend);

  const Installed before = found == ports_.end() ? Installed() : found->second;
  for (const auto& frontend : before.port.frontends) {
    const auto claim = claims_.find(frontend);
    if (claim == claims_.end()) continue;
    claim->second.erase(name);
    if (claim->second.empty()) claims_.erase(claim);
  }
  Installed after;
  after.port = wanted.value_or(ServicePort());
  if (after.port.endpoints.size() > kMaxEndpoints) after.port.endpoints.resize(kMaxEndpoints);
  after.slots = arrange(before.slots, after.port.endpoints);
  // Another affinity is another chain.
  const bool same = before.id != 0 && before.port.affinity == after.port.affinity;
  after.id = same ? before.id : next_id_++;
  count_endpoints(after, 1, steps);
  count_endpoints(before, -1, steps);
  change_sticky_chains(before, after, steps);
  change_guard(before, after, steps);
  if (wanted) {
    for (const auto& frontend : after.port.frontends) claims_[frontend].insert(name);
    ports_[name] = std::move(after);
  } else {
    ports_.erase(name);
  }
  for (const auto& [frontend, placement] : placements)
    change_frontend(frontend, placement, placement_of(frontend), steps);
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
  counted_.clear();
  chains_.clear();
  rules_ = 0;
  installed_ = false;
  nft::Transaction transaction(nft::TableFamily::kIpv4, name_);
  add_frame(transaction);
  // In the order of names every frontend is its owner's at once: nothing is removed.
  Steps steps(name_);
  for (const auto& [name, port] : all) change_one(name, port, steps);
  transaction.append(steps.chains);
  for (const auto& [set, added] : steps.added) transaction.add_elements(set, added);
  ++times_made_;
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
  Steps steps(name_);
  for (const auto& [name, wanted] : changes) change_one(name, wanted, steps);
  std::set<std::string> sets;
  for (const auto& [set, removed] : steps.removed) sets.insert(set);
  for (const auto& [set, added] : steps.added) sets.insert(set);
  nft::Transaction transaction(nft::TableFamily::kIpv4, name_);
  for (const auto& set : sets) {
    fold(steps.removed[set], steps.added[set]);
    transaction.delete_elements(set, steps.removed[set]);
  }
  transaction.append(steps.chains);
  for (const auto& set : sets) transaction.add_elements(set, steps.added[set]);
  transaction.append(steps.last);
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
