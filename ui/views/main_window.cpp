#include "ui/views/main_window.h"

#include <QActionGroup>
#include <QApplication>
#include <QCloseEvent>
#include <QMenu>
#include <QMimeData>
#include <QSplitter>
#include <QVBoxLayout>

#include "ui/dialogs/close_dialog.h"
#include "ui/dialogs/delete_dialog.h"
#include "ui/dialogs/shortcuts_dialog.h"
#include "ui/models/text.h"
#include "ui/views/activity_dock.h"
#include "ui/views/apply_page.h"
#include "ui/views/command_palette.h"
#include "ui/views/context_page.h"
#include "ui/views/create_page.h"
#include "ui/views/demo_page.h"
#include "ui/views/kinds_page.h"
#include "ui/views/preferences_window.h"
#include "ui/views/tool_dock.h"
#include "ui/views/top_bar.h"
#include "ui/widgets/navigation.h"

namespace cove::ui {
namespace {

constexpr int kSidebarWidth = 224;
constexpr QSize kFirstSize(1120, 760);
// A window less high than this has one dock at the bottom unfolded, or a page above them would have
// no room.
constexpr int kBothDocksHeight = 1000;
constexpr QSize kSmallestSize(860, 560);

}  // namespace

MainWindow::MainWindow(const PageContext& context, Theme& theme, Language& language,
                       Preferences& preferences, std::shared_ptr<const Autostart> autostart)
    : context_(context),
      theme_(theme),
      language_(language),
      preferences_(preferences),
      autostart_(std::move(autostart)) {
  setWindowIcon(QIcon(QStringLiteral(":/cove/icons/cove.svg")));
  setMinimumSize(kSmallestSize);
  setAcceptDrops(true);
  context_.go_to = [this](const QString& page) { go_to(page); };
  context_.show_object = [this](const QString& place, const QString& key) {
    show_object(place, key);
  };
  pages_.resize(pages().size(), nullptr);

  auto* content = new QWidget(this);
  content->setObjectName(QStringLiteral("content"));
  auto* row = new QHBoxLayout(content);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  new_cluster_ = add_action(QKeySequence::New, [this] { new_cluster(); });
  auto* sidebar = new QFrame(content);
  sidebar->setObjectName(QStringLiteral("sidebar"));
  sidebar->setFixedWidth(kSidebarWidth);
  build_sidebar(sidebar);
  row->addWidget(sidebar);
  auto* column = new QVBoxLayout;
  column->setSpacing(0);
  top_ = new TopBar(context_, new_cluster_, content);
  middle_ = new QSplitter(Qt::Vertical, content);
  middle_->setChildrenCollapsible(false);
  middle_->setHandleWidth(6);
  stack_ = new QStackedWidget(middle_);
  looking_ = make_label("muted", stack_);
  looking_->setAlignment(Qt::AlignCenter);
  stack_->addWidget(looking_);
  tools_ = new ToolDock(theme_, middle_);
  context_.tools = tools_;
  middle_->addWidget(stack_);
  middle_->addWidget(tools_);
  middle_->setStretchFactor(0, 1);
  dock_ = new ActivityDock(context_, content);
  column->addWidget(top_);
  column->addWidget(middle_, 1);
  column->addWidget(dock_);
  row->addLayout(column, 1);
  setCentralWidget(content);
  build_shortcuts();
  build_menu();
  connect_models();
  restore();
  retranslate();
  route();
}

void MainWindow::build_sidebar(QWidget* sidebar) {
  auto* column = new QVBoxLayout(sidebar);
  column->setContentsMargins(10, 14, 10, 10);
  column->setSpacing(12);
  auto* brand = new QHBoxLayout;
  brand->setContentsMargins(6, 0, 0, 4);
  brand->setSpacing(10);
  auto* logo = new QLabel(sidebar);
  logo->setPixmap(
      QIcon(QStringLiteral(":/cove/icons/cove.svg")).pixmap(QSize(28, 28), devicePixelRatioF()));
  QLabel* name = make_label("title", sidebar);
  name->setText(QStringLiteral("Cove"));
  brand->addWidget(logo);
  brand->addWidget(name, 1);
  column->addLayout(brand);
  navigation_ = new Navigation(theme_, sidebar);
  for (const PageEntry& page : pages()) {
    navigation_->add_page(QString::fromLatin1(page.icon), page.title());
  }
  navigation_->setCurrentRow(0);
  column->addWidget(navigation_, 1);
  menu_button_ = new QToolButton(sidebar);
  menu_button_->setObjectName(QStringLiteral("menu"));
  menu_button_->setIcon(theme_.icon(QStringLiteral("settings"), Theme::IconRole::kSecondary));
  menu_button_->setIconSize(QSize(24, 18));
  menu_button_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  menu_button_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  menu_button_->setPopupMode(QToolButton::InstantPopup);
  menu_button_->setFocusPolicy(Qt::TabFocus);
  set_look(menu_button_, "side");
  menu_ = new QMenu(menu_button_);
  menu_button_->setMenu(menu_);
  column->addWidget(menu_button_);
}

QAction* MainWindow::add_action(const QKeySequence& keys, std::function<void()> run) {
  auto* action = new QAction(this);
  action->setShortcut(keys);
  connect(action, &QAction::triggered, this, [run = std::move(run)] { run(); });
  addAction(action);
  return action;
}

void MainWindow::build_shortcuts() {
  for (int row = 0; row < std::min(9, static_cast<int>(pages().size())); ++row) {
    add_action(QKeySequence(Qt::CTRL | static_cast<Qt::Key>(Qt::Key_1 + row)),
               [this, row] { navigation_->setCurrentRow(row); });
  }
  toggle_activity_ = add_action(QKeySequence(Qt::CTRL | Qt::Key_J), [this] {
    dock_->set_open(!dock_->is_open());
    preferences_.set_activity_open(dock_->is_open());
    keep_room(*dock_);
  });
  settings_ = add_action(QKeySequence(Qt::CTRL | Qt::Key_Comma), [this] { show_preferences(); });
  settings_->setObjectName(QStringLiteral("show_preferences"));
  add_action(QKeySequence(Qt::CTRL | Qt::Key_K), [this] { open_palette(); });
  add_action(QKeySequence(Qt::CTRL | Qt::Key_L), [this] { top_->open_chooser(); });
  add_action(QKeySequence(Qt::Key_F10), [this] { menu_button_->showMenu(); });
  add_action(QKeySequence::Close, [this] { close(); });
  quit_ = add_action(QKeySequence(Qt::CTRL | Qt::Key_Q), [this] { quit(); });
  for (QAction* action : {context_.actions.start(), context_.actions.pause(),
                          context_.actions.stop(), context_.actions.remove()}) {
    addAction(action);
  }
}

void MainWindow::show_preferences(const QString& section) {
  if (!preferences_window_) {
    preferences_window_ = new PreferencesWindow(
        SettingsParts{.page = context_,
                      .preferences = preferences_,
                      .autostart = autostart_,
                      .choose_scheme = [this](SchemeChoice scheme) { choose_scheme(scheme); },
                      .choose_language = [this](const QString& code) { choose_language(code); },
                      .new_cluster =
                          [this] {
                            raise_window();
                            new_cluster();
                          },
                      .in_tray = [this] { return in_tray_; }},
        this);
  }
  preferences_window_->show_section(section);
}

void MainWindow::show_shortcuts() {
  show_shortcuts_dialog(theme_, this);
}

// Everything the window can do, by name.
void MainWindow::open_palette() {
  std::vector<PaletteItem> items;
  for (const PageEntry& page : pages()) {
    const QString id = QString::fromLatin1(page.id);
    items.push_back({QStringLiteral("page:") + id, page.title(), tr("Page"),
                     QString::fromLatin1(page.icon), [this, id] { go_to(id); }});
  }
  const auto add = [&](const char* id, QString title, const char* icon, std::function<void()> run) {
    title.remove(QChar(0x2026));
    items.push_back({QStringLiteral("action:") + QLatin1String(id), title, tr("Action"),
                     QLatin1String(icon), std::move(run)});
  };
  const std::pair<const char*, QAction*> cluster[] = {{"start", context_.actions.start()},
                                                      {"pause", context_.actions.pause()},
                                                      {"stop", context_.actions.stop()},
                                                      {"delete", context_.actions.remove()}};
  const char* const icons[] = {"play", "pause", "stop", "trash"};
  for (std::size_t i = 0; i < std::size(cluster); ++i) {
    QAction* const action = cluster[i].second;
    if (action->isEnabled())
      add(cluster[i].first, tr("Cluster: %1").arg(action->text()), icons[i],
          [action] { action->trigger(); });
  }
  add("new", new_cluster_->text(), "plus", [this] { new_cluster(); });
  add("activity", toggle_activity_->text(), "activity", [this] { toggle_activity_->trigger(); });
  add("light", tr("Appearance: %1").arg(tr("Light")), "settings",
      [this] { choose_scheme(SchemeChoice::kLight); });
  add("dark", tr("Appearance: %1").arg(tr("Dark")), "settings",
      [this] { choose_scheme(SchemeChoice::kDark); });
  add("system", tr("Appearance: %1").arg(tr("As the system")), "settings",
      [this] { choose_scheme(SchemeChoice::kSystem); });
  for (const LanguageEntry& entry : languages()) {
    add(entry.code.toUtf8().constData(), tr("Language: %1").arg(entry.name), "settings",
        [this, code = entry.code] { choose_language(code); });
  }
  for (const provision::ClusterStatus& status : context_.clusters.statuses()) {
    const QString profile = QString::fromStdString(status.profile);
    add(("cluster/" + status.profile).c_str(), tr("Show the cluster %1").arg(profile), "server",
        [this, profile] { show_cluster(profile); });
  }
  add("preferences", settings_->text(), "settings", [this] { show_preferences(); });
  add("shortcuts", tr("Keyboard shortcuts…"), "info", [this] { show_shortcuts(); });
  add("notifications",
      preferences_.notifications() ? tr("Notifications: off") : tr("Notifications: on"), "bell",
      [this] {
        preferences_.set_notifications(!preferences_.notifications());
        build_menu();
      });
  add("quit", quit_->text(), "close", [this] { quit(); });
  auto* palette =
      new CommandPalette(context_, std::move(items), preferences_.recent_commands(), this);
  connect(palette, &CommandPalette::chosen, this, [this](const QString& id) {
    QStringList recent = preferences_.recent_commands();
    recent.removeAll(id);
    recent.prepend(id);
    preferences_.set_recent_commands(recent);
  });
  palette->open();
}

void MainWindow::build_menu() {
  menu_->clear();
  menu_->addAction(new_cluster_);
  menu_->addSeparator();
  QMenu* scheme = menu_->addMenu(tr("Appearance"));
  auto* schemes = new QActionGroup(scheme);
  const std::pair<SchemeChoice, QString> choices[] = {{SchemeChoice::kSystem, tr("As the system")},
                                                      {SchemeChoice::kLight, tr("Light")},
                                                      {SchemeChoice::kDark, tr("Dark")}};
  for (const auto& [choice, text] : choices) {
    QAction* action = schemes->addAction(text);
    action->setCheckable(true);
    action->setChecked(theme_.choice() == choice);
    connect(&preferences_, &Preferences::changed, action, [this, action, choice = choice] {
      action->setChecked(preferences_.scheme() == choice);
    });
    connect(action, &QAction::triggered, this, [this, choice = choice] { choose_scheme(choice); });
  }
  scheme->addActions(schemes->actions());
  QMenu* language = menu_->addMenu(tr("Language"));
  auto* codes = new QActionGroup(language);
  const auto add_language = [&](const QString& code, const QString& name) {
    QAction* action = codes->addAction(name);
    action->setCheckable(true);
    action->setChecked(preferences_.language() == code);
    // The menu is made anew by the switch: not from under the action that asked for it.
    connect(action, &QAction::triggered, this,
            [this, code] { QTimer::singleShot(0, this, [this, code] { choose_language(code); }); });
  };
  add_language({}, tr("As the system"));
  for (const LanguageEntry& entry : languages()) add_language(entry.code, entry.name);
  language->addActions(codes->actions());
  menu_->addAction(toggle_activity_);
  QAction* notifications = menu_->addAction(tr("Desktop notifications"));
  notifications->setObjectName(QStringLiteral("notifications"));
  notifications->setCheckable(true);
  notifications->setChecked(preferences_.notifications());
  connect(notifications, &QAction::toggled, this,
          [this](bool on) { preferences_.set_notifications(on); });
  connect(&preferences_, &Preferences::changed, notifications,
          [this, notifications] { notifications->setChecked(preferences_.notifications()); });
  menu_->addAction(tr("Keyboard shortcuts…"), this, &MainWindow::show_shortcuts);
  menu_->addAction(settings_);
  menu_->addSeparator();
  menu_->addAction(quit_);
}

void MainWindow::connect_models() {
  connect(navigation_, &QListWidget::currentRowChanged, this, [this](int row) {
    if (row < 0) return;
    preferences_.set_page(QString::fromLatin1(pages()[static_cast<std::size_t>(row)].id));
    route();
  });
  connect(top_, &TopBar::cluster_chosen, this, &MainWindow::show_cluster);
  connect(top_, &TopBar::context_chosen, this, &MainWindow::show_context);
  connect(&context_.counts, &LiveCounts::changed, this, &MainWindow::refresh_badges);
  connect(dock_, &ActivityDock::opened, this, [this](bool open) {
    preferences_.set_activity_open(open);
    keep_room(*dock_);
  });
  connect(tools_, &ToolDock::came_forward, this, [this] {
    keep_room(*tools_);
    unfold_tools();
  });
  connect(middle_, &QSplitter::splitterMoved, this, [this] {
    if (tools_->unfolded()) tools_height_ = tools_->height();
  });
  connect(&context_.clusters, &ClusterModel::observed, this, &MainWindow::route);
  connect(&context_.current, &CurrentCluster::changed, this, [this] {
    refresh_badges();
    refresh_title();
  });
  connect(&context_.current, &CurrentCluster::chosen, this, [this] {
    const QString foreign = QString::fromStdString(context_.current.foreign());
    preferences_.set_context(foreign);
    if (foreign.isEmpty())
      preferences_.set_cluster(QString::fromStdString(context_.current.profile()));
    route();
  });
  connect(&context_.activity, &ActivityModel::operation_changed, this, &MainWindow::refresh_badges);
  connect(&context_.activity, &QAbstractItemModel::rowsRemoved, this, &MainWindow::refresh_badges);
  connect(&context_.activity, &ActivityModel::operation_ended, this, [this](OperationId id) {
    const Operation* operation = context_.activity.find(id);
    if (!leave_when_stopped_ || !operation || operation->request.kind != OperationKind::kStop) {
      return;
    }
    leave_when_stopped_ = false;
    if (operation->state == OperationState::kSucceeded) leave();
  });
  connect(&context_.actions, &ClusterActions::delete_wanted, this, [this] {
    if (const auto* status = context_.current.status()) {
      ask_delete(
          theme_, *status, [this] { context_.actions.confirm_delete(); }, this);
    }
  });
}

void MainWindow::show_cluster(const QString& profile) {
  creating_ = false;
  welcoming_ = false;
  context_.current.choose(profile.toStdString());
  route();
}

void MainWindow::show_context(const QString& name) {
  creating_ = false;
  welcoming_ = false;
  context_.current.choose_foreign(name.toStdString());
  route();
}

void MainWindow::new_cluster(const QString& name) {
  creating_ = true;
  welcoming_ = false;
  navigation_->setCurrentRow(0);
  route();
  create_->begin(name);
}

void MainWindow::show_demo() {
  go_to(QStringLiteral("demo"));
  if (auto* page = qobject_cast<DemoPage*>(stack_->currentWidget()))
    page->begin(context_.current.profile());
}

void MainWindow::go_to(const QString& page) {
  for (std::size_t row = 0; row < pages().size(); ++row) {
    if (page == QLatin1String(pages()[row].id)) navigation_->setCurrentRow(static_cast<int>(row));
  }
}

void MainWindow::show_object(const QString& place, const QString& key) {
  const QString page = place.section(QLatin1Char('/'), 0, 0);
  go_to(page);
  QWidget* const shown = stack_->currentWidget();
  if (auto* kinds = qobject_cast<KindsPage*>(shown))
    return kinds->choose_object(place.section(QLatin1Char('/'), 1), key);
  if (auto* objects = qobject_cast<ObjectPage*>(shown)) return objects->choose_object(key);
  for (ObjectPage* inner : shown->findChildren<ObjectPage*>()) inner->choose_object(key);
}

// What the middle shows: the chosen page, or the way to a first cluster.
void MainWindow::route() {
  const bool known = context_.clusters.known();
  const bool foreign = !context_.current.foreign().empty();
  const bool none = known && !foreign && !context_.current.status();
  // Without any cluster the overview is the place where one is made.
  if (none && !creating_ && context_.clusters.statuses().empty()) {
    creating_ = true;
    welcoming_ = true;
    if (create_) create_->begin();
  }
  // A first cluster that another program makes takes the place of the welcome.
  if (welcoming_ && context_.current.status() && create_ && create_->at_form()) {
    creating_ = false;
    welcoming_ = false;
  }
  const int row = std::max(0, navigation_->currentRow());
  QWidget* shown = nullptr;
  const PageEntry& entry = pages()[static_cast<std::size_t>(row)];
  if (foreign && entry.own_only && !creating_) {
    if (!foreign_) {
      foreign_ = new ContextPage(context_, stack_);
      stack_->addWidget(foreign_);
    }
    foreign_->set_page(entry.title(), row == 0);
    shown = foreign_;
  } else if (!known && row == 0 && !creating_) {
    shown = looking_;
  } else if (row == 0 && creating_) {
    if (!create_) {
      create_ = new CreatePage(context_, stack_);
      stack_->addWidget(create_);
      connect(create_, &CreatePage::created, this, [this](const QString& profile, bool demo) {
        show_cluster(profile);
        if (demo) show_demo();
      });
      connect(create_, &CreatePage::left, this, [this](const QString& profile) {
        // What was made of it so far is a cluster to look at; without that, the form again.
        if (context_.clusters.find(profile.toStdString())) {
          show_cluster(profile);
        } else {
          create_->begin(profile);
        }
      });
      create_->begin();
    }
    shown = create_;
  } else {
    shown = page_at(row);
  }
  stack_->setCurrentWidget(shown);
  top_->set_creating(creating_);
  refresh_badges();
  refresh_title();
}

QWidget* MainWindow::page_at(int row) {
  QWidget*& page = pages_[static_cast<std::size_t>(row)];
  if (!page) {
    page = pages()[static_cast<std::size_t>(row)].make(context_, stack_);
    stack_->addWidget(page);
  }
  return page;
}

void MainWindow::refresh_badges() {
  for (std::size_t row = 0; row < pages().size(); ++row) {
    const Badge badge = pages()[row].badge(context_);
    navigation_->set_badge(static_cast<int>(row), badge.text, badge.tone);
  }
}

void MainWindow::refresh_title() {
  const auto* status = context_.current.status();
  const std::string& foreign = context_.current.foreign();
  const std::string name = status ? status->profile : foreign;
  setWindowTitle(!name.empty() && !creating_
                     ? QStringLiteral("%1 – Cove").arg(QString::fromStdString(name))
                     : QStringLiteral("Cove"));
}

void MainWindow::choose_scheme(SchemeChoice scheme) {
  preferences_.set_scheme(scheme);
  theme_.set_choice(scheme);
}

void MainWindow::choose_language(const QString& code) {
  preferences_.set_language(code);
  language_.use(code);
  build_menu();
}

void MainWindow::retranslate() {
  looking_->setText(tr("Looking for clusters…"));
  navigation_->setAccessibleName(tr("Pages"));
  for (std::size_t row = 0; row < pages().size(); ++row) {
    navigation_->set_title(static_cast<int>(row), pages()[row].title());
  }
  if (foreign_) {
    const int row = std::max(0, navigation_->currentRow());
    foreign_->set_page(pages()[static_cast<std::size_t>(row)].title(), row == 0);
  }
  menu_button_->setText(tr("Preferences"));
  menu_button_->setAccessibleName(tr("Preferences"));
  new_cluster_->setText(tr("New cluster…"));
  toggle_activity_->setText(tr("Activity list"));
  settings_->setText(tr("All preferences…"));
  quit_->setText(tr("Quit"));
  context_.actions.retranslate();
  build_menu();
}

void MainWindow::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QMainWindow::changeEvent(event);
}

