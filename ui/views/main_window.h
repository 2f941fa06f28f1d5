// MainWindow: the frame. Navigation on the left, the cluster and its actions on top, activity at
// the bottom.
#pragma once

#include <QMainWindow>
#include <QStackedWidget>
#include <memory>

#include "ui/bridge/autostart.h"
#include "ui/theme/language.h"
#include "ui/views/pages.h"
#include "ui/views/preferences.h"

class QSplitter;

namespace cove::ui {

class ActivityDock;
class ContextPage;
class CreatePage;
class Navigation;
class PreferencesWindow;
class ToolDock;
class TopBar;

class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  // Without `autostart` nothing starts Cove at login.
  MainWindow(const PageContext& context, Theme& theme, Language& language, Preferences& preferences,
             std::shared_ptr<const Autostart> autostart = nullptr);

  // The window hides instead of ending the program when it is closed.
  void set_in_tray(bool in_tray) { in_tray_ = in_tray; }
  void show_cluster(const QString& profile);
  // A cluster that is not Cove's.
  void show_context(const QString& name);
  void new_cluster(const QString& name = {});
  void go_to(const QString& page);
  // And chooses the object with that key ("namespace/name") there, once it is known.
  void show_object(const QString& place, const QString& key);
  // The window of preferences, at one of its sections; empty: where it was.
  void show_preferences(const QString& section = {});
  // Comes forward from wherever it is.
  void raise_window();
  // Ends the program, after asking when something is under way.
  void quit();

 Q_SIGNALS:
  // The program is to end; the window is gone already.
  void finished();

 protected:
  void closeEvent(QCloseEvent* event) override;
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void build_sidebar(QWidget* sidebar);
  void build_menu();
  void open_palette();
  void show_shortcuts();
  void build_shortcuts();
  void connect_models();
  QAction* add_action(const QKeySequence& keys, std::function<void()> run);
  // And begins it.
  void show_demo();
  void route();
  QWidget* page_at(int row);
  void refresh_badges();
  void refresh_title();
  // Of two unfolded docks the one that is not `wanted` folds where there is no room for both.
  void keep_room(const QFrame& wanted);
  // As high as they were made by hand, and less than half of what they share with the page.
  void unfold_tools();
  void remember();
  void restore();
  void retranslate();
  void choose_scheme(SchemeChoice scheme);
  void choose_language(const QString& code);
  void leave();
  bool close_as_chosen();
  bool ask_before_leaving();
  QString work_under_way() const;

  PageContext context_;
  Theme& theme_;
  Language& language_;
  Preferences& preferences_;
  const std::shared_ptr<const Autostart> autostart_;
  bool in_tray_ = false;
  bool creating_ = false;
  bool welcoming_ = false;  // creating because there is no cluster, not because it was asked for
  bool leaving_ = false;
  bool leave_when_stopped_ = false;
  Navigation* navigation_;
  QToolButton* menu_button_;
  QMenu* menu_;
  QAction* new_cluster_;
  QAction* settings_;
  QAction* toggle_activity_;
  QAction* quit_;
  TopBar* top_;
  QStackedWidget* stack_;
  QLabel* looking_;
  CreatePage* create_ = nullptr;
  ContextPage* foreign_ = nullptr;
  PreferencesWindow* preferences_window_ = nullptr;
  std::vector<QWidget*> pages_;
  QSplitter* middle_;  // the page above the tools
  ToolDock* tools_;
  int tools_height_ = 300;
  ActivityDock* dock_;
};

}  // namespace cove::ui
