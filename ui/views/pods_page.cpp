#include <QCoreApplication>
#include <QTabBar>

#include "ui/models/document_text.h"
#include "ui/models/pod_state.h"
#include "ui/views/log_panel.h"
#include "ui/views/metrics_tab.h"
#include "ui/views/object_page.h"
#include "ui/views/ports_tab.h"
#include "ui/views/terminal_tab.h"

namespace cove::ui {
namespace {

class PodsPage final : public ObjectPage {
  Q_DECLARE_TR_FUNCTIONS(PodsPage)
 public:
  PodsPage(const PageContext& context, QWidget* parent) : ObjectPage(context, kind(), parent) {
    delete_ = make_button("default", this);
    delete_->setObjectName(QStringLiteral("pod_delete"));
    delete_->setIcon(context.theme.icon(QStringLiteral("trash")));
    actions()->addWidget(delete_);
    actions()->addStretch(1);
    add_log_tab(context, *this, *tabs(), 1);
    terminal_ = new TerminalTab(context, tabs());
    tabs()->addTab(terminal_, QString());
    ports_ = new PortsTab(context, tabs());
    tabs()->addTab(ports_, QString());
    metrics_ = new MetricsTab(context, tabs());
    tabs()->addTab(metrics_, QString());
    set_look(tabs()->tabBar(), "many");
    connect(this, &ObjectPage::chosen_changed, this, [this] {
      terminal_->show_pod(chosen());
      ports_->show_pod(chosen());
      metrics_->show_pod(chosen());
    });
    connect(delete_, &QPushButton::clicked, this, [this] { remove(); });
    connect(this, &ObjectPage::chosen_changed, this,
            [this] { delete_->setEnabled(chosen() && !chosen()->deleting()); });
    connect(this, &ObjectPage::retranslated, this, [this] { retranslate_actions(); });
    retranslate_actions();
  }

 private:
  static ObjectPageKind kind();
  static std::vector<Fact> facts(const api::Object& pod, WallTime now);

  void retranslate_actions() {
    tabs()->setTabText(tabs()->indexOf(terminal_), tr("Terminal"));
    tabs()->setTabText(tabs()->indexOf(ports_), tr("Ports"));
    tabs()->setTabText(tabs()->indexOf(metrics_), tr("Metrics"));
    delete_->setText(tr("Delete"));
    delete_->setToolTip(tr("Ends the pod. What owns it, like a Deployment, starts another."));
  }

  void remove() {
    if (!chosen()) return;
    const std::string name(chosen()->name());
    const std::string space(chosen()->namespace_name());
    const std::string uid(chosen()->uid());
    delete_->setEnabled(false);
    api().call(
        [=](client::Transport& transport, ApiSession::ObjectDone done) {
          return client::ResourceClient(transport, {"", "v1", "pods"}, space)
              .remove(name, {.uid = uid}, [done = std::move(done)](const auto& result) {
                if (result.has_error()) return done(result.error());
                done(api::ObjectPtr());
              });
        },
        this,
        [this, name](const client::ApiResult<api::ObjectPtr>& result) {
          delete_->setEnabled(chosen() && !chosen()->deleting());
          show_result(tr("The pod %1 could not be deleted").arg(QString::fromStdString(name)),
                      result);
        });
  }

  QPushButton* delete_;
  TerminalTab* terminal_;
  PortsTab* ports_;
  MetricsTab* metrics_;
};

std::vector<Fact> PodsPage::facts(const api::Object& pod, WallTime now) {
  const PodState state = pod_state(pod, now);
  const auto& document = pod.document();
  std::vector<Fact> facts = {
      {tr("Status"), state.reason,
       state.state == ObjectState::kGood   ? Glyph::kRunning
       : state.state == ObjectState::kBusy ? Glyph::kTurning
       : state.state == ObjectState::kBad  ? Glyph::kBroken
                                           : Glyph::kOff},
      {tr("Ready"), state.ready},
      {tr("Restarts"), state.restarts},
      {tr("IP"), state.ip, std::nullopt, true},
      {tr("Node"), state.node},
      {tr("Namespace"), text(pod.namespace_name())},
  };
  if (const auto* owners = api::array_at(document, {"metadata", "ownerReferences"})) {
    for (const auto& each : *owners) {
      const auto* owner = each.if_object();
      if (owner == nullptr || !api::flag_at(*owner, {"controller"})) continue;
      facts.push_back({tr("Owner"), text(api::text_at(*owner, {"kind"})) + QLatin1Char('/') +
                                        text(api::text_at(*owner, {"name"}))});
    }
  }
  if (const auto* containers = api::array_at(document, {"spec", "containers"})) {
    for (const auto& each : *containers) {
      const auto* container = each.if_object();
      if (container == nullptr) continue;
      facts.push_back({tr("Container"), text(api::text_at(*container, {"name"})) +
                                            QLatin1Char('\n') +
                                            text(api::text_at(*container, {"image"}))});
    }
  }
  facts.push_back(
      {tr("Service account"), text(api::text_at(document, {"spec", "serviceAccountName"}))});
  if (const auto created = created_at(pod)) facts.push_back({tr("Age"), age_text(*created, now)});
  return facts;
}

ObjectPageKind PodsPage::kind() {
  ObjectPageKind kind;
  kind.id = QStringLiteral("pods");
  kind.resource = {"", "v1", "pods"};
  kind.title = [] { return tr("Pods"); };
  kind.explanation = [] {
    return tr(
        "A pod is one or more containers that run together on the node and share an address. "
        "Deployments make them; so does “kubectl run”.");
  };
  kind.facts = &PodsPage::facts;
  kind.columns = {
      name_column(),
      {[] { return tr("Ready"); },
       [](const api::Object& pod, WallTime now) { return Cell{pod_state(pod, now).ready}; }, 68},
      {[] { return tr("Status"); },
       [](const api::Object& pod, WallTime now) {
         const PodState state = pod_state(pod, now);
         return Cell{state.reason, {}, state.state, state.message};
       },
       168},
      {[] { return tr("Restarts"); },
       [](const api::Object& pod, WallTime now) {
         const PodState state = pod_state(pod, now);
         return Cell{QString::number(state.restart_count), QVariant(state.restart_count)};
       },
       80, true},
      age_column(),
      namespace_column(),
      {[] { return tr("IP"); },
       [](const api::Object& pod, WallTime) {
         return Cell{text(api::text_at(pod.document(), {"status", "podIP"}))};
       },
       110},
      {[] { return tr("Node"); },
       [](const api::Object& pod, WallTime) {
         return Cell{text(api::text_at(pod.document(), {"spec", "nodeName"}))};
       },
       110},
  };
  return kind;
}

}  // namespace

QWidget* make_pods_page(const PageContext& context, QWidget* parent) {
  return new PodsPage(context, parent);
}

}  // namespace cove::ui
