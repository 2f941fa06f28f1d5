#include "ui/views/rollout_view.h"

#include <QEvent>
#include <QScrollArea>
#include <algorithm>

#include "ui/views/object_page.h"

namespace cove::ui {
namespace {

constexpr int kPause = 100;  // ms between two looks
constexpr std::size_t kMaxSets = 12;

}  // namespace

RolloutView::RolloutView(const Theme& theme, const Clock& clock,
                         std::shared_ptr<LiveCollection> replica_sets,
                         std::shared_ptr<LiveCollection> pods, QWidget* parent)
    : QWidget(parent),
      theme_(theme),
      clock_(clock),
      replica_sets_(std::move(replica_sets)),
      pods_(std::move(pods)) {
  setObjectName(QStringLiteral("rollout"));
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  auto* scroll = new QScrollArea(this);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setFocusPolicy(Qt::NoFocus);
  outer->addWidget(scroll);
  auto* content = new QWidget(scroll);
  auto* column = new QVBoxLayout(content);
  column->setContentsMargins(0, 12, 8, 0);
  column->setSpacing(12);
  auto* head = new QHBoxLayout;
  head->setSpacing(kGrid);
  glyph_ = new StatusGlyph(theme, 16, content);
  state_ = make_label("strong", content);
  state_->setObjectName(QStringLiteral("rollout_state"));
  state_->setWordWrap(true);
  pause_ = make_button("default", content);
  pause_->setObjectName(QStringLiteral("rollout_pause"));
  head->addWidget(glyph_);
  head->addWidget(state_, 1);
  head->addWidget(pause_);
  bar_ = new PartsBar(theme, content);
  stuck_ = new Banner(theme, content);
  stuck_->setObjectName(QStringLiteral("rollout_stuck"));
  sets_ = new QVBoxLayout;
  sets_->setSpacing(12);
  pod_text_ = make_label("secondary", content);
  pod_text_->setObjectName(QStringLiteral("rollout_pod"));
  pod_text_->setWordWrap(true);
  pod_text_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  limits_ = new FactList(theme, content);
  limits_->setObjectName(QStringLiteral("rollout_limits"));
  column->addLayout(head);
  column->addWidget(bar_);
  column->addWidget(stuck_);
  column->addLayout(sets_);
  column->addWidget(pod_text_);
  column->addWidget(make_line(content));
  column->addWidget(limits_);
  column->addStretch(1);
  scroll->setWidget(content);
  soon_.setSingleShot(true);
  soon_.setInterval(kPause);
  connect(&soon_, &QTimer::timeout, this, &RolloutView::refresh);
  for (const auto& collection : {replica_sets_, pods_}) {
    connect(collection.get(), &LiveCollection::changed, this, &RolloutView::refresh_soon);
    connect(collection.get(), &LiveCollection::forgotten, this, &RolloutView::refresh_soon);
  }
  connect(pause_, &QPushButton::clicked, this, [this] {
    if (deployment_) Q_EMIT pause_wanted({{"spec", {{"paused", !rollout_.paused}}}});
  });
  retranslate();
}

void RolloutView::show_deployment(const api::ObjectPtr& deployment) {
  const bool other =
      (deployment ? deployment->uid() : "") != (deployment_ ? deployment_->uid() : "");
  deployment_ = deployment;
  if (other) pod_.clear();
  if (isVisible()) refresh();
}

void RolloutView::refresh_soon() {
  if (isVisible() && !soon_.isActive()) soon_.start();
}

void RolloutView::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  refresh();
}

void RolloutView::refresh() {
  if (!deployment_) return;
  rollout_ = rollout_of(*deployment_, *replica_sets_, *pods_, clock_.wall());
  show_state(rollout_);
  show_sets(rollout_);
  show_limits(rollout_);
  show_pod();
}

void RolloutView::show_state(const Rollout& rollout) {
  glyph_->set_glyph(rollout.stuck      ? Glyph::kBroken
                    : rollout.paused   ? Glyph::kPaused
                    : rollout.complete ? Glyph::kRunning
                                       : Glyph::kTurning);
  const QString counts = tr("%1 of %2 updated, %3 available")
                             .arg(locale().toString(qlonglong(rollout.updated)),
                                  locale().toString(qlonglong(rollout.wanted)),
                                  locale().toString(qlonglong(rollout.available)));
  set_text(state_, rollout.stuck      ? tr("Stuck: %1").arg(counts)
                   : rollout.paused   ? tr("Paused: %1").arg(counts)
                   : rollout.complete ? tr("Complete: %1").arg(counts)
                                      : tr("Rolling out: %1").arg(counts));
  pause_->setText(rollout.paused ? tr("Resume") : tr("Pause"));
  pause_->setIcon(theme_.icon(rollout.paused ? QStringLiteral("play") : QStringLiteral("pause")));
  pause_->setToolTip(rollout.paused
                         ? tr("Goes on with the rollout, with all changes made meanwhile")
                         : tr("Changes of the template wait until it is resumed; pods that run "
                              "stay"));
  std::int64_t ready = 0;
  for (const RolloutSet& set : rollout.sets) {
    if (set.is_new) ready = std::ranges::count_if(set.pods, &RolloutPod::ready);
  }
  bar_->set_parts(counts, static_cast<int>(ready), static_cast<int>(rollout.updated),
                  static_cast<int>(rollout.wanted));
  stuck_->setVisible(rollout.stuck.has_value());
  if (!rollout.stuck) return;
  const auto& stuck = *rollout.stuck;
  stuck_->show_message(
      Tone::kBad, QStringLiteral("error"), stuck.what,
      stuck.why.isEmpty() ? stuck.advice : stuck.why + QLatin1Char('\n') + stuck.advice);
}

