#include "ui/views/data_view.h"

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QVBoxLayout>

#include "core/base/base64.h"
#include "ui/models/document_text.h"
#include "ui/models/line_ends.h"

namespace cove::ui {
namespace {

namespace json = api::json;

// What the editor shows; a ConfigMap is at most 1 MiB by the API's rules, a server may be wrong.
constexpr std::size_t kMaxShown = 2 << 20;

bool is_text(const std::string& bytes) {
  if (bytes.size() > kMaxShown || bytes.find('\0') != std::string::npos) return false;
  const QString decoded = text(bytes);
  return decoded.toUtf8() == QByteArray::fromStdString(bytes) && is_editable(decoded);
}

}  // namespace

DataView::DataView(const Theme& theme, Of of, QWidget* parent)
    : QWidget(parent), theme_(theme), of_(of) {
  setObjectName(QStringLiteral("data"));
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 8, 8, 0);
  column->setSpacing(kGrid);
  note_ = make_label("secondary", this);
  note_->setObjectName(QStringLiteral("data_note"));
  note_->setWordWrap(true);
  refusal_ = new Banner(theme, this);
  refusal_->setObjectName(QStringLiteral("data_refusal"));
  refusal_->hide();
  connect(refusal_, &Banner::activated, refusal_, &QWidget::hide);
  column->addWidget(note_);
  column->addWidget(refusal_);
  build_keys();
  build_value();
  retranslate();
}

void DataView::build_keys() {
  auto* column = static_cast<QVBoxLayout*>(layout());
  keys_ = new QListWidget(this);
  keys_->setObjectName(QStringLiteral("data_keys"));
  keys_->setTabKeyNavigation(false);
  set_look(keys_, "list");
  column->addWidget(keys_, 2);
  auto* row = new QHBoxLayout;
  row->setSpacing(6);
  new_key_ = new QLineEdit(this);
  new_key_->setObjectName(QStringLiteral("data_new_key"));
  add_ = make_button("default", this);
  add_->setObjectName(QStringLiteral("data_add"));
  remove_ = make_button("default", this);
  remove_->setObjectName(QStringLiteral("data_remove"));
  remove_->setIcon(theme_.icon(QStringLiteral("trash")));
  row->addWidget(new_key_, 1);
  row->addWidget(add_);
  row->addWidget(remove_);
  column->addLayout(row);
  connect(keys_, &QListWidget::currentRowChanged, this, &DataView::show_key);
  connect(new_key_, &QLineEdit::textChanged, this, &DataView::refresh);
  connect(new_key_, &QLineEdit::returnPressed, this, &DataView::add_key);
  connect(add_, &QPushButton::clicked, this, &DataView::add_key);
  connect(remove_, &QPushButton::clicked, this, &DataView::remove_key);
}

void DataView::build_value() {
  auto* column = static_cast<QVBoxLayout*>(layout());
  value_ = new QPlainTextEdit(this);
  value_->setObjectName(QStringLiteral("data_value"));
  value_->setTabChangesFocus(true);
  value_->setLineWrapMode(QPlainTextEdit::NoWrap);
  value_->setFont(theme_.font(TextRole::kMono));
  set_look(value_, "log");
  hidden_ = make_label("muted", this);
  hidden_->setObjectName(QStringLiteral("data_hidden"));
  hidden_->setAlignment(Qt::AlignCenter);
  hidden_->setWordWrap(true);
  column->addWidget(value_, 3);
  column->addWidget(hidden_, 3);
  auto* row = new QHBoxLayout;
  row->setSpacing(6);
  reveal_ = make_button("default", this);
  reveal_->setObjectName(QStringLiteral("data_reveal"));
  reveal_->setIcon(theme_.icon(QStringLiteral("key")));
  copy_ = make_icon_button(theme_, QStringLiteral("copy"), this);
  copy_->setObjectName(QStringLiteral("data_copy"));
  revert_ = make_button("default", this);
  revert_->setObjectName(QStringLiteral("data_revert"));
  save_ = make_button("primary", this);
  save_->setObjectName(QStringLiteral("data_save"));
  row->addWidget(reveal_);
  row->addWidget(copy_);
  row->addStretch(1);
  row->addWidget(revert_);
  row->addWidget(save_);
  column->addLayout(row);
  connect(value_, &QPlainTextEdit::textChanged, this, [this] {
    if (!dirty_) base_version_ = object_ ? std::string(object_->resource_version()) : "";
    dirty_ = true;
    refresh();
  });
  connect(reveal_, &QPushButton::clicked, this, [this] {
    const std::string key = current_key();
    if (!revealed_.erase(key)) revealed_.insert(key);
    dirty_ = false;
    show_key();
  });
  connect(copy_, &QToolButton::clicked, this, [this] {
    if (const Entry* entry = current()) QGuiApplication::clipboard()->setText(text(entry->bytes));
  });
  connect(revert_, &QPushButton::clicked, this, [this] {
    dirty_ = false;
    refusal_->hide();
    show_key();
  });
  connect(save_, &QPushButton::clicked, this, &DataView::save);
}

