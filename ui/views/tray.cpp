#include "ui/views/tray.h"

#include "ui/models/text.h"
#include "ui/widgets/status_glyph.h"

namespace cove::ui {
namespace {

// The program's icon with the state's glyph in its corner.
QIcon icon_with(Glyph glyph, const Palette& palette) {
  QPixmap pixmap = QIcon(QStringLiteral(":/cove/icons/cove.svg")).pixmap(QSize(64, 64));
  if (pixmap.isNull()) return {};
  pixmap.setDevicePixelRatio(1);
  QPainter painter(&pixmap);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(palette.surface);
  painter.drawEllipse(QRectF(30, 30, 34, 34));
  paint_glyph(painter, QRectF(33, 33, 28, 28), glyph, palette);
  return QIcon(pixmap);
}

}  // namespace

Tray::Tray(const PageContext& context, QObject* parent) : QObject(parent), context_(context) {
  state_ = menu_.addAction(QString());
  state_->setEnabled(false);
  menu_.addSeparator();
  menu_.addAction(context_.actions.start());
  menu_.addAction(context_.actions.stop());
  menu_.addSeparator();
  open_ = menu_.addAction(QString());
  quit_ = menu_.addAction(QString());
  connect(open_, &QAction::triggered, this, &Tray::open_requested);
  connect(quit_, &QAction::triggered, this, &Tray::quit_requested);
  connect(&icon_, &QSystemTrayIcon::activated, this, [this](QSystemTrayIcon::ActivationReason why) {
    if (why == QSystemTrayIcon::Trigger) Q_EMIT open_requested();
  });
  connect(&icon_, &QSystemTrayIcon::messageClicked, this, &Tray::open_requested);
  connect(&context_.current, &CurrentCluster::changed, this, &Tray::refresh);
  icon_.setContextMenu(&menu_);
  retranslate();
  icon_.show();
}

void Tray::retranslate() {
  open_->setText(tr("Open Cove"));
  quit_->setText(tr("Quit"));
  refresh();
}

void Tray::refresh() {
  const auto* status = context_.current.status();
  const QString text = status ? QStringLiteral("%1: %2").arg(
                                    QString::fromStdString(status->profile), text_of(status->phase))
                              : tr("No cluster");
  state_->setText(text);
  icon_.setToolTip(QStringLiteral("Cove – %1").arg(text));
  icon_.setIcon(
      icon_with(status ? glyph_of(status->phase) : Glyph::kOff, context_.theme.palette()));
}

void Tray::notify(const QString& title, const QString& text, bool bad) {
  icon_.showMessage(title, text, bad ? QSystemTrayIcon::Warning : QSystemTrayIcon::Information);
}

}  // namespace cove::ui
