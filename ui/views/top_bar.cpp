#include "ui/views/top_bar.h"

#include <QEvent>
#include <QHBoxLayout>
#include <algorithm>

#include "ui/models/text.h"
#include "ui/views/object_page.h"

namespace cove::ui {

TopBar::TopBar(const PageContext& context, QAction* new_cluster, QWidget* parent)
    : QFrame(parent),
      context_(context),
      new_cluster_(new_cluster),
      chooser_(new QToolButton(this)),
      menu_(new QMenu(this)) {
  setObjectName(QStringLiteral("topbar"));
  setFixedHeight(56);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(16, 0, 16, 0);
  row->setSpacing(kGrid);
  chooser_->setObjectName(QStringLiteral("chooser"));
  chooser_->setPopupMode(QToolButton::InstantPopup);
  chooser_->setMenu(menu_);
  chooser_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  chooser_->setLayoutDirection(Qt::RightToLeft);  // the arrow stands after the name
  chooser_->setIcon(
      context.theme.icon(QStringLiteral("chevron-down"), Theme::IconRole::kSecondary));
  chooser_->setIconSize(QSize(14, 14));
  chooser_->setFocusPolicy(Qt::TabFocus);
  chooser_->setCursor(Qt::PointingHandCursor);
  set_look(chooser_, "chooser");
  row->addWidget(chooser_);
  state_ = new QWidget(this);
  auto* state = new QHBoxLayout(state_);
  state->setContentsMargins(4, 0, 0, 0);
  state->setSpacing(6);
  glyph_ = new StatusGlyph(context.theme, 16, state_);
  phase_ = make_label("secondary", state_);
  phase_->setObjectName(QStringLiteral("top_phase"));
  state->addWidget(glyph_);
  state->addWidget(phase_);
  row->addWidget(state_);
  row->addStretch(1);
  actions_ = new QWidget(this);
  auto* buttons = new QHBoxLayout(actions_);
  buttons->setContentsMargins(0, 0, 0, 0);
  buttons->setSpacing(2);
  const std::pair<QAction*, const char*> entries[] = {
      {context_.actions.start(), "action_start"},
      {context_.actions.pause(), "action_pause"},
      {context_.actions.stop(), "action_stop"},
      {context_.actions.remove(), "action_delete"},
  };
  for (const auto& [action, name] : entries) {
    auto* button = new QToolButton(actions_);
    button->setObjectName(QString::fromLatin1(name));
    button->setDefaultAction(action);
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setIconSize(QSize(20, 16));
    button->setFocusPolicy(Qt::TabFocus);
    set_look(button, "action");
    buttons->addWidget(button);
    connect(action, &QAction::changed, button,
            [button, action] { button->setAccessibleName(action->text()); });
  }
  row->addWidget(actions_);
  elsewhere_ = make_label("muted", this);
  elsewhere_->setObjectName(QStringLiteral("top_elsewhere"));
  row->addWidget(elsewhere_);
  connect(menu_, &QMenu::aboutToShow, this, &TopBar::fill_menu);
  connect(&context_.current, &CurrentCluster::changed, this, &TopBar::refresh);
  connect(&context_.activity, &ActivityModel::operation_changed, this, &TopBar::refresh);
  connect(&context_.counts, &LiveCounts::changed, this, &TopBar::refresh);
  fill_menu();
  refresh();
}

void TopBar::open_chooser() {
  chooser_->setFocus();
  menu_->popup(chooser_->mapToGlobal(QPoint(0, chooser_->height())));
}

void TopBar::set_creating(bool creating) {
  creating_ = creating;
  refresh();
}

void TopBar::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) refresh();
  QFrame::changeEvent(event);
}

void TopBar::refresh() {
  const auto* status = context_.current.status();
  const bool foreign = !context_.current.foreign().empty() && !creating_;
  const bool named = status && !creating_;
  chooser_->setText(named       ? QString::fromStdString(status->profile)
                    : foreign   ? QString::fromStdString(context_.current.foreign())
                    : creating_ ? tr("New cluster")
                                : tr("No cluster"));
  chooser_->setToolTip(tr("Choose a cluster"));
  chooser_->setAccessibleName(tr("Cluster: %1").arg(chooser_->text()));
  state_->setVisible(named || foreign);
  actions_->setVisible(named);
  elsewhere_->setVisible(foreign);
  state_->setToolTip({});
  if (foreign) return show_foreign();
  if (!named) return;
  glyph_->set_glyph(glyph_of(status->phase));
  set_text(phase_, text_of(status->phase));
}

// Another's cluster has a connection, but no machine to start or stop.
void TopBar::show_foreign() {
  const Connection connection = context_.counts.connection();
  glyph_->set_glyph(glyph_of(connection.state));
  set_text(phase_, connection.title);
  state_->setToolTip(connection.text);
  set_text(elsewhere_, tr("Another program's cluster"));
  elsewhere_->setToolTip(
      tr("Its machine is not Cove's: it is started, stopped and deleted where it was made."));
}

void TopBar::add_foreign_contexts() {
  const auto is_own = [this](const std::string& name) {
    return std::ranges::any_of(context_.clusters.statuses(),
                               [&](const auto& status) { return status.context == name; });
  };
  bool first = true;
  for (const ContextEntry& entry : context_.contexts.contexts()) {
    if (is_own(entry.name)) continue;
    if (std::exchange(first, false)) menu_->addSeparator();
    const QString name = QString::fromStdString(entry.name);
    QAction* action = menu_->addAction(
        context_.theme.icon(QStringLiteral("link"), Theme::IconRole::kSecondary),
        entry.server.empty()
            ? name
            : QStringLiteral("%1  —  %2").arg(name, QString::fromStdString(entry.server)));
    connect(action, &QAction::triggered, this, [this, name] { Q_EMIT context_chosen(name); });
  }
}

void TopBar::fill_menu() {
  menu_->clear();
  for (const auto& status : context_.clusters.statuses()) {
    const QString name = QString::fromStdString(status.profile);
    QAction* action =
        menu_->addAction(QIcon(glyph_pixmap(glyph_of(status.phase), context_.theme.palette(), 16,
                                            devicePixelRatioF())),
                         QStringLiteral("%1  —  %2").arg(name, text_of(status.phase)));
    connect(action, &QAction::triggered, this, [this, name] { Q_EMIT cluster_chosen(name); });
  }
  add_foreign_contexts();
  if (!menu_->isEmpty()) menu_->addSeparator();
  menu_->addAction(new_cluster_);
}

}  // namespace cove::ui
