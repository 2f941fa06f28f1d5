// The guided first tour by clicks: a real API server in this process, a scripted engine, and this
// test as what rolls out.
#include <QDialog>
#include <QTcpServer>
#include <QTcpSocket>
#include <QTest>

#include "tests/ui/demo_rollout.h"
#include "tests/ui/page_test.h"
#include "tests/ui/scripted_engine.h"
#include "ui/bridge/demo_tasks.h"
#include "ui/views/demo_page.h"

namespace cove::ui::test {

// Answers every connection as a web server does.
class WebServer {
 public:
  WebServer(const char* host, std::int64_t port) {
    QObject::connect(&server_, &QTcpServer::newConnection, &server_, [this] {
      QTcpSocket* const socket = server_.nextPendingConnection();
      QObject::connect(socket, &QTcpSocket::readyRead, socket,
                       [socket] { socket->write("HTTP/1.0 200 OK\r\n\r\n"); });
      QObject::connect(socket, &QTcpSocket::disconnected, socket, &QObject::deleteLater);
    });
    listens_ = server_.listen(QHostAddress(QString::fromLatin1(host)), static_cast<quint16>(port));
  }
  bool listens() const { return listens_; }

 private:
  QTcpServer server_;
  bool listens_ = false;
};

class DemoTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
  void init() {
    PageTest::init();
    engine_ = std::make_unique<ScriptedEngine>();
    engine_->set_build({"Step 1/3 : FROM cove/web", "Step 2/3 : ARG VERSION=0.1",
                        "Step 3/3 : COPY $VERSION/ /usr/share/nginx/html/", "Successfully built"});
  }
  void cleanup() {
    PageTest::cleanup();
    web_.reset();
    engine_.reset();
  }

  void the_tour_builds_deploys_opens_rolls_out_and_goes_back() {
    open_demo();
    QTRY_VERIFY(button("demo_start")->isEnabled());
    QVERIFY(button("demo_start")->isVisible());
    QVERIFY(!button("demo_remove")->isVisible());
    // What comes is said before, in the words of the command line.
    QCOMPARE(commands().size(), 8);
    QVERIFY(commands().contains(
        QStringLiteral("kubectl create deploy k8s-demo --image=k8s-demo:0.1 -r 10")));
    click("demo_start");
    QTRY_COMPARE(step(3).state, provision::StepState::kRunning);
    QVERIFY(engine_->was_asked(
        "POST /build?dockerfile=Dockerfile&buildargs=%7B%22VERSION%22%3A%220.1%22"));
    QCOMPARE(image(), std::string("k8s-demo:0.1"));
    QCOMPARE(api::integer_at(deployment()->document(), {"spec", "replicas"}).value_or(0), 10);
    QTRY_VERIFY(find<QWidget>("rollout")->isVisible());
    QVERIFY(!button("demo_start")->isVisible());
    answer_at_its_port();
    roll_out(*cluster_, 1);
    QTRY_VERIFY(opened_.isValid());
    QCOMPARE(opened_.host(), QString::fromLatin1(kHost));
    QCOMPARE(step(4).detail, opened_.toString().toStdString());
    QTRY_COMPARE(step(7).state, provision::StepState::kRunning);
    QCOMPARE(image(), std::string("k8s-demo:0.2"));
    QCOMPARE(cause(), std::string("k8s-demo:0.2, the next version"));
    QVERIFY(!find<Banner>("demo_outcome")->isVisible());
    roll_out(*cluster_, 2);
    QTRY_COMPARE(last().state, OperationState::kSucceeded);
    auto* outcome = find<Banner>("demo_outcome");
    QTRY_VERIFY(outcome->isVisible());
    QVERIFY(outcome->title().contains(QLatin1String("k8s-demo:0.2")));

    click("demo_undo");
    QTRY_COMPARE(image(), std::string("k8s-demo:0.1"));
    QCOMPARE(cause(), std::string("k8s-demo:0.1, the first version"));
    roll_out(*cluster_, 3);
    QTRY_COMPARE(last().state, OperationState::kSucceeded);
    QTRY_VERIFY(outcome->isVisible() && outcome->title().contains(QLatin1String("k8s-demo:0.1")));
    QCOMPARE(button("demo_undo")->text(), QStringLiteral("Roll out k8s-demo:0.2 again"));
    opened_.clear();
    click("demo_open");
    QVERIFY(opened_.isValid());
    click("demo_history");
    QVERIFY(find<QWidget>("history")->window() == &window());
    check_awake();
  }

