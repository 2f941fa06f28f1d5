// What a client wants a container to be: the body of POST /containers/create (Docker Engine API
// v1.48, ContainerConfig, HostConfig, NetworkingConfig), checked.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/engine/exchange.h"
#include "core/image/manifest.h"
#include "core/network/container_networks.h"
#include "core/runtime/spec.h"

namespace cove::engine {

// The documents have every field of their tables, with the right type, as `docker inspect` shows
// them.
struct ContainerConfig {
  boost::json::object config;
  boost::json::object host;
  boost::json::object endpoints;  // by network, as NetworkingConfig.EndpointsConfig has them
};

// Checks types and takes in defaults; nothing is compared with the image or the host yet.
Outcome<ContainerConfig> read_create_body(const boost::json::object& body, unsigned api);
// Fills in from the image what the client left out (daemon's merge of configurations).
void merge_image(ContainerConfig& config, const image::RunConfig& image);
// Contradictions and values that are never right, with Docker's wording. Warnings are sentences
// that clients print.
Outcome<std::vector<std::string>> validate(const ContainerConfig& config, unsigned host_cpus);
// HostConfig's resources alone (validate() and update share them).
Outcome<> validate_resources(const boost::json::object& host, unsigned host_cpus);

// --- parts of it, read ---

struct NetworkMode {
  enum class Kind { kBridge, kHost, kNone, kContainer, kUser };
  Kind kind = Kind::kBridge;
  std::string name;  // of the container or the network
};
NetworkMode parse_network_mode(const std::string& text);

struct RestartPolicy {
  enum class Kind { kNo, kAlways, kOnFailure, kUnlessStopped };
  Kind kind = Kind::kNo;
  int maximum = 0;  // tries of on-failure; 0: no bound
};
Outcome<RestartPolicy> parse_restart_policy(const boost::json::object& host);

// "80/tcp", "80"; a range "8000-8010/udp" is several.
struct ContainerPort {
  std::uint16_t number = 0;
  network::Protocol protocol = network::Protocol::kTcp;
  std::string text() const;
  auto operator<=>(const ContainerPort&) const = default;
};
Outcome<std::vector<ContainerPort>> parse_ports(const std::string& text);
// What is published: PortBindings, and with PublishAllPorts every exposed port.
Outcome<std::vector<network::PortMapping>> published_ports(const ContainerConfig& config);

std::optional<image::HealthCheck> health_check(const boost::json::object& config);

// "SIGTERM", "term", "15"; nothing when there is no such signal.
std::optional<int> parse_signal(std::string_view text);
// The signal `docker stop` sends, and how long it waits (-1: for ever).
int stop_signal(const boost::json::object& config);
int stop_seconds(const boost::json::object& config);

// "NET_ADMIN", "cap_net_admin", "ALL": the effective set.
Outcome<std::vector<std::string>> capabilities(const std::vector<std::string>& add,
                                               const std::vector<std::string>& drop);

struct SecurityOptions {
  runtime::SeccompMode seccomp = runtime::SeccompMode::kDefault;
  std::string seccomp_profile;
  bool no_new_privileges = false;
  bool unmasked = false;  // systempaths=unconfined
};
Outcome<SecurityOptions> parse_security_options(const std::vector<std::string>& options);

Outcome<std::vector<runtime::ResourceLimit>> parse_ulimits(const boost::json::object& host);
runtime::ResourceLimits resources(const boost::json::object& host);

// "[a-zA-Z0-9][a-zA-Z0-9_.-]+".
bool valid_name(std::string_view name);

}  // namespace cove::engine
