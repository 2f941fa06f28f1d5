#include <QCoreApplication>
#include <QEvent>
#include <QGridLayout>
#include <QScrollArea>
#include <QTimer>
#include <QVBoxLayout>

#include "ui/models/sentences.h"
#include "ui/models/text.h"
#include "ui/views/operation_view.h"
#include "ui/views/overview_cluster.h"
#include "ui/views/pages.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/fact_card.h"

namespace cove::ui {
namespace {

using provision::ClusterStatus;
using provision::Phase;

QString text(const std::string& bytes) {
  return QString::fromStdString(bytes);
}

class OverviewPage : public QScrollArea {
  Q_DECLARE_TR_FUNCTIONS(OverviewPage)
 public:
  OverviewPage(const PageContext& context, QWidget* parent)
      : QScrollArea(parent), context_(context) {
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::NoFocus);
    auto* content = new QWidget(this);
    column_ = new QVBoxLayout(content);
    column_->setContentsMargins(24, 24, 24, 24);
    column_->setSpacing(16);
    build_state();
    build_banner();
    build_timeline();
    cluster_ = new OverviewCluster(context_, content);
    column_->addWidget(cluster_);
    build_cards();
    column_->addStretch();
    setWidget(content);
    connect(&context_.current, &CurrentCluster::changed, this, [this] { refresh(); });
    connect(&context_.activity, &ActivityModel::operation_changed, this, [this] { refresh(); });
    uptime_.setInterval(1000);
    connect(&uptime_, &QTimer::timeout, this, [this] { refresh_uptime(); });
    retranslate();
  }

 protected:
  void changeEvent(QEvent* event) override {
    if (event->type() == QEvent::LanguageChange) retranslate();
    QScrollArea::changeEvent(event);
  }
  void showEvent(QShowEvent* event) override {
    QScrollArea::showEvent(event);
    uptime_.start();
    refresh();
  }
  void hideEvent(QHideEvent* event) override {
    uptime_.stop();
    QScrollArea::hideEvent(event);
  }

 private:
  void build_state() {
    QFrame* card = make_card(this);
    auto* row = new QHBoxLayout(card);
    row->setContentsMargins(20, 20, 20, 20);
    row->setSpacing(16);
    glyph_ = new StatusGlyph(context_.theme, 40, card);
    phase_ = make_label("hero", card);
    phase_->setObjectName(QStringLiteral("phase"));
    meaning_ = make_label("secondary", card);
    meaning_->setWordWrap(true);
    auto* texts = new QVBoxLayout;
    texts->setSpacing(2);
    texts->addWidget(phase_);
    texts->addWidget(meaning_);
    auto* since = new QVBoxLayout;
    since->setSpacing(2);
    uptime_caption_ = make_label("caption", card);
    uptime_value_ = make_label("title", card);
    for (QLabel* label : {uptime_caption_, uptime_value_}) {
      label->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
      since->addWidget(label);
    }
    start_ = make_button("primary", card);
    start_->setObjectName(QStringLiteral("overview_start"));
    connect(start_, &QPushButton::clicked, this, [this] { context_.actions.start()->trigger(); });
    row->addWidget(glyph_);
    row->addLayout(texts, 1);
    row->addLayout(since);
    row->addWidget(start_);
    column_->addWidget(card);
  }

  void build_banner() {
    banner_ = new Banner(context_.theme, this);
    banner_->setObjectName(QStringLiteral("trouble"));
    banner_->action()->setObjectName(QStringLiteral("trouble_action"));
    connect(banner_, &Banner::activated, this, [this] { context_.actions.start()->trigger(); });
    column_->addWidget(banner_);
    busy_ = new Banner(context_.theme, this);
    column_->addWidget(busy_);
  }

  void build_timeline() {
    timeline_card_ = make_card(this);
    auto* column = new QVBoxLayout(timeline_card_);
    column->setContentsMargins(20, 16, 20, 16);
    timeline_ = new OperationView(context_.theme, context_.activity, timeline_card_);
    timeline_->setObjectName(QStringLiteral("overview_timeline"));
    connect(timeline_, &OperationView::second_action, this,
            [this] { context_.go_to(QStringLiteral("console")); });
    column->addWidget(timeline_);
    column_->addWidget(timeline_card_);
  }

