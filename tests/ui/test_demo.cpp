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
    QTest::mouseClick(timeline()->findChild<QPushButton*>(QStringLiteral("cancel_operation")),
                      Qt::LeftButton);
    QTRY_VERIFY(button("demo_remove")->isVisible());
    click("demo_remove");
    QString said;
    for (const QLabel* each : find<QDialog>("demo_remove_dialog")->findChildren<QLabel*>())
      said += each->text();
    for (const char* lost : {"Deployment k8s-demo", "Service k8s-demo", "k8s-demo:0.1"})
      QVERIFY2(said.contains(QLatin1String(lost)), lost);
    click("demo_remove_ok");
    // Nobody collects garbage here: this test ends what waits for its pods.
    for (const char* resource : {"deployments.apps", "services"}) {
      QTRY_VERIFY(!cluster_->get(resource, "k8s-demo") ||
                  cluster_->get(resource, "k8s-demo")->deleting());
      if (cluster_->get(resource, "k8s-demo"))
        cluster_->patch(resource, "k8s-demo", R"({"metadata":{"finalizers":null}})");
    }
    QTRY_COMPARE(last().state, OperationState::kSucceeded);
    QVERIFY(!cluster_->get("services", "k8s-demo"));
    QVERIFY(engine_->was_asked("DELETE /images/k8s-demo:0.1"));
    QVERIFY(engine_->was_asked("DELETE /images/k8s-demo:0.2"));
    QTRY_COMPARE(button("demo_start")->text(), QStringLiteral("Start the demo"));
    QVERIFY(!button("demo_remove")->isVisible());
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

  provision::ClusterStatus status() {
    auto status = running("cove");
    status.engine = engine_->address().host;
    status.host = kHost;
    return status;
  }
  void open_demo() {
    open("demo");
    service_->set_status(status());
    QTRY_VERIFY(desktop_->engine().has_engine());
  }
  QPushButton* button(const char* name) { return find<QPushButton>(name); }
  void click(const char* name) {
    QTRY_VERIFY2(button(name) && button(name)->isVisible() && button(name)->isEnabled(), name);
    QTest::mouseClick(button(name), Qt::LeftButton);
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
  api::ObjectPtr deployment() { return cluster_->get("deployments.apps", Demo::kName); }
  std::string image() { return deployment() ? demo_image(*deployment()) : std::string(); }
  std::string cause() {
    return std::string(api::text_at(deployment()->document(),
                                    {"metadata", "annotations", "kubernetes.io/change-cause"}));
  }
  void answer_at_its_port() {
    const auto service = cluster_->get("services", Demo::kName);
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
