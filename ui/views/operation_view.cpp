#include "ui/views/operation_view.h"

#include <QClipboard>
#include <QEvent>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QPainter>
#include <QVBoxLayout>

#include "ui/models/sentences.h"
#include "ui/models/text.h"
#include "ui/widgets/log_view.h"

namespace cove::ui {

using provision::Step;
using provision::StepState;

namespace {
constexpr int kLogHeight = 160;
}

Glyph glyph_of(OperationState state) {
  switch (state) {
    case OperationState::kRunning: return Glyph::kTurning;
    case OperationState::kSucceeded: return Glyph::kRunning;
    case OperationState::kFailed: return Glyph::kBroken;
    case OperationState::kCancelled: break;
  }
  return Glyph::kCancelled;
}

// One step: its glyph on a rail that joins the steps, what it is, what it is at, how long it takes,
// and the command that does the same, if there is one.
class StepRow : public QWidget {
 public:
  StepRow(const Theme& theme, QWidget* parent)
      : QWidget(parent),
        theme_(theme),
        glyph_(new StatusGlyph(theme, 18, this)),
        title_(make_label("body", this)),
        detail_(new ElidedLabel(this)),
        time_(make_label("small", this)),
        command_(new ElidedLabel(this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    column->addLayout(row);
    command_->setTextFormat(Qt::PlainText);
    command_->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    command_->setContentsMargins(30, 0, 0, 0);
    set_look(command_, "small");
    column->addWidget(command_, 0, Qt::AlignTop);
    row->addWidget(glyph_);
    row->addWidget(title_);
    row->addWidget(detail_, 1);
    row->addWidget(time_);
    detail_->setTextFormat(Qt::PlainText);
    set_look(detail_, "small");
    show_command({});
  }

  void show_command(const QString& command) {
    set_text(command_, command);
    command_->setVisible(!command.isEmpty());
    setFixedHeight(command.isEmpty() ? 32 : 46);
  }

  void show_step(const Step& step, bool first, bool last) {
    first_ = first;
    last_ = last;
    state_ = step.state;
    glyph_->set_glyph(glyph_of(step.state));
    set_text(title_, title_of(step));
    const bool waiting = step.state == StepState::kPending;
    set_look(title_, waiting                             ? "muted"
                     : step.state == StepState::kRunning ? "strong"
                     : step.state == StepState::kFailed  ? "bad"
                                                         : "body");
    set_text(detail_, told(step.detail));
    update();
  }

  void show_time(const QString& text) {
    set_text(time_, text);
    setAccessibleName(text.isEmpty() ? title_->text()
                                     : title_->text() + QStringLiteral(", ") + text);
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    const Palette& p = theme_.palette();
    painter.setPen(QPen(p.border_strong, 1.5));
    const double x = 9;
    if (!first_) painter.drawLine(QPointF(x, 0), QPointF(x, 5));
    const double below = glyph_->geometry().bottom() + 5;
    if (!last_) painter.drawLine(QPointF(x, below), QPointF(x, height()));
  }

 private:
  const Theme& theme_;
  bool first_ = true;
  bool last_ = true;
  StepState state_ = StepState::kPending;
  StatusGlyph* glyph_;
  QLabel* title_;
  ElidedLabel* detail_;
  QLabel* time_;
  QLabel* command_;
};

// A thin line that fills.
class ProgressLine : public QWidget {
 public:
  ProgressLine(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
    setFixedHeight(4);
  }
  void show_progress(double part, Tone tone) {
    part_ = part;
    tone_ = tone;
    update();
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const Palette& p = theme_.palette();
    painter.setBrush(p.dark ? p.border_strong : p.border);
    painter.drawRoundedRect(rect(), 2, 2);
    painter.setBrush(tone_ == Tone::kAccent ? p.accent : p.tone(tone_).text);
    painter.drawRoundedRect(QRectF(0, 0, width() * part_, height()), 2, 2);
  }

