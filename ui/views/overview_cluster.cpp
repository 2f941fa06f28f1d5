#include "ui/views/overview_cluster.h"

#include <QEvent>
#include <QGridLayout>
#include <QHeaderView>
#include <QStackedWidget>

#include "core/api/quantity.h"
#include "ui/models/document_text.h"
#include "ui/models/pod_state.h"
#include "ui/views/object_page.h"

namespace cove::ui {
namespace {

constexpr int kListRows = 5;
constexpr int kListHeight = 34 * (kListRows + 1) + 6;
constexpr std::chrono::milliseconds kRefreshPause{200};

// Sum of one of the nodes' amounts; nothing while none is known.
std::optional<double> capacity_of(const LiveCollection& nodes, std::string_view resource) {
  double sum = 0;
  for (const auto& [key, node] : nodes.objects()) {
    const auto parsed =
        api::Quantity::parse(api::text_at(node->document(), {"status", "capacity", resource}));
    if (!parsed) return std::nullopt;
    sum += parsed->approximate();
  }
  return nodes.objects().empty() ? std::nullopt : std::optional(sum);
}

bool forbidden(const LiveCollection* collection) {
  return collection != nullptr && collection->problem() && collection->problem()->is_forbidden();
}

}  // namespace

OverviewCluster::OverviewCluster(const PageContext& context, QWidget* parent)
    : QWidget(parent), context_(context) {
  counted_ = {
      {{"apps", "v1", "deployments"}, "deployments", "layers", [] { return tr("Deployments"); }},
      {{"apps", "v1", "statefulsets"},
       "workloads/statefulsets",
       "stack",
       [] { return tr("StatefulSets"); }},
      {{"apps", "v1", "daemonsets"},
       "workloads/daemonsets",
       "stack",
       [] { return tr("DaemonSets"); }},
      {{"batch", "v1", "jobs"}, "jobs/jobs", "clock", [] { return tr("Jobs"); }},
      {{"", "v1", "pods"}, "pods", "cube", [] { return tr("Pods"); }},
      {{"", "v1", "services"}, "services", "network", [] { return tr("Services"); }}};
  const std::vector<ObjectColumn> columns = {
      {[] { return tr("Pod"); },
       [](const api::Object& pod, WallTime) { return Cell{text(pod.name())}; }, 220},
      {[] { return tr("Status"); },
       [](const api::Object& pod, WallTime now) {
         const PodState state = pod_state(pod, now);
         return Cell{state.reason, {}, state.state, state.message};
       },
       170},
      {[] { return tr("Why"); },
       [](const api::Object& pod, WallTime now) {
         const PodState state = pod_state(pod, now);
         return Cell{state.message, {}, ObjectState::kNone, state.advice};
       },
       240}};
  failing_ = new ObjectModel(columns, context.clock, this);
  failing_->set_condition([clock = &context.clock](const api::Object& pod) {
    return pod_state(pod, clock->wall()).state == ObjectState::kBad;
  });
  warnings_ = new ObjectModel(event_columns(true), context.clock, this);
  warnings_->sort(0, Qt::DescendingOrder);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(16);
  column->addWidget(make_usage());
  column->addWidget(make_runs());
  column->addWidget(
      make_list(failing_title_, *failing_, failing_table_, nothing_fails_, "failing"));
  column->addWidget(
      make_list(warnings_title_, *warnings_, warnings_table_, no_warnings_, "warnings"));
  connect(failing_table_, &QTableView::activated, this,
          [this](const QModelIndex& index) { go_to_failing(index.row()); });
  connect(failing_table_, &QTableView::clicked, this,
          [this](const QModelIndex& index) { go_to_failing(index.row()); });
  connect(warnings_table_, &QTableView::activated, this,
          [this] { context_.go_to(QStringLiteral("events")); });
  for (ObjectModel* model : {failing_, warnings_})
    connect(model, &ObjectModel::refreshed, this, &OverviewCluster::refresh_soon);
  refresh_later_.setSingleShot(true);
  refresh_later_.setInterval(kRefreshPause);
  connect(&refresh_later_, &QTimer::timeout, this, &OverviewCluster::refresh);
  poll_.setInterval(kUsageInterval);
  connect(&poll_, &QTimer::timeout, this, &OverviewCluster::ask);
  connect(&context_.api, &ApiSession::chosen, this, &OverviewCluster::forget);
  retranslate();
}

QWidget* OverviewCluster::make_usage() {
  QFrame* card = make_card(this);
  auto* column = new QVBoxLayout(card);
  column->setContentsMargins(20, 16, 20, 16);
  column->setSpacing(12);
  auto* head = new QHBoxLayout;
  usage_title_ = make_label("strong", card);
  usage_note_ = make_label("muted", card);
  usage_note_->setObjectName(QStringLiteral("usage_note"));
  head->addWidget(usage_title_);
  head->addStretch(1);
  head->addWidget(usage_note_);
  column->addLayout(head);
  auto* row = new QHBoxLayout;
  row->setSpacing(24);
  cpu_ = make_cores_chart(context_.theme, card);
  memory_ = make_bytes_chart(context_.theme, card);
  disk_ = make_bytes_chart(context_.theme, card);
  const std::pair<Chart*, const char*> charts[] = {
      {cpu_, "usage_cpu"}, {memory_, "usage_memory"}, {disk_, "usage_disk"}};
  for (const auto& [chart, name] : charts) {
    chart->setObjectName(QString::fromLatin1(name));
    chart->set_window(std::chrono::hours(1));
    chart->setFixedHeight(150);
    row->addWidget(chart, 1);
  }
  disk_->hide();
  column->addLayout(row);
  return card;
}

QWidget* OverviewCluster::make_runs() {
  QFrame* card = make_card(this);
  auto* column = new QVBoxLayout(card);
  column->setContentsMargins(20, 16, 20, 16);
  column->setSpacing(12);
  runs_title_ = make_label("strong", card);
  column->addWidget(runs_title_);
  auto* grid = new QGridLayout;
  grid->setSpacing(kGrid);
  int at = 0;
  for (Counted& kind : counted_) {
    kind.button = make_button("default", card);
    kind.button->setObjectName(QStringLiteral("runs_") + text(kind.resource.plural));
    kind.button->setIcon(context_.theme.icon(QString::fromLatin1(kind.icon)));
    const QString place = QString::fromLatin1(kind.place);
    connect(kind.button, &QPushButton::clicked, this, [this, place] {
      if (context_.show_object) return context_.show_object(place, {});
      context_.go_to(place.section(QLatin1Char('/'), 0, 0));
    });
    grid->addWidget(kind.button, at / 3, at % 3);
    ++at;
  }
  column->addLayout(grid);
  return card;
}

QWidget* OverviewCluster::make_list(QLabel*& title, ObjectModel& model, QTableView*& table,
                                    QLabel*& nothing, const char* name) {
  QFrame* card = make_card(this);
  auto* column = new QVBoxLayout(card);
  column->setContentsMargins(20, 16, 20, 12);
  column->setSpacing(kGrid);
  title = make_label("strong", card);
  title->setObjectName(QStringLiteral("overview_%1_title").arg(QLatin1String(name)));
  column->addWidget(title);
  nothing = make_label("secondary", card);
  nothing->setObjectName(QStringLiteral("overview_no_") + QLatin1String(name));
  column->addWidget(nothing);
  table = make_object_table(context_.theme, model, card);
  table->setObjectName(QStringLiteral("overview_") + QLatin1String(name));
  table->setMaximumHeight(kListHeight);
  column->addWidget(table);
  return card;
}

void OverviewCluster::follow() {
  if (std::exchange(followed_, true)) return;
  for (Counted& kind : counted_) {
    kind.collection = context_.api.follow({.resource = kind.resource});
    connect(kind.collection.get(), &LiveCollection::changed, this, &OverviewCluster::refresh_soon);
    connect(kind.collection.get(), &LiveCollection::health_changed, this,
            &OverviewCluster::refresh_soon);
  }
  nodes_ = context_.api.follow({.resource = {"", "v1", "nodes"}});
  connect(nodes_.get(), &LiveCollection::changed, this, [this] {
    refresh_limits();
    if (!isVisible()) return;
    if (cpu_->points() == 0) return ask();
    if (disk_->points() == 0) ask_disk();
  });
  failing_->follow(context_.api.follow({.resource = {"", "v1", "pods"}}));
  warnings_->follow(
      context_.api.follow({.resource = {"", "v1", "events"}, .field_selector = "type=Warning"}));
}

void OverviewCluster::forget() {
  for (Chart* chart : {cpu_, memory_, disk_}) chart->clear();
  disk_->hide();
  last_ = {};
  refresh_soon();
}

void OverviewCluster::refresh_soon() {
  if (!refresh_later_.isActive()) refresh_later_.start();
}

void OverviewCluster::ask() {
  refresh_stale();
  if (context_.api.context().empty()) return;
  client::ApiRequest request;
  request.path = "/apis/metrics.k8s.io/v1beta1/nodes";
  context_.api.send(request, this, [this](const client::ApiResult<client::ApiResponse>& result) {
    if (result) return take_usage(*result);
    set_text(usage_note_,
             result.error().is_forbidden() ? tr("You may not see what the node uses") : QString());
  });
  ask_disk();
}

void OverviewCluster::take_usage(const client::ApiResponse& response) {
  UsageSample sum;
  if (!response.list) return;
  for (const api::ObjectPtr& each : response.list->items) {
    const auto sample = usage_of(each->document());
    if (!sample) continue;
    sum.at = std::max(sum.at, sample->at);
    sum.cores += sample->cores;
    sum.bytes += sample->bytes;
  }
  set_text(usage_note_, QString());
  if (sum.at == WallTime{}) return;
  last_ = sum.at;
  cpu_->add(sum.at, sum.cores);
  memory_->add(sum.at, sum.bytes);
  refresh_stale();
}

// Of one node, by the summary of its agent; several nodes have no disk in common.
void OverviewCluster::ask_disk() {
  if (!nodes_ || nodes_->objects().size() != 1) return disk_->hide();
  client::ApiRequest request;
  request.path = "/api/v1/nodes/" + std::string(nodes_->objects().begin()->second->name()) +
                 "/proxy/stats/summary";
  context_.api.send(request, this, [this](const client::ApiResult<client::ApiResponse>& result) {
    if (!result || !result->object) return;
    const auto& summary = result->object->document();
    const auto used = api::integer_at(summary, {"node", "fs", "usedBytes"});
    if (!used) return;
    const auto capacity = api::integer_at(summary, {"node", "fs", "capacityBytes"});
    if (capacity)
      disk_->set_limits({{tr("Capacity"), static_cast<double>(*capacity), Tone::kNeutral}});
    disk_->add(context_.clock.wall(), static_cast<double>(*used));
    disk_->show();
  });
}

void OverviewCluster::go_to_failing(int row) {
  const QString key = failing_->key(row);
  if (context_.show_object) return context_.show_object(QStringLiteral("pods"), key);
  context_.go_to(QStringLiteral("pods"));
}

void OverviewCluster::refresh_limits() {
  if (!nodes_) return;
  const auto line = [](const std::optional<double>& value) {
    return value ? std::vector<ChartLimit>{{tr("Capacity"), *value, Tone::kNeutral}}
                 : std::vector<ChartLimit>();
  };
  cpu_->set_limits(line(capacity_of(*nodes_, "cpu")));
  memory_->set_limits(line(capacity_of(*nodes_, "memory")));
}

void OverviewCluster::refresh_stale() {
  const bool old = last_ != WallTime{} && context_.clock.wall() - last_ > kUsageStale;
  const QString why =
      old ? tr("Nothing new for %1").arg(age_text(last_, context_.clock.wall())) : QString();
  for (Chart* chart : {cpu_, memory_}) chart->set_stale(why);
}

void OverviewCluster::refresh() {
  for (const Counted& kind : counted_) {
    const bool known = kind.collection && kind.collection->synced();
    const QString count =
        known ? locale().toString(static_cast<qlonglong>(kind.collection->objects().size()))
              : QStringLiteral("–");
    kind.button->setText(QStringLiteral("%1  %2").arg(kind.title(), count));
    kind.button->setToolTip(forbidden(kind.collection.get()) ? tr("You may not see them")
                                                             : tr("Shows them"));
  }
  const int failing = failing_->rowCount();
  set_text(failing_title_, failing == 0
                               ? tr("What fails")
                               : tr("What fails: %1 of %2 pods")
                                     .arg(locale().toString(failing),
                                          locale().toString(static_cast<int>(failing_->known()))));
  failing_table_->setVisible(failing > 0);
  nothing_fails_->setVisible(failing == 0);
  const int warnings = warnings_->rowCount();
  warnings_table_->setVisible(warnings > 0);
  no_warnings_->setVisible(warnings == 0);
  failing_table_->setFixedHeight(34 * (std::min(failing, kListRows) + 1) + 6);
  warnings_table_->setFixedHeight(34 * (std::min(warnings, kListRows) + 1) + 6);
  const auto none = [](const ObjectModel& model, const QString& said) {
    const bool known = model.collection() != nullptr && model.collection()->synced();
    return known                           ? said
           : forbidden(model.collection()) ? tr("You may not see them.")
                                           : tr("Loading…");
  };
  set_text(nothing_fails_, none(*failing_, tr("No pod fails.")));
  set_text(no_warnings_, none(*warnings_, tr("There is no warning.")));
  refresh_limits();
  refresh_stale();
}

void OverviewCluster::retranslate() {
  usage_title_->setText(tr("Usage of the node"));
  runs_title_->setText(tr("What runs"));
  warnings_title_->setText(tr("Latest warnings"));
  failing_table_->setAccessibleName(tr("Pods that fail"));
  warnings_table_->setAccessibleName(tr("Latest warnings"));
  cpu_->set_title(tr("CPU (cores)"));
  memory_->set_title(tr("Memory"));
  disk_->set_title(tr("Disk"));
  for (Chart* chart : {cpu_, memory_, disk_})
    chart->set_empty(tr("Nothing was measured yet. It is asked for every 15 seconds."));
  failing_->retranslate();
  warnings_->retranslate();
  refresh();
}

void OverviewCluster::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  follow();
  poll_.start();
  ask();
}

void OverviewCluster::hideEvent(QHideEvent* event) {
  poll_.stop();
  QWidget::hideEvent(event);
}

void OverviewCluster::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

}  // namespace cove::ui
