// The pages of API objects by clicks, against a real API server in this process.
#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QDialog>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <atomic>
#include <set>

#include "tests/support/cluster.h"
#include "tests/ui/scripted_service.h"
#include "tests/ui/watchdog.h"
#include "ui/models/document_text.h"
#include "ui/views/desktop.h"
#include "ui/views/object_page.h"

namespace cove::ui::test {

using cove::test::Cluster;
namespace json = boost::json;

// A way to a server that can be cut. Thread-safe.
class Line {
 public:
  void cut() {
    std::set<std::shared_ptr<client::WatchCallbacks>> ended;
    Executor* executor = nullptr;
    {
      const std::lock_guard lock(mutex_);
      up_ = false;
      ended.swap(watches_);
      executor = executor_;
    }
    for (const auto& watch : ended) executor->post([watch] { watch->closed(broken()); });
  }
  void mend() {
    const std::lock_guard lock(mutex_);
    up_ = true;
  }
  bool up() const {
    const std::lock_guard lock(mutex_);
    return up_;
  }
  void begin(const std::shared_ptr<client::WatchCallbacks>& watch, Executor& executor) {
    const std::lock_guard lock(mutex_);
    executor_ = &executor;
    watches_.insert(watch);
  }
  // False when it has been cut: the end was told already.
  bool end(const std::shared_ptr<client::WatchCallbacks>& watch) {
    const std::lock_guard lock(mutex_);
    return watches_.erase(watch) > 0;
  }
  bool has(const std::shared_ptr<client::WatchCallbacks>& watch) const {
    const std::lock_guard lock(mutex_);
    return watches_.contains(watch);
  }
  static client::ApiError broken() {
    return client::no_answer(ErrorCode::kUnavailable, "the line is cut");
  }

 private:
  mutable std::mutex mutex_;
  bool up_ = true;
  Executor* executor_ = nullptr;
  std::set<std::shared_ptr<client::WatchCallbacks>> watches_;
};

class LineTransport final : public client::Transport {
 public:
  LineTransport(std::unique_ptr<client::Transport> inner, std::shared_ptr<Line> line)
      : inner_(std::move(inner)), line_(std::move(line)) {}
  client::Operation send(client::ApiRequest request, Callback done) override {
    if (line_->up()) return inner_->send(std::move(request), std::move(done));
    executor().post([done = std::move(done)] { done(Line::broken()); });
    return {};
  }
  client::Operation watch(client::ApiRequest request, client::WatchCallbacks callbacks) override {
    auto watch = std::make_shared<client::WatchCallbacks>(std::move(callbacks));
    if (!line_->up()) {
      executor().post([watch] { watch->closed(Line::broken()); });
      return {};
    }
    line_->begin(watch, executor());
    return inner_->watch(std::move(request),
                         {.opened =
                              [watch] {
                                if (watch->opened) watch->opened();
                              },
                          .events =
                              [watch, line = line_](std::vector<client::WatchEvent> events) {
                                if (line->has(watch)) watch->events(std::move(events));
                              },
                          .closed =
                              [watch, line = line_](std::optional<client::ApiError> error) {
                                if (line->end(watch)) watch->closed(std::move(error));
                              }});
  }
  Executor& executor() override { return inner_->executor(); }

 private:
  const std::unique_ptr<client::Transport> inner_;
  const std::shared_ptr<Line> line_;
};

// A server that has many pods and nothing else.
class CrowdTransport final : public client::Transport {
 public:
  CrowdTransport(Executor& executor, int pods) : executor_(executor), pods_(pods) {}
  client::Operation send(client::ApiRequest, Callback done) override {
    executor_.post([done = std::move(done)] { done(Line::broken()); });
    return {};
  }
  client::Operation watch(client::ApiRequest request, client::WatchCallbacks callbacks) override {
    const int count = request.path == "/api/v1/pods" ? pods_ : 0;
    executor_.post([count, callbacks = std::move(callbacks)] {
      if (callbacks.opened) callbacks.opened();
      std::vector<client::WatchEvent> events;
      for (int i = 0; i < count; ++i) {
        events.push_back({client::WatchEventType::kAdded, pod(i)});
        if (events.size() == 500) callbacks.events(std::exchange(events, {}));
      }
      events.push_back({client::WatchEventType::kBookmark, end_of_state()});
      callbacks.events(std::move(events));
    });
    return {};
  }
  Executor& executor() override { return executor_; }

