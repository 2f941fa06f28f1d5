#include "ui/views/yaml_tab.h"

#include <QRegularExpression>
#include <QScrollBar>
#include <QVBoxLayout>

#include "core/api/each.h"
#include "core/api/manifest.h"
#include "core/api/patch.h"
#include "ui/models/document_text.h"
#include "ui/models/line_ends.h"

namespace cove::ui {
namespace {

namespace json = api::json;

constexpr std::size_t kMaxText = 3 << 20;

// What people edit and compare: without what the server alone counts.
json::object editable(const api::Object& object) {
  json::object out = object.document();
  api::erase_at(out, {"metadata", "managedFields"});
  return out;
}

// For a comparison with the same object at another time.
QString comparable(json::object object) {
  for (const std::string_view name : {"managedFields", "resourceVersion", "generation"})
    api::erase_at(object, {"metadata", name});
  return yaml_text(object);
}

}  // namespace

YamlTab::YamlTab(const PageContext& context, client::Resource resource, const QString& id,
                 QWidget* parent)
    : QWidget(parent),
      context_(context),
      resource_(std::move(resource)),
      secret_(resource_.group.empty() && resource_.plural == "secrets") {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 8, 8, 0);
  column->setSpacing(kGrid);
  auto* head = new QHBoxLayout;
  head->setSpacing(6);
  search_ = new QLineEdit(this);
  search_->setObjectName(id + QStringLiteral("_yaml_search"));
  search_->setClearButtonEnabled(true);
  const auto button = [&](const char* look, const char* name) {
    QPushButton* made = make_button(look, this);
    made->setObjectName(id + QLatin1String(name));
    return made;
  };
  reveal_ = button("default", "_yaml_reveal");
  reveal_->setIcon(context_.theme.icon(QStringLiteral("key")));
  edit_ = button("default", "_yaml_edit");
  discard_ = button("default", "_yaml_discard");
  back_ = button("default", "_yaml_back");
  review_ = button("primary", "_yaml_review");
  rebase_ = button("primary", "_yaml_rebase");
  apply_ = button("primary", "_yaml_apply");
  head->addWidget(search_, 1);
  for (QPushButton* each : {reveal_, edit_, discard_, back_, review_, rebase_, apply_})
    head->addWidget(each);
  column->addLayout(head);
  banner_ = new Banner(context_.theme, this);
  banner_->setObjectName(id + QStringLiteral("_yaml_banner"));
  banner_->hide();
  column->addWidget(banner_);
  middle_ = new QStackedWidget(this);
  editor_ = new YamlEditor(context_.theme, middle_);
  editor_->setObjectName(id + QStringLiteral("_yaml"));
  diff_ = new DiffView(context_.theme, middle_);
  diff_->setObjectName(id + QStringLiteral("_yaml_diff"));
  middle_->addWidget(editor_);
  middle_->addWidget(diff_);
  column->addWidget(middle_, 1);
  hint_ = make_label("small", this);
  hint_->setObjectName(id + QStringLiteral("_yaml_hint"));
  hint_->setWordWrap(true);
  column->addWidget(hint_);
  connect(reveal_, &QPushButton::clicked, this, &YamlTab::reveal);
  connect(edit_, &QPushButton::clicked, this, &YamlTab::begin);
  connect(discard_, &QPushButton::clicked, this, &YamlTab::discard);
  connect(back_, &QPushButton::clicked, this, [this] { enter(Mode::kEditing); });
  connect(review_, &QPushButton::clicked, this, &YamlTab::review);
  connect(apply_, &QPushButton::clicked, this, &YamlTab::apply);
  connect(rebase_, &QPushButton::clicked, this, &YamlTab::rebase);
  connect(&context_.api, &ApiSession::chosen, this, &YamlTab::meet_cluster);
  connect(editor_, &YamlEditor::find_wanted, this, [this] {
    search_->setFocus(Qt::ShortcutFocusReason);
    search_->selectAll();
  });
  connect(search_, &QLineEdit::returnPressed, this,
          [this] { editor_->find_next(search_->text()); });
  connect(search_, &QLineEdit::textEdited, this, [this](const QString& words) {
    editor_->moveCursor(QTextCursor::Start);
    editor_->find_next(words);
  });
  retranslate();
  enter(Mode::kReading);
}

