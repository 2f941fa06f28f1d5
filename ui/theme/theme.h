// Theme: the palette in force, fonts, icons tinted by it, and the style sheet made from it.
#pragma once

#include <QFont>
#include <QIcon>
#include <QObject>
#include <QPixmap>
#include <QString>

#include "ui/theme/palette.h"

class QApplication;

namespace cove::ui {

enum class SchemeChoice { kSystem, kLight, kDark };

enum class TextRole { kBody, kSmall, kStrong, kTitle, kHero, kMono };

// Makes the icons and translations compiled into the library known to Qt. Call once, before
// anything else here.
void init_resources();

// GUI thread only. Outlives every widget that was given it.
class Theme : public QObject {
  Q_OBJECT
 public:
  explicit Theme(QObject* parent = nullptr);

  void set_choice(SchemeChoice choice);
  SchemeChoice choice() const { return choice_; }
  // What the desktop prefers; matters while the choice is kSystem.
  void set_system_dark(bool dark);
  bool dark() const;
  const Palette& palette() const;

  // Style, palette and style sheet of the whole application; again on every change from then on.
  void apply_to(QApplication& application);

  QFont font(TextRole role) const;

  // An icon of resources/icons in the colour of its role; it follows later changes of the scheme by
  // itself.
  enum class IconRole { kText, kSecondary, kAccent, kOnAccent, kDanger, kOnDanger };
  QIcon icon(const QString& name, IconRole role = IconRole::kText) const;
  // The same as a picture, for labels.
  QPixmap pixmap(const QString& name, const QColor& color, int size, qreal ratio) const;
  QColor color(IconRole role) const;

 Q_SIGNALS:
  void changed();

 private:
  void refresh();

  SchemeChoice choice_ = SchemeChoice::kSystem;
  bool system_dark_ = false;
  QApplication* application_ = nullptr;
};

// The style sheet for a palette; sizes follow `base_pixels`, the body text's size.
QString make_stylesheet(const Palette& palette, int base_pixels);

}  // namespace cove::ui
