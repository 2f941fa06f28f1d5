// StatefulSets and DaemonSets.
#include <QCoreApplication>
#include <QSpinBox>
#include <algorithm>

#include "core/api/time.h"
#include "ui/models/document_text.h"
#include "ui/views/kinds_page.h"
#include "ui/views/object_page.h"

namespace cove::ui {
namespace {

namespace json = api::json;

constexpr int kMaxReplicas = 9999;

enum class Workload { kStatefulSet, kDaemonSet };

struct Workloads {
  Q_DECLARE_TR_FUNCTIONS(WorkloadsPage)
};

struct Counts {
  std::int64_t wanted, ready, updated;
};

Counts counts_of(const api::Object& object, Workload of) {
  const auto& document = object.document();
  const auto at = [&](std::string_view name) {
    return api::integer_at(document, {"status", name}).value_or(0);
  };
  if (of == Workload::kDaemonSet)
    return {at("desiredNumberScheduled"), at("numberReady"), at("updatedNumberScheduled")};
  return {api::integer_at(document, {"spec", "replicas"}).value_or(1), at("readyReplicas"),
          at("updatedReplicas")};
}

Cell state_cell(const api::Object& object, Workload of) {
  const Counts counts = counts_of(object, of);
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

QString images_of(const api::Object& object) {
  QStringList images;
  if (const auto* all =
          api::array_at(object.document(), {"spec", "template", "spec", "containers"})) {
    for (const json::value& each : *all) {
      if (const auto* container = each.if_object())
        images.append(text(api::text_at(*container, {"image"})));
    }
  }
  return images.join(QStringLiteral(", "));
}

class WorkloadPage final : public ObjectPage {
 public:
  WorkloadPage(const PageContext& context, Workload of, QWidget* parent)
      : ObjectPage(context, kind(of), parent), of_(of) {
    const bool scales = of == Workload::kStatefulSet;
    if (scales) {
      replicas_ = new QSpinBox(this);
      replicas_->setObjectName(QStringLiteral("statefulset_replicas"));
      replicas_->setRange(0, kMaxReplicas);
      replicas_->setKeyboardTracking(false);
      replicas_->setButtonSymbols(QAbstractSpinBox::NoButtons);
      replicas_->setFixedWidth(72);
      scale_ = make_button("default", this);
      scale_->setObjectName(QStringLiteral("statefulset_scale"));
      actions()->addWidget(replicas_);
      actions()->addWidget(scale_);
      connect(scale_, &QPushButton::clicked, this, [this] {
        replicas_->interpretText();
        patch(client::PatchType::kMerge, {{"spec", {{"replicas", replicas_->value()}}}},
              Workloads::tr("It could not be scaled"));
      });
    }
    restart_ = make_button("default", this);
    restart_->setObjectName(scales ? QStringLiteral("statefulset_restart")
                                   : QStringLiteral("daemonset_restart"));
    restart_->setIcon(context.theme.icon(QStringLiteral("refresh")));
    actions()->addStretch(1);
    actions()->addWidget(restart_);
    connect(restart_, &QPushButton::clicked, this, [this] { restart(); });
    connect(this, &ObjectPage::chosen_changed, this, [this] { show_replicas(); });
    connect(this, &ObjectPage::retranslated, this, [this] { retranslate_actions(); });
    retranslate_actions();
  }

 private:
  static ObjectPageKind kind(Workload of);

  void retranslate_actions() {
    if (replicas_) {
      name_control(replicas_, Workloads::tr("Replicas"));
      scale_->setText(Workloads::tr("Scale"));
    }
    restart_->setText(Workloads::tr("Restart"));
    restart_->setToolTip(
        Workloads::tr("Replaces every pod, one after the other, with the same template."));
  }

  // A number that somebody types is not taken from under the fingers.
  void show_replicas() {
    if (!replicas_ || !chosen()) return;
    const std::string uid(chosen()->uid());
    const auto wanted = static_cast<int>(
        std::clamp<std::int64_t>(counts_of(*chosen(), of_).wanted, 0, kMaxReplicas));
    if (uid != shown_uid_ || wanted != shown_wanted_) replicas_->setValue(wanted);
    shown_uid_ = uid;
    shown_wanted_ = wanted;
  }

  void restart() {
    const std::string now = api::format_time(context().clock.wall());
    patch(client::PatchType::kMerge,
          {{"spec",
            {{"template",
              {{"metadata", {{"annotations", {{"kubectl.kubernetes.io/restartedAt", now}}}}}}}}}},
          Workloads::tr("It could not be restarted"));
  }

  const Workload of_;
  QSpinBox* replicas_ = nullptr;
  QPushButton* scale_ = nullptr;
  QPushButton* restart_;
  std::string shown_uid_;
  int shown_wanted_ = -1;
};

ObjectPageKind WorkloadPage::kind(Workload of) {
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
    const Counts counts = counts_of(object, of);
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
  kind.columns = {
      name_column(),
      {[] { return Workloads::tr("Status"); },
       [of](const api::Object& object, WallTime) { return state_cell(object, of); }, 130},
      {[] { return Workloads::tr("Ready"); },
       [of](const api::Object& object, WallTime) {
         const Counts counts = counts_of(object, of);
         return Cell{QStringLiteral("%1/%2").arg(counts.ready).arg(counts.wanted),
                     QVariant(qint64(counts.ready))};
       },
       70},
      {[] { return Workloads::tr("Updated"); },
       [of](const api::Object& object, WallTime) {
         const auto updated = counts_of(object, of).updated;
         return Cell{QString::number(updated), QVariant(qint64(updated))};
       },
       84, true},
      age_column(),
      namespace_column(),
      {[] { return Workloads::tr("Image"); },
       [](const api::Object& object, WallTime) {
         const QString images = images_of(object);
         return Cell{images, {}, ObjectState::kNone, images};
       },
       200},
  };
  return kind;
}

}  // namespace

QWidget* make_workloads_page(const PageContext& context, QWidget* parent) {
  return new KindsPage(context, QStringLiteral("workloads"),
                       {{[] { return Workloads::tr("StatefulSets"); },
                         [](const PageContext& of, QWidget* under) -> QWidget* {
                           return new WorkloadPage(of, Workload::kStatefulSet, under);
                         }},
                        {[] { return Workloads::tr("DaemonSets"); },
                         [](const PageContext& of, QWidget* under) -> QWidget* {
                           return new WorkloadPage(of, Workload::kDaemonSet, under);
                         }}},
                       parent);
}

}  // namespace cove::ui
