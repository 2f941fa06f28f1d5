#include "vm/provision/guest.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "core/base/strings.h"

namespace cove::provision {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

// Generous, because software emulation on a busy computer is slow; a healthy guest answers in
// milliseconds.
constexpr auto kConfigureTimeout = 90s;  // formats a new data disk
constexpr auto kReadyTimeout = 90s;
constexpr auto kPowerOffTimeout = 5s;

class ChannelLine final : public Guest::Line {
 public:
  explicit ChannelLine(channel::ControlClient client) : client_(std::move(client)) {}

  Result<void> configure(const channel::NodeConfiguration& configuration,
                         std::stop_token stop) override {
    return client_.configure(configuration, kConfigureTimeout, stop);
  }
  Result<void> wait_ready(std::stop_token stop) override {
    COVE_CHECK(client_.wait_ready(kReadyTimeout, stop));
    return {};
  }
  Result<void> power_off(std::stop_token stop) override {
    return client_.power_off(kPowerOffTimeout, stop);
  }

 private:
  channel::ControlClient client_;
};

// The string at a JSON pointer, or an empty one.
std::string text_at(const json::value& document, const char* pointer) {
  boost::system::error_code error;
  const json::value* value = document.find_pointer(pointer, error);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

// The Ready condition and version in a v1 Node document.
void read_node(const std::string& body, ApiState& state) {
  boost::system::error_code error;
  const json::value node = json::parse(body, error);
  if (error) {
    state.problem = "the API server's answer is not JSON";
    return;
  }
  state.version = text_at(node, "/status/nodeInfo/kubeletVersion");
  const json::value* conditions = node.find_pointer("/status/conditions", error);
  if (conditions == nullptr || !conditions->is_array()) {
    state.problem = "the node has no conditions yet";
    return;
  }
  state.problem = "the node is not Ready";
  for (const json::value& condition : conditions->as_array()) {
    if (text_at(condition, "/type") != "Ready") continue;
    state.node_ready = text_at(condition, "/status") == "True";
    state.problem = state.node_ready
                        ? ""
                        : fmt::format("the node is not Ready: {}", text_at(condition, "/message"));
  }
}

class RealGuest final : public Guest {
 public:
  Result<std::unique_ptr<Line>> connect(Fd channel, std::chrono::milliseconds timeout,
                                        std::stop_token stop) override {
    COVE_TRY(auto client, channel::ControlClient::connect(std::move(channel), timeout, stop));
    return std::unique_ptr<Line>(std::make_unique<ChannelLine>(std::move(client)));
  }

  ApiState api_state(const client::Endpoint& endpoint, const client::TlsIdentity& identity,
                     const std::string& node_name, std::chrono::milliseconds timeout,
                     std::stop_token stop) override {
    ApiState state;
    // On one connection: a handshake takes an emulated processor longer than all the rest.
    const std::vector<std::string> targets{"/readyz", "/api/v1/nodes/" + node_name};
    const auto answers = client::https_get(endpoint, identity, targets, timeout, stop);
    if (!answers) {
      state.problem = answers.error().cause;
      return state;
    }
    const client::Response& ready = answers->front();
    if (ready.status != 200) {
      state.problem = fmt::format("the API server answers {}: {}", ready.status,
                                  escape_control(std::string_view(ready.body).substr(0, 200)));
      return state;
    }
    state.ready = true;
    const client::Response& node = answers->back();
    if (node.status != 200) {
      state.problem = fmt::format("the API server answers {} for node {}", node.status, node_name);
    } else {
      read_node(node.body, state);
    }
    return state;
  }
};

}  // namespace

std::shared_ptr<Guest> make_guest() {
  return std::make_shared<RealGuest>();
}

}  // namespace cove::provision
