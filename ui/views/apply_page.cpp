#include "ui/views/apply_page.h"

#include <QEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QHeaderView>
#include <QMimeData>
#include <QShortcut>
#include <QSplitter>
#include <QUrl>
#include <QVBoxLayout>

#include "ui/models/line_ends.h"
#include "ui/views/object_page.h"

namespace cove::ui {
namespace {

using State = ApplyEntry::State;

constexpr int kMaxPasted = 4 << 20;

QString problem_text(const ManifestProblem& problem) {
  const QString where =
      problem.source.isEmpty()
          ? (problem.line > 0 ? ApplyPage::tr("line %1").arg(problem.line) : QString())
      : problem.line > 0 ? QStringLiteral("%1:%2").arg(problem.source).arg(problem.line)
                         : problem.source;
  return where.isEmpty() ? problem.text : QStringLiteral("%1: %2").arg(where, problem.text);
}

}  // namespace

ApplyPage::ApplyPage(const PageContext& context, QWidget* parent)
    : QWidget(parent),
      context_(context),
      reader_(new ManifestReader(this)),
      plan_(new ApplyPlan(context.api, this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 20, 24, 16);
  column->setSpacing(12);
  title_ = make_label("title", this);
  intro_ = make_label("secondary", this);
  intro_->setWordWrap(true);
  health_ = new Banner(context_.theme, this);
  health_->setObjectName(QStringLiteral("apply_health"));
  problem_ = new Banner(context_.theme, this);
  problem_->setObjectName(QStringLiteral("apply_problem"));
  problem_->hide();
  column->addWidget(title_);
  column->addWidget(intro_);
  column->addWidget(health_);
  column->addWidget(problem_);
  middle_ = new QStackedWidget(this);
  middle_->addWidget(make_start());
  middle_->addWidget(make_review());
  column->addWidget(middle_, 1);
  connect(reader_, &ManifestReader::read, this, &ApplyPage::show_batch);
  connect(plan_, &ApplyPlan::changed, this, &ApplyPage::refresh);
  connect(&context_.api, &ApiSession::chosen, this, &ApplyPage::refresh_health);
  connect(&context_.api, &ApiSession::trouble_changed, this, &ApplyPage::refresh_health);
  retranslate();
}

QWidget* ApplyPage::make_start() {
  auto* card = make_card(this);
  auto* column = new QVBoxLayout(card);
  column->setContentsMargins(20, 18, 20, 18);
  column->setSpacing(12);
  auto* row = new QHBoxLayout;
  row->setSpacing(kGrid);
  files_ = make_button("primary", card);
  files_->setObjectName(QStringLiteral("apply_files"));
  folder_ = make_button("default", card);
  folder_->setObjectName(QStringLiteral("apply_folder"));
  folder_->setIcon(context_.theme.icon(QStringLiteral("folder")));
  row->addWidget(files_);
  row->addWidget(folder_);
  row->addStretch(1);
  column->addLayout(row);
  text_ = new QPlainTextEdit(card);
  text_->setObjectName(QStringLiteral("apply_text"));
  text_->setFont(context_.theme.font(TextRole::kMono));
  text_->setLineWrapMode(QPlainTextEdit::NoWrap);
  text_->setTabChangesFocus(true);
  text_->setAcceptDrops(false);  // the window takes files
  set_look(text_, "log");
  column->addWidget(text_, 1);
  auto* answers = new QHBoxLayout;
  check_ = make_button("primary", card);
  check_->setObjectName(QStringLiteral("apply_check"));
  answers->addStretch(1);
  answers->addWidget(check_);
  column->addLayout(answers);
  connect(files_, &QPushButton::clicked, this, [this] { choose_files(false); });
  connect(folder_, &QPushButton::clicked, this, [this] { choose_files(true); });
  connect(check_, &QPushButton::clicked, this, &ApplyPage::take_text);
  connect(text_, &QPlainTextEdit::textChanged, this,
          [this] { check_->setEnabled(!text_->document()->isEmpty()); });
  check_->setEnabled(false);
  return card;
}

QWidget* ApplyPage::make_review() {
  auto* page = new QWidget(this);
  auto* column = new QVBoxLayout(page);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(12);
  auto* splitter = new QSplitter(Qt::Horizontal, page);
  splitter->setChildrenCollapsible(false);
  splitter->setHandleWidth(12);
  auto* list = make_card(splitter);
  auto* list_column = new QVBoxLayout(list);
  list_column->setContentsMargins(1, 6, 1, 6);
  table_ = make_state_table(context_.theme, *plan_, list);
  table_->setObjectName(QStringLiteral("apply_table"));
  table_->horizontalHeader()->resizeSection(ApplyPlan::kAction, 150);
  table_->horizontalHeader()->resizeSection(ApplyPlan::kObject, 170);
  table_->horizontalHeader()->resizeSection(ApplyPlan::kNamespace, 100);
  list_column->addWidget(table_);
  auto* details = make_card(splitter);
  auto* lines = new QVBoxLayout(details);
  lines->setContentsMargins(16, 12, 16, 12);
  lines->setSpacing(kGrid);
  about_ = make_label("secondary", details);
  about_->setObjectName(QStringLiteral("apply_about"));
  about_->setTextFormat(Qt::PlainText);
  about_->setWordWrap(true);
  about_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  take_over_ = make_button("default", details);
  take_over_->setObjectName(QStringLiteral("apply_take_over"));
  diff_ = new DiffView(context_.theme, details);
  diff_->setObjectName(QStringLiteral("apply_diff"));
  lines->addWidget(about_);
  lines->addWidget(take_over_, 0, Qt::AlignLeft);
  lines->addWidget(diff_, 1);
  lines->addStretch();  // below what is said alone
  splitter->addWidget(list);
  splitter->addWidget(details);
  splitter->setSizes({460, 440});
  column->addWidget(splitter, 1);
  auto* answers = new QHBoxLayout;
  answers->setSpacing(kGrid);
  summary_ = make_label("strong", page);
  summary_->setObjectName(QStringLiteral("apply_summary"));
  summary_->setWordWrap(true);
  back_ = make_button("default", page);
  back_->setObjectName(QStringLiteral("apply_back"));
  again_ = make_button("default", page);
  again_->setObjectName(QStringLiteral("apply_again"));
  again_->setIcon(context_.theme.icon(QStringLiteral("refresh")));
  apply_ = make_button("primary", page);
  apply_->setObjectName(QStringLiteral("apply_apply"));
  answers->addWidget(summary_, 1);
  answers->addWidget(back_);
  answers->addWidget(again_);
  answers->addWidget(apply_);
  column->addLayout(answers);
  connect(table_->selectionModel(), &QItemSelectionModel::selectionChanged, this,
          &ApplyPage::refresh_chosen);
  connect(take_over_, &QPushButton::clicked, this, [this] {
    if (chosen() >= 0) plan_->take_over(chosen(), true);
  });
  connect(back_, &QPushButton::clicked, this, [this] {
    read_ = false;
    problems_.clear();
    plan_->clear();
  });
  connect(again_, &QPushButton::clicked, plan_, &ApplyPlan::check_again);
  connect(apply_, &QPushButton::clicked, plan_, &ApplyPlan::apply);
  return page;
}

QStringList ApplyPage::paths_of(const QMimeData& data) {
  QStringList paths;
  for (const QUrl& url : data.urls()) {
    if (!url.isLocalFile()) continue;
    const QFileInfo info(url.toLocalFile());
    const QString ending = info.suffix().toLower();
    const bool fits = info.isDir() || ending == QLatin1String("yaml") ||
                      ending == QLatin1String("yml") || ending == QLatin1String("json");
    if (fits) paths.append(info.absoluteFilePath());
  }
  return paths;
}

void ApplyPage::take_paths(const QStringList& paths) {
  if (!paths.isEmpty() && plan_->phase() != ApplyPlan::Phase::kApplying) reader_->read_paths(paths);
}

void ApplyPage::take_text() {
  if (text_->document()->characterCount() > kMaxPasted) {
    problems_ = {{{}, 0, tr("The text is too long. Use a file.")}};
    return refresh();
  }
  reader_->read_text(with_line_feeds(text_->document()->toRawText()));
}

void ApplyPage::choose_files(bool folder) {
  auto* dialog = new QFileDialog(this);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::ExistingFiles);
  if (!folder) dialog->setNameFilter(tr("Manifests (*.yaml *.yml *.json)"));
  connect(dialog, &QFileDialog::filesSelected, this, &ApplyPage::take_paths);
  dialog->open();
}

