// Preferences: what the desktop remembers between starts.
#pragma once

#include <QByteArray>
#include <QObject>
#include <QString>
#include <QThreadPool>
#include <QVariantMap>
#include <mutex>

#include "core/base/fs.h"
#include "ui/theme/theme.h"

namespace cove::ui {

// What closing the window does.
enum class Closing {
  kKeep,  // the cluster runs on; Cove stays where there is a tray, and ends where there is none
  kQuit,  // the cluster runs on, Cove ends
  kStop,  // the cluster is stopped, then Cove ends
};

// Kept in one INI file, read once and written by a thread of its own, because syncing a file may
// take long on a busy disk. GUI thread; destruction waits for what is still to be written. What
// could not be written counts until the end, and is tried again with the next choice.
class Preferences : public QObject {
  Q_OBJECT
 public:
  explicit Preferences(const Path& file);
  ~Preferences() override;

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
  Closing closing() const;
  void set_closing(Closing closing);
  // The cluster shown first is started, when it is off.
  bool start_cluster() const { return value("startup/start_cluster").toBool(); }
  void set_start_cluster(bool start) { set("startup/start_cluster", start); }

  const QString& file() const { return file_; }
  // The file could not be written last time.
  bool unsaved() const { return unsaved_; }
  // Tries again what could not be written.
  void save();

 Q_SIGNALS:
  void changed();
  // unsaved() may be another now.
  void saved();

 private:
  QVariant value(const char* key) const { return values_.value(QLatin1String(key)); }
  QString text(const char* key) const { return value(key).toString(); }
  void set(const char* key, const QVariant& value);
  void write_later();
  // On the writing thread.
  void write();
  void finish(bool failed);

  QString file_;
  QVariantMap values_;
  bool unsaved_ = false;
  std::mutex mutex_;
  QVariantMap unwritten_;  // guarded by mutex_
  bool waiting_ = false;   // the same: a write is still to begin
  QThreadPool writer_;
};

}  // namespace cove::ui
