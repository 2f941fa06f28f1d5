#include "ui/views/operation_list.h"

#include <QEvent>
#include <QVBoxLayout>

namespace cove::ui {

OperationList::OperationList(const Theme& theme, ActivityModel& model, QWidget* parent)
    : QScrollArea(parent), theme_(theme), model_(model) {
  setWidgetResizable(true);
  setFrameShape(QFrame::NoFrame);
  setFocusPolicy(Qt::NoFocus);
  auto* content = new QWidget(this);
  column_ = new QVBoxLayout(content);
  column_->setContentsMargins(0, 0, 0, 0);
  column_->setSpacing(kGrid);
  empty_ = make_label("muted", content);
  empty_->setAlignment(Qt::AlignCenter);
  empty_->setWordWrap(true);
  column_->addWidget(empty_, 1);
  column_->addStretch();
  setWidget(content);
  for (int row = 0; row < model.rowCount(); ++row) insert(row);
  connect(&model, &QAbstractItemModel::rowsInserted, this,
          [this](const QModelIndex&, int first, int last) {
            for (int row = first; row <= last; ++row) insert(row);
          });
  connect(&model, &QAbstractItemModel::rowsRemoved, this,
          [this](const QModelIndex&, int first, int last) {
            for (int row = last; row >= first; --row) remove(row);
          });
  refresh_empty();
}

void OperationList::insert(int row) {
  QFrame* card = make_card(widget());
  auto* column = new QVBoxLayout(card);
  column->setContentsMargins(16, 10, 12, 10);
  auto* view = new OperationView(theme_, model_, card);
  column->addWidget(view);
  view->set_foldable(true);
  view->show_operation(model_.at(row).id);
  // What happens now is open; what is over is one line, unless it failed.
  const auto fit = [view, this] {
    const Operation* operation = model_.find(view->operation());
    view->set_folded(!operation || operation->state == OperationState::kSucceeded ||
                     operation->state == OperationState::kCancelled);
  };
  fit();
  connect(&model_, &ActivityModel::operation_ended, view, [view, fit](OperationId id) {
    if (id == view->operation()) fit();
  });
  column_->insertWidget(row, card);
  entries_.insert(entries_.begin() + row, card);
  refresh_empty();
}

void OperationList::remove(int row) {
  QFrame* card = entries_[static_cast<std::size_t>(row)];
  entries_.erase(entries_.begin() + row);
  column_->removeWidget(card);
  card->hide();
  card->deleteLater();
  refresh_empty();
}

void OperationList::refresh_empty() {
  empty_->setText(
      tr("Nothing has been done yet.\nWhat you start, stop or create shows here, step by step."));
  empty_->setVisible(entries_.empty());
}

void OperationList::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) refresh_empty();
  QScrollArea::changeEvent(event);
}

}  // namespace cove::ui
