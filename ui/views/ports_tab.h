// PortsTab: ports of this machine that lead into pods.
#pragma once

#include <QComboBox>
#include <QScrollArea>
#include <QSpinBox>
#include <QVBoxLayout>

#include "ui/bridge/port_forwards.h"
#include "ui/views/pages.h"
#include "ui/widgets/banner.h"

namespace cove::ui {

// GUI thread. Forwards belong to it: they go on while other pods, tabs and pages are looked at.
class PortsTab : public QWidget {
  Q_OBJECT
 public:
  PortsTab(const PageContext& context, QWidget* parent);
  // Null: none is chosen.
  void show_pod(const api::ObjectPtr& pod);

  const PortForwards& forwards() const { return *forwards_; }

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void start();
  void refresh_ports();
  void refresh();
  QWidget* make_row(const PortForwards::Forward& forward);
  QString sentence_of(const PortForwards::Forward& forward) const;
  void retranslate();

  const PageContext context_;
  PortForwards* forwards_;
  api::ObjectPtr pod_;

  QLabel* explanation_;
  QLabel* port_label_;
  QComboBox* port_;
  QLabel* local_label_;
  QSpinBox* local_;
  QPushButton* start_;
  QLabel* running_title_;
  QVBoxLayout* rows_;
};

}  // namespace cove::ui
