// TerminalTab: shells in the containers of the pod that is chosen.
#pragma once

#include <QComboBox>
#include <QStackedWidget>

#include "ui/views/terminal_pane.h"

namespace cove::ui {

// GUI thread. A shell goes on while another tab or another pod is looked at; the kMaxShells latest
// are kept, and an older one ends.
class TerminalTab : public QWidget {
  Q_OBJECT
 public:
  static constexpr std::size_t kMaxShells = 8;

  TerminalTab(const PageContext& context, QWidget* parent);
  // Null: none is chosen.
  void show_pod(const api::ObjectPtr& pod);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  ContainerRef target() const;
  QString dock_key(const ContainerRef& target) const;
  TerminalPane* pane_of(const ContainerRef& target) const;
  void open();
  void keep(TerminalPane* pane);
  void refresh_containers();
  void refresh();
  void retranslate();

  const PageContext context_;
  api::ObjectPtr pod_;
  std::vector<TerminalPane*> panes_;  // the latest last

  QLabel* container_label_;
  QComboBox* container_;
  QStackedWidget* stack_;
  QLabel* empty_title_;
  QLabel* empty_text_;
  QPushButton* open_;
};

}  // namespace cove::ui
