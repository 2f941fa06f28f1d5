#include "ui/theme/palette.h"

#include <algorithm>
#include <cmath>

namespace cove::ui {
namespace {

Palette make_light() {
  Palette p;
  p.dark = false;
  p.window = QColor(0xf5, 0xf7, 0xf8);
  p.sidebar = QColor(0xeb, 0xee, 0xf1);
  p.surface = QColor(0xff, 0xff, 0xff);
  p.surface_raised = QColor(0xf1, 0xf4, 0xf6);
  p.field = QColor(0xff, 0xff, 0xff);
  p.border = QColor(0xe1, 0xe5, 0xea);
  p.border_strong = QColor(0xc9, 0xcf, 0xd6);
  p.text = QColor(0x15, 0x1a, 0x1f);
  p.text_secondary = QColor(0x46, 0x50, 0x5b);
  p.text_muted = QColor(0x5f, 0x69, 0x74);
  p.accent = QColor(0x0a, 0x6c, 0x82);
  p.accent_hover = QColor(0x08, 0x5c, 0x70);
  p.accent_pressed = QColor(0x06, 0x4c, 0x5d);
  p.on_accent = QColor(0xff, 0xff, 0xff);
  p.danger = QColor(0xb9, 0x2b, 0x23);
  p.danger_hover = QColor(0x9f, 0x22, 0x1b);
  p.on_danger = QColor(0xff, 0xff, 0xff);
  p.selection = QColor(0xd6, 0xe9, 0xee);
  p.log_background = QColor(0xfb, 0xfc, 0xfd);
  p.log_text = QColor(0x24, 0x2b, 0x33);
  p.match = QColor(0xff, 0xe6, 0x9a);
  p.match_current = QColor(0xff, 0xc2, 0x4d);
  p.on_match = QColor(0x24, 0x1c, 0x05);
  p.sources = {QColor(0x08, 0x5f, 0x73), QColor(0x6b, 0x3f, 0xa0), QColor(0x7a, 0x4d, 0x00),
               QColor(0x1d, 0x6b, 0x35), QColor(0xa0, 0x28, 0x6e), QColor(0x24, 0x56, 0xa6)};
  p.neutral = {QColor(0x50, 0x5a, 0x65), QColor(0xea, 0xed, 0xf0)};
  p.good = {QColor(0x13, 0x6b, 0x35), QColor(0xe0, 0xf4, 0xe6)};
  p.busy = {QColor(0x86, 0x50, 0x00), QColor(0xfc, 0xf0, 0xd9)};
  p.bad = {QColor(0xae, 0x24, 0x1d), QColor(0xfd, 0xe9, 0xe7)};
  p.accented = {QColor(0x08, 0x5f, 0x73), QColor(0xdf, 0xf1, 0xf5)};
  p.terminal = {QColor(0x15, 0x1a, 0x1f),
                p.bad.text,
                p.good.text,
                p.busy.text,
                QColor(0x0b, 0x56, 0xb0),
                QColor(0x8a, 0x2a, 0x92),
                p.accented.text,
                QColor(0xc9, 0xcf, 0xd6),
                QColor(0x5f, 0x69, 0x74),
                QColor(0xc4, 0x34, 0x2c),
                QColor(0x1b, 0x7d, 0x41),
                QColor(0x96, 0x60, 0x0a),
                QColor(0x1f, 0x6a, 0xc9),
                QColor(0xa0, 0x3a, 0xa8),
                QColor(0x0a, 0x70, 0x88),
                QColor(0xff, 0xff, 0xff)};
  return p;
}

Palette make_dark() {
  Palette p;
  p.dark = true;
  p.window = QColor(0x13, 0x16, 0x1a);
  p.sidebar = QColor(0x0e, 0x11, 0x14);
  p.surface = QColor(0x1b, 0x1f, 0x24);
  p.surface_raised = QColor(0x25, 0x2a, 0x31);
  p.field = QColor(0x15, 0x19, 0x1d);
  p.border = QColor(0x2b, 0x31, 0x38);
  p.border_strong = QColor(0x41, 0x4a, 0x54);
  p.text = QColor(0xec, 0xef, 0xf2);
  p.text_secondary = QColor(0xb6, 0xbe, 0xc7);
  p.text_muted = QColor(0x95, 0xa0, 0xab);
  p.accent = QColor(0x3f, 0xbf, 0xd6);
  p.accent_hover = QColor(0x5c, 0xcd, 0xe1);
  p.accent_pressed = QColor(0x2d, 0xa6, 0xbc);
  p.on_accent = QColor(0x04, 0x22, 0x29);
  p.danger = QColor(0xff, 0x8b, 0x80);
  p.danger_hover = QColor(0xff, 0xa3, 0x9a);
  p.on_danger = QColor(0x3a, 0x09, 0x06);
  p.selection = QColor(0x17, 0x39, 0x42);
  p.log_background = QColor(0x0f, 0x12, 0x15);
  p.log_text = QColor(0xd6, 0xdc, 0xe2);
  p.match = QColor(0x5c, 0x4a, 0x12);
  p.match_current = QColor(0x86, 0x62, 0x05);
  p.on_match = QColor(0xff, 0xf6, 0xdc);
  p.sources = {QColor(0x66, 0xcf, 0xe3), QColor(0xc3, 0xa3, 0xf5), QColor(0xf0, 0xc2, 0x7a),
               QColor(0x7e, 0xdb, 0x9c), QColor(0xf5, 0x9a, 0xc8), QColor(0x8f, 0xb8, 0xff)};
  p.neutral = {QColor(0xab, 0xb5, 0xc0), QColor(0x28, 0x2e, 0x35)};
  p.good = {QColor(0x62, 0xd4, 0x8c), QColor(0x14, 0x2f, 0x1f)};
  p.busy = {QColor(0xf3, 0xbb, 0x55), QColor(0x36, 0x2a, 0x12)};
  p.bad = {QColor(0xff, 0x95, 0x8b), QColor(0x3d, 0x1d, 0x1b)};
  p.accented = {QColor(0x66, 0xcf, 0xe3), QColor(0x12, 0x32, 0x3a)};
  p.terminal = {QColor(0x41, 0x4a, 0x54),
                p.bad.text,
                p.good.text,
                p.busy.text,
                QColor(0x7f, 0xb2, 0xff),
                QColor(0xd7, 0x9b, 0xf2),
                p.accented.text,
                QColor(0xd6, 0xdc, 0xe2),
                QColor(0x95, 0xa0, 0xab),
                QColor(0xff, 0xb3, 0xab),
                QColor(0x8c, 0xe3, 0xab),
                QColor(0xff, 0xd5, 0x88),
                QColor(0xa9, 0xcb, 0xff),
                QColor(0xe7, 0xbf, 0xff),
                QColor(0x97, 0xe1, 0xef),
                QColor(0xff, 0xff, 0xff)};
  return p;
}

double linear(double channel) {
  return channel <= 0.03928 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4);
}

double luminance(const QColor& color) {
  return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) +
         0.0722 * linear(color.blueF());
}

}  // namespace

