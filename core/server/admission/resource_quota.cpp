// ResourceQuota (kubernetes.io "Resource Quotas"): nothing is made that would exceed a quota of its
// namespace. What is counted is written with the object, so two writes can never share what is
// left.

#include <fmt/format.h>

#include <map>

#include "core/api/quota.h"
#include "core/server/admission/plugins.h"

namespace cove::server {
namespace {

using api::Amounts;
using api::amounts_at;
using api::Quantity;
using api::QuotaSubject;

std::string list_text(const Amounts& all, const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    const auto found = all.find(name);
    out += fmt::format("{}{}={}", out.empty() ? "" : ",", name,
                       found != all.end() ? found->second.text() : "0");
  }
  return out;
}

// What all objects of the namespace together count for, by looking at each.
Quantity counted_usage(const json::object& quota, std::string_view name,
                       std::string_view namespace_name, const ClusterState& state) {
  const QuotaSubject subject = api::quota_subject(name);
  Quantity total;
  for (const auto& object : state.objects(subject.group, subject.plural, namespace_name)) {
    if (!api::quota_covers(quota, subject, object->document())) continue;
    const Amounts usage = api::quota_usage(subject, object->document());
    if (const auto found = usage.find(name); found != usage.end()) total += found->second;
  }
  return total;
}

class ResourceQuota final : public AdmissionPlugin {
 public:
  std::string_view name() const override { return "ResourceQuota"; }

  Outcome<void> validate(const AdmissionRequest& request, const ClusterState& state) override {
    const bool counted =
        request.operation == Operation::kCreate || request.operation == Operation::kUpdate;
    if (!counted || request.object == nullptr || !request.kind.namespaced ||
        !request.subresource.empty() || request.kind.verbs.size() == 1)
      return {};
    const QuotaSubject subject{request.kind.gvk.group, request.kind.plural};
    const Amounts before =
        request.old != nullptr ? api::quota_usage(subject, *request.old) : Amounts();
    Amounts delta = api::quota_usage(subject, *request.object);
    for (const auto& [name, amount] : before) delta[name] -= amount;
    std::erase_if(delta, [](const auto& each) { return each.second.is_zero(); });
    const bool new_pod = request.operation == Operation::kCreate && is_about(request, "", "pods");
    if (delta.empty()) return {};
    for (const auto& listed : state.objects("", "resourcequotas", request.namespace_name)) {
      // The newest one, with what is on its way to the disk.
      const api::ObjectPtr quota =
          state.object("", "resourcequotas", request.namespace_name, listed->name());
      if (!quota || !api::quota_covers(quota->document(), subject, *request.object)) continue;
      if (auto charged = charge(request, state, *quota, delta, new_pod); !charged) return charged;
    }
    return {};
  }

 private:
  static Outcome<void> charge(const AdmissionRequest& request, const ClusterState& state,
                              const api::Object& quota, const Amounts& delta, bool new_pod) {
    const Amounts hard = amounts_at(quota.document(), {"spec", "hard"});
    if (new_pod) {
      if (const std::string missing = api::unspecified_resources(*request.object, hard);
          !missing.empty()) {
        return refuse::forbidden(
            request.kind, request.name,
            fmt::format("failed quota: {}: must specify {}", quota.name(), missing));
      }
    }
    Amounts used = amounts_at(quota.document(), {"status", "used"});
    std::vector<std::string> touched;
    std::vector<std::string> exceeded;
    Amounts next = used;
    for (const auto& [name, bound] : hard) {
      const auto change = delta.find(name);
      if (change == delta.end()) continue;
      if (!used.contains(name)) {
        used[name] = counted_usage(quota.document(), name, request.namespace_name, state);
        next[name] = used[name];
      }
      next[name] += change->second;
      touched.push_back(name);
      if (change->second.sign() > 0 && next[name] > bound) exceeded.push_back(name);
    }
    if (!exceeded.empty()) {
      return refuse::forbidden(
          request.kind, request.name,
          fmt::format("exceeded quota: {}, requested: {}, used: {}, limited: {}", quota.name(),
                      list_text(delta, exceeded), list_text(used, exceeded),
                      list_text(hard, exceeded)));
    }
    if (touched.empty()) return {};
    json::object document = quota.document();
    const json::value* const spec = api::value_at(document, {"spec", "hard"});
    if (spec != nullptr) {
      json::value copy = *spec;
      api::set_at(document, {"status", "hard"}, std::move(copy));
    }
    for (const std::string& name : touched)
      api::set_at(document, {"status", "used", name}, json::value(next[name].text()));
    request.also.push_back(
        {fmt::format("core/resourcequotas/{}/{}", request.namespace_name, quota.name()),
         std::move(document), revision_of(quota)});
    return {};
  }
};

}  // namespace

std::unique_ptr<AdmissionPlugin> resource_quota() {
  return std::make_unique<ResourceQuota>();
}

}  // namespace cove::server
