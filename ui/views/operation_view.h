// OperationView: one operation as a timeline of steps, with times, cancel, and on failure the cause
// and what to do.
#pragma once

#include <QTimer>
#include <QWidget>
#include <map>

#include "ui/models/activity_model.h"
#include "ui/widgets/basics.h"
#include "ui/widgets/status_glyph.h"

namespace cove::ui {

Glyph glyph_of(OperationState state);

class StepRow;
class ProgressLine;
class LogView;

// Follows one operation of the model. GUI thread.
class OperationView : public QWidget {
  Q_OBJECT
 public:
  OperationView(const Theme& theme, ActivityModel& model, QWidget* parent);
  // 0: nothing to show but the plan, if there is one.
  void show_operation(OperationId id);
  OperationId operation() const { return id_; }
  // Steps to show before an operation is.
  void set_plan(std::vector<provision::Step> steps);
  // Below the steps of these ids: how a command does the same.
  void set_commands(std::map<std::string, QString> commands);
  // Steps may be folded away to the header line; a failed operation unfolds itself.
  void set_foldable(bool foldable);
  void set_folded(bool folded);
  // Another button beside "Try again" after a failure, such as "Change settings"; empty: none.
  void set_second_action(const QString& text);
  void retranslate();

 Q_SIGNALS:
  void tried_again(cove::ui::OperationId id);
  void second_action();

 protected:
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  void build_header();
  void build_failure();
  void refresh();
  void refresh_header(const Operation& operation);
  void refresh_plan();
  void refresh_steps(const std::vector<provision::Step>& steps);
  void refresh_notes(const Operation& operation);
  void refresh_log(const Operation& operation);
  void refresh_failure(const Operation& operation);
  void tick();
  void copy_failure();
  const Operation* current() const { return model_.find(id_); }

  const Theme& theme_;
  ActivityModel& model_;
  OperationId id_ = 0;
  bool foldable_ = false;
  bool folded_ = false;
  std::vector<provision::Step> plan_;
  std::map<std::string, QString> commands_;
  QString second_text_;
  QTimer timer_;
  StatusGlyph* glyph_;
  QLabel* title_;
  QLabel* time_;
  QPushButton* cancel_;
  QToolButton* fold_;
  ProgressLine* progress_;
  QWidget* body_;
  QVBoxLayout* rows_;
  std::vector<StepRow*> steps_;
  QLabel* notes_;
  LogView* log_ = nullptr;  // of an operation whose programs print
  QFrame* failure_;
  QLabel* cause_;
  QLabel* remedy_;
  QPushButton* again_;
  QPushButton* second_;
  QPushButton* copy_;
};

}  // namespace cove::ui
