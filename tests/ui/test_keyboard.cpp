// The desktop by the keyboard alone: Tab comes to every control and Shift+Tab back, each says its
// name and shows that it has the focus, and keys go to pages, choose, answer and cancel.
#include <QAbstractButton>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QDialog>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QRadioButton>
#include <QScrollBar>
#include <QTabBar>
#include <QTabWidget>
#include <algorithm>

#include "tests/ui/page_test.h"
#include "tests/ui/sample_api.h"
#include "tests/ui/scripted_engine.h"
#include "ui/dialogs/build_dialog.h"
#include "ui/dialogs/close_dialog.h"
#include "ui/dialogs/shortcuts_dialog.h"
#include "ui/dialogs/text_dialog.h"
#include "ui/views/command_palette.h"
#include "ui/views/pages.h"
#include "ui/widgets/navigation.h"

namespace cove::ui::test {

class KeyboardTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
  void every_page_and_every_tab_of_its_details_data() {
    QTest::addColumn<int>("row");
    for (int row = 0; row < static_cast<int>(pages().size()); ++row)
      QTest::newRow(pages()[static_cast<std::size_t>(row)].id) << row;
  }
  void every_page_and_every_tab_of_its_details() {
    QFETCH(const int, row);
    begin_sample();
    auto* navigation = window().findChild<Navigation*>();
    tab_to(window(), navigation);
    QTest::keyClick(navigation, Qt::Key_Home);
    for (int i = 0; i < row; ++i) QTest::keyClick(navigation, Qt::Key_Down);
    QCOMPARE(navigation->currentRow(), row);
    walk(window());
    QTRY_VERIFY(!shown<QTableView>("_table") ||
                shown<QTableView>("_table")->model()->rowCount() > 0);
    auto* list = shown<QTableView>("_table");
    if (!list) return;
    tab_to(window(), list);
    QTest::keyClick(list, Qt::Key_Home);
    QTest::keyClick(list, Qt::Key_Down);
    QTest::keyClick(list, Qt::Key_Up);
    auto* tabs = shown<QTabWidget>("_tabs");
    if (!tabs) return;
    tab_to(window(), tabs->tabBar());
    for (int tab = 0; tab < tabs->count(); ++tab) {
      if (tab > 0) QTest::keyClick(tabs->tabBar(), Qt::Key_Right);
      if (!tabs->isTabEnabled(tab) || !tabs->isTabVisible(tab)) continue;
      QCOMPARE(tabs->currentIndex(), tab);
      walk(*tabs);
      tab_to(window(), tabs->tabBar());
    }
  }

  void the_first_pages_have_keys() {
    begin_sample();
    auto* navigation = window().findChild<Navigation*>();
    for (int row = 8; row >= 0; --row) {
      QTest::keyClick(&window(), static_cast<Qt::Key>(Qt::Key_1 + row), Qt::ControlModifier);
      QCOMPARE(navigation->currentRow(), row);
    }
  }

  void the_page_that_makes_a_cluster() {
    show(options_for(std::map<std::string, TestSource::Make>{}), "overview");
    auto* create = find<QPushButton>("create");
    QTRY_VERIFY(create && create->isVisible() && create->isEnabled());
    activate();
    walk(window());
    tab_to(window(), create);
    QTest::keyClick(create, Qt::Key_Space);
    QTRY_VERIFY(service_->last_start());
  }

  void every_section_of_the_preferences() {
    begin_sample();
    QTest::keyClick(&window(), Qt::Key_Comma, Qt::ControlModifier);
    auto* preferences = find<QDialog>("preferences");
    QTRY_VERIFY(preferences && preferences->isActiveWindow());
    auto* sections = find<QListWidget>("preferences_sections");
    for (int row = 0; row < sections->count(); ++row) {
      tab_to(*preferences, sections);
      QTest::keyClick(sections, row == 0 ? Qt::Key_Home : Qt::Key_Down);
      QCOMPARE(sections->currentRow(), row);
      walk(*preferences);
    }
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
    QTRY_VERIFY(!preferences->isVisible());
  }

