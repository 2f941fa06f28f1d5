// What a page of the preferences stands on.
#pragma once

#include <QVBoxLayout>
#include <functional>
#include <optional>

#include "ui/bridge/autostart.h"
#include "ui/views/pages.h"
#include "ui/views/preferences.h"
#include "ui/widgets/banner.h"

namespace cove::ui {

// Outlives the sections.
struct SettingsParts {
  PageContext page;
  Preferences& preferences;
  // Nothing: this Cove has no entry at login.
  std::shared_ptr<const Autostart> autostart;
  std::function<void(SchemeChoice)> choose_scheme;
  std::function<void(const QString& code)> choose_language;
  std::function<void()> new_cluster;
  std::function<bool()> in_tray;
};

class SettingsSection : public QWidget {
  Q_OBJECT
 public:
  SettingsSection(const SettingsParts& parts, QWidget* parent);
  // It comes into sight.
  virtual void begin() {}

 protected:
  void changeEvent(QEvent* event) override;
  virtual void retranslate() = 0;
  void set_head(const QString& title, const QString& lead);

  const SettingsParts& parts_;
  QVBoxLayout* column_;

 private:
  QLabel* title_;
  QLabel* lead_;
};

// Settings of the current cluster, if it is one of Cove's own: fields that are filled from its
// wish, changed, and saved as a whole. What the user has begun to change is never overwritten.
class ClusterSection : public SettingsSection {
  Q_OBJECT
 public:
  // Object names of the buttons begin with `prefix`.
  ClusterSection(const SettingsParts& parts, const QString& prefix, QWidget* parent);

 protected:
  void retranslate() override;
  // To be called at the end of a constructor.
  void follow();
  // The fields have been changed.
  void edited();
  void run(OperationKind kind, const provision::StartRequest& request = {});
  const provision::ClusterStatus* status() const { return parts_.page.current.status(); }
  QString profile() const { return QString::fromStdString(parts_.page.current.profile()); }
  // The cluster's machine is in memory, or saved.
  bool has_machine() const;
  bool free() const;
  // What the computer can give was asked for a machine in this network.
  bool asked(vm::NetworkMode network) const {
    return status() && status()->wish.network == network;
  }

  virtual void fill(const provision::ClusterStatus&) {}
  virtual bool differs(const provision::Wish&) const { return false; }
  virtual QString problem() const { return {}; }
  virtual provision::StartRequest wanted() const { return {}; }
  // When a change counts.
  virtual QString effect() const { return {}; }
  // The cluster, or what is under way with it, is another now.
  virtual void refresh() {}

  QVBoxLayout* fields_;  // where they go, in a card

 private:
  void show_state();
  void ended(OperationId id);
  void fill_from(const provision::ClusterStatus& status);

  const bool saves_;
  QWidget* content_;
  Banner* nothing_;
  QFrame* card_;
  QLabel* note_;
  QPushButton* revert_;
  QPushButton* save_;
  std::string profile_;
  std::optional<provision::Wish> filled_;
  std::optional<OperationId> operation_;
  QString failure_;
  bool saved_ = false;
  bool filling_ = false;

 protected:
  // Beside the card.
  QVBoxLayout* below_;
};

QWidget* make_general_section(const SettingsParts& parts, QWidget* parent);
QWidget* make_resources_section(const SettingsParts& parts, QWidget* parent);
QWidget* make_startup_section(const SettingsParts& parts, QWidget* parent);
QWidget* make_registries_section(const SettingsParts& parts, QWidget* parent);
QWidget* make_proxy_section(const SettingsParts& parts, QWidget* parent);
QWidget* make_shortcuts_section(const SettingsParts& parts, QWidget* parent);
QWidget* make_image_section(const SettingsParts& parts, QWidget* parent);

}  // namespace cove::ui