void ApplyPage::show_batch(const ManifestBatch& batch) {
  if (plan_->phase() == ApplyPlan::Phase::kApplying) return;
  problems_ = batch.problems;
  read_ = !batch.objects.empty();
  plan_->check(batch.objects);
  if (batch.objects.empty() && batch.problems.empty())
    problems_ = {{{}, 0, tr("There is no object in it.")}};
  if (plan_->rowCount() > 0) table_->selectRow(0);
  refresh();
}

int ApplyPage::chosen() const {
  const QModelIndexList rows = table_->selectionModel()->selectedRows();
  return rows.isEmpty() ? -1 : rows.front().row();
}

void ApplyPage::refresh() {
  const auto phase = plan_->phase();
  middle_->setCurrentIndex(read_ ? 1 : 0);
  if (problems_.empty()) {
    problem_->hide();
  } else {
    QStringList lines;
    for (const ManifestProblem& each : problems_) {
      if (lines.size() == 6) {
        lines.append(tr("and %1 more").arg(problems_.size() - 6));
        break;
      }
      lines.append(problem_text(each));
    }
    problem_->show_message(Tone::kBad, QStringLiteral("error"),
                           read_ ? tr("Not everything could be read") : tr("Nothing could be read"),
                           lines.join(QLatin1Char('\n')));
  }
  const int todo = plan_->count({State::kCreate, State::kChange, State::kUnchecked});
  const int same = plan_->count({State::kSame});
  const int refused = plan_->count({State::kRefused});
  const int conflicts = plan_->count({State::kConflict});
  QString said;
  if (phase == ApplyPlan::Phase::kChecking) {
    said = tr("Asking the server what would change…");
  } else if (phase == ApplyPlan::Phase::kChecked) {
    said = tr("%1 to apply, %2 unchanged, %3 refused, %4 in conflict")
               .arg(todo)
               .arg(same)
               .arg(refused)
               .arg(conflicts);
  } else if (phase == ApplyPlan::Phase::kApplying) {
    said = tr("Applying…");
  } else if (phase == ApplyPlan::Phase::kApplied) {
    said = tr("%1 applied, %2 unchanged, %3 failed, %4 left out")
               .arg(plan_->count({State::kCreated, State::kChanged}))
               .arg(same)
               .arg(plan_->count({State::kFailed}))
               .arg(plan_->count({State::kNotApplied}));
  }
  set_text(summary_, said);
  const bool busy = phase == ApplyPlan::Phase::kChecking || phase == ApplyPlan::Phase::kApplying;
  apply_->setVisible(phase != ApplyPlan::Phase::kApplied);
  apply_->setEnabled(phase == ApplyPlan::Phase::kChecked && todo > 0);
  again_->setEnabled(!busy);
  back_->setEnabled(phase != ApplyPlan::Phase::kApplying);
  refresh_chosen();
  refresh_health();
}

