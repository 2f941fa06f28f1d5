#include "ui/views/workload_parts.h"

#include <QCoreApplication>
#include <algorithm>

#include "core/api/each.h"
#include "core/api/time.h"
#include "ui/models/document_text.h"

namespace cove::ui {
namespace {

constexpr int kMaxReplicas = 9999;

struct WorkloadParts {
  Q_DECLARE_TR_FUNCTIONS(WorkloadParts)
};

}  // namespace

QString images_of(const api::Object& workload) {
  QStringList images;
  api::each_object(workload.document(), {"spec", "template", "spec", "containers"},
                   [&](const api::json::object& container) {
                     images.append(text(api::text_at(container, {"image"})));
                   });
  return images.join(QStringLiteral(", "));
}

ObjectColumn images_column() {
  return {[] { return WorkloadParts::tr("Image"); },
          [](const api::Object& workload, WallTime) {
            const QString images = images_of(workload);
            return Cell{images, {}, ObjectState::kNone, images};
          },
          200};
}

ObjectColumn ready_column(CountsOf counts) {
  return {[] { return WorkloadParts::tr("Ready"); },
          [counts = std::move(counts)](const api::Object& workload, WallTime) {
            const WorkloadCounts now = counts(workload);
            return Cell{QStringLiteral("%1/%2").arg(now.ready).arg(now.wanted),
                        QVariant(qint64(now.ready))};
          },
          70};
}

ObjectColumn count_column(std::function<QString()> title, CountsOf counts,
                          std::int64_t WorkloadCounts::*member) {
  return {std::move(title),
          [counts = std::move(counts), member](const api::Object& workload, WallTime) {
            const auto number = counts(workload).*member;
            return Cell{QString::number(number), QVariant(qint64(number))};
          },
          84, true};
}

WorkloadActions::WorkloadActions(const PageContext& context, ObjectPage& page, QHBoxLayout* row,
                                 const QString& id, CountsOf counts)
    : QObject(&page), clock_(context.clock), page_(page), counts_(std::move(counts)) {
  if (counts_) make_scale(row, id);
  restart_ = make_button("default", &page);
  restart_->setObjectName(id + QStringLiteral("_restart"));
  restart_->setIcon(context.theme.icon(QStringLiteral("refresh")));
  row->addStretch(1);
  row->addWidget(restart_);
  connect(restart_, &QPushButton::clicked, this, &WorkloadActions::restart);
  connect(&page, &ObjectPage::chosen_changed, this, &WorkloadActions::refresh);
  connect(&page, &ObjectPage::retranslated, this, &WorkloadActions::retranslate);
  retranslate();
}

void WorkloadActions::make_scale(QHBoxLayout* row, const QString& id) {
  replicas_ = new QSpinBox(&page_);
  replicas_->setObjectName(id + QStringLiteral("_replicas"));
  replicas_->setRange(0, kMaxReplicas);
  replicas_->setKeyboardTracking(false);
  replicas_->setButtonSymbols(QAbstractSpinBox::NoButtons);
  replicas_->setFixedWidth(72);
  scale_ = make_button("default", &page_);
  scale_->setObjectName(id + QStringLiteral("_scale"));
  row->addWidget(replicas_);
  row->addWidget(scale_);
  connect(scale_, &QPushButton::clicked, this, &WorkloadActions::scale);
}

void WorkloadActions::scale() {
  replicas_->interpretText();
  page_.patch(client::PatchType::kMerge, {{"spec", {{"replicas", replicas_->value()}}}},
              tr("It could not be scaled"));
}

void WorkloadActions::restart() {
  const std::string now = api::format_time(clock_.wall());
  page_.patch(
      client::PatchType::kMerge,
      {{"spec",
        {{"template",
          {{"metadata", {{"annotations", {{"kubectl.kubernetes.io/restartedAt", now}}}}}}}}}},
      tr("It could not be restarted"));
}

// A number that somebody types is not taken from under the fingers.
void WorkloadActions::refresh() {
  const api::ObjectPtr& chosen = page_.chosen();
  if (!replicas_ || !chosen) return;
  const std::string uid(chosen->uid());
  const auto wanted =
      static_cast<int>(std::clamp<std::int64_t>(counts_(*chosen).wanted, 0, kMaxReplicas));
  if (uid != shown_uid_ || wanted != shown_wanted_) replicas_->setValue(wanted);
  shown_uid_ = uid;
  shown_wanted_ = wanted;
}

void WorkloadActions::retranslate() {
  if (replicas_) {
    name_control(replicas_, tr("Replicas"));
    scale_->setText(tr("Scale"));
  }
  restart_->setText(tr("Restart"));
  restart_->setToolTip(tr("Replaces every pod, a few at a time, with the same template."));
}

}  // namespace cove::ui
