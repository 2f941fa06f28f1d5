#include "ui/bridge/provisioner_service.h"

namespace cove::ui {
namespace {

class ProvisionerService final : public ClusterService {
 public:
  explicit ProvisionerService(provision::Dependencies dependencies)
      : provisioner_(std::move(dependencies)) {}

  Result<provision::HostFacts> host(vm::NetworkMode network) override {
    return provisioner_.host(network);
  }
  Result<void> start(const std::string& profile, const provision::StartRequest& request,
                     provision::Progress& progress, std::stop_token stop) override {
    COVE_CHECK(provisioner_.start(profile, request, progress, std::move(stop)));
    return {};
  }
  Result<void> configure(const std::string& profile, const provision::StartRequest& request,
                         provision::Progress& progress, std::stop_token stop) override {
    COVE_CHECK(provisioner_.configure(profile, request, progress, std::move(stop)));
    return {};
  }
  Result<void> restart(const std::string& profile, provision::Progress& progress,
                       std::stop_token stop) override {
    COVE_CHECK(provisioner_.restart(profile, progress, std::move(stop)));
    return {};
  }
  Result<void> stop(const std::string& profile, provision::Progress& progress,
                    std::stop_token stop) override {
    COVE_CHECK(provisioner_.stop(profile, progress, std::move(stop)));
    return {};
  }
  Result<void> pause(const std::string& profile, provision::Progress& progress,
                     std::stop_token stop) override {
    COVE_CHECK(provisioner_.pause(profile, progress, std::move(stop)));
    return {};
  }
  Result<void> remove(const std::string& profile, provision::Progress& progress,
                      std::stop_token stop) override {
    return provisioner_.remove(profile, progress, std::move(stop));
  }
  std::unique_ptr<Watch> watch(std::function<void(Statuses)> changed) override {
    return provisioner_.watch(std::move(changed));
  }

 private:
  provision::Provisioner provisioner_;
};

}  // namespace

std::shared_ptr<ClusterService> make_provisioner_service(provision::Dependencies dependencies) {
  return std::make_shared<ProvisionerService>(std::move(dependencies));
}

}  // namespace cove::ui
