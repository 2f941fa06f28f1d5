// The window of preferences by clicks, with a scripted service behind it.
#include <sys/stat.h>

#include <QAbstractSlider>
#include <QCheckBox>
#include <QDialog>
#include <QFile>
#include <QFileInfo>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QRadioButton>
#include <QSet>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include "tests/ui/scripted_service.h"
#include "tests/ui/watchdog.h"
#include "ui/views/command_palette.h"
#include "ui/views/desktop.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/fact_card.h"

namespace cove::ui::test {

using provision::Phase;

constexpr const char* kSecretProxy = "http://me:s3cret@proxy.example:3128";

class PreferencesTest : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() {
    home_ = std::make_unique<QTemporaryDir>();
    service_ = std::make_shared<ScriptedService>();
    service_->now = clock_.wall();
    environment_proxy_ = {};
  }
  void cleanup() {
    watched().watch(false);
    ::chmod(home_->path().toLocal8Bit().constData(), 0700);
    desktop_.reset();
    QCOMPARE(service_->calls_from_gui_thread(), 0);
    service_.reset();
    home_.reset();
  }

  void opens_by_key_menu_and_palette_and_every_control_has_a_name() {
    open_cluster();
    QTest::keyClick(&window(), Qt::Key_Comma, Qt::ControlModifier);
    QTRY_VERIFY(preferences() && preferences()->isVisible());
    QCOMPARE(preferences()->windowTitle(), QStringLiteral("Preferences"));
    QCOMPARE(sections()->count(), 7);
    QTRY_VERIFY(sections()->hasFocus());
    for (int row = 0; row < sections()->count(); ++row) {
      QTest::keyClick(sections(), row == 0 ? Qt::Key_Home : Qt::Key_Down);
      QCOMPARE(sections()->currentRow(), row);
      check_controls();
    }
    QTest::keyClick(preferences(), Qt::Key_Escape);
    QTRY_VERIFY(!preferences()->isVisible());
    window().findChild<QAction*>(QStringLiteral("show_preferences"))->trigger();
    QTRY_VERIFY(preferences()->isVisible());
    QCOMPARE(sections()->currentRow(), 6);
    preferences()->close();
    window().activateWindow();
    QTRY_VERIFY(window().isActiveWindow());
    QTest::keyClick(&window(), Qt::Key_K, Qt::ControlModifier);
    auto* palette = window().findChild<CommandPalette*>();
    QTRY_VERIFY(palette && palette->isVisible());
    QTest::keyClicks(palette->findChild<QLineEdit*>(), QStringLiteral("all preferences"));
    QTest::keyClick(palette->findChild<QLineEdit*>(), Qt::Key_Return);
    QTRY_VERIFY(preferences()->isVisible());
    check_awake();
  }

  void general_changes_language_scheme_and_notifications_at_once() {
    open_cluster();
    go("general");
    click(radio("scheme_dark"));
    QVERIFY(desktop_->theme().dark());
    QVERIFY(desktop_->preferences().scheme() == SchemeChoice::kDark);
    click(radio("language_zh_CN"));
    QTRY_COMPARE(preferences()->windowTitle(), QStringLiteral("偏好设置"));
    QCOMPARE(desktop_->language().code(), QStringLiteral("zh_CN"));
    click(radio("language_en"));
    QTRY_COMPARE(preferences()->windowTitle(), QStringLiteral("Preferences"));
    click(check("settings_notifications"));
    QVERIFY(!desktop_->preferences().notifications());
    // Chosen elsewhere, it is shown here.
    desktop_->preferences().set_notifications(true);
    QVERIFY(check("settings_notifications")->isChecked());
    // And the other way round: the menu has the same.
    auto* action = window().findChild<QAction*>(QStringLiteral("notifications"));
    click(check("settings_notifications"));
    QVERIFY(!action->isChecked());
    check_awake();
  }

