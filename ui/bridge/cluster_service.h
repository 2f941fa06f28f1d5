// ClusterService: all that the desktop asks of the world below it.
//
// The shape of provision::Provisioner, narrowed to what a window needs, so that tests and
// screenshots can script it.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "vm/provision/provisioner.h"
#include "vm/provision/status.h"

namespace cove::ui {

// Thread-safe. Every call may block for long and is never made from the GUI thread.
class ClusterService {
 public:
  using Watch = provision::Provisioner::Watch;
  using Statuses = std::vector<provision::ClusterStatus>;

  virtual ~ClusterService() = default;

  virtual Result<provision::HostFacts> host(vm::NetworkMode network) = 0;
  virtual Result<void> start(const std::string& profile, const provision::StartRequest& request,
                             provision::Progress& progress, std::stop_token stop) = 0;
  virtual Result<void> configure(const std::string& profile, const provision::StartRequest& request,
                                 provision::Progress& progress, std::stop_token stop) = 0;
  virtual Result<void> restart(const std::string& profile, provision::Progress& progress,
                               std::stop_token stop) = 0;
  virtual Result<void> stop(const std::string& profile, provision::Progress& progress,
                            std::stop_token stop) = 0;
  virtual Result<void> pause(const std::string& profile, provision::Progress& progress,
                             std::stop_token stop) = 0;
  virtual Result<void> remove(const std::string& profile, provision::Progress& progress,
                              std::stop_token stop) = 0;
  // Calls `changed` from a thread of its own, first at once and then on every change, until the
  // Watch is destroyed.
  virtual std::unique_ptr<Watch> watch(std::function<void(Statuses)> changed) = 0;
};

}  // namespace cove::ui
