#include "app/cli/provisioner_clusters.h"

#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/process.h"
#include "vm/image/image.h"
#include "vm/libvirt/libvirt_backend.h"

namespace cove::cli {
namespace {

using provision::ClusterStatus;
using provision::Progress;

// Members in the order in which they need each other.
class ProvisionerClusters final : public Clusters {
 public:
  ProvisionerClusters(const provision::Paths& paths, bool verbose)
      : spawner_(make_spawner()),
        logger_(make_logger(STDERR_FILENO, LogFormat::kText,
                            verbose ? LogLevel::kDebug : LogLevel::kError)),
        provisioner_(dependencies(paths)) {}

  Result<provision::HostFacts> host(vm::NetworkMode network) override {
    return provisioner_.host(network);
  }
  Result<ClusterStatus> start(const std::string& profile, const provision::StartRequest& request,
                              Progress& progress, std::stop_token stop) override {
    return provisioner_.start(profile, request, progress, stop);
  }
  Result<ClusterStatus> configure(const std::string& profile,
                                  const provision::StartRequest& request, Progress& progress,
                                  std::stop_token stop) override {
    return provisioner_.configure(profile, request, progress, stop);
  }
  Result<ClusterStatus> restart(const std::string& profile, Progress& progress,
                                std::stop_token stop) override {
    return provisioner_.restart(profile, progress, stop);
  }
  Result<ClusterStatus> stop(const std::string& profile, Progress& progress,
                             std::stop_token stop) override {
    return provisioner_.stop(profile, progress, stop);
  }
  Result<ClusterStatus> pause(const std::string& profile, Progress& progress,
                              std::stop_token stop) override {
    return provisioner_.pause(profile, progress, stop);
  }
  Result<void> remove(const std::string& profile, Progress& progress,
                      std::stop_token stop) override {
    return provisioner_.remove(profile, progress, stop);
  }
  Result<ClusterStatus> status(const std::string& profile) override {
    return provisioner_.status(profile);
  }
  Result<std::vector<ClusterStatus>> list() override { return provisioner_.list(); }
  Result<ClusterStatus> update_context(const std::string& profile) override {
    return provisioner_.update_context(profile);
  }
  Result<provision::ShellLine> open_shell(const std::string& profile) override {
    return provisioner_.open_shell(profile);
  }
  Result<void> serve_ports(const std::string& profile, std::stop_token stop) override {
    return provisioner_.serve_ports(profile, stop);
  }
  const provision::Paths& paths() const override { return provisioner_.paths(); }

 private:
  provision::Dependencies dependencies(const provision::Paths& paths) {
    const Path image = vm::default_system_image_directory();
    const auto connect = [this, cache = paths.cache, kernel = image / "vmlinux"](
                             vm::NetworkMode network) -> Result<std::shared_ptr<vm::Backend>> {
      const bool nat = network == vm::NetworkMode::kNat;
      return vm::make_libvirt_backend({.uri = nat ? vm::kSystemUri : vm::kSessionUri,
                                       .clock = clock_,
                                       .logger = *logger_,
                                       .cache = cache,
                                       .machine_logs = cache.parent_path() / "libvirt/qemu/log",
                                       .probe_kernel = kernel,
                                       .probe = {}});
    };
    return {.paths = paths,
            .system_image = image,
            .clock = clock_,
            .spawner = *spawner_,
            .logger = *logger_,
            .backend = connect,
            .guest = nullptr,
            .launch_port_server = provision::port_server_launcher()};
  }

  SystemClock clock_;
  std::unique_ptr<Spawner> spawner_;
  std::unique_ptr<Logger> logger_;
  provision::Provisioner provisioner_;
};

}  // namespace

std::shared_ptr<Clusters> open_clusters(const provision::Paths& paths, bool verbose) {
  return std::make_shared<ProvisionerClusters>(paths, verbose);
}

}  // namespace cove::cli
