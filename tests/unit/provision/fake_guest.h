// A guest that answers as configured, for tests that have no machine.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "vm/fake/fake_backend.h"
#include "vm/provision/guest.h"

namespace cove::provision {

class FakeGuest final : public Guest {
 public:
  explicit FakeGuest(std::shared_ptr<vm::FakeHypervisor> hypervisor)
      : hypervisor_(std::move(hypervisor)) {}

  Result<std::unique_ptr<Line>> connect(Fd, std::chrono::milliseconds, std::stop_token) override {
    if (init_silent)
      return Error{ErrorCode::kTimeout, "hear from", "init", "it did not answer in time", ""};
    return std::unique_ptr<Line>(std::make_unique<FakeLine>(*this));
  }
  ApiState api_state(const client::Endpoint& endpoint, const client::TlsIdentity&,
                     const std::string& node_name, std::chrono::milliseconds,
                     std::stop_token) override {
    last_endpoint = endpoint;
    last_node = node_name;
    return api;
  }

  std::atomic<bool> init_silent = false;
  std::string machine = "cove";  // the one that powers off when asked
  std::string configure_trouble;
  std::vector<channel::NodeConfiguration> configurations;
  ApiState api{true, true, "v1.36.0", ""};
  client::Endpoint last_endpoint;
  std::string last_node;

 private:
  class FakeLine final : public Line {
   public:
    explicit FakeLine(FakeGuest& guest) : guest_(guest) {}
    Result<void> configure(const channel::NodeConfiguration& configuration,
                           std::stop_token) override {
      if (!guest_.configure_trouble.empty()) {
        return Error{ErrorCode::kCorrupt, "configure", "the node", guest_.configure_trouble, ""};
      }
      guest_.configurations.push_back(configuration);
      return {};
    }
    Result<void> wait_ready(std::stop_token) override { return {}; }
    Result<void> power_off(std::stop_token) override {
      guest_.hypervisor_->power_off(guest_.machine);
      return {};
    }

   private:
    FakeGuest& guest_;
  };

  std::shared_ptr<vm::FakeHypervisor> hypervisor_;
};

}  // namespace cove::provision
