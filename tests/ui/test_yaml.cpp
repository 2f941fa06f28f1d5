// The YAML tab: reading, editing with completion, review, errors at their line, conflicts.
#include <QTest>

#include "core/base/base64.h"
#include "tests/ui/page_test.h"
#include "ui/models/document_text.h"
#include "ui/models/yaml_schema.h"
#include "ui/views/yaml_tab.h"
#include "ui/widgets/segments.h"

namespace cove::ui::test {

class YamlTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
  void the_place_of_the_cursor() {
    struct Case {
      const char* text;  // '^' is the cursor
      const char* path;
      const char* typed;
      const char* name = "";
      const char* siblings = "";
    };
    for (const Case& each : std::vector<Case>{
             {"^", "", ""},
             {"spec:\n  rep^", "spec", "rep"},
             {"metadata:\n  name: a\nspec:\n  replicas: 1\n  ^\n  paused: true\n", "spec", "", "",
              "replicas,paused"},
             {"spec:\n  containers:\n  - na^", "spec/containers/[]", "na"},
             {"spec:\n  containers:\n  - name: a\n    im^", "spec/containers/[]", "im", "", "name"},
             {"spec:\n  containers:\n    - name: a\n      env:\n        - name: X\n          v^",
              "spec/containers/[]/env/[]", "v", "", "name"},
             {"spec:\n  containers:\n  - name: a\n  - ^", "spec/containers/[]", ""},
             {"spec:\n  type: Clus^", "spec", "Clus", "type"},
             {"a:\n  b: 1\n---\nk^", "", "k"},
         }) {
      QString text = QString::fromLatin1(each.text);
      const auto at = text.indexOf(QLatin1Char('^'));
      text.remove(at, 1);
      const auto place = yaml_place(text, at);
      QVERIFY2(place, each.text);
      QCOMPARE(place->path.join(QLatin1Char('/')), QString::fromLatin1(each.path));
      QCOMPARE(place->typed, QString::fromLatin1(each.typed));
      QCOMPARE(place->name, QString::fromLatin1(each.name));
      QCOMPARE(place->siblings.join(QLatin1Char(',')), QString::fromLatin1(each.siblings));
    }
    QVERIFY(!yaml_place(QStringLiteral("a: 1 # spec"), 11));
    QVERIFY(!yaml_place(QStringLiteral("data:\n  text: |\n    wor"), 24));
  }

  void an_edit_is_reviewed_and_applied() {
    make_map();
    open_tab();
    auto* editor = find<YamlEditor>("configmaps_yaml");
    QTRY_VERIFY(editor->toPlainText().contains(QStringLiteral("color: red")));
    QVERIFY(!editor->toPlainText().contains(QStringLiteral("managedFields")));
    QVERIFY(editor->isReadOnly());
    click("configmaps_yaml_edit");
    QVERIFY(!editor->isReadOnly());
    replace("color: red", "color: blue");
    click("configmaps_yaml_review");
    QTRY_VERIFY(find<QPushButton>("configmaps_yaml_apply")->isVisible());
    const QString diff = find<DiffView>("configmaps_yaml_diff")->toPlainText();
    QVERIFY(diff.contains(QStringLiteral("-   color: red")));
    QVERIFY(diff.contains(QStringLiteral("+   color: blue")));
    QCOMPARE(color(), std::string("red"));
    click("configmaps_yaml_apply");
    QTRY_VERIFY(editor->isReadOnly() && find<QPushButton>("configmaps_yaml_edit")->isVisible());
    QCOMPARE(color(), std::string("blue"));
    QVERIFY(editor->toPlainText().contains(QStringLiteral("color: blue")));
    check_awake();
  }

