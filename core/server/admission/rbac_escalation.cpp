// Nobody grants by a role or binding what they may not do themselves (kubernetes.io "Using RBAC
// Authorization", privilege escalation prevention and bootstrapping); not an admission plugin
// upstream, but the same place and the same effect.

#include <fmt/format.h>

#include "core/server/access/rbac.h"
#include "core/server/admission/plugins.h"

namespace cove::server {
namespace {

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

std::string quoted(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) out += (out.size() > 1 ? " " : "") + api::quote(text);
  return out + "]";
}

class RbacEscalation final : public AdmissionPlugin {
 public:
  std::string_view name() const override { return "RBACEscalation"; }

  Outcome<void> validate(const AdmissionRequest& request, const ClusterState& state) override {
    if (request.kind.gvk.group != kGroup || request.object == nullptr) return {};
    if (request.user.in_group("system:masters")) return {};
    const RbacAuthorizer rbac(state);
    const std::string& plural = request.kind.plural;
    if (plural == "roles" || plural == "clusterroles") return check_role(request, rbac);
    if (plural == "rolebindings" || plural == "clusterrolebindings")
      return check_binding(request, rbac);
    return {};
  }

 private:
  static bool may(const AdmissionRequest& request, const RbacAuthorizer& rbac,
                  std::string_view verb, std::string_view plural, std::string_view name) {
    RequestInfo info;
    info.is_resource = true;
    info.verb = verb;
    info.group = kGroup;
    info.version = "v1";
    info.namespace_name = request.namespace_name;
    info.resource = plural;
    info.name = name;
    return rbac.authorize({request.user, info, ""}).kind == Decision::Kind::kAllow;
  }

  static std::vector<PolicyRule> rules_in(const json::object& role) {
    const json::array* const rules = api::array_at(role, {"rules"});
    return rules != nullptr ? read_rules(*rules) : std::vector<PolicyRule>();
  }

  static Outcome<void> check_role(const AdmissionRequest& request, const RbacAuthorizer& rbac) {
    const bool cluster = request.kind.plural == "clusterroles";
    const json::value* const aggregation = api::value_at(*request.object, {"aggregationRule"});
    if (request.old != nullptr) {
      const json::value* const before = api::value_at(*request.old, {"aggregationRule"});
      const bool same_aggregation = aggregation == nullptr
                                        ? before == nullptr
                                        : before != nullptr && api::same(*aggregation, *before);
      std::vector<std::string> none;
      if (same_aggregation && covers(rules_in(*request.old), rules_in(*request.object), none))
        return {};  // it grants no more than it did
    }
    if (may(request, rbac, "escalate", request.kind.plural, request.name)) return {};
    std::vector<PolicyRule> wanted = rules_in(*request.object);
    // Whatever will be aggregated into it, now or later.
    if (cluster && aggregation != nullptr) {
      wanted.push_back({{"*"}, {"*"}, {"*"}, {}, {}});
      wanted.push_back({{"*"}, {}, {}, {}, {"*"}});
    }
    return check(request, rbac, wanted);
  }

  static Outcome<void> check_binding(const AdmissionRequest& request, const RbacAuthorizer& rbac) {
    const json::object& binding = *request.object;
    const std::string_view kind = api::text_at(binding, {"roleRef", "kind"});
    const std::string_view name = api::text_at(binding, {"roleRef", "name"});
    if (request.old != nullptr) {
      const auto part = [](const json::object& object, std::string_view member) {
        const json::value* const value = api::value_at(object, {member});
        return value != nullptr ? *value : json::value();
      };
      if (api::same(part(*request.old, "subjects"), part(binding, "subjects")) &&
          api::same(part(*request.old, "roleRef"), part(binding, "roleRef")))
        return {};
    }
    if (may(request, rbac, "bind", kind == "ClusterRole" ? "clusterroles" : "roles", name))
      return {};
    const auto rules = rbac.rules_of_role(kind, request.namespace_name, name);
    if (!rules) {
      const std::string_view resource = kind == "ClusterRole" ? "clusterroles" : "roles";
      return Refusal{
          404, "NotFound", fmt::format("{}.{} \"{}\" not found", resource, kGroup, name),
          json::object{
              {"name", api::key(name)}, {"group", api::key(kGroup)}, {"kind", api::key(resource)}}};
    }
    return check(request, rbac, *rules);
  }

  static Outcome<void> check(const AdmissionRequest& request, const RbacAuthorizer& rbac,
                             const std::vector<PolicyRule>& wanted) {
    std::vector<std::string> missing;
    if (covers(rbac.effective_rules(request.user, request.namespace_name), wanted, missing))
      return {};
    std::string lines;
    for (const std::string& rule : missing) lines += "\n" + rule;
    return refuse::forbidden(
        request.kind, request.name,
        fmt::format("user {} (groups={}) is attempting to grant RBAC permissions not currently "
                    "held:{}",
                    api::quote(request.user.name), quoted(request.user.groups), lines));
  }
};

}  // namespace

std::unique_ptr<AdmissionPlugin> rbac_escalation() {
  return std::make_unique<RbacEscalation>();
}

}  // namespace cove::server
