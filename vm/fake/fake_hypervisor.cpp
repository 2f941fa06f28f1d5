#include "vm/fake/fake_hypervisor.h"

#include <algorithm>

namespace cove::vm {

FakeHypervisor::FakeHypervisor() {
  info_.name = "fake";
  info_.version = "fake 1.0";
  info_.acceleration = Acceleration::kKvm;
}

void FakeHypervisor::fail_next(const std::string& kind, Error error) {
  std::lock_guard lock(mutex_);
  failures_[kind].push_back(std::move(error));
}

void FakeHypervisor::on_call(std::function<void(const Call&)> hook) {
  std::lock_guard lock(mutex_);
  call_hook_ = std::move(hook);
}

void FakeHypervisor::on_open_channel(ChannelHook hook) {
  std::lock_guard lock(mutex_);
  channel_hook_ = std::move(hook);
}

void FakeHypervisor::on_power_button(std::function<bool(const std::string&)> hook) {
  std::lock_guard lock(mutex_);
  power_button_ = std::move(hook);
}

void FakeHypervisor::crash(const std::string& machine, std::string trouble) {
  std::lock_guard lock(mutex_);
  const auto found = machines_.find(machine);
  if (found == machines_.end()) return;
  end_process(found->second, std::move(trouble));
  notifier_.notify(machine);
}

void FakeHypervisor::power_off(const std::string& machine) {
  crash(machine, "");
}

void FakeHypervisor::freeze(const std::string& machine) {
  std::lock_guard lock(mutex_);
  const auto found = machines_.find(machine);
  if (found == machines_.end() || found->second.power != Power::kRunning) return;
  found->second.power = Power::kFrozen;
  notifier_.notify(machine);
}

void FakeHypervisor::reconnect() {
  notifier_.notify("");
}

void FakeHypervisor::occupy_port(Protocol protocol, std::uint16_t port) {
  std::lock_guard lock(mutex_);
  occupied_.emplace_back(protocol, port);
}

void FakeHypervisor::release_port(Protocol protocol, std::uint16_t port) {
  std::lock_guard lock(mutex_);
  std::erase(occupied_, std::pair(protocol, port));
}

void FakeHypervisor::set_info(BackendInfo info) {
  std::lock_guard lock(mutex_);
  info_ = std::move(info);
}

std::vector<FakeHypervisor::Call> FakeHypervisor::calls() const {
  std::lock_guard lock(mutex_);
  return {calls_.items().begin(), calls_.items().end()};
}

std::size_t FakeHypervisor::count(const std::string& kind) const {
  std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(calls_.items().begin(), calls_.items().end(),
                                                [&](const Call& c) { return c.kind == kind; }));
}

void FakeHypervisor::clear_calls() {
  std::lock_guard lock(mutex_);
  calls_.clear();
}

std::optional<MachineSpec> FakeHypervisor::spec(const std::string& machine) const {
  std::lock_guard lock(mutex_);
  const auto found = machines_.find(machine);
  if (found == machines_.end()) return std::nullopt;
  return found->second.spec;
}

std::optional<Fd> FakeHypervisor::take_guest_end(const std::string& machine,
                                                 const std::string& channel) {
  std::lock_guard lock(mutex_);
  const auto found = machines_.find(machine);
  if (found == machines_.end()) return std::nullopt;
  std::deque<Fd>& ends = found->second.guest_ends[channel];
  if (ends.empty()) return std::nullopt;
  Fd end = std::move(ends.front());
  ends.pop_front();
  return end;
}

Result<void> FakeHypervisor::enter(const std::string& kind, const std::string& machine) {
  std::function<void(const Call&)> hook;
  {
    std::lock_guard lock(mutex_);
    calls_.push(Call{kind, machine});
    hook = call_hook_;
  }
  if (hook) hook(Call{kind, machine});
  std::lock_guard lock(mutex_);
  const auto queued = failures_.find(kind);
  if (queued == failures_.end() || queued->second.empty()) return {};
  Error error = std::move(queued->second.front());
  queued->second.pop_front();
  return error;
}

void FakeHypervisor::end_process(Machine& machine, std::string trouble) {
  machine.power = Power::kOff;
  machine.trouble = std::move(trouble);
  machine.forwards.clear();
  machine.guest_ends.clear();
}

}  // namespace cove::vm
