#include "ui/widgets/segments.h"

#include "ui/widgets/basics.h"

namespace cove::ui {

Segments::Segments(const QString& object_name, QWidget* parent) : QTabBar(parent) {
  setObjectName(object_name);
  setDrawBase(false);
  setExpanding(false);
  setUsesScrollButtons(false);
  setFocusPolicy(Qt::TabFocus);
  set_look(this, "segments");
}

}  // namespace cove::ui
