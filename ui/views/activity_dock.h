// ActivityDock: the strip at the bottom that says what goes on, and folds out to the whole list.
#pragma once

#include <QFrame>
#include <QTimer>

#include "ui/views/pages.h"
#include "ui/widgets/basics.h"
#include "ui/widgets/status_glyph.h"

namespace cove::ui {

class OperationList;

class ActivityDock : public QFrame {
  Q_OBJECT
 public:
  ActivityDock(const PageContext& context, QWidget* parent);
  void set_open(bool open);
  bool is_open() const { return open_; }
  // Takes its part of the window's height, which has changed.
  void fit();

 Q_SIGNALS:
  void opened(bool open);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  void refresh();
  void tick();
  PageContext context_;
  bool open_ = false;
  QTimer timer_;
  StatusGlyph* glyph_;
  QLabel* text_;
  QLabel* time_;
  QPushButton* cancel_;
  QToolButton* toggle_;
  QVBoxLayout* column_;
  OperationList* list_ = nullptr;  // made when first opened
};

}  // namespace cove::ui
