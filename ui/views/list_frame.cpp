#include "ui/views/list_frame.h"

#include <QEvent>
#include <QScrollArea>
#include <QShortcut>
#include <QSplitter>
#include <QTabBar>
#include <QVBoxLayout>

namespace cove::ui {
namespace {

constexpr int kSearchWidth = 180;
constexpr int kDetailsWidth = 400;  // at least

QLabel* make_centered(const char* look, QWidget* parent) {
  QLabel* label = make_label(look, parent);
  label->setAlignment(Qt::AlignCenter);
  label->setWordWrap(true);
  return label;
}

}  // namespace

ListFrame::ListFrame(const PageContext& context, const QString& id, std::function<QString()> title,
                     QWidget* parent)
    : QWidget(parent), context_(context), id_(id), title_of_(std::move(title)) {
  const PageHead head = make_page_head(this);
  column_ = head.column;
  title_ = head.title;
  count_ = make_label("muted", this);
  count_->setObjectName(id_ + QStringLiteral("_count"));
  search_ = new QLineEdit(this);
  search_->setObjectName(id_ + QStringLiteral("_search"));
  search_->setClearButtonEnabled(true);
  search_->setFixedWidth(kSearchWidth);
  toolbar_ = new QHBoxLayout;
  toolbar_->setSpacing(6);
  head.row->addWidget(count_);
  head.row->addStretch(1);
  head.row->addLayout(toolbar_);
  head.row->addWidget(search_);
  const auto banner = [&](const char* name) {
    auto* made = new Banner(context_.theme, this);
    made->setObjectName(id_ + QLatin1String(name));
    made->hide();
    column_->addWidget(made);
    return made;
  };
  health_ = banner("_health");
  refusal_ = banner("_refusal");
  auto* splitter = new QSplitter(Qt::Horizontal, this);
  splitter->setChildrenCollapsible(false);
  splitter->setHandleWidth(12);
  splitter->addWidget(make_list());
  splitter->addWidget(make_details());
  splitter->setStretchFactor(0, 1);
  splitter->setSizes({480, 420});
  column_->addWidget(splitter, 1);
  auto* find = new QShortcut(QKeySequence::Find, this);
  connect(find, &QShortcut::activated, this, [this] {
    search_->setFocus(Qt::ShortcutFocusReason);
    search_->selectAll();
  });
  connect(search_, &QLineEdit::textChanged, this,
          [this](const QString& words) { search_for(words); });
  connect(refusal_, &Banner::activated, refusal_, &QWidget::hide);
}

QWidget* ListFrame::make_list() {
  middle_ = new QStackedWidget(this);
  auto* nothing = new QWidget(middle_);
  auto* lines = new QVBoxLayout(nothing);
  lines->setContentsMargins(48, 24, 48, 24);
  lines->setSpacing(kGrid);
  empty_title_ = make_centered("strong", nothing);
  empty_title_->setObjectName(id_ + QStringLiteral("_empty"));
  empty_text_ = make_centered("secondary", nothing);
  lines->addStretch(2);
  lines->addWidget(empty_title_);
  lines->addWidget(empty_text_);
  lines->addStretch(3);
  middle_->addWidget(nothing);
  return make_list_card(middle_, this);
}

void ListFrame::show_table(QTableView* table, int sort_column, Qt::SortOrder order) {
  table_ = table;
  table_->setObjectName(id_ + QStringLiteral("_table"));
  table_->setSortingEnabled(true);
  table_->sortByColumn(sort_column, order);
  middle_->insertWidget(0, table_);
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
          [this] { choose_row(); });
}

