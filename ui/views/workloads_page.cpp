// StatefulSets and DaemonSets.
#include <QCoreApplication>

#include "ui/models/document_text.h"
#include "ui/views/kinds_page.h"
#include "ui/views/workload_parts.h"

namespace cove::ui {
namespace {

enum class Workload { kStatefulSet, kDaemonSet };

struct Workloads {
  Q_DECLARE_TR_FUNCTIONS(WorkloadsPage)
};

WorkloadCounts counts_of(const api::Object& object, Workload of) {
  const auto& document = object.document();
  const auto at = [&](std::string_view name) {
    return api::integer_at(document, {"status", name}).value_or(0);
  };
  if (of == Workload::kDaemonSet)
    return {at("desiredNumberScheduled"), at("numberReady"), at("updatedNumberScheduled"),
            at("numberAvailable")};
  return {api::integer_at(document, {"spec", "replicas"}).value_or(1), at("readyReplicas"),
          at("updatedReplicas"), at("availableReplicas")};
}

Cell state_cell(const api::Object& object, Workload of) {
  const WorkloadCounts counts = counts_of(object, of);
  const bool seen =
      api::integer_at(object.document(), {"status", "observedGeneration"}).value_or(0) >=
      object.generation();
  if (!seen) return {Workloads::tr("Changing"), {}, ObjectState::kBusy};
  if (counts.wanted == 0 && counts.ready == 0) {
    return of == Workload::kDaemonSet ? Cell{Workloads::tr("No node fits"),
                                             {},
                                             ObjectState::kOff,
                                             Workloads::tr("No node has the labels it asks for.")}
                                      : Cell{Workloads::tr("Scaled to 0"), {}, ObjectState::kOff};
  }
  if (counts.ready < counts.wanted) {
    return {Workloads::tr("Not all ready"),
            {},
            ObjectState::kBusy,
            Workloads::tr("%1 of %2 pods are ready. The pods' page says what each waits for.")
                .arg(counts.ready)
                .arg(counts.wanted)};
  }
  if (counts.updated < counts.wanted &&
      api::text_at(object.document(), {"spec", "updateStrategy", "type"}) != "OnDelete")
    return {Workloads::tr("Rolling out"), {}, ObjectState::kBusy};
  return {Workloads::tr("Ready"), {}, ObjectState::kGood};
}

ObjectPageKind kind_of(Workload of) {
  const bool stateful = of == Workload::kStatefulSet;
  ObjectPageKind kind;
  kind.id = stateful ? QStringLiteral("statefulsets") : QStringLiteral("daemonsets");
  kind.resource = {"apps", "v1", stateful ? "statefulsets" : "daemonsets"};
  if (stateful) {
    kind.title = [] { return Workloads::tr("StatefulSets"); };
    kind.explanation = [] {
      return Workloads::tr(
          "A StatefulSet keeps pods that have a name and storage of their own, like a database's. "
          "Apply a manifest to make one.");
    };
  } else {
    kind.title = [] { return Workloads::tr("DaemonSets"); };
    kind.explanation = [] {
      return Workloads::tr(
          "A DaemonSet keeps one pod on every node, like a collector of logs. Apply a manifest to "
          "make one.");
    };
  }
  kind.facts = [of](const api::Object& object, WallTime now) {
    const WorkloadCounts counts = counts_of(object, of);
    const Cell state = state_cell(object, of);
    std::vector<Fact> facts = {
        {Workloads::tr("Status"), state.text, glyph_of(state.state)},
        {Workloads::tr("Why"), state.tip},
        {Workloads::tr("Pods"), Workloads::tr("%1 wanted, %2 ready, %3 updated")
                                    .arg(counts.wanted)
                                    .arg(counts.ready)
                                    .arg(counts.updated)},
        {Workloads::tr("Image"), images_of(object)},
        {Workloads::tr("Service"), text(api::text_at(object.document(), {"spec", "serviceName"}))},
        {Workloads::tr("Strategy"),
         text(api::text_at(object.document(), {"spec", "updateStrategy", "type"}))},
        {Workloads::tr("Namespace"), text(object.namespace_name())},
    };
    if (const auto created = created_at(object))
      facts.push_back({Workloads::tr("Age"), age_text(*created, now)});
    return facts;
  };
  const CountsOf counts = [of](const api::Object& object) { return counts_of(object, of); };
  kind.columns = {
      name_column(),
      {[] { return Workloads::tr("Status"); },
       [of](const api::Object& object, WallTime) { return state_cell(object, of); }, 130},
      ready_column(counts),
      count_column([] { return Workloads::tr("Updated"); }, counts, &WorkloadCounts::updated),
      age_column(),
      namespace_column(),
      images_column(),
  };
  return kind;
}

class WorkloadPage final : public ObjectPage {
 public:
  WorkloadPage(const PageContext& context, Workload of, QWidget* parent)
      : ObjectPage(context, kind_of(of), parent) {
    const bool scales = of == Workload::kStatefulSet;
    new WorkloadActions(
        context, *this, actions(),
        scales ? QStringLiteral("statefulset") : QStringLiteral("daemonset"),
        scales ? CountsOf([of](const api::Object& each) { return counts_of(each, of); })
               : CountsOf());
  }
};

}  // namespace

QWidget* make_workloads_page(const PageContext& context, QWidget* parent) {
  return new KindsPage(context, QStringLiteral("workloads"),
                       {{"statefulsets", [] { return Workloads::tr("StatefulSets"); },
                         [](const PageContext& of, QWidget* under) -> ObjectPage* {
                           return new WorkloadPage(of, Workload::kStatefulSet, under);
                         }},
                        {"daemonsets", [] { return Workloads::tr("DaemonSets"); },
                         [](const PageContext& of, QWidget* under) -> ObjectPage* {
                           return new WorkloadPage(of, Workload::kDaemonSet, under);
                         }}},
                       parent);
}

}  // namespace cove::ui
