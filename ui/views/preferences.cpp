#include "ui/views/preferences.h"

namespace cove::ui {

Preferences::Preferences(const Path& file)
    : settings_(QString::fromStdString(file.string()), QSettings::IniFormat) {}

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
