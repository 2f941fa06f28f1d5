// Preferences: what the desktop remembers between starts.
#pragma once

#include <QByteArray>
#include <QString>
#include <QThreadPool>
#include <QVariantMap>
#include <mutex>

#include "core/base/fs.h"
#include "ui/theme/theme.h"

namespace cove::ui {

// Kept in one INI file, read once and written by a thread of its own, because syncing a file may
// take long on a busy disk. GUI thread; destruction waits for what is still to be written.
class Preferences {
 public:
  explicit Preferences(const Path& file);
  ~Preferences();

  SchemeChoice scheme() const;
  void set_scheme(SchemeChoice scheme);
  // Empty: the system's.
  QString language() const { return text("language"); }
  void set_language(const QString& code) { set("language", code); }
  QByteArray geometry() const { return value("window/geometry").toByteArray(); }
  void set_geometry(const QByteArray& geometry) { set("window/geometry", geometry); }
  QString cluster() const { return text("cluster"); }
  void set_cluster(const QString& profile) { set("cluster", profile); }
  // Another's cluster, when one was chosen last.
  QString context() const { return text("context"); }
  void set_context(const QString& name) { set("context", name); }
  QString page() const { return text("window/page"); }
  void set_page(const QString& id) { set("window/page", id); }
  bool activity_open() const { return value("window/activity").toBool(); }
  void set_activity_open(bool open) { set("window/activity", open); }
  // The desktop's own preference as last heard, so that the first window has the right colours.
  bool system_dark(bool fallback) const;
  void set_system_dark(bool dark) { set("system_dark", dark); }
  // What was run by the palette, most recent first; at most 20.
  QStringList recent_commands() const { return value("palette/recent").toStringList(); }
  void set_recent_commands(const QStringList& ids) { set("palette/recent", ids.mid(0, 20)); }
  // Desktop notifications of what happens while the window is not looked at.
  bool notifications() const { return !value("notifications_off").toBool(); }
  void set_notifications(bool on) { set("notifications_off", !on); }
  // The user was told that closing leaves the cluster running.
  bool close_told() const { return value("close_told").toBool(); }
  void set_close_told(bool told) { set("close_told", told); }

 private:
  QVariant value(const char* key) const { return values_.value(QLatin1String(key)); }
  QString text(const char* key) const { return value(key).toString(); }
  void set(const char* key, const QVariant& value);
  // On the writing thread.
  void write();

  QString file_;
  QVariantMap values_;
  std::mutex mutex_;
  QVariantMap unwritten_;  // guarded by mutex_; a write is on its way while it has something
  QThreadPool writer_;
};

}  // namespace cove::ui
