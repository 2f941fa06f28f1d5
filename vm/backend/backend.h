// Backend: what runs virtual machines.
//
// The interface is small on purpose: a lifecycle every backend has, and optional interfaces for
// what only some can do. State is observed, never remembered: after any failure, ask again.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fd.h"
#include "core/base/fs.h"
#include "core/base/result.h"

namespace cove::vm {

enum class Acceleration { kKvm, kSoftware };
// kUser: the hypervisor's own user-mode network, no privileges needed. kNat: a NAT network of the
// system's libvirt.
enum class NetworkMode { kUser, kNat };
// kGraceful presses the power button and waits for nobody; kForce cuts the power.
enum class StopPolicy { kGraceful, kForce };
enum class Protocol { kTcp, kUdp };

struct DiskSpec {
  enum class Format { kRaw, kQcow2 };
  Path file;
  Format format = Format::kRaw;
  bool read_only = false;
  std::string serial;  // what the guest finds the disk by; at most 20 characters of [A-Za-z0-9_-]
};

// A two-way byte stream between host and guest (a virtio-serial port in the guest).
struct ChannelSpec {
  std::string name;  // the port's name in the guest, for example "dev.cove.control.0"
  Path socket;       // where the backend may put the host's end; at most 100 bytes
};

struct NetworkSpec {
  NetworkMode mode = NetworkMode::kUser;
  std::string mac;  // "52:54:00:xx:xx:xx"
};

// Everything there is to know about a machine before it exists.
struct MachineSpec {
  std::string name;  // unique within the backend
  std::string uuid;
  std::string title;  // for people looking at it with other tools
  unsigned cpus = 2;
  std::uint64_t memory_mib = 2048;
  Path kernel;
  Path initrd;
  std::string command_line;
  std::vector<DiskSpec> disks;
  std::vector<ChannelSpec> channels;
  Path console_log;  // the serial console is appended to it
  NetworkSpec network;
  Acceleration acceleration = Acceleration::kSoftware;
};

enum class Power {
  kAbsent,  // not defined
  kOff,     // defined, not running
  kRunning,
  kFrozen,  // in memory, processors stopped
  kSaved,   // memory written to disk by save()
};

struct Observation {
  Power power = Power::kAbsent;
  // Why it is off, in a person's words, when it did not end as asked: "QEMU was killed or crashed".
  // Else empty.
  std::string trouble;
};

// An address the guest takes, and how it reaches the world.
struct GuestNetwork {
  std::string address;  // "10.0.2.15"
  unsigned prefix_length = 24;
  std::string gateway;
  std::string name_server;
  // Where the host reaches the guest's ports directly; empty when only forwarded ports reach it.
  std::string reachable_at;
};

// Runtime port forwarding host -> guest. Rules vanish with the machine's process.
struct ForwardRule {
  Protocol protocol = Protocol::kTcp;
  std::string host_address = "127.0.0.1";
  std::uint16_t host_port = 0;
  std::uint16_t guest_port = 0;
  bool operator==(const ForwardRule&) const = default;
};

class Forwarding {
 public:
  virtual ~Forwarding() = default;
  // kConflict when the host port is taken; a rule already in place is success.
  virtual Result<void> add_forward(const std::string& machine, const ForwardRule& rule) = 0;
  // Removing what is not there is success.
  virtual Result<void> remove_forward(const std::string& machine, const ForwardRule& rule) = 0;
  // What the running machine forwards now.
  virtual Result<std::vector<ForwardRule>> forwards(const std::string& machine) = 0;
};

// Saves a running machine's memory to disk and ends it; start() continues it.
class Saving {
 public:
  virtual ~Saving() = default;
  virtual Result<void> save(const std::string& machine) = 0;
  // Forgets a saved memory image; start() then boots afresh.
  virtual Result<void> discard_saved(const std::string& machine) = 0;
};

// Snapshots of the writable disks of a machine that is off.
class Snapshots {
 public:
  struct Snapshot {
    std::string name;
    std::int64_t taken_unix_seconds = 0;
  };
  virtual ~Snapshots() = default;
  virtual Result<void> take_snapshot(const std::string& machine, const std::string& name) = 0;
  virtual Result<void> restore_snapshot(const std::string& machine, const std::string& name) = 0;
  virtual Result<void> remove_snapshot(const std::string& machine, const std::string& name) = 0;
  virtual Result<std::vector<Snapshot>> snapshots(const std::string& machine) = 0;
};

struct BackendInfo {
  std::string name;     // "libvirt"
  std::string version;  // "libvirt 9.0.0, QEMU 7.2.22"
  NetworkMode network = NetworkMode::kUser;
  Acceleration acceleration = Acceleration::kSoftware;
  // One plain sentence when acceleration is kSoftware: why, and what would change it. Else empty.
  std::string acceleration_note;
};

// Thread-safe. Every call may block (up to seconds: never call it from a GUI thread).
class Backend {
 public:
  virtual ~Backend() = default;

  virtual Result<BackendInfo> describe() = 0;

  // Makes the machine known, or brings a known one that is off or saved to this spec (a saved one
  // keeps its old shape until its next boot). kConflict when it is running with another spec.
  // Writes nothing else: files the spec names must exist by start().
  virtual Result<void> define(const MachineSpec& spec) = 0;
  // Boots, or continues a saved or frozen machine. A running machine is success.
  virtual Result<void> start(const std::string& machine) = 0;
  // kGraceful returns once asked; kForce returns once it is off. A machine that is off is success.
  virtual Result<void> stop(const std::string& machine, StopPolicy policy) = 0;
  // Forgets the machine with its saved memory and snapshots' metadata; disks stay. Absent is
  // success; kConflict when it runs.
  virtual Result<void> undefine(const std::string& machine) = 0;
  virtual Result<Observation> observe(const std::string& machine) = 0;
  // Names of all machines this program's user made with Cove.
  virtual Result<std::vector<std::string>> machines() = 0;

  // The network a machine of this spec gets. Stable for a machine's life once it is defined.
  virtual Result<GuestNetwork> guest_network(const std::string& machine) = 0;
  // Connects to a running machine's channel; a stream socket. kConflict when another program is on
  // it (where the backend can know), kUnavailable when the machine is not running.
  virtual Result<Fd> open_channel(const std::string& machine, const ChannelSpec& channel) = 0;

  // Calls `changed` with a machine's name, from a thread of the backend's own, whenever its state
  // may have changed, and with an empty name when anything may have (reconnection). Destroying the
  // subscription ends the calls; it waits for a call under way.
  class Subscription {
   public:
    virtual ~Subscription() = default;
  };
  virtual Result<std::unique_ptr<Subscription>> subscribe(
      std::function<void(const std::string& machine)> changed) = 0;

  // Nothing where the backend cannot.
  virtual Forwarding* forwarding() { return nullptr; }
  virtual Saving* saving() { return nullptr; }
  virtual Snapshots* snapshots() { return nullptr; }
};

}  // namespace cove::vm
