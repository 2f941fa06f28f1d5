#include <QCoreApplication>

#include "core/api/readers.h"
#include "ui/models/document_text.h"
#include "ui/views/deployment_history.h"
#include "ui/views/log_panel.h"
#include "ui/views/release_actions.h"
#include "ui/views/rollout_view.h"
#include "ui/views/workload_parts.h"

namespace cove::ui {
namespace {

namespace json = api::json;

WorkloadCounts counts_of(const api::Object& deployment) {
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
  const auto* condition = api::condition_of(deployment.document(), type);
  return condition != nullptr && api::text_at(*condition, {"status"}) == status
             ? api::text_at(*condition, {"message"})
             : std::string_view();
}

class DeploymentsPage final : public ObjectPage {
  Q_DECLARE_TR_FUNCTIONS(DeploymentsPage)
 public:
  DeploymentsPage(const PageContext& context, QWidget* parent)
      : ObjectPage(context, kind(), parent) {
    new WorkloadActions(context, *this, actions(), QStringLiteral("deployment"), &counts_of);
    new ReleaseActions(context, *this, add_action_row());
    const auto replica_sets = context.api.follow({.resource = {"apps", "v1", "replicasets"}});
    history_ = new DeploymentHistory(context.theme, context.clock, replica_sets, this);
    tabs()->insertTab(1, history_, QString());
    add_log_tab(context, *this, *tabs(), 2);
    rollout_ = new RolloutView(context.theme, context.clock, replica_sets,
                               context.api.follow({.resource = {"", "v1", "pods"}}), this);
    tabs()->addTab(rollout_, QString());
    connect(rollout_, &RolloutView::pause_wanted, this, [this](const json::value& change) {
      patch(client::PatchType::kMerge, change, tr("The rollout could not be paused or resumed"));
    });
    connect(history_, &DeploymentHistory::undo_wanted, this,
            [this](const QString& revision, const json::array& change) {
              patch(client::PatchType::kJson, change,
                    tr("Revision %1 could not be restored").arg(revision));
            });
    connect(this, &ObjectPage::chosen_changed, this, [this] { show_deployment(); });
    connect(this, &ObjectPage::retranslated, this, [this] { retranslate_tabs(); });
    retranslate_tabs();
  }

 private:
  static ObjectPageKind kind();
  static Cell state_cell(const api::Object& deployment);
  static std::vector<Fact> facts(const api::Object& deployment, WallTime now);

  void retranslate_tabs() {
    tabs()->setTabText(tabs()->indexOf(history_), tr("History"));
    tabs()->setTabText(tabs()->indexOf(rollout_), tr("Rollout"));
  }

  void show_deployment() {
    history_->show_deployment(chosen());
    rollout_->show_deployment(chosen());
  }

  DeploymentHistory* history_;
  RolloutView* rollout_;
};

Cell DeploymentsPage::state_cell(const api::Object& deployment) {
  const WorkloadCounts counts = counts_of(deployment);
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
  const WorkloadCounts counts = counts_of(deployment);
  const Cell state = state_cell(deployment);
  const auto& document = deployment.document();
  std::vector<Fact> facts = {
      {tr("Status"), state.text, glyph_of(state.state)},
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
  kind.columns = {
      name_column(),
      {[] { return tr("Status"); },
       [](const api::Object& deployment, WallTime) { return state_cell(deployment); }, 120},
      ready_column(&counts_of),
      count_column([] { return tr("Updated"); }, &counts_of, &WorkloadCounts::updated),
      count_column([] { return tr("Available"); }, &counts_of, &WorkloadCounts::available),
      age_column(),
      namespace_column(),
      images_column(),
  };
  return kind;
}

}  // namespace

QWidget* make_deployments_page(const PageContext& context, QWidget* parent) {
  return new DeploymentsPage(context, parent);
}

}  // namespace cove::ui
