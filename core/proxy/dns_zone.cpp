#include "core/proxy/dns_zone.h"

#include <algorithm>

#include "core/api/document.h"
#include "core/api/each.h"

namespace cove::proxy {
namespace {

namespace dns = network::dns;
namespace json = boost::json;
using network::Address;
using network::Family;

constexpr std::uint32_t kTtl = 5;
constexpr const char* kVersion = "1.1.0";
constexpr int kMaxAliases = 8;
constexpr const char* kReverse = "in-addr.arpa";

std::string lower(std::string_view text) {
  const auto name = dns::normalize_name(text);
  return name ? *name : std::string();
}

std::optional<Address> ipv4(std::string_view text) {
  const auto address = Address::parse(text);
  if (!address || address->family() != Family::kIpv4) return std::nullopt;
  return *address;
}

std::string dashed(const Address& address) {
  std::string text = address.text();
  std::replace(text.begin(), text.end(), '.', '-');
  return text;
}

std::string_view parent_of(std::string_view name) {
  const auto dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(dot + 1);
}

// "_http._tcp." of a named port; empty for one without a name or number.
std::string prefix_of(const json::object& port) {
  const std::string name = lower(api::text_at(port, {"name"}));
  if (name.empty()) return {};
  const std::string_view protocol = api::text_at(port, {"protocol"});
  return "_" + name + "._" + lower(protocol.empty() ? "TCP" : protocol) + ".";
}

std::optional<std::uint16_t> number_of(const json::object& port) {
  const auto number = api::integer_at(port, {"port"});
  if (!number || *number < 1 || *number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

std::vector<Address> addresses_of(const api::Object& service) {
  std::vector<Address> addresses;
  const auto add = [&](std::string_view text) {
    if (const auto address = ipv4(text)) addresses.push_back(*address);
  };
  if (const json::array* list = api::array_at(service.document(), {"spec", "clusterIPs"})) {
    for (const json::value& each : *list)
      if (each.is_string()) add(api::view(each.get_string()));
  } else {
    add(api::text_at(service.document(), {"spec", "clusterIP"}));
  }
  return addresses;
}

bool is_ready(const json::object& endpoint) {
  const json::value* ready = api::value_at(endpoint, {"conditions", "ready"});
  return ready == nullptr || !ready->is_bool() || ready->get_bool();
}

}  // namespace

ClusterZone::ClusterZone(Parts parts) : parts_(std::move(parts)) {
  count_name(in_zone("svc"), 1);
  count_name(in_zone("pod"), 1);
  Data server;
  server.addresses.insert(parts_.server);
  const std::string name = in_zone("ns.dns");
  data_[name][""] = std::move(server);
  count_name(name, 1);
  count_name(in_zone("dns-version"), 1);
}

std::string ClusterZone::in_zone(std::string_view relative) const {
  return std::string(relative) + "." + parts_.domain;
}

bool ClusterZone::is_in_zone(std::string_view name) const {
  return name == parts_.domain ||
         (name.size() > parts_.domain.size() && name.ends_with(parts_.domain) &&
          name[name.size() - parts_.domain.size() - 1] == '.');
}

// Names above one that has records exist too, without records of their own.
void ClusterZone::count_name(std::string_view name, int by) {
  for (; is_in_zone(name); name = parent_of(name)) {
    const auto found = existing_.try_emplace(std::string(name), 0).first;
    found->second += by;
    if (found->second <= 0) existing_.erase(found);
  }
}

// -- Records --------------------------------------------------------------------------------------

void ClusterZone::add_cluster_service(const api::Object& service, const std::string& name,
                                      Records& records) const {
  const std::vector<Address> addresses = addresses_of(service);
  records[name].addresses.insert(addresses.begin(), addresses.end());
  for (const Address& address : addresses) records[dns::reverse_name(address)].names.insert(name);
  api::each_object(service.document(), {"spec", "ports"}, [&](const json::object& port) {
    const std::string prefix = prefix_of(port);
    const auto number = number_of(port);
    if (!prefix.empty() && number) records[prefix + name].targets.insert({*number, name});
  });
}

void ClusterZone::add_headless_service(const std::vector<api::ObjectPtr>& slices,
                                       const std::string& name, Records& records) const {
  records[name];
  for (const auto& slice : slices) {
    const json::object& document = slice->document();
    if (slice->deleting() || api::text_at(document, {"addressType"}) != "IPv4") continue;
    api::each_object(document, {"endpoints"}, [&](const json::object& endpoint) {
      const json::array* list = api::array_at(endpoint, {"addresses"});
      if (!is_ready(endpoint) || list == nullptr || list->empty() || !list->front().is_string())
        return;
      const auto address = ipv4(api::view(list->front().get_string()));
      if (!address) return;
      std::string host = lower(api::text_at(endpoint, {"hostname"}));
      if (host.empty()) host = dashed(*address);
      const std::string full = host + "." + name;
      records[name].addresses.insert(*address);
      records[full].addresses.insert(*address);
      records[dns::reverse_name(*address)].names.insert(full);
      api::each_object(document, {"ports"}, [&](const json::object& port) {
        const std::string prefix = prefix_of(port);
        const auto number = number_of(port);
        if (!prefix.empty() && number) records[prefix + name].targets.insert({*number, full});
      });
    });
  }
}

void ClusterZone::set_service(const std::string& key, const api::ObjectPtr& service,
                              const std::vector<api::ObjectPtr>& slices) {
  ++serial_;
  if (const auto former = names_.find(key); former != names_.end()) {
    for (const std::string& name : former->second) {
      const auto found = data_.find(name);
      found->second.erase(key);
      if (found->second.empty()) data_.erase(found);
      count_name(name, -1);
    }
    names_.erase(former);
  }
  if (!service) return;
  const std::string name =
      in_zone(lower(service->name()) + "." + lower(service->namespace_name()) + ".svc");
  Records records;
  const std::string_view address = api::text_at(service->document(), {"spec", "clusterIP"});
  if (api::text_at(service->document(), {"spec", "type"}) == "ExternalName") {
    const std::string alias = lower(api::text_at(service->document(), {"spec", "externalName"}));
    if (!alias.empty()) records[name].alias = alias;
  } else if (address == "None") {
    add_headless_service(slices, name, records);
  } else if (!address.empty()) {
    add_cluster_service(*service, name, records);
  }
  for (auto& [each, data] : records) {
    data_[each][key] = std::move(data);
    count_name(each, 1);
    names_[key].push_back(each);
  }
}

void ClusterZone::set_namespace(const std::string& name, bool exists) {
  if (exists == namespaces_.contains(name)) return;
  ++serial_;
  if (exists) {
    namespaces_.insert(name);
  } else {
    namespaces_.erase(name);
  }
  count_name(in_zone(name + ".svc"), exists ? 1 : -1);
  count_name(in_zone(name + ".pod"), exists ? 1 : -1);
}

// -- Answers --------------------------------------------------------------------------------------

// "10-244-0-7.default.pod": every address has its name in every namespace, as pods of it might.
std::optional<ClusterZone::Data> ClusterZone::find_pod(std::string_view name) const {
  const std::string_view space = parent_of(name), pod = parent_of(space);
  if (pod != "pod." + parts_.domain) return std::nullopt;
  if (!namespaces_.contains(space.substr(0, space.find('.')))) return std::nullopt;
  std::string text(name.substr(0, name.find('.')));
  std::replace(text.begin(), text.end(), '-', '.');
  const auto address = ipv4(text);
  if (!address || dashed(*address) != name.substr(0, name.find('.'))) return std::nullopt;
  Data data;
  data.addresses.insert(*address);
  return data;
}

std::optional<ClusterZone::Data> ClusterZone::find(const std::string& name) const {
  if (const auto found = data_.find(name); found != data_.end()) {
    Data all;
    for (const auto& [service, data] : found->second) {
      all.addresses.insert(data.addresses.begin(), data.addresses.end());
      all.targets.insert(data.targets.begin(), data.targets.end());
      all.names.insert(data.names.begin(), data.names.end());
      if (all.alias.empty()) all.alias = data.alias;
    }
    return all;
  }
  if (existing_.contains(name)) return Data();
  return find_pod(name);
}

ClusterZone::Answer ClusterZone::negative(const std::string& zone, dns::ResponseCode code) const {
  Answer answer;
  answer.code = code;
  answer.authoritative = true;
  answer.authorities.push_back(
      dns::authority_record(zone, kTtl, in_zone("ns.dns"), in_zone("hostmaster"), serial_));
  return answer;
}

void ClusterZone::add_addresses(std::vector<dns::Record>& records, const std::string& name,
                                const Data& data, std::uint16_t type, std::size_t turn) const {
  std::vector<Address> addresses(data.addresses.begin(), data.addresses.end());
  if (addresses.empty()) return;
  std::rotate(addresses.begin(),
              addresses.begin() + static_cast<std::ptrdiff_t>(turn % addresses.size()),
              addresses.end());
  for (const Address& address : addresses)
    if (type == dns::kAny || type == (address.family() == Family::kIpv4 ? dns::kA : dns::kAaaa))
      records.push_back(dns::address_record(name, kTtl, address));
}

void ClusterZone::fill(Answer& answer, const dns::Question& question, const Data& data,
                       std::size_t turn, int depth) const {
  const auto asked = [&](std::uint16_t type) {
    return question.type == type || question.type == dns::kAny;
  };
  if (!data.alias.empty()) {
    answer.answers.push_back(dns::name_record(question.name, dns::kCname, kTtl, data.alias));
    if (asked(dns::kCname)) return;
    if (!is_in_zone(data.alias)) {
      answer.follow = data.alias;
      return;
    }
    const auto further = find(data.alias);
    if (further && depth < kMaxAliases)
      fill(answer, {data.alias, question.type, question.klass}, *further, turn, depth + 1);
    return;
  }
  add_addresses(answer.answers, question.name, data, question.type, turn);
  if (asked(dns::kPtr))
    for (const std::string& name : data.names)
      answer.answers.push_back(dns::name_record(question.name, dns::kPtr, kTtl, name));
  if (!asked(dns::kSrv) || data.targets.empty()) return;
  const auto weight =
      static_cast<std::uint16_t>(std::max<std::size_t>(1, 100 / data.targets.size()));
  for (const Target& target : data.targets) {
    answer.answers.push_back(
        dns::service_record(question.name, kTtl, 0, weight, target.port, target.name));
    if (const auto host = find(target.name))
      add_addresses(answer.additionals, target.name, *host, dns::kAny, turn);
  }
}

std::optional<ClusterZone::Answer> ClusterZone::answer(const dns::Question& question,
                                                       std::size_t turn) const {
  const std::string& name = question.name;
  const bool inside = is_in_zone(name);
  if (!inside) {
    const auto address = dns::address_of_reverse(name);
    const bool ours =
        address && (data_.contains(name) ||
                    std::any_of(parts_.subnets.begin(), parts_.subnets.end(),
                                [&](const auto& subnet) { return subnet.contains(*address); }));
    if (!ours) return std::nullopt;
  }
  const std::string zone = inside ? parts_.domain : kReverse;
  const auto data = find(name);
  if (!data) return negative(zone, dns::ResponseCode::kNameError);
  Answer answer;
  answer.authoritative = true;
  fill(answer, question, *data, turn, 0);
  if (name == parts_.domain) {
    if (question.type == dns::kSoa || question.type == dns::kAny)
      answer.answers.push_back(negative(zone, {}).authorities.front());
    if (question.type == dns::kNs || question.type == dns::kAny)
      answer.answers.push_back(dns::name_record(name, dns::kNs, kTtl, in_zone("ns.dns")));
  }
  if (name == in_zone("dns-version") && (question.type == dns::kTxt || question.type == dns::kAny))
    answer.answers.push_back(dns::text_record(name, kTtl, kVersion));
  if (answer.answers.empty()) return negative(zone, dns::ResponseCode::kNoError);
  return answer;
}

}  // namespace cove::proxy
