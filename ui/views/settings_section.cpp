#include "ui/views/settings_section.h"

#include <QEvent>

#include "ui/models/text.h"

namespace cove::ui {

using provision::Phase;

SettingsSection::SettingsSection(const SettingsParts& parts, QWidget* parent)
    : QWidget(parent), parts_(parts), column_(new QVBoxLayout(this)) {
  column_->setContentsMargins(24, 20, 24, 20);
  column_->setSpacing(12);
  title_ = make_label("title", this);
  lead_ = make_label("secondary", this);
  lead_->setWordWrap(true);
  column_->addWidget(title_);
  column_->addWidget(lead_);
}

void SettingsSection::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

void SettingsSection::set_head(const QString& title, const QString& lead) {
  title_->setText(title);
  lead_->setText(lead);
  lead_->setVisible(!lead.isEmpty());
}

ClusterSection::ClusterSection(const SettingsParts& parts, const QString& prefix, QWidget* parent)
    : SettingsSection(parts, parent), saves_(!prefix.isEmpty()) {
  nothing_ = new Banner(parts_.page.theme, this);
  connect(nothing_, &Banner::activated, this, [this] { parts_.new_cluster(); });
  column_->addWidget(nothing_);
  content_ = new QWidget(this);
  auto* inside = new QVBoxLayout(content_);
  inside->setContentsMargins(0, 0, 0, 0);
  inside->setSpacing(12);
  card_ = make_card(content_);
  fields_ = new QVBoxLayout(card_);
  fields_->setContentsMargins(20, 16, 20, 16);
  fields_->setSpacing(12);
  below_ = new QVBoxLayout;
  below_->setSpacing(12);
  inside->addWidget(card_);
  card_->setVisible(saves_);
  auto* row = new QHBoxLayout;
  row->setSpacing(kGrid);
  note_ = make_label("muted", content_);
  note_->setObjectName(prefix + QStringLiteral("note"));
  note_->setWordWrap(true);
  revert_ = make_button("default", content_);
  revert_->setObjectName(prefix + QStringLiteral("revert"));
  save_ = make_button("primary", content_);
  save_->setObjectName(prefix + QStringLiteral("save"));
  for (QWidget* widget :
       {static_cast<QWidget*>(note_), static_cast<QWidget*>(revert_), static_cast<QWidget*>(save_)})
    widget->setVisible(saves_);
  row->addWidget(note_, 1);
  row->addWidget(revert_);
  row->addWidget(save_);
  inside->addLayout(row);
  inside->addLayout(below_);
  column_->addWidget(content_);
  column_->addStretch();
  connect(revert_, &QPushButton::clicked, this, [this] {
    filled_ = status() ? std::optional(status()->wish) : std::nullopt;
    if (status()) fill_from(*status());
    edited();
  });
  connect(save_, &QPushButton::clicked, this, [this] { run(OperationKind::kConfigure, wanted()); });
  connect(&parts_.page.current, &CurrentCluster::changed, this, &ClusterSection::follow);
  connect(&parts_.page.activity, &ActivityModel::operation_changed, this,
          &ClusterSection::show_state);
  connect(&parts_.page.activity, &ActivityModel::operation_ended, this, &ClusterSection::ended);
}

void ClusterSection::retranslate() {
  nothing_->show_message(Tone::kNeutral, QStringLiteral("info"),
                         tr("This is about Cove's own clusters"),
                         tr("Choose one of them in the window's list of clusters, or make one."));
  nothing_->set_action(tr("New cluster…"));
  nothing_->setVisible(status() == nullptr);
  revert_->setText(tr("Revert"));
  revert_->setToolTip(tr("Show again what is saved"));
  save_->setText(tr("Save"));
  show_state();
}

bool ClusterSection::has_machine() const {
  return status() && (status()->phase == Phase::kRunning || status()->phase == Phase::kPaused);
}

bool ClusterSection::free() const {
  return status() && status()->busy.empty() && !in_transition(status()->phase) &&
         !parts_.page.bridge.busy(status()->profile);
}

void ClusterSection::follow() {
  const auto* now = status();
  content_->setVisible(now != nullptr);
  nothing_->setVisible(now == nullptr);
  if (now) {
    const bool other = now->profile != profile_ || !filled_;
    if (other) {
      operation_.reset();
      failure_.clear();
      saved_ = false;
    }
    // What is being typed stays while nothing else was saved.
    const bool changed = other || now->wish != *filled_;
    if (changed && (other || !differs(*filled_) || !differs(now->wish))) {
      profile_ = now->profile;
      filled_ = now->wish;
      fill_from(*now);
    }
  } else {
    profile_.clear();
    filled_.reset();
  }
  show_state();
}

void ClusterSection::fill_from(const provision::ClusterStatus& status) {
  filling_ = true;
  fill(status);
  filling_ = false;
}

void ClusterSection::edited() {
  if (filling_) return;
  saved_ = false;
  failure_.clear();
  show_state();
}

void ClusterSection::run(OperationKind kind, const provision::StartRequest& request) {
  if (!status()) return;
  OperationRequest asked;
  asked.kind = kind;
  asked.profile = status()->profile;
  asked.start = request;
  saved_ = false;
  failure_.clear();
  operation_ = parts_.page.bridge.run(asked);
  if (!operation_) failure_ = tr("Something else is under way with %1.").arg(profile());
  show_state();
}

void ClusterSection::ended(OperationId id) {
  if (id != operation_) return;
  operation_.reset();
  const Operation* operation = parts_.page.activity.find(id);
  if (!operation) return;
  saved_ = operation->state == OperationState::kSucceeded;
  if (operation->error) {
    failure_ = sentence_of(*operation->error);
    if (const QString remedy = remedy_of(*operation->error); !remedy.isEmpty())
      failure_ += QLatin1Char(' ') + remedy;
  }
  show_state();
}

void ClusterSection::show_state() {
  const bool dirty = filled_ && differs(*filled_);
  const QString wrong = dirty ? problem() : QString();
  const bool at_work = operation_.has_value();
  save_->setEnabled(dirty && wrong.isEmpty() && free());
  revert_->setEnabled(dirty && !at_work);
  const bool bad = !wrong.isEmpty() || !failure_.isEmpty();
  set_look(note_, bad ? "bad" : "muted");
  note_->setText(!wrong.isEmpty()      ? wrong
                 : !failure_.isEmpty() ? failure_
                 : at_work             ? tr("Saving…")
                 : saved_ && !dirty    ? tr("Saved. %1").arg(effect())
                                       : effect());
  refresh();
}

}  // namespace cove::ui
