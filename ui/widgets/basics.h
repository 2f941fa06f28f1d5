// Small pieces every page is made of. Looks are chosen by the property "look" of the style sheet.
#pragma once

#include <QAbstractButton>
#include <QBoxLayout>
#include <QFrame>
#include <QLabel>
#include <QLayout>
#include <QPushButton>
#include <QToolButton>

#include "ui/theme/theme.h"

namespace cove::ui {

// The grid everything is spaced on.
inline constexpr int kGrid = 8;

void set_look(QWidget* widget, const char* look);
QLabel* make_label(const char* look, QWidget* parent);
QFrame* make_card(QWidget* parent);
// A card that is filled by a list.
QFrame* make_list_card(QWidget* list, QWidget* parent);
QFrame* make_line(QWidget* parent);
QPushButton* make_button(const char* look, QWidget* parent);
// A flat button with a picture only; set its accessible name and tool tip with name_control().
QToolButton* make_icon_button(const Theme& theme, const QString& icon, QWidget* parent);
// Tool tip and accessible name in one.
void name_control(QWidget* control, const QString& name);
void set_text(QLabel* label, const QString& text);
void clear_layout(QLayout* layout);

// What every page begins with: its margins, and a row that begins with its title.
struct PageHead {
  QVBoxLayout* column;
  QHBoxLayout* row;
  QLabel* title;
};
PageHead make_page_head(QWidget* page);

// A line that ends in "…" where it does not fit, with the whole text as tool tip then; selectable
// by mouse.
class ElidedLabel : public QLabel {
  Q_OBJECT
 public:
  explicit ElidedLabel(QWidget* parent) : QLabel(parent) {}
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
};

}  // namespace cove::ui
