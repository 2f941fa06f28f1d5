#include "ui/views/preferences_window.h"

#include <QEvent>
#include <QScrollArea>

namespace cove::ui {
namespace {

constexpr QSize kFirstSize(800, 600);
constexpr QSize kSmallestSize(640, 420);
constexpr int kListWidth = 168;

struct Section {
  const char* id;
  const char* icon;
  QString (*title)();
  QWidget* (*make)(const SettingsParts&, QWidget* parent);
};

const std::vector<Section>& sections() {
  static const std::vector<Section> all = {
      {"general", "settings", [] { return PreferencesWindow::tr("General"); },
       make_general_section},
      {"cluster", "server", [] { return PreferencesWindow::tr("Cluster"); },
       make_resources_section},
      {"startup", "play", [] { return PreferencesWindow::tr("Startup"); }, make_startup_section},
      {"registries", "package", [] { return PreferencesWindow::tr("Registries"); },
       make_registries_section},
      {"proxy", "network", [] { return PreferencesWindow::tr("Proxy"); }, make_proxy_section},
      {"shortcuts", "info", [] { return PreferencesWindow::tr("Shortcuts"); },
       make_shortcuts_section},
      {"image", "disk", [] { return PreferencesWindow::tr("System image"); }, make_image_section},
  };
  return all;
}

}  // namespace

PreferencesWindow::PreferencesWindow(SettingsParts parts, QWidget* parent)
    : QDialog(parent), parts_(std::move(parts)), sections_(sections().size(), nullptr) {
  setObjectName(QStringLiteral("preferences"));
  setMinimumSize(kSmallestSize);
  resize(kFirstSize);
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  auto* side = new QFrame(this);
  side->setObjectName(QStringLiteral("sidebar"));
  side->setFixedWidth(kListWidth + 20);
  auto* side_column = new QVBoxLayout(side);
  side_column->setContentsMargins(10, 16, 10, 10);
  list_ = new QListWidget(side);
  list_->setObjectName(QStringLiteral("preferences_sections"));
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->setIconSize(QSize(18, 18));
  set_look(list_, "sections");
  for (const Section& section : sections())
    list_->addItem(new QListWidgetItem(
        parts_.page.theme.icon(QLatin1String(section.icon), Theme::IconRole::kSecondary),
        QString()));
  side_column->addWidget(list_);
  row->addWidget(side);
  auto* column = new QVBoxLayout;
  column->setSpacing(0);
  unsaved_ = new Banner(parts_.page.theme, this);
  unsaved_->setObjectName(QStringLiteral("preferences_unsaved"));
  unsaved_->hide();
  auto* banner = new QVBoxLayout;
  banner->setContentsMargins(24, 0, 24, 0);
  banner->addWidget(unsaved_);
  stack_ = new QStackedWidget(this);
  column->addSpacing(4);
  column->addLayout(banner);
  column->addWidget(stack_, 1);
  row->addLayout(column, 1);
  connect(list_, &QListWidget::currentRowChanged, this, &PreferencesWindow::choose);
  connect(&parts_.preferences, &Preferences::saved, this, &PreferencesWindow::show_saved);
  connect(unsaved_, &Banner::activated, this, [this] { parts_.preferences.save(); });
  retranslate();
}

void PreferencesWindow::show_section(const QString& id) {
  for (std::size_t i = 0; i < sections().size(); ++i) {
    if (id == QLatin1String(sections()[i].id)) list_->setCurrentRow(static_cast<int>(i));
  }
  if (list_->currentRow() < 0) list_->setCurrentRow(0);
  show();
  raise();
  activateWindow();
  list_->setFocus();
}

void PreferencesWindow::choose(int row) {
  if (row < 0) return;
  SettingsSection*& section = sections_[static_cast<std::size_t>(row)];
  if (!section) {
    auto* area = new QScrollArea(stack_);
    area->setWidgetResizable(true);
    area->setFrameShape(QFrame::NoFrame);
    area->setFocusPolicy(Qt::NoFocus);
    section =
        static_cast<SettingsSection*>(sections()[static_cast<std::size_t>(row)].make(parts_, area));
    area->setWidget(section);
    stack_->addWidget(area);
  }
  stack_->setCurrentWidget(section->parentWidget()->parentWidget());
  if (isVisible()) section->begin();
}

void PreferencesWindow::showEvent(QShowEvent* event) {
  QDialog::showEvent(event);
  const int row = list_->currentRow();
  if (row >= 0 && sections_[static_cast<std::size_t>(row)])
    sections_[static_cast<std::size_t>(row)]->begin();
}

void PreferencesWindow::changeEvent(QEvent* event) {
  if (event->type() == QEvent::LanguageChange) retranslate();
  QDialog::changeEvent(event);
}

void PreferencesWindow::retranslate() {
  setWindowTitle(tr("Preferences"));
  list_->setAccessibleName(tr("Sections"));
  for (std::size_t i = 0; i < sections().size(); ++i)
    list_->item(static_cast<int>(i))->setText(sections()[i].title());
  show_saved();
}

void PreferencesWindow::show_saved() {
  unsaved_->show_message(Tone::kBad, QStringLiteral("error"),
                         tr("What you chose could not be saved"),
                         tr("%1 cannot be written: the disk may be full, or the file closed to "
                            "you. Your choices count "
                            "until Cove ends.")
                             .arg(parts_.preferences.file()));
  unsaved_->set_action(tr("Try again"));
  unsaved_->setVisible(parts_.preferences.unsaved());
}

}  // namespace cove::ui