 private:
  const Theme& theme_;
  double part_ = 0;
  Tone tone_ = Tone::kAccent;
};

namespace {

QString time_text(const ActivityModel& model, const Operation& operation, const Step& step) {
  switch (step.state) {
    case StepState::kPending:
      return step.expected && operation.state == OperationState::kRunning
                 ? OperationView::tr("about %1").arg(duration(*step.expected))
                 : QString();
    case StepState::kRunning:
      return step.expected
                 ? OperationView::tr("%1 of about %2")
                       .arg(duration(model.elapsed(operation, step)), duration(*step.expected))
                 : duration(model.elapsed(operation, step));
    case StepState::kDone:
    case StepState::kFailed: return duration(step.elapsed);
    case StepState::kCancelled: return OperationView::tr("cancelled");
  }
  return {};
}

}  // namespace

OperationView::OperationView(const Theme& theme, ActivityModel& model, QWidget* parent)
    : QWidget(parent), theme_(theme), model_(model) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(12);
  build_header();
  progress_ = new ProgressLine(theme, this);
  column->addWidget(progress_);
  body_ = new QWidget(this);
  rows_ = new QVBoxLayout(body_);
  rows_->setContentsMargins(0, 0, 0, 0);
  rows_->setSpacing(0);
  column->addWidget(body_);
  notes_ = make_label("secondary", this);
  notes_->setWordWrap(true);
  column->addWidget(notes_);
  build_failure();
  timer_.setInterval(100);
  connect(&timer_, &QTimer::timeout, this, &OperationView::tick);
  connect(&model, &ActivityModel::operation_changed, this, [this](OperationId id) {
    if (id == id_) refresh();
  });
  connect(&model, &ActivityModel::operation_logged, this,
          [this](OperationId id, const QStringList& lines) {
            if (id == id_ && log_) log_->append_lines(lines);
            if (id == id_ && !log_) refresh();
          });
  retranslate();
}

void OperationView::build_header() {
  auto* head = new QHBoxLayout;
  head->setSpacing(12);
  glyph_ = new StatusGlyph(theme_, 20, this);
  title_ = make_label("strong", this);
  title_->setObjectName(QStringLiteral("operation_title"));
  time_ = make_label("muted", this);
  cancel_ = make_button("default", this);
  cancel_->setObjectName(QStringLiteral("cancel_operation"));
  fold_ = make_icon_button(theme_, QStringLiteral("chevron-down"), this);
  fold_->setVisible(false);
  head->addWidget(glyph_);
  head->addWidget(title_, 1);
  head->addWidget(time_);
  head->addWidget(cancel_);
  head->addWidget(fold_);
  static_cast<QVBoxLayout*>(layout())->addLayout(head);
  connect(cancel_, &QPushButton::clicked, this, [this] { model_.cancel(id_); });
  connect(fold_, &QToolButton::clicked, this, [this] { set_folded(!folded_); });
}

void OperationView::build_failure() {
  failure_ = new QFrame(this);
  set_look(failure_, "banner-bad");
  auto* column = new QVBoxLayout(failure_);
  column->setContentsMargins(16, 12, 16, 12);
  column->setSpacing(6);
  cause_ = make_label("strong", failure_);
  cause_->setObjectName(QStringLiteral("failure_cause"));
  remedy_ = make_label("secondary", failure_);
  remedy_->setObjectName(QStringLiteral("failure_remedy"));
  for (QLabel* label : {cause_, remedy_}) {
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    column->addWidget(label);
  }
  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(kGrid);
  buttons->setContentsMargins(0, 4, 0, 0);
  again_ = make_button("primary", failure_);
  again_->setObjectName(QStringLiteral("try_again"));
  second_ = make_button("default", failure_);
  second_->setObjectName(QStringLiteral("second_action"));
  second_->hide();
  copy_ = make_button("default", failure_);
  copy_->setObjectName(QStringLiteral("copy_failure"));
  buttons->addWidget(again_);
  buttons->addWidget(second_);
  buttons->addWidget(copy_);
  buttons->addStretch();
  column->addLayout(buttons);
  layout()->addWidget(failure_);
  connect(again_, &QPushButton::clicked, this, [this] {
    if (const auto id = model_.again(id_)) Q_EMIT tried_again(*id);
  });
  connect(second_, &QPushButton::clicked, this, &OperationView::second_action);
  connect(copy_, &QPushButton::clicked, this, &OperationView::copy_failure);
}

void OperationView::show_operation(OperationId id) {
  id_ = id;
  delete std::exchange(log_, nullptr);
  refresh();
}

void OperationView::set_plan(std::vector<Step> steps) {
  plan_ = std::move(steps);
  refresh();
}

void OperationView::set_commands(std::map<std::string, QString> commands) {
  commands_ = std::move(commands);
  refresh();
}

void OperationView::set_foldable(bool foldable) {
  foldable_ = foldable;
  fold_->setVisible(foldable);
}

void OperationView::set_folded(bool folded) {
  folded_ = folded;
  fold_->setIcon(theme_.icon(folded ? QStringLiteral("chevron-down") : QStringLiteral("chevron-up"),
                             Theme::IconRole::kSecondary));
  name_control(fold_, folded ? tr("Show the steps") : tr("Hide the steps"));
  refresh();
}

void OperationView::set_second_action(const QString& text) {
  second_text_ = text;
  second_->setText(text);
  second_->setVisible(!text.isEmpty());
}

void OperationView::retranslate() {
  cancel_->setText(tr("Cancel"));
  again_->setText(tr("Try again"));
  copy_->setText(tr("Copy"));
  copy_->setAccessibleName(tr("Copy the error"));
  name_control(fold_, folded_ ? tr("Show the steps") : tr("Hide the steps"));
  refresh();
}

void OperationView::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

void OperationView::showEvent(QShowEvent*) {
  refresh();
}
void OperationView::hideEvent(QHideEvent*) {
  timer_.stop();
}

void OperationView::refresh() {
  const Operation* operation = current();
  if (!operation) {
    timer_.stop();
    return refresh_plan();
  }
  refresh_header(*operation);
  body_->setVisible(!folded_ && !operation->steps.empty());
  refresh_steps(operation->steps);
  refresh_notes(*operation);
  refresh_log(*operation);
  refresh_failure(*operation);
  tick();
}

void OperationView::refresh_header(const Operation& operation) {
  for (QWidget* part : std::initializer_list<QWidget*>{glyph_, title_, time_}) part->show();
  glyph_->set_glyph(glyph_of(operation.state));
  const bool running = operation.state == OperationState::kRunning;
  set_text(title_, headline(operation));
  cancel_->setVisible(running);
  cancel_->setEnabled(!operation.cancelling);
  cancel_->setText(operation.cancelling ? tr("Cancelling…") : tr("Cancel"));
  cancel_->setAccessibleName(tr("Cancel: %1").arg(title_of(operation.request)));
  progress_->setVisible(running && !(foldable_ && folded_));
  const bool wanted = running && isVisible();
  if (wanted && !timer_.isActive()) timer_.start();
  if (!wanted) timer_.stop();
}

void OperationView::refresh_plan() {
  if (plan_.empty()) return;
  for (QWidget* part :
       std::initializer_list<QWidget*>{glyph_, title_, time_, cancel_, progress_, notes_, failure_})
    part->hide();
  delete std::exchange(log_, nullptr);
  body_->show();
  refresh_steps(plan_);
  for (StepRow* row : steps_) row->show_time({});
}

void OperationView::refresh_notes(const Operation& operation) {
  QStringList notes;
  for (const QString& note : operation.notes) notes.append(told(note));
  notes_->setText(notes.join(QLatin1Char('\n')));
  notes_->setVisible(!folded_ && !operation.notes.isEmpty());
}

void OperationView::refresh_steps(const std::vector<Step>& steps) {
  if (folded_) return;
  while (steps_.size() < steps.size()) {
    auto* row = new StepRow(theme_, body_);
    rows_->addWidget(row);
    steps_.push_back(row);
  }
  while (steps_.size() > steps.size()) {
    delete steps_.back();
    steps_.pop_back();
  }
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    steps_[i]->show_step(steps[i], i == 0, i + 1 == steps_.size());
    const auto command = commands_.find(steps[i].id);
    steps_[i]->show_command(command == commands_.end() ? QString() : command->second);
  }
}

