// What probes and hooks do: commands in containers, HTTP requests, connections.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "core/node/probes.h"

namespace cove::node {

struct CommandEnd {
  std::optional<int> exit_code;  // nothing: `stop` came first, and it was killed
  std::string output;            // both streams; at most 10 KiB
};
// With the user, folder and variables of the container.
Result<CommandEnd> run_in_container(runtime::Runtime& runtime, const std::string& id,
                                    const std::vector<std::string>& command, std::stop_token stop);

// The port of an action: a number, or the name of one of the container's. kInvalidArgument.
Result<std::uint16_t> port_of(const boost::json::object& action, const ProbeTarget& target);

struct HttpAnswer {
  int status = 0;
};
// An httpGet action. Redirects are followed as long as they stay on the host. The error's cause is
// as Go's client words it: 'Get "http://10.0.0.5:80/": dial tcp 10.0.0.5:80: connect: connection
// refused'. kInvalidArgument when there is no such port.
Result<HttpAnswer> http_get(const boost::json::object& action, const ProbeTarget& target,
                            std::string_view user_agent, std::chrono::milliseconds timeout,
                            std::stop_token stop);

// 'dial tcp 10.0.0.5:80: connect: connection refused', 'dial tcp 10.0.0.5:80: i/o timeout'.
Result<void> dial(const std::string& host, std::uint16_t port, std::chrono::milliseconds timeout,
                  std::stop_token stop);

// The host an action names, or else the pod's.
std::string host_of(const boost::json::object& action, const ProbeTarget& target);

// One look by an httpGet or tcpSocket action.
ProbeAttempt probe_http(const boost::json::object& action, const ProbeTarget& target,
                        std::chrono::milliseconds timeout, std::stop_token stop);
ProbeAttempt probe_tcp(const boost::json::object& action, const ProbeTarget& target,
                       std::chrono::milliseconds timeout, std::stop_token stop);

// By the gRPC health checking protocol (grpc.health.v1), without TLS.
ProbeAttempt probe_grpc(const boost::json::object& action, const ProbeTarget& target,
                        std::chrono::milliseconds timeout, std::stop_token stop);

}  // namespace cove::node
