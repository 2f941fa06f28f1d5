#include "ui/theme/theme.h"

#include <QApplication>
#include <QFontDatabase>
#include <QFontInfo>
#include <QPalette>
#include <QProxyStyle>
#include <QStyleFactory>
#include <QWidget>
#include <algorithm>

static void register_cove_resources() {
  Q_INIT_RESOURCE(cove);
}

namespace cove::ui {
namespace {

// Widgets a turn gives the scheme's colours to: a few milliseconds.
constexpr int kTurn = 32;

QPalette qt_palette(const Palette& p) {
  QPalette q;
  q.setColor(QPalette::Window, p.window);
  q.setColor(QPalette::WindowText, p.text);
  q.setColor(QPalette::Base, p.field);
  q.setColor(QPalette::AlternateBase, p.surface_raised);
  q.setColor(QPalette::Text, p.text);
  q.setColor(QPalette::PlaceholderText, p.text_muted);
  q.setColor(QPalette::Button, p.surface);
  q.setColor(QPalette::ButtonText, p.text);
  q.setColor(QPalette::BrightText, p.bad.text);
  q.setColor(QPalette::ToolTipBase, p.surface_raised);
  q.setColor(QPalette::ToolTipText, p.text);
  q.setColor(QPalette::Highlight, p.accent);
  q.setColor(QPalette::HighlightedText, p.on_accent);
  q.setColor(QPalette::Link, p.accented.text);
  q.setColor(QPalette::LinkVisited, p.accented.text);
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    q.setColor(QPalette::Disabled, role, p.text_muted);
  }
  return q;
}

}  // namespace

void init_resources() {
  register_cove_resources();
}

// Says with every widget that is polished, which is before the style sheet's rules are looked up
// for it, the scheme it has.
class Theme::SchemeStyle final : public QProxyStyle {
  Q_OBJECT
 public:
  SchemeStyle() : QProxyStyle(QStringLiteral("Fusion")) {}
  using QProxyStyle::polish;
  void polish(QWidget* widget) override {
    widget->setProperty("scheme", scheme());
    QProxyStyle::polish(widget);
  }
  QString scheme() const { return dark ? QStringLiteral("dark") : QStringLiteral("light"); }

  bool dark = false;
};

Theme::Theme(QObject* parent) : QObject(parent) {
  connect(&turns_, &QTimer::timeout, this, &Theme::take_turn);
}

void Theme::set_choice(SchemeChoice choice) {
  const bool was = dark();
  choice_ = choice;
  if (dark() != was) refresh();
}

void Theme::set_system_dark(bool value) {
  const bool was = dark();
  system_dark_ = value;
  if (dark() != was) refresh();
}

bool Theme::dark() const {
  return choice_ == SchemeChoice::kDark || (choice_ == SchemeChoice::kSystem && system_dark_);
}

const Palette& Theme::palette() const {
  return dark() ? dark_palette() : light_palette();
}

void Theme::apply_to(QApplication& application) {
  style_ = new SchemeStyle;
  style_->dark = dark();
  QApplication::setStyle(style_);
  const QString sheet = make_stylesheet(QFontInfo(QApplication::font()).pixelSize());
  if (application.styleSheet() != sheet) application.setStyleSheet(sheet);
  refresh();
}

void Theme::refresh() {
  if (style_) {
    QApplication::setPalette(qt_palette(palette()));
    begin_turns();
  }
  Q_EMIT changed();
}

// Another style sheet would make Qt polish all widgets in one event, and each as often as it has
// parents.
void Theme::begin_turns() {
  style_->dark = dark();
  behind_.clear();
  for (QWidget* widget : QApplication::allWidgets()) {
    if (widget->testAttribute(Qt::WA_WState_Polished) &&
        widget->property("scheme") != style_->scheme()) {
      behind_.append(widget);
    }
  }
  if (!behind_.isEmpty()) turns_.start();
}

void Theme::take_turn() {
  std::stable_partition(behind_.begin(), behind_.end(), [](const QPointer<QWidget>& widget) {
    return !widget || !widget->isVisible();
  });
  for (int i = 0; i < kTurn && !behind_.isEmpty(); ++i) {
    const QPointer<QWidget> widget = behind_.takeLast();
    if (!widget || !style_) continue;
    widget->style()->polish(widget);
    widget->update();
  }
  if (behind_.isEmpty()) turns_.stop();
}

QFont Theme::font(TextRole role) const {
  if (role == TextRole::kMono) {
    QFont mono = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    mono.setPixelSize(std::max(11, QFontInfo(QApplication::font()).pixelSize() - 1));
    return mono;
  }
  QFont font = QApplication::font();
  const int base = QFontInfo(font).pixelSize();
  switch (role) {
    case TextRole::kSmall: font.setPixelSize(std::max(11, base - 1)); break;
    case TextRole::kStrong:
      font.setPixelSize(base);
      font.setWeight(QFont::DemiBold);
      break;
    case TextRole::kTitle:
      font.setPixelSize(base + 4);
      font.setWeight(QFont::DemiBold);
      break;
    case TextRole::kHero:
      font.setPixelSize(base + 11);
      font.setWeight(QFont::DemiBold);
      break;
    case TextRole::kBody:
    case TextRole::kMono: font.setPixelSize(base); break;
  }
  return font;
}

QColor Theme::color(IconRole role) const {
  const Palette& p = palette();
  switch (role) {
    case IconRole::kSecondary: return p.text_secondary;
    case IconRole::kAccent: return p.accented.text;
    case IconRole::kOnAccent: return p.on_accent;
    case IconRole::kDanger: return p.bad.text;
    case IconRole::kOnDanger: return p.on_danger;
    case IconRole::kText: break;
  }
  return p.text;
}

}  // namespace cove::ui

#include "theme.moc"