void OperationView::refresh_log(const Operation& operation) {
  if (!log_ && !operation.log.isEmpty()) {
    log_ = new LogView(theme_, this);
    log_->setObjectName(QStringLiteral("operation_log"));
    log_->setAccessibleName(tr("What it printed"));
    log_->setFixedHeight(kLogHeight);
    static_cast<QVBoxLayout*>(layout())->insertWidget(layout()->indexOf(notes_), log_);
    log_->append_lines(operation.log);
  }
  if (log_) log_->setVisible(!folded_);
}

void OperationView::refresh_failure(const Operation& operation) {
  const bool show = operation.state == OperationState::kFailed && operation.error;
  failure_->setVisible(show);
  if (!show) return;
  set_text(cause_, sentence_of(*operation.error));
  set_text(remedy_, remedy_of(*operation.error));
  remedy_->setVisible(!remedy_->text().isEmpty());
  // It stands at the step that failed: steps that were never reached come after it.
  const auto failed = std::find_if(operation.steps.begin(), operation.steps.end(),
                                   [](const Step& s) { return s.state == StepState::kFailed; });
  if (failed != operation.steps.end() && !folded_) {
    rows_->removeWidget(failure_);
    layout()->removeWidget(failure_);
    rows_->insertWidget(static_cast<int>(failed - operation.steps.begin()) + 1, failure_);
  }
}

void OperationView::tick() {
  const Operation* operation = current();
  if (!operation) return;
  QString text = duration(model_.elapsed(*operation));
  if (operation->state == OperationState::kRunning) {
    if (const auto left = remaining_of(model_, *operation); left && left->count() > 500) {
      text = tr("%1, about %2 left").arg(text, duration(*left));
    }
    progress_->show_progress(progress_of(model_, *operation).value_or(0), Tone::kAccent);
  }
  set_text(time_, text);
  if (folded_) return;
  for (std::size_t i = 0; i < std::min(steps_.size(), operation->steps.size()); ++i) {
    steps_[i]->show_time(time_text(model_, *operation, operation->steps[i]));
  }
}

void OperationView::copy_failure() {
  const Operation* operation = current();
  if (!operation || !operation->error) return;
  QStringList lines{failed(operation->request)};
  for (const Step& step : operation->steps) {
    if (step.state == StepState::kFailed) lines.append(title_of(step));
  }
  lines.append(QString::fromStdString(operation->error->message()));
  QGuiApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

}  // namespace cove::ui
