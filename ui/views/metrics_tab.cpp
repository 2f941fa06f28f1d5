#include "ui/views/metrics_tab.h"

#include <QEvent>

#include "ui/models/document_text.h"
#include "ui/models/object_model.h"

namespace cove::ui {

Chart* make_cores_chart(const Theme& theme, QWidget* parent) {
  auto* chart = new Chart(theme, Chart::Steps::kDecimal, parent);
  chart->set_format([chart](double value) { return cores_text(value, chart->locale()); });
  return chart;
}

Chart* make_bytes_chart(const Theme& theme, QWidget* parent) {
  auto* chart = new Chart(theme, Chart::Steps::kBinary, parent);
  chart->set_format([chart](double value) { return bytes_text(value, chart->locale()); });
  return chart;
}

MetricsTab::MetricsTab(const PageContext& context, QWidget* parent)
    : QWidget(parent), context_(context) {
  // In a low window the charts scroll: they must not ask for more room than the page has.
  scroll_ = new QScrollArea(this);
  scroll_->setWidgetResizable(true);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* whole = new QVBoxLayout(this);
  whole->setContentsMargins(0, 0, 0, 0);
  whole->addWidget(scroll_);
  auto* content = new QWidget(scroll_);
  auto* column = new QVBoxLayout(content);
  column->setContentsMargins(0, 12, 8, 0);
  column->setSpacing(16);
  trouble_ = new Banner(context.theme, content);
  trouble_->setObjectName(QStringLiteral("metrics_trouble"));
  cpu_ = make_cores_chart(context.theme, content);
  cpu_->setObjectName(QStringLiteral("metrics_cpu"));
  memory_ = make_bytes_chart(context.theme, content);
  memory_->setObjectName(QStringLiteral("metrics_memory"));
  column->addWidget(trouble_);
  column->addWidget(cpu_, 2);
  column->addWidget(memory_, 2);
  column->addStretch(1);
  scroll_->setWidget(content);
  timer_.setInterval(kUsageInterval);
  connect(&timer_, &QTimer::timeout, this, &MetricsTab::ask);
  retranslate();
}

void MetricsTab::show_pod(const api::ObjectPtr& pod) {
  const bool same = pod && pod_ && pod->uid() == pod_->uid();
  pod_ = pod;
  if (!same) {
    problem_.reset();
    asking_ = false;
    last_ = {};
    cpu_->clear();
    memory_->clear();
    if (isVisible()) ask();
  }
  refresh();
}

void MetricsTab::ask() {
  if (!pod_ || asking_) return refresh();
  asking_ = true;
  client::ApiRequest request;
  request.path = "/apis/metrics.k8s.io/v1beta1/namespaces/" + std::string(pod_->namespace_name()) +
                 "/pods/" + std::string(pod_->name());
  const std::string uid(pod_->uid());
  context_.api.send(request, this, [this, uid](const auto& result) {
    if (pod_ && pod_->uid() == uid) take(result);
  });
}

void MetricsTab::take(const client::ApiResult<client::ApiResponse>& result) {
  asking_ = false;
  problem_.reset();
  if (result.has_error()) {
    problem_ = result.error();
  } else if (result->object) {
    if (const auto sample = usage_of(result->object->document())) {
      last_ = sample->at;
      cpu_->add(sample->at, sample->cores);
      memory_->add(sample->at, sample->bytes);
    }
  }
  refresh();
}

void MetricsTab::refresh() {
  if (pod_) {
    const PodBounds bounds = bounds_of(pod_->document());
    const auto limits = [&](const auto& request, const auto& limit) {
      std::vector<ChartLimit> lines;
      if (request) lines.push_back({tr("Requested"), *request, Tone::kNeutral});
      if (limit) lines.push_back({tr("Limit"), *limit, Tone::kBad});
      return lines;
    };
    cpu_->set_limits(limits(bounds.cores_request, bounds.cores_limit));
    memory_->set_limits(limits(bounds.bytes_request, bounds.bytes_limit));
  }
  // Not measured yet, which the server calls not found, is no trouble.
  const bool trouble = problem_ && !problem_->is_not_found();
  trouble_->setVisible(trouble);
  if (trouble) {
    trouble_->show_message(problem_->is_forbidden() ? Tone::kBad : Tone::kBusy,
                           QStringLiteral("warning"),
                           problem_->is_forbidden() ? tr("You may not see what pods use")
                                                    : tr("What the pod uses is not known"),
                           QString::fromStdString(problem_->message));
    trouble_->set_action({});
  }
  const bool old = last_ != WallTime{} && context_.clock.wall() - last_ > kUsageStale;
  const QString why =
      old ? tr("Nothing new for %1").arg(age_text(last_, context_.clock.wall())) : QString();
  cpu_->set_stale(why);
  memory_->set_stale(why);
}

void MetricsTab::retranslate() {
  scroll_->setAccessibleName(tr("Usage"));
  cpu_->set_title(tr("CPU (cores)"));
  memory_->set_title(tr("Memory"));
  const QString empty = tr("Nothing was measured yet. It is asked for every 15 seconds.");
  cpu_->set_empty(empty);
  memory_->set_empty(empty);
  refresh();
}

void MetricsTab::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  timer_.start();
  ask();
}

void MetricsTab::hideEvent(QHideEvent* event) {
  timer_.stop();
  QWidget::hideEvent(event);
}

void MetricsTab::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QWidget::changeEvent(event);
}

}  // namespace cove::ui
