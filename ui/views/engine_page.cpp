#include "ui/views/engine_page.h"

#include <QEvent>
#include <QHeaderView>
#include <QScrollArea>
#include <QShortcut>
#include <QSplitter>
#include <QTabBar>
#include <QVBoxLayout>

#include "ui/models/text.h"
#include "ui/views/object_page.h"

namespace cove::ui {
namespace {

QLabel* make_centered(const char* look, QWidget* parent) {
  QLabel* label = make_label(look, parent);
  label->setAlignment(Qt::AlignCenter);
  label->setWordWrap(true);
  return label;
}

}  // namespace

EnginePage::EnginePage(const PageContext& context, EnginePageKind kind, QWidget* parent)
    : QWidget(parent),
      context_(context),
      kind_(std::move(kind)),
      model_(new RowsModel(kind_.columns, this)),
      filter_(new RowsFilter(*model_, this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 20, 24, 16);
  column->setSpacing(12);
  auto* head = new QHBoxLayout;
  head->setSpacing(kGrid);
  title_ = make_label("title", this);
  count_ = make_label("muted", this);
  count_->setObjectName(kind_.id + QStringLiteral("_count"));
  search_ = new QLineEdit(this);
  search_->setObjectName(kind_.id + QStringLiteral("_search"));
  search_->setClearButtonEnabled(true);
  search_->setFixedWidth(180);
  toolbar_ = new QHBoxLayout;
  toolbar_->setSpacing(6);
  head->addWidget(title_);
  head->addWidget(count_);
  head->addStretch(1);
  head->addLayout(toolbar_);
  head->addWidget(search_);
  column->addLayout(head);
  health_ = new Banner(context_.theme, this);
  health_->setObjectName(kind_.id + QStringLiteral("_health"));
  health_->hide();
  refusal_ = new Banner(context_.theme, this);
  refusal_->setObjectName(kind_.id + QStringLiteral("_refusal"));
  refusal_->hide();
  column->addWidget(health_);
  column->addWidget(refusal_);
  auto* splitter = new QSplitter(Qt::Horizontal, this);
  splitter->setChildrenCollapsible(false);
  splitter->setHandleWidth(12);
  splitter->addWidget(make_list());
  splitter->addWidget(make_details());
  splitter->setStretchFactor(0, 1);
  splitter->setSizes({480, 420});
  column->addWidget(splitter, 1);
  make_operation(column);
  later_.setSingleShot(true);
  later_.setInterval(0);
  connect(&later_, &QTimer::timeout, this, &EnginePage::refresh);
  auto* find = new QShortcut(QKeySequence::Find, this);
  connect(find, &QShortcut::activated, this, [this] {
    search_->setFocus(Qt::ShortcutFocusReason);
    search_->selectAll();
  });
  connect(search_, &QLineEdit::textChanged, this, [this](const QString& words) {
    filter_->set_words(words);
    refresh_health();
  });
  connect(refusal_, &Banner::activated, refusal_, &QWidget::hide);
  connect(&context_.engine, &EngineSession::chosen, refusal_, &QWidget::hide);
  connect(&context_.engine, &EngineSession::changed, this, &EnginePage::refresh_later);
}

void EnginePage::begin() {
  retranslate();
}

QWidget* EnginePage::make_list() {
  auto* card = make_card(this);
  auto* column = new QVBoxLayout(card);
  column->setContentsMargins(1, 6, 1, 6);
  middle_ = new QStackedWidget(card);
  table_ = make_state_table(context_.theme, *filter_, middle_);
  table_->setObjectName(kind_.id + QStringLiteral("_table"));
  for (std::size_t i = 0; i < kind_.columns.size(); ++i)
    table_->horizontalHeader()->resizeSection(static_cast<int>(i), kind_.columns[i].width);
  table_->setSortingEnabled(true);
  table_->sortByColumn(0, Qt::AscendingOrder);
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
          &EnginePage::choose_row);
  auto* nothing = new QWidget(middle_);
  auto* lines = new QVBoxLayout(nothing);
  lines->setContentsMargins(48, 24, 48, 24);
  lines->setSpacing(kGrid);
  empty_title_ = make_centered("strong", nothing);
  empty_title_->setObjectName(kind_.id + QStringLiteral("_empty"));
  empty_text_ = make_centered("secondary", nothing);
  lines->addStretch(2);
  lines->addWidget(empty_title_);
  lines->addWidget(empty_text_);
  lines->addStretch(3);
  middle_->addWidget(table_);
  middle_->addWidget(nothing);
  column->addWidget(middle_);
  return card;
}