  void cluster_sizes_are_saved_and_wait_for_a_restart() {
    open_cluster();
    go("cluster");
    QTRY_VERIFY(slider("settings_memory")->isEnabled());
    QCOMPARE(slider("settings_cpus")->value(), 2);
    QCOMPARE(slider("settings_disk")->value(), 20);
    QCOMPARE(slider("settings_disk")->minimum(), 20);
    QVERIFY(!button("resources_save")->isEnabled());
    QVERIFY(label("settings_network").contains(QStringLiteral("User mode")));
    slider("settings_cpus")->setValue(4);
    slider("settings_memory")->setValue(16);
    slider("settings_disk")->setValue(30);
    QVERIFY(button("resources_save")->isEnabled());
    click(button("resources_revert"));
    QCOMPARE(slider("settings_cpus")->value(), 2);
    slider("settings_cpus")->setValue(4);
    slider("settings_memory")->setValue(16);
    slider("settings_disk")->setValue(30);
    service_->release_all();
    click(button("resources_save"));
    QTRY_VERIFY(label("resources_note").startsWith(QStringLiteral("Saved.")));
    QCOMPARE(service_->last_start()->cpus.value_or(0), 4U);
    QCOMPARE(service_->last_start()->memory_mib.value_or(0), 4096U);
    QCOMPARE(service_->last_start()->disk_gib.value_or(0), 30U);
    QVERIFY(!service_->last_start()->http_proxy && !service_->last_start()->registry_mirrors);
    QVERIFY(!button("resources_save")->isEnabled());
    auto* banner = find<Banner>("restart_banner");
    QTRY_VERIFY(banner->isVisible());
    QVERIFY(banner->text().contains(QStringLiteral("2 CPUs, 2 GiB")));
    click(button("restart_now"));
    QTRY_VERIFY(!banner->isVisible());
    QTRY_COMPARE(desktop_->current().status()->phase, Phase::kRunning);
    QCOMPARE(desktop_->activity().at(0).request.kind, OperationKind::kRestart);
    check_awake();
  }

  void cluster_sizes_beyond_this_computer_are_refused_in_one_sentence() {
    open_cluster();
    go("cluster");
    QTRY_VERIFY(slider("settings_cpus")->isEnabled());
    slider("settings_cpus")->setValue(slider("settings_cpus")->maximum());
    QVERIFY(!button("resources_save")->isEnabled());
    QCOMPARE(label("resources_note"),
             QStringLiteral("More is asked for than this computer can give."));
    slider("settings_cpus")->setValue(3);
    service_->fail_at("save-settings",
                      Error{ErrorCode::kResourceExhausted, "write", "state.json",
                            "no space is left on the disk", "Free some disk space."});
    service_->release_all();
    click(button("resources_save"));
    QTRY_VERIFY(label("resources_note").contains(QStringLiteral("Free some disk space.")));
    QVERIFY2(button("resources_save")->isEnabled(), "what was chosen stays, to be saved again");
    QCOMPARE(slider("settings_cpus")->value(), 3);
    click(button("resources_save"));
    QTRY_VERIFY(label("resources_note").startsWith(QStringLiteral("Saved.")));
  }

  void odd_sizes_of_a_file_of_before_are_kept_unless_moved() {
    auto status = service_->running("cove");
    status.wish.resources = status.booted = {3, 2000, 400};
    status.image_version.clear();
    status.image_digest = "sha256:00";
    service_->set_status(status);
    open();
    go("cluster");
    QTRY_VERIFY(slider("settings_disk")->isEnabled());
    QCOMPARE(slider("settings_disk")->value(), 400);
    QVERIFY2(!button("resources_save")->isEnabled(), "nothing was moved");
    slider("settings_cpus")->setValue(4);
    service_->release_all();
    click(button("resources_save"));
    QTRY_VERIFY(label("resources_note").startsWith(QStringLiteral("Saved.")));
    QCOMPARE(service_->last_start()->memory_mib.value_or(0), 2000U);
    go("image");
    QTRY_VERIFY(find<Banner>("image_state")->title().contains(QStringLiteral("Another image")));
    QCOMPARE(find<FactCard>("image_card")->value(0), QStringLiteral("00"));
  }

  void what_is_begun_is_not_overwritten_by_what_others_change() {
    open_cluster();
    go("registries");
    auto* mirrors = find<QPlainTextEdit>("settings_mirrors");
    QTest::keyClicks(mirrors, QStringLiteral("https://mine.example"));
    auto status = service_->running("cove");
    status.wish.registry_mirrors = {"https://theirs.example"};
    service_->set_status(status);
    QTRY_COMPARE(desktop_->current().status()->wish.registry_mirrors.size(), std::size_t{1});
    QCOMPARE(mirrors->toPlainText(), QStringLiteral("https://mine.example"));
    click(button("registries_revert"));
    QCOMPARE(mirrors->toPlainText(), QStringLiteral("https://theirs.example"));
  }

