// A world for the command line that answers from a script and remembers what it was asked.
#pragma once

#include <fmt/format.h>

#include <sstream>

#include "app/cli/app.h"
#include "app/cli/exit_codes.h"
#include "tests/support/temporary_folder.h"

namespace cove::cli {

inline provision::ClusterStatus running_cluster(const std::string& profile = "cove") {
  provision::ClusterStatus status;
  status.profile = profile;
  status.phase = provision::Phase::kRunning;
  status.wish.target = provision::Target::kRunning;
  status.host = "127.0.0.1";
  status.server = "https://127.0.0.1:6443";
  status.engine = "tcp://127.0.0.1:2376";
  status.engine_client = "/home/someone/.local/share/cove/clusters/cove/engine-client";
  status.node_name = profile;
  status.api_ready = true;
  status.node_ready = true;
  status.kubernetes_version = "v1.36.0";
  status.kubeconfig_ok = true;
  status.kubeconfig = "/home/someone/.kube/config";
  status.context = profile;
  status.console_log = "/nonexistent/console.log";
  status.acceleration = vm::Acceleration::kKvm;
  status.started_at = WallTime(std::chrono::seconds(1'700'000'000));
  return status;
}

inline provision::ClusterStatus stopped_cluster(
    provision::Phase phase = provision::Phase::kStopped) {
  provision::ClusterStatus status = running_cluster();
  status.phase = phase;
  status.api_ready = false;
  status.node_ready = false;
  status.kubernetes_version.clear();
  return status;
}

inline provision::Step make_step(const std::string& id, const std::string& title,
                                 provision::StepState state = provision::StepState::kPending) {
  provision::Step step;
  step.id = id;
  step.title = title;
  step.state = state;
  return step;
}

// Plays two steps at every operation.
class ScriptedClusters final : public Clusters {
 public:
  Result<provision::HostFacts> host(vm::NetworkMode) override {
    calls.push_back("host");
    if (host_error) return *host_error;
    provision::HostFacts facts;
    facts.image_version = "0.1.0";
    facts.image_digest = "sha256:aa";
    facts.backend = {"libvirt", "libvirt 9.0.0, QEMU 7.2.22", vm::NetworkMode::kUser,
                     vm::Acceleration::kKvm, ""};
    return facts;
  }
  Result<provision::ClusterStatus> start(const std::string& profile,
                                         const provision::StartRequest& wanted,
                                         provision::Progress& progress, std::stop_token) override {
    request = wanted;
    return operate("start " + profile, progress);
  }
  Result<provision::ClusterStatus> configure(const std::string& profile,
                                             const provision::StartRequest& wanted,
                                             provision::Progress& progress,
                                             std::stop_token) override {
    request = wanted;
    return operate("configure " + profile, progress);
  }
  Result<provision::ClusterStatus> restart(const std::string& profile,
                                           provision::Progress& progress,
                                           std::stop_token) override {
    return operate("restart " + profile, progress);
  }
  Result<provision::ClusterStatus> stop(const std::string& profile, provision::Progress& progress,
                                        std::stop_token) override {
    return operate("stop " + profile, progress);
  }
  Result<provision::ClusterStatus> pause(const std::string& profile, provision::Progress& progress,
                                         std::stop_token) override {
    return operate("pause " + profile, progress);
  }
  Result<void> remove(const std::string& profile, provision::Progress& progress,
                      std::stop_token) override {
    auto result = operate("remove " + profile, progress);
    if (!result) return result.error();
    return {};
  }
  Result<provision::ClusterStatus> status(const std::string& profile) override {
    calls.push_back("status " + profile);
    if (status_error) return *status_error;
    return current;
  }
  Result<std::vector<provision::ClusterStatus>> list() override {
    calls.push_back("list");
    return known;
  }
  Result<provision::ClusterStatus> update_context(const std::string& profile) override {
    calls.push_back("update-context " + profile);
    return current;
  }
  Result<void> serve_ports(const std::string& profile, std::stop_token) override {
    calls.push_back("serve-ports " + profile);
    return {};
  }
  Result<provision::ShellLine> open_shell(const std::string& profile) override {
    calls.push_back("shell " + profile);
    if (shell_error) return *shell_error;
    return provision::ShellLine{};
  }
  const provision::Paths& paths() const override { return folders; }

  std::vector<std::string> calls;
  std::optional<provision::StartRequest> request;
  provision::ClusterStatus current = running_cluster();
  provision::ClusterStatus after = running_cluster();
  std::vector<provision::ClusterStatus> known{running_cluster()};
  std::optional<Error> failure;
  std::optional<Error> status_error;
  std::optional<Error> host_error;
  std::optional<Error> shell_error;
  provision::Paths folders;

 private:
  Result<provision::ClusterStatus> operate(const std::string& call, provision::Progress& progress) {
    calls.push_back(call);
    provision::Step check = make_step("check-host", "Check this computer");
    provision::Step boot = make_step("boot", "Boot the virtual machine");
    boot.expected = std::chrono::milliseconds(2500);
    progress.plan(call.substr(0, call.find(' ')), {check, boot});
    check.state = provision::StepState::kRunning;
    progress.update(check);
    check.state = provision::StepState::kDone;
    check.elapsed = std::chrono::milliseconds(120);
    check.detail = "2 CPUs, KVM";
    progress.update(check);
    progress.note("port 6443 is taken by nginx (process 812); using 6444");
    boot.state = provision::StepState::kRunning;
    progress.update(boot);
    boot.elapsed = std::chrono::milliseconds(2340);
    boot.state = failure ? provision::StepState::kFailed : provision::StepState::kDone;
    progress.update(boot);
    if (failure) return *failure;
    current = after;
    return after;
  }
};

struct TestWorld {
  std::ostringstream out;
  std::ostringstream err;
  FakeClock clock;
  Interruption interruption;
  std::map<std::string, std::string> environment;
  std::shared_ptr<ScriptedClusters> clusters = std::make_shared<ScriptedClusters>();
  std::vector<std::vector<std::string>> launched;
  std::optional<channel::ShellRequest> shell;
  Result<int> shell_result = 0;
  std::optional<Path> desktop = "/usr/bin/cove-desktop";
  std::optional<Error> open_error;
  World world{out,
              err,
              OutputStyle{},
              clock,
              interruption,
              [this](const std::string& name) -> std::optional<std::string> {
                const auto found = environment.find(name);
                if (found == environment.end()) return std::nullopt;
                return found->second;
              }};

  TestWorld() {
    world.open_clusters = [this](bool) -> Result<std::shared_ptr<Clusters>> {
      if (open_error) return *open_error;
      return std::shared_ptr<Clusters>(clusters);
    };
    world.run_shell = [this](Fd, const channel::ShellRequest& request, const channel::ShellStreams&,
                             std::stop_token) {
      shell = request;
      return shell_result;
    };
    world.launch = [this](const std::vector<std::string>& argv) -> Result<void> {
      launched.push_back(argv);
      return {};
    };
    world.find_program = [this](const std::string&) { return desktop; };
    world.wait_for_log = [] { return false; };
  }

  int run(const std::vector<std::string>& arguments) { return cli::run(arguments, world); }
};

}  // namespace cove::cli
