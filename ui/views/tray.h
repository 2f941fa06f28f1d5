// Tray: the cluster's state in the desktop's tray, with Start, Stop, Open and Quit.
#pragma once

#include <QMenu>
#include <QSystemTrayIcon>

#include "ui/views/pages.h"

namespace cove::ui {

// Only where QSystemTrayIcon::isSystemTrayAvailable().
class Tray : public QObject {
  Q_OBJECT
 public:
  Tray(const PageContext& context, QObject* parent);
  void retranslate();
  void notify(const QString& title, const QString& text, bool bad);

 Q_SIGNALS:
  void open_requested();
  void quit_requested();

 private:
  void refresh();
  PageContext context_;
  QMenu menu_;
  QAction* state_;
  QAction* open_;
  QAction* quit_;
  QSystemTrayIcon icon_;
};

}  // namespace cove::ui