  void registries_are_checked_and_saved() {
    open_cluster();
    go("registries");
    auto* mirrors = find<QPlainTextEdit>("settings_mirrors");
    QVERIFY(label("registries_note").contains(QStringLiteral("at once")));
    QTest::keyClicks(mirrors, QStringLiteral("mirror"));
    QVERIFY(!button("registries_save")->isEnabled());
    QCOMPARE(label("registries_note"), QStringLiteral("“mirror” is not an http or https address."));
    mirrors->setPlainText(QStringLiteral("https://a.example\nhttp://10.0.0.1:5000\n"));
    service_->release_all();
    click(button("registries_save"));
    QTRY_VERIFY(label("registries_note").startsWith(QStringLiteral("Saved.")));
    const std::vector<std::string> wanted{"https://a.example", "http://10.0.0.1:5000"};
    QCOMPARE(*service_->last_start()->registry_mirrors, wanted);
    QVERIFY(!service_->last_start()->cpus);
    check_awake();
  }

  void a_proxy_is_found_edited_and_its_password_not_shown() {
    environment_proxy_ = {kSecretProxy, kSecretProxy, "lan"};
    open_cluster();
    go("proxy");
    auto* found = find<Banner>("proxy_found");
    QTRY_VERIFY(found->isVisible());
    QVERIFY(!found->text().contains(QStringLiteral("s3cret")));
    click(button("proxy_take"));
    QVERIFY(!found->isVisible());
    auto* https = find<QLineEdit>("settings_https_proxy");
    QCOMPARE(https->text(), QStringLiteral("http://…@proxy.example:3128"));
    service_->release_all();
    click(button("proxy_save"));
    QTRY_VERIFY(label("proxy_note").startsWith(QStringLiteral("Saved.")));
    QCOMPARE(*service_->last_start()->https_proxy, std::string(kSecretProxy));
    QCOMPARE(*service_->last_start()->no_proxy, std::string("lan"));
    // A part of it cannot be edited around the password.
    https->setFocus();
    QTest::keyClick(https, Qt::Key_End);
    QTest::keyClicks(https, QStringLiteral("0"));
    QVERIFY(!button("proxy_save")->isEnabled());
    QVERIFY(label("proxy_note").contains(QStringLiteral("anew")));
    https->setText(QStringLiteral("https://me:s3cret@proxy.example:3128"));
    QVERIFY(!button("proxy_save")->isEnabled());
    QVERIFY(label("proxy_note").contains(QStringLiteral("not https")));
    QVERIFY(!label("proxy_note").contains(QStringLiteral("s3cret")));
    https->clear();
    find<QLineEdit>("settings_http_proxy")->clear();
    find<QLineEdit>("settings_no_proxy")->clear();
    click(button("proxy_save"));
    QTRY_VERIFY(label("proxy_note").startsWith(QStringLiteral("Saved.")));
    QCOMPARE(*service_->last_start()->https_proxy, std::string());
    for (int row = 0; row < desktop_->activity().rowCount(); ++row)
      QVERIFY(!headline(desktop_->activity().at(row)).contains(QStringLiteral("s3cret")));
    check_awake();
  }

  void the_create_page_offers_the_proxy_of_this_computer() {
    environment_proxy_ = {kSecretProxy, "", "lan"};
    open();
    auto* create = window().findChild<QPushButton*>(QStringLiteral("create"));
    QTRY_VERIFY(create && create->isEnabled());
    auto* http = window().findChild<QLineEdit*>(QStringLiteral("http_proxy"));
    QCOMPARE(http->text(), QStringLiteral("http://…@proxy.example:3128"));
    auto* https = window().findChild<QLineEdit*>(QStringLiteral("https_proxy"));
    QTest::keyClicks(https, QStringLiteral("socks://x"));
    QVERIFY(!create->isEnabled());
    https->clear();
    QTest::keyClicks(https, QStringLiteral("proxy.example:8080"));
    QVERIFY(create->isEnabled());
    service_->release_all();
    click(create);
    QTRY_VERIFY(service_->last_start().has_value());
    QCOMPARE(*service_->last_start()->http_proxy, std::string(kSecretProxy));
    QCOMPARE(*service_->last_start()->https_proxy, std::string("proxy.example:8080"));
    QCOMPARE(*service_->last_start()->no_proxy, std::string("lan"));
  }

