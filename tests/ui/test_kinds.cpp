// The pages of the other kinds, and a Deployment's rollout, by clicks against a real API server in
// this process.
#include <QClipboard>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QSpinBox>
#include <QTextBlock>

#include "core/base/base64.h"
#include "tests/ui/page_test.h"
#include "ui/models/rollout.h"
#include "ui/widgets/navigation.h"
#include "ui/widgets/segments.h"
#include "ui/widgets/state_cells.h"
#include "ui/widgets/yaml_editor.h"

namespace cove::ui::test {

class KindsTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
  void a_configmap_is_read_changed_and_grows() {
    cluster_->create(
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"default"},
        "data":{"color":"blue","greeting":"hello\nworld"},"binaryData":{"logo":"AAEC"}})");
    cluster_->create(
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"reader","namespace":"default"},
        "spec":{"containers":[{"name":"a","image":"a","envFrom":[{"configMapRef":{"name":"settings"}}]}]}})");
    open("config");
    show_kind("configmaps", 0);
    QTRY_VERIFY(row_of("settings") >= 0);
    QCOMPARE(cell(row_of("settings"), 1), QStringLiteral("3"));
    choose("settings");
    auto* keys = find<QListWidget>("data_keys");
    QTRY_COMPARE(keys->count(), 3);
    auto* value = find<QPlainTextEdit>("data_value");
    QCOMPARE(value->toPlainText(), QStringLiteral("blue"));
    keys->setCurrentRow(2);
    QVERIFY(!value->isVisible());
    QVERIFY(label("data_hidden").contains(QStringLiteral("no text")));
    keys->setCurrentRow(0);
    QTest::mouseClick(find<QToolButton>("data_copy"), Qt::LeftButton);
    QCOMPARE(QGuiApplication::clipboard()->text(), QStringLiteral("blue"));

    value->setPlainText(QStringLiteral("green"));
    QTest::mouseClick(find<QPushButton>("data_save"), Qt::LeftButton);
    QTRY_COMPARE(data("settings", "color"), std::string("green"));
    QTRY_VERIFY(!find<QPushButton>("data_save")->isVisible());

    find<QLineEdit>("data_new_key")->setText(QStringLiteral("size"));
    QTest::mouseClick(find<QPushButton>("data_add"), Qt::LeftButton);
    QTRY_COMPARE(keys->count(), 4);
    QTRY_COMPARE(keys->currentItem()->data(Qt::UserRole).toString(), QStringLiteral("size"));
    QTest::mouseClick(find<QPushButton>("data_remove"), Qt::LeftButton);
    QTRY_COMPARE(keys->count(), 3);

    find<QTabWidget>("configmaps_tabs")->setCurrentIndex(1);
    QTRY_VERIFY(shows_text(QStringLiteral("reader")));
    check_awake();
  }

  // As others wrote it, but for what was typed: editors know neither no-break spaces nor how lines
  // end.
  void an_edit_keeps_every_byte_of_the_other_lines() {
    cluster_->create(
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"default"},
        "data":{"text":"no\u00a0break\r\nsecond\r\nthin\u2009space\u2028soft\nlone\rpara\u2029end\r\n"}})");
    open("config");
    show_kind("configmaps", 0);
    QTRY_VERIFY(row_of("settings") >= 0);
    choose("settings");
    auto* value = find<QPlainTextEdit>("data_value");
    QTRY_VERIFY(value->isVisible());
    QCOMPARE(value->document()->blockCount(), 7);
    QVERIFY(!find<QPushButton>("data_save")->isVisible());
    QTextCursor cursor(value->document()->findBlockByNumber(1));
    cursor.movePosition(QTextCursor::EndOfBlock);
    value->setTextCursor(cursor);
    QTest::keyClicks(value, QStringLiteral(" line"));
    QTest::keyClick(value, Qt::Key_Return);
    QTest::keyClicks(value, QStringLiteral("new"));
    QTest::mouseClick(find<QPushButton>("data_save"), Qt::LeftButton);
    QTRY_COMPARE(data("settings", "text"),
                 std::string("no\u00a0break\r\nsecond line\r\nnew\r\nthin\u2009space\u2028soft\n"
                             "lone\rpara\u2029end\r\n"));
    QTRY_VERIFY(!find<QPushButton>("data_save")->isVisible());
    check_awake();
  }

  void a_value_that_somebody_else_changed_is_not_overwritten() {
    cluster_->create(
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"default"},
        "data":{"color":"blue"}})");
    open("config");
    show_kind("configmaps", 0);
    QTRY_VERIFY(row_of("settings") >= 0);
    choose("settings");
    auto* value = find<QPlainTextEdit>("data_value");
    QTRY_COMPARE(value->toPlainText(), QStringLiteral("blue"));
    value->setPlainText(QStringLiteral("mine"));
    cluster_->patch("configmaps", "settings", R"({"data":{"color":"theirs","new":"x"}})");
    QTRY_COMPARE(find<QListWidget>("data_keys")->count(), 2);
    QCOMPARE(value->toPlainText(), QStringLiteral("mine"));
    QTest::mouseClick(find<QPushButton>("data_save"), Qt::LeftButton);
    QTRY_VERIFY(find<Banner>("data_refusal")->isVisible());
    QVERIFY(find<Banner>("data_refusal")->title().contains(QStringLiteral("meanwhile")));
    QCOMPARE(data("settings", "color"), std::string("theirs"));
    QTest::mouseClick(find<QPushButton>("data_revert"), Qt::LeftButton);
    QCOMPARE(value->toPlainText(), QStringLiteral("theirs"));
    check_awake();
  }

  void a_secret_hides_its_values_until_asked_key_by_key() {
    cluster_->create(
        R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"login","namespace":"default"},
        "stringData":{"password":"tulip","user":"ann"}})");
    cluster_->create(
        R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"fixed","namespace":"default"},
        "immutable":true,"stringData":{"key":"never"}})");
    open("config");
    show_kind("secrets", 1);
    QTRY_VERIFY(row_of("login") >= 0);
    choose("login");
    auto* value = find_in("secrets", "data_value");
    auto* keys = find_in<QListWidget>("secrets", "data_keys");
    QTRY_COMPARE(keys->count(), 2);
    QVERIFY(!value->isVisible());
    QVERIFY(value->toPlainText().isEmpty());
    QTest::mouseClick(find_in<QPushButton>("secrets", "data_reveal"), Qt::LeftButton);
    QVERIFY(value->isVisible());
    QCOMPARE(value->toPlainText(), QStringLiteral("tulip"));
    keys->setCurrentRow(1);
    QVERIFY(!value->isVisible());
    QVERIFY(value->toPlainText().isEmpty());
    keys->setCurrentRow(0);
    QCOMPARE(value->toPlainText(), QStringLiteral("tulip"));
    value->setPlainText(QStringLiteral("rose"));
    QTest::mouseClick(find_in<QPushButton>("secrets", "data_save"), Qt::LeftButton);
    QTRY_COMPARE(api::text_at(cluster_->get("secrets", "login")->document(), {"data", "password"}),
                 std::string_view("cm9zZQ=="));
    choose("fixed");
    QTRY_VERIFY(
        find_in<QLabel>("secrets", "data_note")->text().contains(QStringLiteral("immutable")));
    QVERIFY(!find_in<QPushButton>("secrets", "data_remove")->isEnabled());
    choose("login");
    QTRY_VERIFY(!value->isVisible());  // hidden again
    check_awake();
  }

  void a_secrets_yaml_hides_values_also_while_it_is_edited() {
    cluster_->create(
        R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"login","namespace":"default"},
        "data":{"password":"dHVsaXA=","raw":"AAH/","user":"YW5u"}})");
    open("config");
    show_kind("secrets", 1);
    QTRY_VERIFY(row_of("login") >= 0);
    choose("login");
    auto* editor = find<YamlEditor>("secrets_yaml");
    find<QTabWidget>("secrets_tabs")->setCurrentWidget(editor->parentWidget()->parentWidget());
    const auto shown = [&] { return editor->toPlainText(); };
    QTRY_VERIFY(shown().contains(QStringLiteral("•••••••• (5 B)")));
    QVERIFY(!shown().contains(QStringLiteral("dHVsaXA")));
    QVERIFY(label("secrets_yaml_hint").contains(QStringLiteral("base64")));

    QTest::mouseClick(find<QPushButton>("secrets_yaml_edit"), Qt::LeftButton);
    QString typed = shown();
    typed.replace(QStringLiteral("user: \"•••••••• (3 B)\""), QStringLiteral("user: Ym9i"));
    typed.append(QStringLiteral("stringData:\n  extra: plain words\n"));
    editor->setPlainText(typed);
    QTest::mouseClick(find<QPushButton>("secrets_yaml_review"), Qt::LeftButton);
    QTRY_VERIFY(find<QPushButton>("secrets_yaml_apply")->isVisible());
    const QString diff = find<QPlainTextEdit>("secrets_yaml_diff")->toPlainText();
    QVERIFY2(diff.contains(QStringLiteral("(3 B, a new value)")), qPrintable(diff));
    QVERIFY(!diff.contains(QStringLiteral("Ym9i")));
    QTest::mouseClick(find<QPushButton>("secrets_yaml_apply"), Qt::LeftButton);
    QTRY_COMPARE(secret("user"), std::string("Ym9i"));
    QCOMPARE(secret("password"), std::string("dHVsaXA="));
    QCOMPARE(secret("raw"), std::string("AAH/"));
    QCOMPARE(secret("extra"), std::string("cGxhaW4gd29yZHM="));

    QTRY_VERIFY(find<QPushButton>("secrets_yaml_reveal")->isVisible());
    QTest::mouseClick(find<QPushButton>("secrets_yaml_reveal"), Qt::LeftButton);
    QVERIFY(shown().contains(QStringLiteral("password: tulip")));
    QVERIFY(shown().contains(QStringLiteral("raw: AAH/")));
    QTest::mouseClick(find<QPushButton>("secrets_yaml_edit"), Qt::LeftButton);
    typed = shown();
    typed.replace(QStringLiteral("password: tulip"), QStringLiteral("password: rose"));
    typed.remove(QStringLiteral("  extra: plain words\n"));
    editor->setPlainText(typed);
    QTest::mouseClick(find<QPushButton>("secrets_yaml_review"), Qt::LeftButton);
    QTRY_VERIFY(find<QPushButton>("secrets_yaml_apply")->isVisible());
    QTest::mouseClick(find<QPushButton>("secrets_yaml_apply"), Qt::LeftButton);
    QTRY_COMPARE(secret("password"), std::string("cm9zZQ=="));
    QCOMPARE(secret("raw"), std::string("AAH/"));
    QCOMPARE(secret("extra"), std::string());
    check_awake();
  }

  void an_ingress_says_how_to_ask_and_why_it_cannot_answer() {
    make_ingress();
    open("ingresses");
    QTRY_VERIFY(row_of("shop") >= 0);
    QTRY_COMPARE(cell(row_of("shop"), 1), QStringLiteral("Cannot answer"));
    choose("shop");
    auto* ways = find<QTableView>("ingress_ways");
    QTRY_COMPARE(ways->model()->rowCount(), 2);
    QCOMPARE(ways->model()->index(0, 2).data().toString(), QStringLiteral("web:80"));
    QTRY_VERIFY(label("ingress_note").contains(QStringLiteral("There is no IngressClass cove")));
    cluster_->create(R"({"apiVersion":"networking.k8s.io/v1","kind":"IngressClass",
        "metadata":{"name":"cove"},"spec":{"controller":"cove.dev/ingress"}})");
    QTRY_VERIFY(label("ingress_note").contains(QStringLiteral("There is no Service web")));
    cluster_->create(
        R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"default"},
        "spec":{"selector":{"app":"web"},"ports":[{"port":80}]}})");
    QTRY_VERIFY(label("ingress_note").contains(QStringLiteral("no ready pod")));
    make_endpoint("web");
    QTRY_COMPARE(cell(row_of("shop"), 1), QStringLiteral("Cannot answer"));  // api is missing
    act([&] { ways->selectRow(0); });
    QTRY_VERIFY(label("ingress_note").contains(QStringLiteral("/etc/hosts")));
    QTest::mouseClick(find<QToolButton>("ingress_copy_curl"), Qt::LeftButton);
    QCOMPARE(QGuiApplication::clipboard()->text(),
             QStringLiteral("curl --resolve shop.example.com:8080:127.0.0.1 "
                            "http://shop.example.com:8080/"));
    check_awake();
  }

  void claims_say_what_they_wait_for_and_who_uses_them() {
    cluster_->create(claim("lost", "nowhere"));
    cluster_->create(R"({"apiVersion":"storage.k8s.io/v1","kind":"StorageClass",
        "metadata":{"name":"lazy"},"provisioner":"cove.dev/disk","volumeBindingMode":"WaitForFirstConsumer"})");
    cluster_->create(claim("data", "lazy"));
    open("storage");
    show_kind("claims", 0);
    QTRY_VERIFY(row_of("lost") >= 0);
    QCOMPARE(cell(row_of("lost"), 1), QStringLiteral("Pending"));
    choose("lost");
    QTRY_VERIFY(shows_text(QStringLiteral("There is no StorageClass nowhere")));
    choose("data");
    QTRY_VERIFY(shows_text(QStringLiteral("waits for the first pod")));
    cluster_->create(
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"user","namespace":"default"},
        "spec":{"containers":[{"name":"a","image":"a"}],
        "volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"data"}}]}})");
    QTRY_VERIFY(shows_text(QStringLiteral("user")));
    QTRY_VERIFY(shows_text(QStringLiteral("cove.dev/disk has not made")));
    show_kind("classes", 2);
    QTRY_COMPARE(cell(row_of("lazy"), 2), QStringLiteral("cove.dev/disk"));
    show_kind("volumes", 1);
    QTRY_VERIFY(label("volumes_empty").contains(QStringLiteral("none yet")));
    check_awake();
  }

  void a_pod_that_waits_leads_to_its_claim() {
    cluster_->create(claim("data", "nowhere"));
    cluster_->create(
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"user","namespace":"default"},
        "spec":{"containers":[{"name":"a","image":"a"}],
        "volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"data"}}]}})");
    cluster_->patch("pods", "user", R"({"status":{"conditions":[{"type":"PodScheduled",
        "status":"False","reason":"Unschedulable",
        "message":"0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."}]}})",
                    "default", "status");
    open("pods");
    QTRY_VERIFY(row_of("user") >= 0);
    choose("user");
    QTRY_VERIFY(find<QPushButton>("why_action") != nullptr);
    QTest::mouseClick(find<QPushButton>("why_action"), Qt::LeftButton);
    page_ = "claims";
    QTRY_VERIFY(table() && table()->selectionModel()->hasSelection());
    QVERIFY(find<QFrame>("claims_details")->isVisible());
    check_awake();
  }

  void jobs_are_suspended_and_cron_jobs_run_now() {
    cluster_->create(
        R"({"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"import","namespace":"default"},
        "spec":{"completions":3,"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"a","image":"a"}]}}}})");
    cluster_->create(
        R"({"apiVersion":"batch/v1","kind":"CronJob","metadata":{"name":"nightly","namespace":"default"},
        "spec":{"schedule":"0 3 * * *","jobTemplate":{"metadata":{"labels":{"of":"night"}},
        "spec":{"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"a","image":"a"}]}}}}}})");
    open("jobs");
    show_kind("jobs", 0);
    QTRY_VERIFY(row_of("import") >= 0);
    QCOMPARE(cell(row_of("import"), 2), QStringLiteral("0/3"));
    choose("import");
    QTest::mouseClick(find<QPushButton>("jobs_suspend"), Qt::LeftButton);
    QTRY_COMPARE(cell(row_of("import"), 1), QStringLiteral("Suspended"));
    QTRY_COMPARE(find<QPushButton>("jobs_suspend")->text(), QStringLiteral("Resume"));
    cluster_->patch("jobs.batch", "import",
                    R"({"status":{"failed":7,"startTime":"2023-11-14T22:13:20Z","conditions":[
        {"type":"FailureTarget","status":"True","reason":"BackoffLimitExceeded","message":"too many"},
        {"type":"Failed","status":"True","reason":"BackoffLimitExceeded","message":"too many"}]}})",
                    "default", "status");
    QTRY_COMPARE(cell(row_of("import"), 1), QStringLiteral("Failed"));
    QTRY_VERIFY(!find<QPushButton>("jobs_suspend")->isEnabled());
    show_kind("cronjobs", 1);
    QTRY_VERIFY(row_of("nightly") >= 0);
    choose("nightly");
    QTest::mouseClick(find<QPushButton>("cronjob_run"), Qt::LeftButton);
    QTRY_COMPARE(cluster_->list("jobs.batch").size(), std::size_t{2});
    for (const auto& job : cluster_->list("jobs.batch")) {
      if (job->name() == "import") continue;
      QVERIFY(job->name().starts_with("nightly-"));
      QCOMPARE(api::text_at(job->document(), {"metadata", "labels", "of"}),
               std::string_view("night"));
      QCOMPARE(api::text_at(job->document(),
                            {"metadata", "annotations", "cronjob.kubernetes.io/instantiate"}),
               std::string_view("manual"));
    }
    check_awake();
  }

  void a_stateful_set_scales_and_a_daemon_set_restarts() {
    const std::string pod =
        R"("selector":{"matchLabels":{"app":"x"}},"template":{"metadata":{"labels":{"app":"x"}},
        "spec":{"containers":[{"name":"a","image":"a"}]}})";
    cluster_->create(
        R"({"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"db","namespace":"default"},
        "spec":{"serviceName":"db","replicas":2,)" +
        pod + "}}");
    cluster_->create(
        R"({"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"agent","namespace":"default"},
        "spec":{)" +
        pod + "}}");
    open("workloads");
    show_kind("statefulsets", 0);
    QTRY_COMPARE(cell(row_of("db"), 2), QStringLiteral("0/2"));
    choose("db");
    find<QSpinBox>("statefulset_replicas")->setValue(4);
    QTest::mouseClick(find<QPushButton>("statefulset_scale"), Qt::LeftButton);
    QTRY_COMPARE(cell(row_of("db"), 2), QStringLiteral("0/4"));
    show_kind("daemonsets", 1);
    QTRY_VERIFY(row_of("agent") >= 0);
    choose("agent");
    QTest::mouseClick(find<QPushButton>("daemonset_restart"), Qt::LeftButton);
    QTRY_VERIFY(!api::text_at(cluster_->get("daemonsets.apps", "agent")->document(),
                              {"spec", "template", "metadata", "annotations",
                               "kubectl.kubernetes.io/restartedAt"})
                     .empty());
    check_awake();
  }

  void custom_resources_have_the_columns_they_ask_for() {
    cluster_->create(R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
      "metadata":{"name":"boats.sea.example"},"spec":{"group":"sea.example","scope":"Namespaced",
      "names":{"plural":"boats","singular":"boat","kind":"Boat"},"versions":[{"name":"v1","served":true,
      "storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object",
      "x-kubernetes-preserve-unknown-fields":true}}}},"additionalPrinterColumns":[
      {"name":"Sails","type":"integer","jsonPath":".spec.sails"},
      {"name":"Hidden","type":"string","jsonPath":".spec.secret","priority":1},
      {"name":"Crew","type":"string","jsonPath":".spec.crew[?(@.rank=='captain')].name"}]}]}})");
    cluster_->settle();
    open("custom");
    QTRY_VERIFY(row_of("boats.sea.example") >= 0);
    QTRY_COMPARE(cell(row_of("boats.sea.example"), 1), QStringLiteral("Boat"));
    QTRY_COMPARE(cell(row_of("boats.sea.example"), 2), QStringLiteral("Established"));
    cluster_->create(
        R"({"apiVersion":"sea.example/v1","kind":"Boat","metadata":{"name":"anna","namespace":"default"},
        "spec":{"sails":3,"crew":[{"rank":"cook","name":"Bo"},{"rank":"captain","name":"Ada"}]}})");
    choose("boats.sea.example");
    QTest::mouseClick(find<QPushButton>("custom_show"), Qt::LeftButton);
    page_ = "custom_objects";
    QTRY_VERIFY(table() != nullptr && row_of("anna") >= 0);
    watch_models();
    QCOMPARE(table()->model()->columnCount(), 4);
    QCOMPARE(table()->model()->headerData(1, Qt::Horizontal).toString(), QStringLiteral("Sails"));
    QCOMPARE(cell(0, 1), QStringLiteral("3"));
    QCOMPARE(cell(0, 2), QStringLiteral("Ada"));
    cluster_->create(
        R"({"apiVersion":"sea.example/v1","kind":"Boat","metadata":{"name":"bert","namespace":"default"},
        "spec":{"sails":5}})");
    QTRY_VERIFY(row_of("bert") >= 0);
    QCOMPARE(cell(row_of("bert"), 1), QStringLiteral("5"));
    QCOMPARE(cell(row_of("bert"), 2), QString());
    QTest::mouseClick(find<QPushButton>("custom_back"), Qt::LeftButton);
    QTRY_VERIFY(find<QTableView>("custom_table")->isVisible());
    testers_.clear();
    check_awake();
  }

  void a_rollout_shows_a_cell_for_every_pod_and_what_it_is_stuck_on() {
    make_deployment();
    open("deployments");
    QTRY_VERIFY(row_of("web") >= 0);
    choose("web");
    auto* tabs = find<QTabWidget>("deployments_tabs");
    tabs->setCurrentWidget(find<QWidget>("rollout"));
    auto* fresh = find<StateCells>("rollout_cells_0");
    QTRY_VERIFY((fresh = find<StateCells>("rollout_cells_0")) != nullptr);
    QTRY_COMPARE(fresh->cells().size(), std::size_t(1));
    QCOMPARE(fresh->cells()[0].glyph, Glyph::kTurning);
    auto* old = find<StateCells>("rollout_cells_1");
    QVERIFY(old != nullptr);
    QCOMPARE(old->cells().size(), std::size_t{2});
    QVERIFY(label("rollout_state").startsWith(QStringLiteral("Rolling out")));
    QVERIFY(shows_text(QStringLiteral("maxSurge 1 (25%)")));
    QVERIFY(shows_text(QStringLiteral("maxUnavailable 0 (25%)")));
    QVERIFY(!find<Banner>("rollout_stuck")->isVisible());

    cluster_->patch(
        "pods", "web-2-a",
        api::to_text(json::object{
            {"status",
             {{"phase", "Pending"},
              {"containerStatuses",
               {{{"name", "a"},
                 {"image", "a"},
                 {"imageID", ""},
                 {"ready", false},
                 {"restartCount", 0},
                 {"state",
                  {{"waiting",
                    {{"reason", "ImagePullBackOff"}, {"message", "demo:2 is not there"}}}}}}}}}}}),
        "default", "status");
    auto* stuck = find<Banner>("rollout_stuck");
    QTRY_VERIFY(stuck->isVisible());
    QVERIFY(stuck->title().contains(QStringLiteral("web-2-a")));
    QVERIFY(stuck->title().contains(QStringLiteral("ImagePullBackOff")));
    QVERIFY(stuck->text().contains(QStringLiteral("demo:2 is not there")));
    QVERIFY(stuck->text().contains(QStringLiteral("History")));
    QCOMPARE(fresh->cells()[0].glyph, Glyph::kBroken);
    fresh->setFocus();
    QTest::keyClick(fresh, Qt::Key_Return);
    QVERIFY(label("rollout_pod").contains(QStringLiteral("demo:2 is not there")));

    QTest::mouseClick(find<QPushButton>("rollout_pause"), Qt::LeftButton);
    QTRY_VERIFY(
        api::flag_at(cluster_->get("deployments.apps", "web")->document(), {"spec", "paused"}));
    QTRY_COMPARE(find<QPushButton>("rollout_pause")->text(), QStringLiteral("Resume"));
    QTest::mouseClick(find<QPushButton>("rollout_pause"), Qt::LeftButton);
    QTRY_VERIFY(
        !api::flag_at(cluster_->get("deployments.apps", "web")->document(), {"spec", "paused"}));

    tabs->setCurrentWidget(find<QWidget>("history"));
    auto* history = find<QTableView>("history_table");
    QTRY_COMPARE(history->model()->rowCount(), 2);
    history->selectAll();  // two of them: what differs, and nothing to undo
    QVERIFY(find<QPlainTextEdit>("history_diff")
                ->toPlainText()
                .contains(QStringLiteral("+   - image: demo:2")));
    QVERIFY(!find<QPushButton>("history_undo")->isVisible());
    check_awake();
  }

  void the_navigation_counts_what_lives_and_reddens_what_fails() {
    make_pod("one");
    cluster_->run_pod("one");
    make_pod("over");
    cluster_->run_pod("over");
    cluster_->end_pod("over", 0);
    cluster_->create(
        R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"orphan","namespace":"default"},
        "spec":{"selector":{"app":"nobody"},"ports":[{"port":80}]}})");
    open("overview");
    auto* navigation = find<Navigation>("navigation");
    QTRY_COMPARE(navigation->badge(row("pods")), QStringLiteral("1"));
    QCOMPARE(tone(*navigation, "pods"), Tone::kNeutral);
    QTRY_COMPARE(navigation->badge(row("services")), QStringLiteral("1"));
    QCOMPARE(tone(*navigation, "services"), Tone::kBad);
    make_endpoint("orphan");
    QTRY_COMPARE(tone(*navigation, "services"), Tone::kNeutral);
    make_pod("ill");
    cluster_->run_pod("ill");
    cluster_->end_pod("ill", 3);
    QTRY_COMPARE(tone(*navigation, "pods"), Tone::kBad);
    QCOMPARE(navigation->badge(row("pods")), QStringLiteral("1"));
    check_awake();
  }

  void jobs_claims_and_ingresses_are_counted_too() {
    for (const char* name : {"well", "ill"}) {
      cluster_->create(json::object{{"apiVersion", "batch/v1"},
                                    {"kind", "Job"},
                                    {"metadata", {{"name", name}, {"namespace", "default"}}},
                                    {"spec",
                                     {{"template",
                                       {{"spec",
                                         {{"restartPolicy", "Never"},
                                          {"containers", {{{"name", "a"}, {"image", "a"}}}}}}}}}}});
    }
    cluster_->create(claim("data", "lazy"));
    make_ingress();
    open("overview");
    auto* navigation = find<Navigation>("navigation");
    QTRY_COMPARE(navigation->badge(row("jobs")), QStringLiteral("2"));
    QCOMPARE(tone(*navigation, "jobs"), Tone::kNeutral);
    QTRY_COMPARE(navigation->badge(row("storage")), QStringLiteral("1"));
    QCOMPARE(tone(*navigation, "storage"), Tone::kBusy);
    QTRY_COMPARE(tone(*navigation, "ingresses"), Tone::kBad);
    cluster_->patch("jobs.batch", "ill",
                    R"({"status":{"failed":7,"startTime":"2023-11-14T22:13:20Z","conditions":[
        {"type":"FailureTarget","status":"True","reason":"BackoffLimitExceeded","message":"too many"},
        {"type":"Failed","status":"True","reason":"BackoffLimitExceeded","message":"too many"}]}})",
                    "default", "status");
    QTRY_COMPARE(tone(*navigation, "jobs"), Tone::kBad);
    QCOMPARE(navigation->badge(row("jobs")), QStringLiteral("1"));
    cluster_->patch("persistentvolumeclaims", "data", R"({"status":{"phase":"Lost"}})", "default",
                    "status");
    QTRY_COMPARE(tone(*navigation, "storage"), Tone::kBad);
    for (const char* name : {"web", "api"}) {
      cluster_->create(json::object{
          {"apiVersion", "v1"},
          {"kind", "Service"},
          {"metadata", {{"name", name}, {"namespace", "default"}}},
          {"spec",
           {{"selector", {{"app", name}}}, {"ports", {{{"name", "http"}, {"port", 80}}}}}}});
      // Both are counted at the same time.
      QTRY_COMPARE(tone(*navigation, "services"), Tone::kBad);
      QCOMPARE(tone(*navigation, "ingresses"), Tone::kBad);
      make_endpoint(name);
      QTRY_COMPARE(tone(*navigation, "services"), Tone::kNeutral);
    }
    // It leads somewhere now, but nobody has given it an address.
    QTRY_COMPARE(tone(*navigation, "ingresses"), Tone::kBusy);
    cluster_->patch("ingresses.networking.k8s.io", "shop",
                    R"({"status":{"loadBalancer":{"ingress":[{"ip":"10.0.0.9"}]}}})", "default",
                    "status");
    QTRY_COMPARE(tone(*navigation, "ingresses"), Tone::kNeutral);
    check_awake();
  }

  void the_overview_leads_to_the_kind_it_counts() {
    open("overview");
    for (const char* kind : {"daemonsets", "statefulsets", "daemonsets", "jobs"}) {
      window().go_to(QStringLiteral("overview"));
      const std::string name = kind;
      QTest::mouseClick(find<QPushButton>(("runs_" + name).c_str()), Qt::LeftButton);
      QTRY_VERIFY2(find<QTableView>((name + "_table").c_str()) &&
                       find<QWidget>((name + "_details").c_str())->parentWidget()->isVisible(),
                   kind);
    }
    check_awake();
  }

  void a_node_has_the_events_that_name_it() {
    cluster_->create(R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"desk"}})");
    cluster_->create(R"({"apiVersion":"v1","kind":"Event",
        "metadata":{"name":"desk.1","namespace":"default"},"reason":"NodeHasDiskPressure",
        "involvedObject":{"apiVersion":"v1","kind":"Node","name":"desk","uid":"desk"}})");
    cluster_->create(R"({"apiVersion":"v1","kind":"Event",
        "metadata":{"name":"other.1","namespace":"default"},"reason":"Elsewhere",
        "involvedObject":{"apiVersion":"v1","kind":"Node","name":"other","uid":"other"}})");
    open("nodes");
    QTRY_VERIFY(row_of("desk") >= 0);
    choose("desk");
    auto* events = find<QTableView>("nodes_events");
    find<QTabWidget>("nodes_tabs")->setCurrentWidget(events);
    QTRY_COMPARE(events->model()->rowCount(), 1);
    QCOMPARE(events->model()->index(0, 1).data().toString(), QStringLiteral("NodeHasDiskPressure"));
    check_awake();
  }

  void anothers_cluster_shows_what_it_does() {
    Cluster& other = another();
    other.create(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"ill","namespace":"default"},
        "spec":{"containers":[{"name":"a","image":"a"}]}})");
    other.run_pod("ill");
    other.end_pod("ill", 3);
    open("overview", "cove", {{"far", to(other)}});
    window().show_context(QStringLiteral("far"));
    auto* page = find<QWidget>("context_page");
    QTRY_VERIFY(page->findChild<QTableView*>(QStringLiteral("overview_failing"))->isVisible());
    QTRY_COMPARE(
        page->findChild<QTableView*>(QStringLiteral("overview_failing"))->model()->rowCount(), 1);
    go_to("console");
    QVERIFY(page->isVisible());
    QVERIFY(!page->findChild<QTableView*>(QStringLiteral("overview_failing"))->isVisible());
    check_awake();
  }

 private:
  std::string secret(std::string_view key) {
    return std::string(api::text_at(cluster_->get("secrets", "login")->document(), {"data", key}));
  }
  void watch_models() {
    for (ObjectPage* made : window().findChildren<ObjectPage*>()) {
      testers_.push_back(std::make_unique<QAbstractItemModelTester>(
          &made->model(), QAbstractItemModelTester::FailureReportingMode::Fatal));
    }
  }
  void show_kind(const char* id, int index) {
    auto* segments = window().findChild<Segments*>();
    for (Segments* each : window().findChildren<Segments*>())
      if (each->isVisible()) segments = each;
    segments->setCurrentIndex(index);
    page_ = id;
    testers_.clear();
    watch_models();
  }
  // In the page of that kind: both of a chooser's pages may have been made.
  template <class Widget = QPlainTextEdit>
  Widget* find_in(const char* id, const char* name) {
    auto* details = find<QFrame>((std::string(id) + "_details").c_str());
    return details->findChild<Widget*>(QString::fromLatin1(name));
  }
  bool shows_text(const QString& text) {
    for (QLabel* each : window().findChildren<QLabel*>())
      if (each->isVisible() && each->text().contains(text)) return true;
    return false;
  }
  std::string data(const char* name, std::string_view key) {
    return std::string(api::text_at(cluster_->get("configmaps", name)->document(), {"data", key}));
  }
  static int row(std::string_view id) {
    for (std::size_t i = 0; i < pages().size(); ++i)
      if (pages()[i].id == id) return static_cast<int>(i);
    return -1;
  }
  static Tone tone(const Navigation& navigation, std::string_view id) {
    return static_cast<Tone>(navigation.item(row(id))->data(Navigation::kTone).toInt());
  }
  static json::object claim(const char* name, const char* storage_class) {
    return {{"apiVersion", "v1"},
            {"kind", "PersistentVolumeClaim"},
            {"metadata", {{"name", name}, {"namespace", "default"}}},
            {"spec",
             {{"accessModes", {"ReadWriteOnce"}},
              {"storageClassName", storage_class},
              {"resources", {{"requests", {{"storage", "1Gi"}}}}}}}};
  }
  void make_ingress() {
    cluster_->create(R"({"apiVersion":"networking.k8s.io/v1","kind":"Ingress",
      "metadata":{"name":"shop","namespace":"default"},"spec":{"ingressClassName":"cove","rules":[
      {"host":"shop.example.com","http":{"paths":[
        {"path":"/","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}},
        {"path":"/api","pathType":"Prefix","backend":{"service":{"name":"api","port":{"name":"http"}}}}]}}]}})");
  }
  void make_endpoint(const std::string& service) {
    cluster_->create(json::object{
        {"apiVersion", "discovery.k8s.io/v1"},
        {"kind", "EndpointSlice"},
        {"addressType", "IPv4"},
        {"metadata",
         {{"name", service + "-1"},
          {"namespace", "default"},
          {"labels", {{"kubernetes.io/service-name", service}}}}},
        {"endpoints", {{{"addresses", {"10.0.0.1"}}, {"conditions", {{"ready", true}}}}}}});
  }
  static json::object template_of(const std::string& image) {
    return {{"metadata", {{"labels", {{"app", "web"}}}}},
            {"spec", {{"containers", {{{"name", "a"}, {"image", image}}}}}}};
  }
  static json::object owned_by(const char* version, const char* kind, const char* name,
                               const api::Object& owner) {
    return {{"apiVersion", version},
            {"kind", kind},
            {"name", name},
            {"uid", owner.uid()},
            {"controller", true}};
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
        {"spec", {{"replicas", 2}, {"selector", selector}, {"template", template_of("demo:2")}}}});
    for (const int revision : {1, 2}) {
      const std::string number = std::to_string(revision);
      const auto set = cluster_->create(
          json::object{{"apiVersion", "apps/v1"},
                       {"kind", "ReplicaSet"},
                       {"metadata",
                        {{"name", "web-" + number},
                         {"namespace", "default"},
                         {"annotations", {{"deployment.kubernetes.io/revision", number}}},
                         {"ownerReferences",
                          json::array{owned_by("apps/v1", "Deployment", "web", *deployment)}}}},
                       {"spec",
                        {{"replicas", 3 - revision},
                         {"selector", selector},
                         {"template", template_of("demo:" + number)}}}});
      for (int i = 0; i < 3 - revision; ++i) {
        const std::string name = "web-" + number + "-" + (i == 0 ? "a" : "b");
        json::object pod = template_of("demo:" + number);
        pod["apiVersion"] = "v1";
        pod["kind"] = "Pod";
        pod["metadata"] = {
            {"name", name},
            {"namespace", "default"},
            {"ownerReferences",
             json::array{owned_by("apps/v1", "ReplicaSet", ("web-" + number).c_str(), *set)}}};
        cluster_->create(pod);
        if (revision == 1) cluster_->run_pod(name);
      }
    }
  }
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::KindsTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_kinds.moc"
