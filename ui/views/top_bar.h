// TopBar: which cluster, how it is, and what can be done with it.
#pragma once

#include <QFrame>
#include <QMenu>

#include "ui/views/pages.h"
#include "ui/widgets/basics.h"
#include "ui/widgets/status_glyph.h"

namespace cove::ui {

class TopBar : public QFrame {
  Q_OBJECT
 public:
  TopBar(const PageContext& context, QAction* new_cluster, QWidget* parent);
  void open_chooser();
  // The name shown instead of a cluster's while a new one is made.
  void set_creating(bool creating);

 Q_SIGNALS:
  void cluster_chosen(const QString& profile);
  void context_chosen(const QString& name);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void refresh();
  void fill_menu();
  void add_foreign_contexts();
  void show_foreign();
  PageContext context_;
  QAction* new_cluster_;
  bool creating_ = false;
  QToolButton* chooser_;
  QMenu* menu_;
  StatusGlyph* glyph_;
  QLabel* phase_;
  QWidget* state_;
  QWidget* actions_;
  QLabel* elsewhere_;
};

}  // namespace cove::ui
