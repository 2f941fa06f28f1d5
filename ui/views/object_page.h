// ObjectPage: the frame of every list of API objects: search, namespace, table, what is wrong with
// the connection, and the chosen object's details.
#pragma once

#include <QComboBox>
#include <QTimer>

#include "ui/models/object_model.h"
#include "ui/views/list_frame.h"
#include "ui/views/state_table.h"
#include "ui/views/why_panel.h"
#include "ui/views/yaml_tab.h"

namespace cove::ui {

struct ObjectPageKind {
  QString id;  // begins the object names of its widgets: "pods_table"
  client::Resource resource;
  bool namespaced = true;
  bool events = true;  // its objects have a tab of events
  // Their events name them by kind and name: who tells of nodes does not know their uid.
  bool events_by_name = false;
  int sort_column = 0;
  Qt::SortOrder sort_order = Qt::AscendingOrder;
  std::vector<ObjectColumn> columns;
  std::function<QString()> title;
  std::function<QString()> explanation;  // what the thing is, where there is none
  std::function<std::vector<Fact>(const api::Object&, WallTime now)> facts;
};

// GUI thread. Pages add their actions and tabs to it in their constructors.
class ObjectPage : public ListFrame {
  Q_OBJECT
 public:
  ObjectPage(const PageContext& context, ObjectPageKind kind, QWidget* parent);

  ObjectModel& model() { return *model_; }
  // What the details show; null: nothing is chosen.
  const api::ObjectPtr& chosen() const { return chosen_; }
  // Chooses the object with that key, now or as soon as it is known; search and namespace let it
  // through.
  void choose_object(const QString& key);
  // Changes what is chosen; `failed` says what did not come about when it is refused.
  void patch(client::PatchType type, const api::json::value& patch, const QString& failed);

 Q_SIGNALS:
  // Another object, or this one changed; also when there is none any more.
  void chosen_changed();
  void retranslated();

 protected:
  ApiSession& api() const { return context().api; }
  // Tells why an action was refused; what has worked is seen in the table.
  void show_result(const QString& failed, const client::ApiResult<api::ObjectPtr>& result);
  // Facts again, when they depend on more than the object.
  void refresh_details();
  // They depend on these, too: followed from now on, and facts again soon after a change.
  void depend_on(std::shared_ptr<LiveCollection> collection);

 private:
  void search_for(const QString& words) override;
  void choose_row() override;
  void tab_shown() override;
  void retranslate_list() override;
  void make_tabs();
  void choose_wanted();
  void show_chosen();
  void refresh_yaml();
  void refresh_events();
  void refresh_health();
  void refresh_count();
  void refresh_namespaces();

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

  QComboBox* namespace_;
  WhyPanel* why_;
  QTableView* events_table_ = nullptr;
  YamlTab* yaml_;
};

// Columns of events, as the page and the tab show them.
std::vector<ObjectColumn> event_columns(bool with_object);

}  // namespace cove::ui
