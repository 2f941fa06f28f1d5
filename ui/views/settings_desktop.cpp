// Preferences of the window itself: looks, startup, shortcuts.
#include <QButtonGroup>
#include <QCheckBox>
#include <QRadioButton>
#include <QThreadPool>

#include "ui/dialogs/shortcuts_dialog.h"
#include "ui/models/text.h"
#include "ui/theme/language.h"
#include "ui/views/settings_section.h"

namespace cove::ui {
namespace {

// A card with a caption and what is chosen below it.
struct Choice {
  QLabel* caption;
  QVBoxLayout* column;
};

Choice add_choice(QVBoxLayout* to, QWidget* parent) {
  QFrame* card = make_card(parent);
  auto* column = new QVBoxLayout(card);
  column->setContentsMargins(20, 14, 20, 14);
  column->setSpacing(4);
  QLabel* caption = make_label("strong", card);
  column->addWidget(caption);
  to->addWidget(card);
  return {caption, column};
}

QRadioButton* add_radio(const Choice& choice, QButtonGroup* group, int id, const char* name) {
  auto* radio = new QRadioButton(choice.caption->parentWidget());
  radio->setObjectName(QLatin1String(name));
  group->addButton(radio, id);
  choice.column->addWidget(radio);
  return radio;
}

class GeneralSection final : public SettingsSection {
  Q_OBJECT
 public:
  GeneralSection(const SettingsParts& parts, QWidget* parent)
      : SettingsSection(parts, parent),
        language_(add_choice(column_, this)),
        scheme_(add_choice(column_, this)),
        notify_(add_choice(column_, this)) {
    codes_.append(QString());
    for (const LanguageEntry& entry : languages()) codes_.append(entry.code);
    for (int i = 0; i < codes_.size(); ++i) {
      const QString name =
          QStringLiteral("language_") + (i == 0 ? QStringLiteral("system") : codes_[i]);
      add_radio(language_, &languages_, i, name.toLatin1().constData());
    }
    add_radio(scheme_, &schemes_, static_cast<int>(SchemeChoice::kSystem), "scheme_system");
    add_radio(scheme_, &schemes_, static_cast<int>(SchemeChoice::kLight), "scheme_light");
    add_radio(scheme_, &schemes_, static_cast<int>(SchemeChoice::kDark), "scheme_dark");
    notifications_ = new QCheckBox(this);
    notifications_->setObjectName(QStringLiteral("settings_notifications"));
    notify_.column->addWidget(notifications_);
    notify_note_ = make_label("small", this);
    notify_note_->setWordWrap(true);
    notify_.column->addWidget(notify_note_);
    column_->addStretch();
    connect(&languages_, &QButtonGroup::idClicked, this,
            [this](int id) { parts_.choose_language(codes_[id]); });
    connect(&schemes_, &QButtonGroup::idClicked, this,
            [this](int id) { parts_.choose_scheme(static_cast<SchemeChoice>(id)); });
    connect(notifications_, &QCheckBox::toggled, this,
            [this](bool on) { parts_.preferences.set_notifications(on); });
    connect(&parts_.preferences, &Preferences::changed, this, &GeneralSection::show_choices);
    retranslate();
    show_choices();
  }

 protected:
  void retranslate() override {
    set_head(tr("General"), {});
    language_.caption->setText(tr("Language"));
    languages_.button(0)->setText(tr("As the system"));
    for (int i = 1; i < codes_.size(); ++i)
      languages_.button(i)->setText(languages()[static_cast<std::size_t>(i) - 1].name);
    scheme_.caption->setText(tr("Appearance"));
    schemes_.button(static_cast<int>(SchemeChoice::kSystem))->setText(tr("As the system"));
    schemes_.button(static_cast<int>(SchemeChoice::kLight))->setText(tr("Light"));
    schemes_.button(static_cast<int>(SchemeChoice::kDark))->setText(tr("Dark"));
    notify_.caption->setText(tr("Notifications"));
    notifications_->setText(tr("Desktop notifications"));
    notify_note_->setText(
        tr("Of finished rollouts, failed pods and ended operations, while the window is not looked "
           "at."));
  }

 private:
  void show_choices() {
    const auto index = codes_.indexOf(parts_.preferences.language());
    languages_.button(static_cast<int>(std::max<qsizetype>(0, index)))->setChecked(true);
    schemes_.button(static_cast<int>(parts_.preferences.scheme()))->setChecked(true);
    notifications_->setChecked(parts_.preferences.notifications());
  }

