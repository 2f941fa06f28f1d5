#include "ui/views/demo_page.h"

#include <QApplication>
#include <QEvent>
#include <QPointer>
#include <QVBoxLayout>

#include "ui/bridge/service_address.h"
#include "ui/dialogs/question_dialog.h"
#include "ui/models/connection.h"
#include "ui/models/revisions.h"
#include "ui/models/rollout.h"
#include "ui/views/operation_view.h"
#include "ui/views/rollout_view.h"

namespace cove::ui {
namespace {

constexpr int kPause = 100;  // ms between two looks

}  // namespace

DemoPage::DemoPage(const PageContext& context, QWidget* parent)
    : QWidget(parent), context_(context), gates_(context.api) {
  setObjectName(QStringLiteral("demo_page"));
  deployments_ = context.api.follow({.resource = {"apps", "v1", "deployments"}});
  replica_sets_ = context.api.follow({.resource = {"apps", "v1", "replicasets"}});
  pods_ = context.api.follow({.resource = {"", "v1", "pods"}});
  services_ = context.api.follow({.resource = {"", "v1", "services"}});
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(24, 20, 24, 24);
  column->setSpacing(12);
  headline_ = make_label("hero", this);
  lead_ = make_label("secondary", this);
  lead_->setWordWrap(true);
  trouble_ = new Banner(context.theme, this);
  trouble_->setObjectName(QStringLiteral("demo_trouble"));
  trouble_->action()->setObjectName(QStringLiteral("demo_trouble_action"));
  refusal_ = new Banner(context.theme, this);
  refusal_->setObjectName(QStringLiteral("demo_refusal"));
  refusal_->action()->setObjectName(QStringLiteral("demo_refusal_close"));
  refusal_->hide();
  outcome_ = new Banner(context.theme, this);
  outcome_->setObjectName(QStringLiteral("demo_outcome"));
  outcome_->action()->setObjectName(QStringLiteral("demo_undo"));
  auto* halves = new QHBoxLayout;
  halves->setSpacing(16);
  halves->addWidget(make_steps(), 4);
  halves->addWidget(make_rollout(), 3);
  column->addWidget(headline_);
  column->addWidget(lead_);
  column->addWidget(trouble_);
  column->addWidget(refusal_);
  column->addWidget(outcome_);
  column->addLayout(halves, 1);
  column->addLayout(make_buttons());
  soon_.setSingleShot(true);
  soon_.setInterval(kPause);
  connect(&soon_, &QTimer::timeout, this, &DemoPage::refresh);
  for (const auto& collection : {deployments_, replica_sets_, pods_, services_}) {
    connect(collection.get(), &LiveCollection::changed, this, &DemoPage::refresh_soon);
    connect(collection.get(), &LiveCollection::forgotten, this, &DemoPage::refresh_soon);
    connect(collection.get(), &LiveCollection::health_changed, this, &DemoPage::refresh);
  }
  connect(&context.api, &ApiSession::chosen, this, &DemoPage::show_plan);
  connect(&context.api, &ApiSession::chosen, refusal_, &Banner::hide);
  connect(&context.api, &ApiSession::trouble_changed, this, &DemoPage::refresh);
  connect(&context.engine, &EngineSession::chosen, this, &DemoPage::refresh);
  connect(&context.current, &CurrentCluster::changed, this, &DemoPage::refresh);
  connect(&context.activity, &ActivityModel::operation_ended, this, &DemoPage::ended);
  connect(trouble_, &Banner::activated, this, [this] {
    const auto* status = context_.current.status();
    if (status) context_.actions.start()->trigger();
    context_.go_to(QStringLiteral("overview"));
  });
  connect(refusal_, &Banner::activated, refusal_, &Banner::hide);
  connect(outcome_, &Banner::activated, this,
          [this] { stage() == Stage::kNext ? undo() : start(); });
  retranslate();
}

QWidget* DemoPage::make_steps() {
  QFrame* card = make_card(this);
  auto* column = new QVBoxLayout(card);
  column->setContentsMargins(20, 16, 20, 16);
  column->setSpacing(12);
  auto* area = new QScrollArea(card);
  area->setWidgetResizable(true);
  area->setFrameShape(QFrame::NoFrame);
  area->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  area->setFocusPolicy(Qt::NoFocus);
  auto* inside = new QWidget(area);
  auto* rows = new QVBoxLayout(inside);
  rows->setContentsMargins(0, 0, 8, 0);
  timeline_ = new OperationView(context_.theme, context_.activity, inside);
  timeline_->setObjectName(QStringLiteral("demo_timeline"));
  rows->addWidget(timeline_);
  rows->addStretch(1);
  area->setWidget(inside);
  column->addWidget(area, 1);
  connect(timeline_, &OperationView::tried_again, timeline_, &OperationView::show_operation);
  return card;
}

QLayout* DemoPage::make_buttons() {
  auto* buttons = new QHBoxLayout;
  buttons->setSpacing(kGrid);
  const auto add = [&](const char* look, const char* name, const char* icon) {
    QPushButton* button = make_button(look, this);
    button->setObjectName(QString::fromLatin1(name));
    if (icon != nullptr)
      button->setIcon(
          context_.theme.icon(QString::fromLatin1(icon), std::string_view(look) == "primary"
                                                             ? Theme::IconRole::kOnAccent
                                                             : Theme::IconRole::kSecondary));
    buttons->addWidget(button);
    return button;
  };
  start_ = add("primary", "demo_start", "play");
  open_ = add("default", "demo_open", "external");
  history_ = add("default", "demo_history", nullptr);
  buttons->addStretch(1);
  remove_ = add("default", "demo_remove", "trash");
  connect(start_, &QPushButton::clicked, this, &DemoPage::start);
  connect(open_, &QPushButton::clicked, this, [this] {
    if (const QUrl shown = address(); shown.isValid()) context_.open_url(shown);
  });
  connect(history_, &QPushButton::clicked, this, [this] {
    context_.show_object(QStringLiteral("deployments"), QString::fromLatin1(demo::kKey));
  });
  connect(remove_, &QPushButton::clicked, this, &DemoPage::ask_remove);
  return buttons;
}

QWidget* DemoPage::make_rollout() {
  rollout_card_ = make_card(this);
  auto* column = new QVBoxLayout(rollout_card_);
  column->setContentsMargins(20, 16, 12, 16);
  column->setSpacing(4);
  rollout_title_ = make_label("title", rollout_card_);
  rollout_ = new RolloutView(context_.theme, context_.clock, replica_sets_, pods_, rollout_card_);
  column->addWidget(rollout_title_);
  column->addWidget(rollout_, 1);
  connect(rollout_, &RolloutView::pause_wanted, this, [this](const api::json::value& patch) {
    context_.api.call(
        [patch](client::Transport& transport, ApiSession::ObjectDone done) {
          return client::ResourceClient(transport, {"apps", "v1", "deployments"}, demo::kNamespace)
              .patch(demo::kName, client::PatchType::kMerge, patch,
                     {.field_manager = "cove-desktop"}, std::move(done));
        },
        this,
        [this](const client::ApiResult<api::ObjectPtr>& result) {
          if (!result.has_error()) return refusal_->hide();
          show_refusal(tr("The rollout could not be paused or resumed"),
                       QString::fromStdString(result.error().message));
        });
  });
  return rollout_card_;
}

api::ObjectPtr DemoPage::deployment() const {
  return deployments_->find(demo::kKey);
}

api::ObjectPtr DemoPage::revision(const char* image) const {
  const auto owner = deployment();
  if (!owner) return nullptr;
  for (const auto& [key, replica_set] : replica_sets_->objects())
    if (controlled_by(*replica_set, owner->uid()) &&
        demo::image_of(replica_set->document()) == image)
      return replica_set;
  return nullptr;
}

QUrl DemoPage::address() const {
  const auto service = services_->find(demo::kKey);
  const auto* status = context_.current.status();
  if (!service || !demo::made_by_demo(service->document())) return {};
  return node_address(*service, status ? status->host : std::string());
}

DemoPage::Stage DemoPage::stage() const {
  const auto made = deployment();
  const auto service = services_->find(demo::kKey);
  if ((made && !demo::made_by_demo(made->document())) ||
      (service && !demo::made_by_demo(service->document())))
    return Stage::kForeign;
  if (!made || made->deleting()) return service ? Stage::kPartly : Stage::kNothing;
  const bool complete =
      service && rollout_of(*made, *replica_sets_, *pods_, context_.clock.wall()).complete;
  const std::string image = demo::image_of(made->document());
  if (complete && image == demo::kNext) return Stage::kNext;
  if (complete && image == demo::kFirst && revision(demo::kNext)) return Stage::kUndone;
  return Stage::kPartly;
}

bool DemoPage::reachable() const {
  return !context_.api.context().empty() && context_.current.foreign().empty() &&
         context_.engine.has_engine();
}

bool DemoPage::fresh() const {
  const auto known = [](const auto& each) { return each->synced() && !each->problem(); };
  return !context_.api.trouble() && known(deployments_) && known(replica_sets_) && known(pods_) &&
         known(services_);
}

bool DemoPage::is(OperationState state) const {
  const Operation* operation = context_.activity.find(timeline_->operation());
  return operation && operation->state == state;
}

void DemoPage::begin(const std::string& profile) {
  wanted_ = profile;
  refresh();
}

void DemoPage::show_refusal(const QString& failed, const QString& why) {
  refusal_->show_message(Tone::kBad, QStringLiteral("error"), failed, why);
  refusal_->set_action(tr("Close"));
  refusal_->show();
}

void DemoPage::run(const TaskPtr& task) {
  const auto id = context_.activity.run(task);
  if (!id)
    return show_refusal(tr("It was not begun"),
                        tr("Too much is under way. Wait for something to end."));
  refusal_->hide();
  timeline_->show_operation(*id);
  // Not on Cancel, which takes the place of the button that began it.
  setFocus();
  refresh();
}

void DemoPage::start() {
  if (is(OperationState::kRunning) || !reachable()) return;
  const auto* status = context_.current.status();
  // The pointer is looked at in the GUI thread alone.
  const QPointer<DemoPage> page(this);
  const auto open = [page](const QUrl& address) {
    QMetaObject::invokeMethod(
        qApp,
        [page, address] {
          if (page) page->context_.open_url(address);
        },
        Qt::QueuedConnection);
  };
  run(demo_task(
      {gates_.make(), context_.engine.line(), status ? status->host : std::string(), open}));
}

void DemoPage::undo() {
  const auto made = deployment();
  const auto first = revision(demo::kFirst);
  if (is(OperationState::kRunning) || !reachable() || !made || !first) return;
  run(undo_task(gates_.make(), demo_release(demo::kFirst), undo_patch(*made, *first)));
}

void DemoPage::ask_remove() {
  if (!reachable()) return;
  // Of the cluster that the question is about, whatever is shown when it is answered.
  const auto gate = gates_.make();
  const auto line = context_.engine.line();
  auto* dialog = new QuestionDialog(
      context_.theme, QStringLiteral("trash"), Tone::kBad, tr("Remove the k8s-demo?"),
      tr("The Deployment k8s-demo with its pods and its history, the Service k8s-demo with its "
         "address, and the images %1 and %2, where the demo built them, are removed. Nothing else "
         "is touched, and the demo can be started again at any time.")
          .arg(QString::fromLatin1(demo::kFirst), QString::fromLatin1(demo::kNext)),
      this);
  dialog->setObjectName(QStringLiteral("demo_remove_dialog"));
  dialog->add_answer("default", tr("Keep it"), QStringLiteral("demo_keep"), {});
  dialog->add_answer("danger", tr("Remove"), QStringLiteral("demo_remove_ok"), [=, this] {
    if (is(OperationState::kRunning)) return;
    run(remove_demo_task(gate, line));
    removal_ = timeline_->operation();
  });
  dialog->open();
}

void DemoPage::ended(OperationId id) {
  if (id != timeline_->operation()) return;
  const Operation* operation = context_.activity.find(id);
  const bool removed =
      id == removal_ && operation && operation->state == OperationState::kSucceeded;
  if (removed) show_plan();
  refresh();
}

void DemoPage::show_plan() {
  if (!is(OperationState::kRunning)) timeline_->show_operation(0);
  refresh();
}

void DemoPage::refresh_soon() {
  if (isVisible() && !soon_.isActive()) soon_.start();
}

void DemoPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  refresh();
}

