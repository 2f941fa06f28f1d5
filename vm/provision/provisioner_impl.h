// The provisioner's insides, shared by the files that each do one thing: start, end (stop, pause,
// remove), observe, watch.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/client/kubeconfig.h"
#include "core/pki/pki.h"
#include "vm/forward/forward.h"
#include "vm/image/image.h"
#include "vm/provision/guest.h"
#include "vm/provision/host.h"
#include "vm/provision/operation.h"
#include "vm/provision/provisioner.h"
#include "vm/provision/state.h"

namespace cove::provision {

// Host port and guest port of the Kubernetes API.
inline constexpr std::uint16_t kApiPort = 6443;
inline constexpr const char* kApiForward = "kubernetes-api";
// The same of the container engine (Docker Engine API over TLS).
inline constexpr std::uint16_t kEnginePort = 2376;
inline constexpr const char* kEngineForward = "engine";
// Its lock's action: while it is held, the cluster is what its machine is.
inline constexpr const char* kConfigureAction = "configure";

class Provisioner::Impl {
 public:
  explicit Impl(Dependencies dependencies);

  Result<ClusterStatus> start(const std::string& profile, const StartRequest& request,
                              Progress& progress, std::stop_token stop);
  Result<ClusterStatus> configure(const std::string& profile, const StartRequest& request,
                                  Progress& progress, std::stop_token stop);
  Result<ClusterStatus> stop(const std::string& profile, Progress& progress, std::stop_token stop);
  Result<ClusterStatus> pause(const std::string& profile, Progress& progress, std::stop_token stop);
  Result<void> remove(const std::string& profile, Progress& progress, std::stop_token stop);
  Result<HostFacts> host(vm::NetworkMode network);
  Result<ClusterStatus> status(const std::string& profile);
  Result<std::vector<ClusterStatus>> list();
  Result<ClusterStatus> update_context(const std::string& profile);
  Result<ShellLine> open_shell(const std::string& profile);
  Result<void> serve_ports(const std::string& profile, std::stop_token stop);
  Result<std::shared_ptr<vm::Backend>> backend(vm::NetworkMode network);

  const Dependencies& dependencies() const { return deps_; }
  // Profiles that have a state or are being worked on, in name order.
  std::vector<std::string> profiles() const;

 private:
  struct Start;  // what the steps of a start hand to each other
  struct End;    // the same for stop, pause and remove

  Path state_file(const std::string& profile) const {
    return deps_.paths.cluster(profile) / "state.json";
  }
  Path pki_directory(const std::string& profile) const {
    return deps_.paths.cluster(profile) / "pki";
  }
  Path engine_client(const std::string& profile) const {
    return deps_.paths.cluster(profile) / "engine-client";
  }
  Path console_log(const std::string& profile) const {
    return deps_.paths.cluster(profile) / "console.log";
  }
  Path data_disk(const std::string& profile) const {
    return deps_.paths.cluster(profile) / "data.qcow2";
  }
  Path times_file() const { return deps_.paths.cache / "step-times.json"; }

  Result<FileLock> lock(const std::string& profile, const std::string& action) const;
  // The cluster's state, or kNotFound with what to do.
  Result<State> existing(const std::string& profile) const;
  std::vector<vm::ChannelSpec> channels(const State& state) const;
  vm::ChannelSpec ports_channel(const State& state) const;
  Result<vm::MachineSpec> machine_spec(const State& state, const vm::SystemImage& image) const;
  pki::ServerNames server_names(const State& state, const vm::GuestNetwork& network) const;
  Result<client::TlsIdentity> admin_identity(const std::string& profile) const;
  // Host ports that other clusters have, running or not.
  std::vector<std::uint16_t> reserved_ports(const std::string& profile) const;
  // Opens the control channel and waits until init answers; when the machine ends meanwhile, says
  // so with the console's last line.
  Result<std::unique_ptr<Guest::Line>> connect_guest(const State& state, vm::Backend& backend,
                                                     std::chrono::milliseconds timeout,
                                                     std::stop_token stop);
  Error explain_silence(const State& state, vm::Backend& backend, const Error& error) const;
  Result<client::KubeconfigEntry> kubeconfig_entry(const State& state) const;

  State wished_state(std::optional<State> found, const std::string& profile,
                     const StartRequest& request);
  void add_start_steps(Operation& operation, Start& run);
  Result<void> check_host(Start& run, std::string& detail);
  Result<void> discard_memory(Start& run);
  Result<void> define_machine(Start& run, std::string& detail);
  Result<void> create_keys(Start& run, std::string& detail);
  Result<void> boot(Start& run, std::string& detail);
  Result<void> configure_node(Start& run, std::string& detail);
  channel::NodeConfiguration node_configuration(const State& state, const vm::GuestNetwork& network,
                                                const pki::ClusterPki& pki) const;
  // What a wish without effect yet must fit: limits of this computer, and that disks only grow.
  Result<void> check_change(const State& before, const State& after, Progress& progress) const;
  // Tells a running node mirrors and proxies.
  Result<void> apply_configuration(const State& state, std::stop_token stop);
  Result<void> open_ports(Start& run, std::string& detail);
  void launch_port_server(const std::string& profile, Progress& progress);
  Result<void> wait_api(Start& run, std::string& detail);
  Result<void> wait_node(Start& run, std::string& detail);
  Result<void> write_kubeconfig(Start& run, std::string& detail);
  Result<ApiState> poll_api(Start& run, const std::function<bool(const ApiState&)>& enough);

  Result<void> shut_down(End& run, std::string& detail);
  Result<void> wait_off(End& run, std::string& detail);
  Result<void> remove_machine(End& run, std::string& detail);

  // `known` is what the API has just said, so that it need not be asked again.
  ClusterStatus observe(const std::string& profile, const ApiState* known = nullptr);
  void describe_state(const State& state, ClusterStatus& status) const;
  void judge(const State& state, const vm::Observation& seen, ClusterStatus& status) const;
  void judge_running(const State& state, const vm::Observation& seen, ClusterStatus& status) const;
  void look_at_api(const State& state, const ApiState* known, ClusterStatus& status);

  Dependencies deps_;
  std::mutex mutex_;
  std::map<vm::NetworkMode, std::shared_ptr<vm::Backend>> backends_;
};

}  // namespace cove::provision
