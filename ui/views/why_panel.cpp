#include "ui/views/why_panel.h"

#include <QEvent>
#include <QVBoxLayout>

#include "core/api/each.h"
#include "ui/models/document_text.h"

namespace cove::ui {
namespace {

constexpr int kPause = 100;  // ms; what is followed changes in crowds
constexpr int kGlyph = 18;
constexpr int kMargin = 14;
constexpr int kLogLines = 8;
constexpr int kLogBytes = 4096;

Glyph shape_of(ObjectState state) {
  return state == ObjectState::kBad ? Glyph::kBroken : Glyph::kTurning;
}

QLabel* make_text(const char* look, const char* name, QWidget* parent) {
  QLabel* label = make_label(look, parent);
  label->setObjectName(QLatin1String(name));
  label->setTextFormat(Qt::PlainText);
  label->setWordWrap(true);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  label->setFocusPolicy(Qt::ClickFocus);
  return label;
}

}  // namespace

WhyPanel::WhyPanel(const PageContext& context, QWidget* parent)
    : QFrame(parent), context_(context) {
  setObjectName(QStringLiteral("why"));
  glyph_ = new StatusGlyph(context_.theme, kGlyph, this);
  glyph_->move(kMargin, kMargin);
  // Beside the glyph.
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(kMargin + kGlyph + 10, kMargin - 2, kMargin, kMargin);
  column->setSpacing(6);
  title_ = make_text("strong", "why_title", this);
  why_ = make_text("secondary", "why_text", this);
  log_ = make_text("quote", "why_log", this);
  log_->setFont(context_.theme.font(TextRole::kMono));
  advice_ = make_text("body", "why_advice", this);
  actions_ = new QHBoxLayout;
  actions_->setSpacing(6);
  column->addWidget(title_);
  column->addWidget(why_);
  column->addWidget(log_);
  column->addWidget(advice_);
  column->addLayout(actions_);
  soon_.setSingleShot(true);
  soon_.setInterval(kPause);
  connect(&soon_, &QTimer::timeout, this, &WhyPanel::refresh);
  hide();
}

void WhyPanel::show_object(const api::ObjectPtr& object) {
  const bool other = !object || !object_ || object->uid() != object_->uid();
  object_ = object;
  if (other) {
    log_of_.clear();
    log_text_.clear();
  }
  if (!object_) {
    followed_.clear();
    return show_explanation(std::nullopt);
  }
  const ExplanationNeeds needs = needs_of(*object_, context_.clock.wall());
  follow(needs.collections);
  read_log(needs.log);
  refresh();
}

void WhyPanel::follow(const std::vector<client::Selection>& wanted) {
  std::vector<std::shared_ptr<LiveCollection>> now;
  for (const client::Selection& each : wanted) now.push_back(context_.api.follow(each));
  for (const auto& each : followed_) each->disconnect(this);
  const auto later = [this] {
    if (!soon_.isActive()) soon_.start();
  };
  for (const auto& each : now) {
    connect(each.get(), &LiveCollection::changed, this, later);
    connect(each.get(), &LiveCollection::forgotten, this, later);
    connect(each.get(), &LiveCollection::health_changed, this, later);
  }
  followed_ = std::move(now);
}

void WhyPanel::read_log(const std::optional<LogWish>& wish) {
  if (!wish) return;
  std::string ends;
  api::each_object(object_->document(), {"status", "containerStatuses"},
                   [&](const api::json::object& status) {
                     ends += std::to_string(api::integer_at(status, {"restartCount"}).value_or(0));
                     ends += '/';
                   });
  const std::string of = std::string(object_->uid()) + "/" + wish->container + "/" +
                         (wish->previous ? "previous/" : "now/") + ends;
  if (of == log_of_) return;
  log_of_ = of;
  client::ApiRequest request;
  request.path = "/api/v1/namespaces/" + std::string(object_->namespace_name()) + "/pods/" +
                 std::string(object_->name()) + "/log";
  request.query = {{"container", wish->container},
                   {"tailLines", std::to_string(kLogLines)},
                   {"limitBytes", std::to_string(kLogBytes)}};
  if (wish->previous) request.query.emplace_back("previous", "true");
  request.accept = "text/plain, */*";
  context_.api.send(
      request, this, [this, of](const client::ApiResult<client::ApiResponse>& answer) {
        if (of != log_of_) return;
        // Without a log the explanation says a little less.
        if (answer.has_error() || !answer->body) return;
        log_text_ = text(std::string_view(*answer->body).substr(0, kLogBytes)).trimmed();
        refresh();
      });
}

void WhyPanel::refresh() {
  if (!object_) return;
  Surroundings around;
  around.complete = true;
  for (const auto& each : followed_) {
    around.complete = around.complete && each->synced();
    for (const auto& [key, object] : each->objects()) around.objects.push_back(object);
  }
  around.log = log_text_;
  show_explanation(explain(*object_, around, context_.clock.wall()));
}

void WhyPanel::show_explanation(const std::optional<Explanation>& told) {
  shown_ = told;
  setVisible(told.has_value());
  if (!told) return;
  const bool bad = told->state == ObjectState::kBad;
  set_look(this, bad ? "banner-bad" : "banner-busy");
  glyph_->set_glyph(shape_of(told->state));
  const auto show = [](QLabel* label, const QString& shown) {
    set_text(label, shown);
    label->setVisible(!shown.isEmpty());
  };
  show(title_, told->title);
  show(why_, told->why);
  show(log_, told->log);
  show(advice_, told->advice.isEmpty() ? QString() : tr("What to do: %1").arg(told->advice));
  log_->setAccessibleName(tr("Last log lines"));
  setAccessibleName(told->title);
  setAccessibleDescription(told->why);
  clear_layout(actions_);
  for (const ExplanationAction& action : told->actions) {
    QPushButton* button = make_button("default", this);
    button->setObjectName(QStringLiteral("why_action"));
    button->setText(action.text);
    connect(button, &QPushButton::clicked, this, [this, action] {
      if (context_.show_object) context_.show_object(action.place, action.key);
    });
    actions_->addWidget(button);
  }
  if (!told->actions.empty()) actions_->addStretch(1);
}

void WhyPanel::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) refresh();
  QFrame::changeEvent(event);
}

}  // namespace cove::ui
