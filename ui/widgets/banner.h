// Banner: one thing to know, why, and the one action that helps.
#pragma once

#include <QFrame>

#include "ui/widgets/basics.h"

namespace cove::ui {

class Banner : public QFrame {
  Q_OBJECT
 public:
  Banner(const Theme& theme, QWidget* parent);
  // Empty texts are left out.
  void show_message(Tone tone, const QString& icon, const QString& title, const QString& text);
  // Empty: no button.
  void set_action(const QString& text);
  QPushButton* action() const { return action_; }
  QString title() const { return title_->text(); }
  QString text() const { return text_->text(); }

 Q_SIGNALS:
  void activated();

 private:
  void refresh();
  const Theme& theme_;
  QString icon_name_;
  Tone tone_ = Tone::kNeutral;
  QLabel* icon_;
  QLabel* title_;
  QLabel* text_;
  QPushButton* action_;
};

}  // namespace cove::ui
