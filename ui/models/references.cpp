#include "ui/models/references.h"

#include <QCoreApplication>
#include <QStringList>
#include <algorithm>

#include "ui/models/document_text.h"

namespace cove::ui {
namespace {

namespace json = api::json;

constexpr int kNamed = 10;

struct References {
  Q_DECLARE_TR_FUNCTIONS(References)
};

template <class Test>
bool any_of(const json::object& object, api::Steps path, Test test) {
  const auto* all = api::array_at(object, path);
  return all != nullptr && std::ranges::any_of(*all, [&](const json::value& each) {
           const auto* member = each.if_object();
           return member != nullptr && test(*member);
         });
}

bool volume_uses(const json::object& volume, Referent kind, std::string_view name) {
  switch (kind) {
    case Referent::kClaim:
      return api::text_at(volume, {"persistentVolumeClaim", "claimName"}) == name;
    case Referent::kConfigMap:
      return api::text_at(volume, {"configMap", "name"}) == name ||
             any_of(volume, {"projected", "sources"}, [&](const json::object& source) {
               return api::text_at(source, {"configMap", "name"}) == name;
             });
    case Referent::kSecret:
      return api::text_at(volume, {"secret", "secretName"}) == name ||
             any_of(volume, {"projected", "sources"}, [&](const json::object& source) {
               return api::text_at(source, {"secret", "name"}) == name;
             });
  }
  return false;
}

bool container_uses(const json::object& container, Referent kind, std::string_view name) {
  if (kind == Referent::kClaim) return false;
  const bool secret = kind == Referent::kSecret;
  return any_of(
             container, {"envFrom"},
             [&](const json::object& from) {
               return api::text_at(from, {secret ? "secretRef" : "configMapRef", "name"}) == name;
             }) ||
         any_of(container, {"env"}, [&](const json::object& variable) {
           return api::text_at(variable, {"valueFrom", secret ? "secretKeyRef" : "configMapKeyRef",
                                          "name"}) == name;
         });
}

}  // namespace

bool pod_uses(const api::Object& pod, Referent kind, std::string_view name) {
  const auto* spec = api::object_at(pod.document(), {"spec"});
  if (spec == nullptr || name.empty()) return false;
  if (any_of(*spec, {"volumes"},
             [&](const json::object& volume) { return volume_uses(volume, kind, name); }))
    return true;
  for (const std::string_view list : {"containers", "initContainers", "ephemeralContainers"}) {
    if (any_of(*spec, {list}, [&](const json::object& container) {
          return container_uses(container, kind, name);
        }))
      return true;
  }
  return kind == Referent::kSecret &&
         any_of(*spec, {"imagePullSecrets"},
                [&](const json::object& secret) { return api::text_at(secret, {"name"}) == name; });
}

QString used_by(const LiveCollection& pods, Referent kind, std::string_view namespace_name,
                std::string_view name) {
  QStringList names;
  int more = 0;
  // Keys are "namespace/name": one namespace's pods stand together.
  const std::string begin = std::string(namespace_name) + "/";
  for (auto at = pods.objects().lower_bound(begin);
       at != pods.objects().end() && at->first.starts_with(begin); ++at) {
    if (!pod_uses(*at->second, kind, name)) continue;
    if (names.size() < kNamed) {
      names.append(text(at->second->name()));
    } else {
      ++more;
    }
  }
  if (more > 0) names.append(References::tr("and %1 more").arg(more));
  return names.join(QLatin1Char('\n'));
}

}  // namespace cove::ui
