// CopyField: a value to take elsewhere, with a Copy button.
#pragma once

#include <QTimer>

#include "ui/widgets/basics.h"

namespace cove::ui {

class CopyField : public QWidget {
  Q_OBJECT
 public:
  CopyField(const Theme& theme, const QString& object_name, QWidget* parent);
  // `what` names it for the button: "Copy endpoint".
  void set_value(const QString& what, const QString& value);
  QString value() const { return value_->text(); }

 private:
  void copy();
  const Theme& theme_;
  ElidedLabel* value_;
  QToolButton* copy_;
  QTimer back_;
};

}  // namespace cove::ui
