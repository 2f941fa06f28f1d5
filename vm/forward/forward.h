// Host ports to guest ports: choosing, naming who holds a taken one, and keeping a running
// machine's rules as wanted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fs.h"
#include "core/base/result.h"
#include "vm/backend/backend.h"

namespace cove::vm {

struct PortHolder {
  pid_t pid = 0;        // 0 when it belongs to another user and cannot be seen
  std::string program;  // "nginx"; "a program of another user" when it cannot be seen
};

// Who listens on that address and port (from /proc/net/{tcp,tcp6,udp,udp6} and /proc/*/fd under
// `proc`). A listener on 0.0.0.0 or :: holds every address. Nothing when the port is free.
std::optional<PortHolder> port_holder(Protocol protocol, const std::string& address,
                                      std::uint16_t port, const Path& proc = "/proc");

// A port wanted on the host: `preferred` first, else the next free one above it (at most 200
// tried), else any.
struct WantedForward {
  std::string name;  // "kubernetes-api"
  Protocol protocol = Protocol::kTcp;
  std::uint16_t guest_port = 0;
  std::uint16_t preferred = 0;
  bool only_preferred = false;  // fail with kConflict instead of choosing another
};

struct OpenForward {
  std::string name;
  ForwardRule rule;
  // When another port than the preferred one was chosen: "port 6443 is taken by nginx (process
  // 812); using 6444". Else empty.
  std::string note;
};

// Keeps a machine's forwards equal to what is wanted. Thread-compatible; `forwarding` must outlive
// it.
class Forwarder {
 public:
  Forwarder(Forwarding& forwarding, std::string machine, Path proc = "/proc");

  // Opens all wanted ports and removes other rules to the same ports of the guest; returns them in
  // the order wanted. Rules to other ports are others' business (published ports).
  // Rules already in place are kept, so calling it again changes nothing. `reserved` are host ports
  // not to choose (other clusters').
  Result<std::vector<OpenForward>> ensure(const std::vector<WantedForward>& wanted,
                                          const std::vector<std::uint16_t>& reserved = {});

 private:
  Forwarding& forwarding_;
  std::string machine_;
  Path proc_;
};

}  // namespace cove::vm
