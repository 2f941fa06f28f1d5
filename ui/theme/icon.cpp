#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>
#include <algorithm>

#include "ui/theme/theme.h"

namespace cove::ui {
namespace {

QPixmap draw(const QString& name, const QColor& color, QSize size, qreal ratio) {
  const QString key = QStringLiteral("cove-icon/%1/%2/%3x%4@%5")
                          .arg(name, color.name(QColor::HexArgb))
                          .arg(size.width())
                          .arg(size.height())
                          .arg(ratio);
  QPixmap pixmap;
  if (QPixmapCache::find(key, &pixmap)) return pixmap;
  QFile file(QStringLiteral(":/cove/icons/%1.svg").arg(name));
  pixmap = QPixmap(size * ratio);
  pixmap.fill(Qt::transparent);
  if (file.open(QIODevice::ReadOnly)) {
    QByteArray svg = file.readAll();
    svg.replace("currentColor", color.name().toLatin1());
    QSvgRenderer renderer(svg);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    // A box wider than high leaves air between the icon and the text after it.
    const int side = std::min(pixmap.width(), pixmap.height());
    renderer.render(&painter, QRectF(0, 0, side, side));
  }
  pixmap.setDevicePixelRatio(ratio);
  QPixmapCache::insert(key, pixmap);
  return pixmap;
}

// Looks the colour up when it paints, so an icon given to a button once follows every change of the
// scheme.
class TintedIcon final : public QIconEngine {
 public:
  TintedIcon(const Theme& theme, QString name, Theme::IconRole role)
      : theme_(theme), name_(std::move(name)), role_(role) {}

  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State) override {
    painter->drawPixmap(
        rect, draw(name_, tint(mode), rect.size(), painter->device()->devicePixelRatioF()));
  }
  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State) override {
    return draw(name_, tint(mode), size, 1.0);
  }
  QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State, qreal ratio) override {
    QPixmap pixmap = draw(name_, tint(mode), size / ratio, ratio);
    return pixmap;
  }
  QIconEngine* clone() const override { return new TintedIcon(theme_, name_, role_); }

 private:
  QColor tint(QIcon::Mode mode) const {
    if (mode == QIcon::Disabled) {
      QColor muted = theme_.palette().text_muted;
      muted.setAlphaF(muted.alphaF() * 0.6F);
      return muted;
    }
    return theme_.color(role_);
  }

  const Theme& theme_;
  QString name_;
  Theme::IconRole role_;
};

}  // namespace

QIcon Theme::icon(const QString& name, IconRole role) const {
  return QIcon(new TintedIcon(*this, name, role));
}

QPixmap Theme::pixmap(const QString& name, const QColor& color, int size, qreal ratio) const {
  return draw(name, color, QSize(size, size), ratio);
}

}  // namespace cove::ui
