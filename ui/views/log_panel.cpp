#include "ui/views/log_panel.h"

#include <QDir>
#include <QElapsedTimer>
#include <QEvent>
#include <QFileDialog>
#include <QLocale>
#include <QMenu>
#include <QShortcut>
#include <QVBoxLayout>
#include <set>

#include "ui/models/document_text.h"
#include "ui/views/object_page.h"
#include "ui/views/tool_dock.h"

namespace cove::ui {
namespace {

constexpr int kSliceMs = 6;
constexpr int kLinesAtOnce = 100;

struct Since {
  std::optional<int> seconds;
  const char* text;
};
constexpr int kMinute = 60;
constexpr Since kSince[] = {
    {std::nullopt, QT_TRANSLATE_NOOP("cove::ui::LogPanel", "All")},
    {5 * kMinute, QT_TRANSLATE_NOOP("cove::ui::LogPanel", "Last 5 min")},
    {15 * kMinute, QT_TRANSLATE_NOOP("cove::ui::LogPanel", "Last 15 min")},
    {60 * kMinute, QT_TRANSLATE_NOOP("cove::ui::LogPanel", "Last hour")},
    {24 * 60 * kMinute, QT_TRANSLATE_NOOP("cove::ui::LogPanel", "Last day")}};
struct Level {
  Severity least;
  const char* text;
};
constexpr Level kLevels[] = {
    {Severity::kNone, QT_TRANSLATE_NOOP("cove::ui::LogPanel", "All levels")},
    {Severity::kInfo, QT_TRANSLATE_NOOP("cove::ui::LogPanel", "Info and up")},
    {Severity::kWarning, QT_TRANSLATE_NOOP("cove::ui::LogPanel", "Warnings and up")},
    {Severity::kError, QT_TRANSLATE_NOOP("cove::ui::LogPanel", "Errors")}};

QComboBox* make_choice(const char* name, QWidget* parent) {
  auto* choice = new QComboBox(parent);
  choice->setObjectName(QString::fromLatin1(name));
  choice->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  choice->setMinimumContentsLength(6);
  return choice;
}

}  // namespace

LogPanel::LogPanel(const PageContext& context, const LogTarget& target, bool keep_open,
                   QWidget* parent, const LogLimits& limits)
    : QWidget(parent),
      context_(context),
      target_(target),
      document_(Path(QDir::tempPath().toStdString()), limits) {
  logs_ = new PodLogs(context.api, document_, target, this);
  canvas_ = new LogCanvas(context.theme, document_, this);
  canvas_->setObjectName(QStringLiteral("log_canvas"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 8, 0, 0);
  column->setSpacing(6);
  column->addLayout(make_first_row(keep_open));
  column->addLayout(make_search_row());
  notice_ = new Banner(context.theme, this);
  notice_->setObjectName(QStringLiteral("log_notice"));
  told_ = new Banner(context.theme, this);
  told_->setObjectName(QStringLiteral("log_told"));
  told_->hide();
  dropped_ = make_label("small", this);
  dropped_->setObjectName(QStringLiteral("log_dropped"));
  column->addWidget(notice_);
  column->addWidget(told_);
  column->addWidget(dropped_);
  column->addWidget(canvas_, 1);
  setFocusProxy(canvas_);
  make_menu();
  save_later_.setInterval(0);
  connect(&save_later_, &QTimer::timeout, this, &LogPanel::save_on);
  connect(notice_, &Banner::activated, logs_, &PodLogs::retry);
  connect(told_, &Banner::activated, told_, &QWidget::hide);
  connect(logs_, &PodLogs::notice_changed, this, &LogPanel::refresh_notice);
  connect(&document_, &LogDocument::sources_changed, this, &LogPanel::refresh_containers);
  connect(&document_, &LogDocument::search_changed, this, &LogPanel::refresh_count);
  connect(&document_, &LogDocument::changed, this, &LogPanel::refresh_dropped);
  connect(canvas_, &LogCanvas::following_changed, follow_, &QToolButton::setChecked);
  connect(canvas_, &LogCanvas::selection_changed, this,
          [this] { copy_->setEnabled(canvas_->has_selection()); });
  retranslate();
  refresh_containers();
  logs_->start({});
}

LogPanel::~LogPanel() = default;

QLayout* LogPanel::make_first_row(bool keep_open) {
  auto* row = new QHBoxLayout;
  row->setSpacing(4);
  containers_ = make_choice("log_containers", this);
  since_ = make_choice("log_since", this);
  level_ = make_choice("log_level", this);
  follow_ = make_icon_button(context_.theme, QStringLiteral("follow"), this);
  follow_->setObjectName(QStringLiteral("log_follow"));
  follow_->setCheckable(true);
  follow_->setChecked(true);
  more_ = make_icon_button(context_.theme, QStringLiteral("menu"), this);
  more_->setObjectName(QStringLiteral("log_more"));
  more_->setPopupMode(QToolButton::InstantPopup);
  row->addWidget(containers_, 1);
  row->addWidget(since_, 1);
  row->addWidget(level_, 1);
  row->addWidget(follow_);
  if (keep_open && context_.tools != nullptr) {
    keep_ = make_icon_button(context_.theme, QStringLiteral("dock"), this);
    keep_->setObjectName(QStringLiteral("log_keep"));
    row->addWidget(keep_);
    connect(keep_, &QToolButton::clicked, this, [this] { this->keep_open(); });
  }
  row->addWidget(more_);
  connect(containers_, &QComboBox::activated, this, &LogPanel::show_chosen_sources);
  connect(since_, &QComboBox::activated, this, &LogPanel::read_again);
  connect(level_, &QComboBox::currentIndexChanged, this, [this](int index) {
    if (index >= 0) document_.set_least(kLevels[index].least);
  });
  connect(follow_, &QToolButton::clicked, this, [this](bool on) { canvas_->set_following(on); });
  return row;
}

QLayout* LogPanel::make_search_row() {
  auto* row = new QHBoxLayout;
  row->setSpacing(4);
  search_ = new QLineEdit(this);
  search_->setObjectName(QStringLiteral("log_search"));
  search_->setClearButtonEnabled(true);
  pattern_ = new QToolButton(this);
  pattern_->setObjectName(QStringLiteral("log_pattern"));
  pattern_->setText(QStringLiteral(".*"));
  pattern_->setCheckable(true);
  set_look(pattern_, "icon");
  count_ = make_label("small", this);
  count_->setObjectName(QStringLiteral("log_count"));
  count_->setMinimumWidth(64);
  previous_hit_ = make_icon_button(context_.theme, QStringLiteral("chevron-up"), this);
  previous_hit_->setObjectName(QStringLiteral("log_previous_hit"));
  next_hit_ = make_icon_button(context_.theme, QStringLiteral("chevron-down"), this);
  next_hit_->setObjectName(QStringLiteral("log_next_hit"));
  row->addWidget(search_, 1);
  row->addWidget(pattern_);
  row->addWidget(count_);
  row->addWidget(previous_hit_);
  row->addWidget(next_hit_);
  connect(search_, &QLineEdit::textChanged, this, &LogPanel::search);
  connect(search_, &QLineEdit::returnPressed, this, [this] { step(false); });
  connect(pattern_, &QToolButton::toggled, this, &LogPanel::search);
  connect(previous_hit_, &QToolButton::clicked, this, [this] { step(true); });
  connect(next_hit_, &QToolButton::clicked, this, [this] { step(false); });
  const auto shortcut = [this](const QKeySequence& keys, auto run) {
    auto* made = new QShortcut(keys, this);
    made->setContext(Qt::WidgetWithChildrenShortcut);
    connect(made, &QShortcut::activated, this, run);
  };
  connect(canvas_, &LogCanvas::find_wanted, this, [this] {
    search_->setFocus(Qt::ShortcutFocusReason);
    search_->selectAll();
  });
  shortcut(QKeySequence(Qt::Key_F3), [this] { step(false); });
  shortcut(QKeySequence(Qt::SHIFT | Qt::Key_F3), [this] { step(true); });
  return row;
}

void LogPanel::make_menu() {
  menu_ = new QMenu(more_);
  more_->setMenu(menu_);
  const auto toggle = [this](bool on, auto run) {
    QAction* action = menu_->addAction(QString());
    action->setCheckable(true);
    action->setChecked(on);
    connect(action, &QAction::toggled, this, run);
    return action;
  };
  wrap_ = toggle(false, [this](bool on) { canvas_->set_wrap(on); });
  times_ = toggle(false, [this](bool on) { canvas_->set_times(on); });
  names_ = toggle(true, [this] { show_names(); });
  pretty_ = toggle(false, [this](bool on) { document_.set_pretty(on); });
  menu_->addSeparator();
  before_ = toggle(false, [this] { read_again(); });
  menu_->addSeparator();
  const auto act = [this](const QString& name, auto run) {
    QAction* action = menu_->addAction(QString());
    action->setObjectName(name);
    connect(action, &QAction::triggered, this, run);
    return action;
  };
  copy_ = act(QStringLiteral("log_copy"), [this] { canvas_->copy(); });
  copy_->setEnabled(false);
  clear_ = act(QStringLiteral("log_clear"), [this] { document_.clear(); });
  save_ = act(QStringLiteral("log_save"), [this] { ask_where_to_save(); });
  wrap_->setObjectName(QStringLiteral("log_wrap"));
  times_->setObjectName(QStringLiteral("log_times"));
  names_->setObjectName(QStringLiteral("log_names"));
  pretty_->setObjectName(QStringLiteral("log_pretty"));
  before_->setObjectName(QStringLiteral("log_before"));
}

void LogPanel::retranslate() {
  canvas_->setAccessibleName(tr("Log of %1").arg(text(target_.name)));
  containers_->setAccessibleName(tr("Pods and containers"));
  containers_->setToolTip(tr("Pods and containers"));
  since_->setAccessibleName(tr("Since when"));
  since_->setToolTip(tr("Since when"));
  level_->setAccessibleName(tr("Levels"));
  level_->setToolTip(tr("Levels"));
  name_control(follow_, tr("Follow the end"));
  if (keep_) name_control(keep_, tr("Keep open while other pages are shown"));
  name_control(more_, tr("More"));
  search_->setPlaceholderText(tr("Search the log"));
  search_->setAccessibleName(tr("Search the log"));
  name_control(pattern_, tr("Regular expression"));
  name_control(previous_hit_, tr("Previous hit (Shift+F3)"));
  name_control(next_hit_, tr("Next hit (F3)"));
  wrap_->setText(tr("Wrap lines"));
  times_->setText(tr("Show times"));
  names_->setText(tr("Show who speaks"));
  pretty_->setText(tr("Spread out JSON"));
  before_->setText(tr("Log of the run before"));
  copy_->setText(tr("Copy the selection"));
  clear_->setText(tr("Clear"));
  save_->setText(tr("Save to a file…"));
  fill_choices();
  refresh_containers();
  refresh_notice();
  refresh_count();
  refresh_dropped();
}

void LogPanel::fill_choices() {
  const int since = std::max(0, since_->currentIndex());
  since_->clear();
  for (const Since& each : kSince) since_->addItem(tr(each.text));
  since_->setCurrentIndex(since);
  const int level = std::max(0, level_->currentIndex());
  const QSignalBlocker quiet(level_);
  level_->clear();
  for (const Level& each : kLevels) level_->addItem(tr(each.text));
  level_->setCurrentIndex(level);
}

// "All", then the pods where there are several, then the containers where there are several.
void LogPanel::refresh_containers() {
  const QVariant chosen = containers_->currentData();
  std::set<QString> pods;
  std::set<QString> containers;
  for (int i = 0; i < document_.sources().size(); ++i) {
    const PodLogs::Origin& origin = logs_->origin(static_cast<std::uint16_t>(i));
    pods.insert(origin.pod);
    containers.insert(origin.container);
  }
  containers_->clear();
  containers_->addItem(tr("All containers"), QString());
  if (containers.size() > 1)
    for (const QString& name : containers) containers_->addItem(name, QStringLiteral("c/") + name);
  if (pods.size() > 1)
    for (const QString& name : pods) containers_->addItem(name, QStringLiteral("p/") + name);
  containers_->setCurrentIndex(std::max(0, containers_->findData(chosen)));
  show_names();
  show_chosen_sources();
}

void LogPanel::show_chosen_sources() {
  const QString chosen = containers_->currentData().toString();
  if (chosen.isEmpty()) return document_.set_shown_sources(std::nullopt);
  std::vector<bool> shown;
  for (int i = 0; i < document_.sources().size(); ++i) {
    const PodLogs::Origin& origin = logs_->origin(static_cast<std::uint16_t>(i));
    shown.push_back(chosen == QStringLiteral("c/") + origin.container ||
                    chosen == QStringLiteral("p/") + origin.pod);
  }
  document_.set_shown_sources(std::move(shown));
}

// One container alone needs no name.
void LogPanel::show_names() {
  canvas_->set_names([this](std::uint16_t source) { return short_name(source); },
                     names_->isChecked() && document_.sources().size() > 1);
}

QString LogPanel::short_name(std::uint16_t source) const {
  const PodLogs::Origin& origin = logs_->origin(source);
  bool pods = false;
  bool containers = false;
  for (int i = 0; i < document_.sources().size(); ++i) {
    const PodLogs::Origin& other = logs_->origin(static_cast<std::uint16_t>(i));
    pods = pods || other.pod != origin.pod;
    containers = containers || other.container != origin.container;
  }
  if (!pods) return origin.container;
  return containers ? origin.pod + QLatin1Char('/') + origin.container : origin.pod;
}

void LogPanel::read_again() {
  const LogReading reading{kSince[std::max(0, since_->currentIndex())].seconds,
                           before_->isChecked()};
  if (reading == logs_->reading()) return;
  canvas_->set_following(true);
  logs_->start(reading);
}

void LogPanel::search() {
  document_.search(search_->text(), pattern_->isChecked());
}

void LogPanel::step(bool backwards) {
  const int row = document_.next_hit(canvas_->current_row(), backwards);
  if (row >= 0) canvas_->go_to(row);
}

void LogPanel::refresh_count() {
  const bool any = !search_->text().isEmpty();
  const QString& error = document_.matcher().error();
  const QString number = locale().toString(document_.hits());
  set_text(count_, !any                    ? QString()
                   : !error.isEmpty()      ? tr("Not a pattern")
                   : document_.searching() ? tr("%1 lines…").arg(number)
                                           : tr("%1 lines").arg(number));
  count_->setToolTip(error);
  search_->setToolTip(error);
  const bool hits = document_.hits() > 0;
  previous_hit_->setEnabled(hits);
  next_hit_->setEnabled(hits);
}

void LogPanel::refresh_notice() {
  const auto notice = logs_->notice();
  notice_->setVisible(notice.has_value());
  if (!notice) return;
  notice_->show_message(notice->bad ? Tone::kBad : Tone::kNeutral,
                        notice->bad ? QStringLiteral("error") : QStringLiteral("info"),
                        notice->title, notice->text);
  notice_->set_action(notice->can_retry ? tr("Try again") : QString());
}

void LogPanel::refresh_dropped() {
  const std::uint64_t dropped = document_.dropped();
  dropped_->setVisible(dropped > 0);
  if (dropped == 0) return;
  QString said =
      tr("The oldest lines were dropped: %1.").arg(locale().toString(qulonglong(dropped)));
  if (const std::string& trouble = document_.store().disk_trouble(); !trouble.empty())
    said += QLatin1Char(' ') +
            tr("Nothing can be kept on the disk: %1.").arg(QString::fromStdString(trouble));
  set_text(dropped_, said);
}

void LogPanel::keep_open() {
  const QString key = QStringLiteral("log ") + QString::fromStdString(context_.api.context()) +
                      QLatin1Char(' ') + target_.key();
  if (context_.tools->show_tool(key)) return;
  context_.tools->open(key, text(target_.name), QStringLiteral("log"),
                       new LogPanel(context_, target_, false, context_.tools));
}

void LogPanel::ask_where_to_save() {
  auto* dialog = new QFileDialog(this, tr("Save the log"), QDir::homePath());
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->selectFile(text(target_.name) + QStringLiteral(".log"));
  connect(dialog, &QFileDialog::fileSelected, this, &LogPanel::save_to);
  dialog->open();
}

void LogPanel::save_to(const QString& path) {
  if (file_) return;
  file_ = std::make_unique<QSaveFile>(path);
  if (!file_->open(QIODevice::WriteOnly)) return end_saving(file_->errorString());
  saved_.reset();
  save_later_.start();
  save_->setEnabled(false);
}

// Lines may come and go meanwhile: it goes on after the last one that was written.
void LogPanel::save_on() {
  QElapsedTimer clock;
  clock.start();
  while (clock.elapsed() < kSliceMs) {
    int row = 0;
    if (saved_) row = document_.row_of({saved_->time, saved_->serial + 1});
    std::string text;
    for (int i = 0; i < kLinesAtOnce && row < document_.rows(); ++i, ++row) {
      text += document_.plain(row, canvas_->times(), canvas_->names()) + '\n';
      saved_ = document_.at(row).key;
    }
    if (text.empty()) {
      const bool written = file_->commit();
      return end_saving(written ? QString() : file_->errorString());
    }
    if (file_->write(text.data(), static_cast<qint64>(text.size())) < 0)
      return end_saving(file_->errorString());
  }
}

void LogPanel::end_saving(const QString& trouble) {
  save_later_.stop();
  const QString path = file_->fileName();
  file_.reset();
  save_->setEnabled(true);
  told_->show_message(
      trouble.isEmpty() ? Tone::kGood : Tone::kBad,
      trouble.isEmpty() ? QStringLiteral("check") : QStringLiteral("error"),
      trouble.isEmpty() ? tr("Saved to %1").arg(path) : tr("It could not be saved to %1").arg(path),
      trouble);
  told_->set_action(tr("Close"));
  told_->show();
}

void LogPanel::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

}  // namespace cove::ui
