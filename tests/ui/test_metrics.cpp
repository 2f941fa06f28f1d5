// Usage over time: the pods' tab and the overview.
#include <QTest>

#include "core/api/time.h"
#include "tests/ui/page_test.h"
#include "tests/ui/wrapped_transport.h"
#include "ui/views/metrics_tab.h"
#include "ui/widgets/chart.h"

namespace cove::ui::test {

namespace {

client::ApiResponse object(json::object document) {
  client::ApiResponse response;
  response.object = api::Object::make(std::move(document));
  return response;
}

}  // namespace

class MetricsTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
  void a_pods_usage_is_shown_with_its_limits_and_only_while_looked_at() {
    cluster_->create(R"({"apiVersion":"v1","kind":"Pod",
        "metadata":{"name":"web","namespace":"default"},
        "spec":{"containers":[{"name":"a","image":"demo:1","resources":{
          "limits":{"cpu":"1","memory":"128Mi"},"requests":{"cpu":"100m","memory":"64Mi"}}}]}})");
    open_measured("pods");
    QTRY_COMPARE(table()->model()->rowCount(), 1);
    choose("web");
    QCOMPARE(asked_.load(), 0);
    auto* cpu = find<Chart>("metrics_cpu");
    find<QTabWidget>("pods_tabs")->setCurrentWidget(window().findChild<MetricsTab*>());
    QTRY_COMPARE(cpu->points(), std::size_t(1));
    QCOMPARE(cpu->reading(), QStringLiteral("250 m"));
    QCOMPARE(find<Chart>("metrics_memory")->reading(), QStringLiteral("64 MiB"));
    QCOMPARE(cpu->limits().size(), std::size_t(2));
    QCOMPARE(cpu->limits()[1].value, 1.0);
    QVERIFY(!cpu->stale());
    const int asked = asked_;
    find<QTabWidget>("pods_tabs")->setCurrentIndex(0);
    refuses_ = 403;
    find<QTabWidget>("pods_tabs")->setCurrentWidget(window().findChild<MetricsTab*>());
    QTRY_VERIFY(find<Banner>("metrics_trouble")->isVisible());
    QCOMPARE(asked_.load(), asked + 1);
    QCOMPARE(cpu->points(), std::size_t(1));
    // Long ago by now.
    cluster_->clock.advance(std::chrono::minutes(5));
    find<QTabWidget>("pods_tabs")->setCurrentIndex(0);
    find<QTabWidget>("pods_tabs")->setCurrentWidget(window().findChild<MetricsTab*>());
    QTRY_VERIFY(cpu->stale());
    check_awake();
  }

  void the_overview_says_what_runs_what_fails_and_why() {
    make_pod("fine");
    cluster_->run_pod("fine");
    make_pod("broken");
    cluster_->patch("pods", "broken", R"({"status":{"phase":"Pending","containerStatuses":[
        {"name":"a","image":"a","imageID":"","ready":false,"restartCount":0,"state":{"waiting":
        {"reason":"ImagePullBackOff","message":"no such image"}}}]}})",
                    "default", "status");
    for (const char* type : {"Normal", "Warning"}) {
      cluster_->create(json::object{
          {"apiVersion", "v1"},
          {"kind", "Event"},
          {"metadata",
           {{"name", json::string(type[0] == 'N' ? "n" : "w")}, {"namespace", "default"}}},
          {"involvedObject", {{"kind", "Pod"}, {"name", "broken"}, {"namespace", "default"}}},
          {"type", type},
          {"reason", "Because"},
          {"message", "of that"}});
    }
    open_measured("overview");
    auto* failing = find<QTableView>("overview_failing");
    QTRY_COMPARE(failing->model()->rowCount(), 1);
    QTRY_VERIFY(failing->isVisible());
    QCOMPARE(failing->model()->index(0, 0).data().toString(), QStringLiteral("broken"));
    QCOMPARE(failing->model()->index(0, 1).data().toString(), QStringLiteral("ImagePullBackOff"));
    QCOMPARE(failing->model()->index(0, 2).data().toString(), QStringLiteral("no such image"));
    QTRY_VERIFY(label("overview_failing_title").contains(QStringLiteral("1 of 2")));
    QTRY_COMPARE(find<QTableView>("overview_warnings")->model()->rowCount(), 1);
    QTRY_VERIFY(find<QPushButton>("runs_pods")->text().endsWith(QStringLiteral("2")));
    QTRY_COMPARE(find<Chart>("usage_cpu")->reading(), QStringLiteral("1.25"));
    QTRY_VERIFY(find<Chart>("usage_disk")->isVisible());
    QCOMPARE(find<Chart>("usage_disk")->reading(), QStringLiteral("3 GiB"));
    QTest::mouseClick(find<QPushButton>("runs_pods"), Qt::LeftButton);
    QTRY_VERIFY(find<QTableView>("pods_table") && find<QTableView>("pods_table")->isVisible());
    go_to("overview");
    QTest::mouseClick(failing->viewport(), Qt::LeftButton, {}, QPoint(20, 10));
    QTRY_VERIFY(find<QTableView>("pods_table")->isVisible());
    check_awake();
  }

 private:
  client::ApiResult<client::ApiResponse> measure(const std::string& path) {
    if (path.find("/pods/") != std::string::npos) ++asked_;
    if (refuses_ != 0) return client::from_http_status(refuses_, "no");
    const std::string now = api::format_time(cluster_->clock.wall());
    if (path.ends_with("/summary")) {
      return object({{"node",
                      {{"fs",
                        {{"usedBytes", std::int64_t{3} << 30},
                         {"capacityBytes", std::int64_t{20} << 30}}}}}});
    }
    if (path.ends_with("/nodes")) {
      auto list = std::make_shared<client::ObjectList>();
      list->items.push_back(api::Object::make({{"kind", "NodeMetrics"},
                                               {"metadata", {{"name", "node"}}},
                                               {"timestamp", now},
                                               {"usage", {{"cpu", "1250m"}, {"memory", "2Gi"}}}}));
      client::ApiResponse response;
      response.list = std::move(list);
      return response;
    }
    return object(
        {{"kind", "PodMetrics"},
         {"timestamp", now},
         {"containers", {{{"name", "a"}, {"usage", {{"cpu", "250m"}, {"memory", "64Mi"}}}}}}});
  }
  // What a node agent measures.
  std::optional<client::ApiResult<client::ApiResponse>> measured(const std::string& path) {
    if (path.starts_with("/apis/metrics.k8s.io/") || path.ends_with("/proxy/stats/summary"))
      return measure(path);
    return std::nullopt;
  }
  void open_measured(const char* page) {
    asked_ = 0;
    refuses_ = 0;
    open(page, "cove", {{"cove", [this, make = to(*cluster_)](Executor& executor) {
                           return std::make_unique<AnsweringTransport>(
                               make(executor),
                               [this](const auto& request) { return measured(request.path); });
                         }}});
  }

  std::atomic<int> asked_ = 0;
  std::atomic<int> refuses_ = 0;
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::MetricsTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_metrics.moc"
