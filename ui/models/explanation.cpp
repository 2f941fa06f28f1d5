#include "ui/models/explanation.h"

#include <algorithm>

#include "core/api/time.h"
#include "ui/models/explanation_parts.h"

namespace cove::ui {
namespace why {
namespace {

// Levenshtein's distance; names are short.
int distance(const QString& a, const QString& b) {
  std::vector<int> row(static_cast<std::size_t>(b.size()) + 1);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<int>(i);
  for (qsizetype i = 0; i < a.size(); ++i) {
    int diagonal = row[0];
    row[0] = static_cast<int>(i) + 1;
    for (qsizetype j = 0; j < b.size(); ++j) {
      const auto at = static_cast<std::size_t>(j);
      const int replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[at + 1];
      row[at + 1] = std::min({row[at] + 1, row[at + 1] + 1, replaced});
    }
  }
  return row.back();
}

std::string_view event_time(const json::object& event) {
  for (const auto found :
       {api::text_at(event, {"series", "lastObservedTime"}), api::text_at(event, {"lastTimestamp"}),
        api::text_at(event, {"eventTime"})}) {
    if (!found.empty()) return found;
  }
  return api::text_at(event, {"metadata", "creationTimestamp"});
}

}  // namespace

client::Selection in_namespace(client::Resource resource, const api::Object& object) {
  return {.resource = std::move(resource), .namespace_name = std::string(object.namespace_name())};
}

client::Selection events_of(const api::Object& object) {
  return {.resource = {"", "v1", "events"},
          .namespace_name = std::string(object.namespace_name()),
          .field_selector = "involvedObject.uid=" + std::string(object.uid())};
}

std::vector<api::ObjectPtr> of_kind(const Surroundings& around, std::string_view kind) {
  std::vector<api::ObjectPtr> found;
  for (const api::ObjectPtr& each : around.objects)
    if (each->kind() == kind) found.push_back(each);
  return found;
}

api::ObjectPtr last_event(const Surroundings& around, const api::Object& object,
                          std::string_view reason, std::string_view begins) {
  api::ObjectPtr last;
  std::string_view at;
  for (const api::ObjectPtr& each : around.objects) {
    if (each->kind() != "Event") continue;
    const json::object& event = each->document();
    if (api::text_at(event, {"reason"}) != reason ||
        api::text_at(event, {"involvedObject", "kind"}) != object.kind() ||
        api::text_at(event, {"involvedObject", "name"}) != object.name() ||
        !api::text_at(event, {"message"}).starts_with(begins)) {
      continue;
    }
    const std::string_view uid = api::text_at(event, {"involvedObject", "uid"});
    if (!uid.empty() && uid != object.uid()) continue;
    if (last && event_time(event) < at) continue;
    last = each;
    at = event_time(event);
  }
  return last;
}

QString message_of(const api::ObjectPtr& event) {
  return event ? text(api::text_at(event->document(), {"message"})) : QString();
}

QString key_of(const api::Object& object) {
  const QString name = text(object.name());
  return object.namespace_name().empty() ? name
                                         : text(object.namespace_name()) + QLatin1Char('/') + name;
}

QString labels_text(const json::object* labels) {
  QStringList all;
  if (labels == nullptr) return {};
  for (const auto& label : *labels) {
    const auto* value = label.value().if_string();
    all.append(text(std::string_view(label.key().data(), label.key().size())) + QLatin1Char('=') +
               (value != nullptr ? text(api::view(*value)) : QString()));
  }
  all.sort();
  return all.join(QStringLiteral(", "));
}

ExplanationAction show(const QString& place, const api::Object& object) {
  return {Explanations::tr("Show %1").arg(text(object.name())), place, key_of(object)};
}

QStringList alike(const QString& wanted, const QStringList& names) {
  std::vector<std::pair<int, QString>> ranked;
  for (const QString& name : names) {
    if (name.size() > 253 || wanted.size() > 253) continue;
    const int apart = distance(wanted, name);
    const int bound = std::max<int>(2, static_cast<int>(wanted.size()) / 3);
    if (apart <= bound) ranked.emplace_back(apart, name);
  }
  std::ranges::sort(ranked);
  QStringList best;
  for (const auto& each : ranked)
    if (best.size() < 3) best.append(each.second);
  return best;
}

QString lines(std::initializer_list<QString> sentences) {
  QStringList kept;
  for (const QString& each : sentences)
    if (!each.isEmpty()) kept.append(each);
  return kept.join(QLatin1Char('\n'));
}

}  // namespace why

ExplanationNeeds needs_of(const api::Object& object, WallTime now) {
  using why::in_namespace;
  const std::string_view kind = object.kind();
  const client::Resource pods{"", "v1", "pods"};
  if (kind == "Pod") return why::pod_needs(object, now);
  if (kind == "Service") {
    return {{in_namespace(pods, object),
             in_namespace({"discovery.k8s.io", "v1", "endpointslices"}, object)},
            {}};
  }
  if (kind == "Ingress") {
    return {{in_namespace({"", "v1", "services"}, object),
             {.resource = {"networking.k8s.io", "v1", "ingressclasses"}}},
            {}};
  }
  if (kind == "PersistentVolumeClaim") {
    return {{why::events_of(object), {.resource = {"storage.k8s.io", "v1", "storageclasses"}}}, {}};
  }
  if (kind == "Job") {
    if (api::condition_holds(object.document(), "Complete")) return {};
    return {{in_namespace(pods, object), why::events_of(object)}, {}};
  }
  // Workloads: their state says whether there is anything to explain.
  if (!explain(object, {}, now)) return {};
  if (kind == "Deployment" || kind == "ReplicaSet" || kind == "StatefulSet" ||
      kind == "DaemonSet") {
    return {{in_namespace(pods, object), why::events_of(object)}, {}};
  }
  return {};
}

std::optional<Explanation> explain(const api::Object& object, const Surroundings& around,
                                   WallTime now) {
  const std::string_view kind = object.kind();
  if (kind == "Pod") return why::pod(object, around, now);
  if (kind == "Service") return why::service(object, around);
  if (kind == "Deployment" || kind == "ReplicaSet" || kind == "StatefulSet" || kind == "DaemonSet")
    return why::workload(object, around, now);
  if (kind == "Job") return why::job(object, around, now);
  if (kind == "PersistentVolumeClaim") return why::claim(object, around);
  if (kind == "Node") return why::node(object);
  if (kind == "Ingress") return why::ingress(object, around);
  if (kind == "Namespace") return why::name_space(object);
  return std::nullopt;
}

}  // namespace cove::ui