  void startup_writes_and_removes_the_entry_at_login() {
    open_cluster();
    go("startup");
    auto* login = check("open_at_login");
    QTRY_VERIFY(login->isEnabled());
    QVERIFY(!login->isChecked());
    click(login);
    QTRY_VERIFY(QFileInfo::exists(entry()));
    QTRY_VERIFY(login->isEnabled() && login->isChecked());
    QFile file(entry());
    QVERIFY(file.open(QIODevice::ReadOnly));
    const QByteArray text = file.readAll();
    QVERIFY2(text.contains("\nExec=\"/opt/a b/cove-desktop\" --minimized\n"), text.constData());
    click(login);
    QTRY_VERIFY(!QFileInfo::exists(entry()));
    QTRY_VERIFY(login->isEnabled() && !login->isChecked());
    check_awake();
  }

  void startup_says_why_the_entry_cannot_be_written() {
    if (::geteuid() == 0) QSKIP("the superuser may write everything");
    open_cluster();
    QVERIFY(QDir().mkpath(home_->filePath(QStringLiteral("autostart"))));
    const QByteArray folder = home_->filePath(QStringLiteral("autostart")).toLocal8Bit();
    ::chmod(folder.constData(), 0500);
    go("startup");
    auto* login = check("open_at_login");
    QTRY_VERIFY(login->isEnabled());
    click(login);
    QTRY_VERIFY(label("login_note").contains(QStringLiteral("Permission denied")));
    QTRY_VERIFY(login->isEnabled() && !login->isChecked());
    ::chmod(folder.constData(), 0700);
  }

  void an_entry_that_was_switched_off_is_none() {
    const Path folder = Path(home_->path().toStdString()) / "autostart";
    const Autostart autostart(folder, {"/usr/bin/cove-desktop", "--minimized"});
    QVERIFY(autostart.set(true).has_value());
    QVERIFY(*autostart.enabled());
    for (const char* off : {"Hidden=true\n", "X-GNOME-Autostart-enabled=false\n"}) {
      QFile file(entry());
      QVERIFY(file.open(QIODevice::Append));
      file.write(off);
      file.close();
      QVERIFY(!*autostart.enabled());
      QVERIFY(autostart.set(true).has_value());
      QVERIFY(*autostart.enabled());
    }
    QCOMPARE(QString::fromStdString(exec_line({"/a/b", "100%", "a\"b", "c\\d"})),
             QStringLiteral("/a/b \"100%%\" \"a\\\\\"b\" \"c\\\\\\\\d\""));
  }

  void the_cluster_starts_with_cove_when_that_is_wanted() {
    auto status = service_->running("cove");
    status.phase = Phase::kStopped;
    service_->set_status(status);
    open();
    go("startup");
    click(check("start_cluster"));
    QVERIFY(desktop_->preferences().start_cluster());
    desktop_.reset();
    service_->release_all();
    open();
    QTRY_COMPARE(desktop_->current().status()->phase, Phase::kRunning);
    // A running one is left alone.
    desktop_.reset();
    open();
    QTRY_COMPARE(desktop_->current().status()->phase, Phase::kRunning);
    QCOMPARE(desktop_->activity().rowCount(), 0);
  }

  void closing_the_window_stops_the_cluster_when_that_is_wanted() {
    open_cluster();
    go("startup");
    click(radio("closing_stop"));
    QVERIFY(desktop_->preferences().closing() == Closing::kStop);
    QSignalSpy finished(desktop_.get(), &Desktop::finished);
    service_->release_all();
    window().close();
    QTRY_COMPARE(finished.count(), 1);
    QCOMPARE(desktop_->current().status()->phase, Phase::kStopped);
    QVERIFY(!window().findChild<QDialog*>(QStringLiteral("close_dialog")));
  }

  void closing_the_window_ends_cove_when_that_is_wanted() {
    open_cluster();
    desktop_->preferences().set_closing(Closing::kQuit);
    window().set_in_tray(true);
    QSignalSpy finished(desktop_.get(), &Desktop::finished);
    window().close();
    QTRY_COMPARE(finished.count(), 1);
    QCOMPARE(desktop_->activity().rowCount(), 0);
    QCOMPARE(desktop_->current().status()->phase, Phase::kRunning);
  }

