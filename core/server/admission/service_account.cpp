// ServiceAccount (kubernetes.io "Configure Service Accounts for Pods"): every pod runs as an
// account that is there, and finds a token of it.

#include <fmt/format.h>

#include "core/base/strings.h"
#include "core/server/admission/plugins.h"

namespace cove::server {
namespace {

constexpr std::string_view kMountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
constexpr std::string_view kVolumePrefix = "kube-api-access-";
constexpr std::string_view kMirror = "kubernetes.io/config.mirror";
constexpr std::int64_t kTokenSeconds = 3607;

json::object token_volume(const std::string& name) {
  json::array sources;
  sources.push_back(
      json::object{{"serviceAccountToken",
                    json::object{{"expirationSeconds", kTokenSeconds}, {"path", "token"}}}});
  sources.push_back(json::object{
      {"configMap",
       json::object{{"name", "kube-root-ca.crt"},
                    {"items", json::array{json::object{{"key", "ca.crt"}, {"path", "ca.crt"}}}}}}});
  sources.push_back(json::object{
      {"downwardAPI",
       json::object{
           {"items", json::array{json::object{
                         {"path", "namespace"},
                         {"fieldRef", json::object{{"apiVersion", "v1"},
                                                   {"fieldPath", "metadata.namespace"}}}}}}}}});
  return {{"name", name},
          {"projected", json::object{{"sources", std::move(sources)}, {"defaultMode", 420}}}};
}

class ServiceAccount final : public AdmissionPlugin {
 public:
  std::string_view name() const override { return "ServiceAccount"; }

  Outcome<void> mutate(AdmissionRequest& request, const ClusterState& state) override {
    if (!is_about(request, "", "pods") || request.operation != Operation::kCreate) return {};
    json::object& pod = *request.object;
    if (api::value_at(pod, {"metadata", "annotations", kMirror}) != nullptr)
      return check_mirror(request);
    std::string name(api::text_at(pod, {"spec", "serviceAccountName"}));
    if (name.empty()) name = api::text_at(pod, {"spec", "serviceAccount"});
    if (name.empty()) name = "default";
    api::set_at(pod, {"spec", "serviceAccountName"}, api::key(name));
    api::set_at(pod, {"spec", "serviceAccount"}, api::key(name));
    const api::ObjectPtr account =
        state.object("", "serviceaccounts", request.namespace_name, name);
    if (!account) {
      return refuse::forbidden(
          request.kind, request.name,
          fmt::format("error looking up service account {}/{}: serviceaccount \"{}\" not found",
                      request.namespace_name, name, name));
    }
    if (wants_token(pod, account->document())) mount_token(pod);
    const json::array* const secrets = api::array_at(pod, {"spec", "imagePullSecrets"});
    const json::array* const given = api::array_at(account->document(), {"imagePullSecrets"});
    if ((secrets == nullptr || secrets->empty()) && given != nullptr && !given->empty())
      api::set_at(pod, {"spec", "imagePullSecrets"}, *given);
    return {};
  }

 private:
  // What a node runs on its own shows up as a pod, but uses nothing of the API.
  static Outcome<void> check_mirror(const AdmissionRequest& request) {
    const json::object& pod = *request.object;
    if (!api::text_at(pod, {"spec", "serviceAccountName"}).empty()) {
      return refuse::forbidden(request.kind, request.name,
                               "a mirror pod may not reference service accounts");
    }
    const json::array* const volumes = api::array_at(pod, {"spec", "volumes"});
    if (volumes == nullptr) return {};
    for (const json::value& volume : *volumes) {
      if (!volume.is_object()) continue;
      const json::array* const sources =
          api::array_at(volume.get_object(), {"projected", "sources"});
      if (sources == nullptr) continue;
      for (const json::value& source : *sources) {
        if (source.is_object() && source.get_object().contains("serviceAccountToken")) {
          return refuse::forbidden(request.kind, request.name,
                                   "a mirror pod may not use ServiceAccountToken volume "
                                   "projections");
        }
      }
    }
    return {};
  }

  static bool wants_token(const json::object& pod, const json::object& account) {
    if (const auto* own = api::value_at(pod, {"spec", "automountServiceAccountToken"}))
      return own->is_bool() && own->get_bool();
    if (const auto* of_account = api::value_at(account, {"automountServiceAccountToken"}))
      return of_account->is_bool() && of_account->get_bool();
    return true;
  }

  static void mount_token(json::object& pod) {
    std::string volume;
    json::array& volumes = api::make_array_at(pod, {"spec", "volumes"});
    for (const json::value& each : volumes) {
      const std::string_view name =
          each.is_object() ? api::text_at(each.get_object(), {"name"}) : std::string_view();
      if (name.starts_with(kVolumePrefix)) volume = name;
    }
    const bool there = !volume.empty();
    if (!there) volume = fmt::format("{}{}", kVolumePrefix, random_hex(3).substr(0, 5));
    bool used = false;
    for (const std::string_view list : {"initContainers", "containers"}) {
      if (api::array_at(pod, {"spec", list}) == nullptr) continue;
      for (json::value& container : api::make_array_at(pod, {"spec", list}))
        used = (container.is_object() && add_mount(container.get_object(), volume)) || used;
    }
    if (used && !there) {
      api::make_array_at(pod, {"spec", "volumes"}).push_back(token_volume(volume));
    } else if (api::make_array_at(pod, {"spec", "volumes"}).empty()) {
      api::erase_at(pod, {"spec", "volumes"});
    }
  }

  // False when something stands at that path already.
  static bool add_mount(json::object& container, const std::string& volume) {
    if (const json::array* const mounts = api::array_at(container, {"volumeMounts"})) {
      for (const json::value& mount : *mounts) {
        if (mount.is_object() && api::text_at(mount.get_object(), {"mountPath"}) == kMountPath)
          return false;
      }
    }
    api::make_array_at(container, {"volumeMounts"})
        .push_back(json::object{
            {"name", volume}, {"readOnly", true}, {"mountPath", api::key(kMountPath)}});
    return true;
  }
};

}  // namespace

std::unique_ptr<AdmissionPlugin> service_account() {
  return std::make_unique<ServiceAccount>();
}

}  // namespace cove::server
