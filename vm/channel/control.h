// The private line between the desktop and a cluster's init: bootstrap, clock, state, shutdown.
//
// It runs over the virtio-serial port kControlPort. Only what no public protocol can carry goes
// here. One program talks at a time; a conversation starts with a hello that carries a fresh
// session id, and frames of other sessions are dropped, so a peer that died in the middle of a
// frame disturbs nobody.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/fd.h"
#include "core/base/log.h"
#include "core/base/result.h"

namespace cove::channel {

inline constexpr const char* kControlPort = "dev.cove.control.0";
// Shells: one conversation a port, dev.cove.shell.0 … dev.cove.shell.3.
inline constexpr int kShellPorts = 4;
std::string shell_port(int index);

// What coved goes through to registries and addresses outside; empty members: nothing.
struct NodeProxy {
  Secret http;  // a URL, which may have a password in it
  Secret https;
  std::string no_proxy;
};

// What init needs to turn a booted kernel into a node. Sent at every boot; nothing of it is in the
// image.
struct NodeConfiguration {
  std::string node_name;
  std::string address;  // "10.0.2.15"
  unsigned prefix_length = 24;
  std::string gateway;
  std::string name_server;
  std::int64_t unix_nanoseconds = 0;  // the host's clock
  std::string ca_certificate_pem;
  std::string server_certificate_pem;
  Secret server_key_pem;
  std::vector<std::string> registry_mirrors;
  NodeProxy proxy;
};

// What init says of itself and of coved.
struct NodeState {
  bool configured = false;
  bool coved_running = false;
  bool coved_ready = false;  // coved said READY=1 (sd_notify protocol)
  unsigned coved_restarts = 0;
  std::string coved_last_exit;  // "killed by signal 11", empty when it never ended
  std::string
      trouble;  // why the node cannot work: "the data disk holds no Cove file system"; else empty
  std::string boot_id;
  std::uint64_t memory_total_bytes = 0;
  std::uint64_t memory_used_bytes = 0;
};

// The host's end. Blocking; not thread-safe. Every call is kTimeout when the guest does not answer
// in time, kUnavailable when the line is cut, kCancelled when `stop` is requested.
class ControlClient {
 public:
  // Says hello over a connected channel until init answers.
  static Result<ControlClient> connect(Fd channel, std::chrono::milliseconds timeout,
                                       std::stop_token stop = {});
  ControlClient(ControlClient&&) noexcept;
  ControlClient& operator=(ControlClient&&) noexcept;
  ~ControlClient();

  // Idempotent: a node already configured takes the clock and new certificates (coved is restarted
  // only if they changed). Fails with the guest's own words when it cannot (for example a data disk
  // it does not understand).
  Result<void> configure(const NodeConfiguration& configuration, std::chrono::milliseconds timeout,
                         std::stop_token stop = {});
  Result<NodeState> state(std::chrono::milliseconds timeout, std::stop_token stop = {});
  // Returns once coved is ready, or with init's trouble as the error.
  Result<NodeState> wait_ready(std::chrono::milliseconds timeout, std::stop_token stop = {});
  Result<void> set_time(std::int64_t unix_nanoseconds, std::chrono::milliseconds timeout,
                        std::stop_token stop = {});
  // Asks for a clean power-off; returns once init has accepted.
  Result<void> power_off(std::chrono::milliseconds timeout, std::stop_token stop = {});

 private:
  struct Impl;
  explicit ControlClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cove::channel
