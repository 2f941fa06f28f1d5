#include "ui/views/terminal_pane.h"

#include <QEvent>
#include <QFocusEvent>
#include <QLocale>
#include <QVBoxLayout>

#include "ui/models/document_text.h"
#include "ui/models/object_model.h"

namespace cove::ui {
namespace {

constexpr qsizetype kMaxStatus = 64 * 1024;

// The best shell that the image has.
const std::vector<std::string>& shell() {
  static const std::vector<std::string> command = {
      "sh", "-c",
      "TERM=xterm-256color; export TERM; command -v bash >/dev/null 2>&1 && exec bash; exec sh"};
  return command;
}

const api::json::object* status_of(const api::Object& pod, const std::string& container) {
  for (const std::string_view list :
       {"containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"}) {
    const auto* statuses = api::array_at(pod.document(), {"status", list});
    if (statuses == nullptr) continue;
    for (const auto& each : *statuses) {
      const auto* status = each.if_object();
      if (status != nullptr && api::text_at(*status, {"name"}) == container) return status;
    }
  }
  return nullptr;
}

}  // namespace

QString terminal_obstacle(const api::Object& pod, const std::string& container) {
  const auto* status = status_of(pod, container);
  if (status != nullptr && api::object_at(*status, {"state", "running"}) != nullptr) return {};
  if (status != nullptr) {
    const QString waits = text(api::text_at(*status, {"state", "waiting", "reason"}));
    if (!waits.isEmpty())
      return TerminalPane::tr("The container is not running: it waits (%1).").arg(waits);
    if (const auto* ended = api::object_at(*status, {"state", "terminated"})) {
      return TerminalPane::tr("The container has ended with exit code %1.")
          .arg(api::integer_at(*ended, {"exitCode"}).value_or(0));
    }
  }
  return TerminalPane::tr("The container has not been started yet.");
}

TerminalPane::TerminalPane(const PageContext& context, ContainerRef target, QWidget* parent)
    : QWidget(parent),
      context_(context),
      target_(std::move(target)),
      cluster_(context.api.context()) {
  setObjectName(QStringLiteral("terminal_pane"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(6);
  auto* head = new QHBoxLayout;
  head->setSpacing(6);
  glyph_ = new StatusGlyph(context_.theme, 14, this);
  text_ = new ElidedLabel(this);
  text_->setObjectName(QStringLiteral("terminal_state"));
  text_->setTextFormat(Qt::PlainText);
  set_look(text_, "secondary");
  again_ = make_button("default", this);
  again_->setObjectName(QStringLiteral("terminal_again"));
  again_->setIcon(context_.theme.icon(QStringLiteral("refresh")));
  keep_ = make_button("default", this);
  keep_->setObjectName(QStringLiteral("terminal_keep"));
  keep_->setIcon(context_.theme.icon(QStringLiteral("console")));
  head->addWidget(glyph_);
  head->addWidget(text_, 1);
  head->addWidget(again_);
  head->addWidget(keep_);
  column->addLayout(head);
  paste_ = new Banner(context_.theme, this);
  paste_->setObjectName(QStringLiteral("terminal_paste"));
  paste_->hide();
  column->addWidget(paste_);
  view_ = new TerminalView(context_.theme, this);
  view_->setObjectName(QStringLiteral("terminal"));
  column->addWidget(view_, 1);
  setFocusProxy(view_);
  connect(again_, &QPushButton::clicked, this, [this] {
    connect_shell();
    view_->setFocus(Qt::OtherFocusReason);
  });
  connect(keep_, &QPushButton::clicked, this, &TerminalPane::keep_wanted);
  connect(view_, &TerminalView::output, this, [this](const QByteArray& bytes) {
    paste_lines_ = 0;
    paste_too_long_ = false;
    send(client::kInputChannel, bytes);
    refresh();
  });
  connect(view_, &TerminalView::resized, this, [this](int rows, int columns) {
    send(client::kResizeChannel, QByteArray::fromStdString(client::resize_message(columns, rows)));
  });
  connect(view_, &TerminalView::paste_waits, this, [this](int lines) {
    paste_lines_ = lines;
    refresh();
  });
  connect(view_, &TerminalView::paste_refused, this, [this] {
    paste_too_long_ = true;
    refresh();
  });
  connect(paste_, &Banner::activated, this, [this] {
    const bool consents = paste_lines_ > 0;
    paste_lines_ = 0;
    paste_too_long_ = false;
    view_->consent_to_paste(consents);
    view_->setFocus(Qt::OtherFocusReason);
    refresh();
  });
  retranslate();
  connect_shell();
}

QString TerminalPane::title() const {
  return QString::fromStdString(target_.pod + "/" + target_.container);
}

void TerminalPane::set_kept() {
  keep_->hide();
}

void TerminalPane::connect_shell() {
  state_ = State::kConnecting;
  status_.clear();
  error_.reset();
  lost_input_ = false;
  view_->clear();
  channel_ =
      context_.api.open_channel(client::exec_request({.namespace_name = target_.namespace_name,
                                                      .pod = target_.pod,
                                                      .container = target_.container,
                                                      .command = shell()}));
  connect(channel_.get(), &PodChannel::opened, this, [this] {
    state_ = State::kOpen;
    view_->set_active(true);
    refresh();
  });
  connect(channel_.get(), &PodChannel::received, this, &TerminalPane::receive);
  connect(channel_.get(), &PodChannel::closed, this, &TerminalPane::closed);
  send(client::kResizeChannel, QByteArray::fromStdString(client::resize_message(
                                   view_->screen().columns(), view_->screen().rows())));
  refresh();
}

void TerminalPane::send(int channel, const QByteArray& bytes) {
  if (!channel_ || state_ == State::kEnded) return;
  const bool taken = channel_->write(channel, bytes);
  if (channel == client::kInputChannel) lost_input_ = !taken;
}

void TerminalPane::receive(int channel, const QByteArray& bytes) {
  if (channel == client::kOutputChannel || channel == client::kErrorChannel) view_->put(bytes);
  if (channel == client::kStatusChannel && status_.size() + bytes.size() <= kMaxStatus)
    status_ += bytes;
}

void TerminalPane::closed() {
  error_ = channel_->error();
  state_ = State::kEnded;
  view_->set_active(false);
  channel_.release()->deleteLater();  // it is being heard
  refresh();
}

QString TerminalPane::why_ended() const {
  const auto said = [](const std::string& message, const char* words) {
    return message.find(words) != std::string::npos;
  };
  if (error_) {
    const std::string& message = error_->message;
    if (error_->is_forbidden())
      return tr("You may not open a terminal here: %1").arg(QString::fromStdString(message));
    if (error_->is_not_found()) return tr("The pod is gone.");
    if (said(message, "container not found")) return tr("The container is not running.");
    if (cluster_ != context_.api.context()) return tr("The terminal ended with its cluster.");
    return tr("The connection broke: %1").arg(QString::fromStdString(message));
  }
  const client::ExecStatus end =
      client::read_exec_status({status_.constData(), static_cast<std::size_t>(status_.size())});
  if (end.success || status_.isEmpty()) return tr("The shell has ended.");
  const bool no_shell = said(end.message, "executable file") || said(end.message, "not found") ||
                        said(end.message, "o such file");
  if (no_shell || end.exit_code == 127) {
    return tr(
        "There is no shell (sh) in the image, so no terminal can be opened in this container.");
  }
  if (end.exit_code) return tr("The shell has ended with exit code %1.").arg(*end.exit_code);
  return QString::fromStdString(end.message);
}

void TerminalPane::refresh() {
  switch (state_) {
    case State::kConnecting:
      glyph_->set_glyph(Glyph::kTurning);
      set_text(text_, tr("Opening a shell in %1…").arg(title()));
      break;
    case State::kOpen:
      glyph_->set_glyph(lost_input_ ? Glyph::kBroken : Glyph::kRunning);
      set_text(text_, lost_input_ ? tr("The container does not read: what was typed is lost")
                                  : tr("Connected to %1").arg(title()));
      break;
    case State::kEnded: {
      const bool orderly = !error_;
      glyph_->set_glyph(orderly ? Glyph::kOff : Glyph::kBroken);
      set_text(text_, why_ended());
      break;
    }
  }
  text_->setToolTip(text_->text());
  again_->setVisible(state_ == State::kEnded);
  again_->setEnabled(cluster_ == context_.api.context());
  if (paste_too_long_) {
    paste_->show_message(Tone::kBad, QStringLiteral("warning"),
                         tr("The clipboard holds too much to paste"),
                         tr("At most %1 characters are pasted at once.")
                             .arg(locale().toString(static_cast<int>(TerminalView::kMaxPaste))));
    paste_->set_action(tr("Close"));
  } else if (paste_lines_ > 0) {
    paste_->show_message(Tone::kBusy, QStringLiteral("warning"),
                         tr("The text has %1 lines, and the shell would run each at once")
                             .arg(locale().toString(paste_lines_)),
                         tr("Type on to leave it."));
    paste_->set_action(tr("Paste all"));
  }
  paste_->setVisible(paste_too_long_ || paste_lines_ > 0);
}

void TerminalPane::retranslate() {
  again_->setText(tr("Reconnect"));
  again_->setToolTip(tr("Opens a new shell in the same container."));
  keep_->setText(tr("Keep open"));
  keep_->setToolTip(tr("Moves the terminal to the bottom of the window, where it stays open."));
  view_->setAccessibleName(tr("Terminal of %1").arg(title()));
  view_->setAccessibleDescription(
      tr("Keys go to the container. Ctrl+Shift+Tab leaves the terminal."));
  refresh();
}

void TerminalPane::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

void TerminalPane::focusInEvent(QFocusEvent* event) {
  QWidget::focusInEvent(event);
  view_->setFocus(event->reason());
}

}  // namespace cove::ui