  void it_can_be_left_and_gone_on_with() {
    open_demo();
    click("demo_start");
    QTRY_COMPARE(step(3).state, provision::StepState::kRunning);
    QTest::mouseClick(timeline()->findChild<QPushButton*>(QStringLiteral("cancel_operation")),
                      Qt::LeftButton);
    QTRY_COMPARE(last().state, OperationState::kCancelled);
    QTRY_VERIFY(button("demo_start")->isVisible());
    QCOMPARE(button("demo_start")->text(), QStringLiteral("Go on with the demo"));
    const std::string uid(deployment()->uid());
    answer_at_its_port();
    roll_out(*cluster_, 1);
    click("demo_start");
    QTRY_COMPARE(step(7).state, provision::StepState::kRunning);
    QCOMPARE(std::string(deployment()->uid()), uid);
    QCOMPARE(step(1).detail, std::string("is there already"));
    QCOMPARE(step(2).detail, std::string("is there already"));
    check_awake();
  }

  void a_failure_says_why_and_goes_on() {
    engine_->set_build({"Step 1/3 : FROM cove/web", "!find the image cove/web: manifest unknown"});
    open_demo();
    click("demo_start");
    QTRY_COMPARE(last().state, OperationState::kFailed);
    auto* cause = timeline()->findChild<QLabel*>(QStringLiteral("failure_cause"));
    QTRY_VERIFY(cause->isVisible());
    QVERIFY(cause->text().contains(QLatin1String("manifest unknown")));
    QVERIFY(!timeline()->findChild<QLabel*>(QStringLiteral("failure_remedy"))->text().isEmpty());
    engine_->set_build({"Step 1/3 : FROM cove/web"});
    QTest::mouseClick(timeline()->findChild<QPushButton*>(QStringLiteral("try_again")),
                      Qt::LeftButton);
    QTRY_COMPARE(step(3).state, provision::StepState::kRunning);
    check_awake();
  }

