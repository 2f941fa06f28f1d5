// PodTable: what runs on the node, as seen from other threads.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "core/client/indexer.h"
#include "core/node/pods.h"

namespace cove::node {

class PodTable final : public PodsOfNode {
 public:
  std::optional<RunningPod> find(std::string_view namespace_name,
                                 std::string_view name) const override;
  std::vector<RunningPod> list() const override;

  void put(RunningPod pod);
  // Unless another pod has its name by now.
  void erase(const api::Object& pod);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, RunningPod, std::less<>> pods_;  // by key
};

}  // namespace cove::node