QWidget* EnginePage::make_details() {
  details_ = make_card(this);
  details_->setObjectName(kind_.id + QStringLiteral("_details"));
  details_->setMinimumWidth(400);
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
  actions_ = new QHBoxLayout;
  actions_->setSpacing(6);
  column->addLayout(actions_);
  tabs_ = new QTabWidget(details_);
  tabs_->setObjectName(kind_.id + QStringLiteral("_tabs"));
  tabs_->setDocumentMode(true);
  tabs_->tabBar()->setDrawBase(false);
  tabs_->setUsesScrollButtons(false);
  auto* scroll = new QScrollArea(tabs_);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* content = new QWidget(scroll);
  auto* summary = new QVBoxLayout(content);
  summary->setContentsMargins(0, 12, 8, 0);
  facts_ = new FactList(context_.theme, content);
  summary->addWidget(facts_);
  summary->addStretch(1);
  scroll->setWidget(content);
  tabs_->addTab(scroll, QString());
  connect(tabs_, &QTabWidget::currentChanged, this, [this] { show_details(chosen_); });
  column->addWidget(tabs_, 1);
  details_->hide();
  return details_;
}

void EnginePage::make_operation(QVBoxLayout* column) {
  operation_card_ = make_card(this);
  operation_card_->setObjectName(kind_.id + QStringLiteral("_operation"));
  auto* row = new QHBoxLayout(operation_card_);
  row->setContentsMargins(16, 12, 8, 12);
  operation_ = new OperationView(context_.theme, context_.activity, operation_card_);
  operation_close_ = make_icon_button(context_.theme, QStringLiteral("close"), operation_card_);
  row->addWidget(operation_, 1);
  row->addWidget(operation_close_, 0, Qt::AlignTop);
  connect(operation_close_, &QToolButton::clicked, operation_card_, &QWidget::hide);
  connect(operation_, &OperationView::tried_again, operation_, &OperationView::show_operation);
  operation_card_->hide();
  column->addWidget(operation_card_);
}

QPushButton* EnginePage::add_tool(const char* name, const char* icon, std::function<void()> act,
                                  const char* look) {
  auto* button = make_button(look, this);
  button->setObjectName(QString::fromLatin1(name));
  if (icon != nullptr) {
    const bool primary = std::string_view(look) == "primary";
    button->setIcon(context_.theme.icon(
        QString::fromLatin1(icon), primary ? Theme::IconRole::kOnAccent : Theme::IconRole::kText));
  }
  connect(button, &QPushButton::clicked, this, std::move(act));
  toolbar_->addWidget(button);
  tools_.push_back(button);
  return button;
}

QPushButton* EnginePage::add_action(const char* name, const char* icon, std::function<void()> act) {
  auto* button = make_button("default", details_);
  button->setObjectName(QString::fromLatin1(name));
  if (icon != nullptr) button->setIcon(context_.theme.icon(QString::fromLatin1(icon)));
  connect(button, &QPushButton::clicked, this, std::move(act));
  actions_->addWidget(button);
  return button;
}

void EnginePage::refresh_later() {
  if (!later_.isActive()) later_.start();
}

