// RuntimeClass (kubernetes.io "Runtime Class", "Pod Overhead"): a pod gets the overhead and the
// scheduling of its class.

#include <fmt/format.h>

#include "core/server/admission/plugins.h"

namespace cove::server {
namespace {

class RuntimeClass final : public AdmissionPlugin {
 public:
  std::string_view name() const override { return "RuntimeClass"; }

  Outcome<void> mutate(AdmissionRequest& request, const ClusterState& state) override {
    if (!is_about(request, "", "pods") || request.operation != Operation::kCreate) return {};
    json::object& pod = *request.object;
    const std::string wanted(api::text_at(pod, {"spec", "runtimeClassName"}));
    if (wanted.empty()) {
      if (api::value_at(pod, {"spec", "overhead"}) == nullptr) return {};
      return refuse::forbidden(
          request.kind, request.name,
          "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead");
    }
    const api::ObjectPtr found = state.object("node.k8s.io", "runtimeclasses", "", wanted);
    if (!found) {
      return refuse::forbidden(request.kind, request.name,
                               fmt::format("pod rejected: RuntimeClass \"{}\" not found", wanted));
    }
    if (auto merged = merge_overhead(request, found->document()); !merged) return merged;
    return merge_scheduling(request, found->document());
  }

 private:
  static Outcome<void> merge_overhead(AdmissionRequest& request, const json::object& of_class) {
    json::object& pod = *request.object;
    const json::value* const fixed = api::value_at(of_class, {"overhead", "podFixed"});
    const json::value* const given = api::value_at(pod, {"spec", "overhead"});
    if (given != nullptr && (fixed == nullptr || !api::same(*given, *fixed))) {
      return refuse::forbidden(
          request.kind, request.name,
          "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead");
    }
    if (fixed != nullptr) api::set_at(pod, {"spec", "overhead"}, *fixed);
    return {};
  }

  static Outcome<void> merge_scheduling(AdmissionRequest& request, const json::object& of_class) {
    json::object& pod = *request.object;
    if (const json::object* const nodes =
            api::object_at(of_class, {"scheduling", "nodeSelector"})) {
      json::object& selector = api::make_object_at(pod, {"spec", "nodeSelector"});
      for (const auto& member : *nodes) {
        const json::value* const given = selector.if_contains(member.key());
        if (given != nullptr && !api::same(*given, member.value())) {
          return refuse::forbidden(
              request.kind, request.name,
              fmt::format("pod rejected: conflict: runtimeClass.scheduling.nodeSelector[{}] = {}; "
                          "pod.spec.nodeSelector[{}] = {}",
                          std::string_view(member.key()), api::to_text(member.value()),
                          std::string_view(member.key()), api::to_text(*given)));
        }
        selector[member.key()] = member.value();
      }
    }
    if (const json::array* const more = api::array_at(of_class, {"scheduling", "tolerations"})) {
      json::array& all = api::make_array_at(pod, {"spec", "tolerations"});
      for (const json::value& toleration : *more) {
        if (std::ranges::none_of(all, [&](const auto& v) { return api::same(v, toleration); }))
          all.push_back(toleration);
      }
    }
    return {};
  }
};

}  // namespace

std::unique_ptr<AdmissionPlugin> runtime_class() {
  return std::make_unique<RuntimeClass>();
}

}  // namespace cove::server
