// DefaultTolerationSeconds (kubernetes.io "Taints and Tolerations", taint based evictions): a pod
// stays five minutes on a node that fails unless it says otherwise.

#include "core/server/admission/plugins.h"

namespace cove::server {
namespace {

constexpr std::int64_t kSeconds = 300;

class PodTolerations final : public AdmissionPlugin {
 public:
  std::string_view name() const override { return "DefaultTolerationSeconds"; }

  Outcome<void> mutate(AdmissionRequest& request, const ClusterState&) override {
    if (!is_about(request, "", "pods") || request.operation != Operation::kCreate) return {};
    for (const std::string_view taint :
         {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"})
      add(*request.object, taint);
    return {};
  }

 private:
  static void add(json::object& pod, std::string_view taint) {
    json::array& all = api::make_array_at(pod, {"spec", "tolerations"});
    const bool there = std::ranges::any_of(all, [&](const json::value& each) {
      if (!each.is_object()) return false;
      const std::string_view key = api::text_at(each.get_object(), {"key"});
      const std::string_view effect = api::text_at(each.get_object(), {"effect"});
      return (key == taint || key.empty()) && (effect == "NoExecute" || effect.empty());
    });
    if (there) return;
    all.push_back(json::object{{"key", api::key(taint)},
                               {"operator", "Exists"},
                               {"effect", "NoExecute"},
                               {"tolerationSeconds", kSeconds}});
  }
};

}  // namespace

std::unique_ptr<AdmissionPlugin> pod_tolerations() {
  return std::make_unique<PodTolerations>();
}

}  // namespace cove::server
