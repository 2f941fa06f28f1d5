#include "vm/fake/fake_backend.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "vm/backend/validate.h"

namespace cove::vm {
namespace {

constexpr std::int64_t kSnapshotTime = 1'700'000'000;

bool same(const MachineSpec& a, const MachineSpec& b) {
  const auto disks = [](const DiskSpec& x, const DiskSpec& y) {
    return x.file == y.file && x.format == y.format && x.read_only == y.read_only &&
           x.serial == y.serial;
  };
  const auto channels = [](const ChannelSpec& x, const ChannelSpec& y) {
    return x.name == y.name && x.socket == y.socket;
  };
  return a.name == b.name && a.uuid == b.uuid && a.title == b.title && a.cpus == b.cpus &&
         a.memory_mib == b.memory_mib && a.kernel == b.kernel && a.initrd == b.initrd &&
         a.command_line == b.command_line && a.console_log == b.console_log &&
         a.network.mode == b.network.mode && a.network.mac == b.network.mac &&
         a.acceleration == b.acceleration &&
         std::equal(a.disks.begin(), a.disks.end(), b.disks.begin(), b.disks.end(), disks) &&
         std::equal(a.channels.begin(), a.channels.end(), b.channels.begin(), b.channels.end(),
                    channels);
}

bool alive(Power power) {
  return power == Power::kRunning || power == Power::kFrozen;
}

}  // namespace

FakeBackend::FakeBackend(std::shared_ptr<FakeHypervisor> hypervisor)
    : hypervisor_(std::move(hypervisor)) {}

Result<FakeHypervisor::Machine*> FakeBackend::find(const std::string& action,
                                                   const std::string& machine) {
  const auto found = hypervisor_->machines_.find(machine);
  if (found == hypervisor_->machines_.end()) {
    return Error{ErrorCode::kNotFound, action, machine, "there is no such virtual machine", ""};
  }
  return &found->second;
}

Result<FakeHypervisor::Machine*> FakeBackend::find_running(const std::string& action,
                                                           const std::string& machine) {
  COVE_TRY(FakeHypervisor::Machine * found, find(action, machine));
  if (alive(found->power)) return found;
  return Error{ErrorCode::kUnavailable, action, machine, "the virtual machine is not running",
               "Start it first."};
}

Result<FakeHypervisor::Machine*> FakeBackend::find_off(const std::string& action,
                                                       const std::string& machine) {
  COVE_TRY(FakeHypervisor::Machine * found, find(action, machine));
  if (found->power == Power::kOff) return found;
  return Error{ErrorCode::kConflict, action, machine, "the virtual machine is not off",
               "Stop it first."};
}

Result<BackendInfo> FakeBackend::describe() {
  COVE_CHECK(hypervisor_->enter("describe", ""));
  std::lock_guard lock(hypervisor_->mutex_);
  return hypervisor_->info_;
}

Result<void> FakeBackend::define(const MachineSpec& spec) {
  COVE_CHECK(hypervisor_->enter("define", spec.name));
  COVE_CHECK(validate(spec));
  std::lock_guard lock(hypervisor_->mutex_);
  const auto [entry, inserted] = hypervisor_->machines_.try_emplace(spec.name);
  FakeHypervisor::Machine& machine = entry->second;
  if (inserted) {
    machine.network_index = hypervisor_->next_network_index_++;
  } else if (alive(machine.power)) {
    if (same(machine.spec, spec)) return {};
    return Error{ErrorCode::kConflict, "change the virtual machine", spec.name, "it is running",
                 "Stop it first."};
  }
  machine.spec = spec;
  hypervisor_->notifier_.notify(spec.name);
  return {};
}

Result<void> FakeBackend::start(const std::string& machine) {
  COVE_CHECK(hypervisor_->enter("start", machine));
  std::lock_guard lock(hypervisor_->mutex_);
  COVE_TRY(FakeHypervisor::Machine * found, find("start the virtual machine", machine));
  if (found->power == Power::kRunning) return {};
  found->power = Power::kRunning;
  found->trouble.clear();
  hypervisor_->notifier_.notify(machine);
  return {};
}

Result<void> FakeBackend::stop(const std::string& machine, StopPolicy policy) {
  COVE_CHECK(hypervisor_->enter("stop", machine));
  std::function<bool(const std::string&)> button;
  {
    std::lock_guard lock(hypervisor_->mutex_);
    COVE_TRY(FakeHypervisor::Machine * found, find("stop the virtual machine", machine));
    if (!alive(found->power)) return {};
    if (policy == StopPolicy::kGraceful) button = hypervisor_->power_button_;
  }
  if (!button || button(machine)) hypervisor_->power_off(machine);
  return {};
}

Result<void> FakeBackend::undefine(const std::string& machine) {
  COVE_CHECK(hypervisor_->enter("undefine", machine));
  std::lock_guard lock(hypervisor_->mutex_);
  const auto found = hypervisor_->machines_.find(machine);
  if (found == hypervisor_->machines_.end()) return {};
  if (alive(found->second.power)) {
    return Error{ErrorCode::kConflict, "remove the virtual machine", machine, "it is running",
                 "Stop it first."};
  }
  hypervisor_->machines_.erase(found);
  hypervisor_->notifier_.notify(machine);
  return {};
}

Result<Observation> FakeBackend::observe(const std::string& machine) {
  COVE_CHECK(hypervisor_->enter("observe", machine));
  std::lock_guard lock(hypervisor_->mutex_);
  const auto found = hypervisor_->machines_.find(machine);
  if (found == hypervisor_->machines_.end()) return Observation{};
  return Observation{found->second.power, found->second.trouble};
}

Result<std::vector<std::string>> FakeBackend::machines() {
  COVE_CHECK(hypervisor_->enter("machines", ""));
  std::lock_guard lock(hypervisor_->mutex_);
  std::vector<std::string> names;
  for (const auto& [name, machine] : hypervisor_->machines_) names.push_back(name);
  return names;
}

Result<GuestNetwork> FakeBackend::guest_network(const std::string& machine) {
  COVE_CHECK(hypervisor_->enter("guest_network", machine));
  std::lock_guard lock(hypervisor_->mutex_);
  COVE_TRY(FakeHypervisor::Machine * found, find("find the network of", machine));
  if (found->spec.network.mode == NetworkMode::kUser) {
    return GuestNetwork{"10.0.2.15", 24, "10.0.2.2", "10.0.2.3", ""};
  }
  const std::string address = fmt::format("192.168.77.{}", 10 + found->network_index % 200);
  return GuestNetwork{address, 24, "192.168.77.1", "192.168.77.1", address};
}

Result<Fd> FakeBackend::open_channel(const std::string& machine, const ChannelSpec& channel) {
  COVE_CHECK(hypervisor_->enter("open_channel", machine));
  FakeHypervisor::ChannelHook hook;
  {
    std::lock_guard lock(hypervisor_->mutex_);
    COVE_TRY(FakeHypervisor::Machine * found,
             find_running("open the channel " + channel.name + " of", machine));
    const auto& channels = found->spec.channels;
    if (std::none_of(channels.begin(), channels.end(),
                     [&](const ChannelSpec& c) { return c.name == channel.name; })) {
      return Error{ErrorCode::kNotFound, "open the channel " + channel.name + " of", machine,
                   "the virtual machine has no such channel", ""};
    }
    hook = hypervisor_->channel_hook_;
  }
  if (hook) return hook(machine, channel);
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return errno_error(errno, "open the channel " + channel.name + " of", machine);
  }
  Fd host(ends[0]);
  Fd guest(ends[1]);
  std::lock_guard lock(hypervisor_->mutex_);
  COVE_TRY(FakeHypervisor::Machine * found,
           find_running("open the channel " + channel.name + " of", machine));
  found->guest_ends[channel.name].push_back(std::move(guest));
  return host;
}

