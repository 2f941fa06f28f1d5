// Preferences: what the desktop remembers between starts.
#pragma once

#include <QByteArray>
#include <QSettings>
#include <QString>

#include "core/base/fs.h"
#include "ui/theme/theme.h"

namespace cove::ui {

// Kept in one INI file. GUI thread; written by Qt when the event loop is idle and on destruction.
class Preferences {
 public:
  explicit Preferences(const Path& file);

  SchemeChoice scheme() const;
  void set_scheme(SchemeChoice scheme);
  // Empty: the system's.
  QString language() const { return text("language"); }
  void set_language(const QString& code) { set("language", code); }
  QByteArray geometry() const { return value("window/geometry").toByteArray(); }
  void set_geometry(const QByteArray& geometry) { set("window/geometry", geometry); }
  QString cluster() const { return text("cluster"); }
  void set_cluster(const QString& profile) { set("cluster", profile); }
  QString page() const { return text("window/page"); }
  void set_page(const QString& id) { set("window/page", id); }
  bool activity_open() const { return value("window/activity").toBool(); }
  void set_activity_open(bool open) { set("window/activity", open); }
  // The desktop's own preference as last heard, so that the first window has the right colours.
  bool system_dark(bool fallback) const;
  void set_system_dark(bool dark) { set("system_dark", dark); }
  // The user was told that closing leaves the cluster running.
  bool close_told() const { return value("close_told").toBool(); }
  void set_close_told(bool told) { set("close_told", told); }

 private:
  QVariant value(const char* key) const { return settings_.value(QLatin1String(key)); }
  QString text(const char* key) const { return value(key).toString(); }
  void set(const char* key, const QVariant& value) {
    settings_.setValue(QLatin1String(key), value);
  }
  QSettings settings_;
};

}  // namespace cove::ui
