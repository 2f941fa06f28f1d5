// Provisioner: brings a cluster from what is observed to what is wished, step by step.
//
// Everything is re-entrant: the wish is written first, each step looks before it acts, so a program
// killed anywhere is continued by the next call of any program. A per-cluster file lock (with its
// owner's name in it) keeps two programs from acting at once. The desktop and the command line both
// use this and nothing else.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/process.h"
#include "core/base/result.h"
#include "vm/backend/backend.h"
#include "vm/provision/paths.h"
#include "vm/provision/status.h"

namespace cove::provision {

inline constexpr const char* kDefaultProfile = "cove";

// What a start or configure() changes in the wish; empty members keep what is there (or the
// defaults on creation).
struct StartRequest {
  std::optional<unsigned> cpus = std::nullopt;
  std::optional<std::uint64_t> memory_mib = std::nullopt;
  std::optional<std::uint64_t> disk_gib = std::nullopt;
  std::optional<vm::NetworkMode> network = std::nullopt;
  std::optional<std::vector<std::string>> registry_mirrors = std::nullopt;
  // An empty text takes a proxy away.
  std::optional<std::string> http_proxy = std::nullopt;
  std::optional<std::string> https_proxy = std::nullopt;
  std::optional<std::string> no_proxy = std::nullopt;
  Proxy proxy_of_new = {};  // of a cluster that is not there yet, where nothing else is asked for
  bool wait = true;         // for the API and the node to be ready
};

// What this computer can give, for the create page and the checks before a start.
struct HostFacts {
  unsigned cpus = 0;
  std::uint64_t memory_mib = 0;
  std::uint64_t memory_available_mib = 0;
  std::uint64_t disk_free_gib = 0;
  vm::BackendInfo backend;
  std::string image_version;  // of the system image that the next boot brings
  std::string image_digest;
};

// One interactive or single-command session in the VM; see channel::run_shell.
struct ShellLine {
  Fd channel;
  // Keeps the port reserved for this process as long as it lives.
  std::optional<FileLock> reservation;
};

struct Dependencies {
  Paths paths;
  Path system_image;  // folder
  Clock& clock;
  Spawner& spawner;
  Logger& logger;
  // Connects to the backend of a network mode; called when first needed, again after a failure.
  std::function<Result<std::shared_ptr<vm::Backend>>(vm::NetworkMode)> backend;
  // What follows a boot; replaced by unit tests that have no guest. Nothing: the real ones.
  std::shared_ptr<class Guest> guest = nullptr;
  // Has a program call serve_ports() that outlives this one. Nothing: no published port is opened.
  std::function<Result<void>(const std::string& profile)> launch_port_server = {};
};

// Launches `cove serve-ports -p PROFILE`, the program beside this one or in PATH.
std::function<Result<void>(const std::string& profile)> port_server_launcher();

// Thread-safe; every call may block for as long as its steps take. `stop` cancels between and
// inside steps and leaves a state from which the same call continues.
class Provisioner {
 public:
  explicit Provisioner(Dependencies dependencies);
  ~Provisioner();

  Result<HostFacts> host(vm::NetworkMode network = vm::NetworkMode::kUser);

  // Creates if need be, boots or resumes, configures, waits for the API and the node, writes the
  // kubeconfig entry.
  Result<ClusterStatus> start(const std::string& profile, const StartRequest& request,
                              Progress& progress, std::stop_token stop = {});
  // Changes the wish of a cluster that is there, and of what runs all that can change without a new
  // boot: mirrors and proxies, for which coved is restarted and containers go on. The rest counts
  // from the next boot. kInvalidArgument, and nothing is changed, for what cannot be.
  Result<ClusterStatus> configure(const std::string& profile, const StartRequest& request,
                                  Progress& progress, std::stop_token stop = {});
  // A stop and a start: a new boot, by the system image that is installed and with the data kept.
  // The steps of both are one plan that grows when the start begins.
  Result<ClusterStatus> restart(const std::string& profile, Progress& progress,
                                std::stop_token stop = {});
  // Clean power-off (over the channel, else the power button), cut after a grace of 60 s.
  Result<ClusterStatus> stop(const std::string& profile, Progress& progress,
                             std::stop_token stop = {});
  // Saves the machine's memory and ends it; start() continues it in about a second.
  Result<ClusterStatus> pause(const std::string& profile, Progress& progress,
                              std::stop_token stop = {});
  // Removes machine, disks, certificates, kubeconfig entry, everything. A cluster that is not there
  // is success.
  Result<void> remove(const std::string& profile, Progress& progress, std::stop_token stop = {});

  // Observes without acting. kNotCreated is a status, not an error.
  Result<ClusterStatus> status(const std::string& profile);
  // Of every profile that has a state, in name order.
  Result<std::vector<ClusterStatus>> list();
  // Writes the kubeconfig entry again and makes it current.
  Result<ClusterStatus> update_context(const std::string& profile);
  // A free shell port of a running cluster.
  Result<ShellLine> open_shell(const std::string& profile);

  // Opens on this computer what containers and services of a running cluster publish, until its
  // machine ends (success) or `stop` is requested (kCancelled). kConflict while another program
  // does it; start() launches one.
  Result<void> serve_ports(const std::string& profile, std::stop_token stop = {});

  // Calls `changed` from a thread of its own with the statuses of all profiles, first at once and
  // then whenever something changed: backend events, state files, a lock taken or freed; and looks
  // again at least every five seconds.
  class Watch {
   public:
    virtual ~Watch() = default;
  };
  std::unique_ptr<Watch> watch(std::function<void(std::vector<ClusterStatus>)> changed);

  const Paths& paths() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cove::provision