  void errors_stand_at_their_line() {
    make_map();
    open_tab();
    auto* editor = find<YamlEditor>("configmaps_yaml");
    QTRY_VERIFY(editor->toPlainText().contains(QStringLiteral("color: red")));
    click("configmaps_yaml_edit");
    const auto line_with = [&](const char* words) {
      const QString before = editor->toPlainText().section(QString::fromLatin1(words), 0, 0);
      return static_cast<int>(before.count(QLatin1Char('\n'))) + 1;
    };
    auto* banner = find<Banner>("configmaps_yaml_banner");
    replace("color: red", "color: red\n  bad: [");
    click("configmaps_yaml_review");
    QTRY_VERIFY(banner->isVisible());
    QVERIFY(editor->error_line() >= line_with("bad: ["));
    replace("bad: [", "number: 5");
    click("configmaps_yaml_review");
    QTRY_VERIFY2(editor->error_line() == line_with("number: 5") ||
                     editor->error_line() == line_with("data:"),
                 qPrintable(banner->text()));
    replace("number: 5", "number: five");
    replace("kind: ConfigMap", "kind: ConfigMap\nunknwon: 1");
    click("configmaps_yaml_review");
    QTRY_VERIFY2(editor->error_line() == line_with("unknwon"), qPrintable(banner->text()));
    replace("unknwon: 1\n", "");
    replace("name: settings", "name: other");
    click("configmaps_yaml_review");
    QTRY_COMPARE(editor->error_line(), line_with("name: other"));
    QVERIFY(banner->text().contains(QStringLiteral("another object")));
    click("configmaps_yaml_discard");
    QVERIFY(editor->toPlainText().contains(QStringLiteral("name: settings")));
    QCOMPARE(editor->error_line(), 0);
    check_awake();
  }

  void a_conflict_loses_nothing_of_either_side() {
    make_map();
    open_tab();
    auto* editor = find<YamlEditor>("configmaps_yaml");
    QTRY_VERIFY(editor->toPlainText().contains(QStringLiteral("color: red")));
    click("configmaps_yaml_edit");
    replace("color: red", "color: blue");
    cluster_->patch("configmaps", "settings", R"({"data":{"size":"large"}})");
    QTRY_VERIFY(find<Banner>("configmaps_yaml_banner")->isVisible());
    QVERIFY(editor->toPlainText().contains(QStringLiteral("color: blue")));
    click("configmaps_yaml_review");
    QTRY_VERIFY(find<QPushButton>("configmaps_yaml_rebase")->isVisible());
    QVERIFY(find<DiffView>("configmaps_yaml_diff")
                ->toPlainText()
                .contains(QStringLiteral("+   size: large")));
    click("configmaps_yaml_rebase");
    QVERIFY(editor->toPlainText().contains(QStringLiteral("color: blue")));
    QVERIFY(editor->toPlainText().contains(QStringLiteral("size: large")));
    click("configmaps_yaml_review");
    QTRY_VERIFY(find<QPushButton>("configmaps_yaml_apply")->isVisible());
    click("configmaps_yaml_apply");
    QTRY_COMPARE(color(), std::string("blue"));
    QCOMPARE(api::text_at(cluster_->get("configmaps", "settings")->document(), {"data", "size"}),
             "large");
    check_awake();
  }

