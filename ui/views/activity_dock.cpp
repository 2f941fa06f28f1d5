#include "ui/views/activity_dock.h"

#include <QEvent>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/models/text.h"
#include "ui/views/operation_list.h"
#include "ui/views/operation_view.h"

namespace cove::ui {
namespace {
// A quarter of the window within these bounds.
constexpr int kLeastListHeight = 160;
constexpr int kListHeight = 260;
}  // namespace

ActivityDock::ActivityDock(const PageContext& context, QWidget* parent)
    : QFrame(parent), context_(context) {
  setObjectName(QStringLiteral("dock"));
  column_ = new QVBoxLayout(this);
  column_->setContentsMargins(24, 0, 16, 0);
  column_->setSpacing(0);
  auto* strip = new QHBoxLayout;
  strip->setContentsMargins(0, 6, 0, 6);
  strip->setSpacing(10);
  glyph_ = new StatusGlyph(context.theme, 16, this);
  text_ = new ElidedLabel(this);
  set_look(text_, "secondary");
  text_->setObjectName(QStringLiteral("dock_text"));
  time_ = make_label("muted", this);
  cancel_ = make_button("link", this);
  cancel_->setObjectName(QStringLiteral("dock_cancel"));
  toggle_ = make_icon_button(context.theme, QStringLiteral("chevron-up"), this);
  toggle_->setObjectName(QStringLiteral("dock_toggle"));
  strip->addWidget(glyph_);
  strip->addWidget(text_, 1);
  strip->addWidget(time_);
  strip->addWidget(cancel_);
  strip->addWidget(toggle_);
  column_->addLayout(strip);
  timer_.setInterval(200);
  connect(&timer_, &QTimer::timeout, this, &ActivityDock::tick);
  connect(toggle_, &QToolButton::clicked, this, [this] {
    set_open(!open_);
    Q_EMIT opened(open_);
  });
  connect(cancel_, &QPushButton::clicked, this, [this] {
    if (context_.activity.rowCount() > 0) context_.activity.cancel(context_.activity.at(0).id);
  });
  connect(&context_.activity, &ActivityModel::operation_changed, this, &ActivityDock::refresh);
  connect(&context_.activity, &QAbstractItemModel::rowsRemoved, this, &ActivityDock::refresh);
  refresh();
}

void ActivityDock::set_open(bool open) {
  open_ = open;
  if (open && !list_) {
    list_ = new OperationList(context_.theme, context_.activity, this);
    column_->addWidget(list_);
  }
  fit();
  if (list_) list_->setVisible(open);
  column_->setContentsMargins(24, 0, 16, open ? 12 : 0);
  toggle_->setIcon(
      context_.theme.icon(open ? QStringLiteral("chevron-down") : QStringLiteral("chevron-up"),
                          Theme::IconRole::kSecondary));
  refresh();
}

void ActivityDock::fit() {
  if (list_)
    list_->setFixedHeight(std::clamp(window()->height() / 4, kLeastListHeight, kListHeight));
}

void ActivityDock::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) refresh();
  QFrame::changeEvent(event);
}

void ActivityDock::refresh() {
  name_control(toggle_, open_ ? tr("Hide the activity list") : tr("Show the activity list"));
  cancel_->setText(tr("Cancel"));
  const bool any = context_.activity.rowCount() > 0;
  glyph_->setVisible(any);
  if (!any) {
    set_text(text_, tr("Nothing is going on"));
    set_look(text_, "muted");
    time_->clear();
    cancel_->hide();
    timer_.stop();
    return;
  }
  const Operation& newest = context_.activity.at(0);
  const bool running = newest.state == OperationState::kRunning;
  glyph_->set_glyph(glyph_of(newest.state));
  QString text = headline(newest);
  for (const auto& step : newest.steps) {
    if (step.state == provision::StepState::kRunning ||
        step.state == provision::StepState::kFailed) {
      text += QStringLiteral("  ·  ") + title_of(step);
    }
  }
  set_text(text_, text);
  set_look(text_, newest.state == OperationState::kFailed ? "bad" : "secondary");
  cancel_->setVisible(running);
  cancel_->setEnabled(!newest.cancelling);
  cancel_->setAccessibleName(tr("Cancel: %1").arg(title_of(newest.request)));
  if (running && !timer_.isActive()) timer_.start();
  if (!running) timer_.stop();
  tick();
}

void ActivityDock::tick() {
  if (context_.activity.rowCount() == 0) return;
  const Operation& newest = context_.activity.at(0);
  set_text(time_, duration(context_.activity.elapsed(newest)));
}

}  // namespace cove::ui