Result<std::unique_ptr<Backend::Subscription>> FakeBackend::subscribe(
    std::function<void(const std::string&)> changed) {
  COVE_CHECK(hypervisor_->enter("subscribe", ""));
  return hypervisor_->notifier_.subscribe(std::move(changed));
}

Result<void> FakeBackend::add_forward(const std::string& machine, const ForwardRule& rule) {
  COVE_CHECK(hypervisor_->enter("add_forward", machine));
  COVE_CHECK(validate(rule));
  std::lock_guard lock(hypervisor_->mutex_);
  COVE_TRY(FakeHypervisor::Machine * found, find_running("forward a port of", machine));
  if (std::count(found->forwards.begin(), found->forwards.end(), rule) > 0) return {};
  bool taken = std::count(hypervisor_->occupied_.begin(), hypervisor_->occupied_.end(),
                          std::pair(rule.protocol, rule.host_port)) > 0;
  for (const auto& [name, other] : hypervisor_->machines_) {
    for (const ForwardRule& f : other.forwards) {
      taken = taken || (f.protocol == rule.protocol && f.host_port == rule.host_port &&
                        f.host_address == rule.host_address);
    }
  }
  if (taken) {
    return Error{ErrorCode::kConflict, fmt::format("forward port {} to", rule.host_port), machine,
                 fmt::format("port {} of {} is taken", rule.host_port, rule.host_address),
                 "Free the port or choose another."};
  }
  found->forwards.push_back(rule);
  return {};
}

