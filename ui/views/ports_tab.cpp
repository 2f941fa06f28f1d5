#include "ui/views/ports_tab.h"

#include <QClipboard>
#include <QEvent>
#include <QGridLayout>
#include <QGuiApplication>

#include "ui/models/document_text.h"
#include "ui/widgets/status_glyph.h"

namespace cove::ui {

PortsTab::PortsTab(const PageContext& context, QWidget* parent)
    : QWidget(parent), context_(context), forwards_(new PortForwards(context.api, this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 12, 8, 0);
  column->setSpacing(12);
  explanation_ = make_label("secondary", this);
  explanation_->setWordWrap(true);
  column->addWidget(explanation_);
  auto* grid = new QGridLayout;
  grid->setHorizontalSpacing(12);
  grid->setVerticalSpacing(4);
  port_label_ = make_label("caption", this);
  local_label_ = make_label("caption", this);
  port_ = new QComboBox(this);
  port_->setObjectName(QStringLiteral("ports_port"));
  port_->setEditable(true);
  port_->setInsertPolicy(QComboBox::NoInsert);
  local_ = new QSpinBox(this);
  local_->setObjectName(QStringLiteral("ports_local"));
  local_->setRange(0, 65'535);
  start_ = make_button("primary", this);
  start_->setObjectName(QStringLiteral("ports_start"));
  port_label_->setBuddy(port_);
  local_label_->setBuddy(local_);
  grid->addWidget(port_label_, 0, 0);
  grid->addWidget(local_label_, 0, 1);
  grid->addWidget(port_, 1, 0);
  grid->addWidget(local_, 1, 1);
  grid->addWidget(start_, 1, 2);
  grid->setColumnStretch(0, 1);
  grid->setColumnStretch(1, 1);
  column->addLayout(grid);
  running_title_ = make_label("strong", this);
  column->addWidget(running_title_);
  auto* scroll = new QScrollArea(this);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setMinimumHeight(kGrid * 5);
  scroll->setFocusPolicy(Qt::NoFocus);  // the buttons of its rows have it
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* list = new QWidget(scroll);
  auto* outer = new QVBoxLayout(list);
  outer->setContentsMargins(0, 0, 0, 0);
  rows_ = new QVBoxLayout;
  rows_->setSpacing(kGrid);
  outer->addLayout(rows_);
  outer->addStretch(1);
  scroll->setWidget(list);
  column->addWidget(scroll, 1);
  connect(start_, &QPushButton::clicked, this, &PortsTab::start);
  connect(port_, &QComboBox::editTextChanged, this, [this] { refresh(); });
  connect(forwards_, &PortForwards::changed, this, &PortsTab::refresh);
  retranslate();
}

void PortsTab::show_pod(const api::ObjectPtr& pod) {
  const bool same = pod && pod_ && pod->uid() == pod_->uid();
  pod_ = pod;
  if (!same) refresh_ports();
  refresh();
}

// What the containers say that they serve; any other number can be typed.
void PortsTab::refresh_ports() {
  const QSignalBlocker quiet(port_);
  port_->clear();
  if (!pod_) return;
  const auto* containers = api::array_at(pod_->document(), {"spec", "containers"});
  if (containers == nullptr) return;
  for (const auto& each : *containers) {
    const auto* container = each.if_object();
    const auto* ports = container ? api::array_at(*container, {"ports"}) : nullptr;
    if (ports == nullptr) continue;
    for (const auto& one : *ports) {
      const auto* port = one.if_object();
      const auto number = port ? api::integer_at(*port, {"containerPort"}) : std::nullopt;
      const std::string_view protocol = port ? api::text_at(*port, {"protocol"}) : "";
      if (!number || (!protocol.empty() && protocol != "TCP")) continue;
      port_->addItem(QString::number(*number));
      const QString name = text(api::text_at(*port, {"name"}));
      if (!name.isEmpty()) port_->setItemData(port_->count() - 1, name, Qt::ToolTipRole);
    }
  }
}

void PortsTab::start() {
  bool number = false;
  const uint port = port_->currentText().toUInt(&number);
  if (!pod_ || !number || port == 0 || port > 65'535) return;
  forwards_->start({.namespace_name = std::string(pod_->namespace_name()),
                    .pod = std::string(pod_->name()),
                    .port = static_cast<std::uint16_t>(port),
                    .local_port = static_cast<std::uint16_t>(local_->value())},
                   std::string(pod_->uid()));
}

QString PortsTab::sentence_of(const PortForwards::Forward& forward) const {
  using Reason = PortForwards::Reason;
  if (forward.state == PortForwards::State::kOpening) return tr("Opening…");
  if (forward.state == PortForwards::State::kOpen)
    return forward.problem.empty() ? QString() : text(forward.problem);
  switch (forward.reason) {
    case Reason::kPodGone: return tr("It ended: the pod is gone.");
    case Reason::kPodEnded: return tr("It ended: the pod has ended.");
    case Reason::kClusterLeft: return tr("It ended: another cluster was chosen.");
    case Reason::kPortTaken:
      return forward.holder.empty()
                 ? tr("Port %1 of this machine is taken. Choose another, or 0 for any.")
                       .arg(forward.wish.local_port)
                 : tr("Port %1 of this machine is taken by %2. Choose another, or 0 for any.")
                       .arg(forward.wish.local_port)
                       .arg(text(forward.holder));
    case Reason::kFailed: return tr("It could not be opened: %1").arg(text(forward.problem));
    case Reason::kNone: break;
  }
  return {};
}

QWidget* PortsTab::make_row(const PortForwards::Forward& forward) {
  using State = PortForwards::State;
  QFrame* card = make_card(this);
  card->setObjectName(QStringLiteral("ports_row"));
  auto* column = new QVBoxLayout(card);
  column->setContentsMargins(12, 8, 8, 8);
  column->setSpacing(4);
  auto* head = new QHBoxLayout;
  head->setSpacing(6);
  auto* glyph = new StatusGlyph(context_.theme, 14, card);
  const bool open = forward.state == State::kOpen;
  glyph->set_glyph(open ? (forward.problem.empty() ? Glyph::kRunning : Glyph::kBroken)
                   : forward.state == State::kOpening ? Glyph::kTurning
                                                      : Glyph::kOff);
  auto* name = new ElidedLabel(card);
  name->setObjectName(QStringLiteral("ports_name"));
  name->setTextFormat(Qt::PlainText);
  const std::uint16_t local = open ? forward.local_port : forward.wish.local_port;
  set_text(name,
           QStringLiteral("%1 → %2:%3")
               .arg(local == 0 ? QStringLiteral("…") : QStringLiteral("localhost:%1").arg(local),
                    text(forward.wish.pod))
               .arg(forward.wish.port));
  head->addWidget(glyph);
  head->addWidget(name, 1);
  const QString address = QStringLiteral("http://localhost:%1").arg(forward.local_port);
  const auto add = [&](const char* icon, const char* object, const QString& label, auto run) {
    auto* button = make_icon_button(context_.theme, QString::fromLatin1(icon), card);
    button->setObjectName(QString::fromLatin1(object));
    name_control(button, label);
    connect(button, &QToolButton::clicked, this, run);
    head->addWidget(button);
  };
  if (open) {
    add("external", "ports_open", tr("Open in the browser"),
        [this, address] { context_.open_url(QUrl(address)); });
    add("copy", "ports_copy", tr("Copy the address"),
        [address] { QGuiApplication::clipboard()->setText(address); });
  }
  const bool ended = forward.state == State::kEnded;
  // Not from within the button, which goes with its row.
  add(ended ? "close" : "stop", "ports_stop", ended ? tr("Dismiss") : tr("Stop"),
      [this, id = forward.id] {
        QMetaObject::invokeMethod(
            forwards_, [this, id] { forwards_->dismiss(id); }, Qt::QueuedConnection);
      });
  column->addLayout(head);
  if (const QString why = sentence_of(forward); !why.isEmpty()) {
    QLabel* sentence = make_label("secondary", card);
    sentence->setObjectName(QStringLiteral("ports_why"));
    sentence->setTextFormat(Qt::PlainText);
    sentence->setWordWrap(true);
    sentence->setText(why);
    column->addWidget(sentence);
  }
  return card;
}

void PortsTab::refresh() {
  bool number = false;
  const uint port = port_->currentText().toUInt(&number);
  const bool room = forwards_->all().size() < PortForwards::kMaxForwards;
  start_->setEnabled(pod_ && number && port > 0 && port <= 65'535 && room);
  start_->setToolTip(room ? tr("Opens a port of this machine that leads to the pod.")
                          : tr("Stop another forward first."));
  clear_layout(rows_);
  for (const PortForwards::Forward& forward : forwards_->all()) rows_->addWidget(make_row(forward));
  set_text(running_title_,
           forwards_->all().empty() ? tr("No port is forwarded") : tr("Forwarded ports"));
}

void PortsTab::retranslate() {
  explanation_->setText(
      tr("A port of this machine that leads into the pod, for as long as the window is open."));
  port_label_->setText(tr("Port in the pod"));
  port_->setAccessibleName(tr("Port in the pod"));
  local_label_->setText(tr("Port of this machine"));
  local_->setAccessibleName(tr("Port of this machine"));
  local_->setSpecialValueText(tr("Any that is free"));
  start_->setText(tr("Forward"));
  refresh();
}

void PortsTab::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

}  // namespace cove::ui