 private:
  static api::ObjectPtr pod(int number) {
    const std::string name = "crowd-" + std::to_string(number);
    return api::Object::make(
        {{"apiVersion", "v1"},
         {"kind", "Pod"},
         {"metadata",
          {{"name", name},
           {"namespace", number % 2 == 0 ? "even" : "odd"},
           {"uid", name},
           {"resourceVersion", std::to_string(number + 1)},
           {"creationTimestamp", "2023-11-14T22:00:00Z"}}},
         {"spec", {{"nodeName", "node"}, {"containers", {{{"name", "a"}, {"image", "a"}}}}}},
         {"status",
          {{"phase", "Running"},
           {"podIP", "10.0.0.1"},
           {"containerStatuses",
            {{{"name", "a"},
              {"ready", true},
              {"restartCount", 0},
              {"state", {{"running", json::object()}}}}}}}}});
  }
  static api::ObjectPtr end_of_state() {
    return api::Object::make({{"apiVersion", "v1"},
                              {"kind", "Pod"},
                              {"metadata",
                               {{"resourceVersion", "100000"},
                                {"annotations", {{"k8s.io/initial-events-end", "true"}}}}}});
  }
  Executor& executor_;
  const int pods_;
};

class TestSource final : public ApiSource {
 public:
  using Make = std::function<std::unique_ptr<client::Transport>(Executor&)>;
  explicit TestSource(std::map<std::string, Make> contexts) : contexts_(std::move(contexts)) {}
  Result<std::unique_ptr<client::Transport>> connect(const std::string& context,
                                                     Executor& executor) override {
    const auto found = contexts_.find(context);
    if (found == contexts_.end())
      return Error{ErrorCode::kNotFound, "find", "the context " + context, "there is none", ""};
    return found->second(executor);
  }

 private:
  const std::map<std::string, Make> contexts_;
};

class PagesTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() {
    home_ = std::make_unique<QTemporaryDir>();
    service_ = std::make_shared<ScriptedService>();
    cluster_ = std::make_unique<Cluster>();
    service_->now = cluster_->clock.wall();
    line_ = std::make_shared<Line>();
  }
  void cleanup() {
    watched().watch(false);
    testers_.clear();
    desktop_.reset();
    service_.reset();
    cluster_.reset();
    home_.reset();
  }

  void rows_appear_change_sort_filter_and_go() {
    make_pod("web-1");
    make_pod("web-2");
    open("pods");
    QTRY_COMPARE(table()->model()->rowCount(), 2);
    QCOMPARE(cell(0, 0), QStringLiteral("web-1"));
    QCOMPARE(cell(0, 2), QStringLiteral("Pending"));
    cluster_->run_pod("web-1");
    QTRY_COMPARE(cell(0, 2), QStringLiteral("Running"));
    QCOMPARE(cell(0, 1), QStringLiteral("1/1"));
    QCOMPARE(state(0, 2), ObjectState::kGood);

    table()->sortByColumn(0, Qt::DescendingOrder);
    QCOMPARE(cell(0, 0), QStringLiteral("web-2"));
    QTest::keyClick(&window(), Qt::Key_F, Qt::ControlModifier);
    auto* search = find<QLineEdit>("pods_search");
    QTRY_VERIFY(search->hasFocus());
    QTest::keyClicks(search, QStringLiteral("WEB-1 running"));
    QCOMPARE(table()->model()->rowCount(), 1);
    QCOMPARE(label("pods_count"), QStringLiteral("1 of 2"));
    search->clear();

    choose("web-1");
    QTRY_VERIFY(find<QFrame>("pods_details")->isVisible());
    QTest::mouseClick(find<QPushButton>("pod_delete"), Qt::LeftButton);
    QTRY_COMPARE(run_until_text("web-1", 2), QStringLiteral("Terminating"));
    cluster_->finish_deletions();
    QTRY_COMPARE(table()->model()->rowCount(), 1);
    QCOMPARE(cell(0, 0), QStringLiteral("web-2"));
    check_awake();
  }

  void another_cluster_takes_the_place_of_the_first() {
    make_pod("here");
    service_->set_status(running("other"));
    open("pods");
    QTRY_COMPARE(table()->model()->rowCount(), 1);
    desktop_->current().choose("other");
    QTRY_COMPARE(table()->model()->rowCount(), 0);
    QTRY_VERIFY(label("pods_empty").contains(QStringLiteral("none yet")));
    auto stopped = running("other");
    stopped.phase = provision::Phase::kStopped;
    service_->set_status(stopped);
    QTRY_VERIFY(label("pods_empty").contains(QStringLiteral("not running")));
    desktop_->current().choose("cove");
    QTRY_COMPARE(table()->model()->rowCount(), 1);
    check_awake();
  }

