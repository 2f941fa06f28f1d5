// ApplyPage: manifests dropped, opened or pasted; what they would change; and then the change.
#pragma once

#include <QPlainTextEdit>
#include <QStackedWidget>
#include <QTableView>

#include "ui/models/apply_plan.h"
#include "ui/views/pages.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/diff_view.h"

class QMimeData;

namespace cove::ui {

// GUI thread.
class ApplyPage : public QWidget {
  Q_OBJECT
 public:
  ApplyPage(const PageContext& context, QWidget* parent);

  // Local files or folders; what they have takes the place of what is shown. Not while it is being
  // applied.
  void take_paths(const QStringList& paths);
  ApplyPlan& plan() { return *plan_; }

  // The local paths of what is dragged, if there is something for this page among it.
  static QStringList paths_of(const QMimeData& data);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  QWidget* make_start();
  QWidget* make_review();
  void take_text();
  void show_batch(const ManifestBatch& batch);
  void choose_files(bool folder);
  void refresh();
  void refresh_chosen();
  void refresh_health();
  void retranslate();
  int chosen() const;

  const PageContext context_;
  ManifestReader* reader_;
  ApplyPlan* plan_;
  std::vector<ManifestProblem> problems_;
  bool read_ = false;  // something was read

  QLabel* title_;
  QLabel* intro_;
  Banner* health_;
  Banner* problem_;
  QStackedWidget* middle_;
  QPlainTextEdit* text_;
  QPushButton* files_;
  QPushButton* folder_;
  QPushButton* check_;
  QTableView* table_;
  QLabel* summary_;
  QLabel* about_;
  DiffView* diff_;
  QPushButton* take_over_;
  QPushButton* again_;
  QPushButton* back_;
  QPushButton* apply_;
};

}  // namespace cove::ui
