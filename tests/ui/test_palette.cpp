// The palette: everything by its name, by the keyboard alone.
#include <QTest>

#include "tests/ui/page_test.h"
#include "ui/views/command_palette.h"

namespace cove::ui::test {

class PaletteTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
  void letters_find_what_people_mean() {
    const auto better = [](const char* typed, const char* a, const char* b) {
      const int first = fuzzy_score(QString::fromLatin1(typed), QString::fromLatin1(a));
      const int second = fuzzy_score(QString::fromLatin1(typed), QString::fromLatin1(b));
      return first > second;
    };
    QVERIFY(better("pods", "Pods", "demo-pods-1"));
    QVERIFY(better("dep", "Deployments", "independent"));
    QVERIFY(better("ws", "web-server", "wheels"));
    QVERIFY(better("web 2", "web-2", "web-1"));
    QVERIFY(better("WEB", "web", "wheelbarrow"));
    QCOMPARE(fuzzy_score(QStringLiteral("xyz"), QStringLiteral("Pods")), 0);
    QCOMPARE(fuzzy_score(QStringLiteral("sdop"), QStringLiteral("pods")), 0);
    QVERIFY(fuzzy_score({}, QStringLiteral("anything")) > 0);
  }

  void the_model_is_bounded_and_puts_recent_ones_first() {
    PaletteModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
    std::vector<PaletteItem> items;
    for (int i = 0; i < 1000; ++i)
      items.push_back(
          {QStringLiteral("id%1").arg(i), QStringLiteral("item %1").arg(i), {}, {}, {}});
    model.set_recent({QStringLiteral("id700"), QStringLiteral("id3")});
    model.add(std::move(items));
    QCOMPARE(model.rowCount(), PaletteModel::kMaxShown);
    QCOMPARE(model.at(0)->id, QStringLiteral("id700"));
    QCOMPARE(model.at(1)->id, QStringLiteral("id3"));
    model.set_typed(QStringLiteral("999"));
    QCOMPARE(model.rowCount(), 1);
    model.set_typed(QStringLiteral("zzz"));
    QCOMPARE(model.rowCount(), 0);
    QVERIFY(model.at(0) == nullptr);
  }

  void pages_and_actions_by_the_keyboard() {
    open("overview");
    press();
    type("events");
    QCOMPARE(shown(0), QStringLiteral("Events"));
    enter();
    QTRY_VERIFY(find<QLineEdit>("events_search") && find<QLineEdit>("events_search")->isVisible());
    press();
    // What was run last comes first while nothing is typed.
    QCOMPARE(shown(0), QStringLiteral("Events"));
    type("appearance dark");
    check_awake();
    // Qt gives every widget there is the new style sheet in one event.
    watched().watch(false);
    enter();
    watched().watch(true);
    QTRY_VERIFY(desktop_->theme().dark());
    press();
    QCOMPARE(shown(0), QStringLiteral("Appearance: Dark"));
    QCOMPARE(shown(1), QStringLiteral("Events"));
    type("no such thing");
    QCOMPARE(palette()->model().rowCount(), 0);
    enter();
    QTest::keyClick(palette(), Qt::Key_Escape);
    QTRY_VERIFY(!palette());
    press();
    type("cluster: stop");
    enter();
    QTRY_COMPARE(desktop_->activity().running(), 1);
    service_->release_all();
    QTRY_COMPARE(desktop_->activity().running(), 0);
    check_awake();
  }

  void objects_of_pages_never_opened_are_found_too() {
    make_pod("web-1");
    make_pod("web-2");
    cluster_->create(
        R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"shop","namespace":"default"},
      "spec":{"ports":[{"port":80}]}})");
    open("pods");
    QTRY_COMPARE(table()->model()->rowCount(), 2);
    press();
    type("web2");
    QTRY_COMPARE(shown(0), QStringLiteral("web-2"));
    enter();
    QTRY_VERIFY(table()->selectionModel()->hasSelection());
    QCOMPARE(table()->selectionModel()->selectedRows().front().data().toString(),
             QStringLiteral("web-2"));
    press();
    type("shop");
    QTRY_COMPARE(shown(0), QStringLiteral("shop"));
    enter();
    page_ = "services";
    QTRY_VERIFY(table() && table()->selectionModel()->hasSelection());
    QVERIFY(find<QFrame>("services_details")->isVisible());
    check_awake();
  }

  void an_object_of_another_kind_of_its_page_is_shown() {
    cluster_->create(
        R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"tulip","namespace":"default"}})");
    cluster_->create(
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"rose","namespace":"default"}})");
    cluster_->create(R"({"apiVersion":"batch/v1","kind":"CronJob",
        "metadata":{"name":"nightly","namespace":"default"},"spec":{"schedule":"0 3 * * *",
        "jobTemplate":{"spec":{"template":{"spec":{"restartPolicy":"Never",
        "containers":[{"name":"a","image":"a"}]}}}}}})");
    cluster_->create(R"({"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"deep"},
        "spec":{"capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"],
        "hostPath":{"path":"/deep"}}})");
    open("overview");
    const std::pair<const char*, const char*> all[] = {
        {"tulip", "secrets"}, {"rose", "configmaps"}, {"nightly", "cronjobs"}, {"deep", "volumes"}};
    for (const auto& [name, list] : all) {
      press();
      type(name);
      QTRY_COMPARE(shown(0), QString::fromLatin1(name));
      enter();
      page_ = list;
      QTRY_VERIFY2(table() && table()->isVisible(), list);
      QTRY_VERIFY2(table()->selectionModel()->hasSelection(), list);
      QCOMPARE(table()->selectionModel()->selectedRows().front().data().toString(),
               QString::fromLatin1(name));
    }
    check_awake();
  }

 private:
  CommandPalette* palette() { return window().findChild<CommandPalette*>(); }
  void press() {
    QTRY_VERIFY(!palette());
    window().activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&window()));
    QTest::keyClick(&window(), Qt::Key_K, Qt::ControlModifier);
    QTRY_VERIFY(palette() && palette()->isVisible());
  }
  QLineEdit* typed() { return palette()->findChild<QLineEdit*>(QStringLiteral("palette_typed")); }
  void type(const char* letters) {
    typed()->clear();
    QTest::keyClicks(typed(), QString::fromLatin1(letters));
  }
  QString shown(int row) {
    const PaletteItem* item = palette() ? palette()->model().at(row) : nullptr;
    return item ? item->title : QString();
  }
  void enter() { QTest::keyClick(typed(), Qt::Key_Return); }
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::PaletteTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_palette.moc"