Result<void> FakeBackend::remove_forward(const std::string& machine, const ForwardRule& rule) {
  COVE_CHECK(hypervisor_->enter("remove_forward", machine));
  COVE_CHECK(validate(rule));
  std::lock_guard lock(hypervisor_->mutex_);
  COVE_TRY(FakeHypervisor::Machine * found, find_running("stop forwarding a port of", machine));
  std::erase(found->forwards, rule);
  return {};
}

Result<std::vector<ForwardRule>> FakeBackend::forwards(const std::string& machine) {
  COVE_CHECK(hypervisor_->enter("forwards", machine));
  std::lock_guard lock(hypervisor_->mutex_);
  COVE_TRY(FakeHypervisor::Machine * found, find_running("list the forwarded ports of", machine));
  return found->forwards;
}

Result<void> FakeBackend::save(const std::string& machine) {
  COVE_CHECK(hypervisor_->enter("save", machine));
  std::lock_guard lock(hypervisor_->mutex_);
  COVE_TRY(FakeHypervisor::Machine * found, find("save the virtual machine", machine));
  if (found->power == Power::kSaved) return {};
  COVE_TRY(found, find_running("save the virtual machine", machine));
  hypervisor_->end_process(*found, "");
  found->power = Power::kSaved;
  hypervisor_->notifier_.notify(machine);
  return {};
}

Result<void> FakeBackend::discard_saved(const std::string& machine) {
  COVE_CHECK(hypervisor_->enter("discard_saved", machine));
  std::lock_guard lock(hypervisor_->mutex_);
  COVE_TRY(FakeHypervisor::Machine * found,
           find("discard the saved memory of the virtual machine", machine));
  if (found->power != Power::kSaved) return {};
  found->power = Power::kOff;
  hypervisor_->notifier_.notify(machine);
  return {};
}

Result<void> FakeBackend::take_snapshot(const std::string& machine, const std::string& name) {
  COVE_CHECK(hypervisor_->enter("take_snapshot", machine));
  COVE_CHECK(validate_snapshot_name(name));
  std::lock_guard lock(hypervisor_->mutex_);
  COVE_TRY(FakeHypervisor::Machine * found, find_off("take a snapshot of", machine));
  for (const Snapshot& s : found->snapshots) {
    if (s.name == name) {
      return Error{ErrorCode::kAlreadyExists, "take a snapshot of", machine,
                   "it already has a snapshot named '" + name + "'", "Choose another name."};
    }
  }
  found->snapshots.push_back(
      Snapshot{name, kSnapshotTime + static_cast<std::int64_t>(found->snapshots.size())});
  return {};
}

Result<void> FakeBackend::restore_snapshot(const std::string& machine, const std::string& name) {
  COVE_CHECK(hypervisor_->enter("restore_snapshot", machine));
  COVE_CHECK(validate_snapshot_name(name));
  std::lock_guard lock(hypervisor_->mutex_);
  COVE_TRY(FakeHypervisor::Machine * found, find_off("restore a snapshot of", machine));
  for (const Snapshot& s : found->snapshots) {
    if (s.name == name) return {};
  }
  return Error{ErrorCode::kNotFound, "restore a snapshot of", machine,
               "it has no snapshot named '" + name + "'", ""};
}

Result<void> FakeBackend::remove_snapshot(const std::string& machine, const std::string& name) {
  COVE_CHECK(hypervisor_->enter("remove_snapshot", machine));
  COVE_CHECK(validate_snapshot_name(name));
  std::lock_guard lock(hypervisor_->mutex_);
  COVE_TRY(FakeHypervisor::Machine * found, find_off("remove a snapshot of", machine));
  std::erase_if(found->snapshots, [&](const Snapshot& s) { return s.name == name; });
  return {};
}

Result<std::vector<Snapshots::Snapshot>> FakeBackend::snapshots(const std::string& machine) {
  COVE_CHECK(hypervisor_->enter("snapshots", machine));
  std::lock_guard lock(hypervisor_->mutex_);
  COVE_TRY(FakeHypervisor::Machine * found, find("list the snapshots of", machine));
  return found->snapshots;
}

}  // namespace cove::vm
