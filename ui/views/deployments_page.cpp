#include <QCoreApplication>
#include <QSpinBox>
#include <algorithm>

#include "core/api/time.h"
#include "ui/models/document_text.h"
#include "ui/views/deployment_history.h"
#include "ui/views/log_panel.h"
#include "ui/views/object_page.h"
#include "ui/views/release_actions.h"
#include "ui/views/rollout_view.h"

namespace cove::ui {
namespace {

namespace json = api::json;

constexpr int kMaxReplicas = 9999;

struct Counts {
  std::int64_t wanted, ready, updated, available;
};

Counts counts_of(const api::Object& deployment) {
  const auto& document = deployment.document();
  const auto at = [&](std::string_view name) {
    return api::integer_at(document, {"status", name}).value_or(0);
  };
  return {api::integer_at(document, {"spec", "replicas"}).value_or(1), at("readyReplicas"),
          at("updatedReplicas"), at("availableReplicas")};
}

// The message of a condition that has that status; empty when there is none.
std::string_view condition_message(const api::Object& deployment, std::string_view type,
                                   std::string_view status) {
  const auto* conditions = api::array_at(deployment.document(), {"status", "conditions"});
  if (conditions == nullptr) return {};
  for (const json::value& each : *conditions) {
    const auto* condition = each.if_object();
    if (condition != nullptr && api::text_at(*condition, {"type"}) == type &&
        api::text_at(*condition, {"status"}) == status) {
      return api::text_at(*condition, {"message"});
    }
  }
  return {};
}

QString images_of(const api::Object& deployment) {
  QStringList images;
  const auto* containers =
      api::array_at(deployment.document(), {"spec", "template", "spec", "containers"});
  if (containers == nullptr) return {};
  for (const json::value& each : *containers) {
    if (const auto* container = each.if_object())
      images.append(text(api::text_at(*container, {"image"})));
  }
  return images.join(QStringLiteral(", "));
}

class DeploymentsPage final : public ObjectPage {
  Q_DECLARE_TR_FUNCTIONS(DeploymentsPage)
 public:
  DeploymentsPage(const PageContext& context, QWidget* parent)
      : ObjectPage(context, kind(), parent) {
    replicas_ = new QSpinBox(this);
    replicas_->setObjectName(QStringLiteral("deployment_replicas"));
    replicas_->setRange(0, kMaxReplicas);
    replicas_->setKeyboardTracking(false);
    replicas_->setButtonSymbols(QAbstractSpinBox::NoButtons);
    replicas_->setFixedWidth(72);
    scale_ = make_button("default", this);
    scale_->setObjectName(QStringLiteral("deployment_scale"));
    restart_ = make_button("default", this);
    restart_->setObjectName(QStringLiteral("deployment_restart"));
    restart_->setIcon(context.theme.icon(QStringLiteral("refresh")));
    actions()->addWidget(replicas_);
    actions()->addWidget(scale_);
    actions()->addStretch(1);
    actions()->addWidget(restart_);
    auto* releases = new QHBoxLayout;
    auto* column = static_cast<QVBoxLayout*>(tabs()->parentWidget()->layout());
    column->insertLayout(column->indexOf(tabs()), releases);
    new ReleaseActions(context, *this, releases);
    history_ = new DeploymentHistory(
        context.theme, context.clock,
        context.api.follow({.resource = {"apps", "v1", "replicasets"}}), this);
    tabs()->insertTab(1, history_, QString());
    add_log_tab(context, *this, *tabs(), 2);
    rollout_ = new RolloutView(context.theme, context.clock,
                               context.api.follow({.resource = {"apps", "v1", "replicasets"}}),
                               context.api.follow({.resource = {"", "v1", "pods"}}), this);
    tabs()->addTab(rollout_, QString());
    connect(rollout_, &RolloutView::pause_wanted, this, [this](const json::value& change) {
      patch(client::PatchType::kMerge, change, tr("The rollout could not be paused or resumed"));
    });
    connect(scale_, &QPushButton::clicked, this, [this] { scale(); });
    connect(restart_, &QPushButton::clicked, this, [this] { restart(); });
    connect(history_, &DeploymentHistory::undo_wanted, this,
            [this](const QString& revision, const json::array& change) {
              patch(client::PatchType::kJson, change,
                    tr("Revision %1 could not be restored").arg(revision));
            });
    connect(this, &ObjectPage::chosen_changed, this, [this] { show_deployment(); });
    connect(this, &ObjectPage::retranslated, this, [this] { retranslate_actions(); });
    retranslate_actions();
  }

 private:
  static ObjectPageKind kind();
  static Cell state_cell(const api::Object& deployment);
  static std::vector<Fact> facts(const api::Object& deployment, WallTime now);

  void retranslate_actions() {
    replicas_->setAccessibleName(tr("Replicas"));
    replicas_->setToolTip(tr("Replicas"));
    scale_->setText(tr("Scale"));
    restart_->setText(tr("Restart"));
    restart_->setToolTip(tr("Replaces every pod, a few at a time, with the same template."));
    tabs()->setTabText(1, tr("History"));
    tabs()->setTabText(tabs()->indexOf(rollout_), tr("Rollout"));
  }

