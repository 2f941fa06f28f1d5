// RolloutView: how a Deployment's new pods take the place of the old ones, live.
#pragma once

#include <QTimer>
#include <QVBoxLayout>
#include <QWidget>

#include "ui/models/rollout.h"
#include "ui/theme/theme.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/fact_list.h"
#include "ui/widgets/state_cells.h"

namespace cove::ui {

// GUI thread. Looks again at most ten times a second while it is seen, not at all while it is not.
class RolloutView : public QWidget {
  Q_OBJECT
 public:
  RolloutView(const Theme& theme, const Clock& clock, std::shared_ptr<LiveCollection> replica_sets,
              std::shared_ptr<LiveCollection> pods, QWidget* parent);
  // Null: none.
  void show_deployment(const api::ObjectPtr& deployment);

 Q_SIGNALS:
  // A merge patch of the Deployment that pauses or resumes its rollout.
  void pause_wanted(const cove::api::json::value& patch);

 protected:
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  struct SetRow {
    QWidget* box;
    QLabel* title;
    QLabel* count;
    StateCells* cells;
  };
  SetRow& set_row(std::size_t index);
  void refresh_soon();
  void refresh();
  void show_state(const Rollout& rollout);
  void show_sets(const Rollout& rollout);
  void show_limits(const Rollout& rollout);
  void show_pod();
  void retranslate();

  const Theme& theme_;
  const Clock& clock_;
  const std::shared_ptr<LiveCollection> replica_sets_;
  const std::shared_ptr<LiveCollection> pods_;
  api::ObjectPtr deployment_;
  Rollout rollout_;
  QString pod_;  // whose state is told in words
  QTimer soon_;
  StatusGlyph* glyph_;
  QLabel* state_;
  QPushButton* pause_;
  PartsBar* bar_;
  Banner* stuck_;
  QVBoxLayout* sets_;
  std::vector<SetRow> rows_;
  QLabel* pod_text_;
  FactList* limits_;
};

}  // namespace cove::ui
