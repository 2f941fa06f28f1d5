// Is hardware virtualization usable? Proven by booting something, not by /dev/kvm existing.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/process.h"
#include "vm/backend/backend.h"

namespace cove::vm::libvirt {

struct KvmVerdict {
  Acceleration acceleration = Acceleration::kSoftware;
  std::string note;  // one plain sentence when kSoftware
};

// Runs `command` and watches what it prints until it ends, prints `proof`, stays silent for
// `silence` or is past `limit`; then kills it. True when `proof` was printed.
using BootWatcher =
    std::function<Result<bool>(const Command& command, const std::string& proof,
                               std::chrono::milliseconds silence, std::chrono::milliseconds limit)>;
Result<bool> watch_boot(const Command& command, const std::string& proof,
                        std::chrono::milliseconds silence, std::chrono::milliseconds limit);

struct KvmProbe {
  Path device = "/dev/kvm";
  Path qemu;    // empty: qemu-system-x86_64 from PATH
  Path kernel;  // ELF vmlinux; empty or absent: QEMU's firmware is booted instead
  Path cache;   // folder for the remembered verdict; empty: nothing is remembered
  std::string qemu_version;
  Path proc = "/proc";
  BootWatcher boot = watch_boot;
};

// A proof is remembered for this processor, host kernel, QEMU and guest kernel; a failure also only
// until the host boots again. A verdict that takes no proof (the device is absent or closed to this
// account) is found anew each time.
KvmVerdict probe_kvm(const KvmProbe& probe, Logger& logger);

}  // namespace cove::vm::libvirt