  void a_dialog_is_answered_and_left_by_keys() {
    begin_sample();
    auto* remove = find<QToolButton>("action_delete");
    QVERIFY(remove);
    tab_to(window(), remove);
    QTest::keyClick(remove, Qt::Key_Space);
    QTRY_VERIFY(dialog());
    walk(*dialog());
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
    QTRY_VERIFY(!dialog());
    activate();
    tab_to(window(), remove);
    QTest::keyClick(remove, Qt::Key_Space);
    QTRY_VERIFY(dialog());
    auto* confirm = find<QPushButton>("delete_confirm");
    tab_to(*dialog(), confirm);
    service_->release_all();
    QTest::keyClick(confirm, Qt::Key_Space);
    QTRY_COMPARE(desktop_->clusters().rowCount(), 0);
  }

  void every_question_data() {
    QTest::addColumn<int>("question");
    for (int i = 0; i < static_cast<int>(questions().size()); ++i) QTest::addRow("%d", i) << i;
  }
  void every_question() {
    QFETCH(const int, question);
    begin_sample();
    QDialog* asked = questions()[static_cast<std::size_t>(question)](desktop_->theme(), &window());
    QTRY_VERIFY(dialog() == asked);
    walk(*asked);
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
    QTRY_VERIFY(!dialog());
  }