const ToneColors& Palette::tone(Tone tone) const {
  switch (tone) {
    case Tone::kGood: return good;
    case Tone::kBusy: return busy;
    case Tone::kBad: return bad;
    case Tone::kAccent: return accented;
    case Tone::kNeutral: break;
  }
  return neutral;
}

const Palette& light_palette() {
  static const Palette palette = make_light();
  return palette;
}

const Palette& dark_palette() {
  static const Palette palette = make_dark();
  return palette;
}

std::vector<ContrastPair> contrast_pairs(const Palette& p) {
  std::vector<ContrastPair> pairs;
  const auto add = [&](const char* name, const QColor& text, const QColor& background) {
    pairs.push_back({QString::fromLatin1(name), text, background});
  };
  for (const auto& [where, background] :
       {std::pair{"window", p.window}, std::pair{"sidebar", p.sidebar},
        std::pair{"surface", p.surface}, std::pair{"surface_raised", p.surface_raised},
        std::pair{"field", p.field}, std::pair{"selection", p.selection}}) {
    add(where, p.text, background);
    add(where, p.text_secondary, background);
  }
  add("muted on window", p.text_muted, p.window);
  add("muted on surface", p.text_muted, p.surface);
  add("muted on sidebar", p.text_muted, p.sidebar);
  add("muted on field", p.text_muted, p.field);
  add("accent button", p.on_accent, p.accent);
  add("accent button, hovered", p.on_accent, p.accent_hover);
  add("accent button, pressed", p.on_accent, p.accent_pressed);
  add("danger button", p.on_danger, p.danger);
  add("danger button, hovered", p.on_danger, p.danger_hover);
  add("log", p.log_text, p.log_background);
  add("muted log", p.text_muted, p.log_background);
  add("error in a log", p.bad.text, p.log_background);
  add("warning in a log", p.busy.text, p.log_background);
  for (const QColor& source : p.sources) add("source in a log", source, p.log_background);
  // Black on dark and white on light are drawn in another colour (TerminalView).
  for (std::size_t i = 0; i < p.terminal.size(); ++i) {
    const bool hidden = p.dark ? i == 0 : i == 7 || i == 15;
    if (!hidden) add("terminal", p.terminal[i], p.log_background);
  }
  add("search hit", p.on_match, p.match);
  add("current search hit", p.on_match, p.match_current);
  for (const Tone tone : {Tone::kNeutral, Tone::kGood, Tone::kBusy, Tone::kBad, Tone::kAccent}) {
    const ToneColors& colors = p.tone(tone);
    add("tone on soft", colors.text, colors.soft);
    add("tone on surface", colors.text, p.surface);
    add("tone on window", colors.text, p.window);
    add("tone on sidebar", colors.text, p.sidebar);
    add("tone on log", colors.text, p.log_background);
    add("text on soft", p.text, colors.soft);
    add("secondary text on soft", p.text_secondary, colors.soft);
  }
  return pairs;
}

double contrast_ratio(const QColor& first, const QColor& second) {
  const double a = luminance(first);
  const double b = luminance(second);
  return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

}  // namespace cove::ui