void EnginePage::refresh() {
  // The view would choose a neighbour of a row that goes; what has gone is let go.
  const QString before = chosen_;
  refreshing_ = true;
  model_->set_rows(rows());
  refreshing_ = false;
  const int row = before.isEmpty() ? -1 : filter_->row_of(before);
  if (row < 0) {
    table_->clearSelection();
  } else if (!table_->selectionModel()->isRowSelected(row)) {
    table_->selectRow(row);
  }
  refresh_health();
  choose_row();
}

void EnginePage::choose_row() {
  if (refreshing_) return;
  const QModelIndexList rows = table_->selectionModel()->selectedRows();
  const QString key = rows.isEmpty() ? QString() : filter_->key(rows.front().row());
  if (key != chosen_) refusal_->hide();
  chosen_ = key;
  details_->setVisible(!key.isEmpty());
  show_details(key);
}

void EnginePage::refresh_health() {
  const EngineSession& engine = context_.engine;
  const bool running = !context_.api.context().empty() || engine.has_engine();
  for (QPushButton* tool : tools_) tool->setEnabled(engine.has_engine());
  if (const auto& problem = engine.problem()) {
    health_->show_message(
        Tone::kBusy, QStringLiteral("warning"),
        engine.synced() ? tr("The engine cannot be reached: this is what was last known of it")
                        : tr("The engine cannot be reached"),
        sentence_of(*problem));
  }
  health_->setVisible(engine.problem().has_value());
  const int shown = filter_->rowCount();
  const int known = model_->rowCount();
  set_text(count_, known == 0 ? QString()
                   : shown == known
                       ? locale().toString(known)
                       : tr("%1 of %2").arg(locale().toString(shown), locale().toString(known)));
  middle_->setCurrentIndex(shown > 0 ? 0 : 1);
  if (shown > 0) return;
  if (!running) {
    set_text(empty_title_, tr("The cluster is not running"));
    set_text(empty_text_, tr("Start it to see what is in it."));
  } else if (!engine.has_engine()) {
    set_text(empty_title_, tr("This cluster has no container engine"));
    set_text(empty_text_,
             tr("Clusters that Cove made have one. Others run their images from registries: build "
                "and push with a cluster of Cove's, or with docker."));
  } else if (known > 0) {
    set_text(empty_title_, tr("Nothing matches"));
    set_text(empty_text_, tr("Search for other words."));
  } else if (!engine.synced()) {
    set_text(empty_title_, engine.problem() ? tr("Nothing is known yet") : tr("Loading…"));
    set_text(empty_text_, QString());
  } else {
    set_text(empty_title_, tr("There is none yet"));
    set_text(empty_text_, kind_.explanation());
  }
}

void EnginePage::run(TaskPtr task) {
  const auto id = context_.activity.run(std::move(task));
  if (!id) {
    show_refusal(tr("It was not begun"), tr("Too much is under way. Wait for something to end."));
    return;
  }
  operation_->show_operation(*id);
  operation_card_->show();
}

void EnginePage::show_refusal(const QString& failed, const QString& why, const QString& remedy) {
  refusal_->show_message(Tone::kBad, QStringLiteral("error"), failed,
                         remedy.isEmpty() ? why : why + QLatin1Char(' ') + remedy);
  refusal_->set_action(tr("Close"));
}

void EnginePage::show_result(const QString& failed, const Result<void>& result) {
  if (result) return refusal_->hide();
  show_refusal(failed, sentence_of(result.error()), remedy_of(result.error()));
}

void EnginePage::retranslate() {
  title_->setText(kind_.title());
  search_->setPlaceholderText(tr("Search (Ctrl+F)"));
  search_->setAccessibleName(tr("Search the list"));
  table_->setAccessibleName(kind_.title());
  name_control(close_, tr("Close the details"));
  name_control(operation_close_, tr("Hide what was begun here"));
  tabs_->setTabText(0, tr("Summary"));
  model_->retranslate();
  retranslate_page();
  refresh();
}

void EnginePage::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

}  // namespace cove::ui
