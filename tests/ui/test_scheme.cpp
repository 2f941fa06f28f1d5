// A change of the scheme: no event of it is long however much there is to paint, and what had to
// wait for its colours looks as if it had never had others.
#include "tests/ui/page_test.h"
#include "tests/ui/sample_api.h"
#include "ui/views/pages.h"

namespace cove::ui::test {

class SchemeTest : public PageTest {
  Q_OBJECT

 private Q_SLOTS:
  void every_page_and_dialog_looks_as_if_begun_in_the_scheme_data() {
    QTest::addColumn<bool>("dark");
    QTest::newRow("light to dark") << true;
    QTest::newRow("dark to light") << false;
  }
  void every_page_and_dialog_looks_as_if_begun_in_the_scheme() {
    QFETCH(const bool, dark);
    const auto sample = std::make_shared<SampleApi>();
    begin(sample, !dark);
    visit_all();
    window().show_preferences(QStringLiteral("cluster"));
    window().show_preferences(QStringLiteral("proxy"));
    preferences()->hide();
    go_to("pods");
    watched().watch(true);
    act([&] { desktop_->theme().set_choice(dark ? SchemeChoice::kDark : SchemeChoice::kLight); });
    // One of those that were hidden, before its turn may have come.
    go_to("services");
    QTRY_VERIFY(all_are(dark));
    check_awake();
    std::map<std::string, QImage> changed;
    for (const char* page : pictured()) {
      window().go_to(QString::fromLatin1(page));
      changed[page] = settled(window());
    }
    for (const char* section : {"cluster", "proxy"}) {
      of_section(section);
      changed[section] = settled(*preferences());
    }

    desktop_.reset();
    begin(sample, dark);
    visit_all();
    for (const char* page : pictured()) {
      window().go_to(QString::fromLatin1(page));
      QTRY_VERIFY2(picture(window()) == changed[page], page);
    }
    for (const char* section : {"cluster", "proxy"})
      QTRY_VERIFY2(of_section(section) == changed[section], section);
  }

  void what_is_made_between_two_changes_has_the_last_ones_colors() {
    open("pods");
    Theme& theme = desktop_->theme();
    theme.set_choice(SchemeChoice::kDark);
    QLabel fresh(QStringLiteral("fresh"));
    fresh.show();
    theme.set_choice(SchemeChoice::kLight);
    theme.set_choice(SchemeChoice::kDark);
    QTRY_VERIFY(all_are(true));
    QCOMPARE(fresh.palette().color(QPalette::WindowText), dark_palette().text);
    theme.set_choice(SchemeChoice::kLight);
    QTRY_VERIFY(all_are(false));
    QCOMPARE(fresh.palette().color(QPalette::WindowText), light_palette().text);
  }

  void widgets_may_go_while_others_wait_for_their_turn() {
    open("pods");
    std::vector<std::unique_ptr<QLabel>> crowd;
    for (int i = 0; i < 200; ++i) crowd.push_back(std::make_unique<QLabel>(QStringLiteral("one")));
    for (const auto& label : crowd) label->ensurePolished();
    desktop_->theme().set_choice(SchemeChoice::kDark);
    crowd.resize(100);
    QTRY_VERIFY(all_are(true));
    for (const auto& label : crowd)
      QCOMPARE(label->palette().color(QPalette::WindowText), dark_palette().text);
    // The theme itself goes while they wait.
    desktop_->theme().set_choice(SchemeChoice::kLight);
    desktop_.reset();
    QCoreApplication::processEvents();
    QCOMPARE(crowd.size(), std::size_t{100});
  }

 private:
  void begin(std::shared_ptr<ApiSource> source, bool dark) {
    service_->set_status(running("cove"));
    DesktopOptions options = options_for(std::move(source));
    Preferences(options.settings).set_scheme(dark ? SchemeChoice::kDark : SchemeChoice::kLight);
    show(std::move(options), "overview");
    watched().watch(false);
  }
  void visit_all() {
    for (const PageEntry& page : pages()) {
      window().go_to(QString::fromLatin1(page.id));
      for (QTableView* table : window().findChildren<QTableView*>()) {
        if (table->isVisible() && std::string(page.id) == "pods")
          QTRY_VERIFY(table->model()->rowCount() > 5);
      }
    }
  }
  // Not what is found out about this computer: that may be another thing the next time.
  static std::vector<const char*> pictured() {
    std::vector<const char*> ids;
    for (const PageEntry& page : pages())
      if (std::string_view(page.id) != "diagnostics") ids.push_back(page.id);
    return ids;
  }
  QWidget* preferences() { return window().findChild<QWidget*>(QStringLiteral("preferences")); }
  QImage of_section(const char* section) {
    window().show_preferences(QString::fromLatin1(section));
    return picture(*preferences());
  }
  // When its layouts have their sizes.
  static QImage settled(QWidget& widget) {
    QImage now = picture(widget);
    QImage last;
    for (int i = 0; i < 100 && now != last; ++i) {
      last = now;
      QCoreApplication::processEvents();
      now = picture(widget);
    }
    return now;
  }
  static QImage picture(QWidget& widget) { return widget.grab().toImage(); }
  static bool all_are(bool dark) {
    const QString wanted = dark ? QStringLiteral("dark") : QStringLiteral("light");
    for (const QWidget* widget : QApplication::allWidgets())
      if (widget->testAttribute(Qt::WA_WState_Polished) && widget->property("scheme") != wanted)
        return false;
    return true;
  }
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  QApplication::setCursorFlashTime(0);
  cove::ui::test::SchemeTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_scheme.moc"
