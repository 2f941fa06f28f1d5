// ContextPage: what stands where a page of Cove's own clusters would, for a cluster that is another
// program's.
#pragma once

#include "ui/views/overview_cluster.h"
#include "ui/views/pages.h"
#include "ui/widgets/banner.h"
#include "ui/widgets/fact_list.h"

namespace cove::ui {

class ContextPage : public QWidget {
  Q_OBJECT
 public:
  ContextPage(const PageContext& context, QWidget* parent);
  // The page it stands for. The overview has what the user may see of the cluster.
  void set_page(const QString& title, bool overview);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void refresh();
  const PageContext context_;
  QString title_;
  bool overview_ = false;
  QLabel* name_;
  StatusGlyph* glyph_;
  QLabel* state_;
  QLabel* text_;
  FactList* facts_;
  Banner* reason_;
  OverviewCluster* cluster_;
};

}  // namespace cove::ui
