// /healthz, /livez and /readyz with their checks (kubernetes.io "Kubernetes API health endpoints").
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/server/request.h"

namespace cove::server {

struct HealthCheck {
  std::string name;
  std::function<bool()> passes;  // thread-safe, quick
  bool for_readiness_only = false;
};

// Whether `path` is of a health endpoint.
bool is_health_path(std::string_view path);
// Answers "/readyz", "/readyz?verbose&exclude=ping", "/readyz/ping" and the like.
Answer answer_health(const Request& request, const std::vector<HealthCheck>& checks);

}  // namespace cove::server
