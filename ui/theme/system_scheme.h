// SystemScheme: whether the desktop prefers dark, asked of the XDG desktop portal
// (org.freedesktop.appearance).
#pragma once

#include <QDBusVariant>
#include <QObject>
#include <QString>

namespace cove::ui {

// True when the palette the platform gave the application before ours was set is a dark one.
bool platform_palette_is_dark();

// GUI thread. Silent where there is no portal.
class SystemScheme : public QObject {
  Q_OBJECT
 public:
  explicit SystemScheme(QObject* parent = nullptr) : QObject(parent) {}
  // Asks, without waiting for the answer, and listens for changes from then on.
  void listen();

 Q_SIGNALS:
  void dark_preferred(bool dark);

 private Q_SLOTS:
  void setting_changed(const QString& space, const QString& key, const QDBusVariant& value);
};

}  // namespace cove::ui
