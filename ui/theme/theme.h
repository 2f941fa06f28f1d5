// Theme: the palette in force, fonts, icons tinted by it, and the style sheet made from the
// palettes.
#pragma once

#include <QFont>
#include <QIcon>
#include <QList>
#include <QObject>
#include <QPixmap>
#include <QPointer>
#include <QString>
#include <QTimer>

#include "ui/theme/palette.h"

class QApplication;
class QWidget;

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

  // Style, palette and style sheet of the whole application. From then on a change of the scheme
  // reaches what paints itself at once and what the style sheet paints in turns, so that no event
  // is long however many widgets there are: those that are seen before all others.
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
  class SchemeStyle;
  void refresh();
  void begin_turns();
  void take_turn();

  SchemeChoice choice_ = SchemeChoice::kSystem;
  bool system_dark_ = false;
  QPointer<SchemeStyle> style_;
  QList<QPointer<QWidget>> behind_;  // still in the other scheme's colours
  QTimer turns_;
};

// The style sheet of both palettes: which one a widget has says its property "scheme", "light" or
// "dark". Sizes follow `base_pixels`, the body text's size.
QString make_stylesheet(int base_pixels);

}  // namespace cove::ui
