// ContainerNetworks: what containers call each other, and whom they ask for other names.
#include <algorithm>

#include "core/network/dns_message.h"
#include "core/network/implementation.h"

namespace cove::network {
namespace {

constexpr std::size_t kMaxResolverFile = 64 << 10;
constexpr std::uint32_t kTtl = 600;        // seconds, as Docker's resolver says
constexpr std::size_t kMaxAddresses = 64;  // in one answer

}  // namespace

ResolverSettings ContainerNetworks::Implementation::host_resolver() const {
  const auto text = read_file("/etc/resolv.conf", kMaxResolverFile);
  ResolverSettings settings = parse_resolver_file(text ? *text : "");
  if (!parts_.name_servers.empty()) settings.servers = parts_.name_servers;
  return settings;
}

std::optional<NameSource::Answer> ContainerNetworks::Implementation::answer(
    const std::string& client, const dns::Question& question) {
  Answer answer;
  const std::lock_guard lock(state_);
  if (question.type == dns::kPtr) {
    const auto address = dns::address_of_reverse(question.name);
    const auto name = address ? name_of(client, *address) : std::nullopt;
    if (!name) return std::nullopt;
    answer.answers.push_back(dns::name_record(question.name, dns::kPtr, kTtl, *name));
    return answer;
  }
  std::vector<Address> addresses = addresses_of(client, question.name);
  if (addresses.empty()) return std::nullopt;
  // Everybody gets a turn at being first.
  const auto first = static_cast<std::ptrdiff_t>(next_first_++ % addresses.size());
  std::rotate(addresses.begin(), addresses.begin() + first, addresses.end());
  for (const Address& address : addresses) {
    const bool asked = question.type == dns::kAny ||
                       question.type == (address.family() == Family::kIpv4 ? dns::kA : dns::kAaaa);
    if (asked && answer.answers.size() < kMaxAddresses)
      answer.answers.push_back(dns::address_record(question.name, kTtl, address));
  }
  return answer;
}

std::vector<Address> ContainerNetworks::Implementation::addresses_of(
    const std::string& client, const std::string& name) const {
  for (const auto& own : all_endpoints_) {
    if (own.endpoint.container != client) continue;
    const NetworkConfig* config = find_network(own.endpoint.network);
    if (config == nullptr || !config->names) continue;
    // "db" and "db.network".
    const std::string_view wanted = name;
    const auto full = dns::normalize_name(config->name);
    const std::string suffix = "." + (full ? *full : "");
    std::vector<Address> addresses;
    for (const auto& other : all_endpoints_) {
      if (other.endpoint.network != config->id) continue;
      const bool matches = std::any_of(
          other.endpoint.names.begin(), other.endpoint.names.end(), [&](const std::string& one) {
            return one == wanted || (wanted.size() == one.size() + suffix.size() &&
                                     wanted.starts_with(one) && wanted.ends_with(suffix));
          });
      const auto address = Address::parse(other.endpoint.address);
      if (matches && address) addresses.push_back(*address);
    }
    if (!addresses.empty()) return addresses;
  }
  return {};
}

std::optional<std::string> ContainerNetworks::Implementation::name_of(
    const std::string& client, const Address& address) const {
  const std::string text = address.text();
  for (const auto& own : all_endpoints_) {
    if (own.endpoint.container != client) continue;
    const NetworkConfig* config = find_network(own.endpoint.network);
    if (config == nullptr || !config->names) continue;
    for (const auto& other : all_endpoints_) {
      if (other.endpoint.network != config->id || other.endpoint.address != text ||
          other.endpoint.names.empty())
        continue;
      const auto full = dns::normalize_name(other.endpoint.names.front() + "." + config->name);
      return full ? *full : other.endpoint.names.front();
    }
  }
  return std::nullopt;
}

std::vector<std::string> ContainerNetworks::Implementation::servers(const std::string& client) {
  std::vector<std::string> own;
  bool way_out = false;
  {
    const std::lock_guard lock(state_);
    for (const auto& record : all_endpoints_) {
      const NetworkConfig* config = find_network(record.endpoint.network);
      if (record.endpoint.container != client || config == nullptr) continue;
      way_out = way_out || !config->internal;
      if (own.empty()) own = record.name_servers;
    }
  }
  if (!way_out) return {};
  return own.empty() ? host_resolver().servers : own;
}

std::string ContainerNetworks::Implementation::resolver_configuration(
    const std::string& container, ResolverSettings wanted) const {
  const ResolverSettings host = host_resolver();
  bool names = false;
  {
    const std::lock_guard lock(state_);
    names = wants_names(container);
  }
  if (wanted.search.empty()) wanted.search = host.search;
  std::erase(wanted.search, ".");
  if (wanted.options.empty()) wanted.options = host.options;
  if (names) {
    wanted.servers = {kResolverAddress};
    add_default_dots(wanted.options);
  } else if (wanted.servers.empty()) {
    wanted.servers = servers_for_container(host.servers);
  }
  return format_resolver_file(wanted);
}

}  // namespace cove::network