QWidget* ListFrame::make_details() {
  details_ = make_card(this);
  details_->setObjectName(id_ + QStringLiteral("_details"));
  details_->setMinimumWidth(kDetailsWidth);
  auto* column = new QVBoxLayout(details_);
  column->setContentsMargins(16, 12, 8, 12);
  column->setSpacing(kGrid);
  auto* head = new QHBoxLayout;
  name_ = new ElidedLabel(details_);
  name_->setTextFormat(Qt::PlainText);
  set_look(name_, "strong");
  close_ = make_icon_button(context_.theme, QStringLiteral("close"), details_);
  connect(close_, &QToolButton::clicked, this, [this] {
    table_->clearSelection();
    table_->setFocus();
  });
  head->addWidget(name_, 1);
  head->addWidget(close_);
  column->addLayout(head);
  action_rows_ = new QVBoxLayout;
  action_rows_->setSpacing(kGrid);
  action_rows_->setContentsMargins(0, 0, 8, 0);  // as what stands in the tabs
  column->addLayout(action_rows_);
  actions_ = add_action_row();
  tabs_ = new QTabWidget(details_);
  tabs_->setObjectName(id_ + QStringLiteral("_tabs"));
  tabs_->setDocumentMode(true);
  tabs_->tabBar()->setDrawBase(false);
  tabs_->setUsesScrollButtons(true);
  summary_tab_ = make_summary();
  tabs_->addTab(summary_tab_, QString());
  connect(tabs_, &QTabWidget::currentChanged, this, [this] { tab_shown(); });
  column->addWidget(tabs_, 1);
  details_->hide();
  return details_;
}

QWidget* ListFrame::make_summary() {
  auto* scroll = new QScrollArea(tabs_);
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* content = new QWidget(scroll);
  summary_ = new QVBoxLayout(content);
  summary_->setContentsMargins(0, 12, 8, 0);
  summary_->setSpacing(12);
  facts_ = new FactList(context_.theme, content);
  summary_->addWidget(facts_);
  summary_->addStretch(1);
  scroll->setWidget(content);
  return scroll;
}

QHBoxLayout* ListFrame::add_action_row() {
  auto* row = new QHBoxLayout;
  row->setSpacing(6);
  action_rows_->addLayout(row);
  return row;
}

int ListFrame::chosen_row() const {
  const QModelIndexList rows = table_->selectionModel()->selectedRows();
  return rows.isEmpty() ? -1 : rows.front().row();
}

void ListFrame::show_refusal(const QString& failed, const QString& why) {
  refusal_->show_message(Tone::kBad, QStringLiteral("error"), failed, why);
  refusal_->set_action(tr("Close"));
}

void ListFrame::show_rows(const Rows& rows) {
  set_text(count_,
           rows.known == 0 ? QString()
           : rows.shown == rows.known
               ? locale().toString(rows.known)
               : tr("%1 of %2").arg(locale().toString(rows.shown), locale().toString(rows.known)));
  middle_->setCurrentIndex(rows.shown > 0 ? 0 : 1);
  if (rows.shown > 0) return;
  if (!rows.running) {
    show_nothing(tr("The cluster is not running"), tr("Start it to see what is in it."));
  } else if (rows.known > 0) {
    show_nothing(tr("Nothing matches"), rows.unmatched);
  } else if (!rows.synced) {
    show_nothing(health_->isHidden() ? tr("Loading…") : tr("Nothing is known yet"), QString());
  } else {
    show_nothing(tr("There is none yet"), rows.explanation);
  }
}

void ListFrame::show_nothing(const QString& title, const QString& text) {
  set_text(empty_title_, title);
  set_text(empty_text_, text);
}

void ListFrame::retranslate() {
  title_->setText(title_of_());
  search_->setPlaceholderText(tr("Search (Ctrl+F)"));
  search_->setAccessibleName(tr("Search the list"));
  table_->setAccessibleName(title_of_());
  name_control(close_, tr("Close the details"));
  tabs_->setTabText(tabs_->indexOf(summary_tab_), tr("Summary"));
  summary_tab_->setAccessibleName(tr("Summary"));
  retranslate_list();
}

void ListFrame::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

}  // namespace cove::ui
