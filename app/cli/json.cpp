#include "app/cli/json.h"

#include <fmt/format.h>

#include "app/cli/exit_codes.h"
#include "app/cli/render.h"
#include "core/base/clock.h"
#include "core/base/strings.h"

namespace cove::cli {

using provision::ClusterStatus;
using provision::Phase;

JsonObject& JsonObject::raw(std::string_view key, std::string_view json) {
  if (!members_.empty()) members_ += ',';
  members_ += json_quote(key);
  members_ += ':';
  members_ += json;
  return *this;
}
JsonObject& JsonObject::text(std::string_view key, std::string_view value) {
  return raw(key, json_quote(value));
}
JsonObject& JsonObject::number(std::string_view key, std::int64_t value) {
  return raw(key, fmt::format("{}", value));
}
JsonObject& JsonObject::boolean(std::string_view key, bool value) {
  return raw(key, value ? "true" : "false");
}

std::string json_array(const std::vector<std::string>& values) {
  return fmt::format("[{}]", fmt::join(values, ","));
}

JsonObject step_members(JsonObject object, const provision::Step& step) {
  object.text("id", step.id).text("title", step.title);
  object.text("state", provision::to_string(step.state)).number("elapsed_ms", step.elapsed.count());
  if (step.expected) object.number("expected_ms", step.expected->count());
  if (!step.detail.empty()) object.text("detail", step.detail);
  return object;
}

JsonObject error_members(JsonObject object, const Error& error) {
  return object.text("code", to_string(error.code))
      .text("message", error.message())
      .text("action", error.action)
      .text("subject", error.subject)
      .text("cause", error.cause)
      .text("remedy", error.remedy)
      .number("exit_code", exit_code(error.code));
}

std::string status_json(const ClusterStatus& status) {
  const Components components = components_of(status);
  const auto optional = [](JsonObject& object, std::string_view key, const std::string& value) {
    if (!value.empty()) object.text(key, value);
  };
  JsonObject object;
  object.text("Name", status.profile)
      .text("Host", components.host)
      .text("Kubelet", components.kubelet)
      .text("APIServer", components.apiserver)
      .text("Kubeconfig", components.kubeconfig)
      .boolean("Worker", false)
      .text("Phase", provision::to_string(status.phase));
  optional(object, "Reason", status.reason);
  optional(object, "Remedy", status.remedy);
  optional(object, "Busy", status.busy);
  if (status.current_step) object.raw("Step", step_members({}, *status.current_step).str());
  if (status.phase == Phase::kNotCreated) return object.str();
  optional(object, "IP", status.host);
  optional(object, "Server", status.server);
  optional(object, "Context", status.context);
  optional(object, "KubeconfigFile", status.kubeconfig.string());
  optional(object, "Version", status.kubernetes_version);
  object.number("CPUs", status.wish.resources.cpus)
      .number("MemoryMiB", static_cast<std::int64_t>(status.wish.resources.memory_mib))
      .number("DiskGiB", static_cast<std::int64_t>(status.wish.resources.disk_gib))
      .text("Network", provision::to_string(status.wish.network))
      .text("Acceleration", status.acceleration == vm::Acceleration::kKvm ? "kvm" : "software");
  optional(object, "AccelerationNote", status.acceleration_note);
  optional(object, "SystemImage", status.image_version);
  optional(object, "HTTPProxy", provision::shown_proxy(status.wish.proxy.http));
  optional(object, "HTTPSProxy", provision::shown_proxy(status.wish.proxy.https));
  optional(object, "NoProxy", status.wish.proxy.no_proxy);
  if (status.started_at) object.text("StartedAt", rfc3339(*status.started_at));
  return object.str();
}

}  // namespace cove::cli
