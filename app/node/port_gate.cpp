#include "app/node/port_gate.h"

#include <fcntl.h>

#include "vm/channel/line.h"
#include "vm/channel/ports.h"

namespace cove::node {
namespace {

// The host answers within milliseconds; a container must not wait long for one that hangs.
constexpr std::chrono::seconds kPatience{5};

class HostPorts final : public network::PortGate {
 public:
  explicit HostPorts(std::unique_ptr<channel::PortRequests> requests)
      : requests_(std::move(requests)) {}

  Result<void> open(const network::PortMapping& mapping) override {
    return requests_->open(port_of(mapping), kPatience);
  }
  void close(const network::PortMapping& mapping) override { requests_->close(port_of(mapping)); }

 private:
  static channel::PublishedPort port_of(const network::PortMapping& mapping) {
    return {mapping.protocol == network::Protocol::kUdp, mapping.host_port};
  }

  std::unique_ptr<channel::PortRequests> requests_;
};

}  // namespace

std::unique_ptr<network::PortGate> make_port_gate(Logger& logger) {
  const auto device = channel::find_port(channel::kPortsPort);
  if (!device) return nullptr;
  Fd fd(::open(device->c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!fd) {
    logger.error(errno_error(errno, "open", device->string()).message());
    return nullptr;
  }
  auto requests = channel::PortRequests::start(std::move(fd), logger);
  if (!requests) {
    logger.error(requests.error().message());
    return nullptr;
  }
  return std::make_unique<HostPorts>(std::move(*requests));
}

}  // namespace cove::node
