#include "ui/views/preferences.h"

#include <QMetaObject>
#include <QSettings>
#include <utility>

namespace cove::ui {

Preferences::Preferences(const Path& file) : file_(QString::fromStdString(file.string())) {
  writer_.setMaxThreadCount(1);
  const QSettings settings(file_, QSettings::IniFormat);
  for (const QString& key : settings.allKeys()) values_[key] = settings.value(key);
}

Preferences::~Preferences() {
  writer_.waitForDone();
}

void Preferences::set(const char* key, const QVariant& value) {
  const QString name = QLatin1String(key);
  if (values_.contains(name) && values_[name] == value) return;
  values_[name] = value;
  {
    const std::lock_guard lock(mutex_);
    unwritten_[name] = value;
  }
  write_later();
  Q_EMIT changed();
}

// Also while nothing seems left to write: what is being written now may fail.
void Preferences::save() {
  write_later();
}

// One on its way takes along what comes until it begins.
void Preferences::write_later() {
  const std::lock_guard lock(mutex_);
  if (std::exchange(waiting_, true)) return;
  writer_.start([this] { write(); });
}

void Preferences::write() {
  QVariantMap values;
  {
    const std::lock_guard lock(mutex_);
    waiting_ = false;
    values.swap(unwritten_);
  }
  QSettings settings(file_, QSettings::IniFormat);
  for (auto entry = values.cbegin(); entry != values.cend(); ++entry) {
    settings.setValue(entry.key(), entry.value());
  }
  settings.sync();
  const bool failed = settings.status() != QSettings::NoError;
  if (failed) {
    const std::lock_guard lock(mutex_);
    for (auto entry = values.cbegin(); entry != values.cend(); ++entry) {
      if (!unwritten_.contains(entry.key())) unwritten_[entry.key()] = entry.value();
    }
  }
  QMetaObject::invokeMethod(
      this, [this, failed] { finish(failed); }, Qt::QueuedConnection);
}

void Preferences::finish(bool failed) {
  unsaved_ = failed;
  Q_EMIT saved();
}

Closing Preferences::closing() const {
  const QString name = text("closing");
  if (name == QLatin1String("quit")) return Closing::kQuit;
  if (name == QLatin1String("stop")) return Closing::kStop;
  return Closing::kKeep;
}

void Preferences::set_closing(Closing closing) {
  set("closing", closing == Closing::kQuit   ? QStringLiteral("quit")
                 : closing == Closing::kStop ? QStringLiteral("stop")
                                             : QStringLiteral("keep"));
}

SchemeChoice Preferences::scheme() const {
  const QString name = text("scheme");
  if (name == QLatin1String("light")) return SchemeChoice::kLight;
  if (name == QLatin1String("dark")) return SchemeChoice::kDark;
  return SchemeChoice::kSystem;
}

void Preferences::set_scheme(SchemeChoice scheme) {
  set("scheme", scheme == SchemeChoice::kLight  ? QStringLiteral("light")
                : scheme == SchemeChoice::kDark ? QStringLiteral("dark")
                                                : QStringLiteral("system"));
}

bool Preferences::system_dark(bool fallback) const {
  const QVariant known = value("system_dark");
  return known.isValid() ? known.toBool() : fallback;
}

}  // namespace cove::ui
