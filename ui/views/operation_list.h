// OperationList: the activity list, newest first, each entry folding out to its steps.
#pragma once

#include <QScrollArea>
#include <map>

#include "ui/views/operation_view.h"

namespace cove::ui {

class OperationList : public QScrollArea {
  Q_OBJECT
 public:
  OperationList(const Theme& theme, ActivityModel& model, QWidget* parent);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void insert(int row);
  void remove(int row);
  void refresh_empty();
  const Theme& theme_;
  ActivityModel& model_;
  QVBoxLayout* column_;
  QLabel* empty_;
  std::vector<QFrame*> entries_;  // in the model's order
};

}  // namespace cove::ui
