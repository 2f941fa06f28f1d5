#include "core/server/health.h"

#include <fmt/format.h>

#include "core/server/status.h"

namespace cove::server {
namespace {

constexpr std::array<std::string_view, 3> kEndpoints{"healthz", "livez", "readyz"};

std::vector<const HealthCheck*> checks_of(std::string_view endpoint,
                                          const std::vector<HealthCheck>& checks) {
  std::vector<const HealthCheck*> chosen;
  for (const HealthCheck& check : checks) {
    if (!check.for_readiness_only || endpoint == "readyz") chosen.push_back(&check);
  }
  return chosen;
}

}  // namespace

bool is_health_path(std::string_view path) {
  return std::ranges::any_of(kEndpoints, [&](std::string_view endpoint) {
    const std::string_view rest = path.substr(1);
    return rest.starts_with(endpoint) &&
           (rest.size() == endpoint.size() || rest[endpoint.size()] == '/');
  });
}

Answer answer_health(const Request& request, const std::vector<HealthCheck>& checks) {
  const std::string_view path = std::string_view(request.path).substr(1);
  const std::size_t slash = path.find('/');
  const std::string_view endpoint = path.substr(0, slash);
  const auto chosen = checks_of(endpoint, checks);
  if (slash != std::string_view::npos && slash + 1 < path.size()) {
    const std::string_view name = path.substr(slash + 1);
    for (const HealthCheck* check : chosen) {
      if (check->name != name) continue;
      if (check->passes()) return text_answer(200, "ok");
      return text_answer(500, "internal server error: reason withheld\n");
    }
    return text_answer(404, "404 page not found\n");
  }
  std::string report;
  bool passed = true;
  for (const HealthCheck* check : chosen) {
    const bool excluded = std::ranges::any_of(request.query, [&](const auto& pair) {
      return pair.first == "exclude" && pair.second == check->name;
    });
    if (excluded) {
      report += fmt::format("[+]{} excluded: ok\n", check->name);
    } else if (check->passes()) {
      report += fmt::format("[+]{} ok\n", check->name);
    } else {
      report += fmt::format("[-]{} failed: reason withheld\n", check->name);
      passed = false;
    }
  }
  if (!passed) return text_answer(500, fmt::format("{}{} check failed\n", report, endpoint));
  if (request.parameter("verbose"))
    return text_answer(200, fmt::format("{}{} check passed\n", report, endpoint));
  return text_answer(200, "ok");
}

}  // namespace cove::server
