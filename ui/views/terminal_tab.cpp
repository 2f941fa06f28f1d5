#include "ui/views/terminal_tab.h"

#include <QEvent>
#include <QVBoxLayout>

#include "ui/models/document_text.h"
#include "ui/models/object_model.h"
#include "ui/views/tool_dock.h"

namespace cove::ui {

TerminalTab::TerminalTab(const PageContext& context, QWidget* parent)
    : QWidget(parent), context_(context) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 12, 8, 0);
  column->setSpacing(kGrid);
  auto* head = new QHBoxLayout;
  container_label_ = make_label("caption", this);
  container_ = new QComboBox(this);
  container_->setObjectName(QStringLiteral("terminal_container"));
  container_label_->setBuddy(container_);
  head->addWidget(container_label_);
  head->addWidget(container_, 1);
  column->addLayout(head);
  stack_ = new QStackedWidget(this);
  auto* nothing = new QWidget(stack_);
  auto* lines = new QVBoxLayout(nothing);
  lines->setContentsMargins(16, 4, 16, 4);
  lines->setSpacing(kGrid);
  empty_title_ = make_label("strong", nothing);
  empty_title_->setObjectName(QStringLiteral("terminal_empty"));
  empty_text_ = make_label("secondary", nothing);
  empty_text_->setObjectName(QStringLiteral("terminal_why_not"));
  for (QLabel* label : {empty_title_, empty_text_}) {
    label->setAlignment(Qt::AlignCenter);
    label->setWordWrap(true);
  }
  open_ = make_button("primary", nothing);
  open_->setObjectName(QStringLiteral("terminal_open"));
  lines->addStretch(2);
  lines->addWidget(empty_title_);
  lines->addWidget(empty_text_);
  lines->addWidget(open_, 0, Qt::AlignHCenter);
  lines->addStretch(3);
  stack_->addWidget(nothing);
  column->addWidget(stack_, 1);
  connect(container_, &QComboBox::currentIndexChanged, this, [this] { refresh(); });
  connect(open_, &QPushButton::clicked, this, &TerminalTab::open);
  retranslate();
}

ContainerRef TerminalTab::target() const {
  if (!pod_) return {};
  return {std::string(pod_->namespace_name()), std::string(pod_->name()), std::string(pod_->uid()),
          container_->currentText().toStdString()};
}

QString TerminalTab::dock_key(const ContainerRef& target) const {
  return QString::fromStdString("terminal/" + target.uid + "/" + target.container);
}

TerminalPane* TerminalTab::pane_of(const ContainerRef& target) const {
  const auto found =
      std::ranges::find_if(panes_, [&](const auto* pane) { return pane->target() == target; });
  return found == panes_.end() ? nullptr : *found;
}

void TerminalTab::show_pod(const api::ObjectPtr& pod) {
  const bool same = pod && pod_ && pod->uid() == pod_->uid();
  pod_ = pod;
  if (!same) refresh_containers();
  refresh();
}

void TerminalTab::refresh_containers() {
  const QSignalBlocker quiet(container_);
  container_->clear();
  if (!pod_) return;
  for (const std::string_view list : {"containers", "initContainers", "ephemeralContainers"}) {
    const auto* containers = api::array_at(pod_->document(), {"spec", list});
    if (containers == nullptr) continue;
    for (const auto& each : *containers) {
      const auto* container = each.if_object();
      if (container != nullptr) container_->addItem(text(api::text_at(*container, {"name"})));
    }
  }
}

void TerminalTab::open() {
  if (!pod_) return;
  const ContainerRef to = target();
  if (context_.tools != nullptr && context_.tools->show_tool(dock_key(to))) return;
  if (panes_.size() >= kMaxShells) {
    delete panes_.front();
    panes_.erase(panes_.begin());
  }
  auto* pane = new TerminalPane(context_, to, stack_);
  panes_.push_back(pane);
  stack_->addWidget(pane);
  connect(pane, &TerminalPane::keep_wanted, this, [this, pane] { keep(pane); });
  refresh();
  pane->setFocus(Qt::OtherFocusReason);
}

void TerminalTab::keep(TerminalPane* pane) {
  // The shell stays where it is when there is no room for it.
  if (context_.tools == nullptr || !context_.tools->has_room()) return;
  std::erase(panes_, pane);
  stack_->removeWidget(pane);
  pane->set_kept();
  context_.tools->open(dock_key(pane->target()), pane->title(), QStringLiteral("console"), pane);
  refresh();
}

void TerminalTab::refresh() {
  const ContainerRef to = target();
  TerminalPane* const pane = pod_ ? pane_of(to) : nullptr;
  stack_->setCurrentWidget(pane != nullptr ? static_cast<QWidget*>(pane) : stack_->widget(0));
  if (pane != nullptr || !pod_) return;
  const QString obstacle = terminal_obstacle(*pod_, to.container);
  set_text(empty_title_,
           obstacle.isEmpty() ? tr("A shell inside of the container") : tr("No terminal now"));
  set_text(empty_text_,
           obstacle.isEmpty()
               ? tr("It sees the container's files, processes and network. It stays open while you "
                    "look at other pods and pages.")
               : obstacle);
  open_->setVisible(obstacle.isEmpty());
}

void TerminalTab::retranslate() {
  container_label_->setText(tr("Container"));
  container_->setAccessibleName(tr("Container"));
  open_->setText(tr("Open a terminal"));
  open_->setToolTip(tr("Starts bash or sh in the container."));
  refresh();
}

void TerminalTab::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

}  // namespace cove::ui
