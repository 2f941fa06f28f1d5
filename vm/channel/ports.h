// Published ports over the private line: what the guest publishes is opened on the user's computer.
//
// It runs over the virtio-serial port kPortsPort. The guest says what is to be open and waits for
// the host's answer; a host that comes new (the one before ended, the machine was saved and
// continued) gets the whole list first.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <vector>

#include "core/base/fd.h"
#include "core/base/log.h"
#include "core/base/result.h"

namespace cove::channel {

inline constexpr const char* kPortsPort = "dev.cove.ports.0";
// More than this many are refused.
inline constexpr std::size_t kMaxPublishedPorts = 4096;

// The same number inside and outside.
struct PublishedPort {
  bool udp = false;
  std::uint16_t port = 0;
  auto operator<=>(const PublishedPort&) const = default;
};

// The guest's end. Thread-safe.
class PortRequests {
 public:
  static Result<std::unique_ptr<PortRequests>> start(Fd port, Logger& logger);
  ~PortRequests();

  // Returns when the host has opened it, or with the host's reason (the port is then not asked for
  // again). Without a host on the line, or one that does not answer within `timeout`, it is
  // success: the port opens when one comes.
  Result<void> open(const PublishedPort& port, std::chrono::milliseconds timeout);
  void close(const PublishedPort& port);

 private:
  class Implementation;
  explicit PortRequests(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

// What the host's end does with them. Called from one thread.
class PortOpener {
 public:
  virtual ~PortOpener() = default;
  // A port that is open already is success.
  virtual Result<void> open(const PublishedPort& port) = 0;
  virtual void close(const PublishedPort& port) = 0;
  // The ports of a list that came whole: all others that were opened are to be closed.
  virtual void keep_only(const std::vector<PublishedPort>& ports) = 0;
};

// The host's end: serves until the line is cut (success) or `stop` is requested (kCancelled).
Result<void> serve_ports(Fd channel, PortOpener& opener, Logger& logger, std::stop_token stop);

}  // namespace cove::channel
