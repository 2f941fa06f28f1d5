// What goes wrong on the way to a cluster, on every page: shown, no freeze, no crash, no stale lie.
#include <signal.h>

#include "core/client/credentials.h"
#include "core/client/https_transport.h"
#include "tests/ui/page_test.h"
#include "tests/ui/tls_server.h"
#include "tests/ui/wrapped_transport.h"
#include "ui/widgets/segments.h"

namespace cove::ui::test {

// Every list of API objects: the page, its kind in the chooser (or -1), the list's id, and one
// object's document.
struct Listed {
  const char* page;
  int kind;
  const char* id;
  const char* path;  // of the collection
  const char* document;
};

constexpr Listed kLists[] = {
    {"deployments", -1, "deployments", "/apis/apps/v1/deployments",
     R"("apiVersion":"apps/v1","kind":"Deployment")"},
    {"workloads", 0, "statefulsets", "/apis/apps/v1/statefulsets",
     R"("apiVersion":"apps/v1","kind":"StatefulSet")"},
    {"workloads", 1, "daemonsets", "/apis/apps/v1/daemonsets",
     R"("apiVersion":"apps/v1","kind":"DaemonSet")"},
    {"pods", -1, "pods", "/api/v1/pods", R"("apiVersion":"v1","kind":"Pod")"},
    {"services", -1, "services", "/api/v1/services", R"("apiVersion":"v1","kind":"Service")"},
    {"ingresses", -1, "ingresses", "/apis/networking.k8s.io/v1/ingresses",
     R"("apiVersion":"networking.k8s.io/v1","kind":"Ingress")"},
    {"config", 0, "configmaps", "/api/v1/configmaps", R"("apiVersion":"v1","kind":"ConfigMap")"},
    {"config", 1, "secrets", "/api/v1/secrets", R"("apiVersion":"v1","kind":"Secret")"},
    {"storage", 0, "claims", "/api/v1/persistentvolumeclaims",
     R"("apiVersion":"v1","kind":"PersistentVolumeClaim")"},
    {"storage", 1, "volumes", "/api/v1/persistentvolumes",
     R"("apiVersion":"v1","kind":"PersistentVolume")"},
    {"storage", 2, "classes", "/apis/storage.k8s.io/v1/storageclasses",
     R"("apiVersion":"storage.k8s.io/v1","kind":"StorageClass")"},
    {"jobs", 0, "jobs", "/apis/batch/v1/jobs", R"("apiVersion":"batch/v1","kind":"Job")"},
    {"jobs", 1, "cronjobs", "/apis/batch/v1/cronjobs",
     R"("apiVersion":"batch/v1","kind":"CronJob")"},
    {"events", -1, "events", "/api/v1/events", R"("apiVersion":"v1","kind":"Event")"},
    {"custom", -1, "custom", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
     R"("apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition")"},
    {"nodes", -1, "nodes", "/api/v1/nodes", R"("apiVersion":"v1","kind":"Node")"},
};

// Answers watches with objects whose every field is of a wrong type, in several ways of being
// wrong, and every other request with an error.
class TwistedTransport final : public client::Transport {
 public:
  explicit TwistedTransport(Executor& executor) : executor_(executor) {}
  client::Operation send(client::ApiRequest, Callback done) override {
    executor_.post([done = std::move(done)] { done(Line::broken()); });
    return {};
  }
  client::Operation watch(client::ApiRequest request, client::WatchCallbacks callbacks) override {
    executor_.post([path = request.path, callbacks = std::move(callbacks)] {
      if (callbacks.opened) callbacks.opened();
      std::vector<client::WatchEvent> events;
      for (const Listed& listed : kLists) {
        if (path != listed.path) continue;
        int number = 0;
        for (const json::object& twisted : all_twisted()) {
          json::object document =
              api::parse_json("{" + std::string(listed.document) + "}")->value.as_object();
          for (const auto& member : twisted) document[member.key()] = member.value();
          json::object& metadata = document["metadata"].is_object()
                                       ? document["metadata"].get_object()
                                       : document["metadata"].emplace_object();
          metadata["name"] = "twisted-" + std::to_string(number++);
          metadata["resourceVersion"] = "5";
          events.push_back({client::WatchEventType::kAdded, api::Object::make(document)});
        }
      }
      events.push_back(end_of_state("9"));
      callbacks.events(std::move(events));
    });
    return {};
  }
  client::Operation stream(client::ApiRequest, client::StreamCallbacks callbacks) override {
    executor_.post([closed = std::move(callbacks.closed)] { closed(Line::broken()); });
    return {};
  }
  Executor& executor() override { return executor_; }