  void show_deployment() {
    history_->show_deployment(chosen());
    rollout_->show_deployment(chosen());
    const std::string uid(chosen() ? chosen()->uid() : std::string_view());
    if (!chosen()) return;
    const auto wanted =
        static_cast<int>(std::clamp<std::int64_t>(counts_of(*chosen()).wanted, 0, kMaxReplicas));
    // A number that somebody types is not taken from under the fingers.
    if (uid != shown_uid_ || wanted != shown_wanted_) replicas_->setValue(wanted);
    shown_uid_ = uid;
    shown_wanted_ = wanted;
  }

  void scale() {
    replicas_->interpretText();
    patch(client::PatchType::kMerge, {{"spec", {{"replicas", replicas_->value()}}}},
          tr("It could not be scaled"));
  }

  void restart() {
    const std::string now = api::format_time(context().clock.wall());
    patch(client::PatchType::kMerge,
          {{"spec",
            {{"template",
              {{"metadata", {{"annotations", {{"kubectl.kubernetes.io/restartedAt", now}}}}}}}}}},
          tr("It could not be restarted"));
  }

  QSpinBox* replicas_;
  QPushButton* scale_;
  QPushButton* restart_;
  DeploymentHistory* history_;
  RolloutView* rollout_;
  std::string shown_uid_;
  int shown_wanted_ = -1;
};

Cell DeploymentsPage::state_cell(const api::Object& deployment) {
  const Counts counts = counts_of(deployment);
  const auto stuck = condition_message(deployment, "Progressing", "False");
  const auto failed = condition_message(deployment, "ReplicaFailure", "True");
  Cell cell;
  if (!stuck.empty() || !failed.empty()) {
    cell = {tr("Failing"), {}, ObjectState::kBad, text(failed.empty() ? stuck : failed)};
  } else if (counts.wanted == 0 && counts.ready == 0) {
    cell = {tr("Scaled to 0"), {}, ObjectState::kOff};
  } else if (api::flag_at(deployment.document(), {"spec", "paused"})) {
    cell = {tr("Paused"), {}, ObjectState::kOff};
  } else if (counts.available >= counts.wanted && counts.updated >= counts.wanted) {
    cell = {tr("Available"), {}, ObjectState::kGood};
  } else {
    cell = {tr("Rolling out"), {}, ObjectState::kBusy};
  }
  return cell;
}

std::vector<Fact> DeploymentsPage::facts(const api::Object& deployment, WallTime now) {
  const Counts counts = counts_of(deployment);
  const Cell state = state_cell(deployment);
  const auto& document = deployment.document();
  std::vector<Fact> facts = {
      {tr("Status"), state.text,
       state.state == ObjectState::kGood   ? Glyph::kRunning
       : state.state == ObjectState::kBusy ? Glyph::kTurning
       : state.state == ObjectState::kBad  ? Glyph::kBroken
                                           : Glyph::kOff},
      {tr("Replicas"), tr("%1 wanted, %2 ready, %3 updated, %4 available")
                           .arg(counts.wanted)
                           .arg(counts.ready)
                           .arg(counts.updated)
                           .arg(counts.available)},
      {tr("Image"), images_of(deployment)},
      {tr("Change cause"),
       text(api::text_at(document, {"metadata", "annotations", "kubernetes.io/change-cause"}))},
      {tr("Strategy"), text(api::text_at(document, {"spec", "strategy", "type"}))},
      {tr("Namespace"), text(deployment.namespace_name())},
  };
  if (const auto created = created_at(deployment))
    facts.push_back({tr("Age"), age_text(*created, now)});
  return facts;
}

ObjectPageKind DeploymentsPage::kind() {
  ObjectPageKind kind;
  kind.id = QStringLiteral("deployments");
  kind.resource = {"apps", "v1", "deployments"};
  kind.title = [] { return tr("Deployments"); };
  kind.explanation = [] {
    return tr(
        "A Deployment keeps a number of equal pods running and rolls new versions of them out, a "
        "few at a time. “kubectl create deployment” makes one.");
  };
  kind.facts = &DeploymentsPage::facts;
  const auto count = [](QString (*title)(), std::int64_t Counts::*member) {
    return ObjectColumn{title,
                        [member](const api::Object& deployment, WallTime) {
                          const auto number = counts_of(deployment).*member;
                          return Cell{QString::number(number), QVariant(qint64(number))};
                        },
                        84, true};
  };
  kind.columns = {
      name_column(),
      {[] { return tr("Status"); },
       [](const api::Object& deployment, WallTime) { return state_cell(deployment); }, 120},
      {[] { return tr("Ready"); },
       [](const api::Object& deployment, WallTime) {
         const Counts counts = counts_of(deployment);
         return Cell{QStringLiteral("%1/%2").arg(counts.ready).arg(counts.wanted),
                     QVariant(qint64(counts.ready))};
       },
       70},
      count([] { return tr("Updated"); }, &Counts::updated),
      count([] { return tr("Available"); }, &Counts::available),
      age_column(),
      namespace_column(),
      {[] { return tr("Image"); },
       [](const api::Object& deployment, WallTime) {
         const QString images = images_of(deployment);
         return Cell{images, {}, ObjectState::kNone, images};
       },
       200},
  };
  return kind;
}

}  // namespace

QWidget* make_deployments_page(const PageContext& context, QWidget* parent) {
  return new DeploymentsPage(context, parent);
}

}  // namespace cove::ui
