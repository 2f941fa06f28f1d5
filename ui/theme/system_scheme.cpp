#include "ui/theme/system_scheme.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QGuiApplication>
#include <QPalette>
#include <optional>

namespace cove::ui {
namespace {

const QString kService = QStringLiteral("org.freedesktop.portal.Desktop");
const QString kObject = QStringLiteral("/org/freedesktop/portal/desktop");
const QString kInterface = QStringLiteral("org.freedesktop.portal.Settings");
const QString kSpace = QStringLiteral("org.freedesktop.appearance");
const QString kKey = QStringLiteral("color-scheme");

// The portal wraps values in one or two variants, depending on the method and its version.
std::optional<uint> unwrap(QVariant value) {
  while (value.canConvert<QDBusVariant>()) value = value.value<QDBusVariant>().variant();
  bool ok = false;
  const uint number = value.toUInt(&ok);
  if (!ok) return std::nullopt;
  return number;
}

}  // namespace

bool platform_palette_is_dark() {
  const QPalette palette = QGuiApplication::palette();
  return palette.color(QPalette::Window).lightness() <
         palette.color(QPalette::WindowText).lightness();
}

void SystemScheme::listen() {
  QDBusConnection bus = QDBusConnection::sessionBus();
  if (!bus.isConnected()) return;
  bus.connect(kService, kObject, kInterface, QStringLiteral("SettingChanged"), this,
              SLOT(setting_changed(QString, QString, QDBusVariant)));
  QDBusMessage read =
      QDBusMessage::createMethodCall(kService, kObject, kInterface, QStringLiteral("Read"));
  read << kSpace << kKey;
  auto* watcher = new QDBusPendingCallWatcher(bus.asyncCall(read), this);
  connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher] {
    const QDBusPendingReply<QDBusVariant> reply = *watcher;
    if (!reply.isError()) setting_changed(kSpace, kKey, reply.value());
    watcher->deleteLater();
  });
}

void SystemScheme::setting_changed(const QString& space, const QString& key,
                                   const QDBusVariant& value) {
  if (space != kSpace || key != kKey) return;
  // 0: no preference, 1: dark, 2: light.
  const auto preference = unwrap(value.variant());
  if (!preference || *preference == 0) return;
  Q_EMIT dark_preferred(*preference == 1);
}

}  // namespace cove::ui
