// NodeInfo: a node and what is on it, summed up so that a pod is compared in time that does not
// depend on how many pods there are.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/scheduler/pod.h"

namespace cove::scheduler {

// What of a node is not as it was.
struct NodeChange {
  bool labels = false, taints = false, allocatable = false, unschedulable = false;
  bool any() const { return labels || taints || allocatable || unschedulable; }
};

// A copy is a node to try things on.
class NodeInfo {
 public:
  explicit NodeInfo(std::string name) : name_(std::move(name)) {}

  // Null: there is no such node (any more), only pods that say they are on it.
  NodeChange set(const api::ObjectPtr& object);
  void add(const PodPtr& pod);
  void remove(std::string_view uid);

  const std::string& name() const { return name_; }
  const api::ObjectPtr& object() const { return object_; }
  const json::object* labels() const { return labels_; }
  // "" when it has no such label.
  std::string_view label(std::string_view key) const;
  bool has_label(std::string_view key) const;
  const std::vector<api::Taint>& taints() const { return taints_; }
  bool unschedulable() const { return unschedulable_; }
  const Resources& allocatable() const { return allocatable_; }
  std::int64_t allowed_pods() const { return allowed_pods_; }
  const std::vector<PodPtr>& pods() const { return pods_; }
  const Resources& requested() const { return requested_; }
  std::int64_t usual_milli_cpu() const { return usual_milli_cpu_; }
  std::int64_t usual_memory() const { return usual_memory_; }
  bool port_taken(const api::HostPort& port) const;
  // Bytes, or -1 when the image is not there.
  std::int64_t image_size(const std::string& image) const;
  // With any pod affinity or anti-affinity; with a required anti-affinity.
  const std::vector<PodPtr>& pods_with_affinity() const { return with_affinity_; }
  const std::vector<PodPtr>& pods_with_anti_affinity() const { return with_anti_affinity_; }

 private:
  std::string name_;
  api::ObjectPtr object_;
  const json::object* labels_ = nullptr;
  std::vector<api::Taint> taints_;
  bool unschedulable_ = false;
  Resources allocatable_;
  std::int64_t allowed_pods_ = 0;
  std::map<std::string, std::int64_t, std::less<>> images_;
  std::vector<PodPtr> pods_, with_affinity_, with_anti_affinity_;
  Resources requested_;
  std::int64_t usual_milli_cpu_ = 0, usual_memory_ = 0;
  std::map<api::HostPort, int> ports_;
};

// "nginx:latest" of "nginx": as nodes name their images.
std::string normal_image_name(std::string_view image);

}  // namespace cove::scheduler