void DataView::show_object(const api::ObjectPtr& object) {
  const bool other = (object ? object->uid() : "") != (object_ ? object_->uid() : "");
  object_ = object;
  if (other) {
    revealed_.clear();
    dirty_ = false;
    waiting_ = false;
    shown_key_.clear();
    new_key_->clear();
    refusal_->hide();
  }
  take_entries();
  refresh_keys();
  show_key();
}

void DataView::take_entries() {
  entries_.clear();
  if (!object_) return;
  const auto take = [&](std::string_view member, bool encoded) {
    const auto* values = api::object_at(object_->document(), {member});
    if (values == nullptr) return;
    for (const auto& each : *values) {
      const auto* value = each.value().if_string();
      if (value == nullptr) continue;
      Entry entry;
      const auto decoded = encoded ? base64_decode_lenient(api::view(*value))
                                   : std::optional<std::string>(std::string(api::view(*value)));
      entry.bytes = decoded.value_or(std::string());
      entry.binary = !decoded || member == "binaryData" || !is_text(entry.bytes);
      entries_[std::string(each.key())] = std::move(entry);
    }
  };
  take("binaryData", true);
  take("data", of_ == Of::kSecret);
}

QString DataView::size_text(const Entry& entry) const {
  return locale().formattedDataSize(static_cast<qint64>(entry.bytes.size()), 1,
                                    QLocale::DataSizeIecFormat);
}

void DataView::refresh_keys() {
  const QSignalBlocker quiet(keys_);
  const std::string chosen = shown_key_.empty() ? current_key() : shown_key_;
  keys_->clear();
  int row = 0;
  for (const auto& [key, entry] : entries_) {
    auto* item =
        new QListWidgetItem(QStringLiteral("%1  ·  %2").arg(text(key), size_text(entry)), keys_);
    item->setData(Qt::UserRole, text(key));
    if (key == chosen) row = keys_->count() - 1;
  }
  if (keys_->count() > 0) keys_->setCurrentRow(row);
}

std::string DataView::current_key() const {
  const auto* item = keys_->currentItem();
  return item ? item->data(Qt::UserRole).toString().toStdString() : std::string();
}

const DataView::Entry* DataView::current() const {
  const auto found = entries_.find(current_key());
  return keys_->currentItem() && found != entries_.end() ? &found->second : nullptr;
}

bool DataView::immutable() const {
  return object_ && api::flag_at(object_->document(), {"immutable"});
}

bool DataView::shows_value() const {
  return of_ == Of::kConfigMap || revealed_.contains(current_key());
}

void DataView::show_key() {
  const std::string key = current_key();
  if (dirty_ && key == shown_key_) return refresh();
  dirty_ = false;
  shown_key_ = key;
  const Entry* entry = current();
  const QString shown = entry && !entry->binary && shows_value() ? text(entry->bytes) : QString();
  if (value() != shown) {
    const QSignalBlocker quiet(value_);
    value_->setPlainText(with_line_feeds(shown));
  }
  shown_value_ = shown;
  refresh();
}

