#include "ui/views/tool_dock.h"

#include <QEvent>
#include <QLocale>
#include <QShortcut>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/widgets/basics.h"

namespace cove::ui {
namespace {

constexpr int kSmallestHeight = 190;
constexpr int kMaxTitle = 48;  // characters; the whole one is the tool tip

QString short_title(const QString& title) {
  return title.size() <= kMaxTitle ? title : title.left(kMaxTitle - 1) + QChar(0x2026);
}

}  // namespace

ToolDock::ToolDock(const Theme& theme, QWidget* parent) : QFrame(parent), theme_(theme) {
  setObjectName(QStringLiteral("tools"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 2, 24, 8);
  column->setSpacing(6);
  auto* head = new QHBoxLayout;
  head->setSpacing(kGrid);
  tabs_ = new QTabBar(this);
  tabs_->setObjectName(QStringLiteral("tools_tabs"));
  tabs_->setDrawBase(false);
  tabs_->setExpanding(false);
  tabs_->setElideMode(Qt::ElideMiddle);
  tabs_->setMovable(false);
  tabs_->setUsesScrollButtons(true);
  fold_ = make_icon_button(theme, QStringLiteral("chevron-down"), this);
  fold_->setObjectName(QStringLiteral("tools_fold"));
  head->addWidget(tabs_, 1);
  head->addWidget(fold_);
  column->addLayout(head);
  full_ = new Banner(theme, this);
  full_->setObjectName(QStringLiteral("tools_full"));
  full_->hide();
  column->addWidget(full_);
  tools_ = new QStackedWidget(this);
  column->addWidget(tools_, 1);
  connect(tabs_, &QTabBar::currentChanged, this, [this](int index) {
    if (index < 0) return;
    tools_->setCurrentWidget(open_[static_cast<std::size_t>(index)].widget);
  });
  connect(tabs_, &QTabBar::tabBarClicked, this, [this](int index) {
    if (index < 0 || !folded_) return;
    set_folded(false);
    Q_EMIT came_forward();
  });
  connect(fold_, &QToolButton::clicked, this, [this] {
    set_folded(!folded_);
    if (!folded_) Q_EMIT came_forward();
  });
  connect(full_, &Banner::activated, full_, &QWidget::hide);
  auto* close = new QShortcut(QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_W), this);
  close->setContext(Qt::WidgetWithChildrenShortcut);
  connect(close, &QShortcut::activated, this, [this] { close_at(tabs_->currentIndex()); });
  refresh();
}

int ToolDock::index_of(const QString& key) const {
  const auto found = std::ranges::find(open_, key, &Tool::key);
  return found == open_.end() ? -1 : static_cast<int>(found - open_.begin());
}

bool ToolDock::show_tool(const QString& key) {
  const int index = index_of(key);
  if (index < 0) return false;
  const bool was_unfolded = unfolded();
  set_folded(false);
  tabs_->setCurrentIndex(index);
  tools_->currentWidget()->setFocus(Qt::OtherFocusReason);
  if (!was_unfolded) Q_EMIT came_forward();
  return true;
}

void ToolDock::open(const QString& key, const QString& title, const QString& icon, QWidget* tool) {
  if (show_tool(key)) return tool->deleteLater();
  if (!has_room()) {
    tool->hide();
    return tool->deleteLater();
  }
  const bool appears = open_.empty() && !folded_;
  tools_->addWidget(tool);
  open_.push_back({key, title, tool});
  const int index = tabs_->addTab(theme_.icon(icon, Theme::IconRole::kSecondary), QString());
  auto* close = make_icon_button(theme_, QStringLiteral("close"), tabs_);
  close->setObjectName(QStringLiteral("tools_close"));
  close->setIconSize(QSize(12, 12));
  close->setFocusPolicy(Qt::NoFocus);
  tabs_->setTabButton(index, QTabBar::RightSide, close);
  connect(close, &QToolButton::clicked, this, [this, key] { close_tool(key); });
  set_title(key, title);
  refresh();
  show_tool(key);
  if (appears) Q_EMIT came_forward();
}

bool ToolDock::has_room() {
  if (count() < kMaxTools) return true;
  show_full();
  return false;
}

void ToolDock::set_title(const QString& key, const QString& title) {
  const int index = index_of(key);
  if (index < 0) return;
  open_[static_cast<std::size_t>(index)].title = title;
  QString escaped = short_title(title);
  tabs_->setTabText(index, escaped.replace(QLatin1Char('&'), QStringLiteral("&&")));
  tabs_->setTabToolTip(index, title);
  name_control(tabs_->tabButton(index, QTabBar::RightSide), tr("Close “%1”").arg(title));
}

void ToolDock::close_tool(const QString& key) {
  close_at(index_of(key));
}

void ToolDock::close_at(int index) {
  if (index < 0) return;
  QWidget* const tool = open_[static_cast<std::size_t>(index)].widget;
  open_.erase(open_.begin() + index);
  tabs_->removeTab(index);
  tools_->removeWidget(tool);
  tool->hide();
  tool->deleteLater();
  full_->hide();
  refresh();
}

void ToolDock::set_folded(bool folded) {
  if (folded_ == folded) return;
  folded_ = folded;
  refresh();
}

void ToolDock::refresh() {
  tabs_->setAccessibleName(tr("Open logs and terminals"));
  name_control(fold_, folded_ ? tr("Unfold logs and terminals") : tr("Fold logs and terminals"));
  fold_->setIcon(
      theme_.icon(folded_ ? QStringLiteral("chevron-up") : QStringLiteral("chevron-down"),
                  Theme::IconRole::kSecondary));
  tools_->setVisible(!folded_);
  setMinimumHeight(folded_ ? 0 : kSmallestHeight);
  setMaximumHeight(folded_ ? layout()->minimumSize().height() : QWIDGETSIZE_MAX);
  setVisible(count() > 0);
}

void ToolDock::show_full() {
  full_->show_message(Tone::kBusy, QStringLiteral("warning"),
                      tr("%1 logs and terminals are open, and there is no room for more")
                          .arg(locale().toString(kMaxTools)),
                      tr("Close one of them first."));
  full_->set_action(tr("Close"));
  const bool was_unfolded = unfolded();
  set_folded(false);
  full_->show();
  if (!was_unfolded) Q_EMIT came_forward();
}

void ToolDock::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) {
    for (const Tool& tool : std::vector<Tool>(open_)) set_title(tool.key, tool.title);
    full_->hide();
    refresh();
  }
  QFrame::changeEvent(event);
}

}  // namespace cove::ui