// Manifests may be dropped anywhere.
void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (!ApplyPage::paths_of(*event->mimeData()).isEmpty()) event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent* event) {
  const QStringList paths = ApplyPage::paths_of(*event->mimeData());
  if (paths.isEmpty()) return;
  event->acceptProposedAction();
  go_to(QStringLiteral("apply"));
  if (auto* page = qobject_cast<ApplyPage*>(stack_->currentWidget())) page->take_paths(paths);
}

void MainWindow::restore() {
  resize(kFirstSize);
  if (!preferences_.geometry().isEmpty()) restoreGeometry(preferences_.geometry());
  go_to(preferences_.page());
  if (preferences_.activity_open()) dock_->set_open(true);
}

void MainWindow::keep_room(const QFrame& wanted) {
  if (!dock_->is_open() || !tools_->unfolded() || height() >= kBothDocksHeight) return;
  if (&wanted == dock_) {
    tools_->set_folded(true);
  } else {
    dock_->set_open(false);
  }
}

void MainWindow::unfold_tools() {
  // The other dock may just have folded.
  dock_->layout()->activate();
  centralWidget()->layout()->activate();
  const int all = middle_->height();
  const int wanted = std::min(tools_height_, all * 9 / 20);
  middle_->setSizes({all - wanted, wanted});
}