void DataView::refresh() {
  const Entry* entry = current();
  const bool shown = entry && !entry->binary && shows_value();
  const bool fixed = immutable();
  value_->setVisible(shown);
  value_->setReadOnly(fixed || waiting_);
  hidden_->setVisible(!shown);
  set_text(hidden_, !entry          ? tr("It has no keys yet. Name one below its list and add it.")
                    : entry->binary ? tr("Bytes that are no text: %1").arg(size_text(*entry))
                                    : tr("Hidden: %1").arg(size_text(*entry)));
  reveal_->setVisible(of_ == Of::kSecret && entry && !entry->binary);
  reveal_->setText(shown ? tr("Hide") : tr("Reveal"));
  copy_->setVisible(entry && !entry->binary);
  revert_->setVisible(shown && dirty_ && !waiting_);
  save_->setVisible(shown && dirty_);
  save_->setEnabled(!waiting_);
  remove_->setEnabled(entry && !fixed && !waiting_);
  new_key_->setEnabled(object_ && !fixed && !waiting_);
  add_->setEnabled(object_ && !fixed && !waiting_ && !new_key_->text().trimmed().isEmpty());
  set_text(note_, fixed ? tr("It is immutable: its values cannot be changed. Make another one, and "
                             "let the pods use that.")
                        : QString());
  note_->setVisible(fixed);
}

void DataView::want(const std::string& key, json::value value) {
  if (!object_ || waiting_) return;
  waiting_ = true;
  refusal_->hide();
  const std::string version = dirty_ ? base_version_ : std::string(object_->resource_version());
  json::object values;
  values[api::key(key)] = std::move(value);
  refresh();
  Q_EMIT change_wanted(
      json::object{{"metadata", {{"resourceVersion", version}}}, {"data", std::move(values)}});
}

// toPlainText() would have spaces where the value has no-break spaces.
QString DataView::value() const {
  return with_line_ends(shown_value_, value_->document()->toRawText());
}

void DataView::save() {
  const std::string bytes = value().toStdString();
  want(current_key(), json::value(of_ == Of::kSecret ? base64_encode(bytes) : bytes));
}

void DataView::add_key() {
  const std::string key = new_key_->text().trimmed().toStdString();
  if (key.empty() || entries_.contains(key)) return;
  shown_key_ = key;
  if (of_ == Of::kSecret) revealed_.insert(key);
  dirty_ = false;
  want(key, json::value(""));
}

void DataView::remove_key() {
  const Entry* entry = current();
  if (!entry) return;
  dirty_ = false;
  const std::string key = current_key();
  const bool binary = object_ && api::value_at(object_->document(), {"binaryData", key}) != nullptr;
  if (!binary) return want(key, nullptr);
  waiting_ = true;
  json::object values;
  values[api::key(key)] = nullptr;
  Q_EMIT change_wanted(
      json::object{{"metadata", {{"resourceVersion", std::string(object_->resource_version())}}},
                   {"binaryData", std::move(values)}});
}

void DataView::finish(const std::optional<client::ApiError>& error) {
  waiting_ = false;
  if (!error) {
    dirty_ = false;
    new_key_->clear();
  } else {
    refusal_->show_message(
        Tone::kBad, QStringLiteral("error"),
        error->is_conflict() ? tr("Somebody else has changed it meanwhile")
                             : tr("It could not be changed"),
        error->is_conflict()
            ? tr("Nothing was saved. “Undo” shows what it is now; then change it again.")
            : text(error->message));
    refusal_->set_action(tr("Close"));
  }
  refresh();
}

void DataView::retranslate() {
  keys_->setAccessibleName(tr("Keys"));
  new_key_->setPlaceholderText(tr("New key"));
  new_key_->setAccessibleName(tr("New key"));
  add_->setText(tr("Add"));
  add_->setToolTip(tr("Adds the key with an empty value"));
  remove_->setText(tr("Remove"));
  remove_->setToolTip(tr("Removes the key and its value; the value is lost"));
  value_->setAccessibleName(tr("Value"));
  name_control(copy_, tr("Copy the value"));
  revert_->setText(tr("Undo"));
  save_->setText(tr("Save"));
  refresh_keys();
  refresh();
}

void DataView::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

}  // namespace cove::ui
