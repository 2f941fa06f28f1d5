// PodSecurity (kubernetes.io "Pod Security Standards", "Pod Security Admission"): what pods of a
// namespace may do, by the namespace's labels. Pods that break what is enforced are refused; the
// level to warn about also looks at the templates of what makes pods.

#include <fmt/format.h>

#include <charconv>

#include "core/server/admission/plugins.h"
#include "core/server/admission/pod_security_checks.h"

namespace cove::server {
namespace {

constexpr std::string_view kLabel = "pod-security.kubernetes.io/";

struct Policy {
  PodSecurityLevel level = PodSecurityLevel::kPrivileged;
  std::string version = "latest";

  std::string text() const {
    return fmt::format("{}:{}",
                       level == PodSecurityLevel::kRestricted ? "restricted"
                       : level == PodSecurityLevel::kBaseline ? "baseline"
                                                              : "privileged",
                       version);
  }
};

bool is_version(std::string_view text) {
  if (text == "latest") return true;
  if (!text.starts_with("v1.")) return false;
  text.remove_prefix(3);
  int minor = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), minor);
  return error == std::errc() && end == text.data() + text.size();
}

// A label that cannot be understood is as strict as can be.
Policy policy_of(const json::object& space, std::string_view mode) {
  Policy policy;
  const auto label = [&](const std::string& name) {
    return api::text_at(space, {"metadata", "labels", name});
  };
  const std::string_view level = label(fmt::format("{}{}", kLabel, mode));
  if (level.empty()) return policy;
  const std::string_view version = label(fmt::format("{}{}-version", kLabel, mode));
  if (!version.empty() && is_version(version)) policy.version = version;
  policy.level = level == "privileged" ? PodSecurityLevel::kPrivileged
                 : level == "baseline" ? PodSecurityLevel::kBaseline
                                       : PodSecurityLevel::kRestricted;
  return policy;
}

const json::object* spec_in(const AdmissionRequest& request) {
  const std::string& group = request.kind.gvk.group;
  const std::string& plural = request.kind.plural;
  const auto any = [&](std::initializer_list<std::string_view> all) {
    return std::ranges::find(all, plural) != all.end();
  };
  if (group == "apps" && any({"daemonsets", "deployments", "replicasets", "statefulsets"}))
    return api::object_at(*request.object, {"spec", "template"});
  if (group == "batch" && plural == "jobs")
    return api::object_at(*request.object, {"spec", "template"});
  if (group == "batch" && plural == "cronjobs")
    return api::object_at(*request.object, {"spec", "jobTemplate", "spec", "template"});
  if (group.empty() && plural == "replicationcontrollers")
    return api::object_at(*request.object, {"spec", "template"});
  if (group.empty() && plural == "podtemplates")
    return api::object_at(*request.object, {"template"});
  return nullptr;
}

class PodSecurity final : public AdmissionPlugin {
 public:
  std::string_view name() const override { return "PodSecurity"; }

  Outcome<void> validate(const AdmissionRequest& request, const ClusterState& state) override {
    if (request.object == nullptr || !request.kind.namespaced) return {};
    const bool pod = request.kind.gvk.group.empty() && request.kind.plural == "pods";
    const bool subresource = !request.subresource.empty();
    if (pod && (!subresource || request.subresource == "ephemeralcontainers" ||
                request.subresource == "resize"))
      return check_pod(request, state);
    if (!pod && !subresource) warn_of_template(request, state);
    return {};
  }

 private:
  static api::ObjectPtr space_of(const AdmissionRequest& request, const ClusterState& state) {
    return state.object("", "namespaces", "", request.namespace_name);
  }

  // Updates that change nothing of what is looked at pass, whatever the labels say by now.
  static bool unchanged(const AdmissionRequest& request) {
    if (request.old == nullptr) return false;
    const json::value* const a = api::value_at(*request.old, {"spec"});
    const json::value* const b = api::value_at(*request.object, {"spec"});
    const json::value* const c = api::value_at(*request.old, {"metadata", "annotations"});
    const json::value* const d = api::value_at(*request.object, {"metadata", "annotations"});
    const auto same = [](const json::value* x, const json::value* y) {
      return x == nullptr ? y == nullptr : y != nullptr && api::same(*x, *y);
    };
    return same(a, b) && same(c, d);
  }

  static Outcome<void> check_pod(const AdmissionRequest& request, const ClusterState& state) {
    const api::ObjectPtr space = space_of(request, state);
    if (!space || unchanged(request)) return {};
    const Policy enforced = policy_of(space->document(), "enforce");
    const auto faults = pod_security_faults(*request.object, enforced.level);
    if (!faults.empty()) {
      return refuse::forbidden(
          request.kind, request.name,
          fmt::format("violates PodSecurity \"{}\": {}", enforced.text(), fmt::join(faults, ", ")));
    }
    warn(request, *request.object, space->document());
    return {};
  }

  static void warn_of_template(const AdmissionRequest& request, const ClusterState& state) {
    const json::object* const pod = spec_in(request);
    if (pod == nullptr) return;
    if (const api::ObjectPtr space = space_of(request, state))
      warn(request, *pod, space->document());
  }

  static void warn(const AdmissionRequest& request, const json::object& pod,
                   const json::object& space) {
    const Policy policy = policy_of(space, "warn");
    const auto faults = pod_security_faults(pod, policy.level);
    if (faults.empty()) return;
    request.warnings.push_back(fmt::format("would violate PodSecurity \"{}\": {}", policy.text(),
                                           fmt::join(faults, ", ")));
  }
};

}  // namespace

std::unique_ptr<AdmissionPlugin> pod_security() {
  return std::make_unique<PodSecurity>();
}

}  // namespace cove::server