  static std::vector<json::object> all_twisted() {
    std::vector<json::object> all;
    const json::value values[] = {
        5,
        "text",
        nullptr,
        json::array{1, "x", nullptr, json::object()},
        true,
        -1e300,
        json::object{{"conditions", 7},
                     {"replicas", "many"},
                     {"template", json::array()},
                     {"rules", {{{"http", 3}}}},
                     {"ports", {1, {{"port", "x"}}}},
                     {"strategy", 4},
                     {"jobTemplate", 1},
                     {"schedule", 9},
                     {"versions", {3, {{"served", 1}}}},
                     {"accessModes", {7}},
                     {"containers", {1}},
                     {"addresses", {"x"}},
                     {"names", json::array()},
                     {"selector", 3},
                     {"tls", {1, {{"hosts", {2}}}}}},
        json::object{{"conditions", {1, {{"type", 4}}, {{"type", "Ready"}}}},
                     {"replicas", -9'000'000'000},
                     {"template", {{"spec", {{"containers", {{{"image", 3}}}}}}}},
                     {"rules", {{{"host", "a"}, {"http", {{"paths", {1, {{"backend", 3}}}}}}}}},
                     {"strategy", {{"rollingUpdate", {{"maxSurge", "99999999999%"}}}}},
                     {"schedule", "@every -5s"},
                     {"versions",
                      {{{"served", true},
                        {"name", 4},
                        {"additionalPrinterColumns", {1, {{"jsonPath", "{[?("}}}}}}},
                     {"capacity", {{"cpu", 3}}}}};
    for (const json::value& value : values) {
      all.push_back({{"spec", value},
                     {"status", value},
                     {"data", value},
                     {"rules", value},
                     {"provisioner", value},
                     {"type", value},
                     {"involvedObject", value},
                     {"message", value},
                     {"firstTimestamp", value}});
      all.push_back({{"metadata",
                      {{"creationTimestamp", value},
                       {"ownerReferences", value},
                       {"annotations", value},
                       {"labels", value},
                       {"generation", value},
                       {"deletionTimestamp", value}}}});
    }
    return all;
  }

 private:
  Executor& executor_;
};

class FaultsTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { ::signal(SIGPIPE, SIG_IGN); }