void YamlTab::show_object(const api::ObjectPtr& object) {
  const bool other = !object || !base_ || object->uid() != base_->uid();
  object_ = object;
  // Another object: the text of the former stays until it is applied or discarded by hand.
  if (editing()) {
    if (other && mode_ == Mode::kEditing) {
      tell(Tone::kBusy, tr("You are editing %1").arg(text(base_->name())),
           tr("Apply or discard it to see another object here."));
    } else if (!other && object->resource_version() != base_->resource_version() &&
               mode_ == Mode::kEditing &&
               comparable(object->document()) != comparable(base_->document())) {
      tell(Tone::kBusy, tr("It has changed in the cluster meanwhile"),
           tr("Your text is kept. The review shows what the others changed."));
    }
    return;
  }
  if (other) values_ = SecretShow::kHidden;
  base_ = object;
  show_text();
  refresh_hint();
}

json::object YamlTab::presented(const api::Object& object) const {
  json::object document = editable(object);
  return secret_ ? shown_secret(std::move(document), values_) : document;
}

QString YamlTab::compared(const api::Object& object, const api::Object* before) const {
  if (!secret_) return comparable(object.document());
  return comparable(
      before != nullptr && values_ == SecretShow::kHidden
          ? hidden_secret_after(object.document(), before->document(), SecretChange::kMarked)
          : shown_secret(object.document(), values_));
}

void YamlTab::reveal() {
  values_ = values_ == SecretShow::kHidden ? SecretShow::kDecoded : SecretShow::kHidden;
  show_text();
  refresh_hint();
}

// How it is edited; of a Secret also what stands there.
void YamlTab::refresh_hint() {
  const bool reading = mode_ == Mode::kReading;
  const bool hidden = values_ == SecretShow::kHidden;
  reveal_->setText(hidden ? tr("Reveal") : tr("Hide"));
  reveal_->setToolTip(hidden ? tr("Shows the values, decoded from base64.")
                             : tr("Hides the values again."));
  QString hint =
      tr("Ctrl+Space offers what may stand here. The server keeps neither comments nor the "
         "order of fields.");
  if (secret_ && reading) {
    hint = hidden
               ? tr("A Secret's values are base64 in the API and hidden here. “Reveal” decodes "
                    "them, also for editing.")
               : tr("The values are decoded and stand in stringData. Bytes that are no text stay "
                    "base64 in data.");
  } else if (secret_) {
    hint += QLatin1Char('\n') +
            tr("What is hidden stays as it is. Write new values as plain text into stringData, or "
               "as base64 into data.");
  }
  set_text(hint_, hint);
  reveal_->setVisible(secret_ && reading);
  hint_->setVisible(mode_ == Mode::kEditing || (secret_ && reading));
}

void YamlTab::show_text() {
  const QString shown = base_ ? yaml_text(presented(*base_)) : QString();
  if (editor_->toPlainText() == shown) return;
  const int position = editor_->verticalScrollBar()->value();
  editor_->setPlainText(shown);
  editor_->verticalScrollBar()->setValue(position);
}

void YamlTab::enter(Mode mode) {
  mode_ = mode;
  const bool reading = mode == Mode::kReading;
  const bool writing = mode == Mode::kEditing;
  editor_->setReadOnly(!writing);
  editor_->setTabChangesFocus(!writing);
  middle_->setCurrentIndex(reading || writing ? 0 : 1);
  edit_->setVisible(reading);
  discard_->setVisible(!reading);
  back_->setVisible(!reading && !writing);
  review_->setVisible(writing);
  apply_->setVisible(mode == Mode::kReviewing);
  rebase_->setVisible(mode == Mode::kConflict);
  search_->setVisible(reading || writing);
  refresh_hint();
  for (QPushButton* each : {edit_, discard_, back_, review_, apply_, rebase_})
    each->setEnabled(!busy_);
  if (reading || writing) banner_->hide();
}

void YamlTab::begin() {
  if (!object_) return;
  base_ = object_;
  home_ = context_.api.context();
  show_text();
  learn_schema();
  enter(Mode::kEditing);
  editor_->setFocus();
}

void YamlTab::discard() {
  if (!object_ || object_->uid() != base_->uid()) values_ = SecretShow::kHidden;
  base_ = object_;
  editor_->mark_error(0, {});
  enter(Mode::kReading);
  show_text();
}