  void build_cards() {
    auto* grid = new QGridLayout;
    grid->setSpacing(16);
    grid->setColumnStretch(0, 1);
    grid->setColumnStretch(1, 1);
    const auto card = [&](const char* icon, int row, int column) {
      auto* made = new FactCard(context_.theme, QString::fromLatin1(icon), this);
      grid->addWidget(made, row, column);
      return made;
    };
    api_ = card("network", 0, 0);
    kubectl_ = card("console", 0, 1);
    node_ = card("server", 1, 0);
    machine_ = card("cpu", 1, 1);
    column_->addLayout(grid);
    api_state_ = api_->add_state();
    api_server_ = api_->add_copy(QStringLiteral("copy_endpoint"));
    api_ports_ = api_->add_text();
    context_row_ = kubectl_->add_copy(QStringLiteral("copy_context"));
    kubeconfig_ = kubectl_->add_copy(QStringLiteral("copy_kubeconfig"));
    command_ = kubectl_->add_copy(QStringLiteral("copy_command"));
    kubeconfig_note_ = kubectl_->add_note();
    node_state_ = node_->add_state();
    node_name_ = node_->add_text();
    node_version_ = node_->add_text();
    node_address_ = node_->add_text();
    network_ = node_->add_text();
    cpus_ = machine_->add_text();
    memory_ = machine_->add_text();
    disk_ = machine_->add_text();
    acceleration_ = machine_->add_text();
    acceleration_note_ = machine_->add_note();
  }

  void retranslate() {
    uptime_caption_->setText(tr("Uptime"));
    api_->set_title(tr("Kubernetes API"));
    kubectl_->set_title(tr("kubectl"));
    node_->set_title(tr("Node"));
    machine_->set_title(tr("Virtual machine"));
    timeline_->set_second_action(tr("Console log"));
    refresh();
  }

  void refresh() {
    const ClusterStatus* status = context_.current.status();
    if (!status) return;
    cluster_->setVisible(machine_runs(status) && (status->api_ready || status->unanswered));
    refresh_state(*status);
    refresh_trouble(*status);
    refresh_timeline(*status);
    refresh_api(*status);
    refresh_kubectl(*status);
    refresh_node(*status);
    refresh_machine(*status);
    refresh_uptime();
  }

  void refresh_state(const ClusterStatus& status) {
    glyph_->set_glyph(glyph_of(status.phase));
    set_text(phase_, text_of(status.phase));
    set_text(meaning_, meaning_of(status.phase));
    start_->setText(context_.actions.start_word());
    start_->setVisible(context_.actions.start()->isEnabled() && status.phase != Phase::kBroken);
  }

  void refresh_trouble(const ClusterStatus& status) {
    const bool broken = status.phase == Phase::kBroken;
    const bool odd = broken || (status.phase == Phase::kStopped && !status.reason.empty());
    if (odd) {
      QString title = status.reason.empty() ? meaning_of(status.phase) : told(status.reason);
      title[0] = title[0].toUpper();
      banner_->show_message(broken ? Tone::kBad : Tone::kBusy, QStringLiteral("warning"), title,
                            told(status.remedy));
      const bool can_start = context_.actions.start()->isEnabled();
      banner_->set_action(can_start && broken ? context_.actions.start_word() : QString());
    }
    banner_->setVisible(odd);
    const bool elsewhere = !status.busy.empty() && !context_.actions.under_way();
    if (elsewhere) {
      QString at = told(status.busy);
      if (status.current_step) at += QStringLiteral(": ") + title_of(*status.current_step);
      busy_->show_message(Tone::kNeutral, QStringLiteral("clock"),
                          tr("Another program is at work on this cluster"), at);
    }
    busy_->setVisible(elsewhere);
  }

  void refresh_timeline(const ClusterStatus& status) {
    const Operation* latest = context_.activity.latest(status.profile);
    const bool show =
        latest && (latest->state == OperationState::kRunning ||
                   (latest->state == OperationState::kFailed && status.phase != Phase::kRunning));
    if (show && timeline_->operation() != latest->id) timeline_->show_operation(latest->id);
    timeline_card_->setVisible(show);
  }

