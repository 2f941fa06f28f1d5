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

  enum Role { kIcon = Qt::UserRole + 1, kBadge, kTone };
};

}  // namespace cove::ui
