// TaintNodesByCondition (kubernetes.io "Taints and Tolerations", taint nodes by condition): a new
// node takes no pods before something has seen that it is ready.

#include "core/server/admission/plugins.h"

namespace cove::server {
namespace {

constexpr std::string_view kNotReady = "node.kubernetes.io/not-ready";

class TaintNodes final : public AdmissionPlugin {
 public:
  std::string_view name() const override { return "TaintNodesByCondition"; }

  Outcome<void> mutate(AdmissionRequest& request, const ClusterState&) override {
    if (!is_about(request, "", "nodes") || request.operation != Operation::kCreate) return {};
    json::array& taints = api::make_array_at(*request.object, {"spec", "taints"});
    const bool there = std::ranges::any_of(taints, [](const json::value& taint) {
      return taint.is_object() && api::text_at(taint.get_object(), {"key"}) == kNotReady &&
             api::text_at(taint.get_object(), {"effect"}) == "NoSchedule";
    });
    if (!there)
      taints.push_back(json::object{{"key", api::key(kNotReady)}, {"effect", "NoSchedule"}});
    return {};
  }
};

}  // namespace

std::unique_ptr<AdmissionPlugin> taint_nodes() {
  return std::make_unique<TaintNodes>();
}

}  // namespace cove::server
