// FakeBackend: a Backend without a hypervisor, for unit tests.
#pragma once

#include <memory>

#include "vm/backend/backend.h"
#include "vm/fake/fake_hypervisor.h"

namespace cove::vm {

// Keeps the contract of Backend and of all optional interfaces (the suite in tests/unit/backend
// runs against it). Thread-safe.
class FakeBackend final : public Backend, public Forwarding, public Saving, public Snapshots {
 public:
  explicit FakeBackend(
      std::shared_ptr<FakeHypervisor> hypervisor = std::make_shared<FakeHypervisor>());

  FakeHypervisor& hypervisor() { return *hypervisor_; }

  Result<BackendInfo> describe() override;
  Result<void> define(const MachineSpec& spec) override;
  Result<void> start(const std::string& machine) override;
  Result<void> stop(const std::string& machine, StopPolicy policy) override;
  Result<void> undefine(const std::string& machine) override;
  Result<Observation> observe(const std::string& machine) override;
  Result<std::vector<std::string>> machines() override;
  Result<GuestNetwork> guest_network(const std::string& machine) override;
  Result<Fd> open_channel(const std::string& machine, const ChannelSpec& channel) override;
  Result<std::unique_ptr<Subscription>> subscribe(
      std::function<void(const std::string& machine)> changed) override;

  Forwarding* forwarding() override { return this; }
  Saving* saving() override { return this; }
  vm::Snapshots* snapshots() override { return this; }

  Result<void> add_forward(const std::string& machine, const ForwardRule& rule) override;
  Result<void> remove_forward(const std::string& machine, const ForwardRule& rule) override;
  Result<std::vector<ForwardRule>> forwards(const std::string& machine) override;

  Result<void> save(const std::string& machine) override;
  Result<void> discard_saved(const std::string& machine) override;

  Result<void> take_snapshot(const std::string& machine, const std::string& name) override;
  Result<void> restore_snapshot(const std::string& machine, const std::string& name) override;
  Result<void> remove_snapshot(const std::string& machine, const std::string& name) override;
  Result<std::vector<Snapshot>> snapshots(const std::string& machine) override;

 private:
  // The machine, or kNotFound; kUnavailable unless it runs; kConflict unless it is off. The caller
  // holds the mutex.
  Result<FakeHypervisor::Machine*> find(const std::string& action, const std::string& machine);
  Result<FakeHypervisor::Machine*> find_running(const std::string& action,
                                                const std::string& machine);
  Result<FakeHypervisor::Machine*> find_off(const std::string& action, const std::string& machine);

  std::shared_ptr<FakeHypervisor> hypervisor_;
};

}  // namespace cove::vm
