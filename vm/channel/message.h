// The JSON documents inside control and shell frames. Everything from the line is checked: sizes,
// names, addresses.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "vm/channel/control.h"
#include "vm/channel/frame.h"
#include "vm/channel/ports.h"
#include "vm/channel/shell.h"

namespace cove::channel {

// Of the messages' form. A peer that speaks another says so instead of guessing.
inline constexpr int kProtocol = 1;

struct ControlRequest {
  enum class Method { kConfigure, kState, kWait, kSetTime, kPowerOff };
  std::uint64_t id = 0;
  Method method = Method::kState;
  NodeConfiguration configuration;    // kConfigure
  std::int64_t unix_nanoseconds = 0;  // kSetTime
};

struct ControlResponse {
  std::uint64_t id = 0;
  Result<NodeState> result = NodeState{};  // every answer carries the state
};

std::string to_json(const ControlRequest& request);
Result<ControlRequest> parse_control_request(std::string_view text);
// The id of a request that cannot be read otherwise, or 0.
std::uint64_t request_id(std::string_view text);

std::string to_json(const ControlResponse& response);
Result<ControlResponse> parse_control_response(std::string_view text);

std::string to_json(const ShellRequest& request);
Result<ShellRequest> parse_shell_request(std::string_view text);

// A guest's wish about one published port, and the host's answer.
struct PortRequest {
  std::uint64_t id = 0;
  bool open = true;  // else close
  PublishedPort port;
};
struct PortAnswer {
  std::uint64_t id = 0;
  Result<void> result;
};
std::string to_json(const PortRequest& request);
Result<PortRequest> parse_port_request(std::string_view text);
std::string to_json(const PortAnswer& answer);
Result<PortAnswer> parse_port_answer(std::string_view text);
std::string ports_to_json(const std::vector<PublishedPort>& ports);
Result<std::vector<PublishedPort>> parse_ports(std::string_view text);

std::string to_json(const Error& error);
Error parse_error(std::string_view text);

}  // namespace cove::channel
