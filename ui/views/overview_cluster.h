// OverviewCluster: what a running cluster does: usage over time, what runs, what fails and why,
// and the latest warnings.
#pragma once

#include <QTimer>

#include "ui/models/object_model.h"
#include "ui/views/metrics_tab.h"

class QTableView;

namespace cove::ui {

// GUI thread. Follows the cluster's objects from its first showing on; asks for usage while it is
// visible.
class OverviewCluster : public QWidget {
  Q_OBJECT
 public:
  OverviewCluster(const PageContext& context, QWidget* parent);

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  // A kind that is counted; its place is where its button leads.
  struct Counted {
    client::Resource resource;
    const char* place;  // as PageContext::show_object has it
    const char* icon;
    QString (*title)();
    std::shared_ptr<LiveCollection> collection = nullptr;
    QPushButton* button = nullptr;
  };

  QWidget* make_usage();
  QWidget* make_runs();
  QWidget* make_list(QLabel*& title, ObjectModel& model, QTableView*& table, QLabel*& nothing,
                     const char* name);
  void follow();
  void ask();
  void ask_disk();
  void take_usage(const client::ApiResponse& response);
  void forget();
  void go_to_failing(int row);
  void refresh_soon();
  void refresh();
  void refresh_limits();
  void refresh_stale();
  void retranslate();

  const PageContext context_;
  std::vector<Counted> counted_;
  std::shared_ptr<LiveCollection> nodes_;
  ObjectModel* failing_;
  ObjectModel* warnings_;
  QTimer poll_;
  QTimer refresh_later_;
  bool followed_ = false;
  WallTime last_{};

  QLabel* usage_title_;
  QLabel* usage_note_;
  Chart* cpu_;
  Chart* memory_;
  Chart* disk_;
  QLabel* runs_title_;
  QLabel* failing_title_;
  QLabel* warnings_title_;
  QTableView* failing_table_;
  QTableView* warnings_table_;
  QLabel* nothing_fails_;
  QLabel* no_warnings_;
};

}  // namespace cove::ui