  void what_another_made_is_left_alone() {
    cluster_->create(R"({"apiVersion":"v1","kind":"Service",
      "metadata":{"name":"k8s-demo","namespace":"default"},"spec":{"ports":[{"port":80}]}})");
    open_demo();
    auto* trouble = find<Banner>("demo_trouble");
    QTRY_VERIFY(trouble->isVisible());
    QTRY_VERIFY(trouble->title().contains(QLatin1String("default/k8s-demo")));
    QVERIFY(!button("demo_start")->isEnabled());
    QVERIFY(!button("demo_remove")->isVisible());
    cluster_->remove("services", "k8s-demo");
    QTRY_VERIFY(button("demo_start")->isEnabled());
    QVERIFY(!trouble->isVisible());
    click("demo_start");
    QTRY_COMPARE(step(3).state, provision::StepState::kRunning);
    QTest::mouseClick(timeline()->findChild<QPushButton*>(QStringLiteral("cancel_operation")),
                      Qt::LeftButton);
    QTRY_COMPARE(last().state, OperationState::kCancelled);
    cluster_->remove("services", "k8s-demo");
    QTRY_COMPARE(button("demo_start")->text(), QStringLiteral("Go on with the demo"));
    cluster_->patch("deployments.apps", "k8s-demo",
                    R"({"metadata":{"labels":{"app.kubernetes.io/created-by":null}}})");
    QTRY_VERIFY(trouble->isVisible());
    check_awake();
  }

  void removing_says_what_and_takes_it_all() {
    open_demo();
    click("demo_start");
    QTRY_COMPARE(step(3).state, provision::StepState::kRunning);
    answer_at_its_port();
    roll_out(*cluster_, 1);
    QTRY_COMPARE(step(7).state, provision::StepState::kRunning);
    QVERIFY(timeline()->findChild<QWidget*>(QStringLiteral("operation_log")) != nullptr);
    cancel();
    QTRY_VERIFY(button("demo_remove")->isVisible());
    click("demo_remove");
    QString said;
    for (const QLabel* each : find<QDialog>("demo_remove_dialog")->findChildren<QLabel*>())
      said += each->text();
    for (const char* lost : {"Deployment k8s-demo", "Service k8s-demo", "k8s-demo:0.1"})
      QVERIFY2(said.contains(QLatin1String(lost)), lost);
    click("demo_remove_ok");
    let_go();
    QTRY_COMPARE(last().state, OperationState::kSucceeded);
    QVERIFY(!cluster_->get("services", "k8s-demo"));
    QVERIFY(engine_->was_asked("DELETE /images/k8s-demo:0.1"));
    QVERIFY(engine_->was_asked("DELETE /images/k8s-demo:0.2"));
    QTRY_COMPARE(button("demo_start")->text(), QStringLiteral("Start the demo"));
    QVERIFY(!button("demo_remove")->isVisible());
    // The plan again, without the times of what was done and without what it printed.
    QVERIFY(commands().contains(QStringLiteral("docker build -t k8s-demo:0.1 .")));
    for (const QWidget* each : timeline()->findChildren<QWidget*>())
      QVERIFY2(!each->accessibleName().contains(QLatin1String(", ")),
               qPrintable(each->accessibleName()));
    QVERIFY(timeline()->findChild<QWidget*>(QStringLiteral("operation_log")) == nullptr);
    check_awake();
  }

  void its_images_are_known_by_a_label() {
    docker::ImageSummary mine;
    mine.id = "sha256:" + std::string(64, 'a');
    mine.tags = {demo::kFirst};
    engine_->set_images({mine});
    open_demo();
    click("demo_start");
    QTRY_COMPARE(step(3).state, provision::StepState::kRunning);
    QVERIFY2(step(0).detail.find("not made by the demo") != std::string::npos,
             step(0).detail.c_str());
    QCOMPARE(builds(), 0);
    answer_at_its_port();
    roll_out(*cluster_, 1);
    QTRY_COMPARE(step(7).state, provision::StepState::kRunning);
    QCOMPARE(builds(), 1);
    cancel();
    // What it built itself is not built again.
    click("demo_start");
    QTRY_COMPARE(step(3).state, provision::StepState::kRunning);
    roll_out(*cluster_, 2);
    QTRY_COMPARE(last().state, OperationState::kSucceeded);
    QCOMPARE(step(5).detail, std::string("is there already"));
    QCOMPARE(builds(), 1);
    click("demo_remove");
    click("demo_remove_ok");
    let_go();
    QTRY_COMPARE(last().state, OperationState::kSucceeded);
    QCOMPARE(step(2).detail, std::string("k8s-demo:0.1 left alone: the demo did not make it"));
    QVERIFY(engine_->was_asked("DELETE /images/k8s-demo:0.2"));
    QVERIFY(!engine_->was_asked("DELETE /images/k8s-demo:0.1"));
    check_awake();
  }

  void an_undo_that_failed_while_it_waited_can_be_tried_again() {
    open_demo();
    run_to_the_end();
    click("demo_undo");
    QTRY_COMPARE(image(), std::string("k8s-demo:0.1"));
    // The controller writes the next revision, and sees no progress.
    cluster_->patch("deployments.apps", demo::kName,
                    R"({"metadata":{"annotations":{"deployment.kubernetes.io/revision":"3"}}})");
    set_status({{"observedGeneration", generation()},
                {"conditions",
                 {{{"type", "Progressing"}, {"status", "False"}, {"message", "no progress"}}}}});
    QTRY_COMPARE(last().state, OperationState::kFailed);
    set_status({{"conditions", json::array()}});
    QTest::mouseClick(timeline()->findChild<QPushButton*>(QStringLiteral("try_again")),
                      Qt::LeftButton);
    QTRY_VERIFY(step(1).state == provision::StepState::kRunning ||
                last().state != OperationState::kRunning);
    roll_out(*cluster_, 3);
    QTRY_COMPARE(last().state, OperationState::kSucceeded);
    check_awake();
  }

  void a_rollout_that_is_paused_is_waited_for() {
    open_demo();
    click("demo_start");
    QTRY_COMPARE(step(3).state, provision::StepState::kRunning);
    QTRY_VERIFY(button("rollout_pause")->isVisible());
    click("rollout_pause");
    QTRY_COMPARE(step(3).detail, std::string("its rollout is paused: resume it"));
    QCOMPARE(step(3).state, provision::StepState::kRunning);
    line_->cut();
    click("rollout_pause");
    QTRY_VERIFY(find<Banner>("demo_refusal")->isVisible());
    check_awake();
  }

  void it_says_how_many_pods_there_are() {
    open_demo();
    run_to_the_end();
    cluster_->patch("deployments.apps", demo::kName, R"({"spec":{"replicas":3}})");
    set_status({{"observedGeneration", generation()},
                {"replicas", 3},
                {"updatedReplicas", 3},
                {"readyReplicas", 3},
                {"availableReplicas", 3}});
    auto* outcome = find<Banner>("demo_outcome");
    QTRY_COMPARE(outcome->title(), QStringLiteral("k8s-demo:0.2 runs in 3 of 3 pods"));
    check_awake();
  }

  void without_its_api_nothing_stands_as_current() {
    line_->cut();
    open_demo();
    auto* trouble = find<Banner>("demo_trouble");
    QTRY_VERIFY(trouble->isVisible());
    QVERIFY(!button("demo_start")->isEnabled());
    line_->mend();
    QTRY_VERIFY_WITH_TIMEOUT(button("demo_start")->isEnabled(), 20'000);
    QVERIFY(!trouble->isVisible());
    run_to_the_end();
    line_->cut();
    QTRY_VERIFY(trouble->isVisible());
    QVERIFY2(trouble->title().contains(QLatin1String("last known")), qPrintable(trouble->title()));
    QVERIFY(!find<Banner>("demo_outcome")->isVisible());
    QVERIFY(!button("demo_remove")->isEnabled());
    check_awake();
  }

  void what_is_asked_of_one_cluster_is_not_done_to_another() {
    Cluster& other = another();
    const char* const service =
        R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"k8s-demo",
      "namespace":"default","labels":{"app.kubernetes.io/created-by":"cove-demo"}},
      "spec":{"ports":[{"port":80}]}})";
    cluster_->create(service);
    other.create(service);
    open_demo({{"team", to(other)}});
    click("demo_remove");
    show_team();
    QTRY_VERIFY(button("demo_remove")->isEnabled());
    click("demo_remove_ok");
    QTRY_COMPARE(desktop_->activity().rowCount(), 1);
    QTRY_COMPARE(last().state, OperationState::kCancelled);
    QVERIFY(cluster_->get("services", "k8s-demo") && other.get("services", "k8s-demo"));
    QVERIFY(!other.get("services", "k8s-demo")->deleting());
    check_awake();
  }

  void the_wish_for_it_is_for_one_cluster() {
    Cluster& other = another();
    open("demo", "cove", {{"team", to(other)}});
    find<DemoPage>("demo_page")->begin("cove");
    show_team();
    QTRY_VERIFY(button("demo_start")->isEnabled());
    QCOMPARE(desktop_->activity().rowCount(), 0);
    QVERIFY(!other.get("deployments.apps", demo::kName));
    check_awake();
  }

  void too_much_at_a_time_is_said() {
    open_demo();
    QTRY_VERIFY(button("demo_start")->isEnabled());
    Task task;
    for (auto* words : {&task.title, &task.doing, &task.done, &task.failed})
      *words = [] { return QStringLiteral("wait"); };
    task.run = [](TaskProgress&, std::stop_token stop) -> Result<void> {
      while (!stop.stop_requested()) pause(std::chrono::seconds(1), stop);
      return {};
    };
    const auto waiting = std::make_shared<const Task>(std::move(task));
    while (desktop_->activity().run(waiting)) {
    }
    click("demo_start");
    QVERIFY(find<Banner>("demo_refusal")->isVisible());
    QVERIFY(!deployment());
    click("demo_refusal_close");
    QVERIFY(!find<Banner>("demo_refusal")->isVisible());
    check_awake();
  }

  void the_welcome_leads_to_it() {
    std::map<std::string, TestSource::Make> ways{{"cove", to(*cluster_)}};
    auto options = options_for(std::move(ways));
    desktop_ = std::make_unique<Desktop>(service_, cluster_->clock, options);
    desktop_->show(false);
    desktop_->begin();
    QTRY_VERIFY(button("create_demo") && button("create_demo")->isEnabled());
    click("create_demo");
    service_->release_all();
    QTRY_VERIFY(find<QWidget>("demo_page") && find<QWidget>("demo_page")->isVisible());
    // As soon as its engine is known.
    QVERIFY(!deployment());
    service_->set_status(status());
    QTRY_VERIFY(deployment());
  }

  void without_a_cluster_that_runs_it_says_so() {
    open("demo");
    auto stopped = running("cove");
    stopped.phase = provision::Phase::kStopped;
    service_->set_status(stopped);
    auto* trouble = find<Banner>("demo_trouble");
    QTRY_COMPARE(trouble->title(), QStringLiteral("The demo needs a cluster that runs"));
    QVERIFY(!button("demo_start")->isEnabled());
    service_->release_all();
    click("demo_trouble_action");
    QTRY_COMPARE(desktop_->activity().rowCount(), 1);
    check_awake();
  }

 private:
  static constexpr const char* kHost = "127.0.0.77";

  provision::ClusterStatus status(const char* profile = "cove") {
    auto status = running(profile);
    status.engine = engine_->address().host;
    status.host = kHost;
    return status;
  }
  void open_demo(std::map<std::string, TestSource::Make> more = {}) {
    open("demo", "cove", std::move(more));
    service_->set_status(status());
    QTRY_VERIFY(desktop_->engine().has_engine());
  }
  QPushButton* button(const char* name) { return find<QPushButton>(name); }
  void click(const char* name) {
    QTRY_VERIFY2(button(name) && button(name)->isVisible() && button(name)->isEnabled(), name);
    QTest::mouseClick(button(name), Qt::LeftButton);
  }
  void show_team() {
    service_->set_status(status("team"));
    QTRY_VERIFY(desktop_->clusters().find("team"));
    window().show_cluster(QStringLiteral("team"));
    QTRY_COMPARE(desktop_->api().context(), std::string("team"));
  }
  void cancel() {
    QTest::mouseClick(timeline()->findChild<QPushButton*>(QStringLiteral("cancel_operation")),
                      Qt::LeftButton);
    QTRY_COMPARE(last().state, OperationState::kCancelled);
  }
  void run_to_the_end() {
    click("demo_start");
    QTRY_COMPARE(step(3).state, provision::StepState::kRunning);
    answer_at_its_port();
    roll_out(*cluster_, 1);
    QTRY_COMPARE(step(7).state, provision::StepState::kRunning);
    roll_out(*cluster_, 2);
    QTRY_COMPARE(last().state, OperationState::kSucceeded);
    QTRY_VERIFY(find<Banner>("demo_outcome")->isVisible());
  }
  // Nobody collects garbage here: this test ends what waits for its pods.
  void let_go() {
    for (const char* resource : {"deployments.apps", "services"}) {
      QTRY_VERIFY(!cluster_->get(resource, "k8s-demo") ||
                  cluster_->get(resource, "k8s-demo")->deleting());
      if (cluster_->get(resource, "k8s-demo"))
        cluster_->patch(resource, "k8s-demo", R"({"metadata":{"finalizers":null}})");
    }
  }
  int builds() {
    int count = 0;
    for (const std::string& each : engine_->asked()) count += each.starts_with("POST /build?");
    return count;
  }
  std::int64_t generation() {
    return api::integer_at(deployment()->document(), {"metadata", "generation"}).value_or(0);
  }
  void set_status(const json::object& status) {
    cluster_->patch("deployments.apps", demo::kName, api::to_text(json::object{{"status", status}}),
                    demo::kNamespace, "status");
  }
  QWidget* timeline() { return find<QWidget>("demo_timeline"); }
  QStringList commands() {
    QStringList found;
    for (const QLabel* each : timeline()->findChildren<QLabel*>())
      if (each->text().startsWith(QLatin1String("kubectl ")) ||
          each->text().startsWith(QLatin1String("docker ")))
        found.append(each->text());
    return found;
  }
  const Operation& last() { return desktop_->activity().at(0); }
  provision::Step step(std::size_t index) {
    if (desktop_->activity().rowCount() == 0 || last().steps.size() <= index) return {};
    return last().steps[index];
  }
  api::ObjectPtr deployment() { return cluster_->get("deployments.apps", demo::kName); }
  std::string image() {
    return deployment() ? demo::image_of(deployment()->document()) : std::string();
  }
  std::string cause() {
    return std::string(api::text_at(deployment()->document(),
                                    {"metadata", "annotations", "kubernetes.io/change-cause"}));
  }
  void answer_at_its_port() {
    const auto service = cluster_->get("services", demo::kName);
    const auto& port = api::array_at(service->document(), {"spec", "ports"})->front().get_object();
    web_ = std::make_unique<WebServer>(kHost, api::integer_at(port, {"nodePort"}).value_or(0));
    QVERIFY(web_->listens());
  }
  std::unique_ptr<ScriptedEngine> engine_;
  std::unique_ptr<WebServer> web_;
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::DemoTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_demo.moc"
