// PreferencesWindow: what can be chosen about Cove and about the current cluster, in sections.
#pragma once

#include <QDialog>
#include <QListWidget>
#include <QStackedWidget>

#include "ui/views/settings_section.h"

namespace cove::ui {

// Beside the main window, which goes on. Sections are made at their first visit.
class PreferencesWindow : public QDialog {
  Q_OBJECT
 public:
  PreferencesWindow(SettingsParts parts, QWidget* parent);

  // "general", "cluster", "startup", "registries", "proxy", "shortcuts", "image"; others: the one
  // it was at.
  void show_section(const QString& id);

 protected:
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  void choose(int row);
  void retranslate();
  void show_saved();

  const SettingsParts parts_;
  QListWidget* list_;
  QStackedWidget* stack_;
  std::vector<SettingsSection*> sections_;
  Banner* unsaved_;
};

}  // namespace cove::ui
