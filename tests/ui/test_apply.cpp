// Manifests dropped on the window: reviewed, then applied, against a real API server in this
// process.
#include <QDropEvent>
#include <QFile>
#include <QMimeData>
#include <QTest>

#include "tests/ui/page_test.h"
#include "ui/views/apply_page.h"

namespace cove::ui::test {

using State = ApplyEntry::State;

class ApplyTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
  void a_dropped_folder_is_reviewed_and_applied_in_order() {
    cluster_->create(
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"default"},
      "data":{"color":"red"}})");
    write("a-web.yaml", R"(apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: a, image: "demo:1"}]}
)");
    write("b-settings.yml",
          "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: "
          "{size: large}\n---\napiVersion: v1\nkind: Namespace\nmetadata: {name: "
          "shop}\n");
    write("sub/c-bad.yaml", "apiVersion: v1\nkind: [\n");
    write("notes.txt", "not a manifest");
    write(".hidden.yaml", "kind: [\n");
    open("overview");
    drop();
    QTRY_VERIFY(page());
    test_model();
    QTRY_COMPARE(page()->plan().phase(), ApplyPlan::Phase::kChecked);
    const ApplyPlan& plan = page()->plan();
    QCOMPARE(plan.rowCount(), 3);
    QCOMPARE(plan.at(0).kind, QStringLiteral("Namespace"));
    QCOMPARE(plan.at(0).state, State::kCreate);
    QCOMPARE(plan.at(1).kind, QStringLiteral("ConfigMap"));
    QCOMPARE(plan.at(1).state, State::kChange);
    QVERIFY(plan.at(1).before.contains(QStringLiteral("color: red")));
    QVERIFY(!plan.at(1).before.contains(QStringLiteral("size")));
    QVERIFY(plan.at(1).after.contains(QStringLiteral("size: large")));
    QCOMPARE(plan.at(2).state, State::kUnchecked);
    QVERIFY(plan.at(2).message.contains(QStringLiteral("namespace")));
    auto* problem = find<Banner>("apply_problem");
    QVERIFY(problem->isVisible());
    QVERIFY2(problem->text().startsWith(QStringLiteral("sub/c-bad.yaml:")),
             qPrintable(problem->text()));
    QVERIFY(!problem->text().contains(QStringLiteral("hidden")));
    // Nothing was done by looking.
    QVERIFY(!cluster_->get("namespaces", "shop", ""));
    QVERIFY(label("apply_summary").startsWith(QStringLiteral("3 to apply")));

    QTest::mouseClick(find<QPushButton>("apply_apply"), Qt::LeftButton);
    QTRY_COMPARE(plan.phase(), ApplyPlan::Phase::kApplied);
    QCOMPARE(plan.at(0).state, State::kCreated);
    QCOMPARE(plan.at(1).state, State::kChanged);
    QCOMPARE(plan.at(2).state, State::kCreated);
    QVERIFY(cluster_->get("deployments.apps", "web", "shop"));
    const auto settings = cluster_->get("configmaps", "settings");
    QCOMPARE(api::text_at(settings->document(), {"data", "color"}), "red");
    QCOMPARE(api::text_at(settings->document(), {"data", "size"}), "large");
    QVERIFY(label("apply_summary").startsWith(QStringLiteral("3 applied")));
    QTest::mouseClick(find<QPushButton>("apply_again"), Qt::LeftButton);
    QTRY_COMPARE(plan.phase(), ApplyPlan::Phase::kChecked);
    QCOMPARE(plan.count({State::kSame}), 3);
    check_awake();
  }

  void a_refusal_names_its_line_and_leaves_the_rest_alone() {
    write("all.yaml", R"(apiVersion: v1
kind: ConfigMap
metadata: {name: good}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: -1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: a, image: "demo:1"}]}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: unknown
dta: {}
---
apiVersion: example.com/v1
kind: Nothing
metadata: {name: x}
)");
    open("overview");
    drop();
    QTRY_VERIFY(page());
    QTRY_COMPARE(page()->plan().phase(), ApplyPlan::Phase::kChecked);
    const ApplyPlan& plan = page()->plan();
    QCOMPARE(plan.rowCount(), 4);
    QCOMPARE(named("good").state, State::kCreate);
    QCOMPARE(named("web").state, State::kRefused);
    QVERIFY2(named("web").message.contains(QStringLiteral("greater than or equal to 0")),
             qPrintable(named("web").message));
    QCOMPARE(named("web").message_line, 10);
    QCOMPARE(named("unknown").state, State::kRefused);
    QCOMPARE(named("unknown").message_line, 20);
    QCOMPARE(named("x").state, State::kRefused);
    QVERIFY(named("x").message.contains(QStringLiteral("no kind Nothing")));
    QTest::mouseClick(find<QPushButton>("apply_apply"), Qt::LeftButton);
    QTRY_COMPARE(plan.phase(), ApplyPlan::Phase::kApplied);
    QCOMPARE(named("good").state, State::kCreated);
    QCOMPARE(named("web").state, State::kNotApplied);
    QVERIFY(!named("web").message.isEmpty());
    QVERIFY(cluster_->get("configmaps", "good"));
    QVERIFY(!cluster_->get("deployments.apps", "web"));
    QVERIFY2(label("apply_summary").contains(QStringLiteral("3 left out")),
             qPrintable(label("apply_summary")));
    check_awake();
  }

  void a_conflict_names_the_manager_and_leaves_the_choice() {
    json::object map{{"apiVersion", "v1"},
                     {"kind", "ConfigMap"},
                     {"metadata", {{"name", "settings"}, {"namespace", "default"}}},
                     {"data", {{"color", "red"}}}};
    bool done = false;
    auto operation =
        client::ResourceClient(cluster_->as(), {"", "v1", "configmaps"}, "default")
            .patch("settings", client::PatchType::kApply, map, {.field_manager = "painter"},
                   [&](const auto& result) { done = result.has_value(); });
    QVERIFY(cluster_->until([&] { return done; }));
    write("settings.yaml",
          "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata:\n  "
          "color: blue\n");
    open("overview");
    drop();
    QTRY_VERIFY(page());
    QTRY_COMPARE(page()->plan().phase(), ApplyPlan::Phase::kChecked);
    QCOMPARE(named("settings").state, State::kConflict);
    QVERIFY2(label("apply_about").contains(QStringLiteral("\"painter\"")),
             qPrintable(label("apply_about")));
    QVERIFY(label("apply_about").contains(QStringLiteral(".data.color")));
    QCOMPARE(named("settings").message_line, 5);
    QVERIFY(!find<QPushButton>("apply_apply")->isEnabled());
    QTest::mouseClick(find<QPushButton>("apply_take_over"), Qt::LeftButton);
    QTRY_COMPARE(page()->plan().phase(), ApplyPlan::Phase::kChecked);
    QCOMPARE(named("settings").state, State::kChange);
    QTest::mouseClick(find<QPushButton>("apply_apply"), Qt::LeftButton);
    QTRY_COMPARE(page()->plan().phase(), ApplyPlan::Phase::kApplied);
    QCOMPARE(api::text_at(cluster_->get("configmaps", "settings")->document(), {"data", "color"}),
             "blue");
    check_awake();
  }

  void a_definition_and_an_object_of_it_come_in_one_text() {
    open("apply");
    auto* text = find<QPlainTextEdit>("apply_text");
    text->setPlainText(QStringLiteral(R"({"apiVersion":"example.com/v1","kind":"Boat",
  "metadata":{"name":"ida"},"spec":{"sails":2}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: boats, singular: boat, kind: Boat, listKind: BoatList}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object,
      properties: {sails: {type: integer}}}}}}
)"));
    QTest::mouseClick(find<QPushButton>("apply_check"), Qt::LeftButton);
    QTRY_COMPARE(page()->plan().phase(), ApplyPlan::Phase::kChecked);
    QCOMPARE(named("boats.example.com").state, State::kCreate);
    QCOMPARE(named("ida").state, State::kUnchecked);
    QTest::mouseClick(find<QPushButton>("apply_apply"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(page()->plan().phase(), ApplyPlan::Phase::kApplied, 15'000);
    QVERIFY2(named("ida").state == State::kCreated, qPrintable(named("ida").message));
    check_awake();
  }

  void nothing_and_nobody_are_said() {
    open("apply");
    find<QPlainTextEdit>("apply_text")->setPlainText(QStringLiteral("# only a remark\n"));
    QTest::mouseClick(find<QPushButton>("apply_check"), Qt::LeftButton);
    QTRY_VERIFY(find<Banner>("apply_problem")->isVisible());
    line_->cut();
    find<QPlainTextEdit>("apply_text")
        ->setPlainText(QStringLiteral("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"));
    QTest::mouseClick(find<QPushButton>("apply_check"), Qt::LeftButton);
    QTRY_COMPARE(page()->plan().phase(), ApplyPlan::Phase::kChecked);
    QCOMPARE(named("a").state, State::kRefused);
    QVERIFY(named("a").message.contains(QStringLiteral("the line is cut")));
    line_->mend();
    QTest::mouseClick(find<QPushButton>("apply_again"), Qt::LeftButton);
    QTRY_COMPARE(named("a").state, State::kCreate);
    check_awake();
  }

 private:
  ApplyPage* page() { return window().findChild<ApplyPage*>(); }
  const ApplyEntry& named(const char* name) {
    static const ApplyEntry none;
    const ApplyPlan& plan = page()->plan();
    for (int row = 0; row < plan.rowCount(); ++row)
      if (plan.at(row).name == QLatin1String(name)) return plan.at(row);
    return none;
  }
  QString folder() { return home_->filePath(QStringLiteral("manifests")); }
  void write(const char* name, const char* text) {
    const QFileInfo info(folder() + QLatin1Char('/') + QString::fromLatin1(name));
    QVERIFY(QDir().mkpath(info.absolutePath()));
    QFile file(info.absoluteFilePath());
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
  }
  void drop() {
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile(folder())});
    QDragEnterEvent enter(QPoint(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent event(QPointF(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(&window(), &event);
    QVERIFY(event.isAccepted());
  }
  void test_model() {
    testers_.push_back(std::make_unique<QAbstractItemModelTester>(
        &page()->plan(), QAbstractItemModelTester::FailureReportingMode::Fatal));
  }
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::ApplyTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_apply.moc"
