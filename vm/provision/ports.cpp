#include "vm/channel/ports.h"

#include <fmt/format.h>

#include "core/base/launch.h"

#include "vm/provision/provisioner_impl.h"

namespace cove::provision {
namespace {

using namespace std::chrono_literals;

constexpr auto kAgain = 200ms;

// Published ports as forwards of the machine, on the same number.
class MachinePorts final : public channel::PortOpener {
 public:
  MachinePorts(vm::Forwarding& forwarding, std::string machine, Logger& logger)
      : forwarding_(forwarding),
        machine_(std::move(machine)),
        forwarder_(forwarding, machine_),
        logger_(logger) {}

  Result<void> open(const channel::PublishedPort& port) override {
    if (is_own(port.port)) {
      return Error{ErrorCode::kConflict, "publish port", std::to_string(port.port),
                   "the node itself answers there", "Publish another one."};
    }
    COVE_CHECK(
        forwarder_.ensure({{"a published port", protocol_of(port), port.port, port.port, true}}));
    return {};
  }

  void close(const channel::PublishedPort& port) override {
    remove({protocol_of(port), kLoopback, port.port, port.port});
  }

  void keep_only(const std::vector<channel::PublishedPort>& ports) override {
    const auto rules = forwarding_.forwards(machine_);
    if (rules.has_error()) return logger_.warn(rules.error().message());
    for (const vm::ForwardRule& rule : *rules) {
      const bool kept = std::ranges::any_of(ports, [&](const channel::PublishedPort& port) {
        return port.port == rule.guest_port && protocol_of(port) == rule.protocol;
      });
      if (!kept && !is_own(rule.guest_port)) remove(rule);
    }
  }

 private:
  static constexpr const char* kLoopback = "127.0.0.1";

  static vm::Protocol protocol_of(const channel::PublishedPort& port) {
    return port.udp ? vm::Protocol::kUdp : vm::Protocol::kTcp;
  }
  static bool is_own(std::uint16_t port) { return port == kApiPort || port == kEnginePort; }

  void remove(const vm::ForwardRule& rule) {
    if (const auto removed = forwarding_.remove_forward(machine_, rule); removed.has_error())
      logger_.warn(removed.error().message());
  }

  vm::Forwarding& forwarding_;
  const std::string machine_;
  vm::Forwarder forwarder_;
  Logger& logger_;
};

}  // namespace

std::function<Result<void>(const std::string&)> port_server_launcher() {
  return [](const std::string& profile) -> Result<void> {
    const auto program = find_beside("cove");
    if (!program) {
      return Error{ErrorCode::kNotFound, "open published ports for",
                   fmt::format("cluster '{}'", profile),
                   "the program cove is neither beside this one nor in PATH",
                   "Install the package with the command line."};
    }
    return launch_detached({program->string(), "serve-ports", "-p", profile});
  };
}

Result<void> Provisioner::Impl::serve_ports(const std::string& profile, std::stop_token stop) {
  COVE_TRY(const State state, existing(profile));
  COVE_TRY(const std::shared_ptr<vm::Backend> machines, backend(state.wish.network));
  vm::Forwarding* const forwarding = machines->forwarding();
  if (forwarding == nullptr) {
    return Error{ErrorCode::kUnsupported,
                 "open ports for",
                 fmt::format("cluster '{}'", profile),
                 "this way of running virtual machines cannot forward ports",
                 {}};
  }
  COVE_CHECK(make_directories(deps_.paths.lock(profile).parent_path(), 0700));
  COVE_TRY(FileLock lock,
           FileLock::try_acquire(deps_.paths.lock(profile + ".ports"), "opening published ports"));
  MachinePorts ports(*forwarding, state.machine, deps_.logger);
  while (true) {
    COVE_TRY(const vm::Observation seen, machines->observe(state.machine));
    if (seen.power != vm::Power::kRunning && seen.power != vm::Power::kFrozen) break;
    auto line = machines->open_channel(state.machine, ports_channel(state));
    if (line) {
      const auto served = channel::serve_ports(std::move(*line), ports, deps_.logger, stop);
      if (served.has_error()) return served;
    }
    if (!deps_.clock.sleep(kAgain, stop)) {
      return Error{ErrorCode::kCancelled,
                   "open ports for",
                   fmt::format("cluster '{}'", profile),
                   "it was told to stop",
                   {}};
    }
  }
  lock.remove();
  return {};
}

}  // namespace cove::provision