void YamlTab::tell(Tone tone, const QString& title, const QString& text) {
  banner_->show_message(tone,
                        tone == Tone::kBad    ? QStringLiteral("error")
                        : tone == Tone::kBusy ? QStringLiteral("warning")
                                              : QStringLiteral("check"),
                        title, text);
  banner_->set_action({});
}

std::optional<json::object> YamlTab::parse() {
  editor_->mark_error(0, {});
  const std::string bytes = with_line_feeds(editor_->document()->toRawText()).toStdString();
  const auto refuse_at = [this](int line, const QString& why) {
    editor_->mark_error(line, why);
    tell(Tone::kBad, line > 0 ? tr("Line %1 cannot be read").arg(line) : tr("It cannot be read"),
         why);
    return std::nullopt;
  };
  auto parts = api::parse_manifest(bytes, {.bytes = kMaxText});
  if (!parts) {
    const QString cause = QString::fromStdString(parts.error().cause);
    static const QRegularExpression place(QStringLiteral("^line (\\d+)"));
    return refuse_at(place.match(cause).captured(1).toInt(), cause);
  }
  if (parts->size() != 1) return refuse_at(0, tr("It must be one object."));
  part_ = std::move(parts->front());
  const auto same = [&](api::Steps path) {
    return api::text_at(part_.document, path) == api::text_at(base_->document(), path);
  };
  for (const char* field : {"apiVersion", "kind"})
    if (!same({field}))
      return refuse_at(api::line_of(part_, field),
                       tr("That would be another object. Use the page Apply for it."));
  for (const char* field : {"name", "namespace"})
    if (!same({"metadata", field}))
      return refuse_at(api::line_of(part_, std::string("metadata.") + field),
                       tr("That would be another object. Use the page Apply for it."));
  if (secret_) {
    if (const auto lost = lost_mark(part_.document, base_->document()))
      return refuse_at(api::line_of(part_, *lost),
                       tr("A hidden value stands here that the Secret does not have under this "
                          "name. Write the value itself."));
    part_.document = stored_secret(std::move(part_.document), base_->document());
  }
  return part_.document;
}

void YamlTab::write(bool dry_run,
                    std::function<void(const client::ApiResult<api::ObjectPtr>&)> done) {
  if (!at_home()) return;
  json::object document = part_.document;
  // Who has typed the version away still must not overwrite what he has not seen.
  api::set_at(document, {"metadata", "resourceVersion"},
              json::value(std::string(base_->resource_version())));
  busy_ = true;
  enter(mode_);
  context_.api.call(
      [resource = resource_, document, space = std::string(base_->namespace_name()), dry_run](
          client::Transport& transport, ApiSession::ObjectDone answered) {
        return client::ResourceClient(transport, resource, space)
            .update(
                document,
                {.field_manager = "cove-desktop", .field_validation = "Strict", .dry_run = dry_run},
                std::move(answered));
      },
      this,
      [this, done = std::move(done)](const client::ApiResult<api::ObjectPtr>& result) {
        busy_ = false;
        done(result);
      });
}

void YamlTab::refuse(const client::ApiError& error) {
  enter(Mode::kEditing);
  std::string field;
  api::each_object(error.details, {"causes"}, [&](const json::object& cause) {
    if (field.empty()) field = api::text_at(cause, {"field"});
  });
  if (field.empty()) field = api::field_of_message(error.message);
  const QString why = QString::fromStdString(error.message);
  const int line = field.empty() ? 0 : api::line_of(part_, field);
  editor_->mark_error(line, why);
  tell(Tone::kBad,
       line > 0 ? tr("The server refuses it at line %1").arg(line) : tr("The server refuses it"),
       why);
}

void YamlTab::review() {
  if (!parse()) return;
  write(true, [this](const client::ApiResult<api::ObjectPtr>& result) {
    if (result.has_error())
      return result.error().is_conflict() ? meet_conflict() : refuse(result.error());
    const QString before = compared(*base_);
    const QString after = compared(**result, base_.get());
    diff_->show_texts(before, after);
    enter(Mode::kReviewing);
    apply_->setEnabled(before != after);
    tell(Tone::kAccent,
         before == after ? tr("Nothing would change") : tr("This is what would change"),
         tr("The server has checked it and would take it."));
  });
}

