// The pages of API objects by clicks, against a real API server in this process.
#include <QClipboard>
#include <QDialog>
#include <QHeaderView>
#include <QHelpEvent>
#include <QSpinBox>
#include <QTabBar>
#include <QTest>
#include <QToolTip>

#include "tests/ui/crowd.h"
#include "tests/ui/page_test.h"
#include "tests/ui/wrapped_transport.h"
#include "ui/models/document_text.h"

namespace cove::ui::test {

namespace json = boost::json;

class PagesTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
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
    Cluster& empty = another();
    open("pods", "cove", {{"other", to(empty)}});
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
    act([&] { history->selectRow(1); });
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

  // What a list is looked at for is seen beside the details, in the window as it first opens.
  void names_give_way_to_what_stands_beside_them() {
    const std::string name = "a-name-that-is-much-longer-than-most-and-differs-at-its-end-x7k2p";
    make_pod(name);
    cluster_->run_pod(name);
    open("pods");
    QTRY_VERIFY(row_of(name.c_str()) >= 0);
    const auto* header = table()->horizontalHeader();
    const int natural = header->sectionSize(0);
    choose(name.c_str());
    QTRY_VERIFY(find<QWidget>("pods_details")->isVisible());
    const auto edge = [&](int column) {
      return header->sectionPosition(column) + header->sectionSize(column);
    };
    QTRY_VERIFY(edge(2) <= table()->viewport()->width());
    QVERIFY(header->sectionSize(0) <
            table()->fontMetrics().horizontalAdvance(QString::fromStdString(name)));
    const auto* tabs = find<QTabWidget>("pods_tabs")->tabBar();
    QVERIFY(tabs->tabRect(tabs->count() - 1).right() < tabs->width());

    const QModelIndex cut = table()->model()->index(row_of(name.c_str()), 0);
    const QPoint where = table()->visualRect(cut).center();
    QHelpEvent help(QEvent::ToolTip, where, table()->viewport()->mapToGlobal(where));
    QCoreApplication::sendEvent(table()->viewport(), &help);
    QCOMPARE(QToolTip::text(), QString::fromStdString(name));

    // A width that a person sets stays.
    table()->horizontalHeader()->resizeSection(0, natural + 40);
    act([&] { window().resize(window().size() - QSize(60, 0)); });
    QCOMPARE(header->sectionSize(0), natural + 40);
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
    // No model tester: it looks at every row at every change.
    open("overview", "crowd", {{"crowd", [](Executor& executor) {
                                  return std::make_unique<CrowdTransport>(executor,
                                                                          Crowd::of(10'000));
                                }}});
    page_ = "pods";
    QTRY_VERIFY_WITH_TIMEOUT(desktop_->api().followed({.resource = {"", "v1", "pods"}}), 30'000);
    go_to("pods");
    QVERIFY(table()->model()->rowCount() < 10'000);
    // Another language meanwhile: what had no row yet gets one all the same.
    QEvent language(QEvent::LanguageChange);
    QCoreApplication::sendEvent(window().findChild<ObjectPage*>(), &language);
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
  QString run_until_text(const char* name, int column) {
    return row_of(name) < 0 ? QString() : cell(row_of(name), column);
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
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::PagesTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_pages.moc"
