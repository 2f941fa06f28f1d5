#include "app/node/usage_source.h"

namespace cove::node {
namespace {

server::Usage usage_of(const Amounts& amounts) {
  return {.cpu_nanocores = amounts.cpu_nanocores,
          .memory_bytes = amounts.memory_bytes,
          .cpu_total_ns = amounts.cpu_total_ns};
}

class UsageOfNode final : public server::UsageSource {
 public:
  UsageOfNode(const Statistics& statistics, std::string node_name, Path data_dir,
              boost::json::object configuration)
      : statistics_(statistics),
        node_name_(std::move(node_name)),
        data_dir_(std::move(data_dir)),
        configuration_(std::move(configuration)) {}

  std::vector<server::UsageReport> nodes() const override {
    const auto node = statistics_.node();
    if (!node) return {};
    return {{.namespace_name = {},
             .name = node_name_,
             .at = node->at,
             .window = node->window,
             .usage = usage_of(node->amounts),
             .containers = {},
             .disk = disk()}};
  }

  std::vector<server::UsageReport> pods() const override {
    std::vector<server::UsageReport> reports;
    for (const PodUsage& pod : statistics_.pods()) {
      server::UsageReport report{.namespace_name = pod.namespace_name,
                                 .name = pod.pod,
                                 .at = pod.at,
                                 .window = pod.window,
                                 .usage = {},
                                 .containers = {},
                                 .disk = std::nullopt};
      for (const ContainerAmounts& each : pod.containers)
        report.containers.push_back({each.container, usage_of(each.amounts)});
      reports.push_back(std::move(report));
    }
    return reports;
  }

  boost::json::object configuration() const override { return configuration_; }

 private:
  std::optional<server::DiskUsage> disk() const {
    std::error_code error;
    const auto space = std::filesystem::space(data_dir_, error);
    if (error || space.capacity == 0 || space.available > space.capacity) return std::nullopt;
    return server::DiskUsage{.capacity_bytes = space.capacity, .available_bytes = space.available};
  }

  const Statistics& statistics_;
  const std::string node_name_;
  const Path data_dir_;
  const boost::json::object configuration_;
};

}  // namespace

std::shared_ptr<const server::UsageSource> make_usage_source(const Statistics& statistics,
                                                             std::string node_name, Path data_dir,
                                                             boost::json::object configuration) {
  return std::make_shared<UsageOfNode>(statistics, std::move(node_name), std::move(data_dir),
                                       std::move(configuration));
}

}  // namespace cove::node