void DemoPage::refresh() {
  const bool ready = reachable() && fresh();
  const bool busy = is(OperationState::kRunning);
  if (wanted_ && *wanted_ != context_.current.profile()) wanted_.reset();
  if (wanted_ && ready && !busy) {
    wanted_.reset();
    return start();
  }
  const Stage now = stage();
  refresh_trouble(now);
  const bool complete = now == Stage::kNext || now == Stage::kUndone;
  if (complete != plan_done_) refresh_plan(complete);
  // After a failure "Try again" stands where it failed.
  start_->setVisible(!busy && !complete && !is(OperationState::kFailed));
  start_->setEnabled(ready && now != Stage::kForeign);
  start_->setText(now == Stage::kPartly ? tr("Go on with the demo") : tr("Start the demo"));
  const bool made = now != Stage::kNothing && now != Stage::kForeign;
  open_->setVisible(made && address().isValid());
  history_->setVisible(made && deployment());
  remove_->setVisible(made && !busy);
  remove_->setEnabled(ready);
  rollout_card_->setVisible(made && deployment());
  rollout_->show_deployment(made ? deployment() : nullptr);
  refresh_outcome();
}

void DemoPage::refresh_trouble(Stage now) {
  const auto* status = context_.current.status();
  const client::ApiError* problem = nullptr;
  for (const auto& each : {deployments_, replica_sets_, pods_, services_})
    if (each->problem()) problem = &*each->problem();
  trouble_->set_action({});
  if (!reachable()) {
    trouble_->show_message(
        Tone::kNeutral, QStringLiteral("info"),
        status ? tr("The demo needs a cluster that runs") : tr("The demo needs a cluster"),
        tr("It builds images and runs pods there for real."));
    trouble_->set_action(!status                                 ? tr("Create a cluster")
                         : context_.actions.start()->isEnabled() ? context_.actions.start_word()
                                                                 : QString());
  } else if (context_.api.trouble()) {
    const Connection none = connection_of(context_.api, {});
    trouble_->show_message(Tone::kBad, QStringLiteral("error"), none.title, none.text);
  } else if (problem != nullptr) {
    const Problem why = problem_of(*problem);
    QString text = QString::fromStdString(problem->message);
    if (!why.advice.isEmpty()) text += QLatin1Char('\n') + why.advice;
    trouble_->show_message(
        problem->is_unanswered() ? Tone::kBusy : Tone::kBad, QStringLiteral("warning"),
        deployments_->synced() ? tr("%1: this is what was last known").arg(why.title) : why.title,
        text);
  } else if (now == Stage::kForeign) {
    trouble_->show_message(
        Tone::kBusy, QStringLiteral("warning"), tr("default/k8s-demo is there already"),
        tr("The demo did not make it and leaves it alone. Delete the Deployment and the Service of "
           "that name, or give them another one, to try the demo."));
  } else {
    return trouble_->hide();
  }
  trouble_->show();
}