  void every_page_says_that_the_line_is_cut_and_heals() {
    make_pod("one");
    open("overview");
    for (const Listed& listed : kLists) go_to(listed);
    QTRY_VERIFY(all_healths_hidden());
    line_->cut();
    for (const Listed& listed : kLists) {
      go_to(listed);
      Banner* health = banner(listed);
      QTRY_VERIFY2(health->isVisible(), listed.id);
      QVERIFY2(health->title().contains(QStringLiteral("last known")), listed.id);
    }
    line_->mend();
    make_pod("two");
    QTRY_VERIFY_WITH_TIMEOUT(all_healths_hidden(), 30'000);
    go_to(kLists[3]);
    QTRY_COMPARE(table()->model()->rowCount(), 2);
    check_awake();
  }

  void whoever_may_see_nothing_is_told_so_on_every_page() {
    service_->set_status(running("bob"));
    open("overview", "bob", {{"bob", [handler = &cluster_->handler()](Executor& executor) {
                                return std::make_unique<node::InProcessTransport>(
                                    *handler, executor, node::ClientUser{"bob", {}});
                              }}});
    for (const Listed& listed : kLists) {
      go_to(listed);
      Banner* health = banner(listed);
      QTRY_VERIFY2(health->isVisible(), listed.id);
      QVERIFY2(health->title().contains(QStringLiteral("may not see")), listed.id);
      QVERIFY2(health->text().contains(QStringLiteral("User \"bob\" cannot list")) ||
                   health->text().contains(QStringLiteral("User \"bob\" cannot watch")),
               qPrintable(health->text()));
      QVERIFY2(!label((page_ + "_empty").c_str()).contains(QStringLiteral("none yet")), listed.id);
    }
    QCOMPARE(desktop_->api().trouble().has_value(), false);
    check_awake();
  }

  // The server forgets what was: the watch ends with 410, and the state is read anew.
  void a_version_that_is_gone_is_read_anew() {
    make_pod("stays");
    make_pod("goes");
    open("pods");
    QTRY_COMPARE(table()->model()->rowCount(), 2);
    choose("stays");
    client::DeleteOptions now;
    now.grace_seconds = 0;
    line_->expire([&] {
      cluster_->remove("pods", "goes", "default", now);
      make_pod("new");
    });
    QTRY_VERIFY_WITH_TIMEOUT(row_of("new") >= 0, 20'000);
    QTRY_COMPARE(row_of("goes"), -1);
    QCOMPARE(table()->selectionModel()->selectedRows().size(), 1);
    QCOMPARE(cell(table()->selectionModel()->selectedRows().front().row(), 0),
             QStringLiteral("stays"));
    QTRY_VERIFY_WITH_TIMEOUT(!find<Banner>("pods_health")->isVisible(), 20'000);
    check_awake();
  }

  void documents_of_any_shape_are_shown_without_harm() {
    service_->set_status(running("twisted"));
    open("overview", "twisted", {{"twisted", [](Executor& executor) {
                                    return std::make_unique<TwistedTransport>(executor);
                                  }}});
    const auto count = static_cast<int>(TwistedTransport::all_twisted().size());
    for (const Listed& listed : kLists) {
      go_to(listed);
      QTRY_VERIFY2(table()->model()->rowCount() == count, listed.id);
      auto* tabs = find<QTabWidget>((page_ + "_tabs").c_str());
      for (int row = 0; row < count; ++row) {
        act([&] { table()->selectRow(row); });
        for (int tab = 0; tab < tabs->count(); ++tab) act([&] { tabs->setCurrentIndex(tab); });
        QCoreApplication::processEvents();
      }
      table()->sortByColumn(1, Qt::DescendingOrder);
    }
    check_awake();
  }

  void an_expired_certificate_is_called_by_its_name() {
    FakeClock past;
    const auto authority = pki::create_authority("ca", std::chrono::hours(24 * 365 * 40), past);
    const auto expired = pki::issue(
        *authority,
        {"s", {}, {"localhost"}, {"127.0.0.1"}, pki::Usage::kServer, std::chrono::hours(48)}, past);
    TlsServer server(*expired, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    open_tls("expired", server, authority->certificate_pem);
    for (const Listed& listed : {kLists[3], kLists[11]}) {
      go_to(listed);
      QTRY_VERIFY2(banner(listed)->isVisible(), listed.id);
      QCOMPARE(banner(listed)->title(), QStringLiteral("A certificate has expired"));
      QVERIFY(banner(listed)->text().contains(QStringLiteral("next start")));
    }
    check_awake();
  }

  void a_server_that_is_another_is_not_trusted() {
    SystemClock clock;
    const auto authority = pki::create_authority("ca", std::chrono::hours(48), clock);
    const auto stranger = pki::create_authority("ca", std::chrono::hours(48), clock);
    const auto server_pair =
        pki::issue(*stranger, {"s", {}, {"localhost"}, {"127.0.0.1"}, pki::Usage::kServer}, clock);
    TlsServer server(*server_pair, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    open_tls("stranger", server, authority->certificate_pem);
    go_to(kLists[3]);
    QTRY_VERIFY(banner(kLists[3])->isVisible());
    QCOMPARE(banner(kLists[3])->title(), QStringLiteral("The cluster cannot be trusted"));
    check_awake();
  }

  void garbage_is_said_to_be_garbage_data() {
    QTest::addColumn<QByteArray>("answer");
    const auto of = [](const QByteArray& body, const char* type) {
      return QByteArray("HTTP/1.1 200 OK\r\nContent-Type: ") + type +
             "\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n\r\n" + body;
    };
    QTest::newRow("a web page") << of("<html>Log in to the hotel's network</html>", "text/html");
    QTest::newRow("broken JSON") << of("{\"kind\":\"PodList\",\"items\":[{", "application/json");
    QTest::newRow("another document") << of("[1,2,3]", "application/json");
    QTest::newRow("no HTTP") << QByteArray("SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n");
    QTest::newRow("an error") << QByteArray(
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops");
  }
  void garbage_is_said_to_be_garbage() {
    QFETCH(QByteArray, answer);
    SystemClock clock;
    const auto authority = pki::create_authority("ca", std::chrono::hours(48), clock);
    const auto server_pair =
        pki::issue(*authority, {"s", {}, {"localhost"}, {"127.0.0.1"}, pki::Usage::kServer}, clock);
    TlsServer server(*server_pair, answer.toStdString());
    open_tls("garbage", server, authority->certificate_pem);
    for (const Listed& listed : {kLists[3]}) {
      go_to(listed);
      QTRY_VERIFY2(banner(listed)->isVisible(), listed.id);
      QVERIFY(!banner(listed)->title().isEmpty());
      QCOMPARE(table()->model()->rowCount(), 0);
      QVERIFY(!label((page_ + "_empty").c_str()).contains(QStringLiteral("none yet")));
    }
    check_awake();
  }

  // Whoever takes connections and says nothing freezes nothing: the pages wait, and go when told.
  void a_silent_server_freezes_nothing() {
    SystemClock clock;
    const auto authority = pki::create_authority("ca", std::chrono::hours(48), clock);
    const auto server_pair =
        pki::issue(*authority, {"s", {}, {"localhost"}, {"127.0.0.1"}, pki::Usage::kServer}, clock);
    make_pod("one");
    TlsServer server(*server_pair, {});
    open_tls("silent", server, authority->certificate_pem);
    for (const Listed& listed : {kLists[3], kLists[6], kLists[14]}) {
      go_to(listed);
      QVERIFY2(label((page_ + "_empty").c_str()).contains(QStringLiteral("Loading")), listed.id);
    }
    QTRY_VERIFY(server.connections() > 0);
    desktop_->current().choose("cove");
    go_to(kLists[3]);
    QTRY_COMPARE(table()->model()->rowCount(), 1);
    check_awake();
  }

 private:
  void go_to(const Listed& listed) {
    PageTest::go_to(listed.page);
    page_ = listed.id;
    if (listed.kind < 0) return;
    for (Segments* each : window().findChildren<Segments*>())
      if (each->isVisible()) each->setCurrentIndex(listed.kind);
  }
  Banner* banner(const Listed& listed) {
    return find<Banner>((std::string(listed.id) + "_health").c_str());
  }
  bool all_healths_hidden() {
    return std::ranges::all_of(kLists,
                               [&](const Listed& each) { return banner(each)->isHidden(); });
  }
  void open_tls(const char* profile, const TlsServer& server, const std::string& authority) {
    service_->set_status(running(profile));
    open("overview", profile,
         {{profile,
           [port = server.port(), authority,
            this](Executor& executor) -> std::unique_ptr<client::Transport> {
             client::ClientConfig config{.host = "127.0.0.1"};
             config.port = port;
             config.ca_certificate_pem = authority;
             auto credentials = client::make_credential_source(config, *spawner_, system_clock_);
             return *client::HttpsTransport::create(executor, std::move(config),
                                                    std::move(credentials));
           }}});
  }

  SystemClock system_clock_;
  const std::unique_ptr<Spawner> spawner_ = make_spawner();
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::FaultsTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_faults.moc"
