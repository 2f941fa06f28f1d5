#include "app/cli/render.h"

#include <fmt/format.h>

#include "app/cli/exit_codes.h"
#include "core/base/strings.h"

namespace cove::cli {

using provision::ClusterStatus;
using provision::Phase;

Components components_of(const ClusterStatus& status) {
  constexpr const char* kRunning = "Running";
  constexpr const char* kNonexistent = "Nonexistent";
  if (status.phase == Phase::kNotCreated) {
    return {kNonexistent, kNonexistent, kNonexistent, kNonexistent};
  }
  const std::string idle = status.phase == Phase::kPaused ? "Paused" : "Stopped";
  return {std::string(provision::to_string(status.phase)), status.node_ready ? kRunning : idle,
          status.api_ready ? kRunning : idle,
          status.kubeconfig_ok ? "Configured" : "Misconfigured"};
}

int status_exit_code(const ClusterStatus& status) {
  int code = kOk;
  if (status.phase != Phase::kRunning) code |= kHostNotRunning;
  if (!status.api_ready || !status.kubeconfig_ok) code |= kApiServerNotRunning;
  if (!status.node_ready) code |= kKubeletNotRunning;
  return code;
}

std::string status_text(const ClusterStatus& status) {
  const Components components = components_of(status);
  std::string text = escape_control(status.profile) + "\n";
  const auto line = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) text += fmt::format("{}: {}\n", key, escape_control(value));
  };
  line("type", "Control Plane");
  line("host", components.host);
  line("kubelet", components.kubelet);
  line("apiserver", components.apiserver);
  line("kubeconfig", components.kubeconfig);
  if (status.phase != Phase::kNotCreated) {
    line("server", status.server);
    line("version", status.kubernetes_version);
  }
  line("busy", status.busy);
  if (status.current_step && status.phase != Phase::kRunning) {
    line("step", fmt::format("{} ({})", status.current_step->title,
                             provision::to_string(status.current_step->state)));
  }
  line("reason", status.reason);
  line("remedy", status.remedy);
  if (status.phase == Phase::kRunning) line("note", status.acceleration_note);
  return text;
}

std::string profile_table(const std::vector<ClusterStatus>& clusters) {
  std::vector<std::vector<std::string>> rows{
      {"PROFILE", "STATUS", "SERVER", "VERSION", "CPUS", "MEMORY", "DISK", "KUBECONFIG"}};
  for (const ClusterStatus& cluster : clusters) {
    const auto& resources = cluster.wish.resources;
    rows.push_back({escape_control(cluster.profile),
                    std::string(provision::to_string(cluster.phase)),
                    cluster.server.empty() ? "-" : escape_control(cluster.server),
                    cluster.kubernetes_version.empty() ? "-" : cluster.kubernetes_version,
                    fmt::format("{}", resources.cpus), format_size(resources.memory_mib << 20),
                    format_size(resources.disk_gib << 30), components_of(cluster).kubeconfig});
  }
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string format_duration(std::chrono::milliseconds duration) {
  const auto ms = std::max<std::int64_t>(0, duration.count());
  if (ms < 60'000) return fmt::format("{}.{} s", ms / 1000, ms % 1000 / 100);
  return fmt::format("{} m {:02} s", ms / 60'000, ms / 1000 % 60);
}

}  // namespace cove::cli
