// Segments: a chooser of two to five kinds of things, one of which is shown below it.
#pragma once

#include <QTabBar>

namespace cove::ui {

// Tab reaches it, arrows choose.
class Segments : public QTabBar {
  Q_OBJECT
 public:
  explicit Segments(const QString& object_name, QWidget* parent);
};

}  // namespace cove::ui
