// The world a FakeBackend acts on: machines in memory, and the strings a test pulls.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/bounded.h"
#include "core/base/clock.h"
#include "vm/backend/backend.h"
#include "vm/backend/notifier.h"

namespace cove::vm {

// Thread-safe. Shared by the backends that see the same machines, as two programs on one computer
// do. Hooks run on the calling thread without a lock held, so they may call back into the
// hypervisor or block.
class FakeHypervisor {
 public:
  // A call of the Backend or of one of its optional interfaces by its method's name: "define",
  // "add_forward", …
  struct Call {
    std::string kind;
    std::string machine;  // empty where the call names none
  };
  using ChannelHook = std::function<Result<Fd>(const std::string& machine, const ChannelSpec&)>;

  FakeHypervisor();

  // The next call of that kind fails with `error` and changes nothing. Several queue up, oldest
  // first.
  void fail_next(const std::string& kind, Error error);
  // Runs before each call; a test blocks, kills or counts in it.
  void on_call(std::function<void(const Call&)> hook);
  // Answers open_channel. Without a hook it makes a socket pair whose guest end take_guest_end()
  // hands out.
  void on_open_channel(ChannelHook hook);
  // Decides what a pressed power button does; without one the machine is off at once. False: the
  // guest ignores it.
  void on_power_button(std::function<bool(const std::string& machine)> hook);

  // The machine's process dies: off, with that trouble, forwards gone, subscribers told.
  void crash(const std::string& machine, std::string trouble = "QEMU was killed or crashed");
  // The guest powered off by itself: off without trouble.
  void power_off(const std::string& machine);
  // The processors stop, as after a host's disk filled up.
  void freeze(const std::string& machine);
  // The connection was lost and found again: subscribers get the empty name.
  void reconnect();
  // A host port that another program holds: add_forward gives kConflict.
  void occupy_port(Protocol protocol, std::uint16_t port);
  void release_port(Protocol protocol, std::uint16_t port);
  void set_info(BackendInfo info);

  // Oldest first; the newest 10000 are kept.
  std::vector<Call> calls() const;
  std::size_t count(const std::string& kind) const;
  void clear_calls();
  std::optional<MachineSpec> spec(const std::string& machine) const;
  // The guest's end of the oldest channel opened and not yet taken; nothing when there is none.
  std::optional<Fd> take_guest_end(const std::string& machine, const std::string& channel);

 private:
  friend class FakeBackend;

  struct Machine {
    MachineSpec spec;
    Power power = Power::kOff;
    std::string trouble;
    std::vector<ForwardRule> forwards;
    std::vector<Snapshots::Snapshot> snapshots;
    std::map<std::string, std::deque<Fd>> guest_ends;
    unsigned network_index = 0;
  };

  // Records the call, runs the hook, and gives the error a test ordered for it.
  Result<void> enter(const std::string& kind, const std::string& machine);
  // The machine's process is gone; the caller holds mutex_.
  void end_process(Machine& machine, std::string trouble);

  mutable std::mutex mutex_;
  std::map<std::string, Machine> machines_;
  std::map<std::string, std::deque<Error>> failures_;
  RingBuffer<Call> calls_{10000};
  std::vector<std::pair<Protocol, std::uint16_t>> occupied_;
  std::function<void(const Call&)> call_hook_;
  ChannelHook channel_hook_;
  std::function<bool(const std::string&)> power_button_;
  BackendInfo info_;
  unsigned next_network_index_ = 0;
  Notifier notifier_;
};

}  // namespace cove::vm