void DemoPage::refresh_outcome() {
  const Stage now = stage();
  const bool show = !is(OperationState::kRunning) && reachable() && fresh() &&
                    (now == Stage::kNext || now == Stage::kUndone);
  outcome_->setVisible(show);
  if (!show) return;
  // All that are wanted, or it would not be complete.
  const QString pods = locale().toString(static_cast<qlonglong>(
      api::integer_at(deployment()->document(), {"spec", "replicas"}).value_or(1)));
  if (now == Stage::kNext) {
    outcome_->show_message(
        Tone::kAccent, QStringLiteral("check"),
        tr("%1 runs in %2 of %3 pods").arg(QString::fromLatin1(demo::kNext), pods, pods),
        tr("Not what you wanted? “kubectl rollout undo deploy k8s-demo” brings %1 back the "
           "same way, a few pods at a time.")
            .arg(QString::fromLatin1(demo::kFirst)));
    outcome_->set_action(revision(demo::kFirst) ? tr("Undo") : QString());
  } else {
    outcome_->show_message(
        Tone::kAccent, QStringLiteral("check"),
        tr("%1 is back in %2 of %3 pods").arg(QString::fromLatin1(demo::kFirst), pods, pods),
        tr("The history keeps both versions, with the reason of each change."));
    outcome_->set_action(tr("Roll out %1 again").arg(QString::fromLatin1(demo::kNext)));
  }
}

