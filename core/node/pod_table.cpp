#include "core/node/pod_table.h"

#include <fmt/format.h>

namespace cove::node {

std::optional<RunningPod> PodTable::find(std::string_view namespace_name,
                                         std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = pods_.find(fmt::format("{}/{}", namespace_name, name));
  return found == pods_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<RunningPod> PodTable::list() const {
  std::vector<RunningPod> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, pod] : pods_) out.push_back(pod);
  return out;
}

void PodTable::put(RunningPod pod) {
  const std::lock_guard lock(mutex_);
  pods_[client::key_of(*pod.pod)] = std::move(pod);
}

void PodTable::erase(const api::Object& pod) {
  const std::lock_guard lock(mutex_);
  const auto found = pods_.find(client::key_of(pod));
  if (found != pods_.end() && found->second.pod->uid() == pod.uid()) pods_.erase(found);
}

}  // namespace cove::node
