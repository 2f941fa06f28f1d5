// ObjectPage: the frame of every list of API objects: search, namespace, table, what is wrong with
// the connection, and the chosen object's details.
#pragma once

#include <QComboBox>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabWidget>
#include <QTableView>

#include "ui/models/object_model.h"
#include "ui/views/pages.h"
#include "ui/views/why_panel.h"
#include "ui/views/yaml_tab.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/fact_list.h"

namespace cove::ui {

// A state as a shape.
Glyph glyph_of(ObjectState state);

// A table that draws a state's shape before its text, for models with ObjectModel's roles. Chosen
// by whole rows; Enter activates.
QTableView* make_state_table(const Theme& theme, QAbstractItemModel& model, QWidget* parent);
// The same with the model's widths of columns.
QTableView* make_object_table(const Theme& theme, ObjectModel& model, QWidget* parent);

struct ObjectPageKind {
  QString id;  // begins the object names of its widgets: "pods_table"
  client::Resource resource;
  bool namespaced = true;
  bool events = true;  // its objects have a tab of events
  int sort_column = 0;
  Qt::SortOrder sort_order = Qt::AscendingOrder;
  std::vector<ObjectColumn> columns;
  std::function<QString()> title;
  std::function<QString()> explanation;  // what the thing is, where there is none
  std::function<std::vector<Fact>(const api::Object&, WallTime now)> facts;
};

// GUI thread. Pages add their actions and tabs to it in their constructors.
class ObjectPage : public QWidget {
  Q_OBJECT
 public:
  ObjectPage(const PageContext& context, ObjectPageKind kind, QWidget* parent);

  ObjectModel& model() { return *model_; }
  // What the details show; null: nothing is chosen.
  const api::ObjectPtr& chosen() const { return chosen_; }
  // Chooses the object with that key, now or as soon as it is known; search and namespace let it
  // through.
  void choose_object(const QString& key);

 Q_SIGNALS:
  // Another object, or this one changed; also when there is none any more.
  void chosen_changed();
  void retranslated();

 protected:
  // Above the tabs.
  QHBoxLayout* actions() { return actions_; }
  QVBoxLayout* summary() { return summary_; }
  QTabWidget* tabs() { return tabs_; }
  const PageContext& context() const { return context_; }
  ApiSession& api() const { return context_.api; }
  // Tells why an action was refused; what has worked is seen in the table.
  void show_result(const QString& failed, const client::ApiResult<api::ObjectPtr>& result);
  void patch(client::PatchType type, const api::json::value& patch, const QString& failed);
  // Facts again, when they depend on more than the object.
  void refresh_details();
  // They depend on these, too: followed from now on, and facts again soon after a change.
  void depend_on(std::shared_ptr<LiveCollection> collection);

  void changeEvent(QEvent* event) override;

 private:
  QWidget* make_list();
  QWidget* make_details();
  void choose_row();
  void choose_wanted();
  void show_chosen();
  void refresh_yaml();
  void refresh_events();
  void refresh_health();
  void refresh_count();
  void refresh_namespaces();
  void retranslate();

  const PageContext context_;
  const ObjectPageKind kind_;
  ObjectModel* model_;
  ObjectModel* events_ = nullptr;
  std::shared_ptr<LiveCollection> namespaces_;
  std::vector<std::shared_ptr<LiveCollection>> dependencies_;
  QTimer details_soon_;
  api::ObjectPtr chosen_;
  QString chosen_key_;
  QString wanted_key_;     // to be chosen once it is there
  std::string events_of_;  // uid

  QLabel* title_;
  QLabel* count_;
  QLineEdit* search_;
  QComboBox* namespace_;
  Banner* health_;
  Banner* refusal_;
  QStackedWidget* middle_;
  QLabel* empty_title_;
  QLabel* empty_text_;
  QTableView* table_;
  QFrame* details_;
  QLabel* name_;
  QToolButton* close_;
  QHBoxLayout* actions_;
  QTabWidget* tabs_;
  QVBoxLayout* summary_;
  WhyPanel* why_;
  FactList* facts_;
  QTableView* events_table_ = nullptr;
  YamlTab* yaml_;
};

// Columns of events, as the page and the tab show them.
std::vector<ObjectColumn> event_columns(bool with_object);

}  // namespace cove::ui
