// Amounts of a node's resources, and what a pod asks of them (kubernetes.io "Resource Management
// for Pods and Containers", "Pod Overhead", "Sidecar Containers").
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/api/document.h"

namespace cove::scheduler {

namespace json = boost::json;

struct Resources {
  std::int64_t milli_cpu = 0;
  std::int64_t memory = 0;             // bytes
  std::int64_t ephemeral_storage = 0;  // bytes
  // Huge pages, and what is extended: "hugepages-2Mi", "example.com/gpu".
  std::map<std::string, std::int64_t, std::less<>> others;

  bool empty() const;
};

// Sums that do not fit stay at the greatest number.
void add(Resources& all, const Resources& more);
void subtract(Resources& all, const Resources& less);
// At least as much of each.
void raise(Resources& all, const Resources& least);

// A ResourceList ("cpu": "100m"); null has nothing. "pods" is not among them.
Resources read_resources(const json::object* list);

struct Requests {
  Resources exact;
  // As if every container without a request used a little: what nodes are compared by.
  std::int64_t usual_milli_cpu = 0;
  std::int64_t usual_memory = 0;
};

inline constexpr std::int64_t kUsualMilliCpu = 100;
inline constexpr std::int64_t kUsualMemory = 200LL * 1024 * 1024;

// Containers, sidecars and the greatest of the init containers, or what the pod as a whole asks;
// with its overhead. Of a container that is being resized the greater of what it has and wants.
Requests pod_requests(const json::object& pod);

}  // namespace cove::scheduler