  void what_is_stale_says_so_and_is_healed_by_a_diff() {
    make_pod("stays");
    make_pod("goes");
    open("pods");
    QTRY_COMPARE(table()->model()->rowCount(), 2);
    choose("stays");
    auto* health = find<Banner>("pods_health");
    QVERIFY(!health->isVisible());
    line_->cut();
    QTRY_VERIFY(health->isVisible());
    QVERIFY(health->title().contains(QStringLiteral("last known")));
    QCOMPARE(table()->model()->rowCount(), 2);
    client::DeleteOptions now;
    now.grace_seconds = 0;
    cluster_->remove("pods", "goes", "default", now);
    make_pod("new");
    line_->mend();
    QTRY_VERIFY_WITH_TIMEOUT(!health->isVisible(), 20'000);
    QTRY_COMPARE(table()->model()->rowCount(), 2);
    QCOMPARE(cell(0, 0), QStringLiteral("new"));
    QCOMPARE(table()->selectionModel()->selectedRows().size(), 1);
    QCOMPARE(cell(table()->selectionModel()->selectedRows().front().row(), 0),
             QStringLiteral("stays"));
    check_awake();
  }

  void a_deployment_has_a_history_a_diff_and_a_way_back() {
    make_deployment();
    open("deployments");
    QTRY_COMPARE(table()->model()->rowCount(), 1);
    choose("web");
    find<QTabWidget>("deployments_tabs")->setCurrentIndex(1);
    auto* history = find<QTableView>("history_table");
    testers_.push_back(std::make_unique<QAbstractItemModelTester>(
        history->model(), QAbstractItemModelTester::FailureReportingMode::Fatal));
    QTRY_COMPARE(history->model()->rowCount(), 2);
    QVERIFY(history->model()->index(0, 0).data().toString().contains(QStringLiteral("current")));
    QCOMPARE(history->model()->index(1, 3).data().toString(), QStringLiteral("the first"));
    history->selectRow(1);
    auto* diff = find<QPlainTextEdit>("history_diff");
    QVERIFY(diff->isVisible());
    QVERIFY(diff->toPlainText().contains(QStringLiteral("-   - image: demo:2")));
    QVERIFY(diff->toPlainText().contains(QStringLiteral("+   - image: demo:1")));
    auto* undo = find<QPushButton>("history_undo");
    QVERIFY(undo->isVisible());
    QTest::mouseClick(undo, Qt::LeftButton);
    QTRY_COMPARE(image_of_deployment(), std::string("demo:1"));
    const auto deployment = cluster_->get("deployments.apps", "web");
    QCOMPARE(api::text_at(deployment->document(),
                          {"metadata", "annotations", "kubernetes.io/change-cause"}),
             std::string_view("the first"));

    find<QSpinBox>("deployment_replicas")->setValue(5);
    QTest::mouseClick(find<QPushButton>("deployment_scale"), Qt::LeftButton);
    QTRY_COMPARE(
        api::integer_at(cluster_->get("deployments.apps", "web")->document(), {"spec", "replicas"})
            .value_or(0),
        5);
    check_awake();
  }

  void a_service_opens_in_the_browser() {
    cluster_->create(
        R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"default"},
      "spec":{"type":"NodePort","selector":{"app":"web"},"ports":[{"port":80,"nodePort":30080}]}})");
    open("services");
    QTRY_VERIFY(row_of("web") >= 0);
    choose("web");
    QCOMPARE(cell(row_of("web"), 1), QStringLiteral("0/0"));
    cluster_->create(
        R"({"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4",
      "metadata":{"name":"web-1","namespace":"default","labels":{"kubernetes.io/service-name":"web"}},
      "endpoints":[{"addresses":["10.0.0.1"],"conditions":{"ready":true}},
                   {"addresses":["10.0.0.2"],"conditions":{"ready":false}}]})");
    QTRY_COMPARE(cell(row_of("web"), 1), QStringLiteral("1/2"));
    QTest::mouseClick(find<QPushButton>("service_open"), Qt::LeftButton);
    QCOMPARE(opened_, QUrl(QStringLiteral("http://127.0.0.1:30080")));
    QTest::mouseClick(find<QToolButton>("service_copy"), Qt::LeftButton);
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("http://127.0.0.1:30080"));
    check_awake();
  }

  void ten_thousand_pods_open_and_filter() {
    service_->set_status(running("crowd"));
    open("overview", "crowd");
    window().go_to(QStringLiteral("pods"));
    QTRY_COMPARE_WITH_TIMEOUT(table()->model()->rowCount(), 10'000, 30'000);
    find<QLineEdit>("pods_search")->setText(QStringLiteral("crowd-99"));
    QTRY_COMPARE(table()->model()->rowCount(), 111);
    find<QLineEdit>("pods_search")->clear();
    QTRY_COMPARE(table()->model()->rowCount(), 10'000);
    check_awake();
  }

  void texts_differ_as_they_do() {
    using Kind = DiffLine::Kind;
    const auto lines = diff_lines(QStringLiteral("a\nb\nc\n"), QStringLiteral("a\nx\nc\nd\n"));
    const std::vector<DiffLine> wanted = {{Kind::kSame, QStringLiteral("a")},
                                          {Kind::kRemoved, QStringLiteral("b")},
                                          {Kind::kAdded, QStringLiteral("x")},
                                          {Kind::kSame, QStringLiteral("c")},
                                          {Kind::kAdded, QStringLiteral("d")}};
    QVERIFY(lines == wanted);
    QVERIFY(diff_lines({}, {}).empty());
  }

  void yaml_reads_back_as_what_it_was() {
    const json::value values[] = {
        {{"a", "b: c"}, {"yes", "no"}, {"n", 5}, {"t", "5"}, {"e", ""}, {"o", json::object()}},
        {{"l", {{{"x", 1}, {"y", {1, 2}}}, "z", json::array()}}, {"null", nullptr}},
        {{"text", "one\ntwo\n"}, {"keep", "one\n\n\n"}, {"strip", "one\n\ttwo"}, {"m", " a\nb"}},
        {{"q", "#x"}, {"w", "- a"}, {"v", "1e3"}, {"u", "0x10"}, {"s", "a #b"}, {"r", "key:"}},
        {{"deep", {{"text", "a\n\nb\n"}, {"list", {"x\ny\n"}}}}}};
    for (const json::value& value : values) {
      const QString text = yaml_text(value);
      const auto parsed = api::parse_yaml(text.toStdString());
      QVERIFY2(parsed.has_value() && api::same(parsed->value, value), qPrintable(text));
    }
  }

 private:
  static WatchedApplication& watched() { return *static_cast<WatchedApplication*>(qApp); }
  MainWindow& window() { return desktop_->window(); }

  provision::ClusterStatus running(const std::string& profile) {
    auto status = service_->running(profile);
    status.context = profile;
    status.host = "127.0.0.1";
    return status;
  }

  void open(const char* page, const char* profile = "cove") {
    service_->set_status(running("cove"));
    empty_ = std::make_unique<Cluster>();
    const auto to = [line = line_](Cluster& cluster) {
      return [line, handler = &cluster.handler()](Executor& executor) {
        return std::make_unique<LineTransport>(
            std::make_unique<node::InProcessTransport>(
                *handler, executor, node::ClientUser{"admin", {"system:masters"}}),
            line);
      };
    };
    std::map<std::string, TestSource::Make> contexts = {
        {"cove", to(*cluster_)}, {"other", to(*empty_)}, {"crowd", [](Executor& executor) {
                                                            return std::make_unique<CrowdTransport>(
                                                                executor, 10'000);
                                                          }}};
    DesktopOptions options;
    options.settings = Path(home_->path().toStdString()) / "desktop.ini";
    options.follow_system = false;
    options.profile = QString::fromLatin1(profile);
    options.api = std::make_shared<TestSource>(std::move(contexts));
    options.open_url = [this](const QUrl& url) { opened_ = url; };
    {
      Preferences preferences(options.settings);
      preferences.set_language(QStringLiteral("en"));
    }
    desktop_ = std::make_unique<Desktop>(service_, cluster_->clock, options);
    desktop_->show(false);
    QVERIFY(QTest::qWaitForWindowExposed(&window()));
    desktop_->begin();
    QTRY_VERIFY(desktop_->clusters().known());
    window().go_to(QString::fromLatin1(page));
    for (ObjectPage* made : window().findChildren<ObjectPage*>()) {
      testers_.push_back(std::make_unique<QAbstractItemModelTester>(
          &made->model(), QAbstractItemModelTester::FailureReportingMode::Fatal));
    }
    watched().watch(true);
  }
  // Nothing waited for a server. Thousands of rows may take a slow computer longer than a click
  // may.
  void check_awake() {
    constexpr std::chrono::milliseconds kLimit{1'000};
    const double longest = std::chrono::duration<double, std::milli>(watched().longest()).count();
    QVERIFY2(watched().longest() <= kLimit,
             QByteArray::fromStdString(watched().culprit() + ": " + std::to_string(longest)));
  }

  template <class Widget>
  Widget* find(const char* name) {
    return window().findChild<Widget*>(QString::fromLatin1(name));
  }
  QTableView* table() {
    for (const char* name : {"pods_table", "deployments_table", "services_table"}) {
      if (auto* found = find<QTableView>(name)) return found;
    }
    return nullptr;
  }
  QString cell(int row, int column) {
    return table()->model()->index(row, column).data().toString();
  }
  ObjectState state(int row, int column) {
    return static_cast<ObjectState>(
        table()->model()->index(row, column).data(ObjectModel::kState).toInt());
  }
  int row_of(const char* name) {
    for (int row = 0; row < table()->model()->rowCount(); ++row)
      if (cell(row, 0) == QLatin1String(name)) return row;
    return -1;
  }
  QString run_until_text(const char* name, int column) {
    return row_of(name) < 0 ? QString() : cell(row_of(name), column);
  }
  void choose(const char* name) { table()->selectRow(row_of(name)); }
  QString label(const char* name) { return find<QLabel>(name)->text(); }

  void make_pod(const std::string& name) {
    QVERIFY(cluster_->create(
        json::object{{"apiVersion", "v1"},
                     {"kind", "Pod"},
                     {"metadata", {{"name", name}, {"namespace", "default"}}},
                     {"spec", {{"containers", {{{"name", "a"}, {"image", "demo:1"}}}}}}}));
  }
  static json::object pod_template(const std::string& image) {
    return {{"metadata", {{"labels", {{"app", "web"}}}}},
            {"spec", {{"containers", {{{"name", "a"}, {"image", image}}}}}}};
  }
  void make_deployment() {
    const json::object selector{{"matchLabels", {{"app", "web"}}}};
    const auto deployment = cluster_->create(json::object{
        {"apiVersion", "apps/v1"},
        {"kind", "Deployment"},
        {"metadata",
         {{"name", "web"},
          {"namespace", "default"},
          {"annotations", {{"deployment.kubernetes.io/revision", "2"}}}}},
        {"spec", {{"replicas", 2}, {"selector", selector}, {"template", pod_template("demo:2")}}}});
    QVERIFY(deployment);
    for (const int revision : {1, 2}) {
      const std::string number = std::to_string(revision);
      json::object annotations{{"deployment.kubernetes.io/revision", number}};
      if (revision == 1) annotations["kubernetes.io/change-cause"] = "the first";
      QVERIFY(cluster_->create(json::object{{"apiVersion", "apps/v1"},
                                            {"kind", "ReplicaSet"},
                                            {"metadata",
                                             {{"name", "web-" + number},
                                              {"namespace", "default"},
                                              {"annotations", annotations},
                                              {"ownerReferences",
                                               {{{"apiVersion", "apps/v1"},
                                                 {"kind", "Deployment"},
                                                 {"name", "web"},
                                                 {"uid", std::string(deployment->uid())},
                                                 {"controller", true}}}}}},
                                            {"spec",
                                             {{"replicas", 0},
                                              {"selector", selector},
                                              {"template", pod_template("demo:" + number)}}}}));
    }
  }
  std::string image_of_deployment() {
    const auto deployment = cluster_->get("deployments.apps", "web");
    const auto* containers =
        api::array_at(deployment->document(), {"spec", "template", "spec", "containers"});
    return std::string(api::text_at(containers->front().get_object(), {"image"}));
  }

  std::unique_ptr<QTemporaryDir> home_;
  std::shared_ptr<ScriptedService> service_;
  std::unique_ptr<Cluster> cluster_;
  std::unique_ptr<Cluster> empty_;
  std::shared_ptr<Line> line_;
  std::unique_ptr<Desktop> desktop_;
  std::vector<std::unique_ptr<QAbstractItemModelTester>> testers_;
  QUrl opened_;
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::PagesTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_pages.moc"