  void shortcuts_are_listed_in_the_language_of_now() {
    open_cluster();
    go("shortcuts");
    auto* list = find<QWidget>("shortcut_list");
    QVERIFY(texts(list).contains(QStringLiteral("Go to anything, run anything")));
    desktop_->language().use(QStringLiteral("zh_CN"));
    QTRY_VERIFY(!texts(list).contains(QStringLiteral("Go to anything, run anything")));
    QTRY_VERIFY(texts(list).size() > 10);
  }

  void another_system_image_is_told_and_taken_by_a_restart() {
    auto status = service_->running("cove");
    status.image_version = "0.0.9";
    status.image_digest = "sha256:0123456789abcdef";
    service_->set_status(status);
    open();
    go("image");
    auto* banner = find<Banner>("image_state");
    auto* card = find<FactCard>("image_card");
    QTRY_COMPARE(card->value(0), QStringLiteral("0.0.9 (0123456789ab)"));
    QTRY_VERIFY(card->value(1).startsWith(QStringLiteral("0.1.0 (")));
    QTRY_COMPARE(banner->title(), QStringLiteral("Another image is installed"));
    service_->release_all();
    click(button("image_update"));
    QTRY_COMPARE(banner->title(), QStringLiteral("It is up to date"));
    QVERIFY(!button("image_update")->isVisible());
    QCOMPARE(desktop_->activity().at(0).request.kind, OperationKind::kRestart);
    check_awake();
  }

  void a_stopped_cluster_takes_the_installed_image_by_itself() {
    auto status = service_->running("cove");
    status.phase = Phase::kStopped;
    status.image_digest = "sha256:00";
    service_->set_status(status);
    open();
    go("image");
    QTRY_COMPARE(find<Banner>("image_state")->title(),
                 QStringLiteral("The next start uses the installed one"));
    service_->host_error = Error{ErrorCode::kNotFound, "find a system image in", "/usr",
                                 "there is none", "Install Cove again."};
    go("general");
    go("image");
    QTRY_VERIFY(find<Banner>("image_state")->text().contains(QStringLiteral("Install Cove again")));
  }

  void without_a_cluster_of_its_own_it_says_so() {
    open();
    for (const char* section : {"cluster", "registries", "proxy", "image"}) {
      go(section);
      QVERIFY(texts(preferences()).contains(QStringLiteral("This is about Cove's own clusters")));
    }
    go("general");
    QVERIFY(radio("scheme_dark")->isVisible());
  }

  void says_what_is_under_way_instead_of_saving() {
    open_cluster();
    go("registries");
    find<QPlainTextEdit>("settings_mirrors")->setPlainText(QStringLiteral("https://a.example"));
    QVERIFY(button("registries_save")->isEnabled());
    service_->hold();
    desktop_->window().findChild<QToolButton*>(QStringLiteral("action_pause"))->click();
    QTRY_VERIFY(!button("registries_save")->isEnabled());
    service_->release_all();
    QTRY_COMPARE(desktop_->current().status()->phase, Phase::kPaused);
    QTRY_VERIFY(button("registries_save")->isEnabled());
    QVERIFY(label("registries_note").contains(QStringLiteral("next start")));
  }

  void a_file_that_cannot_be_written_is_told_and_tried_again() {
    if (::geteuid() == 0) QSKIP("the superuser may write everything");
    open_cluster();
    go("general");
    QTRY_VERIFY(QFileInfo::exists(settings()));
    const QByteArray folder = home_->path().toLocal8Bit();
    ::chmod(folder.constData(), 0500);
    QVERIFY(QFile::setPermissions(settings(), QFileDevice::ReadOwner));
    click(radio("scheme_dark"));
    QVERIFY2(desktop_->theme().dark(), "it counts all the same");
    auto* banner = find<Banner>("preferences_unsaved");
    QTRY_VERIFY(banner->isVisible());
    QVERIFY(banner->text().contains(settings()));
    ::chmod(folder.constData(), 0700);
    QVERIFY(QFile::setPermissions(settings(), QFileDevice::ReadOwner | QFileDevice::WriteOwner));
    click(banner->action());
    QTRY_VERIFY(!banner->isVisible());
    desktop_.reset();
    QVERIFY(Preferences(settings().toStdString()).scheme() == SchemeChoice::kDark);
  }

