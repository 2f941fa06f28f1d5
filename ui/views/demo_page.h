// DemoPage: the guided first tour, with the rollout it makes beside its steps.
#pragma once

#include <QFrame>
#include <QScrollArea>

#include "ui/bridge/demo_tasks.h"
#include "ui/views/pages.h"
#include "ui/widgets/banner.h"

namespace cove::ui {

class OperationView;
class RolloutView;

// GUI thread. Where the tour stands is read from the cluster, so that it can be gone on with after
// anything. What it began goes on when another page is looked at.
class DemoPage : public QWidget {
  Q_OBJECT
 public:
  DemoPage(const PageContext& context, QWidget* parent);
  // Begins it, or goes on, as soon as that cluster can be reached; not any more once another one
  // was chosen.
  void begin(const std::string& profile);

 protected:
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  enum class Stage {
    kNothing,  // nothing of it is there
    kForeign,  // something of its name is there that it did not make
    kPartly,   // it can be gone on with
    kNext,     // ten pods of the next version
    kUndone,   // back at the first version, after the next one
  };
  QWidget* make_steps();
  QWidget* make_rollout();
  QLayout* make_buttons();
  Stage stage() const;
  bool reachable() const;
  // All of it is known, as it is now.
  bool fresh() const;
  // What the timeline shows is in that state.
  bool is(OperationState state) const;
  api::ObjectPtr deployment() const;
  // The ReplicaSet of the Deployment with that image; null when there is none.
  api::ObjectPtr revision(const char* image) const;
  QUrl address() const;
  void run(const TaskPtr& task);
  void start();
  void undo();
  void ask_remove();
  void ended(OperationId id);
  void show_refusal(const QString& failed, const QString& why);
  void refresh_soon();
  void refresh();
  // The one thing that stands in the way.
  void refresh_trouble(Stage now);
  void refresh_outcome();
  void show_plan();
  // The steps, all done when what they make is there.
  void refresh_plan(bool done);
  void retranslate();

  const PageContext context_;
  ApiGates gates_;
  std::shared_ptr<LiveCollection> deployments_;
  std::shared_ptr<LiveCollection> replica_sets_;
  std::shared_ptr<LiveCollection> pods_;
  std::shared_ptr<LiveCollection> services_;
  std::optional<std::string> wanted_;  // the profile to begin it in
  bool plan_done_ = false;
  OperationId removal_ = 0;
  QTimer soon_;
  QLabel* headline_;
  QLabel* lead_;
  Banner* trouble_;
  Banner* refusal_;
  Banner* outcome_;
  OperationView* timeline_;
  QPushButton* start_;
  QPushButton* open_;
  QPushButton* history_;
  QPushButton* remove_;
  QFrame* rollout_card_;
  QLabel* rollout_title_;
  RolloutView* rollout_;
};

}  // namespace cove::ui
