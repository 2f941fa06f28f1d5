// Navigation: the list of pages on the left, each with a count or a red badge.
#pragma once

#include <QListWidget>

#include "ui/theme/theme.h"

namespace cove::ui {

class Navigation : public QListWidget {
  Q_OBJECT
 public:
  Navigation(const Theme& theme, QWidget* parent);
  void add_page(const QString& icon, const QString& title);
  void set_title(int row, const QString& title);
  // Empty text: no badge. kBad is filled red; other tones are quiet.
  void set_badge(int row, const QString& text, Tone tone);
  QString badge(int row) const;

  // The ring is for those who came by keyboard.
  bool shows_focus() const { return by_keyboard_ && hasFocus(); }

 protected:
  void focusInEvent(QFocusEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;

 public:
  enum Role { kIcon = Qt::UserRole + 1, kBadge, kTone };

 private:
  bool by_keyboard_ = false;
};

}  // namespace cove::ui