  QStringList codes_;
  Choice language_, scheme_, notify_;
  QButtonGroup languages_, schemes_;
  QCheckBox* notifications_;
  QLabel* notify_note_;
};

class StartupSection final : public SettingsSection {
  Q_OBJECT
 public:
  StartupSection(const SettingsParts& parts, QWidget* parent)
      : SettingsSection(parts, parent),
        startup_(add_choice(column_, this)),
        closing_(add_choice(column_, this)) {
    worker_.setMaxThreadCount(1);
    login_ = new QCheckBox(this);
    login_->setObjectName(QStringLiteral("open_at_login"));
    login_note_ = make_label("small", this);
    login_note_->setObjectName(QStringLiteral("login_note"));
    login_note_->setWordWrap(true);
    start_ = new QCheckBox(this);
    start_->setObjectName(QStringLiteral("start_cluster"));
    start_note_ = make_label("small", this);
    start_note_->setWordWrap(true);
    for (QWidget* widget : {static_cast<QWidget*>(login_), static_cast<QWidget*>(login_note_),
                            static_cast<QWidget*>(start_), static_cast<QWidget*>(start_note_)})
      startup_.column->addWidget(widget);
    add_radio(closing_, &closings_, static_cast<int>(Closing::kKeep), "closing_keep");
    add_radio(closing_, &closings_, static_cast<int>(Closing::kQuit), "closing_quit");
    add_radio(closing_, &closings_, static_cast<int>(Closing::kStop), "closing_stop");
    column_->addStretch();
    login_->setEnabled(false);
    connect(login_, &QCheckBox::clicked, this, [this](bool on) { ask(on); });
    connect(start_, &QCheckBox::toggled, this,
            [this](bool on) { parts_.preferences.set_start_cluster(on); });
    connect(&closings_, &QButtonGroup::idClicked, this, [this](int id) {
      parts_.preferences.set_closing(static_cast<Closing>(id));
      // Who chooses it has been told.
      parts_.preferences.set_close_told(true);
    });
    connect(&parts_.preferences, &Preferences::changed, this, &StartupSection::show_choices);
    retranslate();
    show_choices();
  }
  ~StartupSection() override { worker_.waitForDone(); }

  // Another program may have changed the entry.
  void begin() override {
    if (parts_.autostart) ask(std::nullopt);
  }

 protected:
  void retranslate() override {
    set_head(tr("Startup"), {});
    startup_.caption->setText(tr("When I log in"));
    login_->setText(tr("Open Cove"));
    start_->setText(tr("Start the cluster when Cove opens"));
    start_note_->setText(tr("The one that was shown last, when it is stopped or paused."));
    closing_.caption->setText(tr("When I close the window"));
    const bool tray = parts_.in_tray();
    closings_.button(static_cast<int>(Closing::kKeep))
        ->setText(tray ? tr("Keep the cluster running; Cove stays in the tray")
                       : tr("Keep the cluster running"));
    QAbstractButton* quit = closings_.button(static_cast<int>(Closing::kQuit));
    quit->setText(tr("Keep the cluster running and end Cove"));
    // Without a tray the first one does that.
    quit->setVisible(tray || parts_.preferences.closing() == Closing::kQuit);
    closings_.button(static_cast<int>(Closing::kStop))
        ->setText(tr("Stop the cluster, then end Cove"));
    show_login();
  }

 private:
  void show_choices() {
    start_->setChecked(parts_.preferences.start_cluster());
    closings_.button(static_cast<int>(parts_.preferences.closing()))->setChecked(true);
  }

  // Writes the entry, or only looks; on a thread of its own.
  void ask(std::optional<bool> wanted) {
    login_->setEnabled(false);
    worker_.start([this, wanted, autostart = parts_.autostart] {
      const Result<void> written = wanted ? autostart->set(*wanted) : Result<void>();
      const Result<bool> enabled = autostart->enabled();
      const bool on = enabled && *enabled;
      std::optional<Error> error;
      if (!written) {
        error = written.error();
      } else if (!enabled) {
        error = enabled.error();
      }
      QMetaObject::invokeMethod(
          this,
          [this, on, error] {
            login_->setEnabled(true);
            login_->setChecked(on);
            error_ = error;
            show_login();
          },
          Qt::QueuedConnection);
    });
  }

  void show_login() {
    set_look(login_note_, error_ ? "bad" : "small");
    login_note_->setText(error_ ? sentence_of(*error_)
                                : tr("Without a window: in the tray, or minimized where there is "
                                     "none."));
  }

  Choice startup_, closing_;
  QButtonGroup closings_;
  QCheckBox* login_;
  QLabel* login_note_;
  QCheckBox* start_;
  QLabel* start_note_;
  std::optional<Error> error_;
  QThreadPool worker_;
};

class ShortcutsSection final : public SettingsSection {
  Q_OBJECT
 public:
  ShortcutsSection(const SettingsParts& parts, QWidget* parent) : SettingsSection(parts, parent) {
    card_ = make_card(this);
    card_->setObjectName(QStringLiteral("shortcut_list"));
    auto* inside = new QVBoxLayout(card_);
    inside->setContentsMargins(20, 16, 20, 16);
    column_->addWidget(card_);
    column_->addStretch();
    retranslate();
  }

 protected:
  void retranslate() override {
    set_head(tr("Shortcuts"), tr("What the keyboard does in Cove's window."));
    delete std::exchange(list_, new QWidget(card_));
    list_->setLayout(make_shortcut_list(list_));
    card_->layout()->addWidget(list_);
  }

 private:
  QFrame* card_;
  QWidget* list_ = nullptr;
};

}  // namespace

QWidget* make_general_section(const SettingsParts& parts, QWidget* parent) {
  return new GeneralSection(parts, parent);
}
QWidget* make_startup_section(const SettingsParts& parts, QWidget* parent) {
  return new StartupSection(parts, parent);
}
QWidget* make_shortcuts_section(const SettingsParts& parts, QWidget* parent) {
  return new ShortcutsSection(parts, parent);
}

}  // namespace cove::ui

#include "settings_desktop.moc"
