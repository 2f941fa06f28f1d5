#include <QAction>
#include <QCoreApplication>
#include <QEvent>
#include <QFileDialog>
#include <QLineEdit>
#include <QSaveFile>
#include <QStackedLayout>
#include <QVBoxLayout>
#include <thread>

#include "ui/bridge/log_tail.h"
#include "ui/models/line_ends.h"
#include "ui/views/pages.h"
#include "ui/widgets/basics.h"
#include "ui/widgets/log_view.h"

namespace cove::ui {
namespace {

class ConsolePage : public QWidget {
  Q_DECLARE_TR_FUNCTIONS(ConsolePage)
 public:
  ConsolePage(const PageContext& context, QWidget* parent) : QWidget(parent), context_(context) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(24, 20, 24, 16);
    column->setSpacing(12);
    build_head(column);
    stack_ = new QStackedLayout;
    log_ = new LogView(context.theme, this);
    log_->setObjectName(QStringLiteral("console_log"));
    empty_ = make_label("muted", this);
    empty_->setAlignment(Qt::AlignCenter);
    empty_->setWordWrap(true);
    stack_->addWidget(empty_);
    stack_->addWidget(log_);
    column->addLayout(stack_, 1);
    status_ = make_label("small", this);
    status_->hide();
    column->addWidget(status_);
    connect_controls();
    connect(&context_.current, &CurrentCluster::changed, this, [this] { follow_current(); });
    retranslate();
    follow_current();
  }

 protected:
  void changeEvent(QEvent* event) override {
    if (event->type() == QEvent::LanguageChange) retranslate();
    QWidget::changeEvent(event);
  }

 private:
  void build_head(QVBoxLayout* column) {
    auto* head = new QHBoxLayout;
    head->setSpacing(kGrid);
    title_ = make_label("title", this);
    search_ = new QLineEdit(this);
    search_->setObjectName(QStringLiteral("console_search"));
    search_->setClearButtonEnabled(true);
    search_->setFixedWidth(240);
    search_->addAction(context_.theme.icon(QStringLiteral("search"), Theme::IconRole::kSecondary),
                       QLineEdit::LeadingPosition);
    previous_ = make_icon_button(context_.theme, QStringLiteral("chevron-up"), this);
    next_ = make_icon_button(context_.theme, QStringLiteral("chevron-down"), this);
    follow_ = make_icon_button(context_.theme, QStringLiteral("follow"), this);
    follow_->setObjectName(QStringLiteral("console_follow"));
    follow_->setCheckable(true);
    follow_->setChecked(true);
    save_ = make_icon_button(context_.theme, QStringLiteral("save"), this);
    save_->setObjectName(QStringLiteral("console_save"));
    head->addWidget(title_);
    head->addStretch(1);
    head->addWidget(search_);
    for (QToolButton* button : {previous_, next_, follow_, save_}) head->addWidget(button);
    column->addLayout(head);
    find_ = new QAction(this);
    find_->setShortcut(QKeySequence::Find);
    find_->setShortcutContext(Qt::WindowShortcut);
    addAction(find_);
  }

  void connect_controls() {
    connect(find_, &QAction::triggered, search_, [this] {
      search_->setFocus();
      search_->selectAll();
    });
    connect(search_, &QLineEdit::textChanged, this, [this](const QString& text) {
      log_->search(text);
      seek(false);
    });
    connect(search_, &QLineEdit::returnPressed, this, [this] { seek(false); });
    connect(next_, &QToolButton::clicked, this, [this] { seek(false); });
    connect(previous_, &QToolButton::clicked, this, [this] { seek(true); });
    connect(follow_, &QToolButton::toggled, log_, &LogView::set_following);
    connect(log_, &LogView::following_changed, follow_, &QToolButton::setChecked);
    connect(save_, &QToolButton::clicked, this, [this] { choose_file(); });
  }

  void seek(bool backwards) {
    const bool none = !search_->text().isEmpty() && !log_->find_next(backwards);
    say(none ? tr("“%1” is not in the log.").arg(search_->text()) : QString());
  }

  void retranslate() {
    title_->setText(tr("Console log"));
    search_->setPlaceholderText(tr("Search"));
    search_->setAccessibleName(tr("Search the log"));
    log_->setAccessibleName(tr("Console log"));
    find_->setText(tr("Search the log"));
    name_control(previous_, tr("Previous hit"));
    name_control(next_, tr("Next hit"));
    name_control(follow_, tr("Follow the end of the log"));
    name_control(save_, tr("Save the log…"));
    refresh_empty();
  }

  void refresh_empty() {
    empty_->setText(context_.current.status()
                        ? tr("The virtual machine has not written anything yet.\nWhat its kernel "
                             "and its first process say shows here, live.")
                        : tr("There is no cluster yet.\nThe console of its virtual machine will "
                             "show here, live."));
  }

  void follow_current() {
    const auto* status = context_.current.status();
    const Path file = status ? status->console_log : Path();
    if (tail_ && tail_->file() == file) return;
    tail_.reset();
    log_->clear();
    stack_->setCurrentWidget(empty_);
    refresh_empty();
    save_->setEnabled(false);
    if (file.empty()) return;
    tail_ = std::make_unique<LogTail>(file);
    connect(tail_.get(), &LogTail::lines, this, [this](const QStringList& lines) {
      stack_->setCurrentWidget(log_);
      save_->setEnabled(true);
      log_->append_lines(lines);
      tail_->acknowledge();
    });
    connect(tail_.get(), &LogTail::restarted, this,
            [this] { log_->append_remark(tr("the log was started anew")); });
    connect(tail_.get(), &LogTail::skipped, this,
            [this] { log_->append_remark(tr("older lines are left out")); });
  }

  void say(const QString& text) {
    set_text(status_, text);
    status_->setVisible(!text.isEmpty());
  }

  void choose_file() {
    auto* dialog = new QFileDialog(this, tr("Save the console log"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(
        QStringLiteral("%1-console.log").arg(QString::fromStdString(context_.current.profile())));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) { save(file); });
    dialog->open();
  }

  // The text is taken here; the disk is waited for elsewhere.
  void save(const QString& file) {
    const QString text = with_line_feeds(log_->document()->toRawText()) + QLatin1Char('\n');
    saver_ = std::jthread([this, file, text] {
      QSaveFile out(file);
      const bool ok =
          out.open(QIODevice::WriteOnly) && out.write(text.toUtf8()) >= 0 && out.commit();
      const QString why = out.errorString();
      QMetaObject::invokeMethod(
          this,
          [this, file, ok, why] {
            say(ok ? tr("Saved to %1.").arg(file) : tr("Could not save to %1: %2.").arg(file, why));
          },
          Qt::QueuedConnection);
    });
  }

  PageContext context_;
  std::unique_ptr<LogTail> tail_;
  QLabel* title_;
  QLineEdit* search_;
  QToolButton* previous_;
  QToolButton* next_;
  QToolButton* follow_;
  QToolButton* save_;
  QAction* find_;
  QStackedLayout* stack_;
  LogView* log_;
  QLabel* empty_;
  QLabel* status_;
  std::jthread saver_;
};

}  // namespace

QWidget* make_console_page(const PageContext& context, QWidget* parent) {
  return new ConsolePage(context, parent);
}

}  // namespace cove::ui
