#include <QString>
#include <map>

#include "ui/theme/theme.h"

namespace cove::ui {
namespace {

// Names between '@' are replaced by the palettes' colours and the sizes. Widgets choose a look by
// the property "look".
const char* const kSheet = R"(
* { outline: none; }
QWidget { color: @text@; font-size: @base@px; }
QMainWindow, #content { background: @window@; }
QDialog { background: @surface@; border: 1px solid @border@; }
QToolTip { background: @raised@; color: @text@; border: 1px solid @border_strong@; padding: 5px 8px; }
QLabel { background: transparent; }
QLabel[look="secondary"] { color: @secondary@; }
QLabel[look="muted"] { color: @muted@; }
QLabel[look="small"] { color: @muted@; font-size: @small@px; }
QLabel[look="strong"] { font-weight: 600; }
QLabel[look="title"] { font-size: @title@px; font-weight: 600; }
QLabel[look="hero"] { font-size: @hero@px; font-weight: 600; }
QLabel[look="bad"] { color: @bad@; }
QLabel[look="caption"] { color: @muted@; font-size: @small@px; font-weight: 600; }
QLabel[look="mono"] { color: @text@; }
QLabel[look="quote"] { background: @log_bg@; color: @log_text@; border-radius: 6px; padding: 6px 8px; }

QFrame[look="card"] { background: @surface@; border: 1px solid @border@; border-radius: 12px; }
QFrame[look="line"] { background: @border@; border: none; max-height: 1px; min-height: 1px; }
QFrame[look="banner-bad"] { background: @bad_soft@; border: 1px solid transparent; border-radius: 10px; }
QFrame[look="banner-busy"] { background: @busy_soft@; border: 1px solid transparent; border-radius: 10px; }
QFrame[look="banner-neutral"] { background: @neutral_soft@; border: 1px solid transparent; border-radius: 10px; }
QFrame[look="banner-accent"] { background: @accent_soft@; border: 1px solid transparent; border-radius: 10px; }
#sidebar { background: @sidebar@; border: none; border-right: 1px solid @border@; }
#topbar { background: @window@; border: none; border-bottom: 1px solid @border@; }
#dock { background: @surface@; border: none; border-top: 1px solid @border@; }
#tools { background: @window@; border: none; border-top: 1px solid @border@; }

QPushButton, QToolButton[look="button"] {
  background: @surface@; color: @text@; border: 1px solid @border_strong@; border-radius: 8px;
  padding: 6px 14px; min-height: 20px; margin: 1px; }
QPushButton:hover, QToolButton[look="button"]:hover { background: @raised@; }
QPushButton:pressed, QToolButton[look="button"]:pressed { background: @border@; }
QPushButton:focus, QToolButton[look="button"]:focus { border: 2px solid @accent@; margin: 0px; }
QPushButton:disabled, QToolButton[look="button"]:disabled { color: @disabled@; border-color: @border@; background: transparent; }
QPushButton[look="primary"] { background: @accent@; color: @on_accent@; border: 1px solid @accent@; font-weight: 600; }
QPushButton[look="primary"]:hover { background: @accent_hover@; border-color: @accent_hover@; }
QPushButton[look="primary"]:pressed { background: @accent_pressed@; }
QPushButton[look="primary"]:focus { border: 2px solid @text@; }
QPushButton[look="primary"]:disabled { background: @neutral_soft@; color: @disabled@; border-color: @neutral_soft@; }
QPushButton[look="danger"] { background: @danger@; color: @on_danger@; border: 1px solid @danger@; font-weight: 600; }
QPushButton[look="danger"]:hover { background: @danger_hover@; border-color: @danger_hover@; }
QPushButton[look="danger"]:focus { border: 2px solid @text@; }
QPushButton[look="link"] { background: transparent; border: 1px solid transparent; color: @accent_text@; padding: 4px 6px; }
QPushButton[look="link"]:hover { background: @accent_soft@; }
QPushButton[look="link"]:focus { border: 2px solid @accent@; }
QToolButton[look="icon"] { background: transparent; border: 2px solid transparent; border-radius: 7px; padding: 4px; }
QToolButton[look="icon"]:hover { background: @raised@; }
QToolButton[look="icon"]:pressed { background: @border@; }
QToolButton[look="icon"]:focus { border-color: @accent@; }
QToolButton[look="icon"]:checked { background: @selection@; }
QToolButton[look="chooser"] { background: transparent; border: 2px solid transparent; border-radius: 9px;
  padding: 5px 8px; font-size: @base1@px; font-weight: 600; text-align: left; }
QToolButton[look="chooser"]:hover { background: @raised@; }
QToolButton[look="chooser"]:focus { border-color: @accent@; }
QToolButton[look="chooser"]::menu-indicator { image: none; }
QToolButton[look="side"] { background: transparent; border: 2px solid transparent; border-radius: 8px;
  padding: 6px 8px; text-align: left; color: @secondary@; }
QToolButton[look="side"]:hover { background: @raised@; color: @text@; }
QToolButton[look="side"]:focus { border-color: @accent@; }
QToolButton[look="side"]::menu-indicator { image: none; }
QToolButton[look="action"] { background: transparent; border: 2px solid transparent; border-radius: 8px;
  padding: 5px 10px 5px 8px; }
QToolButton[look="action"]:hover { background: @raised@; }
QToolButton[look="action"]:pressed { background: @border@; }
QToolButton[look="action"]:focus { border-color: @accent@; }
QToolButton[look="action"]:disabled { color: @disabled@; }

QLineEdit, QPlainTextEdit[look="field"] { background: @field@; border: 1px solid @border_strong@; border-radius: 8px;
  padding: 6px 10px; min-height: 20px; margin: 1px; selection-background-color: @accent@; selection-color: @on_accent@; }
QLineEdit:focus, QPlainTextEdit[look="field"]:focus { border: 2px solid @accent@; margin: 0px; }
QLineEdit[invalid="true"] { border-color: @bad@; }
QPlainTextEdit[look="log"] { background: @log_bg@; color: @log_text@; border: 1px solid @border@; border-radius: 10px;
  padding: 8px 10px; selection-background-color: @accent@; selection-color: @on_accent@; }
QAbstractScrollArea[look="canvas"] { background: @log_bg@; border: 1px solid @border@; border-radius: 6px; padding: 1px; }
QAbstractScrollArea[look="canvas"]:focus { border: 2px solid @accent@; padding: 0px; }
QPlainTextEdit[look="log"]:focus { border: 2px solid @accent@; padding: 7px 9px; }

QRadioButton { spacing: 8px; padding: 4px 8px 4px 2px; border: 2px solid transparent; border-radius: 8px; }
QRadioButton:focus { border-color: @accent@; }
QRadioButton::indicator { width: 14px; height: 14px; border-radius: 8px; border: 1px solid @border_control@; background: @field@; }
QRadioButton::indicator:checked { border: 5px solid @accent@; width: 6px; height: 6px; background: @on_accent@; }

QCheckBox { spacing: 8px; padding: 4px 8px 4px 2px; border: 2px solid transparent; border-radius: 8px; }
QCheckBox:focus { border-color: @accent@; }
QCheckBox:disabled { color: @disabled@; }
QCheckBox::indicator { width: 14px; height: 14px; border-radius: 4px; border: 1px solid @border_control@; background: @field@; }
QCheckBox::indicator:checked { border: 1px solid @accent@; background: @accent@; image: url(:/cove/icons/@tick@.svg); }

QListWidget#navigation { background: transparent; border: none; }
QListWidget#navigation::item { border: none; }

QListWidget[look="sections"] { background: transparent; border: 2px solid transparent; border-radius: 8px; }
QListWidget[look="sections"]:focus { border-color: @accent@; }
QListWidget[look="sections"]::item { color: @secondary@; padding: 7px 8px; border-radius: 7px; }
QListWidget[look="sections"]::item:hover { background: @raised@; }
QListWidget[look="sections"]::item:selected { background: @selection@; color: @text@; }

QListWidget[look="list"] { background: transparent; border: 1px solid @border@; border-radius: 8px; padding: 4px; }
QListWidget[look="list"]:focus { border: 2px solid @accent@; padding: 3px; }
QListWidget[look="list"]::item { color: @text@; padding: 5px 8px; border-radius: 6px; }
QListWidget[look="list"]::item:selected { background: @selection@; color: @text@; }

QTableView { background: transparent; alternate-background-color: transparent; border: none; color: @text@;
  selection-background-color: @selection@; selection-color: @text@; }
QTableView::item { padding: 0 8px; border: none; border-bottom: 1px solid @border@; }
QTableView::item:selected { background: @selection@; color: @text@; }
QTableView:focus { border: 2px solid @accent@; border-radius: 8px; }
QHeaderView { background: transparent; border: none; }
QHeaderView::section { background: transparent; color: @muted@; border: none; border-bottom: 1px solid @border_strong@;
  padding: 6px 11px; font-size: @small@px; font-weight: 600; }
QHeaderView::section:hover { color: @text@; }
QListView[look="palette"] { background: transparent; border: none; }
QTabWidget::pane { border: none; border-top: 1px solid @border@; }
QTabBar { background: transparent; }
QTabBar::tab { background: transparent; color: @secondary@; border: 2px solid transparent; border-bottom: 2px solid transparent;
  padding: 6px 7px; }
QTabBar[look="many"]::tab { padding: 6px 3px; }
QTabBar::tab:hover { color: @text@; }
QTabBar::tab:selected { color: @accent_text@; border-bottom: 2px solid @accent@; }
QTabBar::tab:focus { border: 2px solid @accent@; border-radius: 6px; }
QTabBar[look="segments"]::tab { background: transparent; color: @secondary@; border: 1px solid @border_strong@;
  border-radius: 8px; padding: 6px 14px; margin: 1px 6px 1px 1px; }
QTabBar[look="segments"]::tab:hover { background: @raised@; color: @text@; }
QTabBar[look="segments"]::tab:selected { background: @selection@; color: @text@; border: 1px solid @accent@; }
QTabBar[look="segments"]::tab:focus { border: 2px solid @accent@; margin: 0px 5px 0px 0px; }
QAbstractScrollArea::corner { background: transparent; border: none; }
QSplitter::handle { background: transparent; }
QComboBox, QSpinBox { background: @field@; border: 1px solid @border_strong@; border-radius: 8px; padding: 6px 10px;
  min-height: 20px; margin: 1px; selection-background-color: @accent@; selection-color: @on_accent@; }
QComboBox:focus, QSpinBox:focus { border: 2px solid @accent@; margin: 0px; }
QComboBox::drop-down { border: none; width: 26px; }
QComboBox::down-arrow { image: url(:/cove/icons/chooser-arrow.svg); width: 14px; height: 14px; }
QComboBox QAbstractItemView { background: @menu@; color: @text@; border: 1px solid @border_strong@; padding: 4px;
  selection-background-color: @selection@; selection-color: @text@; }

QMenu { background: @menu@; border: 1px solid @border_strong@; padding: 6px; }
QMenu::item { padding: 6px 28px 6px 12px; border-radius: 6px; color: @text@; }
QMenu::item:selected { background: @selection@; }
QMenu::item:disabled { color: @muted@; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: @border@; margin: 6px 8px; }

QScrollArea { background: transparent; border: none; }
QScrollArea:focus { border: 2px solid @accent@; border-radius: 8px; }
QScrollArea > QWidget > QWidget { background: transparent; }
QScrollBar:vertical { background: transparent; width: 12px; margin: 2px; }
QScrollBar::handle:vertical { background: @border_strong@; border-radius: 4px; min-height: 32px; }
QScrollBar::handle:vertical:hover { background: @muted@; }
QScrollBar:horizontal { background: transparent; height: 12px; margin: 2px; }
QScrollBar::handle:horizontal { background: @border_strong@; border-radius: 4px; min-width: 32px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
)";

using Values = std::map<QString, QString>;

Values colors_of(const Palette& p) {
  const auto css = [](const QColor& color) { return color.name(); };
  QColor disabled = p.text_muted;
  disabled.setAlpha(150);
  return {
      {QStringLiteral("text"), css(p.text)},
      {QStringLiteral("secondary"), css(p.text_secondary)},
      {QStringLiteral("muted"), css(p.text_muted)},
      {QStringLiteral("disabled"), QStringLiteral("rgba(%1,%2,%3,%4)")
                                       .arg(disabled.red())
                                       .arg(disabled.green())
                                       .arg(disabled.blue())
                                       .arg(disabled.alpha())},
      {QStringLiteral("window"), css(p.window)},
      {QStringLiteral("sidebar"), css(p.sidebar)},
      {QStringLiteral("surface"), css(p.surface)},
      {QStringLiteral("raised"), css(p.surface_raised)},
      {QStringLiteral("menu"), css(p.dark ? p.surface_raised : p.surface)},
      {QStringLiteral("field"), css(p.field)},
      {QStringLiteral("border"), css(p.border)},
      {QStringLiteral("border_strong"), css(p.border_strong)},
      {QStringLiteral("border_control"), css(p.text_muted)},
      {QStringLiteral("accent"), css(p.accent)},
      {QStringLiteral("accent_hover"), css(p.accent_hover)},
      {QStringLiteral("accent_pressed"), css(p.accent_pressed)},
      {QStringLiteral("on_accent"), css(p.on_accent)},
      {QStringLiteral("accent_text"), css(p.accented.text)},
      {QStringLiteral("accent_soft"), css(p.accented.soft)},
      {QStringLiteral("danger"), css(p.danger)},
      {QStringLiteral("danger_hover"), css(p.danger_hover)},
      {QStringLiteral("on_danger"), css(p.on_danger)},
      {QStringLiteral("bad"), css(p.bad.text)},
      {QStringLiteral("bad_soft"), css(p.bad.soft)},
      {QStringLiteral("busy_soft"), css(p.busy.soft)},
      {QStringLiteral("neutral_soft"), css(p.neutral.soft)},
      {QStringLiteral("selection"), css(p.selection)},
      {QStringLiteral("log_bg"), css(p.log_background)},
      {QStringLiteral("log_text"), css(p.log_text)},
      {QStringLiteral("tick"), p.dark ? QStringLiteral("tick-dark") : QStringLiteral("tick-light")},
  };
}

Values sizes_from(int base_pixels) {
  return {
      {QStringLiteral("base"), QString::number(base_pixels)},
      {QStringLiteral("base1"), QString::number(base_pixels + 1)},
      {QStringLiteral("small"), QString::number(std::max(11, base_pixels - 1))},
      {QStringLiteral("title"), QString::number(base_pixels + 4)},
      {QStringLiteral("hero"), QString::number(base_pixels + 11)},
  };
}

QString fill(QString text, const Values& values) {
  for (const auto& [name, value] : values) {
    text.replace(QLatin1Char('@') + name + QLatin1Char('@'), value);
  }
  return text;
}

// The selectors, each with one more condition on the widget it chooses.
QString narrow(const QString& selectors, QLatin1StringView condition) {
  QStringList narrowed = selectors.split(QLatin1Char(','));
  for (QString& selector : narrowed) {
    selector = selector.trimmed();
    qsizetype end = selector.lastIndexOf(QLatin1Char(' ')) + 1;
    while (end < selector.size() && selector[end] != QLatin1Char('[') &&
           selector[end] != QLatin1Char(':')) {
      ++end;
    }
    selector.insert(end, condition);
  }
  return narrowed.join(QLatin1Char(','));
}

}  // namespace

QString make_stylesheet(int base_pixels) {
  const Values light = colors_of(light_palette());
  const Values dark = colors_of(dark_palette());
  const QString rules = fill(QString::fromLatin1(kSheet), sizes_from(base_pixels));
  QString sheet;
  for (const QString& rule : rules.split(QLatin1Char('}'))) {
    const qsizetype brace = rule.indexOf(QLatin1Char('{'));
    if (brace < 0) continue;
    const QString selectors = rule.left(brace);
    const QString body = rule.mid(brace) + QLatin1Char('}');
    const auto add = [&](QLatin1StringView condition, const Values& colors) {
      sheet += narrow(selectors, condition) + fill(body, colors);
    };
    // Every rule has one condition more, so that they outweigh each other as they are written.
    if (!body.contains(QLatin1Char('@'))) {
      add(QLatin1StringView("[scheme]"), {});
      continue;
    }
    add(QLatin1StringView("[scheme=\"light\"]"), light);
    add(QLatin1StringView("[scheme=\"dark\"]"), dark);
  }
  return sheet;
}

}  // namespace cove::ui