RolloutView::SetRow& RolloutView::set_row(std::size_t index) {
  while (rows_.size() <= index) {
    auto* box = new QWidget(this);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(4);
    SetRow made{box, new ElidedLabel(box), make_label("secondary", box),
                new StateCells(theme_, box)};
    set_look(made.title, "strong");
    made.cells->setObjectName(QStringLiteral("rollout_cells_%1").arg(rows_.size()));
    column->addWidget(made.title);
    column->addWidget(made.count);
    column->addWidget(made.cells);
    sets_->addWidget(box);
    connect(made.cells, &StateCells::chosen, this, [this](const QString& name) {
      pod_ = name;
      show_pod();
    });
    rows_.push_back(made);
  }
  return rows_[index];
}

void RolloutView::show_sets(const Rollout& rollout) {
  const std::size_t count = std::min(rollout.sets.size(), kMaxSets);
  for (std::size_t i = 0; i < count; ++i) {
    const RolloutSet& set = rollout.sets[i];
    SetRow& row = set_row(i);
    const QString title = set.is_new ? tr("New: revision %1, %2").arg(set.revision, set.image)
                                     : tr("Old: revision %1, %2").arg(set.revision, set.image);
    set_text(row.title, title);
    const auto ready = std::ranges::count_if(set.pods, &RolloutPod::ready);
    const QString words =
        tr("%1 wanted, %2 ready")
            .arg(locale().toString(qlonglong(set.wanted)), locale().toString(qlonglong(ready)));
    set_text(row.count, QStringLiteral("%1 · %2").arg(set.name, words));
    std::vector<StateCell> cells;
    for (const RolloutPod& pod : set.pods)
      cells.push_back({pod.name, pod.status.reason, glyph_of(pod.status.state)});
    row.cells->set_cells(QStringLiteral("%1: %2").arg(title, words), std::move(cells));
    row.box->show();
  }
  for (std::size_t i = count; i < rows_.size(); ++i) rows_[i].box->hide();
}

void RolloutView::show_limits(const Rollout& rollout) {
  const auto limit = [&](std::int64_t pods, const QString& given) {
    const QString number = locale().toString(qlonglong(pods));
    return given == QString::number(pods) ? number : tr("%1 (%2)").arg(number, given);
  };
  limits_->set_facts(
      {{tr("Strategy"),
        rollout.recreate ? tr("All old pods go, then the new ones come") : tr("A few at a time")},
       {tr("More than wanted"),
        rollout.recreate ? QString()
                         : tr("maxSurge %1").arg(limit(rollout.max_surge, rollout.surge_given))},
       {tr("Less than wanted"),
        rollout.recreate ? QString()
                         : tr("maxUnavailable %1")
                               .arg(limit(rollout.max_unavailable, rollout.unavailable_given))},
       {tr("Counts as available"),
        tr("after %1 s ready (minReadySeconds)").arg(qlonglong(rollout.min_ready_seconds))},
       {tr("Counts as stuck"), tr("after %1 s without progress (progressDeadlineSeconds)")
                                   .arg(qlonglong(rollout.deadline_seconds))}});
}

void RolloutView::show_pod() {
  QString shown;
  for (const RolloutSet& set : rollout_.sets) {
    for (const RolloutPod& pod : set.pods) {
      if (pod.name != pod_) continue;
      shown = QStringLiteral("%1: %2").arg(pod.name, pod.status.reason);
      if (!pod.status.message.isEmpty()) shown += QLatin1Char('\n') + pod.status.message;
      if (!pod.status.advice.isEmpty()) shown += QLatin1Char('\n') + pod.status.advice;
    }
  }
  set_text(pod_text_, shown);
  pod_text_->setVisible(!shown.isEmpty());
}

void RolloutView::retranslate() {
  setAccessibleName(tr("Rollout"));
  refresh();
}

void RolloutView::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

}  // namespace cove::ui
