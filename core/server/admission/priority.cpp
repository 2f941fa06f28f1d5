// Priority (kubernetes.io "Pod Priority and Preemption"): a pod's priority is that of its class,
// and the cluster has one default class at most.

#include <fmt/format.h>

#include "core/server/admission/plugins.h"

namespace cove::server {
namespace {

constexpr std::string_view kGroup = "scheduling.k8s.io";

class Priority final : public AdmissionPlugin {
 public:
  std::string_view name() const override { return "Priority"; }

  Outcome<void> mutate(AdmissionRequest& request, const ClusterState& state) override {
    if (!is_about(request, "", "pods")) return {};
    json::object& pod = *object_of(request);
    if (request.operation == Operation::kUpdate) {
      // What was found out once stays.
      if (api::value_at(pod, {"spec", "priority"}) == nullptr) {
        if (const auto before = api::integer_at(*request.old, {"spec", "priority"}))
          api::set_at(pod, {"spec", "priority"}, *before);
      }
      return {};
    }
    if (request.operation != Operation::kCreate) return {};
    return settle(request, state, pod);
  }

  Outcome<void> validate(const AdmissionRequest& request, const ClusterState& state) override {
    if (!is_about(request, kGroup, "priorityclasses") || request.object == nullptr) return {};
    if (!api::flag_at(*request.object, {"globalDefault"})) return {};
    const api::ObjectPtr other = default_class(state);
    if (!other || other->name() == request.name) return {};
    return refuse::forbidden(
        request.kind, request.name,
        fmt::format("PriorityClass {} is already marked as default. Only one default can exist",
                    other->name()));
  }

 private:
  static json::object* object_of(AdmissionRequest& request) {
    static json::object none;
    return request.object != nullptr ? request.object : &none;
  }

  static api::ObjectPtr default_class(const ClusterState& state) {
    api::ObjectPtr lowest;
    for (const auto& each : state.objects(kGroup, "priorityclasses", "")) {
      if (api::flag_at(each->document(), {"globalDefault"}) &&
          (!lowest || value_of(*each) < value_of(*lowest)))
        lowest = each;
    }
    return lowest;
  }

  static std::int64_t value_of(const api::Object& object) {
    return api::integer_at(object.document(), {"value"}).value_or(0);
  }

  static Outcome<void> settle(AdmissionRequest& request, const ClusterState& state,
                              json::object& pod) {
    const std::string wanted(api::text_at(pod, {"spec", "priorityClassName"}));
    const api::ObjectPtr found =
        wanted.empty() ? default_class(state) : state.object(kGroup, "priorityclasses", "", wanted);
    if (!wanted.empty() && !found) {
      return refuse::forbidden(request.kind, request.name,
                               fmt::format("no PriorityClass with name {} was found", wanted));
    }
    const std::int64_t value = found ? value_of(*found) : 0;
    std::string_view policy = "PreemptLowerPriority";
    if (found) {
      if (const auto text = api::text_at(found->document(), {"preemptionPolicy"}); !text.empty())
        policy = text;
    }
    const auto given = api::integer_at(pod, {"spec", "priority"});
    if (given && *given != value) {
      return refuse::forbidden(
          request.kind, request.name,
          fmt::format("the integer value of priority ({}) must not be provided "
                      "in pod spec; priority admission controller computed {} "
                      "from the given PriorityClass name",
                      *given, value));
    }
    const std::string_view given_policy = api::text_at(pod, {"spec", "preemptionPolicy"});
    if (!given_policy.empty() && given_policy != policy && found) {
      return refuse::forbidden(
          request.kind, request.name,
          fmt::format("the string value of PreemptionPolicy ({}) must not be provided in pod spec; "
                      "priority admission controller computed {} from the given PriorityClass name",
                      given_policy, policy));
    }
    if (wanted.empty() && found)
      api::set_at(pod, {"spec", "priorityClassName"}, api::key(found->name()));
    api::set_at(pod, {"spec", "priority"}, value);
    if (given_policy.empty()) api::set_at(pod, {"spec", "preemptionPolicy"}, api::key(policy));
    return {};
  }
};

}  // namespace

std::unique_ptr<AdmissionPlugin> priority() {
  return std::make_unique<Priority>();
}

}  // namespace cove::server