  void images_and_containers() {
    ScriptedEngine engine;
    engine.set_images({image("aa", {"demo:1", "demo:latest"}, 9'000'000), image("bb", {}, 1'000)});
    engine.set_containers({container("box", "aa", "running", "Up 5 minutes"),
                           container("old", "aa", "exited", "Exited (0) 2 minutes ago")});
    auto status = running("cove");
    status.engine = engine.address().host;
    service_->set_status(status);
    show(options_for(std::make_shared<SampleApi>()), "images");
    watched().watch(false);
    QTRY_VERIFY(desktop_->engine().has_engine());
    activate();
    auto* navigation = window().findChild<Navigation*>();
    for (const char* page : {"images", "containers"}) {
      window().go_to(QString::fromLatin1(page));
      QTRY_VERIFY(shown<QTableView>("_table"));
      QTRY_VERIFY(shown<QTableView>("_table")->model()->rowCount() > 1);
      tab_to(window(), shown<QTableView>("_table"));
      QTest::keyClick(QApplication::focusWidget(), Qt::Key_Down);
      walk(window());
      tab_to(window(), navigation);
    }
    window().go_to(QStringLiteral("images"));
    tab_to(window(), find<QPushButton>("images_prune"));
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Space);
    QTRY_VERIFY(dialog());
    QTRY_VERIFY(find<QRadioButton>("prune_all"));
    walk(*dialog());
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
    QTRY_VERIFY(!dialog());
    // The line to the engine ends before the engine does.
    desktop_.reset();
  }

  void the_docks() {
    begin_sample();
    auto* list = find<QTableView>("pods_table");
    tab_to(window(), list);
    QTest::keyClick(list, Qt::Key_Down);
    QTRY_VERIFY(shown<QTabWidget>("_tabs"));
    auto* tabs = shown<QTabWidget>("_tabs");
    tab_to(window(), tabs->tabBar());
    for (int i = 0; i < tabs->count(); ++i) QTest::keyClick(tabs->tabBar(), Qt::Key_Left);
    const auto keep_shown = [tabs] {
      return tabs->currentWidget()->findChild<QToolButton*>(QStringLiteral("log_keep"));
    };
    for (int i = 0; i < tabs->count() && !keep_shown(); ++i)
      QTest::keyClick(tabs->tabBar(), Qt::Key_Right);
    QTRY_VERIFY(keep_shown() && keep_shown()->isVisible() && keep_shown()->isEnabled());
    QToolButton* keep = keep_shown();
    tab_to(window(), keep);
    QTest::keyClick(keep, Qt::Key_Space);
    QTRY_VERIFY(find<QTabBar>("tools_tabs")->height() > 20);
    qApp->processEvents();
    walk(window());
    QTest::keyClick(find<QToolButton>("dock_toggle"), Qt::Key_Space);
    walk(window());
  }

  void the_palette_chooses_a_page_and_closes() {
    begin_sample();
    QTest::keyClick(&window(), Qt::Key_K, Qt::ControlModifier);
    auto* palette = window().findChild<CommandPalette*>();
    QTRY_VERIFY(palette && palette->isVisible());
    auto* typed = palette->findChild<QLineEdit*>();
    QTest::keyClicks(typed, QStringLiteral("diagnostics"));
    QTest::keyClick(typed, Qt::Key_Return);
    QTRY_VERIFY(!palette->isVisible());
    auto* navigation = window().findChild<Navigation*>();
    QCOMPARE(QString::fromLatin1(pages()[static_cast<std::size_t>(navigation->currentRow())].id),
             QStringLiteral("diagnostics"));
  }

 private:
  using Question = QDialog* (*)(const Theme& theme, QWidget* parent);
  static const std::vector<Question>& questions() {
    static const std::vector<Question> all = {
        [](const Theme& theme, QWidget* parent) {
          return ask_text(
              theme,
              {.icon = QStringLiteral("package"),
               .title = QStringLiteral("Tag"),
               .text = QStringLiteral("Another name"),
               .caption = QStringLiteral("Name"),
               .placeholder = {},
               .initial = QStringLiteral("demo:2"),
               .answer = QStringLiteral("Tag"),
               .object_name = QStringLiteral("tag")},
              [](const QString&) {}, parent);
        },
        [](const Theme& theme, QWidget* parent) {
          return ask_build(
              theme,
              {.title = QStringLiteral("Build"),
               .text = QStringLiteral("Of a folder"),
               .answer = QStringLiteral("Build")},
              [](const Path&, const docker::BuildOptions&) {}, parent);
        },
        [](const Theme& theme, QWidget* parent) {
          return tell_cluster_keeps_running(theme, QStringLiteral("cove"), true, {[] {}, [] {}},
                                            parent);
        },
        [](const Theme& theme, QWidget* parent) {
          return ask_close_during_operation(
              theme, QStringLiteral("Starting"), [] {}, parent);
        },
        [](const Theme& theme, QWidget* parent) { return show_shortcuts_dialog(theme, parent); },
    };
    return all;
  }
  void begin_sample() {
    service_->set_status(running("cove"));
    show(options_for(std::make_shared<SampleApi>()), "pods");
    watched().watch(false);
    QTRY_VERIFY(find<QTableView>("pods_table")->model()->rowCount() > 5);
    activate();
  }
  void activate() {
    window().activateWindow();
    QTRY_VERIFY(window().isActiveWindow());
  }
  template <class Widget>
  Widget* shown(const char* ending) {
    for (auto* each : window().findChildren<Widget*>())
      if (each->isVisible() && each->objectName().endsWith(QLatin1String(ending))) return each;
    return nullptr;
  }
  QDialog* dialog() {
    for (auto* each : window().findChildren<QDialog*>())
      if (each->isVisible() && each->isActiveWindow()) return each;
    return nullptr;
  }

  static bool is_control(const QWidget* widget) {
    if (!widget->isVisible() || !widget->isEnabled()) return false;
    if (qobject_cast<const QScrollBar*>(widget)) return false;
    if (widget->inherits("QTableCornerButton") || widget->inherits("QLineEditIconButton"))
      return false;
    const QWidget* parent = widget->parentWidget();
    // What the keys of its parent do.
    if (qobject_cast<const QTabBar*>(parent) || qobject_cast<const QComboBox*>(parent) ||
        qobject_cast<const QAbstractSpinBox*>(parent))
      return false;
    if (const auto* bar = qobject_cast<const QTabBar*>(widget)) return bar->count() > 0;
    return qobject_cast<const QAbstractButton*>(widget) || qobject_cast<const QLineEdit*>(widget) ||
           qobject_cast<const QPlainTextEdit*>(widget) ||
           qobject_cast<const QAbstractSlider*>(widget) || qobject_cast<const QComboBox*>(widget) ||
           qobject_cast<const QAbstractSpinBox*>(widget) ||
           (widget->inherits("QAbstractItemView") && !widget->inherits("QHeaderView"));
  }
  static QString told(const QWidget* widget) {
    return QString::fromLatin1(widget->metaObject()->className()) + QLatin1Char(' ') +
           widget->objectName() + QStringLiteral(" in ") + widget->parentWidget()->objectName();
  }
  static bool has_name(const QWidget* widget) {
    if (!widget->accessibleName().isEmpty()) return true;
    if (const auto* button = qobject_cast<const QAbstractButton*>(widget))
      return !button->text().isEmpty();
    if (const auto* bar = qobject_cast<const QTabBar*>(widget)) return !bar->tabText(0).isEmpty();
    return false;
  }
  static QWidget* press_tab(bool back) {
    QWidget* before = QApplication::focusWidget();
    const Qt::Key key = back ? Qt::Key_Backtab : Qt::Key_Tab;
    const auto shift = back ? Qt::ShiftModifier : Qt::NoModifier;
    QTest::keyClick(before, key, shift);
    return QApplication::focusWidget();
  }
  void tab_to(QWidget& top, QWidget* wanted) {
    if (!QApplication::focusWidget()) QTest::keyClick(&top, Qt::Key_Tab);
    for (int i = 0; i < 200 && QApplication::focusWidget() != wanted; ++i) press_tab(false);
    QVERIFY2(QApplication::focusWidget() == wanted, qPrintable(told(wanted)));
  }

  // The arrows go on from one choice to those beside it.
  static bool reached(const QWidget* widget, const QList<QWidget*>& way) {
    const auto* choice = qobject_cast<const QRadioButton*>(widget);
    return std::any_of(way.begin(), way.end(), [&](const QWidget* each) {
      const auto* other = qobject_cast<const QRadioButton*>(each);
      return each == widget || (choice && other && other->group() == choice->group() &&
                                other->parentWidget() == choice->parentWidget());
    });
  }

  // Once around by Tab and back, over what is inside of `part`.
  void walk(QWidget& part) {
    QWidget* top = part.window();
    if (!QApplication::focusWidget()) QTest::keyClick(top, Qt::Key_Tab);
    QWidget* const first = QApplication::focusWidget();
    QVERIFY(first);
    QList<QWidget*> way;
    QWidget* at = first;
    QStringList faults;
    do {
      way.append(at);
      const bool judged = at == &part || part.isAncestorOf(at);
      const QImage with = judged ? at->grab().toImage() : QImage();
      QWidget* const next = press_tab(false);
      if (next == at) break;
      if (judged) {
        if (!has_name(at)) faults.append(told(at) + QStringLiteral(" has no name"));
        if (at->isVisible() && at->grab().toImage() == with)
          faults.append(told(at) + QStringLiteral(" does not show the focus"));
      }
      at = next;
    } while (at != first && way.size() < 300);
    for (QWidget* widget : part.findChildren<QWidget*>())
      if (widget->window() == top && is_control(widget) && !reached(widget, way))
        faults.append(told(widget) + QStringLiteral(" is not reached"));
    if (at != first) faults.append(told(at) + QStringLiteral(" is not left by Tab"));
    for (qsizetype i = way.size() - 1; i >= 0 && at == way[(i + 1) % way.size()]; --i)
      at = press_tab(true);
    if (at != first)
      faults.append(told(at) + QStringLiteral(" is not where Shift+Tab comes from the next one"));
    faults.removeDuplicates();
    QVERIFY2(faults.isEmpty(), qPrintable(faults.join(QStringLiteral("; "))));
  }
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  QApplication::setCursorFlashTime(0);
  cove::ui::test::KeyboardTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_keyboard.moc"
