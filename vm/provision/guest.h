// Guest: what the provisioner asks of a booted machine. Real over the private channel and HTTPS;
// unit tests answer for it.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include "core/base/fd.h"
#include "core/base/result.h"
#include "core/client/http.h"
#include "vm/channel/control.h"

namespace cove::provision {

struct ApiState {
  bool ready = false;       // /readyz said 200
  bool node_ready = false;  // the node's Ready condition is True
  std::string version;      // the node's kubelet version
  std::string problem;      // why not ready, in a person's words
};

class Guest {
 public:
  // One conversation over the control channel.
  class Line {
   public:
    virtual ~Line() = default;
    virtual Result<void> configure(const channel::NodeConfiguration& configuration,
                                   std::stop_token stop) = 0;
    virtual Result<void> wait_ready(std::stop_token stop) = 0;
    virtual Result<void> power_off(std::stop_token stop) = 0;
  };

  virtual ~Guest() = default;
  // Returns once init has answered, at most after `timeout`.
  virtual Result<std::unique_ptr<Line>> connect(Fd channel, std::chrono::milliseconds timeout,
                                                std::stop_token stop) = 0;
  // Never fails: what goes wrong is the problem it reports.
  virtual ApiState api_state(const client::Endpoint& endpoint, const client::TlsIdentity& identity,
                             const std::string& node_name, std::chrono::milliseconds timeout,
                             std::stop_token stop) = 0;
};

std::shared_ptr<Guest> make_guest();

}  // namespace cove::provision
