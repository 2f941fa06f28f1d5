#include "ui/views/deployment_history.h"

#include <QEvent>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/models/document_text.h"
#include "ui/models/revisions.h"
#include "ui/views/workload_parts.h"

namespace cove::ui {
namespace {

namespace json = api::json;

constexpr std::string_view kChangeCause = "kubernetes.io/change-cause";

std::string_view annotation(const api::Object& object, std::string_view name) {
  return api::text_at(object.document(), {"metadata", "annotations", name});
}

}  // namespace

DeploymentHistory::DeploymentHistory(const Theme& theme, const Clock& clock,
                                     std::shared_ptr<LiveCollection> replica_sets, QWidget* parent)
    : QWidget(parent), model_(new ObjectModel(columns(), clock, this)) {
  setObjectName(QStringLiteral("history"));
  model_->set_condition([](const api::Object&) { return false; });
  model_->follow(std::move(replica_sets));
  model_->sort(0, Qt::DescendingOrder);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 8, 8, 0);
  column->setSpacing(kGrid);
  table_ = make_object_table(theme, *model_, this);
  table_->setObjectName(QStringLiteral("history_table"));
  table_->setSelectionMode(QAbstractItemView::ExtendedSelection);
  caption_ = make_label("secondary", this);
  caption_->setWordWrap(true);
  caption_->setObjectName(QStringLiteral("history_caption"));
  diff_ = new DiffView(theme, this);
  diff_->setObjectName(QStringLiteral("history_diff"));
  undo_ = make_button("primary", this);
  undo_->setObjectName(QStringLiteral("history_undo"));
  auto* answers = new QHBoxLayout;
  answers->addStretch(1);
  answers->addWidget(undo_);
  column->addWidget(table_, 1);
  column->addWidget(caption_);
  column->addWidget(diff_, 1);
  column->addLayout(answers);
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
          &DeploymentHistory::refresh);
  connect(model_, &ObjectModel::refreshed, this, &DeploymentHistory::refresh);
  connect(undo_, &QPushButton::clicked, this, &DeploymentHistory::undo);
  retranslate();
}

std::vector<ObjectColumn> DeploymentHistory::columns() {
  ObjectColumn age = age_column();
  age.width = 76;
  ObjectColumn images = images_column();
  images.width = 88;
  return {
      {[] { return tr("Revision"); },
       [this](const api::Object& replica_set, WallTime) {
         const auto revision = revision_of(replica_set);
         const bool is_current = !revision.empty() && revision == revision_;
         const QString number = text(revision);
         return Cell{is_current ? tr("%1 (current)").arg(number) : number,
                     QVariant(number.toLongLong()),
                     is_current ? ObjectState::kGood : ObjectState::kNone};
       },
       108},
      images,
      age,
      {[] { return tr("Change cause"); },
       [](const api::Object& replica_set, WallTime) {
         const QString cause = text(annotation(replica_set, kChangeCause));
         return Cell{cause.isEmpty() ? QStringLiteral("–") : cause, {}, ObjectState::kNone, cause};
       },
       104},
  };
}

void DeploymentHistory::show_deployment(const api::ObjectPtr& deployment) {
  const std::string uid(deployment ? deployment->uid() : std::string_view());
  const bool other = uid != (deployment_ ? deployment_->uid() : std::string_view());
  deployment_ = deployment;
  const std::string revision(deployment ? revision_of(*deployment) : std::string_view());
  if (other) table_->clearSelection();
  if (revision != revision_) {
    revision_ = revision;
    model_->retranslate();
  }
  if (other) {
    model_->set_condition([uid](const api::Object& replica_set) {
      return !uid.empty() && controlled_by(replica_set, uid);
    });
  } else {
    refresh();
  }
}

api::ObjectPtr DeploymentHistory::current() const {
  for (int row = 0; row < model_->rowCount(); ++row) {
    const auto replica_set = model_->object(row);
    if (!revision_.empty() && revision_of(*replica_set) == revision_) return replica_set;
  }
  return nullptr;
}

std::pair<api::ObjectPtr, api::ObjectPtr> DeploymentHistory::compared() const {
  QModelIndexList rows = table_->selectionModel()->selectedRows();
  if (rows.isEmpty() || rows.size() > 2) return {};
  if (rows.size() == 1) return {current(), model_->object(rows.front().row())};
  // From the older to the newer.
  const auto revision = [](const QModelIndex& row) {
    return row.data(ObjectModel::kSort).toLongLong();
  };
  std::ranges::sort(rows, {}, revision);
  return {model_->object(rows[0].row()), model_->object(rows[1].row())};
}

void DeploymentHistory::refresh() {
  const auto chosen = table_->selectionModel()->selectedRows().size();
  const auto [from, to] = compared();
  const bool same = from && from == to;
  undo_->setVisible(chosen == 1 && from && !same);
  if (to) undo_->setText(tr("Undo to revision %1").arg(text(revision_of(*to))));
  if (same) {
    set_text(caption_, tr("This is the current revision."));
  } else if (!from || !to) {
    set_text(caption_, tr("Choose a revision to see what going back to it changes, or two to see "
                          "what differs between them."));
  } else {
    diff_->show_texts(yaml_text(template_of(*from)), yaml_text(template_of(*to)));
    set_text(caption_, tr("From revision %1 to revision %2")
                           .arg(text(revision_of(*from)), text(revision_of(*to))));
  }
  diff_->setVisible(from && to && !same);
}

void DeploymentHistory::undo() {
  const auto [from, to] = compared();
  if (!deployment_ || !from || !to || from == to) return;
  Q_EMIT undo_wanted(text(revision_of(*to)), undo_patch(*deployment_, *to));
}

void DeploymentHistory::retranslate() {
  table_->setAccessibleName(tr("Revisions"));
  diff_->setAccessibleName(tr("What differs"));
  model_->retranslate();
  refresh();
}

void DeploymentHistory::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

}  // namespace cove::ui
