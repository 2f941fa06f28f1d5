// ContainerNetworks: the start, after a crash and after a restart of the machine alike.
#include <fmt/format.h>

#include <algorithm>

#include "core/network/checks.h"
#include "core/network/implementation.h"
#include "core/network/links.h"
#include "core/network/plumbing.h"
#include "core/os/namespaces.h"

namespace cove::network {
namespace {

constexpr std::size_t kMaxRecordBytes = 64 << 20;

}  // namespace

// Endpoints whose container has gone meanwhile are forgotten; what they had in the kernel is a
// leftover then.
Result<void> ContainerNetworks::Implementation::find_survivors() {
  std::vector<EndpointRecord> alive;
  for (auto& record : all_endpoints_) {
    if (find_network(record.endpoint.network) != nullptr &&
        is_plugged_in(record.endpoint, record.namespace_path)) {
      alive.push_back(std::move(record));
    } else if (parts_.gate != nullptr) {
      for (const auto& port : record.endpoint.ports) parts_.gate->close(port);
    }
  }
  if (alive.size() != all_endpoints_.size()) ++endpoints_file_.wanted;
  all_endpoints_ = std::move(alive);
  return {};
}

Result<void> ContainerNetworks::Implementation::remove_leftover_links() {
  std::set<std::string> named;
  for (const auto& record : all_endpoints_) named.insert(host_interface(record.endpoint.id));
  COVE_TRY(auto links, Links::open());
  COVE_TRY(const auto all, links.list());
  for (const Link& link : all) {
    if (link.group != mark_) continue;
    const auto network =
        std::find_if(all_networks_.begin(), all_networks_.end(),
                     [&](const NetworkConfig& config) { return config.bridge == link.name; });
    if (network != all_networks_.end()) {
      in_kernel_.insert(network->id);
    } else if (!named.contains(link.name)) {
      parts_.logger.info("removing a leftover interface", {{"name", link.name}});
      COVE_CHECK(links.remove(link.name));
    }
  }
  return {};
}

Result<void> ContainerNetworks::Implementation::restore_rules() {
  for (const auto& record : all_endpoints_) in_kernel_.insert(record.endpoint.network);
  if (in_kernel_.empty()) {
    COVE_TRY(const auto tables, nftables_->tables(nft::TableFamily::kIpv4));
    if (std::find(tables.begin(), tables.end(), table_) == tables.end()) return {};
    return commit(nft::Transaction(nft::TableFamily::kIpv4, table_).delete_table());
  }
  COVE_CHECK(rebuild_rules());
  for (const auto& id : in_kernel_) {
    COVE_TRY(const Network present, network(id));
    COVE_CHECK(
        make_network_bridge(present.config, present.space.subnet, present.space.gateway, mark_));
  }
  return {};
}

// A pin of before the machine's restart is an empty file.
Result<void> ContainerNetworks::Implementation::remove_dead_pins() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(parts_.run, error)) {
    if (is_pin_name(entry.path().filename()) && !os::is_namespace(entry.path()))
      COVE_CHECK(os::remove_pin(entry.path()));
  }
  if (error) return errno_error(error.value(), "read the folder", parts_.run.string());
  return {};
}

Result<void> ContainerNetworks::Implementation::read_records() {
  const auto networks = read_file(parts_.directory / kNetworksFile, kMaxRecordBytes);
  if (!networks && networks.error().code != ErrorCode::kNotFound) return networks.error();
  if (networks) {
    COVE_TRY(all_networks_, parse_networks(*networks));
  }
  const auto endpoints = read_file(parts_.run / kEndpointsFile, kMaxRecordBytes);
  if (!endpoints && endpoints.error().code != ErrorCode::kNotFound) return endpoints.error();
  if (!endpoints) return {};
  auto parsed = parse_endpoints(*endpoints);
  if (parsed) {
    all_endpoints_ = std::move(*parsed);
  } else {
    // It may be half a file after a power failure, and then nothing of it runs any more.
    parts_.logger.warn("no record of connected containers", {{"cause", parsed.error().message()}});
  }
  return {};
}

Result<void> ContainerNetworks::Implementation::open() {
  COVE_CHECK(make_directories(parts_.directory, 0700));
  COVE_CHECK(make_directories(parts_.run, 0700));
  std::error_code error;
  mark_ = mark_of(parts_.directory);
  table_ = fmt::format("cove-{:08x}", mark_);
  for (const auto& pool : parts_.pools) {
    COVE_TRY(const SubnetPool parsed, SubnetPool::parse(pool));
    pools_.push_back(parsed);
  }
  COVE_TRY(auto nftables, nft::Nftables::open());
  nftables_.emplace(std::move(nftables));
  COVE_CHECK(read_records());
  COVE_TRY(names_, NameServer::start(*this, {}));
  COVE_CHECK(find_survivors());
  COVE_CHECK(remove_leftover_links());
  COVE_CHECK(restore_rules());
  COVE_CHECK(remove_dead_pins());
  for (const auto& record : all_endpoints_) {
    const Endpoint& endpoint = record.endpoint;
    for (const auto& port : endpoint.ports) {
      if (!ports_.restore(port))
        parts_.logger.warn("another program has the port of a container",
                           {{"port", std::to_string(port.host_port)}});
      const auto open = parts_.gate != nullptr ? parts_.gate->open(port) : Result<void>();
      if (!open)
        parts_.logger.warn("a published port is closed", {{"cause", open.error().message()}});
    }
    if (!wants_names(endpoint.container) || names_->has_client(endpoint.container)) continue;
    const auto added = names_->add_client(endpoint.container, record.namespace_path);
    if (!added)
      parts_.logger.warn("a container has no names", {{"cause", added.error().message()}});
  }
  return persist_endpoints();
}

}  // namespace cove::network
