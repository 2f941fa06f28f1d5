#include "ui/views/engine_page.h"

#include <QHeaderView>
#include <QVBoxLayout>

#include "ui/models/text.h"
#include "ui/views/state_table.h"

namespace cove::ui {

EnginePage::EnginePage(const PageContext& context, EnginePageKind kind, QWidget* parent)
    : ListFrame(context, kind.id, kind.title, parent),
      kind_(std::move(kind)),
      model_(new RowsModel(kind_.columns, this)),
      filter_(new RowsFilter(*model_, this)) {
  QTableView* list = make_state_table(context.theme, *filter_, this);
  std::vector<int> widths;
  for (const RowColumn& column : kind_.columns) widths.push_back(column.width);
  set_column_widths(list, widths);
  show_table(list, 0, Qt::AscendingOrder);
  make_operation();
  later_.setSingleShot(true);
  later_.setInterval(0);
  connect(&later_, &QTimer::timeout, this, &EnginePage::refresh);
  connect(&context.engine, &EngineSession::chosen, this, [this] { hide_refusal(); });
  connect(&context.engine, &EngineSession::changed, this, &EnginePage::refresh_later);
}

void EnginePage::make_operation() {
  operation_card_ = make_card(this);
  operation_card_->setObjectName(kind_.id + QStringLiteral("_operation"));
  auto* row = new QHBoxLayout(operation_card_);
  row->setContentsMargins(16, 12, 8, 12);
  operation_ = new OperationView(context().theme, context().activity, operation_card_);
  operation_close_ = make_icon_button(context().theme, QStringLiteral("close"), operation_card_);
  row->addWidget(operation_, 1);
  row->addWidget(operation_close_, 0, Qt::AlignTop);
  connect(operation_close_, &QToolButton::clicked, operation_card_, &QWidget::hide);
  connect(operation_, &OperationView::tried_again, operation_, &OperationView::show_operation);
  operation_card_->hide();
  body()->addWidget(operation_card_);
}

QPushButton* EnginePage::add_tool(const char* name, const char* icon, std::function<void()> act,
                                  const char* look) {
  auto* button = make_button(look, this);
  button->setObjectName(QString::fromLatin1(name));
  if (icon != nullptr) {
    const bool primary = std::string_view(look) == "primary";
    button->setIcon(context().theme.icon(
        QString::fromLatin1(icon), primary ? Theme::IconRole::kOnAccent : Theme::IconRole::kText));
  }
  connect(button, &QPushButton::clicked, this, std::move(act));
  toolbar()->addWidget(button);
  tools_.push_back(button);
  return button;
}

QPushButton* EnginePage::add_action(const char* name, const char* icon, std::function<void()> act) {
  auto* button = make_button("default", details());
  button->setObjectName(QString::fromLatin1(name));
  if (icon != nullptr) button->setIcon(context().theme.icon(QString::fromLatin1(icon)));
  connect(button, &QPushButton::clicked, this, std::move(act));
  actions()->addWidget(button);
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
    table()->clearSelection();
  } else if (!table()->selectionModel()->isRowSelected(row)) {
    table()->selectRow(row);
  }
  refresh_health();
  choose_row();
}

void EnginePage::search_for(const QString& words) {
  filter_->set_words(words);
  refresh_health();
}

void EnginePage::choose_row() {
  if (refreshing_) return;
  const int row = chosen_row();
  const QString key = row < 0 ? QString() : filter_->key(row);
  if (key != chosen_) hide_refusal();
  chosen_ = key;
  details()->setVisible(!key.isEmpty());
  show_details(key);
}

void EnginePage::refresh_health() {
  const EngineSession& engine = this->engine();
  const bool running = !context().api.context().empty() || engine.has_engine();
  for (QPushButton* tool : tools_) tool->setEnabled(engine.has_engine());
  if (const auto& problem = engine.problem()) {
    health()->show_message(
        Tone::kBusy, QStringLiteral("warning"),
        engine.synced() ? tr("The engine cannot be reached: this is what was last known of it")
                        : tr("The engine cannot be reached"),
        sentence_of(*problem));
  }
  health()->setVisible(engine.problem().has_value());
  const Rows rows{filter_->rowCount(),           model_->rowCount(), running, engine.synced(),
                  tr("Search for other words."), kind_.explanation()};
  show_rows(rows);
  if (rows.shown == 0 && running && !engine.has_engine()) {
    show_nothing(
        tr("This cluster has no container engine"),
        tr("Clusters that Cove made have one. Others run their images from registries: build "
           "and push with a cluster of Cove's, or with docker."));
  }
}

void EnginePage::run(TaskPtr task) {
  const auto id = context().activity.run(std::move(task));
  if (!id) {
    show_refusal(tr("It was not begun"), tr("Too much is under way. Wait for something to end."));
    return;
  }
  operation_->show_operation(*id);
  operation_card_->show();
}

void EnginePage::show_refusal(const QString& failed, const QString& why, const QString& remedy) {
  ListFrame::show_refusal(failed, remedy.isEmpty() ? why : why + QLatin1Char(' ') + remedy);
}

void EnginePage::show_result(const QString& failed, const Result<void>& result) {
  if (result) return hide_refusal();
  show_refusal(failed, sentence_of(result.error()), remedy_of(result.error()));
}

void EnginePage::tab_shown() {
  show_details(chosen_);
}

void EnginePage::retranslate_list() {
  name_control(operation_close_, tr("Hide what was begun here"));
  model_->retranslate();
  retranslate_page();
  refresh();
}

}  // namespace cove::ui