  // Somebody else changes the Secret while it is edited with its values hidden.
  void a_conflict_over_a_secret_shows_no_value_and_loses_none() {
    cluster_->create(
        R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"login","namespace":"default"},
      "data":{"user":"YWxpY2U=","password":"aHVudGVyMg=="}})");
    open("config");
    for (Segments* each : window().findChildren<Segments*>())
      if (each->isVisible()) act([&] { each->setCurrentIndex(1); });
    page_ = "secrets";
    QTRY_VERIFY(row_of("login") >= 0);
    choose("login");
    auto* tabs = find<QTabWidget>("secrets_tabs");
    act([&] { tabs->setCurrentWidget(tabs->findChild<YamlTab*>()); });
    auto* editor = find<YamlEditor>("secrets_yaml");
    auto* diff = find<DiffView>("secrets_yaml_diff");
    const auto shows_none = [](const QString& shown) {
      for (const char* value : {"YWxpY2U=", "alice", "aHVudGVyMg==", "hunter2", "Y2Fyb2w=", "carol",
                                "cGx1bQ==", "plum"})
        if (shown.contains(QLatin1String(value))) return false;
      return true;
    };
    QTRY_VERIFY(editor->toPlainText().contains(QStringLiteral("password")));
    click("secrets_yaml_edit");
    editor->setPlainText(editor->toPlainText() + QStringLiteral("stringData:\n  mine: new\n"));
    // One value is another now, one has come.
    cluster_->patch("secrets", "login", R"({"data":{"user":"Y2Fyb2w=","theirs":"cGx1bQ=="}})");
    QTRY_VERIFY(find<Banner>("secrets_yaml_banner")->isVisible());
    click("secrets_yaml_review");
    QTRY_VERIFY(find<QPushButton>("secrets_yaml_rebase")->isVisible());
    QVERIFY(diff->toPlainText().contains(QStringLiteral("theirs")));
    QVERIFY2(shows_none(diff->toPlainText()), qPrintable(diff->toPlainText()));
    click("secrets_yaml_rebase");
    QVERIFY2(shows_none(editor->toPlainText()), qPrintable(editor->toPlainText()));
    QVERIFY(editor->toPlainText().contains(QStringLiteral("mine")));
    click("secrets_yaml_review");
    QTRY_VERIFY(find<QPushButton>("secrets_yaml_apply")->isVisible());
    QVERIFY2(shows_none(diff->toPlainText()), qPrintable(diff->toPlainText()));
    click("secrets_yaml_apply");
    const auto value = [this](const char* key) {
      return std::string(
          api::text_at(cluster_->get("secrets", "login")->document(), {"data", key}));
    };
    QTRY_COMPARE(value("mine"), std::string("bmV3"));
    QCOMPARE(value("user"), std::string("Y2Fyb2w="));
    QCOMPARE(value("theirs"), std::string("cGx1bQ=="));
    QCOMPARE(value("password"), std::string("aHVudGVyMg=="));
    check_awake();
  }

  void completion_knows_the_servers_schema() {
    make_map();
    open_tab();
    auto* editor = find<YamlEditor>("configmaps_yaml");
    QTRY_VERIFY(editor->toPlainText().contains(QStringLiteral("color: red")));
    click("configmaps_yaml_edit");
    const auto offers = [&](const QString& text) {
      editor->setPlainText(text);
      editor->moveCursor(QTextCursor::End);
      QTest::keyClick(editor, Qt::Key_Space, Qt::ControlModifier);
      return editor->offers();
    };
    QTRY_VERIFY(offers(QStringLiteral("metadata:\n  ")).contains(QStringLiteral("labels")));
    QVERIFY(offers({}).contains(QStringLiteral("binaryData")));
    QVERIFY(!offers(QStringLiteral("metadata:\n  labels:\n  ")).contains(QStringLiteral("labels")));
    QCOMPARE(offers(QStringLiteral("immutable: ")),
             (QStringList{QStringLiteral("true"), QStringLiteral("false")}));
    offers({});
    QTest::keyClicks(editor, QStringLiteral("imm"));
    QTest::keyClick(editor->findChild<QCompleter*>()->popup(), Qt::Key_Return);
    QTRY_COMPARE(editor->toPlainText(), QStringLiteral("immutable: "));
    check_awake();
  }

  void a_secret_is_hidden_after_another_one_was_edited() {
    make_secret("a", {{"password", "tulip"}});
    make_secret("b", {{"password", "rose"}});
    open_secret("a");
    auto* editor = find<YamlEditor>("secrets_yaml");
    click("secrets_yaml_reveal");
    QVERIFY(editor->toPlainText().contains(QStringLiteral("password: tulip")));
    click("secrets_yaml_edit");
    choose("b");
    QVERIFY(editor->toPlainText().contains(QStringLiteral("password: tulip")));
    click("secrets_yaml_discard");
    QVERIFY(editor->toPlainText().contains(QStringLiteral("name: b")));
    QVERIFY(!editor->toPlainText().contains(QStringLiteral("rose")));
    check_awake();
  }

  void what_is_applied_does_not_take_the_place_of_another_one() {
    make_secret("a", {{"password", "tulip"}});
    make_secret("b", {{"password", "rose"}});
    open_secret("a");
    auto* editor = find<YamlEditor>("secrets_yaml");
    click("secrets_yaml_edit");
    editor->setPlainText(editor->toPlainText() + QStringLiteral("stringData:\n  more: words\n"));
    choose("b");
    click("secrets_yaml_review");
    click("secrets_yaml_apply");
    QTRY_VERIFY(editor->isReadOnly() && find<QPushButton>("secrets_yaml_edit")->isVisible());
    QCOMPARE(secret("a", "more"), std::string("words"));
    QVERIFY(editor->toPlainText().contains(QStringLiteral("name: b")));
    // Neither when others changed it meanwhile.
    choose("a");
    QTRY_VERIFY(editor->toPlainText().contains(QStringLiteral("more:")));
    click("secrets_yaml_edit");
    editor->setPlainText(editor->toPlainText() + QStringLiteral("stringData:\n  mine: here\n"));
    choose("b");
    cluster_->patch("secrets", "a", R"({"data":{"theirs":"eA=="}})");
    click("secrets_yaml_review");
    click("secrets_yaml_rebase");
    QVERIFY(editor->toPlainText().contains(QStringLiteral("theirs:")));
    QVERIFY(editor->toPlainText().contains(QStringLiteral("name: a")));
    click("secrets_yaml_discard");
    QVERIFY(editor->toPlainText().contains(QStringLiteral("name: b")));
    check_awake();
  }

  void another_cluster_does_not_get_the_text() {
    const char* const map =
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"default"},
      "data":{"color":"red"}})";
    Cluster& other = another();
    cluster_->create(map);
    other.create(map);
    open_tab({{"far", to(other)}});
    auto* editor = find<YamlEditor>("configmaps_yaml");
    QTRY_VERIFY(editor->toPlainText().contains(QStringLiteral("color: red")));
    click("configmaps_yaml_edit");
    editor->setPlainText(
        editor->toPlainText().replace(QStringLiteral("color: red"), QStringLiteral("color: blue")));
    window().show_context(QStringLiteral("far"));
    QTRY_COMPARE(desktop_->api().context(), std::string("far"));
    QTRY_VERIFY(row_of("settings") >= 0);
    choose("settings");
    click("configmaps_yaml_review");
    auto* banner = find<Banner>("configmaps_yaml_banner");
    QVERIFY(banner->isVisible());
    QVERIFY2(banner->title().contains(QStringLiteral("not shown now")),
             qPrintable(banner->title()));
    QVERIFY(editor->toPlainText().contains(QStringLiteral("color: blue")));
    window().show_cluster(QStringLiteral("cove"));
    QTRY_VERIFY(row_of("settings") >= 0);
    choose("settings");
    click("configmaps_yaml_review");
    click("configmaps_yaml_apply");
    QTRY_COMPARE(color(), std::string("blue"));
    QCOMPARE(api::text_at(other.get("configmaps", "settings")->document(), {"data", "color"}),
             std::string_view("red"));
    check_awake();
  }

  void an_answer_that_was_dropped_locks_nothing() {
    make_map();
    open_tab();
    auto* editor = find<YamlEditor>("configmaps_yaml");
    QTRY_VERIFY(editor->toPlainText().contains(QStringLiteral("color: red")));
    click("configmaps_yaml_edit");
    replace("color: red", "color: blue");
    click("configmaps_yaml_review");
    desktop_->api().reconnect();
    QTRY_VERIFY(row_of("settings") >= 0);
    choose("settings");
    QVERIFY(find<Banner>("configmaps_yaml_banner")->isVisible());
    QVERIFY(editor->toPlainText().contains(QStringLiteral("color: blue")));
    click("configmaps_yaml_review");
    click("configmaps_yaml_apply");
    QTRY_COMPARE(color(), std::string("blue"));
    check_awake();
  }

  void marks_in_string_data_are_values_or_refused() {
    make_secret("a", {{"password", "tulip"}, {"raw", std::string("\0\1\xff", 3)}});
    open_secret("a");
    auto* editor = find<YamlEditor>("secrets_yaml");
    auto* banner = find<Banner>("secrets_yaml_banner");
    click("secrets_yaml_edit");
    QString typed = editor->toPlainText();
    typed.replace(QStringLiteral("\ndata:"), QStringLiteral("\nstringData:"));
    editor->setPlainText(
        QString(typed).replace(QStringLiteral("password:"), QStringLiteral("passphrase:")));
    click("secrets_yaml_review");
    QVERIFY(banner->isVisible());
    QCOMPARE(editor->error_line(),
             static_cast<int>(
                 typed.section(QStringLiteral("password:"), 0, 0).count(QLatin1Char('\n'))) +
                 1);
    editor->setPlainText(typed.replace(QStringLiteral("\nstringData:"),
                                       QStringLiteral("\nstringData:\n  more: words")));
    click("secrets_yaml_review");
    click("secrets_yaml_apply");
    QTRY_COMPARE(secret("a", "more"), std::string("words"));
    QCOMPARE(secret("a", "password"), std::string("tulip"));
    QCOMPARE(secret("a", "raw"), std::string("\0\1\xff", 3));
    check_awake();
  }

  void characters_that_an_editor_would_change_are_kept() {
    for (const int code : {0x85, 0xa0, 0x2028, 0x2029, 0xfeff, 0xfdd0, 0xfdd1, 0xfffe, 0xa1, 0x2027,
                           0x20ac, 0x7f, 0x0d}) {
      for (const char* const around : {"a%1b", "%1", "a\nb%1c\n"}) {
        const std::string value = QString::fromLatin1(around).arg(QChar(code)).toStdString();
        const json::value document{{"key", value}, {value + "k", 1}};
        QPlainTextEdit editor;
        editor.setPlainText(yaml_text(document));
        const auto read = api::parse_yaml(editor.toPlainText().toStdString());
        QVERIFY2(read && api::same(read->value, document), qPrintable(editor.toPlainText()));
      }
    }
    const std::string odd = "one\u00a0two\u2028three";
    cluster_->create(json::object{{"apiVersion", "v1"},
                                  {"kind", "ConfigMap"},
                                  {"metadata", {{"name", "settings"}, {"namespace", "default"}}},
                                  {"data", {{"color", "red"}, {"odd", odd}}}});
    open_tab();
    auto* editor = find<YamlEditor>("configmaps_yaml");
    QTRY_VERIFY(editor->toPlainText().contains(QStringLiteral("color: red")));
    click("configmaps_yaml_edit");
    replace("color: red", "color: blue");
    click("configmaps_yaml_review");
    click("configmaps_yaml_apply");
    QTRY_COMPARE(color(), std::string("blue"));
    QCOMPARE(api::text_at(cluster_->get("configmaps", "settings")->document(), {"data", "odd"}),
             std::string_view(odd));
    check_awake();
  }

 private:
  void make_secret(const char* name, const std::map<std::string, std::string>& values) {
    json::object data;
    for (const auto& [key, value] : values) data[key] = base64_encode(value);
    cluster_->create(json::object{{"apiVersion", "v1"},
                                  {"kind", "Secret"},
                                  {"metadata", {{"name", name}, {"namespace", "default"}}},
                                  {"data", data}});
  }
  std::string secret(const char* name, std::string_view key) {
    return base64_decode(api::text_at(cluster_->get("secrets", name)->document(), {"data", key}))
        .value_or("");
  }
  void open_secret(const char* name) {
    open("config");
    for (Segments* each : window().findChildren<Segments*>())
      if (each->isVisible()) each->setCurrentIndex(1);
    page_ = "secrets";
    QTRY_VERIFY(row_of(name) >= 0);
    choose(name);
    auto* tabs = find<QTabWidget>("secrets_tabs");
    tabs->setCurrentWidget(tabs->findChild<YamlTab*>());
    QTRY_VERIFY(find<YamlEditor>("secrets_yaml")->toPlainText().contains(QStringLiteral("•••")));
  }
  void make_map() {
    cluster_->create(
        R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"default"},
      "data":{"color":"red"}})");
  }
  void open_tab(std::map<std::string, TestSource::Make> more = {}) {
    open("config", "cove", std::move(more));
    page_ = "configmaps";
    QTRY_VERIFY(row_of("settings") >= 0);
    choose("settings");
    auto* tabs = find<QTabWidget>("configmaps_tabs");
    tabs->setCurrentWidget(tabs->findChild<YamlTab*>());
  }
  void click(const char* name) {
    auto* button = find<QPushButton>(name);
    QTRY_VERIFY2(button->isVisible() && button->isEnabled(), name);
    QTest::mouseClick(button, Qt::LeftButton);
  }
  void replace(const char* what, const char* with) {
    auto* editor = find<YamlEditor>("configmaps_yaml");
    QTRY_VERIFY(!editor->isReadOnly());
    QString text = editor->toPlainText();
    QVERIFY2(text.contains(QLatin1String(what)), qPrintable(text));
    editor->setPlainText(text.replace(QLatin1String(what), QLatin1String(with)));
  }
  std::string color() {
    return std::string(
        api::text_at(cluster_->get("configmaps", "settings")->document(), {"data", "color"}));
  }
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::YamlTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_yaml.moc"
