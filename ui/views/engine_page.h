// EnginePage: the frame of the lists of the container engine: actions, search, table, what is wrong
// with the connection, the operation begun here, and the chosen row's details.
#pragma once

#include <QTimer>

#include "ui/bridge/engine_tasks.h"
#include "ui/models/rows_model.h"
#include "ui/views/list_frame.h"
#include "ui/views/operation_view.h"

namespace cove::ui {

struct EnginePageKind {
  QString id;  // begins the object names of its widgets: "images_table"
  std::vector<RowColumn> columns;
  QString (*title)();
  QString (*explanation)();  // what the thing is, where there is none
};

// GUI thread. Pages add their actions and tabs in their constructors and end them with begin().
class EnginePage : public ListFrame {
  Q_OBJECT
 public:
  EnginePage(const PageContext& context, EnginePageKind kind, QWidget* parent);

  RowsModel& model() { return *model_; }
  RowsFilter& filter() { return *filter_; }

 protected:
  virtual std::vector<TableRow> rows() = 0;
  // The details of a row's key, which may have gone (empty: nothing is chosen).
  virtual void show_details(const QString& key) = 0;
  virtual void retranslate_page() = 0;
  // Rows again, in the next turn of the event loop; however often it is asked for.
  void refresh_later();

  const QString& chosen() const { return chosen_; }
  EngineSession& engine() const { return context().engine; }
  // A button of the toolbar that is enabled while there is an engine.
  QPushButton* add_tool(const char* name, const char* icon, std::function<void()> act,
                        const char* look = "default");
  QPushButton* add_action(const char* name, const char* icon, std::function<void()> act);

  // Begins it and shows its steps and lines below the list.
  void run(TaskPtr task);
  // Tells why something was refused; `failed` says what.
  void show_refusal(const QString& failed, const QString& why, const QString& remedy = {});
  void show_result(const QString& failed, const Result<void>& result);

 private:
  void search_for(const QString& words) override;
  void choose_row() override;
  void tab_shown() override;
  void retranslate_list() override;
  void make_operation();
  void refresh();
  void refresh_health();

  const EnginePageKind kind_;
  RowsModel* model_;
  RowsFilter* filter_;
  QTimer later_;
  QString chosen_;
  bool refreshing_ = false;
  std::vector<QPushButton*> tools_;
  QFrame* operation_card_;
  OperationView* operation_;
  QToolButton* operation_close_;
};

}  // namespace cove::ui