 private:
  static WatchedApplication& watched() { return *static_cast<WatchedApplication*>(qApp); }
  void check_awake() { QVERIFY2(watched().stayed_awake(), watched().told().c_str()); }
  QString settings() const { return home_->filePath(QStringLiteral("desktop.ini")); }
  QString entry() const {
    return home_->filePath(QStringLiteral("autostart/cove-desktop.desktop"));
  }
  void open() {
    Preferences(settings().toStdString()).set_language(QStringLiteral("en"));
    DesktopOptions options;
    options.settings = settings().toStdString();
    options.follow_system = false;
    options.proxy = environment_proxy_;
    options.autostart = std::make_shared<Autostart>(
        Path(home_->path().toStdString()) / "autostart",
        std::vector<std::string>{"/opt/a b/cove-desktop", "--minimized"});
    desktop_ = std::make_unique<Desktop>(service_, clock_, options);
    desktop_->show(false);
    QVERIFY(QTest::qWaitForWindowExposed(&window()));
    desktop_->begin();
    QTRY_VERIFY(desktop_->clusters().known());
    watched().watch(true);
  }
  void open_cluster() {
    service_->set_status(service_->running("cove"));
    open();
    QTRY_VERIFY(desktop_->current().status());
  }
  MainWindow& window() { return desktop_->window(); }
  QDialog* preferences() { return window().findChild<QDialog*>(QStringLiteral("preferences")); }
  QListWidget* sections() { return find<QListWidget>("preferences_sections"); }
  void go(const char* section) {
    act([&] { window().show_preferences(QString::fromLatin1(section)); });
    QVERIFY(QTest::qWaitForWindowExposed(preferences()));
  }
  template <class Widget>
  Widget* find(const char* name) {
    return preferences()->findChild<Widget*>(QString::fromLatin1(name));
  }
  QRadioButton* radio(const char* name) { return find<QRadioButton>(name); }
  QCheckBox* check(const char* name) { return find<QCheckBox>(name); }
  QPushButton* button(const char* name) { return find<QPushButton>(name); }
  QAbstractSlider* slider(const char* name) { return find<QAbstractSlider>(name); }
  QString label(const char* name) { return find<QLabel>(name)->text(); }
  void click(QAbstractButton* button) {
    QVERIFY(button && button->isVisible() && button->isEnabled());
    // Near its begin, where the indicator is: the rest of a wide one is empty.
    QTest::mouseClick(button, Qt::LeftButton, {}, QPoint(12, button->height() / 2));
  }
  static QStringList texts(QWidget* widget) {
    QStringList all;
    for (const QLabel* label : widget->findChildren<QLabel*>()) {
      if (label->isVisible()) all.append(label->text());
    }
    return all;
  }
  void check_controls() {
    QSet<QWidget*> reached;
    QWidget* walker = preferences();
    do {
      reached.insert(walker);
      walker = walker->nextInFocusChain();
    } while (walker != preferences() && reached.size() < 5000);
    for (QWidget* widget : preferences()->findChildren<QWidget*>()) {
      const bool control =
          qobject_cast<QAbstractButton*>(widget) || qobject_cast<QLineEdit*>(widget) ||
          qobject_cast<QPlainTextEdit*>(widget) || qobject_cast<QAbstractSlider*>(widget);
      if (!control || !widget->isVisible() || widget->inherits("QScrollBar")) continue;
      const auto* as_button = qobject_cast<QAbstractButton*>(widget);
      QVERIFY2(!widget->accessibleName().isEmpty() || (as_button && !as_button->text().isEmpty()),
               qPrintable(widget->objectName()));
      QVERIFY2(widget->focusPolicy() & Qt::TabFocus, qPrintable(widget->objectName()));
      QVERIFY2(reached.contains(widget), qPrintable(widget->objectName()));
    }
  }

  FakeClock clock_;
  provision::Proxy environment_proxy_;
  std::unique_ptr<QTemporaryDir> home_;
  std::shared_ptr<ScriptedService> service_;
  std::unique_ptr<Desktop> desktop_;
};

}  // namespace cove::ui::test

int main(int argc, char** argv) {
  cove::ui::test::WatchedApplication application(argc, argv);
  cove::ui::init_resources();
  cove::ui::test::PreferencesTest test;
  return QTest::qExec(&test, argc, argv);
}
#include "test_preferences.moc"
