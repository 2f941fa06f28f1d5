#include "core/api/pods.h"

#include "core/api/readers.h"

namespace cove::api {

std::string_view pod_phase(const Object& pod) {
  return text_at(pod.document(), {"status", "phase"});
}

bool has_ended(const json::object& pod) {
  const std::string_view phase = text_at(pod, {"status", "phase"});
  return phase == "Succeeded" || phase == "Failed";
}

bool has_ended(const Object& pod) {
  return has_ended(pod.document());
}

bool is_pod_active(const Object& pod) {
  return !has_ended(pod) && !pod.deleting();
}

bool is_pod_ready(const Object& pod) {
  return condition_holds(pod.document(), "Ready");
}

}  // namespace cove::api
