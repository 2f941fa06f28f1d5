// DataView: the keys of a ConfigMap or a Secret, and one key's value to read, copy and change.
#pragma once

#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <set>

#include "ui/bridge/api_session.h"
#include "ui/theme/theme.h"
#include "ui/widgets/banner.h"

namespace cove::ui {

// GUI thread. A Secret's values are hidden until they are asked for, key by key, and again when
// another object is shown. What is being typed is not replaced by what arrives meanwhile: its base
// is the version it was begun on, so the server refuses it (409) when somebody else was faster.
class DataView : public QWidget {
  Q_OBJECT
 public:
  enum class Of { kConfigMap, kSecret };
  DataView(const Theme& theme, Of of, QWidget* parent);
  // Null: none.
  void show_object(const api::ObjectPtr& object);
  // What came of the last change: nothing, or why it was refused.
  void finish(const std::optional<client::ApiError>& error);

 Q_SIGNALS:
  // A merge patch with metadata.resourceVersion.
  void change_wanted(const cove::api::json::value& patch);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  struct Entry {
    std::string bytes;
    bool binary = false;  // no text that could be shown and changed
  };

  void build_keys();
  void build_value();
  void take_entries();
  void refresh_keys();
  void show_key();
  void refresh();
  void save();
  void add_key();
  void remove_key();
  void want(const std::string& key, api::json::value value);
  bool shows_value() const;
  bool immutable() const;
  const Entry* current() const;
  std::string current_key() const;
  QString size_text(const Entry& entry) const;
  QString value() const;
  void retranslate();

  const Theme& theme_;
  const Of of_;
  api::ObjectPtr object_;
  std::map<std::string, Entry> entries_;
  std::set<std::string> revealed_;
  std::string base_version_;  // resourceVersion that what is typed began on
  std::string shown_key_;
  QString shown_value_;  // before anything was typed
  bool dirty_ = false;
  bool waiting_ = false;

  QLabel* note_;
  Banner* refusal_;
  QListWidget* keys_;
  QLineEdit* new_key_;
  QPushButton* add_;
  QPushButton* remove_;
  QPlainTextEdit* value_;
  QLabel* hidden_;
  QPushButton* reveal_;
  QToolButton* copy_;
  QPushButton* revert_;
  QPushButton* save_;
};

}  // namespace cove::ui
