// The libvirt backend: machines as QEMU domains.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/base/clock.h"
#include "core/base/fs.h"
#include "core/base/log.h"
#include "core/base/result.h"
#include "vm/backend/backend.h"

namespace cove::vm {

inline constexpr const char* kSessionUri = "qemu:///session";
inline constexpr const char* kSystemUri = "qemu:///system";

// What a KVM probe found; see kvm_probe.h for the real one.
struct AccelerationVerdict {
  Acceleration acceleration = Acceleration::kSoftware;
  std::string note;  // one plain sentence when kSoftware
};

struct LibvirtOptions {
  // kSessionUri: rootless, user network, forwards. kSystemUri: the NAT network. "test:///default":
  // libvirt's mock, for tests; it has neither forwards nor channels.
  std::string uri = kSessionUri;
  Clock& clock;
  Logger& logger;
  Path cache;  // folder where the result of the KVM probe is remembered; may be absent yet
  // Where libvirt's session daemon keeps a log for every machine
  // ($XDG_CACHE_HOME/libvirt/qemu/log): libvirt leaves it behind, so undefine() removes the
  // machine's. Empty: kept.
  Path machine_logs = {};
  Path probe_kernel;  // the ELF kernel it boots, the system image's; absent: QEMU's firmware
  // Replaces the probe; empty: the real one. Called with QEMU's version.
  std::function<AccelerationVerdict(const std::string& qemu_version)> probe;
  Path proc_net_route = "/proc/net/route";  // where the networks in use are read
};

// Connects. kUnavailable when libvirt or QEMU is not installed, kPermissionDenied when this account
// may not. Afterwards the connection is made again whenever the daemon went away. forwarding() is
// there for kSessionUri alone; saving() and snapshots() always are. Domains that Cove did not make,
// or made for another user, are treated as absent; only their names are taken (define() gives
// kConflict).
//
// The clock and the logger must outlive the backend. Channels opened through kSystemUri end with
// the backend.
Result<std::shared_ptr<Backend>> make_libvirt_backend(LibvirtOptions options);

}  // namespace cove::vm