void MainWindow::resizeEvent(QResizeEvent* event) {
  QMainWindow::resizeEvent(event);
  dock_->fit();
  keep_room(*tools_);
}

void MainWindow::remember() {
  preferences_.set_geometry(saveGeometry());
}

void MainWindow::raise_window() {
  if (isMinimized()) showNormal();
  show();
  raise();
  activateWindow();
}

QString MainWindow::work_under_way() const {
  for (int row = 0; row < context_.activity.rowCount(); ++row) {
    const Operation& operation = context_.activity.at(row);
    if (operation.state == OperationState::kRunning) return doing(operation.request);
  }
  return {};
}

void MainWindow::leave() {
  leaving_ = true;
  remember();
  if (preferences_window_) preferences_window_->hide();
  hide();
  Q_EMIT finished();
}

void MainWindow::quit() {
  const QString work = work_under_way();
  if (work.isEmpty()) return leave();
  raise_window();
  ask_close_during_operation(
      theme_, work, [this] { leave(); }, this);
}

bool MainWindow::ask_before_leaving() {
  if (!in_tray_ && !work_under_way().isEmpty()) {
    quit();
    return true;
  }
  const auto* status = context_.current.status();
  const bool runs = machine_runs(status);
  if (!runs || preferences_.close_told()) return false;
  CloseAnswers answers;
  answers.close = [this] {
    preferences_.set_close_told(true);
    close();
  };
  answers.stop = [this] {
    preferences_.set_close_told(true);
    leave_when_stopped_ = true;
    context_.actions.stop()->trigger();
  };
  tell_cluster_keeps_running(theme_, QString::fromStdString(status->profile), in_tray_,
                             std::move(answers), this);
  return true;
}

// When something else was chosen than to go on in the background.
bool MainWindow::close_as_chosen() {
  const Closing closing = preferences_.closing();
  if (closing == Closing::kKeep) return false;
  const auto* status = context_.current.status();
  const bool runs = machine_runs(status);
  if (closing == Closing::kStop && runs && context_.actions.stop()->isEnabled()) {
    leave_when_stopped_ = true;
    context_.actions.stop()->trigger();
    return true;
  }
  quit();
  return true;
}

void MainWindow::closeEvent(QCloseEvent* event) {
  if (leaving_) return event->accept();
  if (close_as_chosen()) return event->ignore();
  if (ask_before_leaving()) return event->ignore();
  remember();
  if (in_tray_) {
    event->ignore();
    hide();
    return;
  }
  event->accept();
  leave();
}

}  // namespace cove::ui
