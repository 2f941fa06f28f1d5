#include "ui/views/preferences.h"

#include <QSettings>

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
  const std::lock_guard lock(mutex_);
  const bool on_its_way = !unwritten_.isEmpty();
  unwritten_[name] = value;
  if (!on_its_way) writer_.start([this] { write(); });
}

void Preferences::write() {
  QVariantMap values;
  {
    const std::lock_guard lock(mutex_);
    values.swap(unwritten_);
  }
  QSettings settings(file_, QSettings::IniFormat);
  for (auto entry = values.cbegin(); entry != values.cend(); ++entry) {
    settings.setValue(entry.key(), entry.value());
  }
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
