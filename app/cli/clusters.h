// Clusters: what the commands do things with; the provisioner, or a test's script.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "vm/provision/provisioner.h"

namespace cove::cli {

// Every call as of cove::provision::Provisioner.
class Clusters {
 public:
  virtual ~Clusters() = default;
  virtual Result<provision::HostFacts> host(vm::NetworkMode network) = 0;
  virtual Result<provision::ClusterStatus> start(const std::string& profile,
                                                 const provision::StartRequest& request,
                                                 provision::Progress& progress,
                                                 std::stop_token stop) = 0;
  virtual Result<provision::ClusterStatus> configure(const std::string& profile,
                                                     const provision::StartRequest& request,
                                                     provision::Progress& progress,
                                                     std::stop_token stop) = 0;
  virtual Result<provision::ClusterStatus> restart(const std::string& profile,
                                                   provision::Progress& progress,
                                                   std::stop_token stop) = 0;
  virtual Result<provision::ClusterStatus> stop(const std::string& profile,
                                                provision::Progress& progress,
                                                std::stop_token stop) = 0;
  virtual Result<provision::ClusterStatus> pause(const std::string& profile,
                                                 provision::Progress& progress,
                                                 std::stop_token stop) = 0;
  virtual Result<void> remove(const std::string& profile, provision::Progress& progress,
                              std::stop_token stop) = 0;
  virtual Result<provision::ClusterStatus> status(const std::string& profile) = 0;
  virtual Result<std::vector<provision::ClusterStatus>> list() = 0;
  virtual Result<provision::ClusterStatus> update_context(const std::string& profile) = 0;
  virtual Result<provision::ShellLine> open_shell(const std::string& profile) = 0;
  virtual Result<void> serve_ports(const std::string& profile, std::stop_token stop) = 0;
  virtual const provision::Paths& paths() const = 0;
};

}  // namespace cove::cli