  void refresh_api(const ClusterStatus& status) {
    const bool running = status.phase == Phase::kRunning;
    api_->set_state(api_state_, tr("State"),
                    status.api_ready ? Glyph::kRunning
                    : running        ? Glyph::kTurning
                                     : Glyph::kOff,
                    status.api_ready ? tr("Ready")
                    : running        ? tr("Does not answer yet")
                                     : tr("Off"));
    api_->set(api_server_, tr("Endpoint"),
              status.server.empty() ? tr("known after the first start") : text(status.server));
    QStringList ports;
    for (const auto& port : status.ports) {
      ports.append(QStringLiteral("%1 → %2").arg(port.host_port).arg(port.guest_port));
    }
    api_->set(api_ports_, tr("Ports"), ports.join(QStringLiteral(", ")));
  }

  void refresh_kubectl(const ClusterStatus& status) {
    kubectl_->set(context_row_, tr("Context"), text(status.context));
    kubectl_->set(kubeconfig_, tr("Kubeconfig"), text(status.kubeconfig.string()));
    kubectl_->set(command_, tr("Try it"),
                  status.context.empty() ? QString()
                  : status.kubeconfig_ok
                      ? QStringLiteral("kubectl get nodes")
                      : QStringLiteral("kubectl --context %1 get nodes").arg(text(status.context)));
    const bool missing = status.phase == Phase::kRunning && !status.kubeconfig_ok;
    kubectl_->set(kubeconfig_note_, {},
                  missing ? tr("The kubeconfig entry is missing or another context is current. "
                               "“cove update-context” writes it again.")
                          : QString());
  }

  void refresh_node(const ClusterStatus& status) {
    const bool running = status.phase == Phase::kRunning;
    node_->set_state(node_state_, tr("State"),
                     status.node_ready ? Glyph::kRunning
                     : running         ? Glyph::kTurning
                                       : Glyph::kOff,
                     status.node_ready ? tr("Ready")
                     : running         ? tr("Not ready yet")
                                       : tr("Off"));
    node_->set(node_name_, tr("Name"), text(status.node_name));
    node_->set(node_version_, tr("Kubernetes"), text(status.kubernetes_version));
    node_->set(node_address_, tr("Address"), text(status.host));
  }

  void refresh_machine(const ClusterStatus& status) {
    const auto& resources = status.wish.resources;
    machine_->set(cpus_, tr("CPUs"), QString::number(resources.cpus));
    machine_->set(memory_, tr("Memory"), mebibytes(resources.memory_mib));
    machine_->set(disk_, tr("Disk"), tr("up to %1").arg(mebibytes(resources.disk_gib * 1024)));
    node_->set(network_, tr("Network"), text_of(status.wish.network));
    const bool kvm = status.acceleration == vm::Acceleration::kKvm;
    machine_->set(acceleration_, tr("Processor"),
                  kvm ? tr("Hardware virtualization (KVM)") : tr("Software emulation"));
    machine_->set(acceleration_note_, {}, kvm ? QString() : told(status.acceleration_note));
  }

  void refresh_uptime() {
    const ClusterStatus* status = context_.current.status();
    const bool show = status && status->phase == Phase::kRunning && status->started_at;
    uptime_caption_->setVisible(show);
    uptime_value_->setVisible(show);
    if (!show) return;
    set_text(uptime_value_, duration(std::chrono::duration_cast<std::chrono::seconds>(
                                context_.clock.wall() - *status->started_at)));
  }

  PageContext context_;
  QTimer uptime_;
  QVBoxLayout* column_;
  StatusGlyph* glyph_;
  QLabel* phase_;
  QLabel* meaning_;
  QLabel* uptime_caption_;
  QLabel* uptime_value_;
  QPushButton* start_;
  Banner* banner_;
  Banner* busy_;
  QFrame* timeline_card_;
  OperationView* timeline_;
  OverviewCluster* cluster_;
  FactCard* api_;
  FactCard* kubectl_;
  FactCard* node_;
  FactCard* machine_;
  int api_state_, api_server_, api_ports_;
  int context_row_, kubeconfig_, command_, kubeconfig_note_;
  int node_state_, node_name_, node_version_, node_address_;
  int cpus_, memory_, disk_, network_, acceleration_, acceleration_note_;
};

}  // namespace

QWidget* make_overview_page(const PageContext& context, QWidget* parent) {
  return new OverviewPage(context, parent);
}

}  // namespace cove::ui