void YamlTab::apply() {
  write(false, [this](const client::ApiResult<api::ObjectPtr>& result) {
    if (result.has_error())
      return result.error().is_conflict() ? meet_conflict() : refuse(result.error());
    // Another one may have been chosen meanwhile.
    if (object_ && (*result)->uid() == object_->uid()) object_ = *result;
    discard();
    tell(Tone::kGood, tr("Applied"), text((*result)->name()));
  });
}

bool YamlTab::at_home() {
  if (context_.api.context() == home_) return true;
  tell(Tone::kBusy, tr("%1 is of a cluster that is not shown now").arg(text(base_->name())),
       tr("Your text is kept. Show the cluster of the context %1 to apply it, or discard it.")
           .arg(QString::fromStdString(home_)));
  return false;
}

// Another cluster, or the same by another connection: what was asked gets no answer any more.
void YamlTab::meet_cluster() {
  const bool asked = std::exchange(busy_, false);
  if (!editing()) return;
  enter(Mode::kEditing);
  if (at_home() && asked)
    tell(Tone::kBusy, tr("No answer came"),
         tr("The connection to the cluster was made anew. Your text is kept: review it again."));
}

// What the others did, before anything is decided.
void YamlTab::meet_conflict() {
  busy_ = true;
  context_.api.call(
      [resource = resource_, name = std::string(base_->name()),
       space = std::string(base_->namespace_name())](client::Transport& transport,
                                                     ApiSession::ObjectDone answered) {
        return client::ResourceClient(transport, resource, space).get(name, std::move(answered));
      },
      this,
      [this](const client::ApiResult<api::ObjectPtr>& result) {
        busy_ = false;
        if (result.has_error()) return refuse(result.error());
        theirs_ = *result;
        if (object_ && object_->uid() == theirs_->uid()) object_ = theirs_;
        diff_->show_texts(compared(*base_), compared(*theirs_, base_.get()));
        enter(Mode::kConflict);
        tell(
            Tone::kBusy, tr("It was changed meanwhile: below is how"),
            tr("Your text is kept. Put your changes onto the new version and review them again, or "
               "go back to your text. Lists that both changed become yours."));
      });
}

void YamlTab::rebase() {
  json::object mine = part_.document;
  json::object old = editable(*base_);
  for (json::object* each : {&mine, &old}) api::erase_at(*each, {"metadata", "resourceVersion"});
  const auto changes = api::create_merge_patch(old, mine);
  auto merged = api::apply_merge_patch(editable(*theirs_), json::value(changes));
  if (!merged) return;
  base_ = theirs_;
  enter(Mode::kEditing);
  if (secret_) {
    *merged =
        values_ == SecretShow::kDecoded
            ? shown_secret(std::move(*merged), values_)
            : hidden_secret_after(std::move(*merged), base_->document(), SecretChange::kShown);
  }
  editor_->setPlainText(yaml_text(*merged));
  tell(Tone::kAccent, tr("Your changes stand on the new version now"), tr("Review them again."));
}

// What may be written, by the server's own description. Without it there is no completion.
void YamlTab::learn_schema() {
  const std::string version(base_->api_version());
  const std::string kind(base_->kind());
  const std::string of = context_.api.context() + " " + version + " " + kind;
  if (of == schema_of_) return;
  client::ApiRequest request;
  request.path =
      (version.find('/') == std::string::npos ? "/openapi/v3/api/" : "/openapi/v3/apis/") + version;
  context_.api.send(
      request, this,
      [this, of, version, kind](const client::ApiResult<client::ApiResponse>& answer) {
        if (answer.has_error() || !answer->object) return;
        schema_of_ = of;
        editor_->set_schema(YamlSchema(answer->object, version, kind));
      });
}

void YamlTab::retranslate() {
  search_->setPlaceholderText(tr("Find in the text"));
  search_->setAccessibleName(tr("Find in the text"));
  editor_->setAccessibleName(tr("YAML"));
  diff_->setAccessibleName(tr("What would change"));
  edit_->setText(tr("Edit"));
  discard_->setText(tr("Discard"));
  discard_->setToolTip(tr("Forgets what you have typed."));
  back_->setText(tr("Back to the text"));
  review_->setText(tr("Review…"));
  rebase_->setText(tr("Onto the new version"));
  apply_->setText(tr("Apply"));
  refresh_hint();
}

}  // namespace cove::ui
