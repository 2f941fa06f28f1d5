#include "core/api/rollout.h"

#include "core/api/document.h"
#include "core/api/readers.h"

namespace cove::api {

Rollout rollout_of(const json::object& deployment) {
  const auto number = [&](std::string_view part, std::string_view name, std::int64_t otherwise) {
    return integer_at(deployment, {part, name}).value_or(otherwise);
  };
  Rollout rollout;
  rollout.observed =
      number("status", "observedGeneration", 0) >= number("metadata", "generation", 0);
  rollout.wanted = number("spec", "replicas", 1);
  rollout.all = number("status", "replicas", 0);
  rollout.updated = number("status", "updatedReplicas", 0);
  rollout.available = number("status", "availableReplicas", 0);
  const json::object* const progressing = condition_of(deployment, "Progressing");
  if (progressing != nullptr && text_at(*progressing, {"status"}) == "False")
    rollout.stuck = text_at(*progressing, {"message"});
  return rollout;
}

}  // namespace cove::api