void ApplyPage::refresh_chosen() {
  const int row = chosen();
  const bool any = row >= 0 && row < plan_->rowCount();
  take_over_->setVisible(any && plan_->at(row).state == State::kConflict);
  if (!any) {
    set_text(about_, tr("Choose an object to see what would change."));
    diff_->show_texts({}, {});
    return;
  }
  const ApplyEntry& entry = plan_->at(row);
  QString said = entry.message;
  if (entry.message_line > 0)
    said = (entry.source.isEmpty()
                ? tr("line %1").arg(entry.message_line)
                : QStringLiteral("%1:%2").arg(entry.source).arg(entry.message_line)) +
           QStringLiteral(": ") + said;
  if (entry.state == State::kConflict) {
    said = tr("Others have set fields that this changes:") + QLatin1Char('\n') +
           entry.managers.join(QLatin1Char('\n')) + QLatin1Char('\n') +
           tr("Take them over and their managers lose them; else the object is left out.");
  } else if (said.isEmpty() && entry.state == State::kSame) {
    said = tr("The cluster has it just so.");
  }
  set_text(about_, said);
  about_->setVisible(!said.isEmpty());
  const bool compared = entry.state != State::kRefused && entry.state != State::kConflict &&
                        entry.state != State::kWaiting;
  diff_->show_texts(compared ? entry.before : QString(), compared ? entry.after : QString());
  diff_->setVisible(compared);
}

void ApplyPage::refresh_health() {
  const bool chosen = !context_.api.context().empty();
  const auto& trouble = context_.api.trouble();
  if (!chosen) {
    health_->show_message(Tone::kBusy, QStringLiteral("warning"), tr("The cluster is not running"),
                          tr("Start it: it says what a manifest would change."));
  } else if (trouble) {
    health_->show_message(Tone::kBad, QStringLiteral("error"), tr("There is no way to the cluster"),
                          QString::fromStdString(trouble->message()));
  }
  health_->set_action({});
  health_->setVisible(!chosen || trouble);
}

void ApplyPage::retranslate() {
  title_->setText(tr("Apply"));
  intro_->setText(tr(
      "Drop YAML or JSON files, or a folder of them, anywhere on this window. You see what would "
      "change before anything does."));
  files_->setText(tr("Open files…"));
  folder_->setText(tr("Open a folder…"));
  text_->setPlaceholderText(tr("Or paste a manifest here"));
  text_->setAccessibleName(tr("Manifest"));
  check_->setText(tr("Review"));
  table_->setAccessibleName(tr("Objects"));
  diff_->setAccessibleName(tr("What would change"));
  take_over_->setText(tr("Take over these fields"));
  back_->setText(tr("Back"));
  again_->setText(tr("Check again"));
  apply_->setText(tr("Apply"));
  plan_->retranslate();
  refresh();
}

void ApplyPage::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

QWidget* make_apply_page(const PageContext& context, QWidget* parent) {
  return new ApplyPage(context, parent);
}

}  // namespace cove::ui