void DemoPage::retranslate() {
  headline_->setText(tr("Try it: the k8s-demo in two minutes"));
  lead_->setText(
      tr("From a Dockerfile to a rolling update, in this cluster, for real. Each step shows the "
         "command that does the same in a terminal."));
  open_->setText(tr("Open the page"));
  open_->setToolTip(tr("Opens the address in the browser"));
  history_->setText(tr("History"));
  history_->setToolTip(tr("Shows the Deployment and its revisions"));
  remove_->setText(tr("Remove the demo…"));
  rollout_title_->setText(tr("The rollout, live"));
  std::map<std::string, QString> commands;
  for (const auto& list : {demo::tour_steps(), demo::undo_steps(), demo::removal_steps()})
    for (const demo::Step& each : list)
      commands.emplace(each.id, QString::fromLatin1(each.command));
  timeline_->set_commands(std::move(commands));
  refresh_plan(plan_done_);
  refresh();
}

void DemoPage::refresh_plan(bool done) {
  plan_done_ = done;
  std::vector<provision::Step> steps;
  for (const demo::Step& each : demo::tour_steps()) {
    provision::Step step;
    step.id = each.id;
    step.title = each.title;
    if (done) step.state = provision::StepState::kDone;
    steps.push_back(std::move(step));
  }
  timeline_->set_plan(std::move(steps));
}

void DemoPage::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

QWidget* make_demo_page(const PageContext& context, QWidget* parent) {
  return new DemoPage(context, parent);
}

}  // namespace cove::ui
